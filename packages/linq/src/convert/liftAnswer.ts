/** Converts Linq's answers to neutral values. */
import type { ChatContext } from "@interline/core/Adapter"
import type { Attachment } from "@interline/core/Attachment"
import type { Block } from "@interline/core/Block"
import type { CarrierId } from "@interline/core/CarrierId"
import type { Chat, Participant } from "@interline/core/Chat"
import type { ContactCard } from "@interline/core/ContactCard"
import * as Handle from "@interline/core/Handle"
import type { ChatHealth, LineHealth } from "@interline/core/Health"
import type { LineName } from "@interline/core/Line"
import type { Message } from "@interline/core/Message"
import { present } from "@interline/core/Optional"
import type { Receipt } from "@interline/core/Outcome"
import type { Page } from "@interline/core/Page"
import * as Part from "@interline/core/Part"
import * as Peer from "@interline/core/Peer"
import { Raw } from "@interline/core/Raw"
import type { ReceivedReaction } from "@interline/core/Reaction"
import { isVendorId } from "@interline/core/VendorId"
import { splitter } from "@interline/core/VisibleText"
import type { Webhook } from "@interline/core/Webhook"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as LinqSchema from "../wire/LinqSchema.ts"
import * as LinqWords from "../wire/LinqWords.ts"

export const some = <A>(value: A | null | undefined): A | undefined => value ?? undefined

/** A valid id. Any other value is left out, and the other fields are still read. */
const idOf = (value: unknown): string | undefined => isVendorId(value) ? value : undefined

export const filled = (value: string | null | undefined): string | undefined => value === null || value === "" ? undefined : value

/** A time that can be read, exactly as the vendor wrote it, with its nanoseconds. */
export const timeOf = (value: unknown): string | undefined =>
  typeof value === "string" && !Number.isNaN(Date.parse(value)) ? value : undefined

/** A valid size: a finite number from 0. */
const sizeOf = (value: unknown): number | undefined => typeof value === "number" && Number.isFinite(value) && value >= 0 ? value : undefined

export const index = (value: number | null | undefined): number | undefined =>
  typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : undefined

/** The fields that have no neutral name, under the vendor's names. */
export const rest = (wire: Readonly<Record<string, unknown>>, neutral: ReadonlySet<string>): Record<string, unknown> => {
  const out: Record<string, unknown> = {}
  for (const key in wire) {
    const value = wire[key]
    // a copy that sets each key in turn loses `__proto__`, so it is left out here, and all later steps see the same fields
    if (value !== null && value !== undefined && !neutral.has(key) && key !== "__proto__") out[key] = value
  }
  return out
}

const word = <K extends string, A>(table: Readonly<Record<K, A>>, raw: string): { readonly neutral?: A; readonly raw: string } => {
  const neutral = LinqWords.meaning(table, raw)
  return neutral === undefined ? { raw } : { neutral, raw }
}

const optionalWord = <K extends string, A>(table: Readonly<Record<K, A>>, raw: string | null | undefined) =>
  raw === null || raw === undefined || raw === "" ? undefined : word(table, raw)

export const peer = (value: string | null | undefined): Peer.Peer | undefined =>
  value === null || value === undefined || value === "" ? undefined : Peer.fromVendor(value)

// --- sends ---

const text = (value: unknown): string | undefined => typeof value === "string" && value !== "" ? value : undefined

/** The fields of a sent message that a receipt needs. Several of Linq's answers give them. */
interface Accepted {
  readonly id: string
  readonly chatId: unknown
  readonly status: unknown
  readonly service: unknown
  readonly answer: unknown
}

