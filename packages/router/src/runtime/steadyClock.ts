/**
 * Makes the clock for times inside a process. The clock begins at the time of day. Then it follows a clock that cannot be set. It
 * measures deadlines, rests and the waits of a policy. So a change of the wall clock neither ends nor prolongs them.
 */
import * as Time from "@interline/core/Time"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as DefaultServices from "effect/DefaultServices"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FiberRef from "effect/FiberRef"

/** The largest difference between time of day and steady clock, in milliseconds. Above it the wall clock counts as set. */
const tolerance = 1_000

/** The clock of a delivery. `offset`: how far its times are ahead of `Time.steadyMillis`, in milliseconds. */
export interface Steady extends Clock.Clock {
  readonly offset: number
}

export const make = (clock: Clock.Clock): Steady => {
  const offset = clock.unsafeCurrentTimeMillis() - Time.steadyMillis(clock)
  const now = () => Time.steadyMillis(clock) + offset
  return {
    [Clock.ClockTypeId]: Clock.ClockTypeId,
    offset,
    unsafeCurrentTimeMillis: now,
    currentTimeMillis: Effect.sync(now),
    unsafeCurrentTimeNanos: () => clock.unsafeCurrentTimeNanos(),
    currentTimeNanos: clock.currentTimeNanos,
    sleep: (duration: Duration.Duration) => clock.sleep(duration)
  }
}

/**
 * Sets the clock of the current fiber, then runs an effect. Use it only in a fiber of its own: the old clock is not put back, because
 * this is the slow part of `Effect.withClock`.
 */
export const drive = <A, E, R>(clock: Steady, effect: () => Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.flatMap(FiberRef.update(DefaultServices.currentServices, Context.add(Clock.Clock, clock)), effect)

/** Returns the same clock until somebody sets the time of day, and then a new clock. A delivery that has begun keeps its clock. */
export const watch = (): (clock: Clock.Clock) => Steady => {
  let known: Steady | undefined
  let of: Clock.Clock | undefined
  return (clock) => {
    if (known === undefined || of !== clock || Math.abs(clock.unsafeCurrentTimeMillis() - known.unsafeCurrentTimeMillis()) > tolerance) {
      known = make(clock)
      of = clock
    }
    return known
  }
}
