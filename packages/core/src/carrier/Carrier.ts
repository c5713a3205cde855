/**
 * The contract of a carrier, and the one place that builds a carrier from what an adapter supplies: capability gate,
 * suppression fence, retries, spans and error labels are added here, once, for every vendor.
 *
 * @since 0.1.0
 */
import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import type * as Either from "effect/Either"
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
import type { Sight } from "../http/VendorList.ts"
import type { CarrierId } from "../names/CarrierId.ts"
import type { ChatRef, ChatTarget, Conversation } from "../names/Conversation.ts"
import type { DeliveryId } from "../names/DeliveryId.ts"
import type { Handle, Phone } from "../names/Handle.ts"
import type { LineName } from "../names/Line.ts"
import type { MessageRef } from "../names/MessageRef.ts"
import type { Page, PageRequest } from "../names/Page.ts"
import type { Service } from "../names/Service.ts"
import type { MessagingError } from "../outcome/MessagingError.ts"
import type { Outcome, Receipt } from "../outcome/Outcome.ts"
import type { Knowledge as PlanKnowledge, Plan, PlanInput, Sendable, Step } from "../outcome/Plan.ts"
import type { Capabilities } from "./Capabilities.ts"
import * as CarrierLive from "./carrierLive.ts"
import type { ChatBookService } from "./ChatBook.ts"
import * as Planning from "./planning.ts"
import * as SendPlan from "./sendPlan.ts"
import type { SuppressionService } from "./Suppression.ts"

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

/**
 * A vendor behind the neutral operations. `send` never fails for a vendor's reason: whatever happens is an `Outcome`.
 *
 * @since 0.1.0
 * @category models
 */
export interface Carrier extends Operations<MessageRef> {
  readonly id: CarrierId
  readonly vendor: string
  readonly capabilities: Capabilities
  readonly lines: ReadonlyMap<LineName, Phone>
  readonly plan: (request: Omit<SendRequest, "deliveryId" | "generation">) => Effect.Effect<Plan>
  readonly send: (request: SendRequest) => Effect.Effect<Outcome>
  readonly reconciliation?: Reconciliation
}

/**
 * A carrier as far as it plans: what it would be asked for a draft, without its credentials. One that is configured and not in use is
 * planned for by it.
 *
 * @since 0.1.0
 * @category models
 */
export interface Planner extends Pick<Carrier, "id" | "lines" | "plan"> {}

/**
 * Where a chat operation acts, resolved by the core: the conversation or the vendor's description of its chat.
 *
 * @since 0.1.0
 * @category models
 */
export interface ChatContext {
  readonly kind: "direct" | "group"
  readonly recipients: ReadonlyArray<Handle>
  readonly from: Phone | undefined
  readonly chat: ChatRef | undefined
}

/**
 * Which part of which message, and (where the operation reaches a person) the chat it is in.
 *
 * @since 0.1.0
 * @category models
 */
export interface MessageContext {
  readonly ref: MessageRef
  readonly part: number
  readonly chat: ChatContext
}

/**
 * What an adapter writes: the operations with their addresses resolved. It may assume that its own capabilities, the
 * fence and the rules common to all carriers were checked.
 *
 * @since 0.1.0
 * @category models
 */