const makeReceipt = (
  carrierId: CarrierId,
  parts: ReadonlyArray<number>,
  { answer, chatId, id, service, status }: Accepted
): Receipt => {
  const rawStatus = text(status)
  const chat = idOf(chatId)
  const used = text(service)
  const neutral = used === undefined ? undefined : LinqWords.meaning(LinqWords.serviceToNeutral, used)
  return {
    ref: { carrierId, id },
    ...(chat === undefined ? undefined : { chat: { carrierId, id: chat } }),
    parts,
    status: (rawStatus === undefined ? undefined : LinqWords.meaning(LinqWords.statusToNeutral, rawStatus)) ?? "pending",
    ...(rawStatus === undefined ? undefined : { rawStatus }),
    ...(neutral === undefined ? undefined : { service: neutral }),
    raw: new Raw(answer)
  }
}

export const receipt = (carrierId: CarrierId, parts: ReadonlyArray<number>, reply: LinqSchema.SendReply): Receipt => {
  const message = "chat" in reply ? reply.chat.message : reply.message
  const chatId = "chat" in reply ? reply.chat.id : reply.chat_id
  return makeReceipt(carrierId, parts, {
    id: message.id,
    chatId,
    status: message.delivery_status,
    service: message.service,
    answer: reply
  })
}

/** Makes, from a message that was read, the receipt that the lost answer would have given. */
export const messageReceipt = (carrierId: CarrierId, parts: ReadonlyArray<number>, message: LinqSchema.Message): Receipt =>
  makeReceipt(carrierId, parts, {
    id: message.id,
    chatId: message.chat_id,
    status: message.delivery_status,
    service: message.service,
    answer: message
  })

export const voiceMemoReceipt = (carrierId: CarrierId, reply: LinqSchema.VoiceMemoReply): Receipt => {
  const { voice_memo: memo } = reply
  return makeReceipt(carrierId, [0], { id: memo.id, chatId: memo.chat?.id, status: memo.status, service: memo.service, answer: reply })
}

// --- messages ---

const reactionOf = (wire: LinqSchema.Reaction): ReceivedReaction["reaction"] => {
  const neutral = LinqWords.meaning(LinqWords.reactionToNeutral, wire.type)
  switch (neutral) {
    case undefined:
      return { _tag: "Unrecognized", raw: wire.type }
    case "Emoji": {
      const emoji = filled(wire.custom_emoji)
      return emoji === undefined ? { _tag: "Unrecognized", raw: wire.type } : { _tag: "Emoji", emoji }
    }
    case "Sticker": {
      const sticker = some(wire.sticker)
      return {
        _tag: "Sticker",
        ...present({
          url: some(sticker?.url),
          mimeType: some(sticker?.mime_type),
          fileName: some(sticker?.file_name),
          width: sizeOf(sticker?.width),
          height: sizeOf(sticker?.height)
        })
      }
    }
    default:
      return { _tag: "Tapback", tapback: neutral }
  }
}

export const reaction = (wire: LinqSchema.Reaction): ReceivedReaction => ({
  reaction: reactionOf(wire),
  ...present({ id: idOf(wire.id), from: peer(wire.handle?.handle) }),
  isMine: wire.is_me ?? false,
  raw: wire.type
})

const styles: ReadonlySet<string> = new Set(Part.TextStyle.literals)
const animations: ReadonlySet<string> = new Set(Part.TextAnimation.literals)
const isStyle = (word: string | null | undefined): word is Part.TextStyle => typeof word === "string" && styles.has(word)
const isAnimation = (word: string | null | undefined): word is Part.TextAnimation => typeof word === "string" && animations.has(word)

interface Range {
  readonly start: number
  readonly end: number
}

/** Reads ranges of one text. A range must lie within the text and must not cut a visible sign in two. */
const rangesIn = (text: string): (range: unknown) => Range | undefined => {
  const splits = splitter(text)
  return (range) => {
    const [start, end, ...more]: ReadonlyArray<unknown> = Array.isArray(range) ? range : []
    if (typeof start !== "number" || typeof end !== "number" || more.length > 0) return undefined
    const isInside = Number.isInteger(start) && Number.isInteger(end) && start >= 0 && start < end && end <= text.length
    return isInside && !splits(start) && !splits(end) ? { start, end } : undefined
  }
}

