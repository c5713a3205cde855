/** Calls at given times, with one sleeping fiber for all of them: a timer for each send would cost more than its decisions. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"

interface Entry {
  readonly at: number
  readonly fire: () => void
  live: boolean
}

export interface Alarm {
  /** Calls `fire` at `at` (epoch milliseconds) unless what is returned is called before. */
  readonly set: (at: number, fire: () => void, fork: (effect: Effect.Effect<void>) => Fiber.RuntimeFiber<void>) => () => void
}

export const make = (): Alarm => {
  // a binary heap by time; what was cancelled stays until it comes to the top
  const heap: Array<Entry> = []
  let live = 0
  let watcher: { readonly fiber: Fiber.RuntimeFiber<void>; readonly until: number } | undefined

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

  const ring: (fork: Parameters<Alarm["set"]>[2]) => Effect.Effect<void> = (fork) =>
    Effect.map(Clock.currentTimeMillis, (now) => {
      watcher = undefined
      for (let first = heap[0]; first !== undefined && (!first.live || first.at <= now); first = heap[0]) {
        pop()
        if (!first.live) continue
        first.live = false
        live -= 1
        first.fire()
      }
      watch(now, fork)
    })

  /** Interruptible, whatever the region it is forked in: it must end when nothing is to be called any more. */
  const sleep = (millis: number): Effect.Effect<void> => Effect.interruptible(Effect.sleep(Math.max(0, millis)))

  const watch = (now: number, fork: Parameters<Alarm["set"]>[2]): void => {
    const first = heap[0]
    if (first === undefined || live === 0) return
    if (watcher !== undefined) {
      if (watcher.until <= first.at) return
      stop()
    }
    watcher = { until: first.at, fiber: fork(Effect.zipRight(sleep(first.at - now), ring(fork))) }
  }

  const stop = (): void => {
    const fiber = watcher?.fiber
    watcher = undefined
    if (fiber !== undefined) fiber.unsafeInterruptAsFork(fiber.id())
  }

  return {
    set: (at, fire, fork) => {
      const entry: Entry = { at, fire, live: true }
      heap.push(entry)
      live += 1
      rise(heap.length - 1)
      if (watcher === undefined || at < watcher.until) {
        stop()
        watcher = { until: at, fiber: fork(Effect.flatMap(Clock.currentTimeMillis, (now) => Effect.zipRight(sleep(at - now), ring(fork)))) }
      }
      return () => {
        if (!entry.live) return
        entry.live = false
        live -= 1
        // a sleeping fiber keeps the process alive
        if (live === 0) {
          heap.length = 0
          stop()
        }
      }
    }
  }
}
