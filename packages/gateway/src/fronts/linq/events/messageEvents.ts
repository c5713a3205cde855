/** Events of messages in Linq's words. */
import type { CarrierId } from "@interline/core/CarrierId"
import type { DeliveryId } from "@interline/core/DeliveryId"
import * as DeliveryStatus from "@interline/core/DeliveryStatus"
import * as Handle from "@interline/core/Handle"
import type { Failure, Message } from "@interline/core/Message"
import type { MessageRef } from "@interline/core/MessageRef"
import * as Outcome from "@interline/core/Outcome"
import type { LinqEvent } from "@interline/linq/LinqWords"
import type { Archived } from "@interline/sql/Archive"
import type { GatewayEvent } from "@interline/sql/EventLog"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as ReadAtCarrier from "../../../events/readAtCarrier.ts"
import * as Files from "../files.ts"
import * as Messages from "../messages.ts"
import type { Services } from "../services.ts"
import * as Wire from "../wire.ts"
import { chatIdOf, type EventPayload, findChatView, latest, type Of, type Rendering, renderPayload, type Version } from "./payload.ts"

// --- messages ---

type Phase = "message.sent" | "message.received" | "message.delivered" | "message.read"

/** The times of an event. Each event shows the times up to its own. */
const times = ({ message }: Wire.Shown, phase: Phase, at: string) => ({
  sent_at: phase === "message.sent" || phase === "message.received" ? message.sentAt ?? at : message.sentAt ?? null,
  delivered_at: phase === "message.delivered" ? at : phase === "message.read" ? message.deliveredAt ?? null : null,
  read_at: phase === "message.read" ? at : null
})

const writeMessage = ({ view, shown }: Messages.Placed, phase: Phase, at: string, optedOut: boolean, key: string | undefined) =>
(
  version: Version
): unknown => {
  const { message } = shown
  const body = Wire.sentMessage(view, shown)
  const isInbound = message.direction === "inbound"
  const parts = message.parts.map(Wire.barePart(view))
  const { delivered_at, read_at, sent_at } = times(shown, phase, at)
  const common = {
    idempotency_key: key ?? null,
    service: Wire.service(message.service?.neutral ?? view.service),
    preferred_service: body.preferred_service
  }
  if (version === latest) {
    return {
      id: shown.id,
      chat: Wire.chatOfEvent(view, optedOut),
      direction: message.direction,
      sender_handle: body.from_handle,
      parts,
      effect: body.effect,
      reply_to: body.reply_to,
      ...common,
      sent_at,
      delivered_at,
      read_at,
      ...Wire.reconciled(message)
    }
  }
  const owner = view.number === undefined ? null : Wire.handle(view, view.number)
  return {
    chat_id: view.id,
    from: body.from_handle?.handle ?? null,
    from_handle: body.from_handle,
    is_from_me: !isInbound,
    is_group: view.isGroup,
    message: {
      id: shown.id,
      created_at: body.created_at,
      updated_at: message.updatedAt ?? Wire.iso(shown.changedAt),
      sent_at,
      delivered_at,
      read_at,
      is_delivered: delivered_at !== null,
      is_read: read_at !== null,
      parts,
      effect: body.effect,
      reply_to: body.reply_to,
      ...Wire.reconciled(message)
    },
    ...(phase === "message.delivered" || phase === "message.read" ? { message_id: shown.id } : {}),
    ...(phase === "message.delivered" ? { delivered_at } : {}),
    ...(phase === "message.read" ? { read_at } : {}),
    received_at: isInbound ? sent_at : null,
    recipient_handle: isInbound ? owner : null,
    recipient_phone: null,
    ...common
  }
}

export const isOptedOutIn = (services: Services, view: Wire.ChatView): Effect.Effect<boolean> => {
  const [person] = view.people
  return view.isGroup || !Handle.isHandle(person) ? Effect.succeed(false) : Effect.map(services.suppression.find(person), Option.isSome)
}