const readDecoration = Schema.decodeUnknownOption(LinqSchema.TextDecoration)

const decoration = (rangeOf: (range: unknown) => Range | undefined) => (given: unknown): ReadonlyArray<Part.ReceivedDecoration> => {
  const wire = Option.getOrUndefined(readDecoration(given))
  const range = rangeOf(wire?.range)
  if (wire === undefined || range === undefined) return []
  const unknown = [isStyle(wire.style) ? undefined : filled(wire.style), isAnimation(wire.animation) ? undefined : filled(wire.animation)]
    .filter((word) => word !== undefined)
  return [{
    ...range,
    ...(isStyle(wire.style) ? { style: wire.style } : {}),
    ...(isAnimation(wire.animation) ? { animation: wire.animation } : {}),
    ...(unknown.length === 0 ? {} : { raw: unknown.join(" ") })
  }]
}

const listIn = (given: unknown): ReadonlyArray<unknown> => Array.isArray(given) ? given : []

/** Our line in the chat. Where an answer does not name it, our lines at the carrier. */
type Owner = string | ReadonlySet<string> | undefined

const isOwner = (owner: Owner, handle: string): boolean =>
  typeof owner === "string" ? handle.toLowerCase() === owner.toLowerCase() : owner?.has(handle) === true

const mentionOf = (
  rangeOf: (range: unknown) => Range | undefined,
  owner: Owner,
  handle: unknown,
  isMe: unknown,
  given: unknown
): ReadonlyArray<Part.ReceivedMention> => {
  const range = rangeOf(given)
  return typeof handle !== "string" || handle === "" || range === undefined
    ? []
    : [{ peer: Peer.fromVendor(handle), isMine: isMe === true && isOwner(owner, handle), ...range }]
}

/**
 * The people whom a text mentions. If `mentions` is there, only `mentions` counts, even if it cannot be read. Otherwise the older field
 * counts. The older field names only the first person and does not say whether this is us. linq-node of September 2026, read 2026-11-29.
 */
const mentions = (wire: LinqSchema.Part, text: string, owner: Owner): ReadonlyArray<Part.ReceivedMention> => {
  if ("mentions" in wire) {
    const named = listIn(wire.mentions)
    if (named.length === 0) return []
    const rangeOf = rangesIn(text)
    return named.flatMap((one) => Predicate.isRecord(one) ? mentionOf(rangeOf, owner, one["handle"], one["is_me"], one["range"]) : [])
  }
  return wire.mention === undefined
    ? []
    : mentionOf(rangesIn(text), owner, wire.mention, typeof owner === "string", wire.mention_range ?? [0, text.length])
}

const decorations = (wire: LinqSchema.Part, text: string): ReadonlyArray<Part.ReceivedDecoration> => {
  const given = listIn(wire.text_decorations)
  return given.length === 0 ? [] : given.flatMap(decoration(rangesIn(text)))
}

const neutralOfLink: ReadonlySet<string> = new Set(["type", "value", "reactions"])
const neutralOfMedia: ReadonlySet<string> = new Set(["type", "url", "id", "filename", "mime_type", "size_bytes", "reactions"])

const neutralOfSticker: ReadonlySet<string> = new Set([...neutralOfMedia, "sticker"])

const mentionFields = ["mentions", "mention", "mention_range"]
const neutralOfText: ReadonlySet<string> = new Set(["type", "value", "reactions", "text_decorations", ...mentionFields])

/** The fields of a text whose entries were all read. Every other field stays in `raw`, whole. */
const readOfText = (
  wire: LinqSchema.Part,
  decorations: ReadonlyArray<Part.ReceivedDecoration>,
  mentions: ReadonlyArray<Part.ReceivedMention>
): ReadonlySet<string> => {
  const isDecorated = wire.text_decorations == null ||
    (Array.isArray(wire.text_decorations) && wire.text_decorations.length === decorations.length)
  const isNamed = wire.mentions == null
    ? wire.mention == null || mentions.length > 0
    : Array.isArray(wire.mentions) && wire.mentions.length === mentions.length
  return isDecorated && isNamed
    ? neutralOfText
    : new Set(
      Array.from(neutralOfText).filter((field) => field === "text_decorations" ? isDecorated : isNamed || !mentionFields.includes(field))
    )
}

