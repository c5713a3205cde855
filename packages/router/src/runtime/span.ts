/**
 * A span around what goes on in a fiber of one's own. `Effect.withSpan` hands its context back by ways that cost as many steps as
 * all the rest of an attempt; here it is set, and put back when the attempt is over, in whatever fiber that is.
 */
import type * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FiberId from "effect/FiberId"
import * as FiberRef from "effect/FiberRef"
import * as Tracer from "effect/Tracer"

/** Ends the span and puts the context back; without an exit what it spanned was stopped. */
export type Leave = (exit: Exit.Exit<unknown> | undefined) => Effect.Effect<void>

export const within = (
  name: string,
  attributes: Record<string, unknown>,
  clock: Clock.Clock,
  run: (leave: Leave) => Effect.Effect<void>
): Effect.Effect<void> =>
  Effect.flatMap(Effect.makeSpan(name, { attributes, captureStackTrace: false }), (span) =>
    Effect.withFiberRuntime((fiber) => {
      const outside = fiber.currentContext
      const isTimed = fiber.getFiberRef(FiberRef.currentTracerTimingEnabled)
      const leave: Leave = (exit = Exit.interrupt(FiberId.none)) => {
        span.end(isTimed ? clock.unsafeCurrentTimeNanos() : BigInt(0), exit)
        return FiberRef.set(FiberRef.currentContext, outside)
      }
      return Effect.flatMap(FiberRef.set(FiberRef.currentContext, Context.add(outside, Tracer.ParentSpan, span)), () => run(leave))
    }))
