/** Clocks that show another time of day, while time passes as usual. */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"

/** Runs an effect as if it began that much later. */
export const later = (duration: Duration.DurationInput) => <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.flatMap(Effect.clock, (clock) => {
    const millis = Duration.toMillis(duration)
    const nanos = BigInt(millis) * 1_000_000n
    const moved: Clock.Clock = {
      [Clock.ClockTypeId]: Clock.ClockTypeId,
      unsafeCurrentTimeMillis: () => clock.unsafeCurrentTimeMillis() + millis,
      unsafeCurrentTimeNanos: () => clock.unsafeCurrentTimeNanos() + nanos,
      currentTimeMillis: Effect.map(clock.currentTimeMillis, (time) => time + millis),
      currentTimeNanos: Effect.map(clock.currentTimeNanos, (time) => time + nanos),
      sleep: (time) => clock.sleep(time)
    }
    return Effect.withClock(effect, moved)
  })

/** Runs an effect as if it always were that time of day, in epoch milliseconds. */
export const asOf = (time: number) => <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.flatMap(Effect.clock, (clock) =>
    Effect.withClock(effect, {
      [Clock.ClockTypeId]: Clock.ClockTypeId,
      unsafeCurrentTimeMillis: () => time,
      currentTimeMillis: Effect.succeed(time),
      unsafeCurrentTimeNanos: () => clock.unsafeCurrentTimeNanos(),
      currentTimeNanos: clock.currentTimeNanos,
      sleep: (duration) => clock.sleep(duration)
    }))
