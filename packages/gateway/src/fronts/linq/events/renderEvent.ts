/** Events as Linq's webhooks: payload versions 2025-01-01 and 2026-02-03, signed both ways; Linq docs and @linqapp/sdk 0.28.2, read 2026-11-21. */
import type { DeliveryId } from "@interline/core/DeliveryId"
import * as Hmac from "@interline/core/Hmac"
import type { MessagingEvent } from "@interline/core/MessagingEvent"
import type { RouterEvent } from "@interline/router/RouterEvent"
import type { Endpoint } from "@interline/sql/EndpointTable"
import type { GatewayEvent } from "@interline/sql/EventLog"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Encoding from "effect/Encoding"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import type { Renderer } from "../../../events/Renderer.ts"
import { numberOf, type Services } from "../services.ts"
import * as Wire from "../wire.ts"
import * as ChatEvents from "./chatEvents.ts"
import * as MessageEvents from "./messageEvents.ts"
import { chatIdOf, latest, noPayload, type Rendering, type Version } from "./payload.ts"
import * as PollEvents from "./pollEvents.ts"
import * as ReactionEvents from "./reactionEvents.ts"

const renderCarrierEvent = (services: Services, data: MessagingEvent, event: GatewayEvent): Rendering => {
  switch (data._tag) {
    case "Received":
      return MessageEvents.renderReceived(services, data, event)
    case "Status":
      return PollEvents.isPollStatus(data.fact.raw)
        ? PollEvents.renderPollStatus(services, data, event)
        : MessageEvents.renderStatus(services, data, event)
    case "Edited":
      return MessageEvents.renderEdited(services, data, event)
    case "Reaction":
      return ReactionEvents.renderReaction(services, data, event)
    case "Poll":
      return PollEvents.renderPoll(services, data, event)
    case "Participant":
      return ChatEvents.renderParticipant(services, data, event)
    case "Chat":
      return ChatEvents.renderChat(services, data, event)
    case "Typing":
      return ChatEvents.renderTyping(services, data, event)
    case "Location":
      return ChatEvents.renderLocation(services, data, event)
    case "Line":
      return ChatEvents.renderLine(services, data, event)
    case "Unrecognized":
      return ChatEvents.renderUnrecognized(data)
    case "Account":
      return ChatEvents.renderOwner(services, {
        carrierId: data.carrierId,
        number: data.number,
        what: data.what,
        at: data.at ?? Wire.iso(event.at)
      })
    // the health of the chat in the events of its messages shows it
    case "OptedOut":
    case "OptedIn":
      return noPayload
  }
}

/** Decisions about a message whose fate was unknown: no event of a carrier tells them. */
const renderRouterEvent = (services: Services, data: RouterEvent, { at, conversation }: GatewayEvent): Rendering => {
  const time = Wire.iso(at)
  const arrived = (deliveryId: DeliveryId) => MessageEvents.renderDelivery(services, deliveryId, "sent", time, true)
  switch (data._tag) {
    case "LateArrival":
      return arrived(data.deliveryId)
    case "Settled":
      return data.by === "event"
        ? noPayload
        : data.arrived
        ? arrived(data.deliveryId)
        : Effect.map(
          chatIdOf(services, conversation, undefined),
          (chatId) =>
            MessageEvents.renderFailure({
              messageId: data.deliveryId,
              chatId,
              code: MessageEvents.failureCode,
              reason: "Message send failed",
              at: time
            })
        )
    case "Noticed": {
      const { carrierId, line, what } = data
      return ChatEvents.renderOwner(services, {
        carrierId,
        number: line === undefined ? undefined : numberOf(services, line, carrierId),
        what,
        at: time
      })
    }
    default:
      return noPayload
  }
}

// --- the envelope ---

const partnerId = "interline"

const versionOf = ({ url, version }: Endpoint): Version => {
  const asked = URL.canParse(url) ? new URL(url).searchParams.get("version") ?? version : version
  return asked === "2025-01-01" ? asked : latest
}

/** Signs as Standard Webhooks does, and by the pair of headers that Linq calls deprecated and still sends. Its key is the text of the secret. */
const signEvent = (
  { id, secret }: Endpoint,
  type: string,
  body: string,
  attempt: { readonly messageId: string; readonly at: number }
): Effect.Effect<Readonly<Record<string, string>>> =>
  Effect.gen(function*() {
    if (secret === undefined) return {}
    const seconds = String(Math.floor(attempt.at / 1000))
    const legacy = {
      "x-webhook-event": type,
      "x-webhook-subscription-id": id,
      "x-webhook-timestamp": seconds,
      "x-webhook-signature": Encoding.encodeHex(yield* Hmac.make(secret).sign(`${seconds}.${body}`))
    }
    const bytes = Encoding.decodeBase64(Redacted.value(secret).replace(/^whsec_/, ""))
    // a key of Standard Webhooks is base64; another secret signs only the deprecated pair
    if (Either.isLeft(bytes) || bytes.right.length === 0) return legacy
    const signed = yield* Hmac.make(Redacted.make(bytes.right)).sign(`${attempt.messageId}.${seconds}.${body}`)
    return {
      "webhook-id": attempt.messageId,
      "webhook-timestamp": seconds,
      "webhook-signature": `v1,${Encoding.encodeBase64(signed)}`,
      ...legacy
    }
  })

export const make = (services: Services): Renderer => (event, endpoint, attempt) =>
  Effect.gen(function*() {
    const found = yield* event.event.kind === "carrier"
      ? renderCarrierEvent(services, event.event.data, event)
      : renderRouterEvent(services, event.event.data, event)
    if (Option.isNone(found)) return Option.none()
    const version = versionOf(endpoint)
    const { data, type } = found.value
    const payload = data(version)
    if (payload === undefined) return Option.none()
    const eventId = Wire.eventId(event.id)
    const body = JSON.stringify({
      api_version: "v3",
      webhook_version: version,
      event_type: type,
      event_id: eventId,
      created_at: Wire.iso(event.at),
      trace_id: Wire.traceId(event.deliveryId ?? eventId),
      partner_id: partnerId,
      data: payload
    })
    const signed = yield* signEvent(endpoint, type, body, attempt)
    return Option.some({ type, body, headers: { "content-type": "application/json", ...signed } })
  })
