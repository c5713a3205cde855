/**
 * Timeouts that share one sleeping fiber. `Effect.timeout` races two fibers for every request, which costs more than all
 * the rest of a send; here a request is one fiber, and a single watcher sleeps until the earliest deadline.
 */
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import type * as FiberId from "effect/FiberId"
import type * as FiberRefs from "effect/FiberRefs"
import * as Runtime from "effect/Runtime"
import * as Time from "../runtime/Time.ts"
import * as Timers from "../runtime/Timers.ts"

/** The settings in which a request's own fiber differs from its caller. They are given at the fork, because this costs nothing extra. */
export interface Surroundings {
  readonly context: (context: Context.Context<never>) => Context.Context<never>
  readonly refs: (refs: FiberRefs.FiberRefs, fiberId: FiberId.Runtime) => FiberRefs.FiberRefs
}

export interface Deadlines {
  /** Fails with `onExpired` after `millis` milliseconds. The effect is then interrupted, but the caller does not wait for its end. */
  readonly within: <A, E, E2>(
    effect: Effect.Effect<A, E>,
    millis: number,
    onExpired: () => E2,
    surroundings: Surroundings
  ) => Effect.Effect<A, E | E2>
}

export const make = (): Deadlines => {
  const timers = Timers.make()
  return {
    within: (effect, millis, onExpired, surroundings) =>
      // forked and awaited in one callback. So no interruption can come between the two and leave the request running alone
      Effect.clockWith((clock) => {
        const expiresAt = Time.steadyMillis(clock) + millis
        return Effect.flatMap(Effect.runtime(), ({ context, fiberRefs, runtimeFlags }) =>
          Effect.async((resume) => {
            const runtime = Runtime.make({ context: surroundings.context(context), fiberRefs, runtimeFlags })
            // the failure is kept as a value. A fiber that fails is logged with its whole cause, and an HTTP error holds the request
            const fiber = Runtime.runFork(runtime, Effect.either(effect), { updateRefs: surroundings.refs })
            const expire = Effect.sync(() => {
              resume(Effect.fail(onExpired()))
              fiber.unsafeInterruptAsFork(fiber.id())
            })
            const cancel = timers.set(expiresAt, expire)
            timers.startWatcher(Runtime.runFork(runtime))
            fiber.addObserver((exit) => {
              cancel()
              resume(Exit.isSuccess(exit) ? exit.value : Effect.failCause(exit.cause))
            })
            return Effect.suspend(() => {
              cancel()
              return Fiber.interrupt(fiber)
            })
          }))
      })
  }
}
