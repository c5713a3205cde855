/**
 * Tables between Linq's words and ours. Each table covers a whole union, so a new word on either side breaks the build until the table
 * has it. Fields in vendor data are plain strings: a word that is in no table is kept as it came.
 */
import type * as AccountNotice from "@interline/core/AccountNotice"
import type { DeliveryStatus } from "@interline/core/DeliveryStatus"
import type { HealthStatus } from "@interline/core/Health"
import type { MessageEffect } from "@interline/core/MessageEffect"
import type { Blame, Certainty, Next, ReasonTag } from "@interline/core/MessagingError"
import type { MessagingEvent } from "@interline/core/MessagingEvent"
import type { Operation } from "@interline/core/Operation"
import type { Tapback } from "@interline/core/Reaction"
import type { Service } from "@interline/core/Service"

/**
 * Linq's delivery statuses. The docs of spring 2026 have five words. `received` and `read` are from the client.
 *
 * @category models
 */
export type LinqStatus = "pending" | "queued" | "sent" | "delivered" | "received" | "read" | "failed"

/**
 * Linq's words for the service that carries a message.
 *
 * @category models
 */
export type LinqService = "iMessage" | "SMS" | "RCS"

/**
 * Linq's words for reactions.
 *
 * @category models
 */
export type LinqReaction = "love" | "like" | "dislike" | "laugh" | "emphasize" | "question" | "custom" | "sticker"

/**
 * Linq's words for effects that fill the screen.
 *
 * @category models
 */
export type LinqScreenEffect =
  | "confetti"
  | "fireworks"
  | "lasers"
  | "sparkles"
  | "celebration"
  | "hearts"
  | "love"
  | "balloons"
  | "happy_birthday"
  | "echo"
  | "spotlight"

/**
 * Linq's words for effects of one bubble.
 *
 * @category models
 */
export type LinqBubbleEffect = "slam" | "loud" | "gentle" | "invisible"

/**
 * Linq's words for the place of a person in a group.
 *
 * @category models
 */
export type LinqParticipantStatus = "active" | "left" | "removed"

/**
 * Linq's words for the health of a chat or a line. Chats may have all four, lines only the first three.
 *
 * @category models
 */
export type LinqHealth = "HEALTHY" | "AT_RISK" | "CRITICAL" | "OPTED_OUT"

/**
 * Linq's words for whether a line can send. Only webhooks report them.
 *
 * @category models
 */
export type LinqLineStatus = "ACTIVE" | "FLAGGED"

/**
 * The names of Linq's webhook events.
 *
 * @category models
 */
export type LinqEvent =
  | "message.sent"
  | "message.received"
  | "message.read"
  | "message.delivered"
  | "message.failed"
  | "message.edited"
  | "reaction.added"
  | "reaction.removed"
  | "participant.added"
  | "participant.removed"
  | "chat.created"
  | "chat.group_name_updated"
  | "chat.group_icon_updated"
  | "chat.group_name_update_failed"
  | "chat.group_icon_update_failed"
  | "chat.typing_indicator.started"
  | "chat.typing_indicator.stopped"
  | "phone_number.status_updated"
  | "call.initiated"
  | "call.ringing"
  | "call.answered"
  | "call.ended"
  | "call.failed"
  | "call.declined"
  | "call.no_answer"
  | "location.sharing.started"
  | "location.sharing.stopped"

/**
 * Events of an account and its lines on which Interline or its operator acts. They are later than @linqapp/sdk 0.28.2. Source:
 * linq-python of October 2026, read 2026-11-29.
 *
 * @category models
 */
export type LinqAccountEvent =
  | "phone_number.assigned"
  | "phone_number.released"
  | "phone_number.forwarding_updated"
  | "environment.line_moved"
  | "environment.deleted"
  | "api_token.expiry_scheduled"
  | "api_token.expired"
  | "api_token.deleted"
  | "webhook_subscription.deleted"
  | "webhook_subscription.target_url_changed"
  | "webhook_subscription.enabled"
  | "webhook_subscription.disabled"
  | "webhook_subscription.events.updated"
  | "webhook_subscription.phone_numbers.updated"
  | "zero_day_retention.updated"

