/** Counts what is under way, and tells those who wait when nothing is. */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import type { DrainService } from "./Drain.ts"

export const make: Effect.Effect<DrainService> = Effect.gen(function*() {
  const begun = yield* Deferred.make<void>()
  const waiting = new Set<Deferred.Deferred<void>>()
  let underWay = 0

  const enter = Effect.sync(() => {
    underWay += 1
  })
  const leave = Effect.suspend(() => {
    underWay -= 1
    if (underWay > 0 || waiting.size === 0) return Effect.void
    const told = Array.from(waiting)
    waiting.clear()
    return Effect.forEach(told, (one) => Deferred.succeed(one, undefined), { discard: true })
  })

  return {
    isDraining: Deferred.isDone(begun),
    begun: Deferred.await(begun),
    track: (effect) => Effect.acquireUseRelease(enter, () => effect, () => leave),
    begin: Effect.asVoid(Deferred.succeed(begun, undefined)),
    idle: Effect.flatMap(Deferred.make<void>(), (quiet) =>
      Effect.suspend(() => {
        if (underWay === 0) return Effect.void
        waiting.add(quiet)
        return Deferred.await(quiet)
      }))
  }
})
