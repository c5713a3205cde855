/** Runs callbacks in the order of their virtual time. Callbacks with the same time run in the order in which they were added. */

export interface Queue {
  readonly now: () => number
  readonly at: (time: number, run: () => void) => void
  /** Runs until the queue is empty, or for at most `steps` callbacks. Returns whether the queue is empty. */
  readonly run: (steps: number) => boolean
}

interface Item {
  readonly time: number
  readonly place: number
  readonly run: () => void
}

const isBefore = (left: Item, right: Item): boolean => left.time < right.time || (left.time === right.time && left.place < right.place)

export const make = (start: number): Queue => {
  const heap: Array<Item> = []
  let time = start
  let count = 0

  const push = (item: Item): void => {
    let index = heap.length
    heap.push(item)
    while (index > 0) {
      const parent = (index - 1) >> 1
      const above = heap[parent]
      if (above === undefined || !isBefore(item, above)) break
      heap[index] = above
      index = parent
    }
    heap[index] = item
  }

  const pop = (): Item | undefined => {
    const first = heap[0]
    const last = heap.pop()
    if (first === undefined || last === undefined || heap.length === 0) return first
    let index = 0
    for (;;) {
      const left = heap[2 * index + 1]
      const right = heap[2 * index + 2]
      const least = right !== undefined && left !== undefined && isBefore(right, left) ? right : left
      if (least === undefined || !isBefore(least, last)) break
      heap[index] = least
      index = least === left ? 2 * index + 1 : 2 * index + 2
    }
    heap[index] = last
    return first
  }

  return {
    now: () => time,
    at: (when, run) => {
      count += 1
      push({ time: Math.max(when, time), place: count, run })
    },
    run: (steps) => {
      for (let step = 0; step < steps; step += 1) {
        const item = pop()
        if (item === undefined) return true
        time = item.time
        item.run()
      }
      return heap.length === 0
    }
  }
}
