/** The contract of an adapter: what the code of one vendor supplies, and what `Carrier.make` gives it. */
import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import type * as Either from "effect/Either"
import type * as Option from "effect/Option"
import type { Draft } from "../content/Draft.ts"
import type { AttachmentRef } from "../content/Part.ts"
import type { Sight } from "../http/ListEvidence.ts"
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
import type { ChatQuery, Name, Operations, ReadBack, RetryPolicy } from "./OperationSignatures.ts"
import type { SuppressionService } from "./Suppression.ts"

/**
 * Where a chat operation acts, as the core resolved it: the conversation, or what the vendor says of its chat.
 *
 * @category models
 */
export interface ChatContext {
  /** Whether it is with one person or a group. */
  readonly kind: "direct" | "group"
  /** Everybody in the chat but us. */
  readonly recipients: ReadonlyArray<Handle>
  /** The number of ours that the chat is on; undefined if the vendor does not say. */
  readonly from: Phone | undefined
  /** The vendor's name of the chat; undefined if there is none yet or none is known. */
  readonly chat: ChatRef | undefined
}

/**
 * Which part of which message an operation is about, and the chat that the message is in.
 *
 * @category models
 */
export interface MessageContext {
  /** The message. */
  readonly ref: MessageRef
  /** The position of the part in the message, from 0. */
  readonly part: number
  /** The chat that the message is in. */
  readonly chat: ChatContext
}

/**
 * Which chats an adapter lists, beside the page.
 *
 * @category models
 */
export interface AdapterChatQuery extends PageRequest {
  /** Only chats of this number of ours, if one is given. */
  readonly from: Phone | undefined
  /** Only chats with this person, if one is given. */
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

// this line does not compile if a row has no signature, or if a signature does not begin with the address of its row
type Signatures<S extends Addressed> = S

type Signature<O extends Name> = Signatures<Operations<MessageRef>>[O]

type After<A extends ReadonlyArray<unknown>, Args extends ReadonlyArray<unknown>> = Args extends readonly [...A, ...infer Own] ? Own : never

type WithoutLast<Args extends ReadonlyArray<unknown>> = Args extends readonly [...infer Before, unknown] ? Before : never

/**
 * The arguments of an operation after its address, without the part of a message, which the core resolves.
 *
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
 * @category models
 */
export type AdapterOperations = {
  readonly [O in Name]: (...args: [...ResolvedAddress[Row<O>["address"]], ...OwnArguments<O>]) => ReturnType<Signature<O>>
}

/**
 * What the vendor's list shows of a request (`VendorList.sight`); or on the left, in words for people, why the vendor cannot
 * be asked.
 *
 * @category models
 */
export type Search = Effect.Effect<Either.Either<Sight, string>, MessagingError>

/**
 * How an adapter's vendor can be asked what became of a request.
 *
 * @category models
 */
export interface AdapterReconciliation {
  /**
   * By `replay`, the vendor answers the same request under the same key with the result of the first, for at least
   * `replayFor`. By `list`, `search` finds the messages that fit a step which left at `startedAt` (epoch
   * milliseconds), and `lookUp` asks for one message by name.
   */
  readonly send:
    | { readonly way: "replay"; readonly replayFor: Duration.Duration }
    | {
      readonly way: "list"
      readonly search: (step: Step, startedAt: number) => Search
      readonly lookUp: (message: MessageRef, step: Step) => Effect.Effect<Option.Option<Receipt>, MessagingError>
    }
  /**
   * Finds the voice memos that went out in a chat since a time (epoch milliseconds). Absent if the vendor's lists do
   * not show them.
   */
  readonly searchVoiceMemos?: (chat: ChatContext, since: number) => Search
  /** The other operations whose result the vendor's reads show. */
  readonly shown: ReadonlyArray<keyof ReadBack>
}

/**
 * What an adapter supplies. `Carrier.make` adds gate, fence, repetition, spans and error labels.
 *
 * @category models
 */
export interface Adapter {
  /** The carrier's id in this application. */
  readonly id: CarrierId
  /** The vendor's name, as in `Vendor`. */
  readonly vendor: string
  /** What the vendor can do. An operation that it calls unsupported is never asked of the adapter. */
  readonly capabilities: Capabilities
  /** Our numbers at this carrier, by line. */
  readonly lines: ReadonlyMap<LineName, Phone>
  /** Makes the requests for a draft. It is pure. A chat that is `Unknown` is planned as a new one. */
  readonly plan: (input: PlanInput) => Plan
  /** Whether the plan of this draft depends on knowing the chat, so that the chat is looked up first. */
  readonly needsChat: (draft: Draft) => boolean
  /** Looks up the chat of a conversation at the vendor; none if there is none, or none can be found. */
  readonly findChat: (conversation: Conversation, from: Phone) => Effect.Effect<Option.Option<ChatRef>, MessagingError>
  /** Asks the vendor who is in a chat. */
  readonly describeChat: (chat: ChatRef) => Effect.Effect<ChatContext, MessagingError>
  /** Asks the vendor which chat a message is in. */
  readonly chatOf: (message: MessageRef) => Effect.Effect<ChatContext, MessagingError>
  /** Sends one step, under `key` where the vendor honours one. */
  readonly perform: (step: Step, key: string) => Effect.Effect<Receipt, MessagingError>
  /**
   * Sends one step past the vendor's own block of a person who opted out. It is there only where the vendor documents
   * such a way, and is called only for the confirmation of an opt-out.
   */
  readonly confirm?: (step: Step, key: string) => Effect.Effect<Receipt, MessagingError>
  /** The other operations. Those that the capabilities call unsupported may be left out. */
  readonly operations: Partial<AdapterOperations>
  /** How the vendor is asked what became of a request; absent if it cannot be. */
  readonly reconciliation?: AdapterReconciliation
}

/**
 * The parts of an adapter that make plans.
 *
 * @category models
 */
export interface Planned extends Pick<Adapter, "id" | "capabilities" | "lines" | "plan"> {
  /** Whether the adapter has `confirm`. */
  readonly confirms: boolean
}

/**
 * What a carrier shares with the other carriers of an application.
 *
 * @category models
 */
export interface Parts {
  /** Who must not be written to. */
  readonly suppression: SuppressionService
  /** Where conversations live at carriers. */
  readonly chats: ChatBookService
  /** When requests are repeated. Default: that of `RetryPolicy`. */
  readonly retry?: RetryPolicy
}
