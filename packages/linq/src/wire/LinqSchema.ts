/**
 * Schemas of what Linq sends and takes. Reading is lenient: unknown keys are kept, unknown words stay strings, and every field that is
 * not an id may be absent or null. Linq docs and @linqapp/sdk 0.28.2, read 2026-11-21.
 */
import { isVendorId, VendorId } from "@interline/core/VendorId"
import * as Schema from "effect/Schema"
import type { LinqAccountEvent, LinqEffect, LinqEvent, LinqLaterEvent, LinqPollEvent, LinqReaction, LinqService } from "./LinqWords.ts"

const maybe = <A, I>(schema: Schema.Schema<A, I>) => Schema.optional(Schema.NullOr(schema))

const open = { key: Schema.String, value: Schema.Unknown }

const text = maybe(Schema.String)
const number = maybe(Schema.Number)
const flag = maybe(Schema.Boolean)

/**
 * Someone in a chat.
 *
 * @category models
 */
export const ChatHandle = Schema.Struct({
  handle: Schema.String,
  id: text,
  is_me: flag,
  status: text,
  service: text,
  joined_at: text,
  left_at: text
}, open)

/** @category models */
export interface ChatHandle extends Schema.Schema.Type<typeof ChatHandle> {}

/**
 * A sticker in a reaction.
 *
 * @category models
 */
export const Sticker = Schema.Struct({ url: text, mime_type: text, file_name: text, width: number, height: number }, open)

/** @category models */
export interface Sticker extends Schema.Schema.Type<typeof Sticker> {}

/**
 * A reaction to a part of a message.
 *
 * @category models
 */
export const Reaction = Schema.Struct({
  type: Schema.String,
  // not in the client named above; linq-python, read 2026-11. Odd values do not lose the reaction
  id: Schema.optional(Schema.Unknown),
  is_me: flag,
  custom_emoji: text,
  handle: maybe(ChatHandle),
  sticker: maybe(Sticker)
}, open)

/** @category models */
export interface Reaction extends Schema.Schema.Type<typeof Reaction> {}

/**
 * A decorated range of a text part.
 *
 * @category models
 */
export const TextDecoration = Schema.Struct({ range: Schema.Array(Schema.Number), style: text, animation: text }, open)

/** @category models */
export interface TextDecoration extends Schema.Schema.Type<typeof TextDecoration> {}

/**
 * A part of any kind; `type` says which of the other fields are there.
 *
 * @category models
 */
export const Part = Schema.Struct({
  type: Schema.String,
  value: text,
  id: text,
  url: text,
  filename: text,
  mime_type: text,
  size_bytes: number,
  sticker: Schema.optional(Schema.Unknown),
  reactions: maybe(Schema.Array(Reaction)),
  // read with care in `lift`: a malformed decoration or mention does not lose the part
  text_decorations: Schema.optional(Schema.Unknown),
  mentions: Schema.optional(Schema.Unknown),
  mention: Schema.optional(Schema.Unknown),
  mention_range: Schema.optional(Schema.Unknown)
}, open)

/** @category models */
export interface Part extends Schema.Schema.Type<typeof Part> {}

const effect = maybe(Schema.Struct({ name: text, type: text }))
const replyTo = maybe(Schema.Struct({ message_id: Schema.String, part_index: number }))

/**
 * A message, as reads and (with fewer fields) sends report it. The docs of spring 2026 give reads no `delivery_status`.
 *
 * @category models
 */
export const Message = Schema.Struct({
  id: VendorId,
  chat_id: text,
  delivery_status: text,
  is_from_me: flag,
  is_delivered: flag,
  is_read: flag,
  from: text,
  from_handle: maybe(ChatHandle),
  parts: maybe(Schema.Array(Part)),
  effect,
  reply_to: replyTo,
  service: text,
  preferred_service: text,
  created_at: text,
  updated_at: text,
  sent_at: text,
  delivered_at: text,
  read_at: text,
  // not in the client named above; linq-go 0.38.3 and linq-python 0.19.0, read 2026-11-29. Odd values do not lose the message
  reconciled_at: Schema.optional(Schema.Unknown)
}, open)

/** @category models */
export interface Message extends Schema.Schema.Type<typeof Message> {}

/**
 * One page of messages.
 *
 * @category models
 */
export const MessagePage = Schema.Struct({ messages: Schema.Array(Message), next_cursor: text })

/** @category models */
export interface MessagePage extends Schema.Schema.Type<typeof MessagePage> {}