/** The rest of a part: unknown fields, and fields that could not be read. */
const unreadOf = (wire: LinqSchema.Part, read: ReadonlySet<string>): { readonly raw?: Record<string, unknown> } => {
  const left = rest(wire, read)
  return Object.keys(left).length === 0 ? {} : { raw: left }
}

const part = (owner: Owner) => (wire: LinqSchema.Part): Part.ReceivedPart => {
  const reactions = (wire.reactions ?? []).map(reaction)
  if (wire.type === "text" && typeof wire.value === "string") {
    const decorated = decorations(wire, wire.value)
    const named = mentions(wire, wire.value, owner)
    return {
      _tag: "Text",
      text: wire.value,
      decorations: decorated,
      ...(named.length === 0 ? {} : { mentions: named }),
      reactions,
      ...unreadOf(wire, readOfText(wire, decorated, named))
    }
  }
  if (wire.type === "link" && typeof wire.value === "string") {
    return { _tag: "Link", url: wire.value, reactions, ...unreadOf(wire, neutralOfLink) }
  }
  if (wire.type === "media") {
    return {
      _tag: "Media",
      ...present({
        url: some(wire.url),
        id: some(wire.id),
        fileName: some(wire.filename),
        mimeType: some(wire.mime_type),
        sizeBytes: sizeOf(wire.size_bytes),
        sticker: typeof wire.sticker === "boolean" ? wire.sticker : undefined
      }),
      reactions,
      ...unreadOf(wire, typeof wire.sticker === "boolean" ? neutralOfSticker : neutralOfMedia)
    }
  }
  return { _tag: "Other", kind: wire.type, raw: wire, reactions }
}

// The docs of spring 2026 give a read message no status, only what follows from these fields
const inferredStatus = (wire: LinqSchema.Message): Message["status"] =>
  wire.is_read === true && wire.is_from_me !== false
    ? { neutral: "read", raw: "is_read" }
    : wire.is_delivered === true || wire.is_from_me === false
    ? { neutral: "delivered", raw: "is_delivered" }
    : typeof wire.sent_at === "string"
    ? { neutral: "sent", raw: "sent_at" }
    : { neutral: "pending", raw: "created_at" }

const neutralOfMessage: ReadonlySet<string> = new Set([
  ...["id", "chat_id", "delivery_status", "is_from_me", "parts", "effect", "reply_to", "service", "preferred_service"],
  ...["created_at", "updated_at", "sent_at", "delivered_at", "read_at", "reconciled_at"]
])

/** Whether a part has reactions. Linq's reactions have more fields than a neutral reaction, so such parts are also kept as they came. */
const hasReactions = (wire: LinqSchema.Message): boolean => (wire.parts ?? []).some((part) => (part.reactions ?? []).length > 0)

export const isMine = (wire: LinqSchema.Message): boolean => wire.is_from_me ?? wire.from_handle?.is_me ?? false

