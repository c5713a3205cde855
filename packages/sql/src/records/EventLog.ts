/**
 * The neutral event log. It has every event of every carrier, and those decisions of the router that a person would want to know. It has
 * one order, which survives a restart.
 */
import { Conversation } from "@interline/core/Conversation"
import { DeliveryId } from "@interline/core/DeliveryId"
import { DeliveryStatus } from "@interline/core/DeliveryStatus"
import * as IsoTime from "@interline/core/IsoTime"
import { MessagingEvent } from "@interline/core/MessagingEvent"
import { optional } from "@interline/core/Optional"
import { EpochMillis } from "@interline/core/Time"
import { RouterEvent } from "@interline/router/RouterEvent"
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"

/**
 * A new entry. `deliveryId` is there if the entry is about a delivery of ours. `conversation` is there if it is known.
 *
 * Every `Status` has the folded status in `status`: of the delivery, which may have several messages, or else of the message. The vendor's
 * own status is in the event's `fact`. The statuses of one message never go back, and none comes twice. `corrected` is there if `failed`
 * came before and this status takes it back. Only then may a folded status be lower than the one before.
 *
 * @category models
 */
export const NewEvent = Schema.Struct({
  at: EpochMillis,
  deliveryId: optional(DeliveryId),
  conversation: optional(Conversation),
  status: optional(DeliveryStatus),
  corrected: optional(Schema.Boolean),
  event: Schema.Union(
    Schema.Struct({ kind: Schema.Literal("carrier"), data: MessagingEvent }),
    Schema.Struct({ kind: Schema.Literal("router"), data: RouterEvent })
  )
})

/** @category models */
export interface NewEvent extends Schema.Schema.Type<typeof NewEvent> {}

/**
 * An entry with its position. `id` grows. A reader that asks for entries after an id misses none, even while other processes write. `at` is
 * the time at which the entry was recorded, in epoch milliseconds. In encoded form (in the stream and in callbacks), every time is in ISO
 * 8601.
 *
 * @category models
 */
export const GatewayEvent = IsoTime.encodeTimes(Schema.Struct({ id: Schema.Int, ...NewEvent.fields }))

/** @category models */
export interface GatewayEvent extends Schema.Schema.Type<typeof GatewayEvent> {}

/**
 * The type of an entry, for its name and for filters: the event's own tag, such as `Received` or `FailedOver`.
 *
 * @category getters
 */
export const typeOf = ({ event }: Pick<GatewayEvent, "event">): string => event.data._tag

/**
 * A reader of the log, with its own position.
 *
 * @category models
 */
export interface EventReader {
  /**
   * The next entries for the reader: at least one, and at most as much as a socket accepts at once (about 16 KiB). If there is none, it
   * waits. Only one `next` may run at a time.
   */
  readonly next: Effect.Effect<ReadonlyArray<GatewayEvent>>
  /** Makes a waiting `next` return an empty list. If none waits, the following `next` returns it. */
  readonly rouse: Effect.Effect<void>
}

/**
 * The event log. A reader that is slow or does not read delays nobody and uses no memory, because its entries are in the log.
 *
 * @category models
 */
export interface EventLogService {
  /**
   * Writes all events or none. The result is the entries. `sources`, one for each event, name the origins of the events; an event may have none. If an event with
   * the same origin was written before, it is not written again, and the result has the earlier entry. An event with a `status` is written
   * only if it says more about its message than every earlier entry. Otherwise it is missing from the result. The database decides this,
   * also among processes.
   */
  readonly append: (
    events: ReadonlyArray<NewEvent>,
    sources?: ReadonlyArray<string | undefined>
  ) => Effect.Effect<ReadonlyArray<GatewayEvent>>
  /** At most `limit` entries after an id, oldest first. */
  readonly read: (after: number, limit: number) => Effect.Effect<ReadonlyArray<GatewayEvent>>
  /** A reader of the entries after an id (default: from now on), from all processes. */
  readonly reader: (after?: number) => Effect.Effect<EventReader, never, Scope.Scope>
  /** The same as a stream. It does not end. */
  readonly stream: (after?: number) => Stream.Stream<GatewayEvent>
  /** The newest id. It is 0 if the log is empty. */
  readonly latest: Effect.Effect<number>
}

/**
 * The tag of the log of events.
 *
 * @category services
 */
export class EventLog extends Context.Tag("@interline/sql/EventLog")<EventLog, EventLogService>() {}
