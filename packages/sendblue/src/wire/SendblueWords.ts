/**
 * Tables between Sendblue's words and ours: statuses, effects, reactions, services, lines, webhook types, opt-outs and errors. Each
 * table covers a whole union, so a new word on either side breaks the build until the table has it. A word that is in no table is kept
 * as it came.
 */
import type { DeliveryStatus } from "@interline/core/DeliveryStatus"
import type { ContactStatus, HealthStatus, UsageState } from "@interline/core/Health"
import type { Sharing } from "@interline/core/Location"
import type { MessageEffect } from "@interline/core/MessageEffect"
import type { Blame, Certainty, Next, ReasonTag } from "@interline/core/MessagingError"
import type { Tapback } from "@interline/core/Reaction"
import type { Service as NeutralService } from "@interline/core/Service"

/**
 * Every status that Sendblue documents anywhere: sends, lists, callbacks and inbound messages each use another subset.
 *
 * @category models
 */
export type Status =
  | "REGISTERED"
  | "PENDING"
  | "QUEUED"
  | "ACCEPTED"
  | "SENT"
  | "DELIVERED"
  | "READ"
  | "SUCCESS"
  | "RECEIVED"
  | "ERROR"
  | "DECLINED"
  | "FAILED"

/**
 * The meaning of a status. `RECEIVED` is an inbound message, which by then has arrived. `SUCCESS` is a filter word that no
 * page explains: it is read as handed over, the least that a success can mean.
 *
 * Sendblue docs (messages list, status callback, groups) and the sendblue 3.17.0 client, read 2026-11-21; `FAILED` is in
 * the older callback docs in lower case only.
 *
 * @category models
 */
export const statusToNeutral = {
  REGISTERED: "pending",
  PENDING: "pending",
  QUEUED: "queued",
  ACCEPTED: "queued",
  SENT: "sent",
  DELIVERED: "delivered",
  READ: "read",
  SUCCESS: "sent",
  RECEIVED: "delivered",
  ERROR: "failed",
  DECLINED: "failed",
  FAILED: "failed"
} as const satisfies Record<Status, DeliveryStatus>

/**
 * The word for a neutral status. The current reference has no READ, an older one has it.
 *
 * Sendblue docs and the sendblue 3.17.0 client, read 2026-11-21.
 *
 * @category models
 */
export const statusFromNeutral = {
  pending: "PENDING",
  queued: "QUEUED",
  sent: "SENT",
  delivered: "DELIVERED",
  read: "READ",
  failed: "ERROR"
} as const satisfies Record<DeliveryStatus, Status>

/**
 * The 13 values of `send_style`.
 *
 * @category models
 */
export type SendStyle =
  | "celebration"
  | "shooting_star"
  | "fireworks"
  | "lasers"
  | "love"
  | "confetti"
  | "balloons"
  | "spotlight"
  | "echo"
  | "invisible"
  | "gentle"
  | "loud"
  | "slam"

/**
 * The effect of a style: each has its own.
 *
 * Sendblue docs (messages) and the sendblue 3.17.0 client, read 2026-11-21.
 *
 * @category models
 */
export const styleToEffect = {
  celebration: "celebration",
  shooting_star: "shooting_star",
  fireworks: "fireworks",
  lasers: "lasers",
  love: "love",
  confetti: "confetti",
  balloons: "balloons",
  spotlight: "spotlight",
  echo: "echo",
  invisible: "invisible",
  gentle: "gentle",
  loud: "loud",
  slam: "slam"
} as const satisfies Record<SendStyle, MessageEffect>

/**
 * The style of an effect. `emulated`: Sendblue has no such style, and the nearest is offered.
 *
 * The three approximations follow Apple's own identifiers, which call Celebration CKSparklesEffect, Love CKHeartEffect and
 * Balloons CKHappyBirthdayEffect. No vendor page says that the names mean the same effect, so each is reported as a loss.
 * Sendblue docs (messages) and the sendblue 3.17.0 client, read 2026-11-21.
 *
 * @category models
 */