/**
 * A chat. The docs of spring 2026 have `health_score`, the client `health_status`.
 *
 * @category models
 */
export const Chat = Schema.Struct({
  id: VendorId,
  display_name: text,
  group_chat_icon: text,
  handles: maybe(Schema.Array(ChatHandle)),
  is_group: flag,
  is_archived: flag,
  service: text,
  health_status: maybe(Schema.Struct({ status: text, doc_url: text, updated_at: text })),
  health_score: maybe(Schema.Struct({ score: number, reason: text, updated_at: text })),
  created_at: text,
  updated_at: text
}, open)

/** @category models */
export interface Chat extends Schema.Schema.Type<typeof Chat> {}

/**
 * One page of chats.
 *
 * @category models
 */
export const ChatPage = Schema.Struct({ chats: Schema.Array(Chat), next_cursor: text })

/** @category models */
export interface ChatPage extends Schema.Schema.Type<typeof ChatPage> {}

/**
 * The whole answer to `POST /v3/chats`, for those who want more of it than a receipt.
 *
 * @category models
 */
export const CreatedChat = Schema.Struct({ chat: Schema.Struct({ ...Chat.fields, message: Message }, open) })

/** @category models */
export interface CreatedChat extends Schema.Schema.Type<typeof CreatedChat> {}

/**
 * The whole answer to `POST /v3/chats/{id}/messages` and to an update of an app card.
 *
 * @category models
 */
export const SentMessage = Schema.Struct({ chat_id: text, message: Message })

/** @category models */
export interface SentMessage extends Schema.Schema.Type<typeof SentMessage> {}

/**
 * The answer to `POST /v3/messages`: the line that Linq chose, and why.
 *
 * @category models
 */
export const AddressedMessage = Schema.Struct({
  chat_id: text,
  created_new_chat: flag,
  from: text,
  from_selection: maybe(Schema.Struct({ reason: text, reused_existing_chat: flag })),
  handles: maybe(Schema.Array(ChatHandle)),
  is_group: flag,
  message: Message,
  service: text,
  previous_chat_id: text
})

/** @category models */
export interface AddressedMessage extends Schema.Schema.Type<typeof AddressedMessage> {}

/**
 * What a receipt needs of a message that was sent; the rest is there, unread.
 *
 * @category models
 */
export interface SentReceipt {
  readonly id: string
  readonly delivery_status?: unknown
  readonly service?: unknown
}

/**
 * The answer to either way of sending, read only as far as a receipt needs: the vendor's own object, checked by hand,
 * because sends are the hot path. Decode it with `CreatedChat` or `SentMessage` for the rest.
 *
 * @category models
 */
export type SendReply =
  | { readonly chat: { readonly id?: unknown; readonly message: SentReceipt } }
  | { readonly chat_id?: unknown; readonly message: SentReceipt }

const isReceipt = (value: unknown): value is SentReceipt =>
  typeof value === "object" && value !== null && "id" in value && isVendorId(value.id)

/**
 * Whether a reply gives the message's id. A reply without an id proves nothing.
 *
 * @category refinements
 */
export const isSendReply = (value: unknown): value is SendReply => {
  if (typeof value !== "object" || value === null) return false
  const { chat } = "chat" in value ? value : { chat: value }
  return typeof chat === "object" && chat !== null && "message" in chat && isReceipt(chat.message)
}

/**
 * The answer to a voice memo. It has `status` where other sends have `delivery_status`.
 *
 * @category models
 */
export const VoiceMemoReply = Schema.Struct({
  voice_memo: Schema.Struct({
    id: VendorId,
    from: text,
    to: maybe(Schema.Array(Schema.String)),
    status: text,
    service: text,
    voice_memo: maybe(
      Schema.Struct({ id: text, url: text, filename: text, mime_type: text, size_bytes: number, duration_ms: number }, open)
    ),
    created_at: text,
    chat: maybe(
      Schema.Struct({ id: text, handles: maybe(Schema.Array(ChatHandle)), is_group: flag, is_active: flag, service: text }, open)
    )
  }, open)
})

/** @category models */
export interface VoiceMemoReply extends Schema.Schema.Type<typeof VoiceMemoReply> {}

/**
 * The acknowledgement of something that Linq does later: participants, leaving, reactions, group changes.
 *
 * @category models
 */
export const Ack = Schema.Struct({ status: text, message: text, trace_id: text, chat_id: text })

/** @category models */
export interface Ack extends Schema.Schema.Type<typeof Ack> {}

