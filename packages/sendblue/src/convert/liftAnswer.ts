/** Converts Sendblue's answers to neutral values. */
import type { ChatContext } from "@interline/core/Adapter"
import type { Attachment, Upload } from "@interline/core/Attachment"
import type { CarrierId } from "@interline/core/CarrierId"
import type { Chat, Participant } from "@interline/core/Chat"
import type { ContactCard } from "@interline/core/ContactCard"
import type { DeliveryStatus } from "@interline/core/DeliveryStatus"
import * as Handle from "@interline/core/Handle"
import type { ContactStatus, LineHealth, LineUsage, UsageState, UsageWindow } from "@interline/core/Health"
import type { LineName } from "@interline/core/Line"
import type { Failure, Message } from "@interline/core/Message"
import type { MessageEffect } from "@interline/core/MessageEffect"
import type { ServiceLookup } from "@interline/core/OperationSignatures"
import { present } from "@interline/core/Optional"
import type { Receipt } from "@interline/core/Outcome"
import type { Page } from "@interline/core/Page"
import type { ReceivedPart } from "@interline/core/Part"
import * as Peer from "@interline/core/Peer"
import { Raw } from "@interline/core/Raw"
import type { Service } from "@interline/core/Service"
import { isVisible, withoutPlaceholders } from "@interline/core/VisibleText"
import type { Webhook } from "@interline/core/Webhook"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import type { Sent } from "../wire/SendblueClient.ts"
import * as SendblueSchema from "../wire/SendblueSchema.ts"
import * as SendblueWords from "../wire/SendblueWords.ts"

// --- words ---

const statuses: ReadonlyMap<string, DeliveryStatus> = new Map(Object.entries(SendblueWords.statusToNeutral))
const effects: ReadonlyMap<string, MessageEffect> = new Map(Object.entries(SendblueWords.styleToEffect))
const services: ReadonlyMap<string, Service> = new Map(Object.entries(SendblueWords.serviceToNeutral))
const groupTypes: ReadonlyMap<string, boolean | undefined> = new Map(Object.entries(SendblueWords.messageTypeIsGroup))
const lineStatuses: ReadonlyMap<string, Pick<LineHealth, "status" | "available">> = new Map(
  Object.entries(SendblueWords.lineStatusToNeutral)
)

const usageStates: ReadonlyMap<string, UsageState> = new Map(Object.entries(SendblueWords.usageStateToNeutral))
const classifications: ReadonlyMap<string, ContactStatus["status"]> = new Map(Object.entries(SendblueWords.classificationToNeutral))

const word = <A>(words: ReadonlyMap<string, A>, raw: string): { readonly neutral?: A; readonly raw: string } => {
  const neutral = words.get(raw)
  return neutral === undefined ? { raw } : { neutral, raw }
}

/** The fields of a vendor's object that have no neutral name, under the vendor's names. */
export const rest = (object: Readonly<Record<string, unknown>>, lifted: ReadonlySet<string>): Record<string, unknown> => {
  const metadata: Record<string, unknown> = {}
  for (const name in object) {
    const value = object[name]
    // a copy that sets each key in turn loses `__proto__`, so it is left out here, and all later steps see the same fields
    if (!lifted.has(name) && value !== undefined && value !== null && value !== "" && name !== "__proto__") metadata[name] = value
  }
  return metadata
}

/** A time, exactly as the vendor wrote it. Undefined if it cannot be read, as in a webhook. */
export const timeOf = (value: string | undefined): string | undefined =>
  value === undefined || Number.isNaN(Date.parse(value)) ? undefined : value

/** The same in epoch milliseconds. */
export const millisOf = (value: string | undefined): number | undefined => {
  const millis = value === undefined ? Number.NaN : Date.parse(value)
  return Number.isNaN(millis) ? undefined : millis
}

// --- sends ---

/** The receipt of an accepted send. An unknown status is an acceptance too, because the message has a handle. */
export const receipt = (carrierId: CarrierId, parts: ReadonlyArray<number>, sent: Sent): Receipt => {
  const { group_id, message_handle, raw, status } = sent
  const service = sent.service === undefined ? undefined : services.get(sent.service)
  return {
    ref: { carrierId, id: message_handle },
    ...(group_id === undefined ? {} : { chat: { carrierId, id: group_id } }),
    parts,
    status: (status === undefined ? undefined : statuses.get(status)) ?? "pending",
    ...(status === undefined ? {} : { rawStatus: status }),
    ...(service === undefined ? {} : { service }),
    raw: new Raw(raw)
  }
}

