/** Defines Linq's closed lists and JSON shapes (@linqapp/sdk 0.28.2 and the OpenAPI document of 2026-08-01). */
import * as Json from "../../http/json.ts"
import type { Mention, Message, Part, PollOption, Reaction, Service, Status } from "../../world/model.ts"
import * as World from "../../world/world.ts"
import * as People from "./people.ts"
import type * as State from "./state.ts"

// --- closed lists ---

/** The file extensions that a media URL may have, each with the type that Linq infers. */
export const mediaTypes: Readonly<Record<string, string>> = {
  jpg: "image/jpeg",
  jpeg: "image/jpeg",
  png: "image/png",
  gif: "image/gif",
  heic: "image/heic",
  heif: "image/heif",
  tif: "image/tiff",
  tiff: "image/tiff",
  bmp: "image/bmp",
  mp4: "video/mp4",
  mov: "video/quicktime",
  m4v: "video/x-m4v",
  mpeg: "video/mpeg",
  mpg: "video/mpeg",
  "3gp": "video/3gpp",
  m4a: "audio/x-m4a",
  mp3: "audio/mpeg",
  aac: "audio/aac",
  caf: "audio/x-caf",
  wav: "audio/x-wav",
  aiff: "audio/x-aiff",
  amr: "audio/amr",
  pdf: "application/pdf",
  txt: "text/plain",
  rtf: "text/rtf",
  csv: "text/csv",
  doc: "application/msword",
  docx: "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
  xls: "application/vnd.ms-excel",
  xlsx: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
  ppt: "application/vnd.ms-powerpoint",
  pptx: "application/vnd.openxmlformats-officedocument.presentationml.presentation",
  pages: "application/x-iwork-pages-sffpages",
  numbers: "application/x-iwork-numbers-sffnumbers",
  key: "application/x-iwork-keynote-sffkey",
  epub: "application/epub+zip",
  zip: "application/zip",
  html: "text/html",
  htm: "text/html",
  vcf: "text/vcard",
  ics: "text/calendar"
}

export const voiceMemoExtensions = ["mp3", "m4a", "aac", "caf", "wav", "aiff", "amr"]

/** The content types that an upload may declare. */
export const contentTypes: ReadonlySet<string> = new Set([
  "image/jpeg",
  "image/png",
  "image/gif",
  "image/heic",
  "image/heif",
  "image/tiff",
  "image/bmp",
  "image/svg+xml",
  "image/webp",
  "image/x-icon",
  "video/mp4",
  "video/quicktime",
  "video/mpeg",
  "video/mpeg2",
  "video/x-m4v",
  "video/x-msvideo",
  "video/3gpp",
  "audio/mpeg",
  "audio/mp3",
  "audio/x-m4a",
  "audio/mp4",
  "audio/x-caf",
  "audio/x-wav",
  "audio/x-aiff",
  "audio/aiff",
  "audio/aac",
  "audio/midi",
  "audio/amr",
  "application/pdf",
  "text/plain",
  "text/markdown",
  "text/vcard",
  "text/rtf",
  "text/csv",
  "text/html",
  "text/calendar",
  "application/msword",
  "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
  "application/vnd.ms-excel",
  "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
  "application/vnd.ms-powerpoint",
  "application/vnd.openxmlformats-officedocument.presentationml.presentation",
  "application/x-iwork-pages-sffpages",
  "application/x-iwork-numbers-sffnumbers",
  "application/x-iwork-keynote-sffkey",
  "application/epub+zip",
  "text/xml",
  "application/json",
  "application/zip",
  "application/x-gzip"
])

export const services = ["iMessage", "SMS", "RCS"] as const

export const styles: ReadonlySet<string> = new Set(["bold", "italic", "strikethrough", "underline"])

export const animations: ReadonlySet<string> = new Set([
  "big",
  "small",
  "shake",
  "nod",
  "explode",
  "ripple",
  "bloom",
  "jitter"
])

export const reactions: ReadonlySet<string> = new Set([
  "love",
  "like",
  "dislike",
  "laugh",
  "emphasize",
  "question",
  "custom",
  "sticker"
])

// linq-python of October 2026, read 2026-11-29
export const webhookEvents: ReadonlyArray<string> = [
  "message.sent",
  "message.received",
  "message.read",
  "message.delivered",
  "message.failed",
  "message.edited",
  "reaction.added",
  "reaction.removed",
  "poll.received",
  "poll.failed",
  "poll.sent",
  "poll.delivered",
  "poll.read",
  "poll.updated",
  "poll.vote.added",
  "poll.vote.removed",
  "poll.reaction.added",
  "participant.added",
  "participant.removed",
  "chat.created",
  "chat.group_name_updated",
  "chat.group_icon_updated",
  "chat.group_name_update_failed",
  "chat.group_icon_update_failed",
  "chat.background_updated",
  "chat.background_update_failed",
  "chat.typing_indicator.started",
  "chat.typing_indicator.stopped",
  "phone_number.status_updated",
  "phone_number.assigned",
  "phone_number.released",
  "phone_number.forwarding_updated",
  "call.initiated",
  "call.ringing",
  "call.answered",
  "call.ended",
  "call.failed",
  "call.declined",
  "call.no_answer",
  "location.sharing.started",
  "location.sharing.stopped",
  "payment.succeeded",
  "payment.canceled",
  "payment.expired",
  "payment.declined",
  "payment.authorized",
  "connection.created",
  "connection.revoked",
  "contact_card.received",
  "contact_card.created",
  "contact_card.updated",
  "contact_card.deleted",
  "api_token.created",
  "api_token.renamed",
  "api_token.expiry_scheduled",
  "api_token.expired",
  "api_token.activated",
  "api_token.deleted",
  "environment.created",
  "environment.renamed",
  "environment.deleted",
  "environment.line_moved",
  "webhook_subscription.created",
  "webhook_subscription.deleted",
  "webhook_subscription.target_url_changed",
  "webhook_subscription.enabled",
  "webhook_subscription.disabled",
  "webhook_subscription.events.updated",
  "webhook_subscription.phone_numbers.updated",
  "webhook_subscription.routing_headers_set",
  "webhook_subscription.routing_headers_cleared",
  "team_member.added",
  "team_member.signed_in",
  "team_member.signed_out",
  "zero_day_retention.updated"
]

