/**
 * The types of everything that a carrier can be asked: the operations and their arguments, a send and its progress, and the search for a
 * request whose answer was lost.
 */
import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import * as Record from "effect/Record"
import * as Struct from "effect/Struct"
import type { Attachment, Upload } from "../content/Attachment.ts"
import type { Chat } from "../content/Chat.ts"
import type { ContactCard } from "../content/ContactCard.ts"
import type { Draft, Fidelity } from "../content/Draft.ts"
import type { ContactStatus, LineHealth, LineUsage } from "../content/Health.ts"
import type { Block } from "../content/interaction/Block.ts"
import type { LocationRequested, SharedLocation } from "../content/interaction/Location.ts"
import type { Poll, PollDraft } from "../content/interaction/Poll.ts"
import type { Message } from "../content/Message.ts"
import type { AttachmentRef, Media } from "../content/Part.ts"
import type { Placement, Reaction, Sticker } from "../content/Reaction.ts"
import type { Subscription, Webhook } from "../content/Webhook.ts"
import type { ChatTarget, Conversation } from "../names/Conversation.ts"
import type { DeliveryId } from "../names/DeliveryId.ts"
import type { Handle, Phone } from "../names/Handle.ts"
import type { LineName } from "../names/Line.ts"
import type { MessageRef } from "../names/MessageRef.ts"
import * as Operation from "../names/Operation.ts"
import type { Page, PageRequest } from "../names/Page.ts"
import type { Peer } from "../names/Peer.ts"
import type { Service } from "../names/Service.ts"
import type { MessagingError } from "../outcome/MessagingError.ts"
import type { Receipt, SentPoll } from "../outcome/Outcome.ts"
import type { PlanInput, Sendable } from "../outcome/Plan.ts"

/**
 * What a carrier says about a handle.
 *
 * @category models
 */
export interface ServiceLookup {
  /** For each service, whether the handle can be reached by it; absent where the carrier does not say. */
  readonly services: Partial<Record<Service, boolean>>
  /** The carrier's own word, where it gives one. */
  readonly raw?: string
}

/**
 * A change of a group. At least one of the two fields is given.
 *
 * @category models
 */
export interface ChatChange {
  /** The new name; `null` clears it, where the carrier can. */
  readonly name?: string | null
  /** The URL of the new icon; `null` clears it, where the carrier can. */
  readonly icon?: string | null
}

/**
 * Which part of a message is meant.
 *
 * @category models
 */
export interface PartOptions {
  /** The position of the part, from 0. Default: 0. */
  readonly part?: number
}

/**
 * Which chats to list.
 *
 * @category models
 */
export interface ChatQuery extends PageRequest {
  /** Only the chats of this line. Default: of every line. */
  readonly line?: LineName
  /** Only the chats with this person. Default: with anybody. */
  readonly with?: Handle
}

/**
 * A contact card to set on a line.
 *
 * @category models
 */
export interface ContactCardChange {
  /** The first name, or the whole name of a business. */
  readonly firstName: string
  /** The last name, if there is one. */
  readonly lastName?: string
  /** The address of a picture, which the carrier fetches. */
  readonly imageUrl?: string
}

/**
 * Every operation except `send`. `M` is how a message is named: by a vendor's ref at a carrier, also by our delivery id
 * at `Messaging`. Each signature has a row in `Operation.operations`, and begins with what the row calls its address.
 *
 * Each fails with `Unsupported` where the carrier cannot do it, and with `InvalidInput` for malformed arguments, before a request leaves.
 *
 * @category models
 */
