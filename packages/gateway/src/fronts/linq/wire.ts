/** Linq's JSON shapes, from what the gateway knows: @linqapp/sdk 0.28.2 and Linq's docs of spring 2026, read 2026-11-21. */
import type { Chat, Participant } from "@interline/core/Chat"
import type { DeliveryReport } from "@interline/core/DeliveryStatus"
import type { Draft } from "@interline/core/Draft"
import type { ChatHealth, HealthStatus } from "@interline/core/Health"
import type { SharedLocation } from "@interline/core/Location"
import type { Message } from "@interline/core/Message"
import { kinds, type MessageEffect } from "@interline/core/MessageEffect"
import { present } from "@interline/core/Optional"
import type { Media, ReceivedPart } from "@interline/core/Part"
import type { Poll, PollOption } from "@interline/core/Poll"
import type { ReceivedReaction } from "@interline/core/Reaction"
import type { Service } from "@interline/core/Service"
import * as LinqWords from "@interline/linq/LinqWords"
import * as Store from "@interline/sql/Store"
import * as MediaTypes from "../kit/mediaTypes.ts"

export const iso = (at: number): string => new Date(at).toISOString()

// --- ids that Linq's bodies need: made from the thing that they name, so that every process makes the same ids ---

/** The id of a person in a chat. */
export const handleId = (chatId: string, handle: string): string => Store.deriveId(`v3/handle/${chatId}/${handle}`)

/** The id of a chat that is not on a line of ours. */
export const foreignChatId = (ours: string, theirs: string): string => Store.deriveId(`v3/strangers/${ours}/${theirs}`)

export const lineId = (line: string): string => Store.deriveId(`v3/line/${line}`)

/** The id of a file of which only the address is known. */
export const fileId = (url: string): string => Store.deriveId(`v3/url/${url}`)

export const eventId = (id: number): string => Store.deriveId(`v3/event/${id}`)

/** A trace id in Linq's form: 32 hexadecimal digits. The answer and all webhooks of a delivery have its own id here. */
export const traceId = (id: string): string => id.replaceAll("-", "").toLowerCase()

// --- people ---

/** A chat with what is needed to name its people. */
export interface ChatView {
  readonly id: string
  readonly isGroup: boolean
  /** The number of our line. */
  readonly number: string | undefined
  readonly people: ReadonlyArray<string>
  readonly service: Service | undefined
  /** Epoch milliseconds. */
  readonly since: number
}

// until Linq knows the service it names the one that it tries first: iMessage
const provisional = "iMessage"

export const service = (known: Service | undefined): LinqWords.LinqService => LinqWords.serviceFromNeutral[known ?? provisional]

export const handle = (view: ChatView, address: string) => ({
  id: handleId(view.id, address),
  handle: address,
  service: service(view.service),
  status: "active",
  joined_at: iso(view.since),
  left_at: null,
  is_me: address === view.number
})

export type HandleBody = Omit<ReturnType<typeof handle>, "status" | "left_at"> & {
  readonly status: string
  readonly left_at: string | null
}

const owner = (view: ChatView): HandleBody | null => view.number === undefined ? null : handle(view, view.number)

export const handles = (view: ChatView): ReadonlyArray<HandleBody> =>
  [...(view.number === undefined ? [] : [view.number]), ...view.people].map((address) => handle(view, address))

// "unknown" means that the carrier reported no problem; Linq has no word for it
const healthWord = (status: HealthStatus): LinqWords.LinqHealth => LinqWords.healthFromNeutral[status] ?? "HEALTHY"

const healthOf = (status: LinqWords.LinqHealth, updatedAt: string) => ({
  status,
  doc_url: `https://docs.linqapp.com/guides/chats/chat-health#${status.toLowerCase().replace("_", "-")}`,
  updated_at: updatedAt
})

/** An opt-out counts more than what a carrier says, because nothing will be sent to this person. */
export const health = (optedOut: boolean, known: ChatHealth | undefined, since: number) =>
  healthOf(optedOut ? "OPTED_OUT" : healthWord(known?.status ?? "unknown"), known?.updatedAt ?? iso(since))