export const effectToStyle = {
  confetti: { style: "confetti", support: "native" },
  fireworks: { style: "fireworks", support: "native" },
  lasers: { style: "lasers", support: "native" },
  sparkles: { style: "celebration", support: "emulated" },
  celebration: { style: "celebration", support: "native" },
  hearts: { style: "love", support: "emulated" },
  love: { style: "love", support: "native" },
  balloons: { style: "balloons", support: "native" },
  happy_birthday: { style: "balloons", support: "emulated" },
  echo: { style: "echo", support: "native" },
  spotlight: { style: "spotlight", support: "native" },
  shooting_star: { style: "shooting_star", support: "native" },
  slam: { style: "slam", support: "native" },
  loud: { style: "loud", support: "native" },
  gentle: { style: "gentle", support: "native" },
  invisible: { style: "invisible", support: "native" }
} as const satisfies Record<MessageEffect, { readonly style: SendStyle; readonly support: "native" | "emulated" }>

/**
 * The six named reactions. Newer pages also take any single emoji, and `-` in front to remove a reaction.
 *
 * @category models
 */
export type ReactionWord = "love" | "like" | "dislike" | "laugh" | "emphasize" | "question"

/**
 * Sendblue docs (api-v2/reactions), read 2026-11-21.
 *
 * @category models
 */
export const reactionToNeutral = {
  love: "love",
  like: "like",
  dislike: "dislike",
  laugh: "laugh",
  emphasize: "emphasize",
  question: "question"
} as const satisfies Record<ReactionWord, Tapback>

/**
 * Sendblue docs (api-v2/reactions), read 2026-11-21.
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
} as const satisfies Record<Tapback, ReactionWord>

/**
 * The services of messages and lookups.
 *
 * @category models
 */
export type ServiceWord = "iMessage" | "SMS" | "RCS"

/**
 * Sendblue docs (messages list, api-v2/rcs) and the sendblue 3.17.0 client, read 2026-11-21.
 *
 * @category models
 */
export const serviceToNeutral = {
  iMessage: "iMessage",
  SMS: "SMS",
  RCS: "RCS"
} as const satisfies Record<ServiceWord, NeutralService>

/**
 * Sendblue docs (messages list, api-v2/rcs) and the sendblue 3.17.0 client, read 2026-11-21.
 *
 * @category models
 */
export const serviceFromNeutral = {
  iMessage: "iMessage",
  SMS: "SMS",
  RCS: "RCS"
} as const satisfies Record<NeutralService, ServiceWord>

/**
 * How a line is doing.
 *
 * @category models
 */
export type LineStatus = "ONLINE" | "OFFLINE" | "DEGRADED" | "UNKNOWN"

/**
 * Only `OFFLINE` says that a line cannot send. The sendblue 3.17.0 client (lines), read 2026-11-21.
 *
 * @category models
 */
export const lineStatusToNeutral = {
  ONLINE: { status: "healthy", available: true },
  DEGRADED: { status: "at-risk", available: true },
  OFFLINE: { status: "critical", available: false },
  UNKNOWN: { status: "unknown", available: true }
} as const satisfies Record<LineStatus, { readonly status: HealthStatus; readonly available: boolean }>

/**
 * What a person shares of their location with a line.
 *
 * @category models
 */
export type LocationState = "not_shared" | "shared_no_fix_yet" | "shared_with_fix"

/**
 * The sendblue 3.17.0 client (location), read 2026-11.
 *
 * @category models
 */
export const locationStateToNeutral = {
  not_shared: "not-shared",
  shared_no_fix_yet: "waiting",
  shared_with_fix: "located"
} as const satisfies Record<LocationState, Sharing>

/**
 * The same in the other direction.
 *
 * @category models
 */
export const locationStateFromNeutral = {
  "not-shared": "not_shared",
  waiting: "shared_no_fix_yet",
  located: "shared_with_fix"
} as const satisfies Record<Sharing, LocationState>

/**
 * Whether a line may write to new people. `paused`: its daily limit is 0. Sendblue's newest client (lines), read 2026-11.
 *
 * @category models
 */
export const usageStateToNeutral = {
  available: "available",
  limited: "limited",
  paused: "paused",
  not_applicable: "exempt",
  unavailable: "unknown"
} as const satisfies Record<string, UsageState>

/**
 * Whether a person counts as new at a line. Sendblue's newest client (lines), read 2026-11.
 *
 * @category models
 */
export const classificationToNeutral = {
  known: "known",
  new: "new",
  not_applicable: "exempt",
  unavailable: "unknown"
} as const satisfies Record<string, ContactStatus["status"]>

/**
 * What a message is. `carousel` is in the carousel page's example only.
 *
 * @category models
 */
export type MessageType = "message" | "group" | "location" | "carousel"

/**
 * Whether a type of message says that it is in a group: `location` and `carousel` do not tell.
 *
 * Sendblue docs (messages list, api-v2/carousel) and the sendblue 3.17.0 client, read 2026-11-21.
 *
 * @category models
 */