const renderMessage = (services: Services, placed: Messages.Placed, phase: Phase, at: string, key?: string): Rendering =>
  Effect.map(isOptedOutIn(services, placed.view), (optedOut) => renderPayload(phase, writeMessage(placed, phase, at, optedOut, key)))

export const renderReceived = (services: Services, { message: given }: Of<"Received">, { at, conversation }: GatewayEvent): Rendering =>
  Effect.gen(function*() {
    const id = yield* services.ids.toMessageId(given.ref)
    const view = yield* findChatView(services, given, conversation, at)
    const parts = yield* Files.nameFiles(services, given.ref.carrierId, given.parts)
    const reply = given.replyTo === undefined
      ? undefined
      : { id: yield* services.ids.toMessageId(given.replyTo.ref), part: given.replyTo.part ?? 0 }
    const placed: Messages.Placed = { view, shown: { id, message: { ...given, parts }, reply, at, changedAt: at } }
    const phase = given.direction === "inbound" ? "message.received" : "message.sent"
    return yield* renderMessage(services, placed, phase, given.sentAt ?? Wire.iso(at))
  })

// --- statuses ---

/** Every status but a failure, which has a payload of its own. */
type Reached = Exclude<DeliveryStatus.DeliveryStatus, "failed">

// Linq has no event for pending and queued
const phases = {
  pending: undefined,
  queued: undefined,
  sent: "message.sent",
  delivered: "message.delivered",
  read: "message.read"
} as const satisfies Record<Reached, LinqEvent | undefined>

const findDelivery = (
  services: Services,
  deliveryId: DeliveryId
): Effect.Effect<Option.Option<Extract<Archived, { readonly _tag: "Outbound" }>>> =>
  Effect.map(services.archive.find(deliveryId), Option.filter((found) => found._tag === "Outbound"))

export const failureCode = 4001

/** The code of a failure: Linq's own if Linq reported it, else the code for a failed delivery. */
const codeOf = (services: Services, carrierId: CarrierId, failure: Failure | undefined): number => {
  const code = Number(failure?.code)
  return services.own.has(carrierId) && Number.isInteger(code) && code > 0 ? code : failureCode
}

interface FailedMessage {
  readonly messageId: string
  /** `undefined` if the chat is not known. */
  readonly chatId: string | undefined
  readonly code: number
  readonly detailCode?: number | undefined
  readonly reason: string
  /** ISO 8601. */
  readonly at: string
}

export const renderFailure = ({ at, chatId, code, detailCode, messageId, reason }: FailedMessage): Option.Option<EventPayload> =>
  renderPayload("message.failed", () => ({
    ...(chatId === undefined ? {} : { chat_id: chatId }),
    message_id: messageId,
    code,
    ...(detailCode === undefined ? {} : { detail_code: detailCode }),
    reason,
    failed_at: at
  }))

/** The detail code, for Linq's support, if it is a number. */
const detailCodeOf = (failure: Failure | undefined): number | undefined => {
  const code = Number(failure?.detailCode)
  return Number.isSafeInteger(code) ? code : undefined
}

/**
 * The event of a delivery of ours that has reached a status. If several messages carry the delivery, the event waits until all of
 * them have reached the status. A decision of the router has no event if a carrier has reported more, because that report has its
 * own event.
 */
export const renderDelivery = (
  services: Services,
  deliveryId: DeliveryId,
  status: Reached,
  at: string,
  isDecision = false
): Rendering =>
  Effect.gen(function*() {
    const phase = phases[status]
    if (phase === undefined) return Option.none()
    const found = yield* findDelivery(services, deliveryId)
    if (Option.isNone(found)) return Option.none()
    const { report } = found.value
    const { ranks } = DeliveryStatus
    if (report.messages.length > 1 && ranks[report.status] < ranks[status]) return Option.none()
    if (isDecision && ranks[report.status] > ranks[status]) return Option.none()
    const placed = yield* Effect.option(Messages.viewArchived(services, found.value))
    return Option.isNone(placed)
      ? Option.none()
      : yield* renderMessage(services, placed.value, phase, at, keyOf(found.value.entry.content.draft))
  })

