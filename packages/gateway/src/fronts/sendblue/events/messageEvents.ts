/** Events of messages in Sendblue's words. */
import type { DeliveryId } from "@interline/core/DeliveryId"
import * as SendblueWords from "@interline/sendblue/SendblueWords"
import type { GatewayEvent } from "@interline/sql/EventLog"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as ReadAtCarrier from "../../../events/readAtCarrier.ts"
import * as Refusal from "../refusal.ts"
import type * as Services from "../services.ts"
import * as Wire from "../wire.ts"
import { noPayload, type Of, type Rendering, renderPayload, withConversation } from "./payload.ts"

export const renderOutbound = (
  services: Services.RenderServices,
  deliveryId: DeliveryId,
  changed: (shown: Wire.Shown) => Wire.Shown = (shown) => shown
): Rendering =>
  Effect.flatMap(services.archive.find(deliveryId), (found) =>
    Option.isSome(found) && found.value._tag === "Outbound"
      ? Effect.map(Wire.ofOutbound(services, found.value), (shown) => renderPayload({ type: "outbound", payload: changed(shown) }))
      : noPayload)

export const renderReceived = (
  services: Services.RenderServices,
  { message }: Of<"Received">,
  { at, conversation }: GatewayEvent
): Rendering =>
  Effect.gen(function*() {
    const id = yield* services.ids.toMessageId(message.ref)
    const shown = yield* Wire.ofMessage(services, message, { id, at, updatedAt: at, ...withConversation(conversation) })
    return renderPayload({ type: message.direction === "inbound" ? "receive" : "outbound", payload: shown })
  })

/** The message with the status of this event, not with the latest: a late webhook must not repeat another one. */
const showAsOf =
  (services: Services.RenderServices, { carrierId, fact, failure }: Of<"Status">, at: number) => (shown: Wire.Shown): Wire.Shown => ({
    ...shown,
    status: Wire.statusWord(fact.status),
    ...(fact.status === "failed" ? Wire.describeFailure(services, carrierId, failure) : Refusal.noFailure),
    ...(fact.service === undefined ? {} : { service: SendblueWords.serviceFromNeutral[fact.service] }),
    ...(fact.downgraded === undefined ? {} : { was_downgraded: fact.downgraded }),
    date_updated: fact.at ?? Wire.iso(at)
  })

export const renderStatus = (
  services: Services.RenderServices,
  event: Of<"Status">,
  { at, conversation, status: folded }: GatewayEvent,
  deliveryId: DeliveryId | undefined
): Rendering =>
  Effect.gen(function*() {
    // the message is known to have arrived: a failure that is reported later is not news
    if (event.fact.status === "failed" && folded !== undefined && folded !== "failed") return Option.none()
    const change = showAsOf(services, event, at)
    if (deliveryId !== undefined) {
      const report = yield* services.archive.report(deliveryId)
      // several messages carry the delivery: only all of them together have a status
      const isSplit = Option.exists(report, ({ messages }) => messages.length > 1)
      return yield* renderOutbound(services, deliveryId, isSplit ? undefined : change)
    }
    // another program sent this message: its carrier knows the content
    const { ref } = event.fact
    const message = yield* ReadAtCarrier.read("message", services.messaging.getMessage(ref))
    if (Option.isNone(message)) return Option.none()
    const id = yield* services.ids.toMessageId(ref)
    const shown = yield* Wire.ofMessage(services, message.value, { id, at, updatedAt: at, ...withConversation(conversation) })
    return shown.is_outbound ? renderPayload({ type: "outbound", payload: change(shown) }) : Option.none()
  })
