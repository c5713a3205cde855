/** Draws how many new people a vendor lets our line write to, and how it answers when it is asked for that. */
import * as Random from "./random.ts"

const seconds = 1000

/** How long the process waits for an answer, in milliseconds. */
export const longestRead = 10 * seconds
const readEvery = 15 * seconds

/** One time that the process asks. `lag`: when the answer comes. */
export interface Reading {
  readonly at: number
  readonly lag: number
  readonly says: "numbers" | "unavailable" | "forbidden"
}

/** The limit of a vendor. */
export interface Limit {
  /** To how many new people each line may write within `span` milliseconds. */
  readonly most: number
  readonly span: number
  readonly readings: ReadonlyArray<Reading>
  /** Whether the vendor says of a person whether it knows them. */
  readonly tellsOfPeople: boolean
}

/** Draws the limit of a vendor, for a run that lasts from `from` until `until`. Undefined if it has none. */
export const draw = (seed: number, place: number, chance: number, from: number, until: number): Limit | undefined => {
  const random = Random.keyed(seed, place, 0, 8_000_000)
  if (!random.chance(chance)) return undefined
  const trouble = random.pick([0, 0.1, 0.5])
  return {
    most: 1 + random.int(3),
    span: random.between(10 * seconds, 90 * seconds),
    tellsOfPeople: random.chance(0.5),
    readings: Array.from({ length: Math.ceil((until - from) / readEvery) }, (_, index): Reading => ({
      at: from + index * readEvery,
      lag: random.chance(trouble) ? random.between(0, 20 * seconds) : random.between(20, 500),
      says: random.chance(trouble) ? random.pick(["unavailable", "forbidden"]) : "numbers"
    }))
  }
}