export const reputation = (status: HealthStatus) => {
  const word = status === "opted-out" ? "HEALTHY" : healthWord(status)
  return { status: word, doc_url: `https://docs.linqapp.com/guides/phone-numbers/reputation#${word.toLowerCase().replace("_", "-")}` }
}

// --- parts ---

const reactionWord = (reaction: ReceivedReaction["reaction"]): string => {
  switch (reaction._tag) {
    case "Tapback":
      return LinqWords.reactionFromNeutral[reaction.tapback]
    case "Emoji":
      return "custom"
    case "Sticker":
      return "sticker"
    case "Unrecognized":
      return reaction.raw
  }
}

export const sticker = (reaction: ReceivedReaction["reaction"]) =>
  reaction._tag === "Sticker"
    ? present({
      url: reaction.url,
      mime_type: reaction.mimeType,
      file_name: reaction.fileName,
      width: reaction.width,
      height: reaction.height
    })
    : null

export const reactionFields = ({ reaction }: ReceivedReaction) => ({
  type: reactionWord(reaction),
  custom_emoji: reaction._tag === "Emoji" ? reaction.emoji : null,
  sticker: sticker(reaction)
})

/** The person or line that reacted. For a reaction of ours it is our line. */
export const reactor = (view: ChatView, { from, isMine }: ReceivedReaction): string | undefined => isMine ? view.number ?? from : from

const reactionBody = (view: ChatView) => (received: ReceivedReaction) => {
  const by = reactor(view, received)
  return {
    ...present({ id: received.id }),
    is_me: received.isMine,
    handle: by === undefined ? null : handle(view, by),
    ...reactionFields(received)
  }
}