/**
 * Events of polls. They are later than @linqapp/sdk 0.28.2. Sources: linq-go 0.38.3 and linq-python of September 2026, read 2026-11.
 *
 * @category models
 */
export type LinqPollEvent =
  | "poll.received"
  | "poll.failed"
  | "poll.sent"
  | "poll.delivered"
  | "poll.read"
  | "poll.updated"
  | "poll.vote.added"
  | "poll.vote.removed"
  | "poll.reaction.added"

/**
 * Events of releases later than @linqapp/sdk 0.28.2. That client cannot subscribe to them, and Interline does nothing with them. Sources:
 * linq-go 0.38.3, read 2026-11-21, and linq-python of October 2026, read 2026-11-29.
 *
 * @category models
 */
export const laterEvents = [
  "contact_card.received",
  "contact_card.created",
  "contact_card.updated",
  "contact_card.deleted",
  "api_token.created",
  "api_token.renamed",
  "api_token.activated",
  "environment.created",
  "environment.renamed",
  "webhook_subscription.created",
  "webhook_subscription.routing_headers_set",
  "webhook_subscription.routing_headers_cleared",
  "team_member.added",
  "team_member.signed_in",
  "team_member.signed_out",
  "chat.background_updated",
  "chat.background_update_failed",
  "connection.created",
  "connection.revoked",
  "payment.succeeded",
  "payment.canceled",
  "payment.expired",
  "payment.declined",
  "payment.authorized"
] as const

/**
 * The words of `laterEvents`.
 *
 * @category models
 */
export type LinqLaterEvent = typeof laterEvents[number]

/**
 * The payload versions of webhooks. A subscription chooses one by `?version=`. Only the events of messages differ.
 *
 * @category models
 */
export type LinqWebhookVersion = "2025-01-01" | "2026-02-03"

/**
 * Whether a vendor's word is in a table.
 *
 * @category refinements
 */
export const isWord = <K extends string>(table: Readonly<Record<K, unknown>>, word: string): word is K => Object.hasOwn(table, word)

/**
 * The neutral meaning of a vendor's word; undefined for a word that the table does not know.
 *
 * @category getters
 */
export const meaning = <K extends string, A>(table: Readonly<Record<K, A>>, word: string): A | undefined =>
  isWord(table, word) ? table[word] : undefined

/**
 * Delivery statuses; Linq docs and @linqapp/sdk 0.28.2, read 2026-11-21. `received` is an inbound message, which did arrive.
 *
 * @category models
 */
export const statusToNeutral = {
  pending: "pending",
  queued: "queued",
  sent: "sent",
  delivered: "delivered",
  received: "delivered",
  read: "read",
  failed: "failed"
} as const satisfies Record<LinqStatus, DeliveryStatus>

/**
 * Our delivery statuses in Linq's words. `statusToNeutral` reads each of these words back as the same status.
 *
 * @category models
 */
export const statusFromNeutral = {
  pending: "pending",
  queued: "queued",
  sent: "sent",
  delivered: "delivered",
  read: "read",
  failed: "failed"
} as const satisfies Record<DeliveryStatus, LinqStatus>

/**
 * Services; Linq docs and @linqapp/sdk 0.28.2, read 2026-11-21.
 *
 * @category models
 */
export const serviceToNeutral = { iMessage: "iMessage", SMS: "SMS", RCS: "RCS" } as const satisfies Record<LinqService, Service>

/**
 * Our word for a service to Linq's.
 *
 * @category models
 */
export const serviceFromNeutral = { iMessage: "iMessage", SMS: "SMS", RCS: "RCS" } as const satisfies Record<Service, LinqService>

/**
 * Effect names; Linq docs and @linqapp/sdk 0.28.2, read 2026-11-21. The wire type is an open string.
 *
 * @category models
 */
export const effectToNeutral = {
  confetti: "confetti",
  fireworks: "fireworks",
  lasers: "lasers",
  sparkles: "sparkles",
  celebration: "celebration",
  hearts: "hearts",
  love: "love",
  balloons: "balloons",
  happy_birthday: "happy_birthday",
  echo: "echo",
  spotlight: "spotlight",
  slam: "slam",
  loud: "loud",
  gentle: "gentle",
  invisible: "invisible"
} as const satisfies Record<LinqScreenEffect | LinqBubbleEffect, MessageEffect>

