/** Types of the bodies that Linq takes. Linq docs and @linqapp/sdk 0.28.2, read 2026-11-21. */
import type { LinqAccountEvent, LinqEffect, LinqEvent, LinqLaterEvent, LinqPollEvent, LinqReaction, LinqService } from "./LinqWords.ts"

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
 * The options of a send, beside its message or voice memo. `override_optout`: Linq sends this one message to a person who opted out. The
 * person stays opted out. Linq records each use. Only the requests that send have this option. linq-go 0.38.3, read 2026-11-29.
 *
 * @category models
 */
export interface SendOptions {
  readonly override_optout?: boolean
}

/**
 * `POST /v3/chats`: finds or opens the chat of this line with exactly these people, and sends into it.
 *
 * @category models
 */
export interface CreateChat extends SendOptions {
  readonly from: string
  readonly to: ReadonlyArray<string>
  readonly message: MessageContent
}

/**
 * The body that sends a message to a chat that exists.
 *
 * @category models
 */
export interface SendMessage extends SendOptions {
  readonly message: MessageContent
}

/**
 * `POST /v3/messages`: Linq picks the line. `continuation_message` is sent instead if it has to change it.
 *
 * @category models
 */
export interface CreateMessage extends SendOptions {
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
export type VoiceMemo = SendOptions & ({ readonly voice_memo_url: string } | { readonly attachment_id: string })

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
