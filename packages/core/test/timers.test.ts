import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/TestClock"
import * as Timers from "../src/runtime/Timers.ts"

const settled = Effect.repeatN(Effect.yieldNow(), 10)

const ensureWatcher = (timers: Timers.Timers) => Effect.suspend(() => timers.ensureWatcher() ?? Effect.void)

describe("timers", () => {
  it.effect("leave no fiber asleep when they are cancelled, also where they were set in a region that cannot be interrupted", () =>
    Effect.gen(function*() {
      const timers = Timers.make()
      const cancels = yield* Effect.uninterruptible(
        Effect.forEach([1_000, 500, 2_000], (at) => Effect.as(ensureWatcher(timers), timers.set(at, Effect.void)))
      )
      yield* Effect.uninterruptible(ensureWatcher(timers))
      const fibers = yield* Fiber.roots
      const waiting = Effect.map(settled, () => Array.from(fibers).filter((fiber) => fiber.unsafePoll() === null).length)
      const before = yield* waiting
      for (const cancel of cancels) cancel()
      expect(before - (yield* waiting)).toBe(1)
    }))

  it.effect("call at their time, the earliest first, and not what was cancelled", () =>
    Effect.gen(function*() {
      const timers = Timers.make()
      const called: Array<string> = []
      const call = (name: string) => Effect.sync(() => called.push(name))
      timers.set(1_000, call("second"))
      yield* ensureWatcher(timers)
      timers.set(500, call("first"))
      yield* ensureWatcher(timers)
      const cancel = timers.set(700, call("cancelled"))
      yield* ensureWatcher(timers)
      cancel()
      yield* TestClock.adjust("600 millis")
      expect(called).toEqual(["first"])
      yield* TestClock.adjust("1 second")
      expect(called).toEqual(["first", "second"])
    }))

  it.effect("call everybody at their time, however many were cancelled in between", () =>
    Effect.gen(function*() {
      const timers = Timers.make()
      const called: Array<number> = []
      const times = Array.from({ length: 1_000 }, (_, index) => (index * 7_919) % 1_000)
      const cancels = times.map((at) => [at, timers.set(at, Effect.sync(() => called.push(at)))] as const)
      yield* ensureWatcher(timers)
      for (const [at, cancel] of cancels) if (at % 10 !== 0) cancel()
      yield* TestClock.adjust("1 second")
      expect(called).toEqual(Array.from({ length: 100 }, (_, index) => index * 10))
    }))
})
