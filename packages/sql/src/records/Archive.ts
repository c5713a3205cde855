/**
 * What passed through: every message that went out and came in, with how far it got. It is what the fronts list where no
 * single conversation is asked for, so a list is whole also after a conversation has moved to another carrier.
 *
 * @since 0.1.0
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
 * @since 0.1.0
 * @category responses
 */
export const OutcomeWord = Schema.Literal("pending", "accepted", "not-sent", "partial", "held", "unknown")

/**
 * @since 0.1.0
 * @category responses
 */
export type OutcomeWord = typeof OutcomeWord.Type

/**
 * `Outbound` is a delivery of ours: its entry in the ledger (what was to be sent, where to, what came of it), the folded
 * status as far as it was heard, and why it failed if it did. `Inbound` is a message that a carrier reported; its `at` is when it was written down
 * here, not when the carrier told it, so that a list by time never gets it later than it is dated. `id` is the one that `IdMap` shows; `at` is in
 * epoch milliseconds.
 *
 * @since 0.1.0
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
 * `conversation` is its key (`Conversation.key`). `peer` is a handle, wherever it takes part. `line` is a line's name. `since` and `until` are in epoch milliseconds,
 * `until` excluded. `order` is by `at` (default newest first). `outcome` and `status` are those of a delivery, so messages that carriers reported are left out where one is
 * asked for. `carrierId`: the carrier that took the delivery or was asked for it last, or that reported the message. `only`: deliveries of ours, and no
 * message that a carrier reported.
 *
 * @since 0.1.0
 * @category models
 */
export interface Query {
  readonly direction?: "inbound" | "outbound"
  readonly conversation?: string
  readonly line?: string
  readonly peer?: string
  readonly outcome?: OutcomeWord
  readonly status?: DeliveryStatus
  readonly carrierId?: CarrierId
  readonly only?: "deliveries"
  readonly since?: number
  readonly until?: number
  readonly order?: "newest" | "oldest"
  readonly limit: number
  readonly offset: number
}

/**
 * `arrived`, `received` and `heard` are how the inbox fills it; each may be told twice. `arrived` is for a message that just came, before its webhook is answered: one that
 * is there already stays as it is. `received` writes it again with what is known by then. `heardAt` is when it was told; `at` is its date in lists (default: the
 * database's time). What was heard is kept by message, so it counts also
 * where it is not known yet (`undefined`) whose message it is. `report` is the folded status of a delivery with
 * what was heard so far, without asking a carrier; `None` if there is no such delivery.
 *
 * @since 0.1.0
 * @category models
 */
export interface ArchiveService {
  readonly arrived: (message: Message, conversation: Conversation | undefined, heardAt: number) => Effect.Effect<void>
  readonly received: (message: Message, conversation: Conversation | undefined, heardAt: number, at?: number) => Effect.Effect<void>
  readonly heard: (deliveryId: DeliveryId | undefined, fact: StatusFact, failure: Failure | undefined, at: number) => Effect.Effect<void>
  readonly report: (deliveryId: DeliveryId) => Effect.Effect<Option.Option<DeliveryReport>>
  readonly find: (id: string) => Effect.Effect<Option.Option<Archived>>
  readonly list: (query: Query) => Effect.Effect<{ readonly items: ReadonlyArray<Archived>; readonly total: number }>
}

/**
 * @since 0.1.0
 * @category services
 */
export class Archive extends Context.Tag("@interline/sql/Archive")<Archive, ArchiveService>() {}