// --- JSON ---

export const handle = (state: State.LinqState, chat: State.Chat, member: State.Handle) => ({
  id: member.id,
  handle: member.handle,
  service: member.isMe ? People.service(state, chat) : World.person(state.world, member.handle).service,
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
  const optedOut = People.isMarked(state, chat)
  const status = optedOut ? "OPTED_OUT" : "HEALTHY"
  return {
    // Version 0.28.2 has health_status. The pages of spring 2026 have health_score.
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

export const displayName = (chat: State.Chat): string | null => chat.displayName ?? People.addresses(chat).join(", ")

export const handles = (state: State.LinqState, chat: State.Chat): ReadonlyArray<HandleWire> =>
  chat.handles.map((member) => handle(state, chat, member))

export const chat = (state: State.LinqState, of: State.Chat) => ({
  id: of.id,
  display_name: displayName(of),
  group_chat_icon: of.icon,
  service: People.service(state, of),
  handles: handles(state, of),
  is_archived: false,
  is_group: of.isGroup,
  created_at: Json.iso(of.createdAt),
  updated_at: Json.iso(of.updatedAt),
  ...health(state, of)
})

/** The picture of a sticker, and the id by which it is moved. The sandbox gives other reactions no id, because no request names them. */
export const stickerOf = ({ sticker }: Pick<Reaction, "sticker">) =>
  sticker === undefined
    ? { sticker: null }
    : { id: sticker.id, sticker: { url: sticker.url, mime_type: sticker.mimeType, file_name: sticker.filename } }

const reaction = (state: State.LinqState, of: State.Chat) => (given: Reaction) => ({
  is_me: given.by === of.line,
  handle: handleOf(state, of, given.by),
  type: given.type,
  custom_emoji: given.emoji,
  ...stickerOf(given)
})

/**
 * Who is named in a text. `mention` and `mention_range` are deprecated and show the first person (linq-node of 2026-09). The clients of
 * before 2026-08 do not know these fields, so a text without a mention has none of them.
 */
const mentions = (line: string, named: ReadonlyArray<Mention>) =>
  named[0] === undefined ? {} : {
    mentions: named.map(({ handle, range }) => ({ handle, is_me: handle === line, range })),
    mention: named[0].handle,
    mention_range: named[0].range
  }

/** A part without reactions, as webhooks show it. */
export const barePart = (line: string) => (part: Part) => {
  switch (part.type) {
    case "text":
      return { type: "text", value: part.value, text_decorations: part.decorations, ...mentions(line, part.mentions ?? []) }
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
        size_bytes: part.sizeBytes,
        ...(part.sticker === true ? { sticker: true } : {})
      }
  }
}

const parts = (state: State.LinqState, of: State.Chat, message: Message) =>
  message.parts.map((part, index) => {
    const given = message.reactions.filter(({ partIndex }) => partIndex === index).map(reaction(state, of))
    return { ...barePart(of.line)(part), reactions: given.length === 0 ? null : given }
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
  reply_to: replyTo(message),
  ...(message.recoveredAt === null ? {} : { reconciled_at: Json.iso(message.recoveredAt) })
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

/** The headers that keep the calls about one chat at one receiver. */
export const routing = ({ routingIdHeader, routingKeyHeader }: State.Subscription) => ({
  routing_key_header: routingKeyHeader,
  routing_id_header: routingIdHeader
})

export const subscription = (given: State.Subscription) => ({
  id: given.id,
  target_url: given.targetUrl,
  subscribed_events: given.events,
  phone_numbers: given.numbers,
  ...routing(given),
  is_active: given.active,
  created_at: Json.iso(given.createdAt),
  updated_at: Json.iso(given.updatedAt)
})

const voter = ({ at, by }: PollOption["votes"][number]) => ({ handle: by, voted_at: Json.iso(at) })

export const pollOption = (state: State.LinqState, of: State.Chat) => ({ by, id, text, votes }: PollOption) => ({
  option_id: id,
  text,
  can_be_edited: false,
  creator_handle: handleOf(state, of, by),
  voters: votes.map(voter)
})

export const pollContent = (state: State.LinqState, of: State.Chat, options: ReadonlyArray<PollOption>) => ({
  options: options.map(pollOption(state, of)),
  total_voters: new Set(options.flatMap(({ votes }) => votes.map(({ by }) => by))).size
})

/** A poll with its message, as every endpoint of polls answers. */
export const poll = (state: State.LinqState, of: State.Chat, given: Message) => ({
  chat_id: of.id,
  message_id: given.id,
  created_at: Json.iso(given.createdAt),
  updated_at: Json.iso(given.updatedAt),
  reactions: given.reactions.map(reaction(state, of)),
  poll: pollContent(state, of, given.poll ?? [])
})
