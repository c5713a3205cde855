/** Reads entries of the event log once for all readers of a process. */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as FiberId from "effect/FiberId"
import type * as EventLog from "./EventLog.ts"

/** An entry that readers share, with the length of its stored text. */
export interface Shared {
  readonly entry: EventLog.GatewayEvent
  readonly size: number
}

// The number of entries in one read, for any of the readers.
const pageSize = 16

/**
 * The limit of the shared entries, in characters of the stored text. It is enough for readers that keep up. A slow reader reads from the
 * database again.
 */
const mostShared = 16 * 1024 * 1024

/**
 * The amount that a reader gets at once, in characters of the stored text: up to this limit, and the entry that passes it. A socket of Node
 * accepts this much before it asks to wait.
 */
const mostAtOnce = 16 * 1024

export interface SharedEntries {
  /** The shared entries after an id, up to the amount that a reader gets at once. */
  readonly after: (id: number) => ReadonlyArray<EventLog.GatewayEvent>
  /**
   * Reads the entries after an id, and shares them. The result is the id up to which it looked. Readers at the same position share one
   * look. The look goes on if its first reader goes away.
   */
  readonly look: (after: number) => Effect.Effect<number>
}

/** Makes the shared entries. `newest` gives the highest id that is known to exist. */
export const make = (
  fetch: (after: number, limit: number) => Effect.Effect<ReadonlyArray<Shared>>,
  newest: () => number
): SharedEntries => {
  // Each entry, by the id before it. Ids become visible in their order, so no entry can come in between later.
  const nextOf = new Map<number, Shared>()
  let size = 0

  const share = (after: number, found: ReadonlyArray<Shared>): void => {
    for (const [position, one] of found.entries()) {
      const before = found[position - 1]?.entry.id ?? after
      if (nextOf.has(before)) continue
      nextOf.set(before, one)
      size += one.size
    }
    for (const [before, oldest] of nextOf) {
      if (size <= mostShared) return
      nextOf.delete(before)
      size -= oldest.size
    }
  }

  /** The looks that are running, by the id after which they look. */
  const looks = new Map<number, Deferred.Deferred<number>>()

  return {
    after: (id) => {
      const found: Array<EventLog.GatewayEvent> = []
      let size = 0
      for (let next = nextOf.get(id); next !== undefined && size < mostAtOnce; next = nextOf.get(next.entry.id)) {
        found.push(next.entry)
        size += next.size
      }
      return found
    },
    look: (after) =>
      Effect.suspend(() => {
        const known = looks.get(after)
        if (known !== undefined) return Deferred.await(known)
        const begun = Deferred.unsafeMake<number>(FiberId.none)
        looks.set(after, begun)
        // An entry that is not found up to here was removed.
        const reach = Math.max(after, newest())
        return fetch(after, pageSize).pipe(
          Effect.map((found) => {
            share(after, found)
            return found.length === 0 ? reach : after
          }),
          Effect.onExit((exit) => Effect.zipRight(Effect.sync(() => looks.delete(after)), Deferred.done(begun, exit))),
          Effect.uninterruptible
        )
      })
  }
}
