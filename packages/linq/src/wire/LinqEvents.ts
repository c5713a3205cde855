/**
 * Schemas of what Linq tells by webhooks. Reading is as lenient as that of `LinqSchema`. Linq docs and @linqapp/sdk 0.28.2, read 2026-11-21.
 */
import { VendorId } from "@interline/core/VendorId"
import * as Schema from "effect/Schema"
import { effect, flag, maybe, number, open, text } from "./fields.ts"
import * as LinqSchema from "./LinqSchema.ts"

/**
 * The envelope of every webhook. `event_id` is the id of the event. It stays the same if the event is delivered again.
 *
 * @category models
 */
export const WebhookEnvelope = Schema.Struct({
  event_type: Schema.String,
  event_id: text,
  created_at: text,
  api_version: text,
  webhook_version: text,
  trace_id: text,
  partner_id: text,
  data: Schema.Unknown
}, open)

/** @category models */
export interface WebhookEnvelope extends Schema.Schema.Type<typeof WebhookEnvelope> {}

/**
 * A message's chat in an event. `owner_handle` is our line.
 *
 * @category models
 */
export const EventChat = Schema.Struct({
  id: VendorId,
  is_group: flag,
  owner_handle: maybe(LinqSchema.ChatHandle),
  health_status: LinqSchema.Chat.fields.health_status
}, open)

/** @category models */
export interface EventChat extends Schema.Schema.Type<typeof EventChat> {}

/**
 * How far a message got, in payload version 2026-02-03, read only as far as that: odd parts do not lose a receipt.
 *
 * @category models
 */
export const MessageReport = Schema.Struct({
  id: VendorId,
  idempotency_key: text,
  service: text,
  sent_at: text,
  delivered_at: text,
  read_at: text
})

/** @category models */
export interface MessageReport extends Schema.Schema.Type<typeof MessageReport> {}

/**
 * A message in an event of payload version 2026-02-03.
 *
 * @category models
 */
export const MessageEvent = Schema.Struct({
  ...MessageReport.fields,
  chat: EventChat,
  direction: text,
  sender_handle: maybe(LinqSchema.ChatHandle),
  // payload version 2025-01-01 names the writer by these two; odd values do not lose the message
  is_from_me: Schema.optional(Schema.Unknown),
  from_handle: Schema.optional(Schema.Unknown),
  parts: maybe(Schema.Array(LinqSchema.Part)),
  effect,
  reply_to: maybe(Schema.Struct({ message_id: text, part_index: number })),
  preferred_service: text
}, open)

/** @category models */
export interface MessageEvent extends Schema.Schema.Type<typeof MessageEvent> {}

/**
 * A message that failed, which may still be delivered later. It has the message's id in a field of another name.
 *
 * @category models
 */
export const FailedEvent = Schema.Struct({
  message_id: VendorId,
  chat_id: text,
  code: maybe(Schema.Union(Schema.Number, Schema.String)),
  reason: text,
  // opaque, for the vendor's support; linq-go 0.38.3, read 2026-11-29
  detail_code: maybe(Schema.Union(Schema.Number, Schema.String)),
  failed_at: text,
  idempotency_key: text
}, open)

/** @category models */
export interface FailedEvent extends Schema.Schema.Type<typeof FailedEvent> {}

/**
 * An edit of a message. Payload version 2025-01-01 has no such event.
 *
 * @category models
 */
export const EditedEvent = Schema.Struct({
  id: VendorId,
  direction: text,
  sender_handle: maybe(LinqSchema.ChatHandle),
  part: Schema.Struct({ index: Schema.NonNegativeInt, text: Schema.String }),
  edited_at: text
}, open)

/** @category models */
export interface EditedEvent extends Schema.Schema.Type<typeof EditedEvent> {}

/**
 * A reaction that was added or removed, as a webhook tells it.
 *
 * @category models
 */
export const ReactionEvent = Schema.Struct({
  reaction_type: Schema.String,
  id: Schema.optional(Schema.Unknown),
  chat_id: text,
  message_id: text,
  part_index: number,
  is_from_me: flag,
  from: text,
  from_handle: maybe(LinqSchema.ChatHandle),
  custom_emoji: text,
  sticker: maybe(LinqSchema.Sticker),
  service: text,
  reacted_at: text
}, open)

/** @category models */
export interface ReactionEvent extends Schema.Schema.Type<typeof ReactionEvent> {}

/**
 * `handle` is deprecated, and required.
 *
 * @category models
 */
export const ParticipantEvent = Schema.Struct({ chat_id: text, handle: text, participant: maybe(LinqSchema.ChatHandle) }, open)

