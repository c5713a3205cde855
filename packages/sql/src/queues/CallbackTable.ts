/**
 * The table `interline_callbacks`. It has a row for each call that waits, for each event that an endpoint accepted, and for each call that
 * was given up.
 */
import * as SqlClient from "@effect/sql/SqlClient"
import type * as SqlError from "@effect/sql/SqlError"
import { EpochMillis } from "@interline/core/Time"
import * as Shard from "@interline/router/Shard"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import { recordset } from "../database/recordset.ts"
import * as Store from "../database/Store.ts"
import type * as EventLog from "../records/EventLog.ts"
import * as EventRows from "../records/eventRows.ts"
import type * as Queue from "./Queue.ts"
import * as QueueStatements from "./queueStatements.ts"

/**
 * A call that was taken from the queue. `message_ref` and `subject` are there if its event is a status.
 *
 * @category models
 */
export interface Row extends Queue.Row {
  readonly endpoint_id: string
  readonly event_id: number
  readonly message_ref: string | null
  readonly subject: string | null
}

/**
 * A new call. If there is a call for the same event and endpoint, the new one is left out.
 *
 * @category models
 */
export interface NewRow {
  readonly endpointId: string
  readonly event: EventLog.GatewayEvent
}

/**
 * A call that was given up. `attempts` is how often it was tried. `why` is the reason, for people, and contains no content.
 *
 * @category models
 */
export const DeadLetter = Schema.Struct({
  id: Schema.String,
  endpointId: Schema.String,
  eventId: Schema.Int,
  attempts: Schema.Int,
  why: Schema.String,
  at: EpochMillis
})

/** @category models */
export interface DeadLetter extends Schema.Schema.Type<typeof DeadLetter> {}

/**
 * How many calls may be taken now.
 *
 * @category models
 */
export interface Allowance {
  readonly total: number
  /** How many calls to one endpoint may be in hand. */
  readonly perEndpoint: number
  /** How many calls to an endpoint are in hand. */
  readonly busy: ReadonlyMap<string, number>
}

/**
 * The calls in the database. Times are in epoch milliseconds. The shard of a call is the one of its endpoint. The lane of a call is the
 * endpoint and the delivery of its status: an endpoint gets the statuses of one delivery one after another. A call that was put off holds
 * back no other call.
 *
 * @category models
 */
