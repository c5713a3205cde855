/**
 * Schemas of what Sendblue answers. Reading is lenient: unknown keys and words are kept, and `null`, `""` and a value of a type that no page
 * shows count as absent.
 *
 * Field lists: Sendblue docs (messages, groups, api-v2 pages) and the sendblue 3.17.0 client, read 2026-11-21.
 */
import { VendorId } from "@interline/core/VendorId"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import { anything, errorCode, flag, id, nested, number, open, text, texts } from "./fields.ts"

/**
 * The fields of an answer to a send that a receipt needs.
 *
 * @category models
 */
export const SendReply = Schema.Struct({
  message_handle: id,
  status: text,
  group_id: id,
  service: text
})

/** @category models */
export interface SendReply extends Schema.Schema.Type<typeof SendReply> {}

/**
 * The sentences of an answer that may say why it failed. `error` is a named error of the group endpoints.
 *
 * @category models
 */
export const Envelope = Schema.Struct({
  status: text,
  error_code: errorCode,
  error_message: text,
  error_reason: text,
  error_detail: text,
  message: text,
  error: text,
  detail: text,
  message_handle: id,
  opted_out: flag
})

/** @category models */
export interface Envelope extends Schema.Schema.Type<typeof Envelope> {}

/**
 * The immediate parent of an inline reply.
 *
 * @category models
 */
export const ReplyTo = Schema.Struct({
  message_handle: VendorId,
  part_index: Schema.optionalWith(Schema.NonNegativeInt, { exact: true })
})

/** @category models */
export interface ReplyTo extends Schema.Schema.Type<typeof ReplyTo> {}

/**
 * A message in lists, by its handle, from the status endpoint and in webhooks: the union of both spellings (`accountEmail`
 * and `account_email`, `date_sent` and `date_created`). Keys that no page names are kept.
 *
 * @category models
 */
export const Message = Schema.Struct(
  {
    accountEmail: text,
    account_email: text,
    app_card: anything,
    content: text,
    date_created: text,
    date_sent: text,
    date_updated: text,
    error_code: errorCode,
    error_detail: text,
    error_message: text,
    error_reason: text,
    from_number: text,
    group_display_name: text,
    group_id: id,
    is_outbound: flag,
    location: anything,
    media_url: text,
    message_handle: id,
    message_type: text,
    number: texts,
    opted_out: flag,
    participants: texts,
    plan: text,
    reply_to: nested(ReplyTo),
    seat_id: text,
    send_style: text,
    sendblue_number: text,
    sender_email: text,
    service: text,
    status: text,
    thread_originator: anything,
    to_number: texts,
    was_downgraded: flag
  },
  open
)

/** @category models */
export interface Message extends Schema.Schema.Type<typeof Message> {}

/**
 * `hasMore` is missing in the guide's example.
 *
 * @category models
 */
export const Pagination = Schema.Struct({ total: number, limit: number, offset: number, hasMore: flag })

/**
 * One page of messages.
 *
 * @category models
 */
export const MessageList = Schema.Struct({
  status: text,
  data: Schema.Array(Message),
  pagination: nested(Pagination)
})

/** @category models */
export interface MessageList extends Schema.Schema.Type<typeof MessageList> {}

/**
 * One message.
 *
 * @category models
 */
export const MessageDetail = Schema.Struct({ status: text, data: Message })

/**
 * A member of a group.
 *
 * @category models
 */
export const GroupParticipant = Schema.Struct(
  { participant_id: text, type: text, handle: text, phone: text, name: text, contact_id: text, seat_id: text },
  open
)

/**
 * The picture of a group.
 *
 * @category models
 */
export const GroupPhoto = Schema.Struct({ photo_guid: text, url: text })

/**
 * A group.
 *
 * @category models
 */
export const Group = Schema.Struct(
  {
    group_id: id,
    group_name: text,
    group_photo: nested(GroupPhoto),
    created_at: text,
    updated_at: text,
    latest_comm_at: text,
    latest_message_id: text,
    worker_group_id: id,
    participant_numbers: texts,
    participants: nested(Schema.Array(GroupParticipant))
  },
  open
)

/** @category models */
export interface Group extends Schema.Schema.Type<typeof Group> {}

/**
 * One group, as a read answers it.
 *
 * @category models
 */
export const GroupDetail = Schema.Struct({ status: text, data: Group })

/**
 * A place. In a message it has the fields up to `timestamp`, and a `duration` that is not read because its unit is not documented. In an
 * answer `refreshError` says that the place is an older one, because a newer one could not be read.
 *
 * @category models
 */
export const Place = Schema.Struct({
  latitude: number,
  longitude: number,
  accuracy: number,
  altitude: number,
  address: text,
  timestamp: text,
  expiresAt: text,
  locationType: text,
  refreshError: text
}, open)

/** @category models */
export interface Place extends Schema.Schema.Type<typeof Place> {}

/**
 * What one person shares with a line.
 *
 * @category models
 */
