/** One send of a conversation at a time, in the order they came. */
import * as Effect from "effect/Effect"

export interface Lanes {
  /** Waits for the lane and calls `onEntered` in the very moment it is given, so that whoever has it gives it back. */
  readonly enter: (key: string, onEntered: () => void) => Effect.Effect<void>
  readonly leave: (key: string) => void
  readonly isFree: (key: string) => boolean
}

export const make = (): Lanes => {
  const waiting = new Map<string, Array<() => void>>()
  return {
    enter: (key, onEntered) =>
      Effect.async((resume) => {
        const queue = waiting.get(key)
        const give = () => {
          onEntered()
          resume(Effect.void)
        }
        if (queue === undefined) {
          waiting.set(key, [])
          give()
          return
        }
        queue.push(give)
        return Effect.sync(() => {
          const place = queue.indexOf(give)
          if (place >= 0) queue.splice(place, 1)
        })
      }),
    leave: (key) => {
      const next = waiting.get(key)?.shift()
      if (next === undefined) waiting.delete(key)
      else next()
    },
    isFree: (key) => !waiting.has(key)
  }
}
