/** Lets the sends of one conversation run one at a time, in the order they came. */
import * as Effect from "effect/Effect"

/**
 * Lanes by their key.
 *
 * @category models
 */
export interface Lanes {
  /** Waits for the lane. Calls `onEntered` when the lane is given, in the same step, so that the caller can give it back. */
  readonly enter: (key: string, onEntered: () => void) => Effect.Effect<void>
  /** Gives the lane to the next one that waits. */
  readonly leave: (key: string) => void
  /** Takes the lane at once if it is free. */
  readonly take: (key: string, onEntered: () => void) => boolean
}

/**
 * Makes lanes. All of them are free.
 *
 * @category constructors
 */
export const make = (): Lanes => {
  const waiting = new Map<string, Array<() => void>>()

  const take: Lanes["take"] = (key, onEntered) => {
    if (waiting.has(key)) return false
    waiting.set(key, [])
    onEntered()
    return true
  }

  return {
    take,
    enter: (key, onEntered) =>
      Effect.async((resume) => {
        if (take(key, onEntered)) return resume(Effect.void)
        const queue = waiting.get(key)
        const give = () => {
          onEntered()
          resume(Effect.void)
        }
        queue?.push(give)
        return Effect.sync(() => {
          const place = queue?.indexOf(give) ?? -1
          if (place >= 0) queue?.splice(place, 1)
        })
      }),
    leave: (key) => {
      const next = waiting.get(key)?.shift()
      if (next === undefined) waiting.delete(key)
      else next()
    }
  }
}