/**
 * An effect as a request writes it.
 *
 * @category models
 */
export type LinqEffect =
  | { readonly type: "screen"; readonly name: LinqScreenEffect }
  | { readonly type: "bubble"; readonly name: LinqBubbleEffect }

/**
 * What a request writes for each effect. Linq documents no shooting star, read 2026-11-21.
 *
 * @category models
 */
export const effectFromNeutral = {
  confetti: { type: "screen", name: "confetti" },
  fireworks: { type: "screen", name: "fireworks" },
  lasers: { type: "screen", name: "lasers" },
  sparkles: { type: "screen", name: "sparkles" },
  celebration: { type: "screen", name: "celebration" },
  hearts: { type: "screen", name: "hearts" },
  love: { type: "screen", name: "love" },
  balloons: { type: "screen", name: "balloons" },
  happy_birthday: { type: "screen", name: "happy_birthday" },
  echo: { type: "screen", name: "echo" },
  spotlight: { type: "screen", name: "spotlight" },
  shooting_star: undefined,
  slam: { type: "bubble", name: "slam" },
  loud: { type: "bubble", name: "loud" },
  gentle: { type: "bubble", name: "gentle" },
  invisible: { type: "bubble", name: "invisible" }
} as const satisfies Record<MessageEffect, LinqEffect | undefined>

/**
 * Reactions; Linq docs and @linqapp/sdk 0.28.2, read 2026-11-21. `custom` brings its emoji and `sticker` its picture in
 * fields of their own.
 *
 * @category models
 */
export const reactionToNeutral = {
  love: "love",
  like: "like",
  dislike: "dislike",
  laugh: "laugh",
  emphasize: "emphasize",
  question: "question",
  custom: "Emoji",
  sticker: "Sticker"
} as const satisfies Record<LinqReaction, Tapback | "Emoji" | "Sticker">

/**
 * Our word for a tapback to Linq's.
 *
 * @category models
 */
export const reactionFromNeutral = {
  love: "love",
  like: "like",
  dislike: "dislike",
  laugh: "laugh",
  emphasize: "emphasize",
  question: "question"
} as const satisfies Record<Tapback, LinqReaction>

/**
 * Whether a participant is still in a chat; Linq docs and @linqapp/sdk 0.28.2, read 2026-11-21.
 *
 * @category models
 */
export const participantToNeutral = {
  active: "active",
  left: "left",
  removed: "removed"
} as const satisfies Record<LinqParticipantStatus, "active" | "left" | "removed">

/**
 * Health of chats and reputation of lines; @linqapp/sdk 0.28.2, read 2026-11-21. Live payloads have lower case.
 *
 * @category models
 */
export const healthToNeutral = {
  HEALTHY: "healthy",
  AT_RISK: "at-risk",
  CRITICAL: "critical",
  OPTED_OUT: "opted-out"
} as const satisfies Record<LinqHealth, HealthStatus>

/**
 * Our word for the health of a chat to Linq's.
 *
 * @category models
 */
export const healthFromNeutral = {
  healthy: "HEALTHY",
  "at-risk": "AT_RISK",
  critical: "CRITICAL",
  "opted-out": "OPTED_OUT",
  unknown: undefined
} as const satisfies Record<HealthStatus, LinqHealth | undefined>

/**
 * Whether a line can send; @linqapp/sdk 0.28.2, read 2026-11-21.
 *
 * @category models
 */
export const lineStatusToAvailable = { ACTIVE: true, FLAGGED: false } as const satisfies Record<LinqLineStatus, boolean>

/**
 * What each webhook event becomes; @linqapp/sdk 0.28.2, read 2026-11-21. Calls have no neutral event.
 *
 * @category models
 */