/** The key that the caller gave. */
const keyOf = ({ metadata }: { readonly metadata?: Readonly<Record<string, string>> }): string | undefined => metadata?.["idempotency_key"]

export const renderStatus = (
  services: Services,
  { carrierId, fact, failure }: Of<"Status">,
  { at, conversation, deliveryId, status: folded }: GatewayEvent
): Rendering =>
  Effect.gen(function*() {
    // the message is known to have arrived: a failure that is reported later is not news
    if (fact.status === "failed" && folded !== undefined && folded !== "failed") return Option.none()
    const time = fact.at ?? Wire.iso(at)
    const id = deliveryId ?? (yield* services.ids.toMessageId(fact.ref))
    const chatId = yield* chatIdOf(services, conversation, undefined)
    if (fact.status === "failed") {
      return renderFailure({
        messageId: id,
        chatId,
        code: codeOf(services, carrierId, failure),
        detailCode: detailCodeOf(failure),
        reason: failure?.detail ?? failure?.message ?? "Message delivery failed",
        at: time
      })
    }
    if (deliveryId !== undefined) return yield* renderDelivery(services, deliveryId, fact.status, time)
    const phase = phases[fact.status]
    if (phase === undefined) return Option.none()
    // another program sent this message: its carrier knows the content
    const found = yield* ReadAtCarrier.read("message", services.messaging.getMessage(fact.ref))
    const given: Message = Option.getOrElse(found, () => ({
      ref: fact.ref,
      direction: "outbound",
      to: [],
      parts: [],
      status: { neutral: fact.status, raw: fact.status },
      metadata: {}
    }))
    const view = yield* findChatView(services, given, conversation, at)
    const parts = yield* Files.nameFiles(services, given.ref.carrierId, given.parts)
    return yield* renderMessage(
      services,
      { view, shown: { id, message: { ...given, parts }, reply: undefined, at, changedAt: at } },
      phase,
      time
    )
  })

// --- what happens to messages and chats ---

/** The position in our draft of a part of the carrier's message. */
export const partOf = (archived: Option.Option<Archived>, ref: MessageRef, part: number): number => {
  if (Option.isNone(archived) || archived.value._tag !== "Outbound") return part
  const { result } = archived.value.entry.state
  const receipt = result === undefined
    ? undefined
    : Outcome.receipts(result.outcome).find((receipt) => receipt.ref.carrierId === ref.carrierId && receipt.ref.id === ref.id)
  return receipt?.parts[part] ?? part
}

export const renderEdited = (services: Services, event: Of<"Edited">, { at, conversation }: GatewayEvent): Rendering =>
  Effect.gen(function*() {
    const { byMe, part, ref, text } = event
    const id = yield* services.ids.toMessageId(ref)
    const archived = yield* services.archive.find(id)
    const known = conversation ?? (Option.isSome(archived) ? Messages.conversationOf(archived.value) : undefined)
    const message: Message = Option.isSome(archived) && archived.value._tag === "Inbound"
      ? archived.value.message
      : { ref, direction: byMe ? "outbound" : "inbound", to: [], parts: [], status: { raw: "edited" }, metadata: {} }
    const view = yield* findChatView(services, message, known, at)
    const optedOut = yield* isOptedOutIn(services, view)
    const sender = byMe ? view.number : message.from ?? (view.isGroup ? undefined : view.people[0])
    return renderPayload("message.edited", (version) =>
      version === latest
        ? {
          id,
          chat: Wire.chatOfEvent(view, optedOut),
          direction: byMe ? "outbound" : "inbound",
          sender_handle: sender === undefined ? null : Wire.handle(view, sender),
          part: { index: partOf(archived, ref, part), text },
          edited_at: event.at ?? Wire.iso(at)
        }
        : undefined)
  })
