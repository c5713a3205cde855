/**
 * Schemas of what Linq answers. Reading is lenient: unknown keys are kept, unknown words stay strings, and every field that is not an id
 * may be absent or null. Linq docs and @linqapp/sdk 0.28.2, read 2026-11-21.
 */
import { isVendorId, VendorId } from "@interline/core/VendorId"
import * as Schema from "effect/Schema"
import { effect, flag, maybe, number, open, replyTo, text } from "./fields.ts"

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
