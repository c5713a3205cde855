/** The table `interline_inbox`: the events of webhooks that wait, those that were given up, and the ids of earlier events. */
import * as SqlClient from "@effect/sql/SqlClient"
import * as CarrierId from "@interline/core/CarrierId"
import * as MessagingEvent from "@interline/core/MessagingEvent"
import { EpochMillis } from "@interline/core/Time"
import * as Shard from "@interline/router/Shard"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Digest from "../database/Digest.ts"
import * as JsonColumn from "../database/jsonColumn.ts"
import { recordset } from "../database/recordset.ts"
import * as Store from "../database/Store.ts"
import type * as Queue from "./Queue.ts"
import * as QueueStatements from "./queueStatements.ts"

/**
 * An event that was taken.
 *
 * @category models
 */
export interface Row extends Queue.Row {
  readonly carrier_id: string
  /** When its webhook came, in epoch milliseconds. */
  readonly at: number
  /** The priority: 0 is processed before 1, and is never held back. */
  readonly urgency: number
  readonly body: string
}

/**
 * A new event. If an event with the same carrier and id is there, the new one is left out.
 *
 * @category models
 */
export interface NewRow {
  readonly event: MessagingEvent.MessagingEvent
  /** The priority: 0 is processed before 1, and is never held back. */
  readonly urgency: number
  /** The events of a lane are processed in order. A lane has one urgency. The shard of an event is the one of its lane. */
  readonly lane: string
}

/**
 * An event that was given up. `kind` is the tag of the event. `attempts` is how often it was tried. `why` is the reason, for people, and
 * contains no content.
 *
 * @category models
 */
export const FailedEvent = Schema.Struct({
  id: Schema.String,
  carrierId: CarrierId.CarrierId,
  kind: Schema.String,
  attempts: Schema.Int,
  why: Schema.String,
  receivedAt: EpochMillis,
  at: EpochMillis
})

/** @category models */
export interface FailedEvent extends Schema.Schema.Type<typeof FailedEvent> {}

/**
 * The allowance of a `take` is the largest number of rows. A row that was put off holds back the later rows of its lane.
 *
 * @category models
 */
export interface InboxTable extends Queue.Table<Row, number> {
  /** Records events that came at a time, in epoch milliseconds. */
  readonly put: (rows: ReadonlyArray<NewRow>, at: number) => Effect.Effect<void>
  /** The events that were given up, the newest first. */
  readonly failed: (limit: number) => Effect.Effect<ReadonlyArray<FailedEvent>>
}

/**
 * How the table is kept.
 *
 * @category models
 */
export interface Options {
  /** How long a row is kept after it came, in milliseconds. */
  readonly keepFor: number
}

const encode = JsonColumn.makeEncoder(MessagingEvent.MessagingEvent)
const decode = Schema.decode(Schema.parseJson(MessagingEvent.MessagingEvent))
const decodeKind = Schema.decodeOption(Schema.parseJson(Schema.Struct({ _tag: Schema.String })))

/**
 * The event of a row.
 *
 * @category getters
 */
export const readEvent = (row: Row): Effect.Effect<MessagingEvent.MessagingEvent, ParseResult.ParseError> => decode(row.body)

const newColumns = {
  n: "bigint",
  carrier_id: "text",
  event_id: "text",
  urgency: "bigint",
  shard: "bigint",
  lane: "text",
  body: "text"
} as const

const toColumns = ({ event, lane, urgency }: NewRow, n: number) =>
  Effect.map(encode(event), (body) => ({
    n,
    carrier_id: event.carrierId,
    // A vendor's id may have any length and any characters, so its digest is stored.
    event_id: event.id === undefined ? null : Digest.of(event.id),
    urgency,
    shard: Shard.of(lane),
    lane: Store.toIndexable(lane),
    body
  }))

interface FailedRow {
  readonly id: number
  readonly carrier_id: string
  readonly body: string | null
  readonly attempts: number
  readonly why: string | null
  readonly at: number
  readonly failed_at: number
}

const toFailedEvent = ({ at: receivedAt, attempts, body, carrier_id, failed_at: at, id, why }: FailedRow): FailedEvent => ({
  id: String(id),
  carrierId: CarrierId.make(carrier_id),
  kind: Option.match(decodeKind(body ?? ""), { onNone: () => "unreadable", onSome: ({ _tag }) => _tag }),
  attempts,
  why: why ?? "unknown",
  receivedAt,
  at
})

/**
 * The inbox in the database.
 *
 * @category constructors
 */
export const make = ({ keepFor }: Options): Effect.Effect<InboxTable, never, SqlClient.SqlClient | Scope.Scope> =>
  Effect.gen(function*() {
    const sql = yield* SqlClient.SqlClient
    const now = Store.now(sql)
    // Content and lane may name a person, so an ended row keeps neither.
    const nothing = { body: null, lane: null }
    const { begin, clear, columns, drop, end, isFree, isWaiting, newest, pause, putOff, resume, retry, retryAll, state } = QueueStatements
      .make<
        Row
      >(
        sql,
        {
          queue: "inbox",
          name: "Inbox",
          table: "interline_inbox",
          columns: "carrier_id, at, urgency, body",
          lane: "lane",
          deadColumn: "failed_at",
          dropped: nothing
        }
      )

    const isHeldBack = sql`EXISTS (SELECT 1 FROM interline_inbox o WHERE o.lane = r.lane AND o.id < r.id AND o.due_at > ${now})`

    // The ids of events are kept for longer than any vendor repeats a webhook.
    yield* Store.forgetOldRows("inbox", [
      (sql, now) =>
        sql`DELETE FROM interline_inbox WHERE id IN
          (SELECT id FROM interline_inbox WHERE at < ${now - keepFor} AND due_at IS NULL ORDER BY at LIMIT ${Store.batch}) RETURNING id`
    ])

    return {
      put: (rows, at) =>
        Store.runStatement(
          "Inbox.put",
          Effect.flatMap(Effect.forEach(rows, toColumns), (rows) =>
            sql`INSERT INTO interline_inbox (carrier_id, event_id, at, urgency, shard, lane, attempts, due_at, body)
              SELECT r.carrier_id, r.event_id, ${sql.literal(String(at))}, r.urgency, r.shard, r.lane, 0, ${now}, r.body
              FROM ${recordset(sql, newColumns, rows)} WHERE true ORDER BY r.n
              ON CONFLICT (carrier_id, event_id) DO NOTHING`)
        ),
      take: (most, held) =>
        sql<Row>`SELECT ${columns} FROM interline_inbox r WHERE ${isFree(held)} AND (urgency = 0 OR NOT ${isHeldBack})
          ORDER BY urgency, id LIMIT ${most}`,
      newest,
      begin,
      clear,
      finish: (rows) => end(rows, nothing),
      leaveOut: (rows) => end(rows, nothing),
      putOff: (rows, millis, why) => putOff(rows, millis, why === undefined ? {} : { why }),
      giveUp: (row, at, why) => end([row], { failed_at: at, why }),
      isWaiting,
      failed: (limit) =>
        Store.runStatement(
          "Inbox.failed",
          Effect.map(
            sql<FailedRow>`SELECT id, carrier_id, body, attempts, why, at, failed_at
              FROM interline_inbox WHERE failed_at IS NOT NULL ORDER BY failed_at DESC, id DESC LIMIT ${limit}`,
            (rows) => rows.map(toFailedEvent)
          )
        ),
      state,
      pause,
      resume,
      retry,
      retryAll,
      drop
    }
  })
