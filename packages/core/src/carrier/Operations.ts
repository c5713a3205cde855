/**
 * What can be asked of a carrier, as types: the operations and what they take, a send and where it stands, and a look at what became
 * of a request whose answer was lost.
 *
 * @since 0.1.0
 */
import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import type { Attachment, Upload } from "../content/Attachment.ts"
import type { Chat } from "../content/Chat.ts"
import type { ContactCard } from "../content/ContactCard.ts"
import type { Draft, Fidelity } from "../content/Draft.ts"
import type { LineHealth } from "../content/Health.ts"
import type { Message } from "../content/Message.ts"
import type { AttachmentRef, Media } from "../content/Part.ts"
import type { Reaction } from "../content/Reaction.ts"
import type { Subscription, Webhook } from "../content/Webhook.ts"
import type { ChatTarget, Conversation } from "../names/Conversation.ts"
import type { DeliveryId } from "../names/DeliveryId.ts"
import type { Handle, Phone } from "../names/Handle.ts"
import type { LineName } from "../names/Line.ts"
import type { MessageRef } from "../names/MessageRef.ts"
import type { Page, PageRequest } from "../names/Page.ts"
import type { Service } from "../names/Service.ts"
import type { MessagingError } from "../outcome/MessagingError.ts"
import type { Receipt } from "../outcome/Outcome.ts"
import type { PlanInput, Sendable } from "../outcome/Plan.ts"

/**
 * What a carrier says about a handle: for each service, whether it can be reached by it; absent where it does not say.
 *
 * @since 0.1.0
 * @category models
 */
export interface ServiceLookup {
  readonly services: Partial<Record<Service, boolean>>
  readonly raw?: string
}

/**
 * A change of a group. At least one of the two; `null` clears, where the carrier can.
 *
 * @since 0.1.0
 * @category models
 */
export interface ChatChange {
  readonly name?: string | null
  readonly icon?: string | null
}

/**
 * Which part of a message is meant: default 0.
 *
 * @since 0.1.0
 * @category models
 */
export interface PartOptions {
  readonly part?: number
}

/**
 * Which chats to list.
 *
 * @since 0.1.0
 * @category models
 */
export interface ChatQuery extends PageRequest {
  readonly line?: LineName
  readonly with?: Handle
}

/**
 * A contact card to set on a line.
 *
 * @since 0.1.0
 * @category models
 */
export interface ContactCardChange {
  readonly firstName: string
  readonly lastName?: string
  readonly imageUrl?: string
}

/**
 * Every operation except `send`. `M` is how a message is named: by a vendor's ref at a carrier, also by our delivery id
 * at `Messaging`.
 *
 * @since 0.1.0
 * @category models
 */
export interface Operations<M> {
  readonly sendVoiceMemo: (to: ChatTarget, audio: Media) => Effect.Effect<Receipt, MessagingError>
  readonly getMessage: (message: M, options?: PartOptions) => Effect.Effect<Message, MessagingError>
  readonly listMessages: (of: ChatTarget, page?: PageRequest) => Effect.Effect<Page<Message>, MessagingError>
  readonly listThread: (message: M, page?: PageRequest) => Effect.Effect<Page<Message>, MessagingError>
  readonly deleteRecord: (message: M) => Effect.Effect<void, MessagingError>
  readonly edit: (message: M, text: string, options?: PartOptions) => Effect.Effect<void, MessagingError>
  readonly react: (message: M, reaction: Reaction, options?: PartOptions) => Effect.Effect<void, MessagingError>
  readonly unreact: (message: M, reaction: Reaction, options?: PartOptions) => Effect.Effect<void, MessagingError>
  readonly listChats: (query?: ChatQuery) => Effect.Effect<Page<Chat>, MessagingError>
  readonly getChat: (chat: ChatTarget) => Effect.Effect<Chat, MessagingError>
  readonly updateChat: (chat: ChatTarget, change: ChatChange) => Effect.Effect<void, MessagingError>
  readonly markRead: (chat: ChatTarget) => Effect.Effect<void, MessagingError>
  readonly leaveChat: (chat: ChatTarget) => Effect.Effect<void, MessagingError>
  readonly shareContactCard: (chat: ChatTarget) => Effect.Effect<void, MessagingError>
  readonly addParticipant: (chat: ChatTarget, handle: Handle) => Effect.Effect<void, MessagingError>
  readonly removeParticipant: (chat: ChatTarget, handle: Handle) => Effect.Effect<void, MessagingError>
  readonly startTyping: (chat: ChatTarget) => Effect.Effect<void, MessagingError>
  readonly stopTyping: (chat: ChatTarget) => Effect.Effect<void, MessagingError>
  readonly uploadAttachment: (upload: Upload) => Effect.Effect<Attachment, MessagingError>
  readonly getAttachment: (attachment: AttachmentRef) => Effect.Effect<Attachment, MessagingError>
  readonly deleteAttachment: (attachment: AttachmentRef) => Effect.Effect<void, MessagingError>
  readonly lookupService: (handle: Handle, line?: LineName) => Effect.Effect<ServiceLookup, MessagingError>
  readonly listLines: () => Effect.Effect<ReadonlyArray<LineHealth>, MessagingError>
  readonly setForwarding: (line: LineName, number: Phone | null) => Effect.Effect<void, MessagingError>
  readonly getContactCard: (line: LineName) => Effect.Effect<Option.Option<ContactCard>, MessagingError>
  readonly setContactCard: (line: LineName, card: ContactCardChange) => Effect.Effect<ContactCard, MessagingError>
  readonly setOptOut: (handle: Handle, optedOut: boolean) => Effect.Effect<void, MessagingError>
  readonly listWebhooks: () => Effect.Effect<ReadonlyArray<Webhook>, MessagingError>
  readonly createWebhook: (subscription: Subscription) => Effect.Effect<Webhook, MessagingError>
  readonly updateWebhook: (
    id: string,
    change: Partial<Subscription> & { readonly active?: boolean }
  ) => Effect.Effect<Webhook, MessagingError>
  readonly deleteWebhook: (id: string) => Effect.Effect<void, MessagingError>
}