// --- messages ---

const liftedOfMessage: ReadonlySet<string> = new Set([
  "app_card",
  "content",
  "date_created",
  "date_sent",
  "date_updated",
  "from_number",
  "group_id",
  "is_outbound",
  "location",
  "media_url",
  "message_handle",
  "opted_out",
  "reply_to",
  "send_style",
  "service",
  "status",
  "to_number",
  "was_downgraded"
])

const errorFields = ["error_code", "error_message", "error_reason", "error_detail"] as const

const liftedOfFailed: ReadonlySet<string> = new Set([...liftedOfMessage, ...errorFields])

/**
 * The status of a message. It has no neutral status if Sendblue's code says that Sendblue does not know. Then the person may have the
 * message, even if the vendor's word is an error.
 */
export const statusOf = ({ error_code, status }: SendblueSchema.Message): Message["status"] =>
  status === undefined
    ? { raw: "" }
    : error_code !== undefined && SendblueWords.unresolvedCodes.includes(error_code)
    ? { raw: status }
    : word(statuses, status)

/**
 * Whether a message is outbound. `number` is always the other person. If the message gives no direction, it is inbound if this person
 * wrote it.
 */
export const isOutbound = (message: SendblueSchema.Message): boolean =>
  message.is_outbound ??
    !(message.status === "RECEIVED" || (message.from_number !== undefined && message.number?.[0] === message.from_number))

const isGroup = (message: SendblueSchema.Message): boolean | undefined =>
  message.group_id !== undefined ? true : message.message_type === undefined ? undefined : groupTypes.get(message.message_type)