/** @category models */
export interface ParticipantEvent extends Schema.Schema.Type<typeof ParticipantEvent> {}

/**
 * A group's name or icon that changed, or did not: then there is an `error_code`.
 *
 * @category models
 */
export const GroupEvent = Schema.Struct({
  chat_id: VendorId,
  old_value: text,
  new_value: text,
  error_code: maybe(Schema.Union(Schema.Number, Schema.String))
}, open)

/** @category models */
export interface GroupEvent extends Schema.Schema.Type<typeof GroupEvent> {}

/**
 * A typing event. Since linq-node 0.71.0 (2026-09-20) it names who types. No page shows that field, so it is read with care.
 *
 * @category models
 */
export const TypingEvent = Schema.Struct({ chat_id: VendorId, actor_handle: Schema.optional(Schema.Unknown) }, open)

/** @category models */
export interface TypingEvent extends Schema.Schema.Type<typeof TypingEvent> {}

/**
 * Older releases have `new_health_status` where later ones have `new_reputation`; the oldest have neither.
 *
 * @category models
 */
export const LineEvent = Schema.Struct({
  phone_number: Schema.String,
  new_status: Schema.String,
  new_reputation: text,
  new_health_status: text,
  changed_at: text
}, open)

/** @category models */
export interface LineEvent extends Schema.Schema.Type<typeof LineEvent> {}

/**
 * An event of a number, a token, a webhook or an environment. Each field is read with care, because the generated clients of October 2026
 * do not agree on all of them: an odd field does not lose the event. The event also names a member of staff; that field is not read.
 *
 * @category models
 */
export const AccountEvent = Schema.Struct({
  occurred_at: Schema.optional(Schema.Unknown),
  changed_at: Schema.optional(Schema.Unknown),
  phone_number: Schema.optional(Schema.Unknown),
  api_token: Schema.optional(Schema.Unknown),
  webhook_subscription: Schema.optional(Schema.Unknown),
  change: Schema.optional(Schema.Unknown)
})

/** @category models */
export interface AccountEvent extends Schema.Schema.Type<typeof AccountEvent> {}

const pollEvent = {
  message_id: VendorId,
  chat: maybe(Schema.Struct({ id: text, owner_handle: maybe(LinqSchema.ChatHandle) }, open)),
  direction: text,
  service: text,
  sender_handle: maybe(LinqSchema.ChatHandle)
}

/**
 * How far a poll got: sent, delivered or read. A time that is null has not come yet. linq-python of September 2026, read 2026-11.
 *
 * @category models
 */
export const PollReport = Schema.Struct({ ...pollEvent, sent_at: text, delivered_at: text, read_at: text }, open)

/** @category models */
export interface PollReport extends Schema.Schema.Type<typeof PollReport> {}

/**
 * A poll, or an action in one, that was not sent.
 *
 * @category models
 */
export const PollFailure = Schema.Struct({
  ...pollEvent,
  error: maybe(Schema.Struct({ code: maybe(Schema.Union(Schema.Number, Schema.String)), message: text }, open)),
  failed_at: text
}, open)

/** @category models */
export interface PollFailure extends Schema.Schema.Type<typeof PollFailure> {}

/**
 * A poll that a person sent, with its options.
 *
 * @category models
 */
export const PollReceived = Schema.Struct({ ...pollEvent, poll: LinqSchema.Poll, received_at: text }, open)

/** @category models */
export interface PollReceived extends Schema.Schema.Type<typeof PollReceived> {}

/**
 * Options that were added. `sender_handle` is always our line: `creator_handle` of an option says who added it (linq-python of September
 * 2026, read 2026-11).
 *
 * @category models
 */
export const PollUpdated = Schema.Struct({ ...pollEvent, added_options: Schema.Array(LinqSchema.PollOption) }, open)

/** @category models */
export interface PollUpdated extends Schema.Schema.Type<typeof PollUpdated> {}

/**
 * A vote that was given or taken back. `sender_handle` is the voter.
 *
 * @category models
 */
export const PollVoted = Schema.Struct({ ...pollEvent, option_id: VendorId }, open)

/** @category models */
export interface PollVoted extends Schema.Schema.Type<typeof PollVoted> {}

/**
 * A person began or ended to share a location with a line. `shared_by` and `shared_with` are handles. `ends_at` is null if no end is set.
 * linq-python of October 2026, read 2026-11.
 *
 * @category models
 */
export const LocationEvent = Schema.Struct({
  shared_by: Schema.String,
  shared_with: text,
  began_at: text,
  ends_at: text,
  chat_id: text
}, open)

/** @category models */
export interface LocationEvent extends Schema.Schema.Type<typeof LocationEvent> {}