export const eventToNeutral = {
  "message.sent": "Status",
  "message.received": "Received",
  "message.read": "Status",
  "message.delivered": "Status",
  "message.failed": "Status",
  "message.edited": "Edited",
  "reaction.added": "Reaction",
  "reaction.removed": "Reaction",
  "participant.added": "Participant",
  "participant.removed": "Participant",
  "chat.created": "Chat",
  "chat.group_name_updated": "Chat",
  "chat.group_icon_updated": "Chat",
  "chat.group_name_update_failed": "Chat",
  "chat.group_icon_update_failed": "Chat",
  "chat.typing_indicator.started": "Typing",
  "chat.typing_indicator.stopped": "Typing",
  "phone_number.status_updated": "Line",
  "call.initiated": "Unrecognized",
  "call.ringing": "Unrecognized",
  "call.answered": "Unrecognized",
  "call.ended": "Unrecognized",
  "call.failed": "Unrecognized",
  "call.declined": "Unrecognized",
  "call.no_answer": "Unrecognized",
  "location.sharing.started": "Location",
  "location.sharing.stopped": "Location"
} as const satisfies Record<LinqEvent, MessagingEvent["_tag"]>

/**
 * What each event of a poll becomes. A poll of ours is a message, so its way to the phones is a status.
 *
 * @category models
 */
export const pollEventToNeutral = {
  "poll.received": "Poll",
  "poll.failed": "Status",
  "poll.sent": "Status",
  "poll.delivered": "Status",
  "poll.read": "Status",
  "poll.updated": "Poll",
  "poll.vote.added": "Poll",
  "poll.vote.removed": "Poll",
  "poll.reaction.added": "Reaction"
} as const satisfies Record<LinqPollEvent, MessagingEvent["_tag"]>

/**
 * What each event of an account is about, for its operator. Linq does not promise the order of these events, nor that every event arrives.
 * linq-python of October 2026, read 2026-11-29.
 *
 * `api_token.expiry_scheduled` without a date is `token-kept`: the date was taken back. This is our reading; no page says it.
 *
 * @category models
 */
export const accountNotices = {
  "phone_number.assigned": "line-assigned",
  "phone_number.released": "line-gone",
  "phone_number.forwarding_updated": "line-forwarding",
  "environment.line_moved": "line-gone",
  "environment.deleted": "environment-deleted",
  "api_token.expiry_scheduled": "token-ending",
  "api_token.expired": "token-ended",
  "api_token.deleted": "token-ended",
  "webhook_subscription.deleted": "webhook-off",
  "webhook_subscription.target_url_changed": "webhook-changed",
  "webhook_subscription.enabled": "webhook-on",
  "webhook_subscription.disabled": "webhook-off",
  "webhook_subscription.events.updated": "webhook-changed",
  "webhook_subscription.phone_numbers.updated": "webhook-changed",
  "zero_day_retention.updated": "retention-changed"
} as const satisfies Record<LinqAccountEvent, AccountNotice.What>

/**
 * Which events to subscribe to for each neutral event. Linq has no event of its own for opt-outs, read 2026-11-21.
 *
 * @category models
 */
export const eventFromNeutral = {
  Received: ["message.received"],
  Status: ["message.sent", "message.delivered", "message.read", "message.failed"],
  Edited: ["message.edited"],
  Reaction: ["reaction.added", "reaction.removed"],
  Typing: ["chat.typing_indicator.started", "chat.typing_indicator.stopped"],
  Location: ["location.sharing.started", "location.sharing.stopped"],
  // the client that is named above cannot subscribe to these events; `pollEventToNeutral` lists them
  Poll: [],
  Participant: ["participant.added", "participant.removed"],
  Chat: [
    "chat.created",
    "chat.group_name_updated",
    "chat.group_icon_updated",
    "chat.group_name_update_failed",
    "chat.group_icon_update_failed"
  ],
  Line: ["phone_number.status_updated"],
  // the client that is named above cannot subscribe to these events; `accountNotices` lists them
  Account: [],
  OptedOut: [],
  OptedIn: [],
  Unrecognized: [
    "call.initiated",
    "call.ringing",
    "call.answered",
    "call.ended",
    "call.failed",
    "call.declined",
    "call.no_answer"
  ]
} as const satisfies Record<MessagingEvent["_tag"], ReadonlyArray<LinqEvent>>

