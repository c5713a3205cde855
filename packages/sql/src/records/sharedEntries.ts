/** Entries of the event log that are read once for all readers of a process. */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as FiberId from "effect/FiberId"
import type * as EventLog from "./EventLog.ts"

/** An entry as readers share it, with the length of what is stored. */
export interface Shared {
  readonly entry: EventLog.GatewayEvent
  readonly size: number
}

// read at once, for whichever reader is next
const pageSize = 16

/** How much is shared, in characters as it is stored: enough for readers that keep up. A slow reader reads again. */
const mostShared = 16 * 1024 * 1024

/**
 * How much a reader gets in one go, in characters as it is stored: so much, and the entry that exceeds it. It is what a socket of Node's
 * takes before it asks to wait.
 */
const mostAtOnce = 16 * 1024

export interface SharedEntries {
  /** What is shared after an id, up to what a reader gets in one go. */
  readonly after: (id: number) => ReadonlyArray<EventLog.GatewayEvent>
  /**
   * Reads what comes after an id, so that it is shared, and answers up to which id it looked. Readers at the same place share one look,
   * which goes on if the reader that began it goes away.
   */
  readonly look: (after: number) => Effect.Effect<number>
}

/** `newest` is the highest id that is known to exist. */
export const make = (
  fetch: (after: number, limit: number) => Effect.Effect<ReadonlyArray<Shared>>,
  newest: () => number
): SharedEntries => {
  // by the id that each comes next after: ids become visible in their order, so nothing gets in between
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

  /** The looks that are under way, by the id that is looked behind. */
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
        // what is not found up to here has been removed
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
