/**
 * Runs calls at given times. One sleeping fiber serves all calls, because a fiber for each call would cost more than the call itself. The
 * times are from a steady clock (`Time.steadyMillis`), so a change of the time of day does not move a call.
 */
import type * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import * as FiberId from "effect/FiberId"
import * as Time from "./Time.ts"

interface Entry {
  readonly at: number
  /** Undefined after the call was made or cancelled. The entry may stay for long, and the effect would keep its data in memory. */
  fire: Effect.Effect<void> | undefined
}

/** The fiber that sleeps until the earliest call. */
interface Watcher {
  fiber: Fiber.RuntimeFiber<void> | undefined
  until: number
}

/**
 * Calls that are waited for. After `set`, run `ensureWatcher` or call `startWatcher`: without a watcher nothing is called.
 *
 * @category models
 */
export interface Timers {
  /** Has `fire` run at `at` (milliseconds of `Time.steadyMillis`). Call the result to cancel; it may be called at any time. */
  readonly set: (at: number, fire: Effect.Effect<void>) => () => void
  /** What starts a watcher, as a daemon of the fiber that runs it; undefined if a watcher already sleeps until the earliest call. */
  readonly ensureWatcher: () => Effect.Effect<void> | undefined
  /** Starts a watcher with `fork`, unless a watcher already sleeps until the earliest call: for callers outside an effect. */
  readonly startWatcher: (fork: (watcher: Effect.Effect<void>) => Fiber.RuntimeFiber<void>) => void
}

/**
 * Makes timers without a call.
 *
 * @category constructors
 */
export const make = (): Timers => {
  // a binary heap by time; a cancelled entry stays until it comes to the top, or until most entries are cancelled
  let heap: Array<Entry> = []
  let live = 0
  let watcher: Watcher | undefined

  const rise = (start: number): void => {
    let index = start
    while (index > 0) {
      const parent = (index - 1) >> 1
      const [child, above] = [heap[index], heap[parent]]
      if (child === undefined || above === undefined || above.at <= child.at) return
      heap[index] = above
      heap[parent] = child
      index = parent
    }
  }

  const sink = (): void => {
    let index = 0
    for (;;) {
      const left = 2 * index + 1
      const [l, r, here] = [heap[left], heap[left + 1], heap[index]]
      const [least, place] = r !== undefined && l !== undefined && r.at < l.at ? [r, left + 1] : [l, left]
      if (least === undefined || here === undefined || here.at <= least.at) return
      heap[index] = least
      heap[place] = here
      index = place
    }
  }

  const pop = (): void => {
    const last = heap.pop()
    if (last === undefined || heap.length === 0) return
    heap[0] = last
    sink()
  }

  // a sorted array is a heap
  const sweep = (): void => {
    if (live > 0 && heap.length < 128) return
    heap = heap.filter(({ fire }) => fire !== undefined).sort((left, right) => left.at - right.at)
  }

  const takeDue = (now: number): ReadonlyArray<Effect.Effect<void>> => {
    const due: Array<Effect.Effect<void>> = []
    for (let first = heap[0]; first !== undefined && (first.fire === undefined || first.at <= now); first = heap[0]) {
      pop()
      if (first.fire === undefined) continue
      due.push(first.fire)
      first.fire = undefined
      live -= 1
    }
    return due
  }

  /**
   * Sleeps, and can always be interrupted, even if the fork is in an uninterruptible region. The watcher must end when no call is left.
   */
  const sleep = (millis: number): Effect.Effect<void> => Effect.interruptible(Effect.sleep(Math.max(0, millis)))

  const sleepUntilNext = (own: Watcher, now: number): Effect.Effect<void> => {
    const [first] = heap
    if (watcher !== own) return Effect.void
    if (first === undefined) {
      watcher = undefined
      return Effect.void
    }
    own.until = first.at
    return Effect.zipRight(sleep(first.at - now), watch(own))
  }

  const watch = (own: Watcher): Effect.Effect<void> =>
    Effect.clockWith((clock: Clock.Clock) => {
      const now = Time.steadyMillis(clock)
      const due = takeDue(now)
      return due.length === 0
        ? sleepUntilNext(own, now)
        : Effect.zipRight(Effect.forEach(due, (fire) => fire, { discard: true }), Effect.suspend(() => sleepUntilNext(own, now)))
    })

  const stop = (): void => {
    watcher?.fiber?.unsafeInterruptAsFork(FiberId.none)
    watcher = undefined
  }

  /** A new watcher in place of the old one, unless the old one already sleeps until the earliest call. */
  const replaceWatcher = (): Watcher | undefined => {
    const [first] = heap
    if (first === undefined || (watcher !== undefined && watcher.until <= first.at)) return undefined
    stop()
    watcher = { fiber: undefined, until: first.at }
    return watcher
  }

  const attach = (own: Watcher, fiber: Fiber.RuntimeFiber<void>): void => {
    own.fiber = fiber
    // the last call may have been cancelled before the watcher had a fiber to stop
    if (watcher !== own) fiber.unsafeInterruptAsFork(FiberId.none)
  }

  return {
    set: (at, fire) => {
      const entry: Entry = { at, fire }
      heap.push(entry)
      live += 1
      rise(heap.length - 1)
      return () => {
        if (entry.fire === undefined) return
        entry.fire = undefined
        live -= 1
        if (heap.length > 2 * live) sweep()
        // a sleeping fiber keeps the process alive
        if (live === 0) stop()
      }
    },
    ensureWatcher: () => {
      const own = replaceWatcher()
      return own === undefined ? undefined : Effect.map(Effect.forkDaemon(watch(own)), (fiber) => attach(own, fiber))
    },
    startWatcher: (fork) => {
      const own = replaceWatcher()
      if (own !== undefined) attach(own, fork(watch(own)))
    }
  }
}
