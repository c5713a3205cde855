/** Sendblue's message object, from what the gateway knows. */
import * as Conversation from "@interline/core/Conversation"
import type { DeliveryReport, DeliveryStatus } from "@interline/core/DeliveryStatus"
import type { Draft, MessageTarget } from "@interline/core/Draft"
import type { LineName } from "@interline/core/Line"
import type { SharedLocation } from "@interline/core/Location"
import type { Failure, Message } from "@interline/core/Message"
import type { MessageEffect } from "@interline/core/MessageEffect"
import { present } from "@interline/core/Optional"
import * as Outcome from "@interline/core/Outcome"
import type { ReceivedPart } from "@interline/core/Part"
import type { Service } from "@interline/core/Service"
import * as SendblueWords from "@interline/sendblue/SendblueWords"
import type { Archived } from "@interline/sql/Archive"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Adapted from "../kit/adapted.ts"
import * as Refusal from "./refusal.ts"
import * as Services from "./services.ts"

export type Outbound = Extract<Archived, { readonly _tag: "Outbound" }>
export type Inbound = Extract<Archived, { readonly _tag: "Inbound" }>

/** The account in every message. The vendor has an e-mail address or the name of a company here. */
export const account = "interline"

export const iso = (at: number): string => new Date(at).toISOString()

export interface Reply {
  readonly message_handle: string
  readonly part_index?: number
}

/** The fields of the vendor's lists and webhooks, in its order. An absent value is `""` in some fields and null in others, as at the vendor. */
export interface Shown extends Refusal.Failing {
  readonly accountEmail: string
  readonly content: string
  readonly is_outbound: boolean
  readonly status: string
  readonly message_handle: string
  readonly date_sent: string
  readonly date_updated: string
  readonly from_number: string | null
  readonly number: string | null
  readonly to_number: string | null
  readonly sendblue_number: string | null
  readonly was_downgraded: boolean | null
  readonly service: string | null
  readonly plan: string
  readonly media_url: string
  readonly message_type: "message" | "group" | "location"
  readonly group_id: string
  readonly group_display_name: string | null
  readonly participants: ReadonlyArray<string>
  readonly send_style: string
  readonly opted_out: boolean
  readonly reply_to?: Reply
  readonly seat_id?: string
  /** Only on a message that came long after it was written (`Message.recoveredAt`). The vendor has no such field. */
  readonly recovered_at?: string
}

/** The absent value of some fields. */
const blank = ""

/** Adds the older names of two fields, which the answer to a send and the status endpoint have, too. */
export const withOlderNames = (shown: Shown) => ({ ...shown, account_email: shown.accountEmail, date_created: shown.date_sent })

// an approximated effect has no style: its style would name an effect that was not played
const styleOf = (effect: MessageEffect | undefined): string => {
  if (effect === undefined) return ""
  const { style, support } = SendblueWords.effectToStyle[effect]
  return support === "native" ? style : ""
}

const serviceOf = (service: Service | undefined): string | null => service === undefined ? null : SendblueWords.serviceFromNeutral[service]

const findWhere = ({ ids }: Services.RenderServices, conversation: Conversation.Conversation, line: string | null) =>
  conversation._tag === "Direct"
    ? Effect.succeed({ message_type: "message", group_id: "", group_display_name: null, participants: [] } as const)
    : Effect.map(ids.toChatId(conversation), (group_id) => ({
      message_type: "group",
      group_id,
      group_display_name: "",
      participants: [...conversation.members, ...(line === null ? [] : [line])]
    } as const))

// --- outbound ---

/** The keys under which this wire keeps fields in a draft's metadata that no carrier has. */
export const metadataKeys = { seat: "seat_id", mediaUrl: "media_url" } as const

const textOf = ({ parts }: Draft): string =>
  parts.flatMap((part) => part._tag === "Text" ? [part.text] : part._tag === "Link" ? [part.url] : []).join("\n")

const mediaOf = ({ metadata, parts }: Draft): string | undefined =>
  metadata?.[metadataKeys.mediaUrl] ?? parts.flatMap((part) => part._tag === "Media" && "url" in part ? [part.url] : [])[0]

const handleOf = ({ ids }: Services.RenderServices, target: MessageTarget): Effect.Effect<string> =>
  typeof target === "string" ? Effect.succeed(target) : ids.toMessageId(target)

/** The state of a message of ours, beside its draft. Times are in epoch milliseconds. */
export interface SendStatus {
  readonly id: string
  readonly status: SendblueWords.Status
  readonly failing: Refusal.Failing
  readonly service: Service | undefined
  readonly downgraded: boolean | undefined
  readonly at: number
  readonly updatedAt: number
}

