/**
 * The neutral stream: every event of every carrier, and the router's decisions that a person would want to know of, in one
 * order that survives a restart.
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
 * What an entry is about. `deliveryId` is there if it is about a delivery of ours, `conversation` if it is known.
 *
 * On every `Status`, `status` is the folded status: of the delivery, which may be several messages, else of the message. The vendor's word is in the
 * event's `fact`. The statuses of one message never go back, and none comes twice. `corrected` is there if `failed` came before, and
 * this takes it back: the one time that a folded status may be lower than the one before.
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
 * An entry with its place. `id` grows; a reader that asks for what is after an id misses nothing, also beside other
 * processes that write. `at` is when it was written down, in epoch milliseconds. Encoded, as in the stream and in callbacks, every time is in ISO
 * 8601.
 *
 * @category models
 */
export const GatewayEvent = IsoTime.encodeTimes(Schema.Struct({ id: Schema.Int, ...NewEvent.fields }))

/** @category models */
export interface GatewayEvent extends Schema.Schema.Type<typeof GatewayEvent> {}

/**
 * The word that an entry is filtered and named by: the event's own tag, as `Received` or `FailedOver`.
 *
 * @category getters
 */
export const typeOf = ({ event }: Pick<GatewayEvent, "event">): string => event.data._tag

/**
 * A reader of the log, at its own place.
 *
 * @category models
 */
export interface EventReader {
  /**
   * What the reader lacks, in one go: at least one entry, and not more than a socket takes at once (about 16 KiB). If there is none, it waits.
   * One `next` at a time.
   */
  readonly next: Effect.Effect<ReadonlyArray<GatewayEvent>>
  /** Lets a `next` that waits answer an empty list. If none waits, the one after answers it. */
  readonly rouse: Effect.Effect<void>
}

/**
 * The log. Readers that are slow or do not read keep nobody waiting and nothing in memory: what they lack is in the log.
 *
 * @category models
 */
export interface EventLogService {
  /**
   * Writes all events or none, and answers the entries. `sources`, one for each event, say where they come from: what came from there before is not
   * written again, and answered as it was written. An event with a `status` is written only if it says more of its message than any entry before;
   * otherwise it is left out of the answer. The database decides that, also among processes.
   */
  readonly append: (events: ReadonlyArray<NewEvent>, sources?: ReadonlyArray<string>) => Effect.Effect<ReadonlyArray<GatewayEvent>>
  /** At most `limit` entries after an id, oldest first. */
  readonly read: (after: number, limit: number) => Effect.Effect<ReadonlyArray<GatewayEvent>>
  /** A reader of what is after an id (default: from now on), whichever process writes it. */
  readonly reader: (after?: number) => Effect.Effect<EventReader, never, Scope.Scope>
  /** The same as a stream, which does not end. */
  readonly stream: (after?: number) => Stream.Stream<GatewayEvent>
  /** The newest id, 0 if there is none. */
  readonly latest: Effect.Effect<number>
}

/**
 * The tag of the log of events.
 *
 * @category services
 */
export class EventLog extends Context.Tag("@interline/sql/EventLog")<EventLog, EventLogService>() {}
