/** Counts by name, for a bounded number of names. */

export interface Tally {
  readonly add: (name: string) => void
  readonly count: (name: string) => number
  /** The most frequent first. What came after the bound is counted as `others`. */
  readonly list: () => ReadonlyArray<{ readonly name: string; readonly count: number }>
}

const others = "others"

export const make = (most: number): Tally => {
  const counts = new Map<string, number>()
  const countOf = (name: string): number => counts.get(name) ?? 0
  return {
    add: (given) => {
      const name = counts.has(given) || counts.size < most ? given : others
      counts.set(name, countOf(name) + 1)
    },
    count: countOf,
    list: () => Array.from(counts, ([name, count]) => ({ name, count })).sort((one, other) => other.count - one.count)
  }
}