export const LocationState = Schema.Struct({ number: text, state: text, location: nested(Place) }, open)

/** @category models */
export interface LocationState extends Schema.Schema.Type<typeof LocationState> {}

/**
 * What people share with a line.
 *
 * @category models
 */
export const LocationList = Schema.Struct({ status: text, from_number: text, locations: Schema.Array(LocationState) })

/**
 * The answer to a request for a location.
 *
 * @category models
 */
export const LocationRequested = Schema.Struct({ status: text, message: text, message_handle: id, number: text, uuid: text }, open)

/** @category models */
export interface LocationRequested extends Schema.Schema.Type<typeof LocationRequested> {}

/**
 * The answer of endpoints that change something and tell nothing that is needed: typing, read, reaction, group changes.
 *
 * @category models
 */
export const Acknowledgement = Schema.Struct({ status: text, message: text, message_handle: id, number: texts }, open)

/** @category models */
export interface Acknowledgement extends Schema.Schema.Type<typeof Acknowledgement> {}

/**
 * `media_url` is what a send takes; only `upload-file` answers with it.
 *
 * @category models
 */
export const Upload = Schema.Struct({ status: text, message: text, media_url: text, mediaObjectId: text })

/** @category models */
export interface Upload extends Schema.Schema.Type<typeof Upload> {}

/**
 * Which service reaches a number.
 *
 * @category models
 */
export const Lookup = Schema.Struct({ number: text, service: text })

/** @category models */
export interface Lookup extends Schema.Schema.Type<typeof Lookup> {}

/**
 * The state of one line.
 *
 * @category models
 */
export const LineState = Schema.Struct(
  {
    worker_id: text,
    sendblue_number: text,
    status: text,
    assignment: text,
    degraded_since: text,
    effective_until: text,
    status_changed_at: text
  },
  open
)

/** @category models */
export interface LineState extends Schema.Schema.Type<typeof LineState> {}

/**
 * The states of all lines of the account.
 *
 * @category models
 */
export const LineStates = Schema.Struct({ status: text, snapshot_at: text, data: Schema.Array(LineState) })

/**
 * One window of a line's limits of new contacts. `nextSlotAt`: when the oldest counted contact leaves. `resetsAt`: of the day only.
 *
 * @category models
 */
export const UsageWindow = Schema.Struct({ used: number, limit: number, remaining: number, nextSlotAt: text, resetsAt: text }, open)

/** @category models */
export interface UsageWindow extends Schema.Schema.Type<typeof UsageWindow> {}

/**
 * The usage of one line. Sendblue's newest client (lines) and docs page, read 2026-11.
 *
 * @category models
 */
export const LineUsage = Schema.Struct(
  {
    phone: text,
    state: text,
    sampledAt: text,
    availableAt: text,
    newContactLookbackDays: number,
    hourly: nested(UsageWindow),
    daily: nested(UsageWindow)
  },
  open
)

/** @category models */
export interface LineUsage extends Schema.Schema.Type<typeof LineUsage> {}

/**
 * The usage of all lines of the account. `enabled` is false if the account gets no reports; then there are no lines in it.
 *
 * @category models
 */
export const LineUsages = Schema.Struct({ status: text, enabled: flag, lines: Schema.Array(LineUsage) })

/**
 * Whether a person counts as new at a line. Its names are in snake case, those of the usage in camel case.
 *
 * @category models
 */
export const ContactStatus = Schema.Struct(
  {
    status: text,
    number: text,
    sendblue_number: text,
    classification: text,
    known_contact: flag,
    new_contact_lookback_days: number,
    sampled_at: text
  },
  open
)

/** @category models */
export interface ContactStatus extends Schema.Schema.Type<typeof ContactStatus> {}

/**
 * Not in the client; seen in the official command line tool and live.
 *
 * @category models
 */
export const Lines = Schema.Struct({ numbers: Schema.Array(Schema.String) })

/**
 * The number to which the calls of a line are forwarded.
 *
 * @category models
 */
export const Forwarding = Schema.Struct({ forwarding_number: text, sendblue_number: text })

/** @category models */
export interface Forwarding extends Schema.Schema.Type<typeof Forwarding> {}

/**
 * A contact. Pages and live answers also spell its keys in camel case; those are kept as they come.
 *
 * @category models
 */
export const Contact = Schema.Struct(
  {
    contact_id: text,
    phone: text,
    first_name: text,
    last_name: text,
    company_name: text,
    assigned_to_email: text,
    tags: texts,
    created_at: text,
    opt_out: flag,
    sendblue_number: text,
    verified: flag
  },
  open
)

/** @category models */
export interface Contact extends Schema.Schema.Type<typeof Contact> {}

/**
 * One contact.
 *
 * @category models
 */
export const ContactDetail = Schema.Struct({ status: text, contact: nested(Contact) })

/**
 * How many contacts there are.
 *
 * @category models
 */
export const ContactCount = Schema.Struct({ count: number })

/**
 * The contacts that were made.
 *
 * @category models
 */
