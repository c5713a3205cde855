/** In this process, for each carrier: how far it was read back, and from which time its events may be missing. */
import type { CarrierId } from "@interline/core/CarrierId"
import type { CarrierHistory } from "@interline/core/History"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { Progress } from "../server/CatchUpProgress.ts"

export interface CatchUpState {
  readonly find: (carrierId: CarrierId) => Progress | undefined
  readonly note: (carrierId: CarrierId, change: Partial<Progress>) => Effect.Effect<void>
  /** The carriers with no missing events: they were read back, and their webhooks arrive. */
  readonly upToDate: () => ReadonlyArray<CarrierId>
  /** The progress of all carriers. For a carrier that is up to date, it is complete until now. */
  readonly all: Effect.Effect<ReadonlyArray<Progress>>
  /** By carrier, the time from which events may be missing, while webhooks are refused or switched off. */
  readonly gaps: Map<CarrierId, number>
  /** Runs the effect alone for this carrier: one walk over a carrier at a time. */
  readonly exclusive: <A, E>(carrierId: CarrierId, effect: Effect.Effect<A, E>) => Effect.Effect<A, E>
}

export const make = (histories: ReadonlyArray<CarrierHistory>): CatchUpState => {
  const progress = new Map<CarrierId, Progress>(
    histories.map(({ carrierId }) => [carrierId, { carrierId, state: "waiting", failures: 0, read: 0, told: 0, optOuts: 0 }])
  )
  const gaps = new Map<CarrierId, number>()
  const locks = new Map(histories.map(({ carrierId }) => [carrierId, Effect.unsafeMakeSemaphore(1)]))
  const isUpToDate = ({ carrierId, state }: Progress): boolean => state === "done" && !gaps.has(carrierId)
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
      (at) => Array.from(progress.values(), (one) => isUpToDate(one) ? { ...one, heardUntil: at } : one)
    ),
    gaps,
    exclusive: (carrierId, effect) => locks.get(carrierId)?.withPermits(1)(effect) ?? effect
  }
}