/**
 * The words that Linq takes for an opt-out if the word is the whole message. Linq docs and linq-go 0.38.3, read 2026-11-21. Linq has no
 * event for an opt-out and marks the chat only later, so we read the words ourselves. Linq wants most of them in capitals. We read
 * them by the rules of `ConsentWords`, with all of its words: an opt-out too many does less harm than a missed one.
 *
 * @category models
 */
export const optOutWords = ["stop", "unsubscribe", "optout", "opt out", "cancel", "end", "quit"] as const

/**
 * The words that Linq takes for an opt-in, by its older docs. Later releases also take any other message for an opt-in. We take only
 * words.
 *
 * @category models
 */
export const optInWords = ["start", "optin", "unstop"] as const

/**
 * File extensions that Linq takes by URL; Linq docs, read 2026-11-21. It looks at the content too.
 *
 * @category models
 */
export const mediaFormats = [
  ...["jpg", "jpeg", "png", "gif", "heic", "heif", "tif", "tiff", "bmp"],
  ...["mp4", "mov", "m4v", "mpeg", "mpg", "3gp"],
  ...["m4a", "mp3", "aac", "caf", "wav", "aiff", "amr"],
  ...["pdf", "txt", "rtf", "csv", "doc", "docx", "xls", "xlsx", "ppt", "pptx", "pages", "numbers", "key", "epub", "zip", "html", "htm"],
  ...["vcf", "ics"]
] as const

/**
 * File extensions of voice memos; Linq docs and @linqapp/sdk 0.28.2, read 2026-11-21.
 *
 * @category models
 */
export const voiceMemoFormats = ["mp3", "m4a", "aac", "caf", "wav", "aiff", "amr"] as const

/**
 * MIME types that may be uploaded; @linqapp/sdk 0.28.2, read 2026-11-21. `image/webp` and `image/svg+xml` are not here: the type of the
 * client lists them, but its text says that they are explicitly rejected.
 *
 * @category models
 */
export const contentTypes = [
  ...["image/jpeg", "image/png", "image/gif", "image/heic", "image/heif", "image/tiff", "image/bmp", "image/x-icon"],
  ...["video/mp4", "video/quicktime", "video/mpeg", "video/mpeg2", "video/x-m4v", "video/x-msvideo", "video/3gpp"],
  ...["audio/mpeg", "audio/mp3", "audio/x-m4a", "audio/mp4", "audio/x-caf", "audio/x-wav", "audio/x-aiff", "audio/aiff"],
  ...["audio/aac", "audio/midi", "audio/amr"],
  ...["application/pdf", "text/plain", "text/markdown", "text/vcard", "text/rtf", "text/csv", "text/html", "text/calendar"],
  "application/msword",
  "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
  "application/vnd.ms-excel",
  "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
  "application/vnd.ms-powerpoint",
  "application/vnd.openxmlformats-officedocument.presentationml.presentation",
  "application/x-iwork-pages-sffpages",
  "application/x-iwork-numbers-sffnumbers",
  "application/x-iwork-keynote-sffkey",
  ...["application/epub+zip", "text/xml", "application/json", "application/zip", "application/x-gzip"]
] as const

/**
 * The meaning of a refusal. If `blame`, `next` or `certainty` is absent, the default of the reason applies.
 *
 * @category models
 */
export interface ErrorMeaning {
  readonly reason: ReasonTag
  readonly blame?: Blame
  readonly next?: Next
  readonly certainty?: Certainty
}

/**
 * Refusals by HTTP status and code; Linq docs, @linqapp/sdk 0.28.2 and later releases of the official clients, read 2026-11-21.
 *
 * For 401 and 429 the status alone decides. Every 5xx is `Unavailable`, and its code does not matter. So these have no row. For 403 and
 * 409 the code decides.
 *
 * @category models
 */
