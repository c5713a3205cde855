/** Quantiles of times in constant memory. Each is at most 2 % away from the true one. */

export interface Quantiles {
  /** Adds a time in milliseconds. A time below 1 counts as 1. */
  readonly add: (millis: number) => void
  readonly count: () => number
  /** The time that this part of all times does not exceed. Undefined without any time. */
  readonly at: (part: number) => number | undefined
}

// each step is 4 % longer than the one before
const step = Math.log(1.04)

export const make = (): Quantiles => {
  const steps = new Map<number, number>()
  let count = 0
  return {
    add: (millis) => {
      const position = Math.floor(Math.log(Math.max(1, millis)) / step)
      steps.set(position, (steps.get(position) ?? 0) + 1)
      count += 1
    },
    count: () => count,
    at: (part) => {
      let left = Math.max(1, Math.ceil(part * count))
      for (const [position, times] of Array.from(steps).sort(([one], [other]) => one - other)) {
        left -= times
        if (left <= 0) return Math.exp((position + 0.5) * step)
      }
      return undefined
    }
  }
}