const nameInUrl = (url: string): string => {
  const path = url.split(/[?#]/, 1)[0] ?? url
  const name = path.slice(path.lastIndexOf("/") + 1)
  return name === "" ? "file" : name
}

/** A file of a message. Its size is null if only its address is known. */
export const media = (part: Extract<ReceivedPart, { readonly _tag: "Media" }>) => {
  const { fileName, id, mimeType, sizeBytes, url } = part
  const name = fileName ?? (url === undefined ? "file" : nameInUrl(url))
  return {
    type: "media",
    id: id ?? fileId(url ?? name),
    url: url ?? null,
    filename: name,
    mime_type: mimeType ?? MediaTypes.ofName(name) ?? "application/octet-stream",
    size_bytes: sizeBytes ?? null,
    ...(part.sticker === true ? { sticker: true } : {})
  }
}

type TextPart = Extract<ReceivedPart, { readonly _tag: "Text" }>

/**
 * The mentions of a text, and its first one in the older fields. Without a mention there is none of these fields. Our own line has the
 * number that the program knows.
 */
const mentionsOf = ({ number }: Pick<ChatView, "number">, { mentions = [] }: TextPart) => {
  const written = mentions.map(({ end, isMine, peer, start }) => ({
    handle: isMine ? number ?? peer : peer,
    is_me: isMine,
    range: [start, end]
  }))
  const [first] = written
  return first === undefined ? {} : { mentions: written, mention: first.handle, mention_range: first.range }
}

/** A part without reactions, as webhooks have it. */
export const barePart = (view: Pick<ChatView, "number">) => (part: ReceivedPart) => {
  switch (part._tag) {
    case "Text":
      return {
        type: "text",
        value: part.text,
        text_decorations: part.decorations.length === 0
          ? null
          : part.decorations.map(({ animation, end, start, style }) => present({ range: [start, end], style, animation })),
        ...mentionsOf(view, part)
      }
    case "Media":
      return media(part)
    case "Link":
      return { type: "link", value: part.url }
    case "Other":
      return { ...(typeof part.raw === "object" && part.raw !== null ? part.raw : {}), type: part.kind }
  }
}

const part = (view: ChatView) => (given: ReceivedPart) => ({
  ...barePart(view)(given),
  reactions: given.reactions.length === 0 ? null : given.reactions.map(reactionBody(view))
})

export const effect = (neutral: MessageEffect | undefined, raw: string | undefined) =>
  neutral !== undefined
    ? LinqWords.effectFromNeutral[neutral] ?? { type: kinds[neutral], name: neutral }
    : raw === undefined
    ? null
    : { name: raw }

// --- messages ---

/** A message without its carrier's ids. */
export type Content = Omit<Message, "ref" | "chat" | "to" | "replyTo" | "metadata">

/**
 * A message as this wire shows it. All ids in it are ids of the gateway: `id`, `reply.id`, and the ids of files in `message.parts`.
 */
export interface Shown {
  readonly id: string
  readonly message: Content
  readonly reply: { readonly id: string; readonly part: number } | undefined
  /** Epoch milliseconds; used if the carrier names no time of creation. */
  readonly at: number
  /** Epoch milliseconds; used if the carrier names no time of the last change. */
  readonly changedAt: number
}

const status = ({ direction, status: { neutral } }: Content): LinqWords.LinqStatus =>
  direction === "inbound" ? "received" : LinqWords.statusFromNeutral[neutral ?? "pending"]

const isDelivered = (word: LinqWords.LinqStatus): boolean => word === "delivered" || word === "read" || word === "received"

const sender = (view: ChatView, { direction, from }: Content): string | undefined => direction === "outbound" ? view.number ?? from : from

export const replyTo = ({ reply }: Pick<Shown, "reply">) => reply === undefined ? null : { message_id: reply.id, part_index: reply.part }

/** Linq leaves this field out on a message that came at once. */
export const reconciled = ({ recoveredAt }: Content) => recoveredAt === undefined ? {} : { reconciled_at: recoveredAt }

const common = (view: ChatView, { at, id, message, reply }: Shown) => {
  const word = status(message)
  const by = sender(view, message)
  return {
    id,
    service: message.service?.neutral === undefined ? null : LinqWords.serviceFromNeutral[message.service.neutral],
    preferred_service: message.preferredService?.neutral === undefined
      ? null
      : LinqWords.serviceFromNeutral[message.preferredService.neutral],
    parts: message.parts.map(part(view)),
    created_at: message.createdAt ?? iso(at),
    sent_at: message.sentAt ?? null,
    delivered_at: message.deliveredAt ?? null,
    delivery_status: word,
    is_read: word === "read",
    effect: effect(message.effect?.neutral, message.effect?.raw),
    from_handle: by === undefined ? null : handle(view, by),
    reply_to: replyTo({ reply }),
    ...reconciled(message)
  }
}

export const sentMessage = (view: ChatView, shown: Shown) => common(view, shown)

export const message = (view: ChatView, shown: Shown) => {
  const fields = common(view, shown)
  return {
    ...fields,
    chat_id: view.id,
    from: fields.from_handle?.handle ?? null,
    is_from_me: shown.message.direction === "outbound",
    is_delivered: isDelivered(fields.delivery_status),
    updated_at: shown.message.updatedAt ?? iso(shown.changedAt),
    read_at: shown.message.readAt ?? null
  }
}

/** A file of a draft, as far as it is known. */
export type FileFacts = Omit<Extract<ReceivedPart, { readonly _tag: "Media" }>, "_tag" | "reactions">

/** A draft in the form in which carriers report messages. `file` tells what is known of a file of the draft. */
export const ofDraft = (
  draft: Draft,
  report: Pick<DeliveryReport, "status" | "service">,
  file: (media: Media) => FileFacts
): Content => ({
  direction: "outbound",
  parts: draft.parts.map((part): ReceivedPart => {
    switch (part._tag) {
      case "Text":
        return {
          _tag: "Text",
          text: part.text,
          decorations: part.decorations ?? [],
          ...(part.mentions === undefined || part.mentions.length === 0
            ? {}
            : { mentions: part.mentions.map(({ end, handle, start }) => ({ peer: handle, isMine: false, start, end })) }),
          reactions: []
        }
      case "Media":
        return { _tag: "Media", ...file(part), ...(part.sticker === true ? { sticker: true } : {}), reactions: [] }
      case "Link":
        return { _tag: "Link", url: part.url, reactions: [] }
    }
  }),
  ...(draft.effect === undefined ? {} : { effect: { neutral: draft.effect, raw: draft.effect } }),
  status: { neutral: report.status, raw: report.status },
  ...(report.service === undefined ? {} : { service: { neutral: report.service, raw: report.service } }),
  ...(draft.preferredService === undefined ? {} : { preferredService: { neutral: draft.preferredService, raw: draft.preferredService } })
})

// --- chats ---

const participantStatus = ({ status }: Participant): string => status?.neutral ?? status?.raw ?? "active"

export const participant = (view: ChatView) => (given: Participant): HandleBody => ({
  ...handle(view, given.peer),
  ...(given.service?.neutral === undefined ? {} : { service: LinqWords.serviceFromNeutral[given.service.neutral] }),
  status: participantStatus(given),
  joined_at: given.joinedAt ?? iso(view.since),
  left_at: given.leftAt ?? null,
  is_me: given.isMine
})

export interface ChatFacts {
  readonly view: ChatView
  readonly optedOut: boolean
  readonly changedAt: number
  readonly chat: Chat | undefined
}

const shownName = (chat: Chat | undefined, people: ReadonlyArray<string>): string => chat?.name ?? people.join(", ")

/** A chat: the carrier's description, else the records of the gateway. */
export const chat = ({ changedAt, chat, optedOut, view }: ChatFacts) => ({
  id: view.id,
  display_name: shownName(chat, view.people),
  group_chat_icon: chat?.icon ?? null,
  service: view.service === undefined ? null : LinqWords.serviceFromNeutral[view.service],
  handles: chat === undefined || chat.participants.length === 0 ? handles(view) : chat.participants.map(participant(view)),
  is_archived: chat?.archived ?? false,
  is_group: view.isGroup,
  health_status: health(optedOut, chat?.health, view.since),
  ...(chat?.health?.score === undefined
    ? {}
    : {
      health_score: { score: chat.health.score, reason: chat.health.reason ?? null, updated_at: chat.health.updatedAt ?? iso(view.since) }
    }),
  created_at: chat?.createdAt ?? iso(view.since),
  updated_at: chat?.updatedAt ?? iso(changedAt)
})

export const createdChat = (view: ChatView, optedOut: boolean, message: ReturnType<typeof sentMessage>) => ({
  chat: {
    id: view.id,
    display_name: shownName(undefined, view.people),
    service: service(view.service),
    is_group: view.isGroup,
    handles: handles(view),
    health_status: health(optedOut, undefined, view.since),
    message
  }
})

/** The chat in an event of a message. */
export const chatOfEvent = (view: ChatView, optedOut: boolean) => ({
  id: view.id,
  is_group: view.isGroup,
  owner_handle: owner(view),
  health_status: health(optedOut, undefined, view.since)
})

/** A person's place as a feature of GeoJSON. A person of whom no place is known has none. */
export const feature = ({ peer, position }: SharedLocation) =>
  position === undefined ? [] : [{
    type: "Feature",
    geometry: { type: "Point", coordinates: [position.longitude, position.latitude] },
    properties: present({ handle: peer, address: position.address, locality: position.locality, updated_at: position.at })
  }]

/** An option of a poll, with those who voted for it. */
export const pollOption = (view: ChatView) => ({ canBeEdited, creator, id, text, voters }: PollOption) => ({
  option_id: id,
  text,
  can_be_edited: canBeEdited ?? false,
  creator_handle: creator === undefined ? null : handle(view, creator),
  voters: voters.map(({ at, peer }) => ({ handle: peer, voted_at: at ?? iso(view.since) }))
})

export const pollContent = (view: ChatView, { options, totalVoters }: Poll) => ({
  options: options.map(pollOption(view)),
  total_voters: totalVoters ?? new Set(options.flatMap(({ voters }) => voters.map(({ peer }) => peer))).size
})

/** A poll with its message, under the ids that this wire shows. */
export const poll = (view: ChatView, messageId: string, given: Poll) => ({
  chat_id: view.id,
  message_id: messageId,
  created_at: given.createdAt ?? iso(view.since),
  updated_at: given.updatedAt ?? given.createdAt ?? iso(view.since),
  reactions: given.reactions.map(reactionBody(view)),
  poll: pollContent(view, given)
})
