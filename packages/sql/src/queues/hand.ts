/** The rows that a process has in hand. Only the memory of the process knows them. */

/** What the hand reads of a row. `unfinished`: how many tries began without an end that is known. */
interface Row {
  readonly id: number
  readonly unfinished: number
}

interface InHand<R> {
  readonly row: R
  readonly since: number
}

interface Entry<R> extends InHand<R> {
  /** When the row leaves the hand, even if its job has not ended. */
  until: number
  isWorked: boolean
}

export interface Hand<R extends Row> {
  readonly rows: () => ReadonlyArray<InHand<R>>
  /** Whether a job has a row. */
  readonly isWorked: () => boolean
  /** Whether a row is worked on alone, so that nothing else may begin. */
  readonly isAlone: () => boolean
  readonly add: (rows: ReadonlyArray<R>, now: number) => void
  /** Keeps rows out of the next takes for a while, because what became of them could not be recorded. */
  readonly rest: (rows: ReadonlyArray<R>, now: number) => void
  readonly release: (rows: ReadonlyArray<R>) => void
  /** Releases the rows whose time is over. The result is the ids of those whose jobs have not ended. */
  readonly expire: (now: number) => ReadonlyArray<number>
}

/** `longest`: how long a job may take. `restFor`: how long a row rests. Both in milliseconds. */
export const make = <R extends Row>(longest: number, restFor: number): Hand<R> => {
  const entries = new Map<number, Entry<R>>()

  // Another job may have the row meanwhile.
  const entryOf = (row: R): Entry<R> | undefined => {
    const entry = entries.get(row.id)
    return entry?.row === row ? entry : undefined
  }

  return {
    rows: () => Array.from(entries.values()),
    isWorked: () => {
      for (const { isWorked } of entries.values()) if (isWorked) return true
      return false
    },
    isAlone: () => {
      for (const { isWorked, row } of entries.values()) if (isWorked && row.unfinished > 0) return true
      return false
    },
    add: (rows, now) => rows.forEach((row) => entries.set(row.id, { row, since: now, until: now + longest, isWorked: true })),
    rest: (rows, now) =>
      rows.forEach((row) => {
        const entry = entryOf(row)
        if (entry === undefined) return
        entry.isWorked = false
        entry.until = now + restFor
      }),
    release: (rows) =>
      rows.forEach((row) => {
        if (entryOf(row) !== undefined) entries.delete(row.id)
      }),
    expire: (now) => {
      const stuck: Array<number> = []
      for (const [id, { isWorked, until }] of entries) {
        if (until > now) continue
        entries.delete(id)
        if (isWorked) stuck.push(id)
      }
      return stuck
    }
  }
}