/**
 * Where to put the bytes of a file, within 15 minutes and with exactly these headers.
 *
 * @category models
 */
export const UploadTicket = Schema.Struct({
  attachment_id: VendorId,
  upload_url: Schema.NonEmptyString,
  download_url: text,
  http_method: text,
  expires_at: text,
  required_headers: maybe(Schema.Record({ key: Schema.String, value: Schema.String }))
})

/** @category models */
export interface UploadTicket extends Schema.Schema.Type<typeof UploadTicket> {}

/**
 * A stored file. Its `download_url` is permanent; the `url` of a message's part expires after an hour.
 *
 * @category models
 */
export const Attachment = Schema.Struct({
  id: VendorId,
  filename: text,
  content_type: text,
  size_bytes: number,
  status: text,
  download_url: text,
  created_at: text
}, open)

/** @category models */
export interface Attachment extends Schema.Schema.Type<typeof Attachment> {}

const reputation = maybe(Schema.Struct({ status: text, doc_url: text }))

/**
 * A line of the account. `capabilities`, `type` and `country_code` only come from the deprecated list.
 *
 * @category models
 */
export const PhoneNumber = Schema.Struct({
  id: VendorId,
  phone_number: Schema.String,
  forwarding_number: text,
  reputation,
  health_status: reputation
}, open)

/** @category models */
export interface PhoneNumber extends Schema.Schema.Type<typeof PhoneNumber> {}

/**
 * The lines of the account.
 *
 * @category models
 */
export const PhoneNumberList = Schema.Struct({ phone_numbers: Schema.Array(PhoneNumber) })

/** @category models */
export interface PhoneNumberList extends Schema.Schema.Type<typeof PhoneNumberList> {}

/**
 * A line to give out, with its card as a vCard file.
 *
 * @category models
 */
export const AvailableNumber = Schema.Struct({ phone_number: Schema.String, vcf_url: text })

/** @category models */
export interface AvailableNumber extends Schema.Schema.Type<typeof AvailableNumber> {}

/**
 * Whether a person can be reached by the service that was asked for.
 *
 * @category models
 */
export const CapabilityReply = Schema.Struct({ address: text, available: Schema.Boolean, reason: text, selected_service: text })

/** @category models */
export interface CapabilityReply extends Schema.Schema.Type<typeof CapabilityReply> {}

/**
 * The contact card of a line.
 *
 * @category models
 */
export const ContactCard = Schema.Struct({
  phone_number: Schema.String,
  first_name: Schema.String,
  last_name: text,
  image_url: text,
  is_active: flag
})

/** @category models */
export interface ContactCard extends Schema.Schema.Type<typeof ContactCard> {}

/**
 * The contact cards of the account.
 *
 * @category models
 */
export const ContactCardList = Schema.Struct({ contact_cards: Schema.Array(ContactCard) })

/** @category models */
export interface ContactCardList extends Schema.Schema.Type<typeof ContactCardList> {}

/**
 * A webhook subscription. `signing_secret` comes once, when it is created.
 *
 * @category models
 */
export const WebhookSubscription = Schema.Struct({
  id: VendorId,
  target_url: Schema.String,
  subscribed_events: maybe(Schema.Array(Schema.String)),
  phone_numbers: maybe(Schema.Array(Schema.String)),
  // the headers that keep the calls about one chat at one receiver; linq-python of September 2026, read 2026-11-29
  routing_key_header: text,
  routing_id_header: text,
  is_active: flag,
  signing_secret: text,
  created_at: text,
  updated_at: text
})

/** @category models */
export interface WebhookSubscription extends Schema.Schema.Type<typeof WebhookSubscription> {}

/**
 * The webhook subscriptions of the account.
 *
 * @category models
 */
export const WebhookSubscriptionList = Schema.Struct({ subscriptions: Schema.Array(WebhookSubscription) })

/** @category models */
export interface WebhookSubscriptionList extends Schema.Schema.Type<typeof WebhookSubscriptionList> {}

/**
 * The names of the events that can be subscribed to.
 *
 * @category models
 */
export const WebhookEventList = Schema.Struct({ events: Schema.Array(Schema.String), doc_url: text })

/** @category models */
export interface WebhookEventList extends Schema.Schema.Type<typeof WebhookEventList> {}

/**
 * A blocked handle, as Linq spells it: E.164, a lower-case e-mail address, a short code or a sender id.
 *
 * @category models
 */
export const BlockedHandle = Schema.Struct({ handle: Schema.String, blocked_at: text, reason: text }, open)

