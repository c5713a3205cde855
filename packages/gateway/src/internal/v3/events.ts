/** Events as Linq's webhooks: payload versions 2025-01-01 and 2026-02-03, signed both ways; Linq docs and @linqapp/sdk 0.28.2, read 2026-11-21. */
import type { CarrierId } from "@interline/core/CarrierId"
import type { Conversation } from "@interline/core/Conversation"
import * as Conversations from "@interline/core/Conversation"
import * as DeliveryStatus from "@interline/core/DeliveryStatus"
import type { DeliveryId } from "@interline/core/DeliveryId"
import * as Handles from "@interline/core/Handle"
import * as Hmac from "@interline/core/Hmac"
import type { Failure, Message } from "@interline/core/Message"
import type { MessageRef } from "@interline/core/MessageRef"
import type { MessagingEvent } from "@interline/core/MessagingEvent"
import * as Outcome from "@interline/core/Outcome"
import type { LinqEvent } from "@interline/linq/LinqWords"
import * as Words from "@interline/linq/LinqWords"
import type { RouterEvent } from "@interline/router/RouterEvent"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Encoding from "effect/Encoding"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Redacted from "effect/Redacted"
import type { Archived } from "../../Archive.ts"
import type { Endpoint, Renderer } from "../../Callbacks.ts"
import type { GatewayEvent } from "../../EventLog.ts"
import type { Room } from "./bodies.ts"
import * as Bodies from "./bodies.ts"
import type { Desk } from "./desk.ts"
import { numberOf } from "./desk.ts"
import * as Files from "./files.ts"
import * as Identity from "./identity.ts"
import type { Placed } from "./messages.ts"
import * as Messages from "./messages.ts"
import * as Rooms from "./rooms.ts"

type Version = Words.LinqWebhookVersion

const latest = "2026-02-03"

/** What is posted. `undefined`: the version has no such event. */
interface Told {
  readonly type: LinqEvent
  readonly data: (version: Version) => unknown
}

type Telling = Effect.Effect<Option.Option<Told>>

const nothing: Telling = Effect.succeedNone

const told = (type: LinqEvent, data: (version: Version) => unknown): Option.Option<Told> => Option.some({ type, data })

type Of<Tag extends MessagingEvent["_tag"]> = Extract<MessagingEvent, { readonly _tag: Tag }>

// --- rooms ---

/** The id of the chat that an event is in; `undefined` if it names none. */
const chatIdOf = ({ ids }: Desk, conversation: Conversation | undefined, chat: Conversations.ChatRef | undefined): Effect.Effect<string | undefined> =>
  conversation !== undefined ? ids.chatId(conversation) : chat !== undefined ? ids.chatId(chat) : Effect.succeed(undefined)

/** The room of a message that came in. Also one on a number that is no line of ours has one, so that no message is left out. */
const roomOf = (desk: Desk, message: Message, known: Conversation | undefined, at: number): Effect.Effect<Room> =>
  Effect.gen(function*() {
    const { carrierId } = message.ref
    const inChat = known ?? (message.chat === undefined ? undefined : Option.getOrUndefined(yield* desk.ids.conversationOf(message.chat)))
    const service = message.service?.neutral
    if (inChat !== undefined) return yield* Rooms.ofConversation(desk, inChat, { carrierId, ...(service === undefined ? {} : { service }) })
    const isInbound = message.direction === "inbound"
    const ours = isInbound ? message.to[0] : message.from
    const theirs = isInbound ? message.from : message.to[0]
    const line = ours === undefined ? Option.none() : desk.front.lineOf(ours)
    const isDirect = message.isGroup !== true && Option.isSome(line) && Handles.isHandle(theirs)
    const target = isDirect ? Conversations.direct(line.value, theirs) : message.chat
    return {
      id: target === undefined ? Identity.ofStrangers(ours ?? carrierId, theirs ?? message.ref.id) : yield* desk.ids.chatId(target),
      isGroup: message.isGroup ?? false,
      number: ours,
      people: theirs === undefined ? [] : [theirs],
      service,
      since: at
    }
  })

// --- messages ---

type Phase = "message.sent" | "message.received" | "message.delivered" | "message.read"

/** Each event shows the times up to its own. */
const times = ({ message }: Bodies.Shown, phase: Phase, at: string) => ({
  sent_at: phase === "message.sent" || phase === "message.received" ? message.sentAt ?? at : message.sentAt ?? null,
  delivered_at: phase === "message.delivered" ? at : phase === "message.read" ? message.deliveredAt ?? null : null,
  read_at: phase === "message.read" ? at : null
})

