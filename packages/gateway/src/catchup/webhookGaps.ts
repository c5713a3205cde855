/**
 * Records times in which webhooks were lost, because they were refused or their subscription was off. The events of these times are read
 * back.
 */
import type { What } from "@interline/core/AccountNotice"
import type { CarrierId } from "@interline/core/CarrierId"
import type { CarrierHistory } from "@interline/core/History"
import type { MessagingEvent } from "@interline/core/MessagingEvent"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { CatchUpState } from "./catchUpState.ts"
import * as CatchUpTable from "./catchUpTable.ts"
import type { KnownGaps } from "./knownGaps.ts"
import * as ReadBack from "./readBack.ts"

export interface Parts {
  readonly table: CatchUpTable.CatchUpTable
  readonly state: CatchUpState
  readonly knownGaps: KnownGaps
  readonly readBack: ReadBack.ReadBack
  readonly histories: ReadonlyMap<CarrierId, CarrierHistory>
  /** The scope in which reading back runs. */
  readonly scope: Scope.Scope
}

export interface WebhookGaps {
  /** Call this when a webhook of the carrier was refused. */
  readonly missed: (carrierId: CarrierId) => Effect.Effect<void>
  /** Call this when a webhook of the carrier was accepted. The gateway can then read back the events before it. */
  readonly heard: (carrierId: CarrierId, events: ReadonlyArray<MessagingEvent>) => Effect.Effect<void>
  /** Call this when a check found that a webhook is not called, or is called again. */
  readonly noticed: (carrierId: CarrierId, what: What) => Effect.Effect<void>
}

/**
 * In milliseconds: 10 minutes. After refused webhooks, an accepted webhook starts reading back at most once in this time. Anybody may have
 * sent the refused webhooks, so they must not cause many reads.
 */
const often = 10 * 60_000

export const make = ({ histories, knownGaps, readBack, scope, state, table }: Parts): WebhookGaps => {
  const { gaps } = state
  const lastLooks = new Map<CarrierId, number>()

  const openGap = (carrierId: CarrierId, at: number, until: number): Effect.Effect<void> =>
    histories.has(carrierId) ? knownGaps.open(carrierId, at, until) : Effect.void

  const closeGap = (history: CarrierHistory, from: number): Effect.Effect<void> => {
    const { carrierId } = history
    const close = Effect.gen(function*() {
      const startedAt = yield* Clock.currentTimeMillis
      yield* readBack.readEvents(history, from)
      // A webhook may have been refused while the lists were read. Its event may have come after its page was read.
      yield* knownGaps.noteRead(carrierId, from, startedAt)
    })
    return Effect.catchAllCause(state.exclusive(carrierId, close), readBack.recordFailure(carrierId))
  }

  /** `skipped`: how many events came with the news. */
  const take = (carrierId: CarrierId, news: ReadonlyArray<What>, skipped: number): Effect.Effect<void> =>
    Effect.gen(function*() {
      const history = histories.get(carrierId)
      const isOff = news.includes("webhook-off")
      const isOn = news.includes("webhook-on")
      if (history === undefined || (!isOff && !isOn && !gaps.has(carrierId))) return
      const at = yield* Clock.currentTimeMillis
      if (isOff) return yield* openGap(carrierId, at, CatchUpTable.open)
      if (isOn) yield* knownGaps.end(carrierId, at)
      const isOpen = gaps.get(carrierId)?.until === CatchUpTable.open
      if (isOpen || (!isOn && at - (lastLooks.get(carrierId) ?? Number.NEGATIVE_INFINITY) < often)) return
      lastLooks.set(carrierId, at)
      // If the subscription was switched off without notice, the last known moment is the webhook before this one.
      const since = (yield* knownGaps.findStart(carrierId)) ?? (yield* table.findLastWebhook(carrierId, skipped)) ?? at
      yield* Effect.forkIn(closeGap(history, since - ReadBack.overlap), scope)
    })

  return {
    missed: (carrierId) => Effect.flatMap(Clock.currentTimeMillis, (at) => openGap(carrierId, at, at)),
    heard: (carrierId, events) =>
      take(carrierId, events.flatMap((event) => event._tag === "Account" && event.what !== undefined ? [event.what] : []), events.length),
    noticed: (carrierId, what) => take(carrierId, [what], 0)
  }
}