export interface Operations<M> {
  /** Sends audio as a voice memo bubble. Its receipt carries part 0. */
  readonly sendVoiceMemo: (to: ChatTarget, audio: Media) => Effect.Effect<Receipt, MessagingError>
  /**
   * Sends a poll. iMessage only, and never as the first message of a conversation: without a chat it fails as `NotFound`. Its message counts
   * like any other: a person who opted out gets none, and an unknown result stays unknown. We never repeat it; a caller that gave a `key` may.
   */
  readonly sendPoll: (to: ChatTarget, poll: PollDraft) => Effect.Effect<SentPoll, MessagingError>
  /** Reads a poll with its votes, by the message that shows it. */
  readonly getPoll: (message: M) => Effect.Effect<Poll, MessagingError>
  /**
   * Adds options to a poll, at least one, and gives the whole poll. The people of the chat see them. On a Linq line that keeps no texts
   * (zero-day retention), give every text that the poll has, in order, and then the new ones.
   */
  readonly addPollOptions: (message: M, options: ReadonlyArray<string>) => Effect.Effect<Poll, MessagingError>
  /** Gives our line's vote for one option of a poll, by the option's id, or takes it back with `false`. Votes for other options stay. */
  readonly voteInPoll: (message: M, option: string, voted: boolean) => Effect.Effect<void, MessagingError>
  /** Reads one message with its delivery status. Of a split delivery, `part` chooses the message; default its first. */
  readonly getMessage: (message: M, options?: PartOptions) => Effect.Effect<Message, MessagingError>
  /** Lists the messages of a conversation, one page at a time. */
  readonly listMessages: (of: ChatTarget, page?: PageRequest) => Effect.Effect<Page<Message>, MessagingError>
  /** Lists the replies around a message, one page at a time. */
  readonly listThread: (message: M, page?: PageRequest) => Effect.Effect<Page<Message>, MessagingError>
  /** Deletes the carrier's record of a message. People keep the message on their phones. */
  readonly deleteRecord: (message: M) => Effect.Effect<void, MessagingError>
  /** Replaces the text of one part of a message that was sent. */
  readonly edit: (message: M, text: string, options?: PartOptions) => Effect.Effect<void, MessagingError>
  /** Puts a reaction or a sticker of ours on one part of a message. A second sticker does not replace the first. */
  readonly react: (message: M, reaction: Reaction | Sticker, options?: PartOptions) => Effect.Effect<void, MessagingError>
  /** Takes a reaction of ours off one part of a message. */
  readonly unreact: (message: M, reaction: Reaction, options?: PartOptions) => Effect.Effect<void, MessagingError>
  /**
   * Moves a sticker of ours. `reactionId` is the id of the reaction, as a read of the message or the event `Reaction` gives it. What the
   * placement leaves out stays as it is. Of a split delivery, `part` chooses the message.
   */
  readonly moveSticker: (message: M, reactionId: string, placement: Placement, options?: PartOptions) => Effect.Effect<void, MessagingError>
  /** Lists chats, all or those of a line or with a person, one page at a time. */
  readonly listChats: (query?: ChatQuery) => Effect.Effect<Page<Chat>, MessagingError>
  /** Reads one chat with its participants and its health. */
  readonly getChat: (chat: ChatTarget) => Effect.Effect<Chat, MessagingError>
  /** Renames a group, changes its icon, or clears one of them. */
  readonly updateChat: (chat: ChatTarget, change: ChatChange) => Effect.Effect<void, MessagingError>
  /** Marks a conversation as read. */
  readonly markRead: (chat: ChatTarget) => Effect.Effect<void, MessagingError>
  /** Takes our line out of a group. */
  readonly leaveChat: (chat: ChatTarget) => Effect.Effect<void, MessagingError>
  /** Offers the line's contact card to the people of a conversation. */
  readonly shareContactCard: (chat: ChatTarget) => Effect.Effect<void, MessagingError>
  /**
   * Asks the person of a direct conversation to share their location. It prompts them on their phone, by iMessage only. The answer comes
   * before the person decides: a `Location` event or `getLocations` shows later that they share. No carrier has a key for the request.
   * So if its result is not known, nothing is asked again by us: the person would be prompted twice. If the person already shares, Linq
   * refuses it as a `Conflict`; Linq also limits the requests of a chat (`RateLimited`, with `retryAfter`).
   */
  readonly requestLocation: (chat: ChatTarget) => Effect.Effect<LocationRequested, MessagingError>
  /**
   * Reads the last known location of the people of a conversation. A person who is not in the answer shares nothing, or has no position
   * yet. Positions change by themselves, every few minutes at most: do not ask more often.
   */
  readonly getLocations: (chat: ChatTarget) => Effect.Effect<ReadonlyArray<SharedLocation>, MessagingError>
  /**
   * Ends what a person shares with our line, in every chat with them. It happens on their device after the answer, and a `Location` event
   * says when. Fails with `NotFound` if they share nothing.
   */
  readonly stopLocation: (chat: ChatTarget, handle: Handle) => Effect.Effect<void, MessagingError>
  /** Adds a person to a group. */
  readonly addParticipant: (chat: ChatTarget, handle: Handle) => Effect.Effect<void, MessagingError>
  /** Removes a person from a group. */
  readonly removeParticipant: (chat: ChatTarget, handle: Handle) => Effect.Effect<void, MessagingError>
  /** Shows the typing indicator to the people of a conversation. */
  readonly startTyping: (chat: ChatTarget) => Effect.Effect<void, MessagingError>
  /** Hides the typing indicator. */
  readonly stopTyping: (chat: ChatTarget) => Effect.Effect<void, MessagingError>
  /** Stores a file at a carrier, for later sends by the same carrier. */
  readonly uploadAttachment: (upload: Upload) => Effect.Effect<Attachment, MessagingError>
  /** Reads what the carrier knows of a stored file. */
  readonly getAttachment: (attachment: AttachmentRef) => Effect.Effect<Attachment, MessagingError>
  /** Deletes a stored file. */
  readonly deleteAttachment: (attachment: AttachmentRef) => Effect.Effect<void, MessagingError>
  /** Asks which services a handle can be reached by, from `line` if the carrier wants to know it. */
  readonly lookupService: (handle: Handle, line?: LineName) => Effect.Effect<ServiceLookup, MessagingError>
  /** Lists the account's lines with their health. */
  readonly listLines: () => Effect.Effect<ReadonlyArray<LineHealth>, MessagingError>
  /** Lists how many new people each of the account's lines may still write to, as its vendor counts. It reserves nothing. */
  readonly listLineUsage: () => Effect.Effect<ReadonlyArray<LineUsage>, MessagingError>
  /** Asks whether a person counts as new at a line. */
  readonly getContactStatus: (line: LineName, handle: Handle) => Effect.Effect<ContactStatus, MessagingError>
  /** Forwards calls of a line to a number; `null` ends it. */
  readonly setForwarding: (line: LineName, number: Phone | null) => Effect.Effect<void, MessagingError>
  /** Reads the contact card of a line; none if it has none. */
  readonly getContactCard: (line: LineName) => Effect.Effect<Option.Option<ContactCard>, MessagingError>
  /** Creates or changes the contact card of a line, and gives it as it is after that. */
  readonly setContactCard: (line: LineName, card: ContactCardChange) => Effect.Effect<ContactCard, MessagingError>
  /** Records at the carrier that a person opted out, or in again. */
  readonly setOptOut: (handle: Handle, optedOut: boolean) => Effect.Effect<void, MessagingError>
  /** Lists whom the accounts blocked, at every carrier that can. */
  readonly listBlocked: () => Effect.Effect<ReadonlyArray<Block>, MessagingError>
  /**
   * Blocks a person or sender for the whole account, at every carrier that can. The carrier then drops what they write, and reports nothing of
   * it: a STOP, too. So an opt-out of somebody who is blocked is never known here. Use `setOptOut` if they do not want messages. A send to
   * them alone fails as `RecipientBlocked`; a group with others in it is not affected. Blocking again changes nothing.
   */
  readonly block: (peer: Peer, reason?: string) => Effect.Effect<Block, MessagingError>
  /** Ends a block at every carrier that can. What was written meanwhile is lost, an opt-out, too: ask before you write to the person. */
  readonly unblock: (peer: Peer) => Effect.Effect<void, MessagingError>
  /** Lists the account's webhook subscriptions. */
  readonly listWebhooks: () => Effect.Effect<ReadonlyArray<Webhook>, MessagingError>
  /** Subscribes a URL to events of the carrier. */
  readonly createWebhook: (subscription: Subscription) => Effect.Effect<Webhook, MessagingError>
  /** Changes a subscription, or pauses and resumes it with `active`. */
  readonly updateWebhook: (
    id: string,
    change: Partial<Subscription> & { readonly active?: boolean }
  ) => Effect.Effect<Webhook, MessagingError>
  /** Ends a subscription. */
  readonly deleteWebhook: (id: string) => Effect.Effect<void, MessagingError>
}

