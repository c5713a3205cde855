/** Asks the authorities of lines for a replica, whenever there is something to ask or to tell. */
import * as Defect from "@interline/core/Defect"
import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"
import type * as Scope from "effect/Scope"
import type { RouterEvent } from "../../decision/RouterEvent.ts"
import type { Place } from "../lineFacts.ts"
import type { Exchange } from "../SharedHealth.ts"
import type { Replica } from "./replica.ts"

/** How long one call may take. The same request comes again after it. */
const longestCall = "5 seconds"
/** How long the end of the scope tells what is not told yet. */
const longestEnd = "2 seconds"

export interface Parts {
  readonly replica: Replica
  readonly exchange: Exchange
  readonly now: () => number
  /** Open when a line may be due earlier than was said. */
  readonly isDue: Effect.Latch
  readonly publish: (event: RouterEvent) => Effect.Effect<void>
}

/** The request is made at once: then the line is not due any more. */
const call = ({ exchange, isDue, now, publish, replica }: Parts, place: Place): Effect.Effect<void> => {
  const request = replica.ask(place, now())
  return Effect.suspend(() => exchange(place, request)).pipe(
    Effect.timeoutTo({ duration: longestCall, onSuccess: (answer) => answer, onTimeout: () => undefined }),
    Effect.catchAllCause((cause) =>
      Effect.as(Effect.logDebug("the authority of a line did not answer", Defect.placesIn(cause)), undefined)
    ),
    Effect.flatMap((answer) => {
      if (answer !== undefined) return Effect.forEach(replica.hear(place, answer, now()), publish, { discard: true })
      replica.miss(place, now())
      return Effect.void
    }),
    Effect.zipRight(isDue.open)
  )
}

/** Asks until the scope ends. Then it tells once more what is not told yet, and gives back what is not used. */
export const run = (parts: Parts): Effect.Effect<void, never, Scope.Scope> =>
  Effect.gen(function*() {
    const { isDue, now, replica } = parts
    const telling = Effect.suspend(() =>
      Effect.forEach(replica.leave(now()), (place) => call(parts, place), { concurrency: "unbounded", discard: true })
    )
    // a request that had no answer comes again first, and then what was learned since
    yield* Effect.addFinalizer(() => Effect.ignore(Effect.timeout(Effect.interruptible(Effect.zipRight(telling, telling)), longestEnd)))
    const calls = yield* FiberSet.make<void>()
    const look = Effect.suspend(() => {
      isDue.unsafeClose()
      const { next, places } = replica.due(now())
      const asking = Effect.forEach(places, (place) => FiberSet.run(calls, Effect.interruptible(call(parts, place))), { discard: true })
      const waiting = next === Number.POSITIVE_INFINITY
        ? isDue.await
        : Effect.raceFirst(isDue.await, Effect.sleep(Math.max(1, next - now())))
      return Effect.zipRight(asking, waiting)
    })
    yield* Effect.forkScoped(Effect.interruptible(Effect.forever(look)))
  })