export const message = (carrierId: CarrierId, wire: LinqSchema.Message, owner?: Owner): Message => {
  const chatId = idOf(wire.chat_id)
  const effect = filled(wire.effect?.name)
  const replyTo = idOf(wire.reply_to?.message_id)
  const status = filled(wire.delivery_status)
  return {
    ref: { carrierId, id: wire.id },
    direction: isMine(wire) ? "outbound" : "inbound",
    to: [],
    parts: (wire.parts ?? []).map(part(owner)),
    status: status === undefined ? inferredStatus(wire) : word(LinqWords.statusToNeutral, status),
    ...present({
      chat: chatId === undefined ? undefined : { carrierId, id: chatId },
      from: peer(wire.from_handle?.handle ?? wire.from),
      effect: effect === undefined ? undefined : word(LinqWords.effectToNeutral, effect),
      replyTo: replyTo === undefined
        ? undefined
        : { ref: { carrierId, id: replyTo }, ...present({ part: index(wire.reply_to?.part_index) }) },
      service: optionalWord(LinqWords.serviceToNeutral, wire.service),
      preferredService: optionalWord(LinqWords.serviceToNeutral, wire.preferred_service),
      createdAt: timeOf(wire.created_at),
      updatedAt: timeOf(wire.updated_at),
      sentAt: timeOf(wire.sent_at),
      deliveredAt: timeOf(wire.delivered_at),
      readAt: timeOf(wire.read_at),
      recoveredAt: timeOf(wire.reconciled_at)
    }),
    metadata: {
      ...rest(wire, neutralOfMessage),
      ...(wire.effect === null || wire.effect === undefined ? {} : { effect: wire.effect }),
      ...(hasReactions(wire) ? { parts: wire.parts } : {})
    }
  }
}

export const page = <LinqSchema, A>(
  items: ReadonlyArray<LinqSchema>,
  cursor: string | null | undefined,
  lift: (wire: LinqSchema) => A
): Page<A> => ({ items: items.map(lift), next: Option.fromNullable(filled(cursor)), total: Option.none() })

// --- chats ---

const neutralOfHandle: ReadonlySet<string> = new Set(["handle", "id", "is_me", "status", "service", "joined_at", "left_at"])

export const participant = (wire: LinqSchema.ChatHandle): Participant => ({
  peer: Peer.fromVendor(wire.handle),
  isMine: wire.is_me ?? false,
  ...present({
    id: some(wire.id),
    status: optionalWord(LinqWords.participantToNeutral, wire.status),
    service: optionalWord(LinqWords.serviceToNeutral, wire.service),
    joinedAt: timeOf(wire.joined_at),
    leftAt: timeOf(wire.left_at)
  }),
  metadata: rest(wire, neutralOfHandle)
})

export const healthStatus = (raw: string | null | undefined) =>
  (raw === null || raw === undefined ? undefined : LinqWords.meaning(LinqWords.healthToNeutral, raw.toUpperCase())) ?? "unknown"

const health = (wire: LinqSchema.Chat): ChatHealth | undefined => {
  const { health_score: score, health_status: status } = wire
  if ((status === null || status === undefined) && (score === null || score === undefined)) return undefined
  return {
    status: healthStatus(status?.status),
    ...present({
      raw: some(status?.status),
      score: some(score?.score),
      reason: some(score?.reason),
      updatedAt: some(status?.updated_at ?? score?.updated_at),
      docUrl: some(status?.doc_url)
    })
  }
}

const neutralOfChat: ReadonlySet<string> = new Set([
  ...["id", "display_name", "group_chat_icon", "handles", "is_group", "is_archived", "service", "health_status", "health_score"],
  ...["created_at", "updated_at"]
])

export const chat = (carrierId: CarrierId, wire: LinqSchema.Chat): Chat => ({
  ref: { carrierId, id: wire.id },
  isGroup: wire.is_group ?? false,
  participants: (wire.handles ?? []).filter((handle) => handle.handle !== "").map(participant),
  ...present({
    name: some(wire.display_name),
    icon: some(wire.group_chat_icon),
    service: optionalWord(LinqWords.serviceToNeutral, wire.service),
    archived: some(wire.is_archived),
    health: health(wire),
    createdAt: timeOf(wire.created_at),
    updatedAt: timeOf(wire.updated_at)
  }),
  metadata: rest(wire, neutralOfChat)
})

/** A line of ours, if it is a number in E.164. */
export const phone = (value: string | null | undefined): Handle.Phone | undefined => {
  const number = peer(value)
  return Handle.isHandle(number) && Handle.isPhone(number) ? number : undefined
}

const isPresent = (handle: LinqSchema.ChatHandle): boolean => handle.status !== "left" && handle.status !== "removed"