const fileName = (url: string): string | undefined => {
  const path = url.split(/[?#]/, 1)[0] ?? url
  const name = path.slice(path.lastIndexOf("/") + 1)
  return name === "" ? undefined : name
}

const parts = ({ app_card, content, location, media_url }: SendblueSchema.Message): ReadonlyArray<ReceivedPart> => {
  const lifted: Array<ReceivedPart> = []
  // a phone may write a placeholder in the place of a file. The person did not write it
  const others = media_url !== undefined || location !== undefined || app_card !== undefined
  const text = content === undefined || !others ? content : withoutPlaceholders(content)
  if (text !== undefined && (isVisible(text) || !others)) lifted.push({ _tag: "Text", text, decorations: [], reactions: [] })
  if (media_url !== undefined) {
    const name = fileName(media_url)
    lifted.push({ _tag: "Media", url: media_url, ...(name === undefined ? {} : { fileName: name }), reactions: [] })
  }
  if (location !== undefined) lifted.push({ _tag: "Other", kind: "location", raw: location, reactions: [] })
  if (app_card !== undefined) lifted.push({ _tag: "Other", kind: "app_card", raw: app_card, reactions: [] })
  return lifted
}

const failure = (wire: SendblueSchema.Message): Failure =>
  present({ code: wire.error_code, message: wire.error_message, reason: wire.error_reason, detail: wire.error_detail })

/** `None` if the message has no handle, because then it has no id. */
export const message = (carrierId: CarrierId, wire: SendblueSchema.Message): Option.Option<Message> => {
  const { message_handle } = wire
  if (message_handle === undefined) return Option.none()
  const status = statusOf(wire)
  const failed = wire.error_code !== undefined || status.neutral === "failed"
  const inGroup = isGroup(wire)
  return Option.some({
    ref: { carrierId, id: message_handle },
    ...(wire.group_id === undefined ? {} : { chat: { carrierId, id: wire.group_id } }),
    direction: isOutbound(wire) ? "outbound" : "inbound",
    ...(wire.from_number === undefined ? {} : { from: Peer.fromVendor(wire.from_number) }),
    to: (wire.to_number ?? (isOutbound(wire) ? wire.number : undefined) ?? []).map(Peer.fromVendor),
    ...(inGroup === undefined ? {} : { isGroup: inGroup }),
    parts: parts(wire),
    ...(wire.send_style === undefined ? {} : { effect: word(effects, wire.send_style) }),
    ...(wire.reply_to === undefined ? {} : {
      replyTo: {
        ref: { carrierId, id: wire.reply_to.message_handle },
        ...(wire.reply_to.part_index === undefined ? {} : { part: wire.reply_to.part_index })
      }
    }),
    status,
    ...present({
      service: wire.service === undefined ? undefined : word(services, wire.service),
      downgraded: wire.was_downgraded,
      optedOut: wire.opted_out,
      failure: failed ? failure(wire) : undefined
    }),
    ...present({ createdAt: timeOf(wire.date_created), updatedAt: timeOf(wire.date_updated), sentAt: timeOf(wire.date_sent) }),
    metadata: rest(wire, failed ? liftedOfFailed : liftedOfMessage)
  })
}

/** Whether a list by offset goes on. `hasMore` may be absent. Then the total decides, or else whether the page was full. */
export const hasMore = (list: SendblueSchema.MessageList, asked: { readonly limit: number; readonly offset: number }): boolean => {
  const { hasMore, total } = list.pagination ?? {}
  const more = hasMore ?? (total === undefined ? list.data.length >= asked.limit : asked.offset + list.data.length < total)
  return more && list.data.length > 0
}

export const page = (
  carrierId: CarrierId,
  list: SendblueSchema.MessageList,
  asked: { readonly limit: number; readonly offset: number }
): Page<Message> => ({
  items: list.data.flatMap((wire) => Option.toArray(message(carrierId, wire))),
  next: hasMore(list, asked) ? Option.some(String(asked.offset + list.data.length)) : Option.none(),
  total: Option.fromNullable(list.pagination?.total)
})

// --- chats ---

export const handleOf = (value: string | undefined): ReadonlyArray<Handle.Handle> => {
  const peer = value === undefined || value === "" ? undefined : Peer.fromVendor(value)
  return Handle.isHandle(peer) ? [peer] : []
}

export const phoneOf = (value: string | undefined): Handle.Phone | undefined => handleOf(value).find(Handle.isPhone)

/** The people of a group: everyone who is not one of our lines or seats. */
export const peopleOf = (group: SendblueSchema.Group, ours: ReadonlySet<string>): ReadonlyArray<Handle.Handle> => {
  const seats = (group.participants ?? []).filter((participant) => participant.type === "seat").map((seat) => seat.phone ?? seat.handle)
  const contacts = (group.participants ?? []).filter((participant) => participant.type !== "seat")
  const people = [...(group.participant_numbers ?? []), ...contacts.map((contact) => contact.phone ?? contact.handle)].flatMap(handleOf)
  return Array.from(new Set(people)).filter((handle) => !ours.has(handle) && !seats.includes(handle))
}

/** The people of a group, and our line in it. If not exactly one of our lines is in the group, the line is not known. */
export const chatContext = (carrierId: CarrierId, id: string, group: SendblueSchema.Group, ours: ReadonlySet<string>): ChatContext => {
  const lines = (group.participant_numbers ?? []).filter((number) => ours.has(number))
  return {
    kind: "group",
    recipients: peopleOf(group, ours),
    from: lines.length === 1 ? phoneOf(lines[0]) : undefined,
    chat: { carrierId, id }
  }
}

/** The chat that a message is in. `None` if the message does not name the people. */
export const messageContext = (
  carrierId: CarrierId,
  wire: SendblueSchema.Message,
  ours: ReadonlySet<string>
): Option.Option<ChatContext> => {
  const line = phoneOf(wire.sendblue_number ?? (isOutbound(wire) ? wire.from_number : wire.to_number?.[0]))
  const named = wire.group_id === undefined ? (wire.number ?? []) : (wire.participants ?? [])
  const recipients = named.flatMap(handleOf).filter((handle) => handle !== line && !ours.has(handle))
  return recipients.length === 0
    ? Option.none()
    : Option.some({
      kind: wire.group_id === undefined ? "direct" : "group",
      recipients,
      from: line,
      chat: wire.group_id === undefined ? undefined : { carrierId, id: wire.group_id }
    })
}

const liftedOfGroup: ReadonlySet<string> = new Set(["group_id", "group_name", "created_at", "updated_at", "participants"])
const liftedOfParticipant: ReadonlySet<string> = new Set(["participant_id", "name"])

const peerOf = (participant: typeof SendblueSchema.GroupParticipant.Type): Peer.Peer | undefined => {
  const id = participant.phone ?? participant.handle
  return id === undefined ? undefined : Peer.fromVendor(id)
}

const participant = (wire: typeof SendblueSchema.GroupParticipant.Type, ours: ReadonlySet<string>): ReadonlyArray<Participant> => {
  const peer = peerOf(wire)
  return peer === undefined ? [] : [{
    peer,
    ...(wire.participant_id === undefined ? {} : { id: wire.participant_id }),
    isMine: wire.type === "seat" || ours.has(peer),
    ...(wire.name === undefined ? {} : { name: wire.name }),
    metadata: rest(wire, liftedOfParticipant)
  }]
}

export const chat = (carrierId: CarrierId, id: string, group: SendblueSchema.Group, ours: ReadonlySet<string>): Chat => {
  const described = (group.participants ?? []).flatMap((wire) => participant(wire, ours))
  const known = new Set<string>(described.map(({ peer }) => peer))
  const numbers = (group.participant_numbers ?? []).map(Peer.fromVendor).filter((peer) => !known.has(peer))
  const icon = group.group_photo?.url
  return {
    ref: { carrierId, id: group.group_id ?? id },
    ...(group.group_name === undefined ? {} : { name: group.group_name }),
    ...(icon === undefined ? {} : { icon }),
    isGroup: true,
    participants: [...described, ...numbers.map((peer): Participant => ({ peer, isMine: ours.has(peer), metadata: {} }))],
    ...present({ createdAt: timeOf(group.created_at), updatedAt: timeOf(group.updated_at) }),
    metadata: rest(group, liftedOfGroup)
  }
}

// --- everything else ---

/** A lookup tells whether iMessage was detected. SMS for an e-mail address does not mean that it can receive SMS. */
export const lookup = (handle: Handle.Handle, wire: SendblueSchema.Lookup): ServiceLookup => {
  const service = wire.service === undefined ? undefined : services.get(wire.service)
  return {
    services: service === undefined
      ? {}
      : service === "iMessage"
      ? { iMessage: true }
      : Handle.isPhone(handle)
      ? { iMessage: false, [service]: true }
      : { iMessage: false },
    ...(wire.service === undefined ? {} : { raw: wire.service })
  }
}

const liftedOfLine: ReadonlySet<string> = new Set(["sendblue_number", "status"])

/** The account keeps a line that was replaced for a while. Sendblue's API, read 2026-11. */
const endingOf = (state: SendblueSchema.LineState | undefined): Pick<LineHealth, "ending" | "endsAt"> =>
  state?.assignment === "grace_period" ? { ending: true, ...present({ endsAt: timeOf(state.effective_until) }) } : {}

/** The account's lines with what is known of each. A line without a number in E.164 cannot be named and is left out. */
export const lines = (
  carrierId: CarrierId,
  names: ReadonlyMap<string, LineName>,
  numbers: ReadonlyArray<string>,
  states: { readonly snapshot_at?: string; readonly data: ReadonlyArray<SendblueSchema.LineState> }
): ReadonlyArray<LineHealth> => {
  const byNumber = new Map(
    states.data.flatMap((state) => state.sendblue_number === undefined ? [] : [[state.sendblue_number, state] as const])
  )
  return Array.from(new Set([...byNumber.keys(), ...numbers])).flatMap((text): ReadonlyArray<LineHealth> => {
    const number = phoneOf(text)
    if (number === undefined) return []
    const state = byNumber.get(text)
    const name = names.get(number)
    const health = state?.status === undefined ? undefined : lineStatuses.get(state.status)
    return [{
      carrierId,
      number,
      ...(name === undefined ? {} : { name }),
      ...(health ?? { status: "unknown", available: true }),
      ...(state?.status === undefined ? {} : { raw: state.status }),
      ...endingOf(state),
      metadata: state === undefined
        ? {}
        : { ...rest(state, liftedOfLine), ...(states.snapshot_at === undefined ? {} : { snapshot_at: states.snapshot_at }) }
    }]
  })
}

const usageWindow = (wire: SendblueSchema.UsageWindow | undefined): UsageWindow | undefined =>
  wire === undefined ? undefined : present({
    used: wire.used,
    limit: wire.limit,
    left: wire.remaining,
    nextSlotAt: millisOf(wire.nextSlotAt),
    resetsAt: millisOf(wire.resetsAt)
  })

/** What Sendblue says of each line. If the account gets no reports, each of our own lines is unknown. */
export const lineUsage = (
  carrierId: CarrierId,
  names: ReadonlyMap<Handle.Phone, LineName>,
  { enabled, lines }: typeof SendblueSchema.LineUsages.Type
): ReadonlyArray<LineUsage> =>
  enabled === false
    ? Array.from(
      names,
      ([number, name]) => ({ carrierId, number, name, state: "unknown", why: "Sendblue reports no usage for this account" })
    )
    : lines.flatMap((wire): ReadonlyArray<LineUsage> => {
      const number = phoneOf(wire.phone)
      if (number === undefined) return []
      const state = (wire.state === undefined ? undefined : usageStates.get(wire.state)) ?? "unknown"
      return [{
        carrierId,
        number,
        state,
        ...present({
          name: names.get(number),
          raw: wire.state,
          why: state === "unknown" ? "Sendblue does not say it of this line at the moment" : undefined,
          sampledAt: millisOf(wire.sampledAt),
          availableAt: millisOf(wire.availableAt),
          newAfterDays: wire.newContactLookbackDays,
          hour: usageWindow(wire.hourly),
          day: usageWindow(wire.daily)
        })
      }]
    })

/** What Sendblue says of a person at a line. A word that is not known says nothing. */
export const contactStatus = (carrierId: CarrierId, wire: SendblueSchema.ContactStatus): ContactStatus => ({
  carrierId,
  status: (wire.classification === undefined ? undefined : classifications.get(wire.classification)) ?? "unknown",
  ...present({ raw: wire.classification, newAfterDays: wire.new_contact_lookback_days, sampledAt: millisOf(wire.sampled_at) })
})

/**
 * The contact card of a line. None if the line has no profile, or a profile without a name. Sendblue does not tell the address of the photo,
 * so `imageUrl` is the one that was just set.
 */
export const contactCard = (line: LineName, wire: SendblueSchema.SharingProfile, imageUrl?: string): Option.Option<ContactCard> => {
  const firstName = wire.firstName ?? wire.displayName ?? wire.lastName
  return wire.hasProfile !== true || firstName === undefined ? Option.none() : Option.some({
    line,
    firstName,
    active: wire.sharingEnabled ?? true,
    ...present({ lastName: wire.firstName === undefined ? undefined : wire.lastName, imageUrl })
  })
}

/** A stored file. Its id is its URL, because a send takes the URL. `None` if the answer gives no URL. */
export const attachment = (
  carrierId: CarrierId,
  { bytes, fileName, mimeType }: Upload,
  wire: SendblueSchema.Upload
): Option.Option<Attachment> =>
  Option.map(Option.fromNullable(wire.media_url), (url) => ({
    ref: { carrierId, id: url },
    fileName,
    mimeType,
    sizeBytes: bytes.length,
    url,
    metadata: wire.mediaObjectId === undefined ? {} : { mediaObjectId: wire.mediaObjectId }
  }))

// --- webhooks ---

/** Our id of a webhook. Sendblue has no ids for webhooks, so it is made of the type and the URL. */
export const webhookId = (type: string, url: string): string => `${type}|${url}`

export const parseWebhookId = (id: string): Option.Option<{ readonly type: string; readonly url: string }> => {
  const bar = id.indexOf("|")
  return bar < 1 || bar === id.length - 1 ? Option.none() : Option.some({ type: id.slice(0, bar), url: id.slice(bar + 1) })
}

export const webhook = (carrierId: CarrierId, type: string, entry: SendblueSchema.WebhookEntry): Webhook => {
  const { secret, sendblue_numbers = [], url } = typeof entry === "string" ? { url: entry } : entry
  return {
    carrierId,
    id: webhookId(type, url),
    url,
    events: [type],
    lines: sendblue_numbers.flatMap(handleOf).filter(Handle.isPhone),
    active: true,
    ...(secret === undefined ? {} : { secret: Redacted.make(secret) })
  }
}

export const webhooks = (carrierId: CarrierId, wire: typeof SendblueSchema.Webhooks.Type): ReadonlyArray<Webhook> =>
  Object.entries(wire).flatMap(([type, entries]) => SendblueSchema.webhookEntries(entries).map((entry) => webhook(carrierId, type, entry)))