/**
 * When requests are repeated. Only reads, sends under a key, and refusals that are certain and say "later" are.
 *
 * `times` (default 2) repeats at most, waiting `base` (default 500 ms) doubled each time with jitter, or what the vendor's
 * `Retry-After` says if that is at most `maxRetryAfter` (default 10 s); above it the error surfaces at once.
 *
 * @since 0.1.0
 * @category models
 */
export interface RetryPolicy {
  readonly times?: number
  readonly base?: Duration.DurationInput
  readonly maxRetryAfter?: Duration.DurationInput
}

/**
 * Where a send stands: the plan that is carried out, the step that is about to leave or under way, the receipts of the steps
 * before it, and when that step first left (epoch milliseconds).
 *
 * @since 0.1.0
 * @category models
 */
export interface Progress {
  readonly plan: Sendable
  readonly step: number
  readonly receipts: ReadonlyArray<Receipt>
  readonly startedAt: number
}

/**
 * One logical send at one carrier. The vendor's idempotency key derives from `deliveryId` and `generation`; a new
 * generation is allowed only after a definitive failure.
 *
 * `retry` replaces the carrier's own policy for this send. `onProgress` is awaited before each step leaves for the first
 * time, so that what is about to happen can be recorded; a step does not leave before it has ended. `resume` carries out
 * the rest of an earlier plan exactly as it was made, from `resume.step` on: nothing is planned or looked up again.
 *
 * `confirmsOptOut`: the one confirmation of the recipient's opt-out (`SendOptions`). It is tried once, whatever `retry` says, and is no part of
 * what `resume` carries on.
 *
 * @since 0.1.0
 * @category models
 */
export interface SendRequest {
  readonly deliveryId: DeliveryId
  readonly generation: number
  readonly conversation: Conversation
  readonly draft: Draft
  readonly fidelity: Fidelity
  readonly replyTo?: PlanInput["replyTo"]
  readonly retry?: RetryPolicy
  readonly onProgress?: (progress: Progress) => Effect.Effect<void>
  readonly resume?: Progress
  readonly confirmsOptOut?: true
}

/**
 * What a look at the carrier says about a step whose answer was lost.
 *
 * `Found`: the carrier has it. `Absent`: a list that is complete by its own numbers did not show it, nor any other message to
 * the same people that belongs to nobody; that proves nothing by itself, since lists lag behind. `Unproven`: the look failed, or
 * showed something that cannot be told apart; `why` is for people, without numbers and texts.
 *
 * @since 0.1.0
 * @category models
 */
export type Finding =
  | { readonly _tag: "Found"; readonly receipt: Receipt }
  | { readonly _tag: "Absent" }
  | { readonly _tag: "Unproven"; readonly why: string; readonly error?: MessagingError }

/**
 * What is needed to tell a step from others like it. `taken` names those of the refs that belong to other deliveries;
 * `rivals` is how many other sends with the same content to the same people on the same line are unsettled. `ref` is the
 * message that the failed answer named, as the evidence has it.
 *
 * @since 0.1.0
 * @category models
 */
export interface Suspects {
  readonly taken: (refs: ReadonlyArray<MessageRef>) => Effect.Effect<ReadonlySet<string>>
  readonly rivals: number
  readonly ref?: MessageRef
}

/**
 * How a carrier finds out what became of a request whose answer was lost. Each is there only where the carrier can tell.
 *
 * `send` looks for the step that `progress` names. By `replay`: the same request under the same key, which the vendor
 * answers with the first one's result; it may send what did not arrive, and is done only within `replayFor` after the step
 * first left, because no vendor documents how long it keeps keys. Its refusal proves nothing. By `list`: a look at the
 * vendor's list, which sends nothing; `replayFor` is zero there.
 *
 * The others read the state back and answer whether what was asked has happened; nothing is ever repeated, and `false` says
 * only that it does not show yet. `since` is when the request left, in epoch milliseconds.
 *
 * @since 0.1.0
 * @category models
 */
export interface Reconciliation {
  readonly send?: {
    readonly way: "replay" | "list"
    readonly replayFor: Duration.Duration
    readonly find: (request: SendRequest, progress: Progress, suspects: Suspects) => Effect.Effect<Finding>
  }
  readonly sendVoiceMemo?: (to: ChatTarget, since: number, suspects: Suspects) => Effect.Effect<Finding>
  readonly edit?: (message: MessageRef, text: string, options?: PartOptions) => Effect.Effect<boolean, MessagingError>
  readonly react?: (message: MessageRef, reaction: Reaction, options?: PartOptions) => Effect.Effect<boolean, MessagingError>
  readonly unreact?: (message: MessageRef, reaction: Reaction, options?: PartOptions) => Effect.Effect<boolean, MessagingError>
  readonly updateChat?: (chat: ChatTarget, change: ChatChange) => Effect.Effect<boolean, MessagingError>
  readonly addParticipant?: (chat: ChatTarget, handle: Handle) => Effect.Effect<boolean, MessagingError>
  readonly removeParticipant?: (chat: ChatTarget, handle: Handle) => Effect.Effect<boolean, MessagingError>
}