/**
 * The name of an operation that has a signature: every one but `send`.
 *
 * @category models
 */
export type Name = keyof Operations<unknown>

interface AnyCall {
  // a method, so that the compiler accepts any operation here, with any arguments
  call(...args: ReadonlyArray<unknown>): Effect.Effect<unknown, MessagingError>
}

/**
 * Any operation, for code that treats all operations alike. Such code passes the arguments on without a check. `Operations` defines which
 * arguments callers may pass, and `Carrier.make` checks them.
 *
 * @category models
 */
export type Call = AnyCall["call"]

// a signature without a row does not compile here
const rows: { readonly [O in Name]: Operation.Row } = Struct.omit(Operation.operations, "send")

/**
 * Makes every operation from its row: the only place where a record of operations is built from the table.
 *
 * @category constructors
 */
export function mapOperations<M>(toCall: (operation: Name, row: Operation.Row) => Call): Operations<M>
// the compiler cannot prove that each call has the result of its signature
export function mapOperations(toCall: (operation: Name, row: Operation.Row) => Call): { readonly [O in Name]: Call } {
  return Record.map(rows, (row, operation) => toCall(operation, row))
}

/**
 * When requests are repeated. Only reads, sends under a key, and certain refusals that say "later" are.
 *
 * @category models
 */
