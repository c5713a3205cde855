/** In this process, for each carrier: how far it was read back, and from which time its events may be missing. */
import type { CarrierId } from "@interline/core/CarrierId"
import type { CarrierHistory } from "@interline/core/History"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { Progress } from "../server/CatchUpProgress.ts"

/** When events may be missing. `until` is `CatchUpTable.open` while they go on missing. */
export interface Gap {
  readonly from: number
  readonly until: number
}

export interface CatchUpState {
  readonly find: (carrierId: CarrierId) => Progress | undefined
  readonly note: (carrierId: CarrierId, change: Partial<Progress>) => Effect.Effect<void>
  /** The carriers with no missing events: they were read back, and their webhooks arrive. A carrier with a feed is never one of them. */
  readonly upToDate: () => ReadonlyArray<CarrierId>
  /** The carriers whose events come by feed. */
  readonly fed: ReadonlySet<CarrierId>
  /** The progress of all carriers. For a carrier that is up to date, it is complete until now. */
  readonly all: Effect.Effect<ReadonlyArray<Progress>>
  /** By carrier, when events may be missing, because webhooks were refused or switched off. `KnownGaps` keeps it. */
  readonly gaps: Map<CarrierId, Gap>
  /** Runs the effect alone for this carrier: one walk over a carrier at a time. */
  readonly exclusive: <A, E>(carrierId: CarrierId, effect: Effect.Effect<A, E>) => Effect.Effect<A, E>
}

/** In milliseconds. A feed that showed no sign of life for longer does not count as up to date. It has a heartbeat every 15 seconds. */
const aliveFor = 60_000

export const make = (histories: ReadonlyArray<CarrierHistory>, fed: ReadonlySet<CarrierId> = new Set()): CatchUpState => {
  const progress = new Map<CarrierId, Progress>(
    histories.map(({ carrierId }) => [carrierId, { carrierId, state: "waiting", failures: 0, read: 0, told: 0, optOuts: 0 }])
  )
  const gaps = new Map<CarrierId, Gap>()
  const locks = new Map(histories.map(({ carrierId }) => [carrierId, Effect.unsafeMakeSemaphore(1)]))
  const isUpToDate = ({ carrierId, state }: Progress): boolean => state === "done" && !gaps.has(carrierId) && !fed.has(carrierId)

  /** A carrier with a feed. While the feed is alive, its events are known until now. */
  const withFeed = (one: Progress, at: number): Progress => {
    const { heardUntil, state, streamSeenAt } = one
    if (streamSeenAt === undefined) return one
    const isAlive = state === "done" && at - streamSeenAt <= aliveFor
    return { ...one, heardUntil: isAlive ? at : Math.max(heardUntil ?? streamSeenAt, streamSeenAt) }
  }

  return {
    find: (carrierId) => progress.get(carrierId),
    note: (carrierId, change) =>
      Effect.sync(() => {
        const known = progress.get(carrierId)
        if (known !== undefined) progress.set(carrierId, { ...known, ...change })
      }),
    upToDate: () => Array.from(progress.values()).filter(isUpToDate).map(({ carrierId }) => carrierId),
    all: Effect.map(
      Clock.currentTimeMillis,
      (at) =>
        Array.from(
          progress.values(),
          (one) => fed.has(one.carrierId) ? withFeed(one, at) : isUpToDate(one) ? { ...one, heardUntil: at } : one
        )
    ),
    fed,
    gaps,
    exclusive: (carrierId, effect) => locks.get(carrierId)?.withPermits(1)(effect) ?? effect
  }
}
