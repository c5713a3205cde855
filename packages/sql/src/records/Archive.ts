/**
 * The archive: every message that was sent or received, with its status. The fronts use it for lists over several conversations. So a list
 * is complete even after a conversation has moved to another carrier.
 */
import type { CarrierId } from "@interline/core/CarrierId"
import type { Conversation } from "@interline/core/Conversation"
import type { DeliveryId } from "@interline/core/DeliveryId"
import type { DeliveryReport, DeliveryStatus, StatusFact } from "@interline/core/DeliveryStatus"
import type { LossKind } from "@interline/core/Loss"
import type { Failure, Message } from "@interline/core/Message"
import type { Entry } from "@interline/router/Ledger"
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import * as Schema from "effect/Schema"

/**
 * The outcome of a send. `pending`: it is under way. `held`: it may have been sent, and waits for a fact or an operator. `unknown`: it may
 * have been sent, and nobody tries to find out.
 *
 * @category models
 */
export const OutcomeWord = Schema.Literal("pending", "accepted", "not-sent", "partial", "held", "unknown")

/** @category models */
export type OutcomeWord = typeof OutcomeWord.Type

/**
 * `Outbound` is a delivery of ours: its entry in the ledger (the message, the target, the outcome), the folded status as far as carriers
 * reported it, and the reason if it failed. `Inbound` is a message that a carrier reported. `id` is the one of `IdMap`. `at` is in epoch
 * milliseconds. For an `Inbound` it is the time at which the message was recorded here, not the time of the carrier's report: a message
 * must not enter a list by time later than its date.
 *
 * @category models
 */
export type Archived =
  | {
    readonly _tag: "Outbound"
    readonly id: string
    readonly at: number
    readonly updatedAt: number
    readonly entry: Entry
    readonly report: DeliveryReport
    readonly failure?: Failure
  }
  | {
    readonly _tag: "Inbound"
    readonly id: string
    readonly at: number
    readonly updatedAt: number
    readonly conversation?: Conversation
    readonly message: Message
  }

/**
 * The conditions of a list.
 *
 * @category models
 */
export interface Query {
  readonly direction?: "inbound" | "outbound"
  /** The key of a conversation (`Conversation.key`). */
  readonly conversation?: string
  /** The name of a line. */
  readonly line?: string
  /** The names of lines. Only what has to do with one of them. */
  readonly lines?: ReadonlyArray<string>
  /** A handle that takes part in the message, in any role. */
  readonly peer?: string
  /** The outcome of a delivery. Messages that carriers reported are left out, because only a delivery has an outcome. */
  readonly outcome?: OutcomeWord
  /** The folded status of a delivery. Messages that carriers reported are left out. */
  readonly status?: DeliveryStatus
  /** The carrier that took the delivery, or was asked for it last, or reported the message. */
  readonly carrierId?: CarrierId
  /** Only deliveries of ours, without messages that carriers reported. */
  readonly only?: "deliveries"
  /** Only deliveries that lost something of this kind. */
  readonly loss?: LossKind
  /** Only deliveries that went on to another carrier of their route, or only those that did not. */
  readonly failedOver?: boolean
  /** Only deliveries that were sent under one of these keys of the ledger. */
  readonly keys?: ReadonlyArray<string>
  /** The start in epoch milliseconds, included. */
  readonly since?: number
  /** The end in epoch milliseconds, excluded. */
  readonly until?: number
  /** Only what was recorded, or of which something was reported, since then, in epoch milliseconds, included. */
  readonly changedSince?: number
  /** The order by `at` (default: newest first). */
  readonly order?: "newest" | "oldest"
  readonly limit: number
  readonly offset: number
  /** The last item of the page before. The list goes on after it, whatever came in between. */
  readonly after?: Place
  /** How far the total is counted (default: to the end). 0: it is not counted. In a long list, the count takes longest. */
  readonly countTo?: number
  /**
   * For so many milliseconds a status is searched, which no index has, and at least once among the next 1,000 deliveries (default: to the end). The
   * page then may have fewer items than `limit` although there are more. It goes with an `offset` of 0.
   */
  readonly lookFor?: number
}

/**
 * Where an item stands in a list.
 *
 * @category models
 */
export interface Place {
  readonly at: number
  readonly id: string
}

/**
 * How much there was in a span of time that begins at `at`. `notAccepted` are the deliveries that ended and were not taken whole: not sent, sent in
 * part, or not known.
 *
 * @category models
 */
export interface Count {
  readonly at: number
  readonly inbound: number
  readonly outbound: number
  readonly notAccepted: number
}

/**
 * The archive. The inbox fills it, and may record everything twice without harm.
 *
 * @category models
 */
export interface ArchiveService {
  /**
   * Records a new message before its webhook is answered. A message that is there already is not changed. `reportedAt` is the time of the
   * carrier's report.
   */
  readonly recordArrival: (message: Message, conversation: Conversation | undefined, reportedAt: number) => Effect.Effect<void>
  /** Records a message with everything that is known about it now. `at` is its date in lists (default: the database's time). */
  readonly recordMessage: (
    message: Message,
    conversation: Conversation | undefined,
    reportedAt: number,
    at?: number
  ) => Effect.Effect<void>
  /**
   * Records a carrier's report about the status of a message. The report is stored by message. So it also counts if the delivery of the
   * message is not known yet (`undefined`).
   */
  readonly recordStatus: (
    deliveryId: DeliveryId | undefined,
    fact: StatusFact,
    failure: Failure | undefined,
    at: number
  ) => Effect.Effect<void>
  /** The folded status of a delivery, as far as carriers reported it. It asks no carrier. `None`: there is no such delivery. */
  readonly report: (deliveryId: DeliveryId) => Effect.Effect<Option.Option<DeliveryReport>>
  /** A message by its public id. */
  readonly find: (id: string) => Effect.Effect<Option.Option<Archived>>
  /** How many messages match a query, in spans of so many milliseconds. A span without a message is left out. */
  readonly count: (
    query: Omit<Query, "limit" | "offset" | "after" | "counted" | "order">,
    every: number
  ) => Effect.Effect<ReadonlyArray<Count>>
  /**
   * One page of the messages that match a query. `total` counts all of them. It is 0 if it is not wanted. `next` is where the page
   * ended, if there are or may be more. `lookedTo` is there if the search ended early: the time at
   * which it goes on.
   */
  readonly list: (
    query: Query
  ) => Effect.Effect<{
    readonly items: ReadonlyArray<Archived>
    readonly total: number
    /** Whether the count ended before the list, so that there are more than `total`. */
    readonly isCutOff?: true
    readonly next?: Place
    readonly lookedTo?: number
  }>
}

/**
 * The tag of the archive of messages.
 *
 * @category services
 */
export class Archive extends Context.Tag("@interline/sql/Archive")<Archive, ArchiveService>() {}