export interface RetryPolicy {
  /** How often a request is repeated at most. Default: 2. */
  readonly times?: number
  /** How long the first wait is. It doubles each time, with jitter. Default: 500 milliseconds. */
  readonly base?: Duration.DurationInput
  /**
   * The longest wait that a vendor may ask for. If it asks for more, the error surfaces at once. Default: 10 seconds.
   */
  readonly maxRetryAfter?: Duration.DurationInput
}

/**
 * Where a send stands.
 *
 * @category models
 */
export interface Progress {
  /** The plan that is carried out. */
  readonly plan: Sendable
  /** The position of the step that is about to leave or under way. */
  readonly step: number
  /** The receipts of the steps before. */
  readonly receipts: ReadonlyArray<Receipt>
  /** When that step first left, in epoch milliseconds. */
  readonly startedAt: number
}

/**
 * One logical send at one carrier.
 *
 * @category models
 */
export interface SendRequest {
  /** The delivery. The vendor's idempotency key derives from it and `generation`. */
  readonly deliveryId: DeliveryId
  /** Counts from 1. A new generation is allowed only after a definitive failure. */
  readonly generation: number
  /** Who the draft goes to, and from which line. */
  readonly conversation: Conversation
  /** What is sent. */
  readonly draft: Draft
  /** Whether losses are accepted. */
  readonly fidelity: Fidelity
  /** The vendor's message and part that the draft answers. */
  readonly replyTo?: PlanInput["replyTo"]
  /** Replaces the carrier's own policy for this send. */
  readonly retry?: RetryPolicy
  /**
   * Runs before each step leaves for the first time, so that the caller can record the step. The step leaves only after this effect has
   * ended.
   */
  readonly onProgress?: (progress: Progress) => Effect.Effect<void>
  /**
   * Carries out the rest of an earlier plan exactly as it was made, from `resume.step` on. Nothing is planned or
   * looked up again.
   */
  readonly resume?: Progress
  /**
   * The send is the one confirmation of the recipient's opt-out (`SendOptions`). It is tried once, even if `retry` allows more. It has
   * one step, so `resume` has nothing to carry out.
   */
  readonly confirmsOptOut?: true
}

/**
 * What a look at the carrier says about a step whose answer was lost.
 *
 * `Found`: the carrier has it. `Absent`: a list that is complete by its own numbers did not show it, nor any other message to
 * the same people that belongs to nobody; that proves nothing by itself, since lists lag behind. `Unproven`: the look failed, or
 * showed something that cannot be told apart; `why` is for people, without numbers and texts.
 *
 * @category models
 */
export type Finding =
  | { readonly _tag: "Found"; readonly receipt: Receipt }
  | { readonly _tag: "Absent" }
  | { readonly _tag: "Unproven"; readonly why: string; readonly error?: MessagingError }

/**
 * What is needed to tell a step from others like it.
 *
 * @category models
 */
export interface Suspects {
  /** Names those of the refs that belong to other deliveries, each as `MessageRef.format` writes it. */
  readonly taken: (refs: ReadonlyArray<MessageRef>) => Effect.Effect<ReadonlySet<string>>
  /** How many other sends with the same content to the same people on the same line are unsettled. */
  readonly rivals: number
  /** The message that the failed answer named, if it named one. */
  readonly ref?: MessageRef
}

/**
 * Reads the state back after an answer was lost, and answers whether what was asked has happened. Each takes what the operation takes,
 * and is there only where the vendor's reads show its result. `false` says only that it does not show yet.
 *
 * @category models
 */
export type ReadBack = {
  readonly [O in Operation.With<{ readonly readBack: true }>]?: (
    ...args: Parameters<Operations<MessageRef>[O]>
  ) => Effect.Effect<boolean, MessagingError>
}

/**
 * How a carrier finds out what became of a request whose answer was lost. Each member is there only where the carrier can tell.
 *
 * @category models
 */
export interface Reconciliation extends ReadBack {
  /** Looks for the step that a progress names. */
  readonly send?: {
    /**
     * `replay` makes the same request under the same key, and the vendor answers with the result of the first. It may send what did not
     * arrive, and its refusal proves nothing. `list` looks at the vendor's list, which sends nothing.
     */
    readonly way: "replay" | "list"
    /** For how long after a step first left it may be replayed, because no vendor documents how long it keeps keys. Zero for `list`. */
    readonly replayFor: Duration.Duration
    readonly find: (request: SendRequest, progress: Progress, suspects: Suspects) => Effect.Effect<Finding>
  }
  /** Looks for a voice memo that left at `since` (epoch milliseconds). Nothing is sent. */
  readonly sendVoiceMemo?: (to: ChatTarget, since: number, suspects: Suspects) => Effect.Effect<Finding>
}
