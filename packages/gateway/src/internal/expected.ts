/** Retries that are expected here: by the name of the request, oldest first, each for as long as its client may take. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"

export interface Expected {
  readonly put: (name: string, value: string) => Effect.Effect<void>
  /** The oldest that is not older than so many milliseconds; it is not expected any more then. */
  readonly take: (name: string, within: number) => Effect.Effect<Option.Option<string>>
}

// no client that waits longer is waited for
const longest = 600_000

const capacity = 10_000

export const make = (): Expected => {
  const expected = new Map<string, Array<{ readonly value: string; readonly at: number }>>()

  const forget = (now: number): void => {
    for (const [name, all] of expected) {
      if (expected.size < capacity && (all.at(-1)?.at ?? 0) > now - longest) return
      expected.delete(name)
    }
  }

  return {
    put: (name, value) =>
      Effect.map(Clock.currentTimeMillis, (at) => {
        const all = expected.get(name) ?? []
        // what was added to last is forgotten last
        expected.delete(name)
        forget(at)
        expected.set(name, [...all, { value, at }])
      }),
    take: (name, within) =>
      Effect.map(Clock.currentTimeMillis, (now) => {
        const live = (expected.get(name) ?? []).filter(({ at }) => at >= now - within)
        const [first, ...others] = live
        if (others.length === 0) expected.delete(name)
        else expected.set(name, others)
        return Option.map(Option.fromNullable(first), ({ value }) => value)
      })
  }
}