export const others = (wire: LinqSchema.Chat, from: Handle.Phone | undefined): ReadonlyArray<Peer.Peer> =>
  (wire.handles ?? [])
    .filter((handle) => handle.handle !== "" && handle.is_me !== true && handle.handle !== from && isPresent(handle))
    .map((handle) => Peer.fromVendor(handle.handle))

/** Whether this chat holds exactly our line and these people, and our line has not left it. */
export const holdsExactly = (
  wire: LinqSchema.Chat,
  kind: "direct" | "group",
  recipients: ReadonlyArray<Handle.Handle>,
  from: Handle.Phone
): boolean => {
  if ((wire.is_group ?? false) !== (kind === "group")) return false
  const mine = (wire.handles ?? []).find((handle) => handle.is_me === true || handle.handle === from)
  if (mine !== undefined && (!isPresent(mine) || mine.handle !== from)) return false
  const people = new Set<string>(others(wire, from))
  return people.size === recipients.length && recipients.every((handle) => people.has(handle))
}

export const chatContext = (carrierId: CarrierId, wire: LinqSchema.Chat): ChatContext => ({
  kind: wire.is_group === true ? "group" : "direct",
  recipients: others(wire, undefined).filter(Handle.isHandle),
  from: phone((wire.handles ?? []).find((handle) => handle.is_me === true)?.handle),
  chat: { carrierId, id: wire.id }
})

// --- the rest ---

const neutralOfAttachment: ReadonlySet<string> = new Set([
  ...["id", "filename", "content_type", "size_bytes", "download_url", "created_at"]
])

export const attachment = (carrierId: CarrierId, wire: LinqSchema.Attachment): Attachment => ({
  ref: { carrierId, id: wire.id },
  ...present({
    fileName: some(wire.filename),
    mimeType: some(wire.content_type),
    sizeBytes: sizeOf(wire.size_bytes),
    url: some(wire.download_url),
    createdAt: timeOf(wire.created_at)
  }),
  metadata: rest(wire, neutralOfAttachment)
})

const neutralOfLine: ReadonlySet<string> = new Set(["id", "phone_number", "forwarding_number"])

/** Undefined if the number is not in E.164. The list does not say whether a line is flagged; only a webhook does. */
export const line = (
  carrierId: CarrierId,
  names: ReadonlyMap<string, LineName>,
  wire: LinqSchema.PhoneNumber
): LineHealth | undefined => {
  const number = phone(wire.phone_number)
  if (number === undefined) return undefined
  const raw = some(wire.reputation?.status ?? wire.health_status?.status)
  return {
    carrierId,
    number,
    id: wire.id,
    status: healthStatus(raw),
    available: true,
    ...present({ name: names.get(number), raw, forwardingNumber: filled(wire.forwarding_number) }),
    metadata: rest(wire, neutralOfLine)
  }
}

export const contactCard = (line: LineName, wire: LinqSchema.ContactCard): ContactCard => ({
  line,
  firstName: wire.first_name,
  ...present({ lastName: some(wire.last_name), imageUrl: some(wire.image_url) }),
  active: wire.is_active ?? false
})

export const block = (carrierId: CarrierId, { blocked_at, handle, reason }: LinqSchema.BlockedHandle): Block => ({
  carrierId,
  peer: Peer.fromVendor(handle),
  ...present({ at: timeOf(blocked_at), reason: filled(reason) })
})

export const webhook = (carrierId: CarrierId, wire: LinqSchema.WebhookSubscription): Webhook => ({
  carrierId,
  id: wire.id,
  url: wire.target_url,
  events: wire.subscribed_events ?? [],
  lines: (wire.phone_numbers ?? []).map(phone).filter((number) => number !== undefined),
  active: wire.is_active ?? true,
  ...present({
    secret: typeof wire.signing_secret === "string" ? Redacted.make(wire.signing_secret) : undefined,
    createdAt: timeOf(wire.created_at),
    updatedAt: timeOf(wire.updated_at)
  })
})
