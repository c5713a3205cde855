/**
 * Puts a tracing span around an effect that may be stopped and left behind. `Effect.withSpan` takes as many steps as the rest of an
 * attempt. So this code sets the fiber's context itself, and puts the old context back when the effect is over.
 */
import type * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FiberId from "effect/FiberId"
import * as FiberRef from "effect/FiberRef"
import * as Tracer from "effect/Tracer"

export interface Spanned<A> {
  readonly effect: Effect.Effect<A>
  /** Ends the span, puts the context back, and returns `value`. There is no exit if the effect was stopped. */
  readonly leave: <B>(exit: Exit.Exit<unknown> | undefined, value: B) => Effect.Effect<B>
}

export const within = <A>(
  name: string,
  attributes: Record<string, unknown>,
  clock: Clock.Clock,
  effect: Effect.Effect<A>
): Spanned<A> => {
  let entered: { readonly span: Tracer.Span; readonly outside: Context.Context<never>; readonly isTimed: boolean } | undefined
  return {
    effect: Effect.flatMap(Effect.makeSpan(name, { attributes, captureStackTrace: false }), (span) =>
      Effect.withFiberRuntime((fiber) => {
        const outside = fiber.currentContext
        entered = { span, outside, isTimed: fiber.getFiberRef(FiberRef.currentTracerTimingEnabled) }
        return Effect.flatMap(FiberRef.set(FiberRef.currentContext, Context.add(outside, Tracer.ParentSpan, span)), () => effect)
      })),
    leave: (exit = Exit.interrupt(FiberId.none), value) => {
      if (entered === undefined) return Effect.succeed(value)
      const { isTimed, outside, span } = entered
      span.end(isTimed ? clock.unsafeCurrentTimeNanos() : BigInt(0), exit)
      return FiberRef.modify(FiberRef.currentContext, () => [value, outside])
    }
  }
}
