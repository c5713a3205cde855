/** Events of messages in Sendblue's words. */
import type { DeliveryId } from "@interline/core/DeliveryId"
import * as SendblueWords from "@interline/sendblue/SendblueWords"
import type { GatewayEvent } from "@interline/sql/EventLog"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Refusal from "../refusal.ts"
import type * as Services from "../services.ts"
import * as Wire from "../wire.ts"
import { known, nothing, type Of, type Tale, told } from "./payload.ts"

export const outbound = (
  telling: Services.Telling,
  deliveryId: DeliveryId,
  changed: (shown: Wire.Shown) => Wire.Shown = (shown) => shown
): Tale =>
  Effect.flatMap(telling.archive.find(deliveryId), (found) =>
    Option.isSome(found) && found.value._tag === "Outbound"
      ? Effect.map(Wire.ofOutbound(telling, found.value), (shown) => told("outbound", changed(shown)))
      : nothing)

export const received = (telling: Services.Telling, { message }: Of<"Received">, { at, conversation }: GatewayEvent): Tale =>
  Effect.gen(function*() {
    const id = yield* telling.ids.messageId(message.ref)
    const shown = yield* Wire.ofMessage(telling, message, { id, at, updatedAt: at, ...known(conversation) })
    return told(message.direction === "inbound" ? "receive" : "outbound", shown)
  })

/** The status that this event told, not the latest: a webhook that comes late must not say twice what another says. */
const asOf = (telling: Services.Telling, { carrierId, fact, failure }: Of<"Status">, at: number) => (shown: Wire.Shown): Wire.Shown => ({
  ...shown,
  status: Wire.statusWord(fact.status),
  ...(fact.status === "failed" ? Wire.reported(telling, carrierId, failure) : Refusal.noFailure),
  ...(fact.service === undefined ? {} : { service: SendblueWords.serviceFromNeutral[fact.service] }),
  ...(fact.downgraded === undefined ? {} : { was_downgraded: fact.downgraded }),
  date_updated: fact.at ?? Wire.iso(at)
})

export const status = (
  telling: Services.Telling,
  event: Of<"Status">,
  { at, conversation, status: folded }: GatewayEvent,
  deliveryId: DeliveryId | undefined
): Tale =>
  Effect.gen(function*() {
    // a failure of what is known to have arrived is no news
    if (event.fact.status === "failed" && folded !== undefined && folded !== "failed") return Option.none()
    const change = asOf(telling, event, at)
    if (deliveryId !== undefined) {
      const report = yield* telling.archive.report(deliveryId)
      // of several messages only all of them together have a status
      const isSplit = Option.exists(report, ({ messages }) => messages.length > 1)
      return yield* outbound(telling, deliveryId, isSplit ? undefined : change)
    }
    // a message that another program sent: its carrier knows what is in it
    const { ref } = event.fact
    const message = yield* Effect.option(telling.messaging.getMessage(ref))
    if (Option.isNone(message)) return Option.none()
    const id = yield* telling.ids.messageId(ref)
    const shown = yield* Wire.ofMessage(telling, message.value, { id, at, updatedAt: at, ...known(conversation) })
    return shown.is_outbound ? told("outbound", change(shown)) : Option.none()
  })
