/**
 * How many things happened within the last hour and the last day, in bounded memory: a number for each minute and for each quarter of an
 * hour. The oldest of them counts until all of it is over, so the hour is up to 61 minutes and the day up to 24 hours and 15 minutes.
 */

const minute = 60_000

/** The last `size` spans of `step` milliseconds. Each place names the span that it counts: one of another time starts anew. */
interface Ring {
  readonly step: number
  readonly spans: Array<number>
  readonly counts: Array<number>
}

const ring = (step: number, size: number): Ring => ({
  step,
  spans: Array.from({ length: size }, () => Number.NaN),
  counts: Array.from({ length: size }, () => 0)
})

const add = ({ counts, spans, step }: Ring, at: number, by: number): void => {
  const span = Math.floor(at / step)
  const index = span % spans.length
  // a clock that was set back writes over what lies before it
  counts[index] = Math.max(0, (spans[index] === span ? counts[index] ?? 0 : 0) + by)
  spans[index] = span
}

const sum = ({ counts, spans, step }: Ring, at: number): number => {
  const last = Math.floor(at / step)
  return counts.reduce((total, count, index) => {
    const span = spans[index] ?? Number.NaN
    return span <= last && span > last - spans.length ? total + count : total
  }, 0)
}

export interface Tally {
  /** Counts one more at `at`, in epoch milliseconds, or `by` more. */
  readonly add: (at: number, by?: number) => void
  readonly within: (at: number) => { readonly hour: number; readonly day: number }
}

export const make = (): Tally => {
  let rings: { readonly hour: Ring; readonly day: Ring } | undefined
  return {
    add: (at, by = 1) => {
      // most lines of a process that was just started have nothing to count
      rings ??= { hour: ring(minute, 61), day: ring(15 * minute, 97) }
      add(rings.hour, at, by)
      add(rings.day, at, by)
    },
    within: (at) => rings === undefined ? { hour: 0, day: 0 } : { hour: sum(rings.hour, at), day: sum(rings.day, at) }
  }
}
