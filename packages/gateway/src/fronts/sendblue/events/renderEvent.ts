/** Events as Sendblue's webhooks: each change posts the whole message again. */
import type { DeliveryId } from "@interline/core/DeliveryId"
import type { MessagingEvent } from "@interline/core/MessagingEvent"
import type { RouterEvent } from "@interline/router/RouterEvent"
import type { Endpoint } from "@interline/sql/EndpointTable"
import type { GatewayEvent } from "@interline/sql/EventLog"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import type { Renderer } from "../../../events/Renderer.ts"
import type * as Services from "../services.ts"
import * as ChatEvents from "./chatEvents.ts"
import * as MessageEvents from "./messageEvents.ts"
import { noPayload, type Rendering } from "./payload.ts"
import * as ReactionEvents from "./reactionEvents.ts"

/** An event of a carrier, in Sendblue's words. */
export const renderCarrierEvent = (
  services: Services.RenderServices,
  data: MessagingEvent,
  event: GatewayEvent,
  deliveryId: DeliveryId | undefined
): Rendering => {
  switch (data._tag) {
    case "Received":
      return MessageEvents.renderReceived(services, data, event)
    case "Status":
      return MessageEvents.renderStatus(services, data, event, deliveryId)
    case "Reaction":
      return ReactionEvents.renderReaction(services, data, event)
    case "Typing":
      return ChatEvents.renderTyping(services, data, event)
    case "Line":
      return ChatEvents.renderLine(services, data)
    // an opt-out shows on the message that asked for it, and a location on the message that brought it; the others have no webhook at the vendor
    case "Location":
    case "OptedOut":
    case "OptedIn":
    case "Edited":
    case "Poll":
    case "Participant":
    case "Chat":
    case "Account":
    case "Unrecognized":
      return noPayload
  }
}

// --- decisions ---

// The decisions that change the state of a message and have no event of a carrier that says the same
export const changes = {
  Settled: true,
  LateArrival: true,
  NamedTwice: false,
  Concluded: true,
  Started: false,
  Skipped: false,
  Tried: false,
  Retrying: false,
  FailedOver: false,
  Reconciled: false,
  AbsenceTaken: false,
  RiskTaken: false,
  Held: false,
  Abandoned: false,
  Bound: false,
  BreakerOpened: false,
  BreakerProbed: false,
  BreakerClosed: false,
  Limited: false,
  Suppressed: false,
  Restored: false,
  NotRestored: false,
  RolloutChanged: false,
  Noticed: false,
  FailedLater: false,
  Corrected: false
} as const satisfies Record<RouterEvent["_tag"], boolean>

const renderRouterEvent = (services: Services.RenderServices, data: RouterEvent, endpoint: Endpoint): Rendering => {
  if (!changes[data._tag] || !("deliveryId" in data)) return noPayload
  // the answer to a send told that it was refused, unless it was answered before its end: then only its own address gets this
  if (data._tag === "Concluded" && (endpoint.deliveryId === undefined || data.outcome === "held" || data.outcome === "accepted")) {
    return noPayload
  }
  return MessageEvents.renderOutbound(services, data.deliveryId)
}

/** The headers with the endpoint's secret. The address of a single send gets no secret, as at the vendor. */
const headersOf = ({ deliveryId, secret }: Endpoint): Readonly<Record<string, string>> => ({
  "content-type": "application/json",
  ...(secret === undefined || deliveryId !== undefined ? {} : { "sb-signing-secret": Redacted.value(secret) })
})

export const make = (services: Services.RenderServices): Renderer => (event, endpoint) => {
  const { deliveryId } = endpoint
  if (deliveryId !== undefined && event.deliveryId !== undefined && event.deliveryId !== deliveryId) return Effect.succeedNone
  const rendered = event.event.kind === "carrier"
    ? renderCarrierEvent(services, event.event.data, event, event.deliveryId ?? deliveryId)
    : renderRouterEvent(services, event.event.data, endpoint)
  return Effect.map(rendered, Option.map(({ payload, type }) => ({ type, body: JSON.stringify(payload), headers: headersOf(endpoint) })))
}