export const ofDraft = (
  services: Services.RenderServices,
  conversation: Conversation.Conversation,
  draft: Draft,
  standing: SendStatus
): Effect.Effect<Shown> =>
  Effect.gen(function*() {
    const line = Services.numberOf(services, conversation.line)
    const [first = null] = Conversation.recipients(conversation)
    const seat = draft.metadata?.[metadataKeys.seat]
    const shown: Shown = {
      accountEmail: account,
      content: textOf(draft),
      is_outbound: true,
      status: standing.status,
      ...standing.failing,
      message_handle: standing.id,
      date_sent: iso(standing.at),
      date_updated: iso(standing.updatedAt),
      from_number: line,
      number: first,
      to_number: first,
      sendblue_number: line,
      was_downgraded: standing.downgraded ?? null,
      service: serviceOf(standing.service),
      plan: account,
      media_url: mediaOf(draft) ?? blank,
      ...(yield* findWhere(services, conversation, line)),
      send_style: styleOf(draft.effect),
      opted_out: standing.failing.error_code === Refusal.reasons.OptedOut.code,
      ...(seat === undefined ? {} : { seat_id: seat })
    }
    const reply = draft.replyTo
    return reply === undefined ? shown : {
      ...shown,
      reply_to: {
        message_handle: yield* handleOf(services, reply.to),
        ...(reply.part === undefined ? {} : { part_index: reply.part })
      }
    }
  })

// the vendor answers "QUEUED" to a send that it accepted
export const statusWord = (status: DeliveryStatus): SendblueWords.Status =>
  status === "pending" ? "QUEUED" : SendblueWords.statusFromNeutral[status]

/** A failure that a carrier reported later. The codes of another vendor are left out: they mean something else here. */
export const describeFailure = (
  { own }: Services.RenderServices,
  carrierId: string | undefined,
  failure: Failure | undefined
): Refusal.Failing => {
  const isNative = own.has(carrierId)
  const code = isNative ? failure?.code : undefined
  return {
    error_code: code === undefined ? Refusal.reasons.Failed.code : /^\d+$/.test(code) ? Number(code) : code,
    error_message: (isNative ? failure?.message : undefined) ?? Refusal.reasons.Failed.sentence,
    error_reason: failure?.reason ?? null,
    error_detail: failure?.detail ?? (isNative ? null : failure?.message ?? null)
  }
}

/** Whether a carrier has given an id to a message of this delivery, by which its status can be asked for. */
export const wentOut = ({ entry: { state } }: Outbound): boolean =>
  state.result !== undefined && Outcome.receipts(state.result.outcome).length > 0

/** Whether it is known if the message was downgraded. It never is for a message that no carrier took. */
const isDowngradeKnown = ({ downgraded, messages, settled }: DeliveryReport): boolean => downgraded || (settled && messages.length > 0)

const sendStatusOf = (services: Services.RenderServices, archived: Outbound): SendStatus => {
  const { at, entry: { state }, failure, id, report, updatedAt } = archived
  const { service } = report
  const common = { id, at, updatedAt, service, downgraded: isDowngradeKnown(report) ? report.downgraded : undefined }
  const result = state.result
  const isRefused = result?.outcome._tag === "Rejected" && !report.messages.some(({ status }) => status === "failed")
  if (report.status === "failed" && !isRefused) {
    return { ...common, status: "ERROR", failing: describeFailure(services, result?.carrierId, failure) }
  }
  // a later report counts more than the outcome of the send
  if (!["pending", "failed"].includes(report.status) || wentOut(archived)) {
    return { ...common, status: statusWord(report.status), failing: Refusal.noFailure }
  }
  if (result?.outcome._tag === "Rejected") return { ...common, status: "ERROR", failing: Refusal.failingOf(result.outcome.error) }
  if (result?.outcome._tag === "Unknown" && !result.kept) return { ...common, status: "ERROR", failing: Refusal.unresolved }
  return { ...common, status: SendblueWords.statusFromNeutral.pending, failing: Refusal.noFailure }
}

export const ofOutbound = (services: Services.RenderServices, archived: Outbound): Effect.Effect<Shown> => {
  const { content: { conversation, draft }, state: { losses } } = archived.entry
  return ofDraft(services, conversation, Adapted.dropLost(draft, losses), sendStatusOf(services, archived))
}

// --- what a carrier reports ---

const receivedText = (parts: ReadonlyArray<ReceivedPart>): string =>
  parts.flatMap((part) => part._tag === "Text" ? [part.text] : part._tag === "Link" ? [part.url] : []).join("\n")

const receivedMedia = (parts: ReadonlyArray<ReceivedPart>): string =>
  parts.flatMap((part) => part._tag === "Media" && part.url !== undefined ? [part.url] : [])[0] ?? blank

/** The place that a message brings, in the vendor's own fields. */
const receivedPlace = (parts: ReadonlyArray<ReceivedPart>): unknown =>
  parts.flatMap((part) => part._tag === "Other" && part.kind === "location" ? [part.raw] : [])[0]