/** @category models */
export interface BlockedHandle extends Schema.Schema.Type<typeof BlockedHandle> {}

/**
 * Every blocked handle of the account, the newest first.
 *
 * @category models
 */
export const BlockedHandleList = Schema.Struct({ blocked_handles: Schema.Array(BlockedHandle) })

/** @category models */
export interface BlockedHandleList extends Schema.Schema.Type<typeof BlockedHandleList> {}

/**
 * The answer to a block: the entry, the same if the handle was blocked before.
 *
 * @category models
 */
export const BlockReply = Schema.Struct({ blocked_handle: BlockedHandle })

/** @category models */
export interface BlockReply extends Schema.Schema.Type<typeof BlockReply> {}

/**
 * An audit of a line's reputation. `status` is `pending`, `complete` or `error`. `report` is for people: severity, drivers, what to do, and
 * evidence. Linq's Go client 0.38.3, read 2026-11.
 *
 * @category models
 */
export const ReputationAudit = Schema.Struct({
  audit_id: VendorId,
  status: Schema.String,
  phone: text,
  generated_at: text,
  error: Schema.optional(Schema.Unknown),
  report: maybe(Schema.Record(open))
}, open)

/** @category models */
export interface ReputationAudit extends Schema.Schema.Type<typeof ReputationAudit> {}

/**
 * A background of a chat. Linq's Go client 0.38.3, read 2026-11.
 *
 * @category models
 */
export type Background =
  | { readonly type: "color"; readonly variant?: string; readonly shades?: readonly [top: string, bottom: string] }
  | { readonly type: "dynamic"; readonly style: "sky" | "water" | "aurora"; readonly variant: string }
  | { readonly type: "photo"; readonly image_url: string }

/**
 * An option of a poll.
 *
 * @category models
 */
export const PollOption = Schema.Struct({
  option_id: VendorId,
  text,
  can_be_edited: flag,
  creator_handle: maybe(ChatHandle),
  voters: maybe(Schema.Array(Schema.Struct({ handle: Schema.String, voted_at: text }, open)))
}, open)

/** @category models */
export interface PollOption extends Schema.Schema.Type<typeof PollOption> {}

/**
 * The content of a poll. `total_voters` counts a person once.
 *
 * @category models
 */
export const Poll = Schema.Struct({ options: Schema.Array(PollOption), total_voters: number }, open)

/** @category models */
export interface Poll extends Schema.Schema.Type<typeof Poll> {}

/**
 * A poll with its message, as every endpoint of polls answers. Go client 0.38.3, read 2026-11.
 *
 * @category models
 */
export const PollEnvelope = Schema.Struct({
  message_id: VendorId,
  chat_id: text,
  poll: Poll,
  reactions: maybe(Schema.Array(Reaction)),
  created_at: text,
  updated_at: text
}, open)

/** @category models */
export interface PollEnvelope extends Schema.Schema.Type<typeof PollEnvelope> {}

/**
 * A poll to send. A repetition under the same key makes no second one.
 *
 * @category models
 */
export interface CreatePoll {
  readonly poll: { readonly options: ReadonlyArray<{ readonly text: string }>; readonly idempotency_key?: string }
}

/**
 * Our line's vote for one option.
 *
 * @category models
 */
export interface Vote {
  readonly option_id: string
  readonly operation: "add" | "remove"
}

/**
 * The answer to a request for a person's location.
 *
 * @category models
 */
export const LocationRequested = Schema.Struct({ success: flag, message: text })

/** @category models */
export interface LocationRequested extends Schema.Schema.Type<typeof LocationRequested> {}

/**
 * The answer to the end of a sharing. It happens later, on the person's device.
 *
 * @category models
 */
export const LocationStopped = Schema.Struct({ success: flag, message: text })

/** @category models */
export interface LocationStopped extends Schema.Schema.Type<typeof LocationStopped> {}

