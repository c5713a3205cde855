/**
 * Finds the rows that another process may have had in hand when it died.
 *
 * Nothing is written when a row is taken. So a row that kills its process would do so for ever. A row that was there before this process
 * owned its shard may be such a row. The start of its work is recorded, and only of its work.
 */
import * as Shard from "@interline/router/Shard"

interface Row {
  readonly id: number
  readonly shard: number
}

export interface Doubts<R extends Row> {
  /** The shards that this process has gained since the last call. */
  readonly gained: (owned: ReadonlySet<number> | undefined) => ReadonlyArray<number>
  /** Doubts the rows of shards up to this id. */
  readonly inherit: (shards: ReadonlyArray<number>, newest: number) => void
  /** Doubts rows whose work does not end. */
  readonly suspect: (ids: ReadonlyArray<number>) => void
  readonly isDoubtful: (row: R) => boolean
  /** Whether the start of the work on a row was recorded here. */
  readonly hasBegun: (row: R) => boolean
  /** Records that the work on rows begins here. If this process lives on, the rows are not to blame. */
  readonly begin: (rows: ReadonlyArray<R>) => void
  readonly end: (rows: ReadonlyArray<R>) => void
}

export const make = <R extends Row>(): Doubts<R> => {
  /** For each shard of this process, the newest row that was there before. */
  const newestBefore = new Map<number, number>()
  const suspects = new Set<number>()
  const begunHere = new Set<number>()

  return {
    gained: (owned) => {
      if (owned === undefined && newestBefore.size === Shard.count) return []
      if (owned !== undefined) { for (const shard of newestBefore.keys()) if (!owned.has(shard)) newestBefore.delete(shard) }
      return Array.from(owned ?? Shard.all).filter((shard) => !newestBefore.has(shard))
    },
    inherit: (shards, newest) => shards.forEach((shard) => newestBefore.set(shard, newest)),
    suspect: (ids) =>
      ids.forEach((id) => {
        suspects.add(id)
        begunHere.delete(id)
      }),
    isDoubtful: ({ id, shard }) => !begunHere.has(id) && (id <= (newestBefore.get(shard) ?? 0) || suspects.has(id)),
    hasBegun: ({ id }) => begunHere.has(id),
    begin: (rows) => rows.forEach(({ id }) => begunHere.add(id)),
    end: (rows) =>
      rows.forEach(({ id }) => {
        begunHere.delete(id)
        suspects.delete(id)
      })
  }
}
