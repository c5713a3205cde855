/**
 * Calls after given times, with one sleeping fiber for all of them: a timer for each send would cost more than its decisions. What is
 * waited for is a length of time, so a wall clock that somebody sets changes nothing.
 */
import type * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import * as FiberId from "effect/FiberId"
import * as Time from "./Time.ts"

interface Entry {
  readonly at: number
  /** Nothing once it was cancelled: a send holds all that it was made of, and is over long before its time is. */
  fire: Effect.Effect<void> | undefined
}

/** The fiber that sleeps until the earliest call. */
interface Watch {
  fiber: Fiber.RuntimeFiber<void> | undefined
  until: number
}

export interface Timers {
  /** Has `fire` run at `at` (milliseconds of `Time.steadyMillis`) unless what is returned is called before. Whoever sets a call attends next. */
  readonly set: (at: number, fire: Effect.Effect<void>) => () => void
  /** What makes the earliest call come; undefined if somebody sees to it already. */
  readonly attend: () => Effect.Effect<void> | undefined
}

const currentMillis = Effect.map(Effect.clock, (clock: Clock.Clock) => Time.steadyMillis(clock))

export const make = (): Timers => {
  // a binary heap by time; what was cancelled stays until it comes to the top, or until it is the larger part
  let heap: Array<Entry> = []
  let live = 0
  let watcher: Watch | undefined

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

  // what is sorted is a heap
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

  /** Interruptible, whatever the region it is forked in: it must end when nothing is to be called any more. */
  const sleep = (millis: number): Effect.Effect<void> => Effect.interruptible(Effect.sleep(Math.max(0, millis)))

  const keep = (watch: Watch): Effect.Effect<void> =>
    Effect.flatMap(currentMillis, (now) =>
      Effect.zipRight(
        Effect.forEach(takeDue(now), (fire) => fire, { discard: true }),
        Effect.suspend(() => {
          const [first] = heap
          if (watcher !== watch) return Effect.void
          if (first === undefined) {
            watcher = undefined
            return Effect.void
          }
          watch.until = first.at
          return Effect.zipRight(sleep(first.at - now), keep(watch))
        })
      ))

  const stop = (): void => {
    watcher?.fiber?.unsafeInterruptAsFork(FiberId.none)
    watcher = undefined
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
    attend: () => {
      const [first] = heap
      if (first === undefined || (watcher !== undefined && watcher.until <= first.at)) return undefined
      stop()
      const watch: Watch = { fiber: undefined, until: first.at }
      watcher = watch
      return Effect.flatMap(Effect.forkDaemon(keep(watch)), (fiber) => {
        watch.fiber = fiber
        // the last call may have been cancelled meanwhile
        return watcher === watch ? Effect.void : Effect.sync(() => fiber.unsafeInterruptAsFork(FiberId.none))
      })
    }
  }
}