/** What a person shares with a line, in the words of this wire. */
export const locationOf = (shared: SharedLocation | undefined) => {
  if (shared === undefined) return { state: SendblueWords.locationStateFromNeutral["not-shared"] }
  const { endsAt, metadata, position, raw, sharing } = shared
  return {
    state: sharing === undefined ? raw : SendblueWords.locationStateFromNeutral[sharing],
    ...(position === undefined ? {} : {
      location: present({
        latitude: position.latitude,
        longitude: position.longitude,
        accuracy: position.accuracy,
        altitude: position.altitude,
        address: position.address ?? null,
        timestamp: position.at,
        expiresAt: endsAt,
        locationType: metadata["locationType"],
        refreshError: metadata["refreshError"]
      })
    })
  }
}

/** Our line and the group of a carrier's message. */
const findPlace = (
  { front, ids }: Services.RenderServices,
  message: Message,
  known: Conversation.Conversation | undefined
): Effect.Effect<
  { readonly line: LineName | undefined; readonly group: { readonly id: string; readonly members: ReadonlyArray<string> } | undefined }
> =>
  Effect.gen(function*() {
    const conversation = known ??
      (message.chat === undefined ? undefined : Option.getOrUndefined(yield* ids.findConversation(message.chat)))
    const numbers = message.direction === "inbound" ? message.to : message.from === undefined ? [] : [message.from]
    const line = conversation?.line ?? numbers.flatMap((number) => Option.toArray(front.lineOf(number)))[0]
    if (conversation?._tag === "Group") return { line, group: { id: yield* ids.toChatId(conversation), members: conversation.members } }
    return message.isGroup === true && message.chat !== undefined
      ? { line, group: { id: yield* ids.toChatId(message.chat), members: message.from === undefined ? [] : [message.from] } }
      : { line, group: undefined }
  })

/** A message as its carrier reports it. `at` and `updatedAt`, in epoch milliseconds, stand for times that the carrier does not name. */
export const ofMessage = (
  services: Services.RenderServices,
  message: Message,
  given: { readonly id: string; readonly at: number; readonly updatedAt: number; readonly conversation?: Conversation.Conversation }
): Effect.Effect<Shown> =>
  Effect.gen(function*() {
    const { group, line } = yield* findPlace(services, message, given.conversation)
    const ours = line === undefined ? null : Services.numberOf(services, line)
    const outbound = message.direction === "outbound"
    const [to = null] = message.to
    const peer = outbound ? to : message.from ?? null
    const reply = message.replyTo === undefined ? undefined : yield* services.ids.toMessageId(message.replyTo.ref)
    const status = message.status.neutral
    const place = receivedPlace(message.parts)
    return {
      accountEmail: account,
      content: receivedText(message.parts),
      is_outbound: outbound,
      status: outbound ? (status === undefined ? message.status.raw : statusWord(status)) : "RECEIVED",
      ...(status === "failed" ? describeFailure(services, message.ref.carrierId, message.failure) : Refusal.noFailure),
      message_handle: given.id,
      date_sent: message.sentAt ?? message.createdAt ?? iso(given.at),
      date_updated: message.updatedAt ?? iso(given.updatedAt),
      from_number: outbound ? ours ?? message.from ?? null : peer,
      number: peer,
      to_number: outbound ? peer : ours ?? to,
      sendblue_number: ours ?? (outbound ? message.from ?? null : to),
      was_downgraded: message.downgraded ?? null,
      service: message.service?.neutral === undefined ? message.service?.raw ?? null : serviceOf(message.service.neutral),
      plan: account,
      media_url: receivedMedia(message.parts),
      message_type: place !== undefined ? "location" : group === undefined ? "message" : "group",
      group_id: group === undefined ? "" : group.id,
      group_display_name: group === undefined ? null : "",
      participants: group === undefined ? [] : [...group.members, ...(ours === null ? [] : [ours])],
      send_style: styleOf(message.effect?.neutral),
      opted_out: message.optedOut ?? false,
      ...(place === undefined ? {} : { location: place }),
      ...(message.recoveredAt === undefined ? {} : { recovered_at: message.recoveredAt }),
      ...(reply === undefined ? {} : {
        reply_to: { message_handle: reply, ...(message.replyTo?.part === undefined ? {} : { part_index: message.replyTo.part }) }
      })
    }
  })

/**
 * A message that the gateway keeps. A message that a carrier reported was last updated when the gateway learned of it, if that is later than what
 * the carrier says: a program that asks for what was updated since a time must not miss it.
 */
export const ofArchived = (services: Services.RenderServices, archived: Archived): Effect.Effect<Shown> =>
  archived._tag === "Outbound" ?
    ofOutbound(services, archived) :
    Effect.map(ofMessage(services, archived.message, archived), (shown) =>
      Date.parse(shown.date_updated) >= archived.updatedAt ? shown : { ...shown, date_updated: iso(archived.updatedAt) })
