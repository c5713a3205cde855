/**
 * The contract of an adapter: what the code of one vendor supplies, and what `Carrier.make` gives it.
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
import type { Draft } from "../content/Draft.ts"
import type { LineHealth } from "../content/Health.ts"
import type { Message } from "../content/Message.ts"
import type { AttachmentRef, Media } from "../content/Part.ts"
import type { Reaction } from "../content/Reaction.ts"
import type { Subscription, Webhook } from "../content/Webhook.ts"
import type { Sight } from "../http/VendorList.ts"
import type { CarrierId } from "../names/CarrierId.ts"
import type { ChatRef, Conversation } from "../names/Conversation.ts"
import type { Handle, Phone } from "../names/Handle.ts"
import type { LineName } from "../names/Line.ts"
import type { MessageRef } from "../names/MessageRef.ts"
import type { Page, PageRequest } from "../names/Page.ts"
import type { MessagingError } from "../outcome/MessagingError.ts"
import type { Receipt } from "../outcome/Outcome.ts"
import type { Plan, PlanInput, Step } from "../outcome/Plan.ts"
import type { Capabilities } from "./Capabilities.ts"
import type { ChatBookService } from "./ChatBook.ts"
import type { ChatChange, ContactCardChange, Reconciliation, RetryPolicy, ServiceLookup } from "./Operations.ts"
import type { SuppressionService } from "./Suppression.ts"

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
 * What of an adapter makes plans. `confirms`: whether it has `confirm`.
 *
 * @since 0.1.0
 * @category models
 */
export interface Planned extends Pick<Adapter, "id" | "capabilities" | "lines" | "plan"> {
  readonly confirms: boolean
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