export const errors = {
  "400/1001": { reason: "InvalidInput" },
  "400/1002": { reason: "InvalidInput" },
  "400/1003": { reason: "InvalidInput" },
  "422/1003": { reason: "InvalidInput" },
  "400/1004": { reason: "InvalidInput" },
  "400/1005": { reason: "InvalidInput" },
  "409/1006": { reason: "Unsupported", next: "fix" },
  "400/1008": { reason: "InvalidInput" },
  "404/2001": { reason: "NotFound" },
  "404/2002": { reason: "NotFound" },
  "404/2003": { reason: "NotFound" },
  "403/2005": { reason: "Permission" },
  "403/2006": { reason: "LineNotAllowed" },
  "404/2007": { reason: "NotReady" },
  "403/2008": { reason: "RecipientNotAllowed" },
  "409/2009": { reason: "NotReady" },
  "404/2010": { reason: "NotFound" },
  "403/2011": { reason: "Permission" },
  "404/2012": { reason: "NotFound" },
  "409/2013": { reason: "Conflict" },
  "409/2014": { reason: "Conflict" },
  "409/2015": { reason: "Conflict" },
  "409/2016": { reason: "Unsupported", next: "fix" },
  "409/2017": { reason: "RecipientUnreachable" },
  "409/2018": { reason: "RecipientUnreachable" },
  "404/2019": { reason: "NotFound" },
  "404/2021": { reason: "NotFound" },
  "409/2023": { reason: "InvalidInput" },
  "403/2024": { reason: "OptedOut" },
  "403/2026": { reason: "RecipientBlocked" },
  "403/2027": { reason: "LineUnavailable" },
  "422/4005": { reason: "RecipientUnreachable" },
  "413/5001": { reason: "MediaRejected" },
  "400/5004": { reason: "MediaRejected" },
  "400/5005": { reason: "MediaRejected" },
  "400/5006": { reason: "MediaRejected" },
  "400/5007": { reason: "MediaRejected" }
} as const satisfies Record<`${number}/${number}`, ErrorMeaning>

/**
 * Refusals for which the HTTP status alone decides. Older releases used other codes for them, so the code does not matter.
 *
 * @category models
 */
export const statusErrors = {
  "401": { reason: "Authentication" },
  "429": { reason: "RateLimited" }
} as const satisfies Record<`${number}`, ErrorMeaning>

/**
 * Refusals of one operation whose code has no row, by operation and status. Linq documents the status and not the code: a request for a
 * location of somebody who already shares it, and the end of a sharing that is none. Go client of September 2026, read 2026-11.
 *
 * @category models
 */
export const operationErrors = {
  "requestLocation 409": { reason: "Conflict" },
  "stopLocation 404": { reason: "NotFound" }
} as const satisfies Partial<Record<`${Operation} ${number}`, ErrorMeaning>>

/**
 * The meaning of a refused read whose code has no row. A refused write without a row proves nothing.
 *
 * @category models
 */
export const readErrors = {
  "400": { reason: "InvalidInput" },
  "403": { reason: "Permission" },
  "404": { reason: "NotFound" },
  "409": { reason: "Conflict" },
  "422": { reason: "InvalidInput" }
} as const satisfies Record<`${number}`, ErrorMeaning>

/**
 * What a code of `message.failed` proves about the message.
 *
 * - `not-sent`: the person did not get the message.
 * - `unknown`: the person may have the message, and Linq may still report a delivery. This holds for every code that is not here.
 * - `by-reason`: code 4001 proves that the message was not sent only with the reason "Message send failed".
 *
 * Sources: Linq docs, page of errors, and a user's quotes from the pages 4001 and 4006 (October 2026), read 2026-11-29. 4007 and 4008
 * exist, but no page describes them. Linq answers with 4006 if a key was used before and that send failed. Nothing was sent again, and
 * the result of the first send stays unknown.
 *
 * @category models
 */
export const failureToCertainty = {
  // the number of attempts was used up
  "3007": "unknown",
  "4001": "by-reason",
  // the line was not available
  "4002": "unknown",
  // the person cannot take this kind of message
  "4005": "not-sent",
  "4006": "unknown",
  "4007": "unknown",
  "4008": "unknown"
} as const satisfies Readonly<Record<string, "not-sent" | "unknown" | "by-reason">>

/**
 * Whether a failure that Linq reports proves that the person did not get the message.
 *
 * @category models
 */
export const isNeverDelivered = (code: string | undefined, reason: string | null | undefined): boolean => {
  const certainty = code === undefined ? undefined : meaning(failureToCertainty, code)
  return certainty === "not-sent" || (certainty === "by-reason" && reason === "Message send failed")
}