const pollEvent = {
  message_id: VendorId,
  chat: maybe(Schema.Struct({ id: text, owner_handle: maybe(ChatHandle) }, open)),
  direction: text,
  service: text,
  sender_handle: maybe(ChatHandle)
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
export const PollReceived = Schema.Struct({ ...pollEvent, poll: Poll, received_at: text }, open)

/** @category models */
export interface PollReceived extends Schema.Schema.Type<typeof PollReceived> {}

/**
 * Options that were added. `sender_handle` is always our line: `creator_handle` of an option says who added it (linq-python of September
 * 2026, read 2026-11).
 *
 * @category models
 */
export const PollUpdated = Schema.Struct({ ...pollEvent, added_options: Schema.Array(PollOption) }, open)

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

/**
 * Who shares a location in a chat, as GeoJSON: `coordinates` are longitude, latitude and perhaps altitude.
 *
 * @category models
 */
export const ChatLocation = Schema.Struct({
  success: flag,
  data: Schema.Struct({
    type: text,
    features: Schema.Array(Schema.Struct({
      type: text,
      geometry: Schema.Struct({ type: text, coordinates: Schema.Array(Schema.Number) }),
      properties: Schema.Struct({ handle: Schema.String, address: text, locality: text, updated_at: text }, open)
    }))
  })
})

/** @category models */
export interface ChatLocation extends Schema.Schema.Type<typeof ChatLocation> {}

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
  owner_handle: maybe(ChatHandle),
  health_status: Chat.fields.health_status
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
  sender_handle: maybe(ChatHandle),
  // payload version 2025-01-01 names the writer by these two; odd values do not lose the message
  is_from_me: Schema.optional(Schema.Unknown),
  from_handle: Schema.optional(Schema.Unknown),
  parts: maybe(Schema.Array(Part)),
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
  sender_handle: maybe(ChatHandle),
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
  from_handle: maybe(ChatHandle),
  custom_emoji: text,
  sticker: maybe(Sticker),
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
export const ParticipantEvent = Schema.Struct({ chat_id: text, handle: text, participant: maybe(ChatHandle) }, open)

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

/**
 * Linq's error envelope. `success` is absent in one official example, `doc_url` in the older ones; `retry_after` (seconds)
 * comes with 429.
 *
 * @category models
 */
export interface ErrorReply {
  readonly success?: unknown
  readonly error: {
    readonly code: number
    readonly status?: unknown
    readonly message?: unknown
    readonly doc_url?: unknown
    readonly retry_after?: unknown
  }
  readonly trace_id?: unknown
}

/**
 * Whether a reply is Linq's own refusal, and not the refusal of a proxy.
 *
 * @category refinements
 */
export const isErrorReply = (value: unknown): value is ErrorReply => {
  if (typeof value !== "object" || value === null || !("error" in value)) return false
  const { error } = value
  return typeof error === "object" && error !== null && "code" in error && Number.isInteger(error.code)
}

/**
 * A range to decorate. `range` is its start, and its end, which is no longer part of it.
 *
 * @category models
 */
export interface DecorationRequest {
  readonly range: readonly [start: number, end: number]
  readonly style?: string
  readonly animation?: string
}

/**
 * A text part to send. `mention` is a participant of a group; `mention_range` is the part of `value` that names them, and without it the
 * whole `value` does. Linq's Go client 0.38.3, read 2026-11.
 *
 * @category models
 */
export interface TextPartRequest {
  readonly type: "text"
  readonly value: string
  readonly text_decorations?: ReadonlyArray<DecorationRequest>
  readonly mention?: string
  readonly mention_range?: readonly [start: number, end: number]
}

/**
 * Exactly one of `url` and `attachment_id`. With `sticker`, iMessage shows the picture as a sticker; linq-node 0.58 to 0.69, read 2026-11.
 *
 * @category models
 */
export type MediaPartRequest =
  | { readonly type: "media"; readonly url: string; readonly sticker?: boolean }
  | { readonly type: "media"; readonly attachment_id: string; readonly sticker?: boolean }

/**
 * A link part to send.
 *
 * @category models
 */
export interface LinkPartRequest {
  readonly type: "link"
  readonly value: string
}

/**
 * The look of an app card: at least one caption or an image.
 *
 * @category models
 */
export interface AppLayout {
  readonly caption?: string
  readonly subcaption?: string
  readonly trailing_caption?: string
  readonly trailing_subcaption?: string
  readonly image_url?: string
  readonly image_title?: string
  readonly image_subtitle?: string
}

/**
 * An interactive card of an iMessage app: Linq only, so it has no neutral part.
 *
 * @category models
 */
export interface AppPartRequest {
  readonly type: "imessage_app"
  readonly app: { readonly name: string; readonly team_id: string; readonly bundle_id: string; readonly app_store_id?: number }
  readonly layout: AppLayout
  readonly url?: string
  readonly fallback_text?: string
  readonly interactive?: boolean
}

/**
 * The message in a request to send.
 *
 * @category models
 */
export interface MessageContent {
  readonly parts: ReadonlyArray<TextPartRequest | MediaPartRequest | LinkPartRequest | AppPartRequest>
  readonly effect?: LinqEffect
  readonly reply_to?: { readonly message_id: string; readonly part_index?: number }
  readonly preferred_service?: LinqService
  readonly idempotency_key?: string
}

/**
 * `POST /v3/chats`: finds or opens the chat of this line with exactly these people, and sends into it.
 *
 * @category models
 */
export interface CreateChat {
  readonly from: string
  readonly to: ReadonlyArray<string>
  readonly message: MessageContent
}

/**
 * The body that sends a message to a chat that exists.
 *
 * @category models
 */
export interface SendMessage {
  readonly message: MessageContent
}

/**
 * `POST /v3/messages`: Linq picks the line. `continuation_message` is sent instead if it has to change it.
 *
 * @category models
 */
export interface CreateMessage {
  readonly to: ReadonlyArray<string>
  readonly message: MessageContent
  readonly continuation_message?: { readonly text: string }
  readonly exclude_from?: ReadonlyArray<string>
}

/**
 * The body that sends a voice memo: a URL, or a file that was uploaded before.
 *
 * @category models
 */
export type VoiceMemo = { readonly voice_memo_url: string } | { readonly attachment_id: string }

/**
 * Where a sticker is on a message. `x` and `y` are from -1 to 1; `rotation` is in degrees, clockwise. linq-python and linq-node 0.58 to
 * 0.69, read 2026-11. The limits of `scale` changed in 0.66.1, and the new ones are not known.
 *
 * @category models
 */
export interface StickerPlacement {
  readonly x?: number
  readonly y?: number
  readonly scale?: number
  readonly rotation?: number
}

/**
 * The body that adds or removes a reaction. A sticker has exactly one of `attachment_id` and `url`, which is an address at which Linq serves
 * a file.
 *
 * @category models
 */
export interface React {
  readonly operation: "add" | "remove"
  readonly type: LinqReaction
  readonly custom_emoji?: string
  readonly attachment_id?: string
  readonly url?: string
  readonly placement?: StickerPlacement
  readonly part_index?: number
}

/**
 * The body that moves a sticker. What the placement leaves out stays as it is.
 *
 * @category models
 */
export interface MoveSticker {
  readonly placement: StickerPlacement
}

/**
 * The body that replaces the text of a part.
 *
 * @category models
 */
export interface EditMessage {
  readonly text: string
  readonly part_index?: number
}

/**
 * The body that changes the name or the picture of a group.
 *
 * @category models
 */
export interface UpdateChat {
  readonly display_name?: string
  readonly group_chat_icon?: string
}

/**
 * The body that changes an app card that was sent.
 *
 * @category models
 */
export interface UpdateAppCard {
  readonly layout: AppLayout
  readonly url?: string
  readonly fallback_text?: string
  readonly interactive?: boolean
}

/**
 * The body that announces a file before its upload.
 *
 * @category models
 */
export interface CreateAttachment {
  readonly filename: string
  readonly content_type: string
  readonly size_bytes: number
}

/**
 * The body that asks whether a person can be reached.
 *
 * @category models
 */
export interface CheckCapability {
  readonly address: string
  readonly from?: string
}

/**
 * The body that makes the contact card of a line.
 *
 * @category models
 */
export interface CreateContactCard {
  readonly phone_number: string
  readonly first_name: string
  readonly last_name?: string
  readonly image_url?: string
}

/**
 * The body that changes a contact card. A field that is left out stays.
 *
 * @category models
 */
export type UpdateContactCard = Partial<Omit<CreateContactCard, "phone_number">>

/**
 * The body that makes a webhook subscription.
 *
 * @category models
 */
export interface CreateWebhookSubscription {
  readonly target_url: string
  readonly subscribed_events: ReadonlyArray<LinqEvent | LinqPollEvent | LinqAccountEvent | LinqLaterEvent | (string & {})>
  readonly phone_numbers?: ReadonlyArray<string>
  readonly routing_key_header?: string | null
  readonly routing_id_header?: string | null
}

/**
 * The body that changes a webhook subscription. A field that is left out stays.
 *
 * @category models
 */
export interface UpdateWebhookSubscription {
  readonly target_url?: string
  readonly subscribed_events?: ReadonlyArray<LinqEvent | LinqPollEvent | LinqAccountEvent | LinqLaterEvent | (string & {})>
  readonly is_active?: boolean
  readonly phone_numbers?: ReadonlyArray<string> | null
  readonly routing_key_header?: string | null
  readonly routing_id_header?: string | null
}