export const messageTypeIsGroup = {
  message: false,
  group: true,
  location: undefined,
  carousel: undefined
} as const satisfies Record<MessageType, boolean | undefined>

/**
 * The kinds of events that a URL can be subscribed to. Some need to be enabled for the account.
 *
 * Sendblue docs (getting-started/webhooks) and the sendblue 3.17.0 client, read 2026-11-21.
 *
 * @category models
 */
export const webhookTypes = [
  "receive",
  "outbound",
  "typing_indicator",
  "call_log",
  "inbound_call",
  "line_blocked",
  "line_assigned",
  "contact_created",
  "contact_profile"
] as const

/**
 * Sendblue's names for the kinds of webhooks.
 *
 * @category models
 */
export type WebhookType = typeof webhookTypes[number]

/**
 * The kinds of events on the event stream.
 *
 * The sendblue 3.17.0 client (events), read 2026-11.
 *
 * @category models
 */
export const streamTypes = [
  "message.received",
  "message.created",
  "message.updated",
  "typing.changed",
  "line.assigned",
  "line.unassigned",
  "line.status.changed",
  "line.blocked",
  "contact.created",
  "verification.approved",
  "verification.expired",
  "verification.canceled"
] as const

/**
 * Sendblue's names for the kinds of events on the event stream.
 *
 * @category models
 */
export type StreamType = typeof streamTypes[number]

/**
 * How Sendblue tells a tapback: the words before what was reacted to. `TapbackText` of core reads these and more.
 *
 * Seen live 2026-05 (additions); the removals are what an iPhone writes to people without iMessage, read 2026-11-21.
 *
 * @category models
 */
export const tapbackTexts = {
  love: { added: "Loved", removed: "Removed a heart from" },
  like: { added: "Liked", removed: "Removed a like from" },
  dislike: { added: "Disliked", removed: "Removed a dislike from" },
  laugh: { added: "Laughed at", removed: "Removed a laugh from" },
  emphasize: { added: "Emphasized", removed: "Removed an exclamation from" },
  question: { added: "Questioned", removed: "Removed a question mark from" }
} as const satisfies Record<Tapback, { readonly added: string; readonly removed: string }>

/**
 * The words that Sendblue takes for an opt-out if the word is the whole message. We read them by the rules of `ConsentWords`, with all
 * of its words.
 *
 * Sendblue docs (security) and support article 2516992885, read 2026-11-21. Support adds more for an account on request.
 *
 * @category models
 */
export const optOutWords = ["stop", "unsubscribe", "cancel", "opt out", "revoke", "end", "quit"] as const

/**
 * The words by which Sendblue takes a person off its list of opt-outs.
 *
 * @category models
 */
export const optInWords = ["start"] as const

/**
 * Codes with which Sendblue says that it does not know what became of a message. The status of such a message is an error. Here it is no
 * failure, because the person may have the message.
 *
 * Sendblue docs (archived outbound page: "failed to resolve message status"), read 2026-11-21.
 *
 * @category models
 */
export const unresolvedCodes: ReadonlyArray<string> = ["10002"]

/**
 * The meaning of an error. If a field is absent, the default of the reason applies. `detail` is our sentence for operators.
 *
 * @category models
 */
export interface ErrorMeaning {
  readonly reason: ReasonTag
  readonly certainty?: Certainty
  readonly blame?: Blame
  readonly next?: Next
  readonly detail?: string
}

/**
 * Sentences of answers that carry no code, by the key that stands for them in `errors`. A sentence matches if the answer's
 * sentence contains it, in any case.
 *
 * Sendblue docs (api-v2 pages and archived pages) and answers seen live 2020 to 2026-08, read 2026-11-21.
 *
 * @category models
 */
export const phrases = {
  "opted-out": ["opted_out"],
  "no-credentials": ["did not get inputs for authorization"],
  "missing-parameter": ["missing required parameter", "you must specify", "missing fields", "'media_urls' is required"],
  "invalid-parameter": [
    "`part_index` must be",
    "invalid reaction",
    "invalid phone number",
    "invalid webhook type",
    "carousel requires at least"
  ],
  "to-self": ["cannot send messages to self"],
  "line-not-defined": ["this phone number is not defined", "from_number is not registered"],
  "contact-not-verified": ["must be verified before sending", "no contact found"],
  "no-route": ["no route mapping found"],
  "invalid-media-url": ["invalid media url"],
  "already-exists": ["already exists"],
  "message-not-found": ["message not found", "invalid message handle"]
} as const satisfies Record<string, ReadonlyArray<string>>

