/** How often somebody may try to sign in, from one address and from all together. Each process counts for itself, in memory. */
import { steadyMillis } from "@interline/core/Time"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"

/** How many tries there are at once, and how long it takes until there is another one. */
interface Limit {
  readonly tries: number
  readonly every: number
}

const perAddress: Limit = { tries: 10, every: Duration.toMillis("6 seconds") }
const overall: Limit = { tries: 100, every: Duration.toMillis("600 millis") }

/** How many addresses are remembered. Further ones count only together. */
const most = 10_000

/** The time at which all tries are there again. It is all that a limit has to remember. */
type Full = number

const waitOf = ({ every, tries }: Limit, full: Full, now: number): number => Math.max(0, full - now - every * (tries - 1))

const taken = ({ every }: Limit, full: Full, now: number): Full => Math.max(full, now) + every

/** A try that may be made. */
export interface Allowed {
  /** Whether no try of this address failed lately. So one row says that somebody tries. */
  readonly isFirst: boolean
  /** Gives the try back, because it was right. */
  readonly giveBack: Effect.Effect<void>
}

/** How long to wait, in milliseconds. */
export interface Refused {
  readonly waitFor: number
}

export const make = () => {
  const addresses = new Map<string, Full>()
  let all: Full = Number.NEGATIVE_INFINITY

  const forget = (now: number): void => {
    if (addresses.size < most) return
    for (const [address, full] of addresses) if (full <= now) addresses.delete(address)
  }

  return {
    /** A try is counted before it is made, so that many at once are counted, too. */
    take: (address: string): Effect.Effect<Allowed | Refused> =>
      Effect.clockWith((clock) =>
        Effect.sync(() => {
          const now = steadyMillis(clock)
          const own = addresses.get(address) ?? Number.NEGATIVE_INFINITY
          const waitFor = Math.max(waitOf(perAddress, own, now), waitOf(overall, all, now))
          if (waitFor > 0) return { waitFor }
          forget(now)
          all = taken(overall, all, now)
          if (addresses.has(address) || addresses.size < most) addresses.set(address, taken(perAddress, own, now))
          return {
            isFirst: own <= now,
            giveBack: Effect.sync(() => {
              all -= overall.every
              const full = addresses.get(address)
              if (full !== undefined) addresses.set(address, full - perAddress.every)
            })
          }
        })
      )
  }
}
