/** Stretches in which webhooks did not come through, because they were refused or their subscription was off. What lies in them is read back. */
import type { CarrierId } from "@interline/core/CarrierId"
import type { CarrierHistory } from "@interline/core/History"
import type { MessagingEvent } from "@interline/core/MessagingEvent"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { CatchUpState } from "./catchUpState.ts"
import type { CatchUpTable } from "./catchUpTable.ts"
import * as ReadBack from "./readBack.ts"

export interface Parts {
  readonly table: CatchUpTable
  readonly state: CatchUpState
  readonly readBack: ReadBack.ReadBack
  readonly histories: ReadonlyMap<CarrierId, CarrierHistory>
  /** Reading back goes on in it. */
  readonly scope: Scope.Scope
}

export interface WebhookGaps {
  /** A webhook of the carrier was refused. */
  readonly missed: (carrierId: CarrierId) => Effect.Effect<void>
  /** A webhook of the carrier came through, so what came before it can be asked for. */
  readonly heard: (carrierId: CarrierId, events: ReadonlyArray<MessagingEvent>) => Effect.Effect<void>
}

/** In milliseconds: after refused webhooks, a webhook that comes through makes the gateway read back this often at most, because strangers may send the refused ones. */
const often = 10 * 60_000

export const make = ({ histories, readBack, scope, state, table }: Parts): WebhookGaps => {
  const { gaps } = state
  const switchedOff = new Set<CarrierId>()
  const lastLooks = new Map<CarrierId, number>()
  /** When a webhook was refused last. */
  const refused = new Map<CarrierId, number>()

  const openGap = (carrierId: CarrierId, at: number): Effect.Effect<void> =>
    gaps.has(carrierId) || !histories.has(carrierId) ? Effect.void : Effect.suspend(() => {
      gaps.set(carrierId, at)
      return Effect.zipRight(state.note(carrierId, { heardUntil: at }), table.recordGap(carrierId, at))
    })

  const closeGap = (history: CarrierHistory, from: number): Effect.Effect<void> => {
    const { carrierId } = history
    const close = Effect.gen(function*() {
      const startedAt = yield* Clock.currentTimeMillis
      yield* readBack.readEvents(history, from)
      gaps.delete(carrierId)
      // what was refused while the lists were read may have come after the page on which it would be
      const last = refused.get(carrierId)
      if (last !== undefined && last >= startedAt) yield* openGap(carrierId, last)
    })
    return Effect.catchAllCause(state.exclusive(carrierId, close), readBack.recordFailure(carrierId))
  }

  return {
    missed: (carrierId) =>
      Effect.flatMap(Clock.currentTimeMillis, (at) => {
        refused.set(carrierId, at)
        return openGap(carrierId, at)
      }),
    heard: (carrierId, events) =>
      Effect.gen(function*() {
        const history = histories.get(carrierId)
        const words = events.flatMap((event) => event._tag === "Account" || event._tag === "Unrecognized" ? [event.kind] : [])
        const isOff = words.includes("webhook_subscription.disabled") || words.includes("webhook_subscription.deleted")
        const isOn = words.includes("webhook_subscription.enabled")
        if (history === undefined || (!isOff && !isOn && !gaps.has(carrierId))) return
        const at = yield* Clock.currentTimeMillis
        if (isOff) {
          switchedOff.add(carrierId)
          yield* Effect.logError(
            "a webhook subscription was switched off: what people write there, and that they opt out, is not heard until it is on again",
            { carrier: carrierId }
          )
          return yield* openGap(carrierId, at)
        }
        if (isOn) switchedOff.delete(carrierId)
        if (switchedOff.has(carrierId) || (!isOn && at - (lastLooks.get(carrierId) ?? Number.NEGATIVE_INFINITY) < often)) return
        lastLooks.set(carrierId, at)
        // of a subscription that was off without a word the last time is the one before this webhook
        const since = gaps.get(carrierId) ?? (yield* table.findLastWebhook(carrierId, events.length)) ?? at
        yield* Effect.forkIn(closeGap(history, since - ReadBack.overlap), scope)
      })
  }
}
