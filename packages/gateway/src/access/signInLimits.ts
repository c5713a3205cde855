/**
 * How often somebody may try to sign in with something wrong, from one address and from all together, and how often that is written down. Each process
 * counts for itself, in memory.
 */
import { steadyMillis } from "@interline/core/Time"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"

/** How many wrong tries there are at once, and how long it takes until there is another one. */
interface Limit {
  readonly tries: number
  readonly every: number
}

const perAddress: Limit = { tries: 10, every: Duration.toMillis("6 seconds") }
const overall: Limit = { tries: 100, every: Duration.toMillis("600 millis") }

/** How many addresses are remembered. Further ones count only together. */
const most = 10_000

/** How often wrong tries are written down, so that nobody can fill the audit with them. */
const rowEvery = Duration.toMillis("1 minute")

/** The time at which all tries are there again. It is all that a limit has to remember. */
type Full = number

const waitOf = ({ every, tries }: Limit, full: Full, now: number): number => Math.max(0, full - now - every * (tries - 1))

const taken = ({ every }: Limit, full: Full, now: number): Full => Math.max(full, now) + every

/** A wrong try that was counted. */
export interface Counted {
  /** How long to wait, in milliseconds, if there were too many. */
  readonly waitFor: Option.Option<number>
  /** The number of tries since the last row of the audit, if it is time for another one. */
  readonly tries: Option.Option<number>
}

export const make = () => {
  const addresses = new Map<string, Full>()
  let all: Full = Number.NEGATIVE_INFINITY
  let rowAt = Number.NEGATIVE_INFINITY
  let unwritten = 0

  const forget = (now: number): void => {
    if (addresses.size < most) return
    for (const [address, full] of addresses) if (full <= now) addresses.delete(address)
  }

  const toRow = (now: number): Option.Option<number> => {
    unwritten += 1
    if (now - rowAt < rowEvery) return Option.none()
    const tries = unwritten
    unwritten = 0
    rowAt = now
    return Option.some(tries)
  }

  return {
    /** Counts a try that was wrong. A try that is refused because there were too many makes nobody wait longer. */
    countWrong: (address: string): Effect.Effect<Counted> =>
      Effect.clockWith((clock) =>
        Effect.sync(() => {
          const now = steadyMillis(clock)
          const tries = toRow(now)
          const own = addresses.get(address) ?? Number.NEGATIVE_INFINITY
          const waitFor = Math.max(waitOf(perAddress, own, now), waitOf(overall, all, now))
          if (waitFor > 0) return { waitFor: Option.some(waitFor), tries }
          forget(now)
          all = taken(overall, all, now)
          if (addresses.has(address) || addresses.size < most) addresses.set(address, taken(perAddress, own, now))
          return { waitFor: Option.none(), tries }
        })
      )
  }
}
