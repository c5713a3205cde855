/**
 * The contract of an adapter: what the code of one vendor supplies, and what `Carrier.make` gives it.
 *
 * @since 0.1.0
 */
import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import type * as Either from "effect/Either"
import type * as Option from "effect/Option"
import type { Draft } from "../content/Draft.ts"
import type { AttachmentRef } from "../content/Part.ts"
import type { Sight } from "../http/VendorList.ts"
import type { CarrierId } from "../names/CarrierId.ts"
import type { ChatRef, ChatTarget, Conversation } from "../names/Conversation.ts"
import type { Handle, Phone } from "../names/Handle.ts"
import type { LineName } from "../names/Line.ts"
import type { MessageRef } from "../names/MessageRef.ts"
import type * as Operation from "../names/Operation.ts"
import type { PageRequest } from "../names/Page.ts"
import type { MessagingError } from "../outcome/MessagingError.ts"
import type { Receipt } from "../outcome/Outcome.ts"
import type { Plan, PlanInput, Step } from "../outcome/Plan.ts"
import type { Capabilities } from "./Capabilities.ts"
import type { ChatBookService } from "./ChatBook.ts"
import type { ChatQuery, Name, Operations, ReadBack, RetryPolicy } from "./Operations.ts"
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
 * Which chats an adapter lists: the page, and our number and the person where the caller asks for theirs.
 *
 * @since 0.1.0
 * @category models
 */
export interface AdapterChatQuery extends PageRequest {
  readonly from: Phone | undefined
  readonly with: Handle | undefined
}

type Row<O extends Name> = (typeof Operation.operations)[O]

/** The arguments that name what an operation is about, as callers write them. */
interface Address {
  readonly chat: readonly [ChatTarget]
  readonly message: readonly [MessageRef]
  readonly ref: readonly [MessageRef]
  readonly file: readonly [AttachmentRef]
  readonly line: readonly [LineName]
  readonly person: readonly [Handle, LineName | undefined]
  readonly query: readonly [ChatQuery | undefined]
  readonly none: readonly []
}

/** The same as an adapter gets them. */
interface ResolvedAddress {
  readonly chat: [ChatContext]
  readonly message: [MessageContext]
  readonly ref: [MessageRef]
  readonly file: [AttachmentRef]
  readonly line: [LineName, Phone]
  readonly person: [Handle, Phone | undefined]
  readonly query: [AdapterChatQuery]
  readonly none: []
}

/** What every operation looks like by its row: its address, then arguments of its own. */
type Addressed = {
  readonly [O in Exclude<Operation.Operation, "send">]: (
    ...args: [...Address[Row<O>["address"]], ...ReadonlyArray<never>]
  ) => Effect.Effect<unknown, MessagingError>
}

// a row without a signature, or a signature that does not begin with the address of its row, does not compile here
type Signatures<S extends Addressed> = S

type Signature<O extends Name> = Signatures<Operations<MessageRef>>[O]

type After<A extends ReadonlyArray<unknown>, Args extends ReadonlyArray<unknown>> = Args extends readonly [...A, ...infer Own] ? Own : never

type WithoutLast<Args extends ReadonlyArray<unknown>> = Args extends readonly [...infer Before, unknown] ? Before : never

/**
 * The arguments of an operation after its address, without the part of a message, which the core resolves.
 *
 * @since 0.1.0
 * @category models
 */
export type OwnArguments<O extends Name> = Row<O> extends { readonly part: number }
  ? WithoutLast<After<Required<Address[Row<O>["address"]]>, Required<Parameters<Signature<O>>>>>
  : After<Required<Address[Row<O>["address"]]>, Required<Parameters<Signature<O>>>>

/**
 * What an adapter writes: the operations with their addresses resolved. It may assume that its own capabilities, the
 * fence and the rules common to all carriers were checked.
 *
 * It derives from the table of operations: the first arguments are what the core makes of the address (a `ChatContext`, a
 * `MessageContext`, one of our numbers), the others are the caller's. A page that the caller leaves out is an empty one.
 *
 * @since 0.1.0
 * @category models
 */
export type AdapterOperations = {
  readonly [O in Name]: (...args: [...ResolvedAddress[Row<O>["address"]], ...OwnArguments<O>]) => ReturnType<Signature<O>>
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
  readonly shown: ReadonlyArray<keyof ReadBack>
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
export interface Parts {
  readonly suppression: SuppressionService
  readonly chats: ChatBookService
  readonly retry?: RetryPolicy
}
