/** Counts the calls for each shard that come past the engine: it waits only for those that it knows. */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as FiberId from "effect/FiberId"

export interface UnderWay {
  /** Counts a call until it ends. */
  readonly count: <A, E>(shard: number, call: Effect.Effect<A, E>) => Effect.Effect<A, E>
  /** Ends when no call for the shard is under way. */
  readonly awaitIdle: (shard: number) => Effect.Effect<void>
}

export const make = (): UnderWay => {
  const counts = new Map<number, number>()
  const waiting = new Map<number, Deferred.Deferred<void>>()
  return {
    count: (shard, call) =>
      Effect.suspend(() => {
        counts.set(shard, (counts.get(shard) ?? 0) + 1)
        return Effect.ensuring(
          call,
          Effect.sync(() => {
            const left = (counts.get(shard) ?? 1) - 1
            if (left > 0) counts.set(shard, left)
            else {
              counts.delete(shard)
              const idle = waiting.get(shard)
              waiting.delete(shard)
              if (idle !== undefined) Deferred.unsafeDone(idle, Effect.void)
            }
          })
        )
      }),
    awaitIdle: (shard) =>
      Effect.suspend(() => {
        if (!counts.has(shard)) return Effect.void
        const idle = waiting.get(shard) ?? Deferred.unsafeMake<void>(FiberId.none)
        waiting.set(shard, idle)
        return Deferred.await(idle)
      })
  }
}