export const ContactsCreated = Schema.Struct({ status: text, contacts: nested(Schema.Array(Contact)) })

/**
 * How many contacts were deleted.
 *
 * @category models
 */
export const ContactsDeleted = Schema.Struct({ status: text, amount: number })

/**
 * A person who may use the shared line of an account. `verification_status` is `pending` until the person writes to the line.
 *
 * The sendblue 3.17.0 client (verified-contacts), read 2026-11.
 *
 * @category models
 */
export const VerifiedContact = Schema.Struct(
  { phone_number: text, verified: flag, verification_status: text, created_at: text, updated_at: text },
  open
)

/** @category models */
export interface VerifiedContact extends Schema.Schema.Type<typeof VerifiedContact> {}

const sharedLine = nested(Schema.Struct({ phone_number: text, type: text }, open))

/**
 * One verified contact, and the line that the person writes to.
 *
 * @category models
 */
export const VerifiedContactDetail = Schema.Struct({
  data: Schema.Struct({ contact: nested(VerifiedContact), line: sharedLine, verification_instructions: text })
})

/**
 * The verified contacts of the shared line.
 *
 * @category models
 */
export const VerifiedContactList = Schema.Struct({
  data: Schema.Struct({ contacts: Schema.Array(VerifiedContact), line: sharedLine })
})

/**
 * A temporary token. It is given once. Without `phone_numbers` it is for the whole account.
 *
 * The sendblue 3.17.0 client (auth/tokens), read 2026-11.
 *
 * @category models
 */
export const Token = Schema.Struct({
  token: Schema.Redacted(Schema.NonEmptyString),
  token_type: text,
  token_id: id,
  expires_at: text,
  phone_numbers: texts
})

/** @category models */
export interface Token extends Schema.Schema.Type<typeof Token> {}

/**
 * The answer to a FaceTime call: what the caller's own program needs to join it.
 *
 * Sendblue docs (calling), read 2026-11.
 *
 * @category models
 */
export const FaceTimeCall = Schema.Struct({
  status: text,
  message: text,
  agora: nested(Schema.Struct({
    appId: text,
    channelName: text,
    token: Schema.optionalWith(Schema.Redacted(Schema.String), { exact: true }),
    uid: anything
  }))
})

/** @category models */
export interface FaceTimeCall extends Schema.Schema.Type<typeof FaceTimeCall> {}

/**
 * What a line shows of itself to people. Without a profile there may be nothing but `hasProfile`. No page shows the address of the photo.
 *
 * Sendblue docs (contact-sharing), and callers of the newer API, read 2026-11.
 *
 * @category models
 */
export const SharingProfile = Schema.Struct(
  { hasProfile: flag, hasPhoto: flag, sharingEnabled: flag, firstName: text, lastName: text, displayName: text },
  open
)

/** @category models */
export interface SharingProfile extends Schema.Schema.Type<typeof SharingProfile> {}

/**
 * The profile of a line, as it is read and as it is set.
 *
 * @category models
 */
export const SharingDetail = Schema.Struct({ status: text, data: nested(SharingProfile) })

/**
 * The answer to a share. `deduplicated`: it was shared with the person within 24 hours, and nothing was done.
 *
 * @category models
 */
export const Shared = Schema.Struct({ status: text, requested: flag, deduplicated: flag })

/** @category models */
export interface Shared extends Schema.Schema.Type<typeof Shared> {}

/**
 * Whether a number has opted out.
 *
 * @category models
 */
export const OptOut = Schema.Struct({ status: text, number: text, opted_out: flag })

/** @category models */
export interface OptOut extends Schema.Schema.Type<typeof OptOut> {}

/**
 * A subscription with its options. `sendblue_numbers` is for `receive` only.
 *
 * @category models
 */
export const WebhookConfiguration = Schema.Struct({
  url: Schema.String,
  secret: Schema.optionalWith(Schema.String, { exact: true }),
  sendblue_numbers: Schema.optionalWith(Schema.Array(Schema.String), { exact: true })
})

/** @category models */
export interface WebhookConfiguration extends Schema.Schema.Type<typeof WebhookConfiguration> {}

/**
 * A bare URL or a subscription with options.
 *
 * @category models
 */
export type WebhookEntry = string | WebhookConfiguration

/**
 * Subscriptions by type, and `globalSecret`, which arrives in clear.
 *
 * @category models
 */
export const Webhooks = Schema.Record(open)

/**
 * The webhooks of the account.
 *
 * @category models
 */
export const WebhookList = Schema.Struct({ status: text, webhooks: Webhooks })

/**
 * Reads the entries of one type; entries of another shape are left out.
 *
 * @category getters
 */
export const webhookEntries = (value: unknown): ReadonlyArray<WebhookEntry> =>
  Array.isArray(value) ? value.filter((entry): entry is WebhookEntry => typeof entry === "string" || isConfiguration(entry)) : []

const isConfiguration = (entry: unknown): boolean => Predicate.hasProperty(entry, "url") && typeof entry.url === "string"
