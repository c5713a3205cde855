/** Runs one thing that takes time, until it ends, its time is over, or a fact stops it. */
import type * as Timers from "@interline/core/Timers"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FiberId from "effect/FiberId"
import type { Job } from "./job.ts"

/** What takes time, and what comes of it. `until` is in epoch milliseconds of the delivery's clock. */
export interface Wait<A, B> {
  readonly until: number
  readonly effect: Effect.Effect<A>
  /** There is no exit if time or a fact ended it. */
  readonly toEvent: (exit: Exit.Exit<A> | undefined) => Effect.Effect<B>
}

/**
 * Runs a wait in the delivery's own fiber, because a second fiber would cost more than all decisions. That fiber is uninterruptible except here, so
 * that whatever comes of the wait is written down.
 *
 * A stop interrupts the fiber and leaves it behind with whatever it still does: `undefined` then ends its loop. `resume` goes on in another
 * fiber, with what `toEvent` says of a wait without an exit.
 */
export const runFor = <A, B>(
  timers: Timers.Timers,
  job: Job,
  { effect, toEvent, until }: Wait<A, B>,
  resume: (next: Effect.Effect<B>) => Effect.Effect<void>
): Effect.Effect<B | undefined> =>
  Effect.withFiberRuntime<B | undefined>((fiber) => {
    const fiberRefs = fiber.getFiberRefs()
    let isOver = false
    const end = (): void => {
      isOver = true
      job.stop = undefined
      cancel()
    }
    const stop = Effect.suspend(() => {
      if (isOver) return Effect.void
      end()
      fiber.unsafeInterruptAsFork(FiberId.none)
      const resuming = Effect.flatMap(Effect.setFiberRefs(fiberRefs), () => resume(toEvent(undefined)))
      return Effect.forkDaemon(Effect.uninterruptible(resuming))
    })
    const ended = (exit: Exit.Exit<A>): Effect.Effect<B | undefined> => {
      if (isOver) return Effect.succeed(undefined)
      end()
      return toEvent(exit)
    }
    const running = Effect.matchCauseEffect(Effect.interruptible(effect), {
      onSuccess: (value) => ended(Exit.succeed(value)),
      onFailure: (cause) => ended(Exit.failCause(cause))
    })
    const cancel = until === Number.POSITIVE_INFINITY ? () => {} : timers.set(until - job.clock.offset, stop)
    job.stop = stop
    const watching = timers.ensureWatcher()
    return watching === undefined ? running : Effect.flatMap(watching, () => running)
  })