export interface CallbackTable extends Queue.Table<Row, Allowance> {
  /** Records new calls, and the time from which they wait. */
  readonly put: (rows: ReadonlyArray<NewRow>, at: number) => Effect.Effect<void>
  /** The events of rows, by their ids. Events that the event log has removed are missing. */
  readonly findEvents: (rows: ReadonlyArray<Row>) => Effect.Effect<ReadonlyMap<number, EventLog.GatewayEvent>, unknown>
  /** Whether the endpoint has already accepted a later status of the same message. */
  readonly isOvertaken: (row: Row) => Effect.Effect<boolean, SqlError.SqlError>
  /** The calls that were given up, the newest first. */
  readonly deadLetters: (limit: number) => Effect.Effect<ReadonlyArray<DeadLetter>>
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

interface DeadRow extends Pick<Row, "id" | "endpoint_id" | "event_id" | "attempts"> {
  readonly dead_at: number
  readonly why: string
}

const toDeadLetter = ({ attempts, dead_at: at, endpoint_id: endpointId, event_id: eventId, id, why }: DeadRow): DeadLetter => ({
  id: String(id),
  endpointId,
  eventId,
  attempts,
  why,
  at
})

// In a long queue, only this many rows from the front are searched for endpoints that are free.
const front = 2_000

const newColumns = {
  endpoint_id: "text",
  event_id: "bigint",
  shard: "bigint",
  at: "bigint",
  message_ref: "text",
  subject: "text"
} as const

/** The rows that may start beside the calls in hand, so that no endpoint has more calls than it may have. */
const chooseAllowed = (rows: ReadonlyArray<Row>, { busy, perEndpoint, total }: Allowance): ReadonlyArray<Row> => {
  const calls = new Map(busy)
  return rows.filter(({ endpoint_id: endpoint }) => {
    const count = calls.get(endpoint) ?? 0
    if (count >= perEndpoint) return false
    calls.set(endpoint, count + 1)
    return true
  }).slice(0, total)
}

/**
 * The callbacks in the database.
 *
 * @category constructors
 */
export const make = ({ keepFor }: Options): Effect.Effect<CallbackTable, never, SqlClient.SqlClient | Scope.Scope> =>
  Effect.gen(function*() {
    const sql = yield* SqlClient.SqlClient
    const now = Store.now(sql)
    const { begin, clear, columns, drop, end, isFree, isWaiting, newest, pause, putOff, resume, retry, retryAll, state } = QueueStatements
      .make<Row>(sql, {
        queue: "callbacks",
        name: "Callbacks",
        table: "interline_callbacks",
        columns: "endpoint_id, event_id, message_ref, subject",
        // An endpoint's id has no blank.
        lane: "(endpoint_id || ' ' || subject)",
        deadColumn: "dead_at",
        dropped: {}
      })

    // A failed call that will be repeated later stops no other call: a later status goes first, and then the failed one is left out.
    const isFirst = sql`(c.subject IS NULL OR NOT EXISTS (
      SELECT 1 FROM interline_callbacks o WHERE o.endpoint_id = c.endpoint_id AND o.subject = c.subject AND o.id < c.id AND o.due_at <= ${now}
    ))`

    yield* Store.forgetOldRows("callbacks", [
      (sql, now) =>
        sql`DELETE FROM interline_callbacks WHERE id IN
          (SELECT id FROM interline_callbacks WHERE at < ${now - keepFor} ORDER BY at LIMIT ${Store.batch}) RETURNING id`
    ])

    return {
      put: (rows, at) => {
        const columns = rows.map(({ endpointId, event }) => {
          const { message_ref = null, subject = null } = EventRows.rank(event) ?? {}
          return { endpoint_id: endpointId, event_id: event.id, shard: Shard.of(endpointId), at, message_ref, subject }
        })
        return Store.runStatement(
          "Callbacks.published",
          Effect.asVoid(sql`INSERT INTO interline_callbacks (endpoint_id, event_id, shard, at, attempts, due_at, message_ref, subject)
            SELECT r.endpoint_id, r.event_id, r.shard, r.at, 0, ${now}, r.message_ref, r.subject FROM ${recordset(sql, newColumns, columns)}
            WHERE true ON CONFLICT (endpoint_id, event_id) DO NOTHING`)
        )
      },
      take: (allowance, held) => {
        const { busy, perEndpoint, total } = allowance
        const full = Array.from(busy).flatMap(([id, calls]) => calls >= perEndpoint ? [id] : [])
        const isOpen = full.length === 0 ? sql`true` : sql`NOT ${sql.in("endpoint_id", full)}`
        return Effect.map(
          sql<Row>`SELECT * FROM (
            SELECT waiting.*, ROW_NUMBER() OVER (PARTITION BY endpoint_id ORDER BY due_at, id) AS nth
            FROM (
              SELECT ${columns}, due_at FROM interline_callbacks c
              WHERE ${isFree(held)} AND ${isOpen} AND ${isFirst} ORDER BY due_at LIMIT ${front}
            ) AS waiting
          ) AS ranked WHERE nth <= ${perEndpoint} ORDER BY due_at, id LIMIT ${total}`,
          (rows) => chooseAllowed(rows, allowance)
        )
      },
      newest,
      begin,
      clear,
      findEvents: (rows) => EventRows.findAll(sql, Array.from(new Set(rows.map(({ event_id }) => event_id)))),
      isOvertaken: ({ endpoint_id: endpoint, id, message_ref: message, subject }) =>
        message === null ? Effect.succeed(false) : Effect.map(
          sql`SELECT 1 AS one FROM interline_callbacks WHERE endpoint_id = ${endpoint} AND subject = ${subject} AND message_ref = ${message}
            AND id > ${id} AND told_at IS NOT NULL LIMIT 1`,
          (rows) => rows.length > 0
        ),
      finish: (rows, at) => end(rows, { told_at: at }),
      leaveOut: (rows) => end(rows),
      putOff: (rows, millis, why) => putOff(rows, millis, why === undefined ? {} : { why }),
      giveUp: (row, at, why) => end([row], { dead_at: at, why }),
      isWaiting,
      deadLetters: (limit) =>
        Store.runStatement(
          "Callbacks.deadLetters",
          Effect.map(
            sql<DeadRow>`SELECT id, endpoint_id, event_id, attempts, dead_at, why
              FROM interline_callbacks WHERE dead_at IS NOT NULL ORDER BY dead_at DESC, id DESC LIMIT ${limit}`,
            (rows) => rows.map(toDeadLetter)
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
