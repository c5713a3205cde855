import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import * as Runtime from "effect/Runtime"
import * as TestClock from "effect/TestClock"
import * as Alarm from "../src/internal/alarm.ts"

describe("alarms", () => {
  it.effect("leave no fiber asleep when they are cancelled, also where they were set in a region that cannot be interrupted", () =>
    Effect.gen(function*() {
      const fibers: Array<Fiber.RuntimeFiber<void>> = []
      const run = Runtime.runFork(yield* Effect.uninterruptible(Effect.runtime()))
      const fork = (effect: Effect.Effect<void>) => {
        const fiber = run(effect)
        fibers.push(fiber)
        return fiber
      }
      const waiting = Effect.map(Effect.repeatN(Effect.yieldNow(), 10), () => fibers.filter((fiber) => fiber.unsafePoll() === null).length)
      const alarm = Alarm.make()
      const cancels = [1_000, 500, 2_000].map((at) => alarm.set(at, () => {}, fork))
      expect(yield* waiting).toBe(1)
      for (const cancel of cancels) cancel()
      expect(yield* waiting).toBe(0)
    }))

  it.effect("call at their time, the earliest first, and not what was cancelled", () =>
    Effect.gen(function*() {
      const fork = Runtime.runFork(yield* Effect.runtime())
      const alarm = Alarm.make()
      const called: Array<string> = []
      alarm.set(1_000, () => called.push("second"), fork)
      alarm.set(500, () => called.push("first"), fork)
      const cancel = alarm.set(700, () => called.push("cancelled"), fork)
      cancel()
      yield* TestClock.adjust("600 millis")
      expect(called).toEqual(["first"])
      yield* TestClock.adjust("1 second")
      expect(called).toEqual(["first", "second"])
    }))
})
