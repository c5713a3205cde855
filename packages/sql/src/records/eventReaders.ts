/**
 * Readers of the event log. Each reader has its own position. An entry is read once for all readers. A reader that waits, or that asks for
 * nothing, uses no work.
 */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Store from "../database/Store.ts"
import type { EventReader, GatewayEvent } from "./EventLog.ts"
import * as SharedEntries from "./sharedEntries.ts"

/** A reader that waits, because it has every entry up to `after`. */
interface Waiting {
  readonly after: number
  readonly resume: () => void
}

/** How many readers are woken before other work of the process may run. */
const abreast = 16

export interface Readers {
  /** A reader of the entries after an id (default: from now on). */
  readonly reader: (after?: number) => Effect.Effect<EventReader, never, Scope.Scope>
  /** Call this when entries up to an id can be read. */
  readonly wake: (id: number) => Effect.Effect<void>
  /** The number of readers. */
  readonly count: () => number
}

export const make = (
  fetch: (after: number, limit: number) => Effect.Effect<ReadonlyArray<SharedEntries.Shared>>,
  latest: Effect.Effect<number>
): Effect.Effect<Readers, never, Scope.Scope> =>
  Effect.gen(function*() {
    let newest = 0
    let readers = 0
    const waiting = new Set<Waiting>()
    const isMore = yield* Effect.makeLatch(false)
    const wake = (id: number): Effect.Effect<void> =>
      Effect.suspend(() => {
        if (id <= newest) return Effect.void
        newest = id
        return waiting.size === 0 ? Effect.void : isMore.open
      })

    const entries = SharedEntries.make(fetch, () => newest)

    const nothing: ReadonlyArray<GatewayEvent> = []

    /** Makes a reader. Nothing is stored for it, so it costs nothing until it asks for entries. */
    const readerAt = (start: number, isNewest: boolean): EventReader => {
      let after = start
      // Entries from before the start of this process are found only by a look into the database.
      let hasLooked = isNewest
      let isRoused = false
      let own: Waiting | undefined

      const more = Effect.async<void>((resume) => {
        const one: Waiting = { after, resume: () => resume(Effect.void) }
        own = one
        waiting.add(one)
        // An entry may have come since this reader's last look.
        if (newest > after || isRoused) resumeOne(one)
        return Effect.sync(() => waiting.delete(one))
      })

      const next: EventReader["next"] = Effect.suspend(() => {
        const found = entries.after(after)
        const last = found.at(-1)
        if (last !== undefined) {
          after = last.id
          hasLooked = true
          return Effect.succeed(found)
        }
        if (isRoused) {
          isRoused = false
          return Effect.succeed(nothing)
        }
        if (hasLooked && newest <= after) return Effect.zipRight(more, next)
        return Effect.flatMap(entries.look(after), (reach) => {
          hasLooked = true
          after = reach
          return next
        })
      })

      return {
        next,
        rouse: Effect.sync(() => {
          isRoused = true
          if (own !== undefined) resumeOne(own)
        })
      }
    }

    const resumeOne = (one: Waiting): void => {
      if (waiting.delete(one)) one.resume()
    }

    const reader: Readers["reader"] = (after) =>
      Effect.zipRight(
        Effect.acquireRelease(
          Effect.sync(() => {
            readers += 1
          }),
          () =>
            Effect.sync(() => {
              readers -= 1
            })
        ),
        Effect.map(after === undefined ? latest : Effect.succeed(after), (start) => readerAt(start, after === undefined))
      )

    /**
     * Looks into the database once for all readers that wait, and wakes them a few at a time. So a process that publishes does not wait for
     * the readers. The readers get entries that are published meanwhile now, or together the next time.
     */
    const spread = Effect.gen(function*() {
      yield* isMore.await
      yield* isMore.close
      const all = Array.from(waiting)
      if (all.length === 0) return
      // If this look fails, each reader finds out by its own look.
      yield* Effect.exit(entries.look(all.reduce((least, { after }) => Math.min(least, after), Infinity)))
      for (let position = 0; position < all.length; position += abreast) {
        all.slice(position, position + abreast).forEach(resumeOne)
        yield* Store.turn
      }
    })
    yield* spread.pipe(Effect.forever, Effect.interruptible, Effect.forkScoped)

    return { reader, wake, count: () => readers }
  })
