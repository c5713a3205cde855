/**
 * What passed through: every message that went out and came in, with how far it got. It is what the fronts list where no
 * single conversation is asked for, so a list is whole also after a conversation has moved to another carrier.
 */
import type { CarrierId } from "@interline/core/CarrierId"
import type { Conversation } from "@interline/core/Conversation"
import type { DeliveryId } from "@interline/core/DeliveryId"
import type { DeliveryReport, DeliveryStatus, StatusFact } from "@interline/core/DeliveryStatus"
import type { Failure, Message } from "@interline/core/Message"
import type { Entry } from "@interline/router/Ledger"
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import * as Schema from "effect/Schema"

/**
 * What came of a send. `pending`: it is under way. `held`: it may have gone out, and waits for a fact or an operator. `unknown`: it
 * may have gone out, and nobody looks for it.
 *
 * @category models
 */
export const OutcomeWord = Schema.Literal("pending", "accepted", "not-sent", "partial", "held", "unknown")

/** @category models */
export type OutcomeWord = typeof OutcomeWord.Type

/**
 * `Outbound` is a delivery of ours: its entry in the ledger (what was to be sent, where to, what came of it), the folded status as far as
 * carriers reported it, and why it failed if it did. `Inbound` is a message that a carrier reported. `id` is the one that `IdMap` shows. `at` is
 * in epoch milliseconds; of an `Inbound`, it is when the message was written down here, not when the carrier reported it: a list by time
 * must not get a message later than it is dated.
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
 * What a list is to hold.
 *
 * @category models
 */
export interface Query {
  readonly direction?: "inbound" | "outbound"
  /** The key of a conversation (`Conversation.key`). */
  readonly conversation?: string
  /** The name of a line. */
  readonly line?: string
  /** A handle, wherever it takes part. */
  readonly peer?: string
  /** Leaves out messages that carriers reported: only a delivery has an outcome. */
  readonly outcome?: OutcomeWord
  /** The folded status of a delivery. Leaves out messages that carriers reported. */
  readonly status?: DeliveryStatus
  /** The carrier that took the delivery or was asked for it last, or that reported the message. */
  readonly carrierId?: CarrierId
  /** Deliveries of ours, and no message that a carrier reported. */
  readonly only?: "deliveries"
  /** In epoch milliseconds, included. */
  readonly since?: number
  /** In epoch milliseconds, excluded. */
  readonly until?: number
  /** By `at`; default: newest first. */
  readonly order?: "newest" | "oldest"
  readonly limit: number
  readonly offset: number
}

/**
 * The inbox fills the archive, and may tell it everything twice.
 *
 * @category models
 */
export interface ArchiveService {
  /**
   * Records a message that just came, before its webhook is answered. A message that is there already stays as it is. `reportedAt` is when the
   * carrier reported it.
   */
  readonly recordArrival: (message: Message, conversation: Conversation | undefined, reportedAt: number) => Effect.Effect<void>
  /** Records a message with what is known of it now. `at` is its date in lists (default: the database's time). */
  readonly recordMessage: (
    message: Message,
    conversation: Conversation | undefined,
    reportedAt: number,
    at?: number
  ) => Effect.Effect<void>
  /**
   * Records what a carrier said of a message. It is kept by message, so it counts also where nobody knows yet whose message it is
   * (`undefined`).
   */
  readonly recordStatus: (
    deliveryId: DeliveryId | undefined,
    fact: StatusFact,
    failure: Failure | undefined,
    at: number
  ) => Effect.Effect<void>
  /** The folded status of a delivery, as far as carriers reported it. No carrier is asked. `None`: there is no such delivery. */
  readonly report: (deliveryId: DeliveryId) => Effect.Effect<Option.Option<DeliveryReport>>
  /** A message by the id that is shown for it. */
  readonly find: (id: string) => Effect.Effect<Option.Option<Archived>>
  /** One page of what fits a query. `total` counts all that fits. */
  readonly list: (query: Query) => Effect.Effect<{ readonly items: ReadonlyArray<Archived>; readonly total: number }>
}

/**
 * The tag of the archive of messages.
 *
 * @category services
 */
export class Archive extends Context.Tag("@interline/sql/Archive")<Archive, ArchiveService>() {}
