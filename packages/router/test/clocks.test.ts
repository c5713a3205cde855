/** A wall clock that is set while a delivery is under way: it neither ends nor prolongs what waits, and proves nothing. */
import { describe, expect, it } from "@effect/vitest"
import * as Draft from "@interline/core/Draft"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type * as Fiber from "effect/Fiber"
import * as Logger from "effect/Logger"
import * as Option from "effect/Option"
import * as TestClock from "effect/TestClock"
import { failure, hello, left, right, toBob, world } from "./scripted.ts"

const quiet = Effect.provide(Logger.remove(Logger.defaultLogger))

const settle = Effect.forEach(Array.from({ length: 40 }), () => Effect.yieldNow(), { discard: true })

/** A wall clock that can be set, over a clock of the test that only goes forward. */
const settable = Effect.map(Effect.clock, (clock) => {
  let ahead = Duration.toMillis("1 day")
  const wall: Clock.Clock = {
    [Clock.ClockTypeId]: Clock.ClockTypeId,
    unsafeCurrentTimeMillis: () => clock.unsafeCurrentTimeMillis() + ahead,
    currentTimeMillis: Effect.sync(() => clock.unsafeCurrentTimeMillis() + ahead),
    unsafeCurrentTimeNanos: () => clock.unsafeCurrentTimeNanos(),
    currentTimeNanos: clock.currentTimeNanos,
    sleep: (duration) => clock.sleep(duration)
  }
  const step = (by: Duration.DurationInput, sign: 1 | -1) => Effect.sync(() => void (ahead += sign * Duration.toMillis(by)))
  return { wall, forward: (by: Duration.DurationInput) => step(by, 1), back: (by: Duration.DurationInput) => step(by, -1) }
})

/** How long it takes, and what comes of it. */
const within = <A, E>(fiber: Fiber.RuntimeFiber<A, E>, seconds: number): Effect.Effect<Option.Option<A>, E> =>
  Effect.gen(function*() {
    for (let passed = 0; passed <= seconds; passed++) {
      yield* settle
      const exit = fiber.unsafePoll()
      if (exit !== null) return Option.some(yield* exit)
      yield* TestClock.adjust("1 second")
    }
    return Option.none()
  })

const absent = () => Effect.succeed(Either.right([]))

const steps = [["back", "1 hour"], ["forward", "1 hour"], ["forward", "65 seconds"], ["back", "2 minutes"]] as const

describe.each(steps)("a wall clock that is set %s by %s", (direction, by) => {
  const begun = (setup: Parameters<typeof world>[0]) =>
    Effect.gen(function*() {
      const clock = yield* settable
      const all = yield* Effect.withClock(world(setup), clock.wall)
      const sending = yield* Effect.fork(Effect.withClock(all.send(), clock.wall))
      yield* settle
      return { ...all, clock, sending, set: clock[direction](by) }
    })

  it.scoped("while a lost answer is looked for: the looks end in their time, and the next send goes out", () =>
    Effect.gen(function*() {
      const { clock, send, sending, set } = yield* begun({
        policy: { prefer: ["sendblue"], reconcile: { every: "2 seconds", within: "20 seconds" } },
        sendblue: { finds: absent, answers: [failure("Timeout"), "next"] }
      })
      yield* set
      expect(left(Option.getOrThrow(yield* within(sending, 30)))._tag).toBe("Held")
      const next = yield* Effect.fork(Effect.withClock(send(Draft.text("next")), clock.wall))
      right(Option.getOrThrow(yield* within(next, 5)))
    }).pipe(quiet))

  it.scoped("does not make an absence a proof before its time, and keeps none from being one", () =>
    Effect.gen(function*() {
      const { linq, sendblue, sending, set } = yield* begun({
        policy: { prefer: ["sendblue", "linq"], carriers: { sendblue: { absenceProof: "1 minute" } } },
        sendblue: { finds: absent, answers: [failure("Timeout")] }
      })
      yield* set
      expect(yield* within(sending, 50)).toEqual(Option.none())
      expect(linq.asked).toEqual([])
      right(Option.getOrThrow(yield* within(sending, 30)))
      expect([sendblue.asked.length, linq.asked.length]).toEqual([1, 1])
    }).pipe(quiet))

  it.scoped("while a request hangs: its attempt ends in its time", () =>
    Effect.gen(function*() {
      const { sending, set } = yield* begun({
        linq: { answers: [Effect.never], finds: "nothing" },
        policy: { deadlines: { attempt: "10 seconds", send: "20 seconds" } }
      })
      yield* set
      expect(yield* within(sending, 8)).toEqual(Option.none())
      expect(left(Option.getOrThrow(yield* within(sending, 6)))._tag).toBe("Held")
    }).pipe(quiet))

  it.scoped("while it waits for its line: it goes out when the line has room", () =>
    Effect.gen(function*() {
      const { clock, linq, send, sending, set } = yield* begun({
        policy: { prefer: ["linq"], maxWait: "30 seconds", carriers: { linq: { perSecond: 1 } } }
      })
      right(Option.getOrThrow(yield* within(sending, 1)))
      const next = yield* Effect.fork(Effect.withClock(send(Draft.text("next"), {}, toBob), clock.wall))
      yield* settle
      yield* set
      right(Option.getOrThrow(yield* within(next, 5)))
      expect(linq.asked).toHaveLength(2)
    }).pipe(quiet))

  it.scoped("leaves a breaker open for as long as it was to be", () =>
    Effect.gen(function*() {
      const { clock, linq, send, sending, set } = yield* begun({
        policy: { prefer: ["linq"], breaker: { failures: 1, openFor: "30 seconds" }, retry: { times: 0 } },
        linq: { answers: [failure("LineUnavailable"), "next"] }
      })
      left(Option.getOrThrow(yield* within(sending, 5)))
      yield* set
      const soon = yield* Effect.fork(Effect.withClock(send(hello), clock.wall))
      left(Option.getOrThrow(yield* within(soon, 5)))
      expect(linq.asked).toHaveLength(1)
      yield* TestClock.adjust("40 seconds")
      const later = yield* Effect.fork(Effect.withClock(send(hello), clock.wall))
      right(Option.getOrThrow(yield* within(later, 5)))
    }).pipe(quiet))
})

describe("a wall clock that is set back while a lost answer is replayed", () => {
  it.scoped("does not let a replay go on for longer than the vendor remembers the key", () =>
    Effect.gen(function*() {
      const clock = yield* settable
      const { linq, send } = yield* Effect.withClock(
        world({
          policy: { deadlines: { attempt: "30 seconds", send: "20 minutes" }, reconcile: { every: "5 seconds", within: "19 minutes" } },
          linq: { answers: [failure("Timeout")] }
        }),
        clock.wall
      )
      const sending = yield* Effect.fork(Effect.withClock(send(), clock.wall))
      yield* settle
      yield* clock.back("30 minutes")
      expect(left(Option.getOrThrow(yield* within(sending, 700)))._tag).toBe("Held")
      const first = linq.asked[0]?.at ?? 0
      expect(linq.asked.length).toBeGreaterThan(2)
      // ten minutes is what this vendor remembers
      expect(Math.max(...linq.asked.map(({ at }) => at - first))).toBeLessThanOrEqual(600_000)
    }).pipe(quiet))
})