export interface AdapterOperations {
  readonly sendVoiceMemo: (to: ChatContext, audio: Media) => Effect.Effect<Receipt, MessagingError>
  readonly getMessage: (message: MessageRef) => Effect.Effect<Message, MessagingError>
  readonly listMessages: (of: ChatContext, page: PageRequest) => Effect.Effect<Page<Message>, MessagingError>
  readonly listThread: (message: MessageRef, page: PageRequest) => Effect.Effect<Page<Message>, MessagingError>
  readonly deleteRecord: (message: MessageRef) => Effect.Effect<void, MessagingError>
  readonly edit: (message: MessageContext, text: string) => Effect.Effect<void, MessagingError>
  readonly react: (message: MessageContext, reaction: Reaction) => Effect.Effect<void, MessagingError>
  readonly unreact: (message: MessageContext, reaction: Reaction) => Effect.Effect<void, MessagingError>
  readonly listChats: (
    query: PageRequest & { readonly from: Phone | undefined; readonly with: Handle | undefined }
  ) => Effect.Effect<Page<Chat>, MessagingError>
  readonly getChat: (chat: ChatContext) => Effect.Effect<Chat, MessagingError>
  readonly updateChat: (chat: ChatContext, change: ChatChange) => Effect.Effect<void, MessagingError>
  readonly markRead: (chat: ChatContext) => Effect.Effect<void, MessagingError>
  readonly leaveChat: (chat: ChatContext) => Effect.Effect<void, MessagingError>
  readonly shareContactCard: (chat: ChatContext) => Effect.Effect<void, MessagingError>
  readonly addParticipant: (chat: ChatContext, handle: Handle) => Effect.Effect<void, MessagingError>
  readonly removeParticipant: (chat: ChatContext, handle: Handle) => Effect.Effect<void, MessagingError>
  readonly startTyping: (chat: ChatContext) => Effect.Effect<void, MessagingError>
  readonly stopTyping: (chat: ChatContext) => Effect.Effect<void, MessagingError>
  readonly uploadAttachment: (upload: Upload) => Effect.Effect<Attachment, MessagingError>
  readonly getAttachment: (attachment: AttachmentRef) => Effect.Effect<Attachment, MessagingError>
  readonly deleteAttachment: (attachment: AttachmentRef) => Effect.Effect<void, MessagingError>
  readonly lookupService: (handle: Handle, from: Phone | undefined) => Effect.Effect<ServiceLookup, MessagingError>
  readonly listLines: () => Effect.Effect<ReadonlyArray<LineHealth>, MessagingError>
  readonly setForwarding: (from: Phone, number: Phone | null) => Effect.Effect<void, MessagingError>
  readonly getContactCard: (line: LineName, from: Phone) => Effect.Effect<Option.Option<ContactCard>, MessagingError>
  readonly setContactCard: (line: LineName, from: Phone, card: ContactCardChange) => Effect.Effect<ContactCard, MessagingError>
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
 * What the vendor's list shows of a request (`VendorList.sight`); or on the left, in words for people, why the vendor cannot
 * be asked.
 *
 * @since 0.1.0
 * @category models
 */
export type Search = Effect.Effect<Either.Either<Sight, string>, MessagingError>

/**
 * How an adapter's vendor can be asked what became of a request.
 *
 * `send`: by `replay`, the vendor answers the same request under the same key with the first one's result, for at least
 * `replayFor`. By `list`, `search` finds the messages that fit a step which left at `startedAt`, and `lookUp` asks for one
 * message by name. `searchVoiceMemos` finds the voice memos that went out in a chat since then. `shown` are the other
 * operations whose result the vendor's reads show.
 *
 * @since 0.1.0
 * @category models
 */
export interface AdapterReconciliation {
  readonly send:
    | { readonly way: "replay"; readonly replayFor: Duration.Duration }
    | {
      readonly way: "list"
      readonly search: (step: Step, startedAt: number) => Search
      readonly lookUp: (message: MessageRef, step: Step) => Effect.Effect<Option.Option<Receipt>, MessagingError>
    }
  readonly searchVoiceMemos?: (chat: ChatContext, since: number) => Search
  readonly shown: ReadonlyArray<Exclude<keyof Reconciliation, "send" | "sendVoiceMemo">>
}

/**
 * What an adapter supplies. Operations that its capabilities call unsupported may be left out.
 *
 * `plan` is pure; an `Unknown` chat is planned as a new one. `needsChat`: whether the plan of this draft depends on knowing
 * the chat, so that it is looked up first. `findChat` looks a conversation up at the vendor. `describeChat` names the
 * people in a vendor's chat, `chatOf` the chat of a vendor's message. `perform` sends one step, under `key` where the
 * vendor honours one. `confirm` does the same past the vendor's own block of a person who opted out; it is there only where the vendor documents
 * such a way, and is called only for the confirmation of an opt-out.
 *
 * @since 0.1.0
 * @category models
 */
export interface Adapter {
  readonly id: CarrierId
  readonly vendor: string
  readonly capabilities: Capabilities
  readonly lines: ReadonlyMap<LineName, Phone>
  readonly plan: (input: PlanInput) => Plan
  readonly needsChat: (draft: Draft) => boolean
  readonly findChat: (conversation: Conversation, from: Phone) => Effect.Effect<Option.Option<ChatRef>, MessagingError>
  readonly describeChat: (chat: ChatRef) => Effect.Effect<ChatContext, MessagingError>
  readonly chatOf: (message: MessageRef) => Effect.Effect<ChatContext, MessagingError>
  readonly perform: (step: Step, key: string) => Effect.Effect<Receipt, MessagingError>
  readonly confirm?: (step: Step, key: string) => Effect.Effect<Receipt, MessagingError>
  readonly operations: Partial<AdapterOperations>
  readonly reconciliation?: AdapterReconciliation
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
 * @since 0.1.0
 * @category models
 */
export interface Environment {
  readonly suppression: SuppressionService
  readonly chats: ChatBookService
  readonly retry?: RetryPolicy
}

/**
 * Builds a carrier from an adapter.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make: (adapter: Adapter, environment: Environment) => Carrier = CarrierLive.make

/**
 * What of an adapter makes plans. `confirms`: whether it has `confirm`.
 *
 * @since 0.1.0
 * @category models
 */
export interface Planned extends Pick<Adapter, "id" | "capabilities" | "lines" | "plan"> {
  readonly confirms: boolean
}

/**
 * Builds a planner: it plans exactly as the carrier would.
 *
 * @since 0.1.0
 * @category constructors
 */
export const planner: (planned: Planned, chats: ChatBookService) => Planner = Planning.planner

/**
 * The idempotency key of one step of a send: stable for a delivery's generation, different for each step.
 *
 * @since 0.1.0
 * @category getters
 */
export const idempotencyKey: (deliveryId: DeliveryId, generation: number, step: number) => string = SendPlan.idempotencyKey

/**
 * What is known of a conversation at a carrier.
 *
 * @since 0.1.0
 * @category models
 */
export type Knowledge = PlanKnowledge
