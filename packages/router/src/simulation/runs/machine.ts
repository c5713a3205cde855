/**
 * One process of several: its fibers, its clocks, and its end. A process that is frozen has its timers and its answers wait for it, as
 * one that was suspended or is far behind; of one that is gone nothing runs any more, whatever still comes back to it.
 */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import * as FiberRef from "effect/FiberRef"
import * as HashSet from "effect/HashSet"
import * as LogLevel from "effect/LogLevel"
import * as Runtime from "effect/Runtime"
import type * as Scheduler from "effect/Scheduler"
import type { Queue } from "../vendors/queue.ts"

export interface Machine {
  readonly clock: Clock.Clock
  readonly isUp: () => boolean
  readonly isFrozen: () => boolean
  /** When it ended; infinite as long as it has not. */
  readonly endedAt: () => number
  /** When it was frozen last. */
  readonly frozenAt: () => number
  readonly run: <A>(effect: Effect.Effect<A>) => Fiber.RuntimeFiber<A>
  readonly freeze: () => void
  readonly thaw: () => void
  readonly kill: () => void
  /** Somebody sets its wall clock, back or forward. */
  readonly set: (step: number) => void
}

/** Waits for what comes at `time`, unless nobody waits for it any more. */
export const until = (queue: Queue, time: number): Effect.Effect<void> =>
  Effect.async((resume) => {
    let waits = true
    queue.at(time, () => {
      if (waits) resume(Effect.void)
    })
    return Effect.sync(() => {
      waits = false
    })
  })

/** What takes no time: the ledger's memory, and what is made of memory. */
export const atOnce = <A>(effect: Effect.Effect<A>): A => Effect.runSync(effect)

/** Nothing is logged and nothing traced: both cost more than what is simulated. */
const runtime: Runtime.Runtime<never> = Runtime.setFiberRef(
  Runtime.setFiberRef(
    Runtime.setFiberRef(Runtime.defaultRuntime, FiberRef.currentLoggers, HashSet.empty()),
    FiberRef.currentMinimumLogLevel,
    LogLevel.None
  ),
  FiberRef.currentTracerEnabled,
  false
)

/**
 * `ahead`: what its wall clock is ahead of the true time. `isSettable`: whether time inside it is measured by that wall clock, which is
 * the mistake that production's steady clock avoids.
 */
export const make = (queue: Queue, ahead: number, isSettable: boolean): Machine => {
  const tasks: Array<() => void> = []
  let wall = ahead
  let isFrozen = false
  let endedAt = Number.POSITIVE_INFINITY
  let frozenAt = Number.NEGATIVE_INFINITY
  let isDraining = false

  const drain = (): void => {
    if (isDraining) return
    isDraining = true
    while (!isFrozen && tasks.length > 0) tasks.shift()?.()
    isDraining = false
  }

  const scheduler: Scheduler.Scheduler = {
    shouldYield: () => false,
    scheduleTask: (task) => {
      if (endedAt !== Number.POSITIVE_INFINITY) return
      tasks.push(task)
      if (tasks.length === 1 && !isFrozen && !isDraining) queue.at(queue.now(), drain)
    }
  }

  const millis = () => Math.floor(queue.now() + wall)
  const nanos = () => BigInt(isSettable ? millis() : Math.floor(queue.now())) * 1_000_000n
  const clock: Clock.Clock = {
    [Clock.ClockTypeId]: Clock.ClockTypeId,
    unsafeCurrentTimeMillis: millis,
    currentTimeMillis: Effect.sync(millis),
    unsafeCurrentTimeNanos: nanos,
    currentTimeNanos: Effect.sync(nanos),
    sleep: (duration) => Effect.suspend(() => until(queue, queue.now() + Math.max(1, Duration.toMillis(duration))))
  }
  const fork = Runtime.runFork(runtime)

  return {
    clock,
    isUp: () => endedAt === Number.POSITIVE_INFINITY,
    isFrozen: () => isFrozen,
    endedAt: () => endedAt,
    frozenAt: () => frozenAt,
    run: (effect) => fork(Effect.withClock(effect, clock), { scheduler, immediate: false }),
    freeze: () => {
      isFrozen = true
      frozenAt = queue.now()
    },
    thaw: () => {
      isFrozen = false
      if (tasks.length > 0) queue.at(queue.now(), drain)
    },
    kill: () => {
      endedAt = Math.min(endedAt, queue.now())
      tasks.length = 0
    },
    set: (step) => {
      wall += step
    }
  }
}
