/** Linq's JSON shapes (@linqapp/sdk 0.28.2 and the OpenAPI document of 2026-08-01). */
import * as Json from "../../http/json.ts"
import type { Message, Part, Reaction, Service, Status } from "../../world/model.ts"
import * as World from "../../world/world.ts"
import * as State from "./state.ts"

export const handle = (state: State.LinqState, chat: State.Chat, member: State.Handle) => ({
  id: member.id,
  handle: member.handle,
  service: member.isMe ? State.service(state, chat) : World.person(state.world, member.handle).service,
  status: member.status,
  joined_at: Json.iso(member.joinedAt),
  left_at: Json.isoOrNull(member.leftAt),
  is_me: member.isMe
})

export type HandleWire = ReturnType<typeof handle>

export const handleOf = (state: State.LinqState, chat: State.Chat, address: string): HandleWire | null => {
  const member = chat.handles.find((known) => known.handle === address)
  return member === undefined ? null : handle(state, chat, member)
}

const health = (state: State.LinqState, chat: State.Chat) => {
  const optedOut = !chat.isGroup &&
    State.people(chat).some((address) => World.person(state.world, address).optedOutOf.has("linq"))
  const status = optedOut ? "OPTED_OUT" : "HEALTHY"
  return {
    // 0.28.2 has health_status, the pages of spring 2026 have health_score.
    health_status: {
      status,
      doc_url: `https://docs.linqapp.com/guides/chats/chat-health#${status.toLowerCase().replace("_", "-")}`,
      updated_at: Json.iso(chat.healthAt)
    },
    health_score: {
      score: optedOut ? 0 : 100,
      reason: optedOut ? "Recipient has opted out" : "",
      updated_at: Json.iso(chat.healthAt)
    }
  }
}

export const displayName = (chat: State.Chat): string | null => chat.displayName ?? State.people(chat).join(", ")

export const handles = (state: State.LinqState, chat: State.Chat): ReadonlyArray<HandleWire> =>
  chat.handles.map((member) => handle(state, chat, member))

export const chat = (state: State.LinqState, of: State.Chat) => ({
  id: of.id,
  display_name: displayName(of),
  group_chat_icon: of.icon,
  service: State.service(state, of),
  handles: handles(state, of),
  is_archived: false,
  is_group: of.isGroup,
  created_at: Json.iso(of.createdAt),
  updated_at: Json.iso(of.updatedAt),
  ...health(state, of)
})

const reaction = (state: State.LinqState, of: State.Chat) => (given: Reaction) => ({
  is_me: given.by === of.line,
  handle: handleOf(state, of, given.by),
  type: given.type,
  custom_emoji: given.emoji,
  sticker: null
})

/** A part without reactions, as webhooks have it. */
export const barePart = (part: Part) => {
  switch (part.type) {
    case "text":
      return { type: "text", value: part.value, text_decorations: part.decorations }
    case "link":
      return { type: "link", value: part.value }
    case "app":
      return { type: "imessage_app", ...part.card }
    case "media":
      return {
        type: "media",
        id: part.id,
        url: part.url,
        filename: part.filename,
        mime_type: part.mimeType,
        size_bytes: part.sizeBytes
      }
  }
}

const parts = (state: State.LinqState, of: State.Chat, message: Message) =>
  message.parts.map((part, index) => {
    const given = message.reactions.filter(({ partIndex }) => partIndex === index).map(reaction(state, of))
    return { ...barePart(part), reactions: given.length === 0 ? null : given }
  })

export const effect = (message: Message) =>
  message.effect === null
    ? null
    : {
      ...(message.effect.type === null ? {} : { type: message.effect.type }),
      ...(message.effect.name === null ? {} : { name: message.effect.name })
    }

export const replyTo = (message: Message) =>
  message.replyTo === null ? null : { message_id: message.replyTo.id, part_index: message.replyTo.partIndex }

const isDelivered = (status: Status): boolean => status === "delivered" || status === "read"

const common = (state: State.LinqState, of: State.Chat, message: Message) => ({
  id: message.id,
  service: message.service as Service | null,
  preferred_service: message.preferredService,
  parts: parts(state, of, message),
  created_at: Json.iso(message.createdAt),
  sent_at: Json.isoOrNull(message.sentAt),
  delivered_at: Json.isoOrNull(message.deliveredAt),
  delivery_status: message.status,
  is_read: message.status === "read",
  effect: effect(message),
  from_handle: handleOf(state, of, message.from),
  reply_to: replyTo(message)
})

export const sentMessage = (state: State.LinqState, of: State.Chat, message: Message) => common(state, of, message)

export const message = (state: State.LinqState, of: State.Chat, given: Message) => ({
  ...common(state, of, given),
  chat_id: of.id,
  from: given.from,
  is_from_me: given.direction === "outbound",
  is_delivered: isDelivered(given.status),
  updated_at: Json.iso(given.updatedAt),
  read_at: Json.isoOrNull(given.readAt)
})

export const attachment = (given: State.Attachment) => ({
  id: given.id,
  filename: given.filename,
  content_type: given.contentType,
  size_bytes: given.sizeBytes,
  status: given.complete || given.bytes !== null ? "complete" : "pending",
  download_url: given.url,
  created_at: Json.iso(given.createdAt)
})

export const subscription = (given: State.Subscription) => ({
  id: given.id,
  target_url: given.targetUrl,
  subscribed_events: given.events,
  phone_numbers: given.numbers,
  is_active: given.active,
  created_at: Json.iso(given.createdAt),
  updated_at: Json.iso(given.updatedAt)
})
