/**
 * Types of the bodies and filters that Sendblue takes.
 *
 * Field lists: Sendblue docs (messages, groups, api-v2 pages) and the sendblue 3.17.0 client, read 2026-11-21.
 */
import type * as SendblueSchema from "./SendblueSchema.ts"
import type { SendStyle } from "./SendblueWords.ts"

/**
 * The body of `POST /api/send-message`. At least one of `content` and `media_url`.
 *
 * @category models
 */
export interface SendMessage {
  readonly number: string
  readonly from_number: string
  readonly content?: string
  readonly media_url?: string
  readonly send_style?: SendStyle
  readonly reply_to?: SendblueSchema.ReplyTo
  readonly status_callback?: string
  readonly seat_id?: string
  readonly app_card?: unknown
}

/**
 * The body of `POST /api/send-group-message`. `group_id` for a group that exists, else `numbers`. The client has neither
 * `send_style` nor `status_callback` here; the guide has both.
 *
 * @category models
 */
export interface SendGroupMessage {
  readonly from_number: string
  readonly group_id?: string
  readonly numbers?: ReadonlyArray<string>
  readonly content?: string
  readonly media_url?: string
  readonly send_style?: SendStyle
  readonly reply_to?: SendblueSchema.ReplyTo
  readonly status_callback?: string
  readonly seat_id?: string
}

/**
 * The body of `POST /api/send-carousel`: 2 to 20 HTTPS URLs, on V2 lines only.
 *
 * @category models
 */
export interface SendCarousel {
  readonly number: string
  readonly from_number: string
  readonly media_urls: ReadonlyArray<string>
  readonly send_style?: SendStyle
  readonly reply_to?: SendblueSchema.ReplyTo
  readonly status_callback?: string
  readonly seat_id?: string
  readonly metadata?: unknown
}

/**
 * The body of `POST /api/messages/{message_handle}/update-app-card`. `idempotency_key` is the only key of the whole API.
 *
 * @category models
 */
export interface UpdateAppCard {
  readonly fallback_text?: string
  readonly idempotency_key?: string
  readonly interactive?: boolean
  readonly layout?: Readonly<Record<string, string>>
  readonly send_style?: SendStyle
  readonly url?: string
}

/**
 * The filters of `GET /api/v2/messages`. `limit` is at most 100; `number` is either party.
 *
 * @category models
 */
export interface ListMessages {
  readonly account_email?: string
  readonly created_at_gte?: string
  readonly created_at_lte?: string
  readonly from_number?: string
  readonly group_id?: string
  readonly is_outbound?: boolean
  readonly limit?: number
  readonly message_type?: "message" | "group"
  readonly number?: string
  readonly offset?: number
  readonly order_by?: "createdAt" | "updatedAt" | "sentAt"
  readonly order_direction?: "asc" | "desc"
  readonly sendblue_number?: string
  readonly sent_at_gte?: string
  readonly sent_at_lte?: string
  readonly service?: string
  readonly status?: string
  readonly to_number?: string
  readonly updated_at_gte?: string
  readonly updated_at_lte?: string
  readonly worker_id?: string
}

/**
 * The query of `GET /api/v2/contacts`. Nothing filters by opt-out, and `offset` ends at 10,000.
 *
 * @category models
 */
export interface ListContacts {
  readonly cid?: string
  readonly created_at_gte?: string
  readonly limit?: number
  readonly offset?: number
  readonly order_by?: "created_at"
  readonly order_direction?: "asc" | "desc"
  readonly phone_number?: string
}

/**
 * The body of `POST /api/modify-group`.
 *
 * @category models
 */
export interface ModifyGroup {
  readonly group_id: string
  readonly modify_type: "add_recipient" | "remove_recipient"
  readonly number: string
  readonly from_number?: string
}

/**
 * The body of `POST /api/send-typing-indicator`. `max_duration_ms` is 1 to 300,000.
 *
 * @category models
 */
export interface SendTypingIndicator {
  readonly number: string
  readonly from_number?: string
  readonly state?: "start" | "stop"
  readonly max_duration_ms?: number
}

/**
 * The body of `POST /api/send-reaction`.
 *
 * @category models
 */
export interface SendReaction {
  readonly from_number: string
  readonly message_handle: string
  readonly reaction: string
  readonly part_index?: number
}

/**
 * The body of `POST /api/v2/contact-sharing/profile`. An absent name stays as it is, and `""` clears it. `clearPhoto` is never with `photoUrl`.
 * An older page requires both names and the photo.
 *
 * Sendblue docs (contact-sharing), and callers of the newer API, read 2026-11.
 *
 * @category models
 */
export interface SetSharingProfile {
  readonly fromNumber: string
  readonly firstName?: string
  readonly lastName?: string
  readonly displayName?: string
  readonly photoUrl?: string
  readonly clearPhoto?: true
}

/**
 * The body of `POST /api/v2/contacts`.
 *
 * @category models
 */
export interface CreateContact {
  readonly number: string
  readonly first_name?: string
  readonly last_name?: string
  readonly assigned_to_email?: string
  readonly sendblue_number?: string
  readonly tags?: ReadonlyArray<string>
  readonly custom_variables?: Readonly<Record<string, string>>
  readonly update_if_exists?: boolean
}

/**
 * The body of `PUT /api/v2/contacts/{phone_number}`. `custom_variables` are merged with those that are there. `opt_out` changes the same record as the
 * words that opt out.
 *
 * The sendblue 3.17.0 client (contacts), read 2026-11.
 *
 * @category models
 */
export interface UpdateContact {
  readonly first_name?: string
  readonly last_name?: string
  readonly company_name?: string
  readonly assigned_to_email?: string
  readonly sendblue_number?: string
  readonly tags?: ReadonlyArray<string>
  readonly custom_variables?: Readonly<Record<string, string>>
  readonly opt_out?: boolean
}

/**
 * One contact of `POST /api/v2/contacts/bulk`. It takes no opt-out and no line.
 *
 * The sendblue 3.17.0 client (contacts/bulk), read 2026-11.
 *
 * @category models
 */
export interface NewContact {
  readonly phone: string
  readonly first_name?: string
  readonly last_name?: string
  readonly company_name?: string
  readonly tags?: ReadonlyArray<string>
  readonly custom_variables?: Readonly<Record<string, string>>
}

/**
 * The body of `POST /v3/auth/tokens`. At most one of `phone_number` and `phone_numbers`; without both, the token is for the whole account. Only keys of the
 * account make tokens.
 *
 * The sendblue 3.17.0 client (auth/tokens), read 2026-11.
 *
 * @category models
 */
export interface CreateToken {
  readonly expires_in_seconds?: number
  readonly phone_number?: string
  readonly phone_numbers?: ReadonlyArray<string>
}

/**
 * The body of `POST /api/account/webhooks`, which appends.
 *
 * @category models
 */
export interface AddWebhooks {
  readonly webhooks: ReadonlyArray<SendblueSchema.WebhookEntry>
  readonly type?: string
  readonly globalSecret?: string
}

/**
 * The body of `DELETE /api/account/webhooks`.
 *
 * @category models
 */
export interface DeleteWebhooks {
  readonly webhooks: ReadonlyArray<string>
  readonly type?: string
}
