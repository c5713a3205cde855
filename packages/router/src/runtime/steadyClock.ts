/**
 * Time inside a process: it begins at the time of day, and then follows a clock that cannot be set. Deadlines, rests and the waits of a
 * policy are measured by it. So a step of the wall clock neither ends nor prolongs them.
 */
import * as Time from "@interline/core/Time"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as DefaultServices from "effect/DefaultServices"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FiberRef from "effect/FiberRef"

/** How far the time of day may be from a steady clock before it counts as having been set. */
const tolerance = 1_000

/** The clock of a delivery. `offset`: what its times are ahead of `Time.steadyMillis`. */
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

/** Runs an effect by a clock, in a fiber of its own. Nothing is put back at the end, because that is the dear part of `Effect.withClock`. */
export const drive = <A, E, R>(clock: Steady, effect: () => Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.flatMap(FiberRef.update(DefaultServices.currentServices, Context.add(Clock.Clock, clock)), effect)

/** Gives one clock until the time of day was set, and then another: what was begun keeps its own. */
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
