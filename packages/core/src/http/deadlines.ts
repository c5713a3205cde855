/**
 * Timeouts that share one sleeping fiber. `Effect.timeout` races two fibers for every request, which costs more than all
 * the rest of a send; here a request is one fiber, and a single watcher sleeps until the earliest deadline.
 */
import * as Clock from "effect/Clock"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import type * as FiberId from "effect/FiberId"
import type * as FiberRefs from "effect/FiberRefs"
import * as Runtime from "effect/Runtime"

interface Entry {
  readonly at: number
  readonly expire: () => void
}

type Fork = (effect: Effect.Effect<void>) => Fiber.RuntimeFiber<void>

/** What a request's own fiber has different from its caller's. Given at the fork, where it costs no change of its own. */
export interface Surroundings {
  readonly context: (context: Context.Context<never>) => Context.Context<never>
  readonly refs: (refs: FiberRefs.FiberRefs, fiberId: FiberId.Runtime) => FiberRefs.FiberRefs
}

export interface Deadlines {
  /** Fails with `onExpired` when `millis` have passed; the effect is interrupted then, and nobody waits for that. */
  readonly within: <A, E, E2>(
    effect: Effect.Effect<A, E>,
    millis: number,
    onExpired: () => E2,
    surroundings: Surroundings
  ) => Effect.Effect<A, E | E2>
}

/** All entries have the same duration, so the oldest is the earliest. */
const makeQueue = () => {
  const entries = new Set<Entry>()
  let watcher: Fiber.RuntimeFiber<void> | undefined

  const earliest = (): Entry | undefined => {
    for (const entry of entries) return entry
    return undefined
  }

  const watch: Effect.Effect<void> = Effect.flatMap(Clock.currentTimeMillis, (now) => {
    for (const entry of entries) {
      if (entry.at > now) break
      entries.delete(entry)
      entry.expire()
    }
    const next = earliest()
    if (next === undefined) {
      watcher = undefined
      return Effect.void
    }
    return Effect.zipRight(Effect.sleep(next.at - now), watch)
  })

  const add = (entry: Entry, fork: Fork): void => {
    entries.add(entry)
    watcher ??= fork(watch)
  }

  const remove = (entry: Entry): void => {
    // a watcher with nothing to watch would keep the process alive until it wakes
    if (entries.delete(entry) && entries.size === 0 && watcher !== undefined) {
      const idle = watcher
      watcher = undefined
      idle.unsafeInterruptAsFork(idle.id())
    }
  }

  return { add, remove }
}

export const make = (): Deadlines => {
  const queues = new Map<number, ReturnType<typeof makeQueue>>()
  const queueOf = (millis: number) => {
    const known = queues.get(millis)
    if (known !== undefined) return known
    const queue = makeQueue()
    queues.set(millis, queue)
    return queue
  }
  return {
    within: (effect, millis, onExpired, surroundings) =>
      // forked and awaited in one callback: nothing can interrupt between the two and leave the request without an owner
      Effect.flatMap(Clock.currentTimeMillis, (now) =>
        Effect.flatMap(Effect.runtime(), ({ context, fiberRefs, runtimeFlags }) =>
          Effect.async((resume) => {
            const runtime = Runtime.make({ context: surroundings.context(context), fiberRefs, runtimeFlags })
            // as a value: a fiber that fails is logged with its whole cause, and an HTTP error holds the request
            const fiber = Runtime.runFork(runtime, Effect.either(effect), { updateRefs: surroundings.refs })
            const queue = queueOf(millis)
            const entry: Entry = {
              at: now + millis,
              expire: () => {
                resume(Effect.fail(onExpired()))
                fiber.unsafeInterruptAsFork(fiber.id())
              }
            }
            queue.add(entry, Runtime.runFork(runtime))
            fiber.addObserver((exit) => {
              queue.remove(entry)
              resume(Exit.isSuccess(exit) ? exit.value : Effect.failCause(exit.cause))
            })
            return Effect.suspend(() => {
              queue.remove(entry)
              return Fiber.interrupt(fiber)
            })
          })))
  }
}