const messageData = ({ room, shown }: Placed, phase: Phase, at: string, optedOut: boolean, key: string | undefined) => (version: Version): unknown => {
  const { message } = shown
  const body = Bodies.sentMessage(room, shown)
  const isInbound = message.direction === "inbound"
  const parts = message.parts.map(Bodies.barePart)
  const { delivered_at, read_at, sent_at } = times(shown, phase, at)
  const common = {
    idempotency_key: key ?? null,
    service: Bodies.service(message.service?.neutral ?? room.service),
    preferred_service: body.preferred_service
  }
  if (version === latest) {
    return {
      id: shown.id,
      chat: Bodies.chatOfEvent(room, optedOut),
      direction: message.direction,
      sender_handle: body.from_handle,
      parts,
      effect: body.effect,
      reply_to: body.reply_to,
      ...common,
      sent_at,
      delivered_at,
      read_at
    }
  }
  const owner = room.number === undefined ? null : Bodies.handle(room, room.number)
  return {
    chat_id: room.id,
    from: body.from_handle?.handle ?? null,
    from_handle: body.from_handle,
    is_from_me: !isInbound,
    is_group: room.isGroup,
    message: {
      id: shown.id,
      created_at: body.created_at,
      updated_at: message.updatedAt ?? Bodies.iso(shown.changedAt),
      sent_at,
      delivered_at,
      read_at,
      is_delivered: delivered_at !== null,
      is_read: read_at !== null,
      parts,
      effect: body.effect,
      reply_to: body.reply_to
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

const optedOutIn = (desk: Desk, room: Room): Effect.Effect<boolean> => {
  const [person] = room.people
  return room.isGroup || !Handles.isHandle(person) ? Effect.succeed(false) : Effect.map(desk.suppression.find(person), Option.isSome)
}

const message = (desk: Desk, placed: Placed, phase: Phase, at: string, key?: string): Telling =>
  Effect.map(optedOutIn(desk, placed.room), (optedOut) => told(phase, messageData(placed, phase, at, optedOut, key)))

const received = (desk: Desk, { message: given }: Of<"Received">, { at, conversation }: GatewayEvent): Telling =>
  Effect.gen(function*() {
    const id = yield* desk.ids.messageId(given.ref)
    const room = yield* roomOf(desk, given, conversation, at)
    const parts = yield* Files.ofParts(desk, given.ref.carrierId, given.parts)
    const reply = given.replyTo === undefined
      ? undefined
      : { id: yield* desk.ids.messageId(given.replyTo.ref), part: given.replyTo.part ?? 0 }
    const placed: Placed = { room, shown: { id, message: { ...given, parts }, reply, at, changedAt: at } }
    const phase = given.direction === "inbound" ? "message.received" : "message.sent"
    return yield* message(desk, placed, phase, given.sentAt ?? Bodies.iso(at))
  })

// --- statuses ---

// pending and queued have no event
const phases = {
  pending: undefined,
  queued: undefined,
  sent: "message.sent",
  delivered: "message.delivered",
  read: "message.read",
  failed: "message.failed"
} as const satisfies Record<DeliveryStatus.DeliveryStatus, LinqEvent | undefined>

const ours = (desk: Desk, deliveryId: DeliveryId): Effect.Effect<Option.Option<Extract<Archived, { readonly _tag: "Outbound" }>>> =>
  Effect.map(desk.archive.find(deliveryId), Option.filter((found) => found._tag === "Outbound"))

const failureCode = 4001

/** Linq's own number for it, from Linq; a failure at another vendor is a delivery that failed. */
const codeOf = (desk: Desk, carrierId: CarrierId, failure: Failure | undefined): number => {
  const isLinq = desk.messaging.carriers.some(({ id, vendor }) => id === carrierId && vendor === "linq")
  const code = Number(failure?.code)
  return isLinq && Number.isInteger(code) && code > 0 ? code : failureCode
}

const failed = (chatId: string | undefined, messageId: string, code: number, reason: string, at: string): Option.Option<Told> =>
  told("message.failed", () => ({ ...(chatId === undefined ? {} : { chat_id: chatId }), message_id: messageId, code, reason, failed_at: at }))

/**
 * What is said of one of our deliveries. Of several messages that carry it, a status is told when all of them have got that far; a
 * failure at once.
 */
const ofDelivery = (
  desk: Desk,
  deliveryId: DeliveryId,
  status: DeliveryStatus.DeliveryStatus,
  at: string,
  failure: () => Option.Option<Told>
): Telling =>
  Effect.gen(function*() {
    const phase = phases[status]
    if (phase === undefined) return Option.none()
    if (phase === "message.failed") return failure()
    const found = yield* ours(desk, deliveryId)
    if (Option.isNone(found)) return Option.none()
    const { report } = found.value
    const { ranks } = DeliveryStatus
    if (report.messages.length > 1 && ranks[report.status] < ranks[status]) return Option.none()
    const placed = yield* Effect.option(Messages.ofArchived(desk, found.value))
    return Option.isNone(placed) ? Option.none() : yield* message(desk, placed.value, phase, at, keyOf(found.value.entry.content.draft))
  })

/** The key that the caller gave. */
const keyOf = ({ metadata }: { readonly metadata?: Readonly<Record<string, string>> }): string | undefined => metadata?.["idempotency_key"]

const status = (desk: Desk, { carrierId, fact, failure }: Of<"Status">, { at, conversation, deliveryId }: GatewayEvent): Telling =>
  Effect.gen(function*() {
    const time = fact.at ?? Bodies.iso(at)
    const id = deliveryId ?? (yield* desk.ids.messageId(fact.ref))
    const chatId = yield* chatIdOf(desk, conversation, undefined)
    const fail = () => failed(chatId, id, codeOf(desk, carrierId, failure), failure?.detail ?? failure?.message ?? "Message delivery failed", time)
    if (deliveryId !== undefined) return yield* ofDelivery(desk, deliveryId, fact.status, time, fail)
    const phase = phases[fact.status]
    if (phase === undefined) return Option.none()
    if (phase === "message.failed") return fail()
    // a message that another program sent: its carrier knows what is in it
    const found = yield* Effect.option(desk.messaging.getMessage(fact.ref))
    const given: Message = Option.getOrElse(found, () => ({
      ref: fact.ref,
      direction: "outbound",
      to: [],
      parts: [],
      status: { neutral: fact.status, raw: fact.status },
      metadata: {}
    }))
    const room = yield* roomOf(desk, given, conversation, at)
    const parts = yield* Files.ofParts(desk, given.ref.carrierId, given.parts)
    return yield* message(desk, { room, shown: { id, message: { ...given, parts }, reply: undefined, at, changedAt: at } }, phase, time)
  })

// --- what happens to messages and chats ---

/** Which part of what was sent a part of a carrier's message is. */
const partOf = (archived: Option.Option<Archived>, ref: MessageRef, part: number): number => {
  if (Option.isNone(archived) || archived.value._tag !== "Outbound") return part
  const { result } = archived.value.entry.state
  const receipt = result === undefined
    ? undefined
    : Outcome.receipts(result.outcome).find((receipt) => receipt.ref.carrierId === ref.carrierId && receipt.ref.id === ref.id)
  return receipt?.parts[part] ?? part
}

const edited = (desk: Desk, event: Of<"Edited">, { at, conversation }: GatewayEvent): Telling =>
  Effect.gen(function*() {
    const { byMe, part, ref, text } = event
    const id = yield* desk.ids.messageId(ref)
    const archived = yield* desk.archive.find(id)
    const known = conversation ?? (Option.isSome(archived) ? Messages.conversationOf(archived.value) : undefined)
    const message: Message = Option.isSome(archived) && archived.value._tag === "Inbound"
      ? archived.value.message
      : { ref, direction: byMe ? "outbound" : "inbound", to: [], parts: [], status: { raw: "edited" }, metadata: {} }
    const room = yield* roomOf(desk, message, known, at)
    const optedOut = yield* optedOutIn(desk, room)
    const sender = byMe ? room.number : message.from ?? (room.isGroup ? undefined : room.people[0])
    return told("message.edited", (version) =>
      version === latest
        ? {
          id,
          chat: Bodies.chatOfEvent(room, optedOut),
          direction: byMe ? "outbound" : "inbound",
          sender_handle: sender === undefined ? null : Bodies.handle(room, sender),
          part: { index: partOf(archived, ref, part), text },
          edited_at: event.at ?? Bodies.iso(at)
        }
        : undefined)
  })

/** A room for the people whom an event of a chat names. */
const namedRoom = (desk: Desk, conversation: Conversation | undefined, chatId: string | undefined, at: number, carrierId: CarrierId): Effect.Effect<Room> =>
  conversation !== undefined
    ? Rooms.ofConversation(desk, conversation, { carrierId })
    : Effect.succeed({ id: chatId ?? carrierId, isGroup: true, number: undefined, people: [], service: undefined, since: at })

const reaction = (desk: Desk, event: Of<"Reaction">, { at, conversation }: GatewayEvent): Telling =>
  Effect.gen(function*() {
    const { carrierId, change, chat, part, reaction: given, ref } = event
    const id = ref === undefined ? undefined : yield* desk.ids.messageId(ref)
    const archived = id === undefined ? Option.none() : yield* desk.archive.find(id)
    const known = conversation ?? (Option.isSome(archived) ? Messages.conversationOf(archived.value) : undefined)
    const chatId = yield* chatIdOf(desk, known, chat)
    const room = yield* namedRoom(desk, known, chatId, at, carrierId)
    const by = Bodies.reactor(room, given)
    const { custom_emoji, sticker, type } = Bodies.reactionFields(given)
    return told(change === "added" ? "reaction.added" : "reaction.removed", () => ({
      ...(chatId === undefined ? {} : { chat_id: chatId }),
      ...(id === undefined ? {} : { message_id: id }),
      part_index: ref === undefined ? part ?? 0 : partOf(archived, ref, part ?? 0),
      reaction_type: type,
      custom_emoji,
      is_from_me: given.isMine,
      ...(by === undefined ? {} : { from: by, from_handle: Bodies.handle(room, by) }),
      reacted_at: event.at ?? Bodies.iso(at),
      sticker
    }))
  })

const participant = (desk: Desk, event: Of<"Participant">, { at, conversation }: GatewayEvent): Telling =>
  Effect.gen(function*() {
    const { carrierId, change, chat, participant: given } = event
    const chatId = yield* chatIdOf(desk, conversation, chat)
    const room = yield* namedRoom(desk, conversation, chatId, at, carrierId)
    const time = event.at ?? Bodies.iso(at)
    const isAdded = change === "added"
    return told(isAdded ? "participant.added" : "participant.removed", () => ({
      ...(chatId === undefined ? {} : { chat_id: chatId }),
      handle: given.peer,
      participant: Bodies.participant(room)({ ...given, status: given.status ?? { neutral: isAdded ? "active" : "removed", raw: change } }),
      ...(isAdded ? { added_at: given.joinedAt ?? time } : { removed_at: given.leftAt ?? time })
    }))
  })

const chatWords = {
  created: "chat.created",
  renamed: "chat.group_name_updated",
  icon: "chat.group_icon_updated",
  "rename-failed": "chat.group_name_update_failed",
  "icon-failed": "chat.group_icon_update_failed"
} as const satisfies Record<Of<"Chat">["change"], LinqEvent>

const changeFailed = 3007

const chat = (desk: Desk, event: Of<"Chat">, { at, conversation }: GatewayEvent): Telling =>
  Effect.gen(function*() {
    const { after, before, change, ref, vendorCode } = event
    const time = event.at ?? Bodies.iso(at)
    const chatId = (yield* chatIdOf(desk, conversation, ref)) ?? ref.id
    switch (change) {
      case "created": {
        const facts = event.chat !== undefined
          ? yield* Rooms.described(desk, event.chat)
          : conversation !== undefined
          ? yield* Rooms.remembered(desk, conversation)
          : undefined
        if (facts === undefined) return Option.none()
        const { group_chat_icon: _icon, is_archived: _archived, ...shown } = Bodies.chat({ ...facts, room: { ...facts.room, id: chatId } })
        return told(chatWords[change], () => shown)
      }
      case "renamed":
      case "icon":
        return told(chatWords[change], () => ({
          chat_id: chatId,
          old_value: before ?? null,
          new_value: after ?? null,
          changed_by_handle: null,
          updated_at: time
        }))
      case "rename-failed":
      case "icon-failed": {
        const code = Number(vendorCode)
        return told(chatWords[change], () => ({
          chat_id: chatId,
          error_code: Number.isInteger(code) && code > 0 ? code : changeFailed,
          failed_at: time
        }))
      }
    }
  })

const typing = (desk: Desk, { chat, from, line, typing }: Of<"Typing">, { conversation }: GatewayEvent): Telling =>
  Effect.gen(function*() {
    const ours = line === undefined ? Option.none() : desk.front.lineOf(line)
    const known = conversation ?? (Option.isSome(ours) && Handles.isHandle(from) ? Conversations.direct(ours.value, from) : undefined)
    const chatId = yield* chatIdOf(desk, known, chat)
    return chatId === undefined
      ? Option.none()
      : told(typing ? "chat.typing_indicator.started" : "chat.typing_indicator.stopped", () => ({ chat_id: chatId }))
  })

/** How the line stood before is not said: nobody told it. */
const line = (desk: Desk, { available, number, status, ...event }: Of<"Line">, { at }: GatewayEvent): Telling => {
  if (number === undefined) return nothing
  const ours = Option.getOrUndefined(desk.front.lineOf(number))
  const { status: reputation } = Bodies.reputation(available || status !== "unknown" ? status : "critical")
  return Effect.succeed(told("phone_number.status_updated", () => ({
    phone_number: ours === undefined ? number : numberOf(desk, ours, event.carrierId) ?? number,
    previous_status: null,
    new_status: available ? "ACTIVE" : "FLAGGED",
    previous_reputation: null,
    new_reputation: reputation,
    previous_health_status: null,
    new_health_status: reputation,
    changed_at: event.at ?? Bodies.iso(at)
  })))
}

const passedOn: ReadonlySet<string> = new Set(Words.eventFromNeutral.Unrecognized)

const isPassedOn = (kind: string): kind is (typeof Words.eventFromNeutral.Unrecognized)[number] => passedOn.has(kind)

/** Calls and shared locations have no neutral event: what Linq said of them is passed on as it came. */
const unrecognized = ({ kind, raw }: Of<"Unrecognized">): Telling =>
  isPassedOn(kind) && Predicate.isRecord(raw) && raw["data"] !== undefined ? Effect.succeed(told(kind, () => raw["data"])) : nothing

const ofCarrier = (desk: Desk, data: MessagingEvent, event: GatewayEvent): Telling => {
  switch (data._tag) {
    case "Received":
      return received(desk, data, event)
    case "Status":
      return status(desk, data, event)
    case "Edited":
      return edited(desk, data, event)
    case "Reaction":
      return reaction(desk, data, event)
    case "Participant":
      return participant(desk, data, event)
    case "Chat":
      return chat(desk, data, event)
    case "Typing":
      return typing(desk, data, event)
    case "Line":
      return line(desk, data, event)
    case "Unrecognized":
      return unrecognized(data)
    // said by the health of the chat in the events of its messages
    case "OptedOut":
    case "OptedIn":
      return nothing
  }
}

/** Decisions that tell what no carrier's event tells: what became of a message that nobody knew of. */
const ofRouter = (desk: Desk, data: RouterEvent, { at, conversation }: GatewayEvent): Telling => {
  const time = Bodies.iso(at)
  const arrived = (deliveryId: DeliveryId) => ofDelivery(desk, deliveryId, "sent", time, Option.none)
  switch (data._tag) {
    case "LateArrival":
      return arrived(data.deliveryId)
    case "Settled":
      return data.by === "event"
        ? nothing
        : data.arrived
        ? arrived(data.deliveryId)
        : Effect.map(chatIdOf(desk, conversation, undefined), (chatId) => failed(chatId, data.deliveryId, failureCode, "Message send failed", time))
    default:
      return nothing
  }
}

// --- the envelope ---

const partnerId = "interline"

const versionOf = ({ url, version }: Endpoint): Version => {
  const asked = URL.canParse(url) ? new URL(url).searchParams.get("version") ?? version : version
  return asked === "2025-01-01" ? asked : latest
}

/** Standard Webhooks, and the pair that Linq calls deprecated and still sends, keyed with the text of the secret. */
const signature = (
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
    // a secret that is no base64 cannot be a key of Standard Webhooks
    if (Either.isLeft(bytes) || bytes.right.length === 0) return legacy
    const signed = yield* Hmac.make(Redacted.make(bytes.right)).sign(`${attempt.messageId}.${seconds}.${body}`)
    return {
      "webhook-id": attempt.messageId,
      "webhook-timestamp": seconds,
      "webhook-signature": `v1,${Encoding.encodeBase64(signed)}`,
      ...legacy
    }
  })

export const make = (desk: Desk): Renderer => (event, endpoint, attempt) =>
  Effect.gen(function*() {
    const found = yield* event.event.kind === "carrier"
      ? ofCarrier(desk, event.event.data, event)
      : ofRouter(desk, event.event.data, event)
    if (Option.isNone(found)) return Option.none()
    const version = versionOf(endpoint)
    const { data, type } = found.value
    const payload = data(version)
    if (payload === undefined) return Option.none()
    const eventId = Identity.ofEvent(event.id)
    const body = JSON.stringify({
      api_version: "v3",
      webhook_version: version,
      event_type: type,
      event_id: eventId,
      created_at: Bodies.iso(event.at),
      trace_id: Identity.trace(event.deliveryId ?? eventId),
      partner_id: partnerId,
      data: payload
    })
    const signed = yield* signature(endpoint, type, body, attempt)
    return Option.some({ type, body, headers: { "content-type": "application/json", ...signed } })
  })
