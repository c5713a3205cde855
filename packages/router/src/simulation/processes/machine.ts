/**
 * Models one process of several: its fibers, its clocks, and its end. While a process is frozen, its timers and answers wait. A real
 * process behaves like this when it is suspended or far behind. After a process is gone, none of its code runs any more, even if an
 * answer still arrives.
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
  /** When the process ended. Infinite while it is up. */
  readonly endedAt: () => number
  /** When the process was last frozen. Minus infinity if it never was. */
  readonly frozenAt: () => number
  /** When the process last went on after it was frozen. Minus infinity if it never did. */
  readonly thawedAt: () => number
  readonly run: <A>(effect: Effect.Effect<A>) => Fiber.RuntimeFiber<A>
  readonly freeze: () => void
  readonly thaw: () => void
  readonly kill: () => void
  /** Moves the wall clock by `step` milliseconds, forward or back. */
  readonly set: (step: number) => void
}

/** Waits until `time`. An interrupted wait does nothing at `time`. */
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

/** Runs an effect that takes no time, such as a call of the ledger in memory. */
export const atOnce = <A>(effect: Effect.Effect<A>): A => Effect.runSync(effect)

/** Logging and tracing are off, because both cost more time than the simulation itself. */
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
 * Makes a process. `ahead`: how far its wall clock is ahead of the true time, in milliseconds. `isSettable`: whether the wall clock
 * also measures the time inside the process. That is a mistake, and production's steady clock avoids it.
 */
export const make = (queue: Queue, ahead: number, isSettable: boolean): Machine => {
  const tasks: Array<() => void> = []
  let wall = ahead
  let isFrozen = false
  let endedAt = Number.POSITIVE_INFINITY
  let frozenAt = Number.NEGATIVE_INFINITY
  let thawedAt = Number.NEGATIVE_INFINITY
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
    thawedAt: () => thawedAt,
    run: (effect) => fork(Effect.withClock(effect, clock), { scheduler, immediate: false }),
    freeze: () => {
      isFrozen = true
      frozenAt = queue.now()
    },
    thaw: () => {
      isFrozen = false
      thawedAt = queue.now()
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