/**
 * The phrases of Sendblue's error messages that have a meaning for us.
 *
 * @category models
 */
export type Phrase = keyof typeof phrases

const lineNotAllowed: ErrorMeaning = { reason: "LineNotAllowed", detail: "from_number is not a line of the account" }

/**
 * The meaning of an answer, by `${HTTP status}/${code}`. The code is the body's `error_code`, its named error, or the key of its sentence
 * in `phrases`.
 *
 * - `*` as the status: the row holds for every answer below 500. Sendblue documents this code or sentence without an HTTP status, and
 *   also sends it inside a 200.
 * - `*` as the code: the status alone decides.
 * - A row with an operation (`react`) holds for this operation only.
 *
 * An answer without a row is `Unrecognized`. For a send, it is then unknown whether the message was sent.
 *
 * Sendblue docs (archived outbound page for the numbers, api-v2 pages, limits), the sendblue 3.17.0 client (named errors
 * of groups) and answers seen live 2020 to 2026-08, read 2026-11-21. Whether a code proves that nothing was sent is our
 * reading: Sendblue publishes no such flag.
 *
 * @category models
 */
export const errors: Readonly<Record<string, ErrorMeaning>> = {
  "*/402": { reason: "OptedOut" },
  "*/opted-out": { reason: "OptedOut" },
  "*/4000": { reason: "InvalidInput", detail: "Sendblue's validation refused the request" },
  "*/4001": { reason: "RateLimited" },
  "*/4002": { reason: "RecipientBlocked" },
  "*/5000": { reason: "Unavailable", detail: "internal error at Sendblue" },
  "*/5003": { reason: "RateLimited", blame: "carrier", detail: "Sendblue's server rate was exceeded" },
  "*/5509": { reason: "RateLimited", detail: "the rate limit's window was exceeded" },
  "*/10001": { reason: "Failed" },
  "*/10002": { reason: "Unrecognized", detail: "Sendblue could not resolve the status; the message may have been delivered" },
  "*/SMS_LIMIT_REACHED": { reason: "RateLimited", blame: "account", next: "reroute", detail: "Sendblue's own SMS limit was reached" },
  "*/missing-parameter": { reason: "InvalidInput", detail: "a parameter is missing" },
  "*/invalid-parameter": { reason: "InvalidInput", detail: "a parameter is not acceptable" },
  "*/to-self": { reason: "InvalidInput", detail: "the recipient is the sending line itself" },
  "*/line-not-defined": lineNotAllowed,
  "*/line_not_registered": lineNotAllowed,
  "*/ambiguous_sending_line": { reason: "InvalidInput", detail: "several lines are in the group; say which one acts" },
  "*/unsupported_line": { reason: "Unsupported", blame: "line", detail: "this line cannot do it" },
  "*/contact-not-verified": { reason: "RecipientNotAllowed", detail: "the person must write to the line first" },
  "*/no-route": { reason: "NotFound", detail: "there is no conversation with this number yet" },
  "*/invalid-media-url": { reason: "MediaRejected" },
  "*/message-not-found": { reason: "NotFound" },
  "409/already-exists": { reason: "Conflict" },
  "403/no-credentials": { reason: "Authentication", detail: "the key headers did not arrive" },
  "401/*": { reason: "Authentication" },
  "429/*": { reason: "RateLimited" },
  "react 404/*": { reason: "NotFound", detail: "the line or the message is not known" },
  "react 422/*": { reason: "Unsupported", detail: "not on SMS, RCS or own messages, nor on every line" },
  "unreact 404/*": { reason: "NotFound", detail: "the line or the message is not known" },
  "unreact 422/*": { reason: "Unsupported", detail: "not on SMS, RCS or own messages, nor on every line" },
  // The sendblue 3.17.0 changelog says that such lines are refused. It does not show the refusal, so it is read like that of a reaction.
  "markRead 422/*": { reason: "Unsupported", blame: "line", detail: "not every line can mark a conversation as read" },
  "getMessage 404/*": { reason: "NotFound" },
  "getChat 404/*": { reason: "NotFound" },
  "deleteRecord 404/*": { reason: "NotFound" },
  "listLines 404/*": { reason: "NotFound" },
  "listLines 403/*": { reason: "Permission" }
}
