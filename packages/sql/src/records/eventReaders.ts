/**
 * Readers of the event log: each at its own place, over entries that are read once for all of them. Nothing runs for one that waits, or that does not ask.
 */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Timers from "node:timers"
import type { EventReader, GatewayEvent } from "./EventLog.ts"
import * as SharedEntries from "./sharedEntries.ts"

/** A reader that has all that there is. */
interface Waiting {
  readonly after: number
  readonly resume: () => void
}

/** How many readers are woken before requests and answers get their turn. */
const abreast = 16

/** Until what came in meanwhile has had its turn. */
const turn = Effect.async<void>((resume) => {
  const immediate = Timers.setImmediate(() => resume(Effect.void))
  return Effect.sync(() => Timers.clearImmediate(immediate))
})

/** `wake` says up to which id something can be seen. `count` is how many there are. */
export interface Readers {
  readonly reader: (after?: number) => Effect.Effect<EventReader, never, Scope.Scope>
  readonly wake: (id: number) => Effect.Effect<void>
  readonly count: () => number
}

export const make = (
  fetch: (after: number, limit: number) => Effect.Effect<ReadonlyArray<SharedEntries.Shared>>,
  latest: Effect.Effect<number>
): Effect.Effect<Readers, never, Scope.Scope> =>
  Effect.gen(function*() {
    // --- what wakes them ---

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

    /** A reader at its place. What it does not take is kept nowhere: it costs nothing until it asks for more. */
    const readerAt = (start: number, isNewest: boolean): EventReader => {
      let after = start
      // what was written before this process began is known of only by a look
      let hasLooked = isNewest
      let isRoused = false
      let own: Waiting | undefined

      const more = Effect.async<void>((resume) => {
        const one: Waiting = { after, resume: () => resume(Effect.void) }
        own = one
        waiting.add(one)
        // it may have come since this reader looked
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
     * Looks once for all that wait, and wakes them a few at a time, so that whoever publishes waits for none of them. What is published meanwhile they
     * get with it, or the next time in one go.
     */
    const spread = Effect.gen(function*() {
      yield* isMore.await
      yield* isMore.close
      const all = Array.from(waiting)
      if (all.length === 0) return
      // if that fails, each reader finds out by its own look
      yield* Effect.exit(entries.look(all.reduce((least, { after }) => Math.min(least, after), Infinity)))
      for (let position = 0; position < all.length; position += abreast) {
        all.slice(position, position + abreast).forEach(resumeOne)
        yield* turn
      }
    })
    yield* spread.pipe(Effect.forever, Effect.interruptible, Effect.forkScoped)

    return { reader, wake, count: () => readers }
  })
