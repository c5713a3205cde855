/** Makes a call again and again, until one is answered. A call without an answer stays open meanwhile. */
import * as Timers from "@interline/core/Timers"
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import * as FiberId from "effect/FiberId"

/** What is called, and until when. */
export interface Call<A, E, B, F> {
  /** One call. It must be possible to make it beside another one that is still open. */
  readonly call: Effect.Effect<A, E>
  /** What the end of a call says. Undefined if that says nothing, so that it is made again. */
  readonly toAnswer: (exit: Exit.Exit<A, E>) => Effect.Effect<B, F> | undefined
  /** How much time is left, in milliseconds. */
  readonly left: () => number
  /** What is answered when no time is left. */
  readonly late: Effect.Effect<B, F>
}

/** Makes calls. They share their timers. */
export interface RepeatedCalls {
  readonly run: <A, E, B, F>(call: Call<A, E, B, F>) => Effect.Effect<B, F>
}

/** How long after a call that said nothing the next one is made, in milliseconds. */
export const again = 500

/**
 * How long a call is open before the next one is made beside it, in milliseconds. A process that stands still takes calls and never answers, and its
 * connections stay open.
 */
const beside = 3_000

/** The calls that are open, and the ends of those that are not. */
interface Open<A, E> {
  readonly fibers: Set<Fiber.RuntimeFiber<A, E>>
  readonly ends: Array<Exit.Exit<A, E>>
  wake: (() => void) | undefined
}

/** `now`: milliseconds of `Time.steadyMillis`. */
export const make = (now: () => number): RepeatedCalls => {
  const timers = Timers.make()

  const start = <A, E>(open: Open<A, E>, call: Effect.Effect<A, E>): Effect.Effect<void> =>
    Effect.uninterruptible(
      Effect.map(Effect.forkDaemon(Effect.interruptible(call)), (fiber) => {
        open.fibers.add(fiber)
        fiber.addObserver((exit) => {
          open.fibers.delete(fiber)
          open.ends.push(exit)
          open.wake?.()
        })
      })
    )

  /** The end of a call. Undefined if none ends for so long. */
  const next = <A, E>(open: Open<A, E>, millis: number): Effect.Effect<Exit.Exit<A, E> | undefined> =>
    Effect.suspend(() => {
      if (open.ends.length > 0) return Effect.succeed(open.ends.shift())
      let isDue = false
      const cancel = timers.set(
        now() + millis,
        Effect.sync(() => {
          isDue = true
          open.wake?.()
        })
      )
      const waiting = Effect.async<Exit.Exit<A, E> | undefined>((resume) => {
        const wake = (): void => {
          open.wake = undefined
          cancel()
          resume(Effect.sync(() => open.ends.shift()))
        }
        if (isDue || open.ends.length > 0) return wake()
        open.wake = wake
        return Effect.sync(() => {
          open.wake = undefined
          cancel()
        })
      })
      const watching = timers.ensureWatcher()
      return watching === undefined ? waiting : Effect.zipRight(watching, waiting)
    })

  return {
    run: <A, E, B, F>({ call, late, left, toAnswer }: Call<A, E, B, F>) => {
      const open: Open<A, E> = { fibers: new Set(), ends: [], wake: undefined }
      const ask: Effect.Effect<B, F> = Effect.suspend(() => left() <= 0 ? late : Effect.zipRight(start(open, call), wait(beside)))
      const wait = (millis: number): Effect.Effect<B, F> =>
        Effect.flatMap(next(open, Math.min(millis, left())), (exit) => {
          if (exit === undefined) return ask
          return toAnswer(exit) ?? (left() <= 0 ? late : wait(again))
        })
      // nobody waits for what is open: it may never end
      const end = Effect.sync(() => open.fibers.forEach((fiber) => fiber.unsafeInterruptAsFork(FiberId.none)))
      return Effect.ensuring(ask, end)
    }
  }
}
