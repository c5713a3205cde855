/**
 * The table `interline_callbacks`. It has a row for each call that waits, for each event that an endpoint accepted, and for each call that
 * was given up.
 */
import * as SqlClient from "@effect/sql/SqlClient"
import type * as SqlError from "@effect/sql/SqlError"
import { EpochMillis } from "@interline/core/Time"
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
 * How many calls may be taken at once.
 *
 * @category models
 */
export interface Allowance {
  readonly perEndpoint: number
  readonly total: number
  /** Endpoints that must not get another call now. */
  readonly full: ReadonlyArray<string>
}

/**
 * The calls in the database. Times are in epoch milliseconds.
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
  /** Ends a call that the endpoint accepted. */
  readonly finish: (row: Row, at: number) => Effect.Effect<void, SqlError.SqlError>
  /** Ends a call that was not made, because this endpoint needs no call for this event. */
  readonly leaveOut: (row: Row) => Effect.Effect<void, SqlError.SqlError>
  /** Puts off a failed call: it is due again after this many milliseconds. */
  readonly putOff: (row: Row, millis: number, why: string) => Effect.Effect<void, SqlError.SqlError>
  /** Ends a failed call, and keeps it as a dead letter. */
  readonly giveUp: (row: Row, at: number, why: string) => Effect.Effect<void, SqlError.SqlError>
  /** The calls that were given up, the newest first. */
  readonly deadLetters: (limit: number) => Effect.Effect<ReadonlyArray<DeadLetter>>
  /** Puts a call that was given up back into the queue. `false`: there is no such call. */
  readonly revive: (id: string) => Effect.Effect<boolean>
  /** The number of calls that wait, and of calls that were given up. */
  readonly depth: Effect.Effect<{ readonly waiting: number; readonly dead: number }>
}

/**
 * How the table is kept.
 *
 * @category models
 */
export interface Options {
  /** How long a row is kept after it came, in milliseconds. */
  readonly keepFor: number
  /** Which rows this process may take (default: all). */
  readonly share?: Queue.Share
}

interface DeadRow extends Omit<Row, "message_ref" | "subject"> {
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

const idPattern = /^[1-9][0-9]{0,14}$/

// In a long queue, only this many rows from the front are searched for endpoints that are free.
const front = 2_000

const newColumns = { endpoint_id: "text", event_id: "bigint", at: "bigint", message_ref: "text", subject: "text" } as const

/**
 * The callbacks in the database.
 *
 * @category constructors
 */
export const make = ({ keepFor, share }: Options): Effect.Effect<CallbackTable, never, SqlClient.SqlClient | Scope.Scope> =>
  Effect.gen(function*() {
    const sql = yield* SqlClient.SqlClient
    const now = Store.now(sql)
    const { end, isDue, isWaiting, putOff, renew, take } = QueueStatements.make<Row>(sql, {
      name: "Callbacks",
      table: "interline_callbacks",
      columns: "id, endpoint_id, event_id, attempts, message_ref, subject",
      leaseColumn: "taken_until",
      compare: (left, right) => left.id - right.id
    })

    // An endpoint gets the statuses of one delivery one after another, so that no status overtakes another on the way. While one call is
    // under way, the next one waits. A failed call that will be repeated later stops no other call: a later status goes first, and then the
    // failed one is left out.
    const inTurn = sql`(c.subject IS NULL OR NOT EXISTS (
      SELECT 1 FROM interline_callbacks o WHERE o.endpoint_id = c.endpoint_id AND o.subject = c.subject AND o.id <> c.id
        AND (o.taken_until > ${now} OR (o.due_at <= ${now} AND o.id < c.id))
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
          return { endpoint_id: endpointId, event_id: event.id, at, message_ref, subject }
        })
        return Store.runStatement(
          "Callbacks.published",
          Effect.asVoid(sql`INSERT INTO interline_callbacks (endpoint_id, event_id, at, attempts, due_at, message_ref, subject)
            SELECT r.endpoint_id, r.event_id, r.at, 0, ${now}, r.message_ref, r.subject FROM ${recordset(sql, newColumns, columns)}
            WHERE true ON CONFLICT (endpoint_id, event_id) DO NOTHING`)
        )
      },
      take: ({ full, perEndpoint, total }) =>
        Effect.flatMap(share ?? Effect.succeed(sql`true`), (mine) => {
          const free = full.length === 0 ? sql`true` : sql`NOT ${sql.in("endpoint_id", full)}`
          return take(sql`SELECT id FROM (
            SELECT id, due_at, ROW_NUMBER() OVER (PARTITION BY endpoint_id ORDER BY due_at, id) AS nth
            FROM (
              SELECT id, endpoint_id, due_at FROM interline_callbacks c
              WHERE ${isDue} AND ${mine} AND ${free} AND ${inTurn} ORDER BY due_at LIMIT ${front}
            ) AS waiting
          ) AS ranked WHERE nth <= ${perEndpoint} ORDER BY due_at, id LIMIT ${total}`)
        }),
      renew,
      isWaiting,
      findEvents: (rows) => EventRows.findAll(sql, Array.from(new Set(rows.map(({ event_id }) => event_id)))),
      isOvertaken: ({ endpoint_id: endpoint, id, message_ref: message, subject }) =>
        message === null ? Effect.succeed(false) : Effect.map(
          sql`SELECT 1 AS one FROM interline_callbacks WHERE endpoint_id = ${endpoint} AND subject = ${subject} AND message_ref = ${message}
            AND id > ${id} AND told_at IS NOT NULL LIMIT 1`,
          (rows) => rows.length > 0
        ),
      finish: (row, at) => end([row], { told_at: at }),
      leaveOut: (row) => end([row]),
      putOff: (row, millis, why) => putOff([row], millis, { why }),
      giveUp: (row, at, why) => end([row], { dead_at: at, why }),
      deadLetters: (limit) =>
        Store.runStatement(
          "Callbacks.deadLetters",
          Effect.map(
            sql<DeadRow>`SELECT id, endpoint_id, event_id, attempts, dead_at, why
              FROM interline_callbacks WHERE dead_at IS NOT NULL ORDER BY dead_at DESC, id DESC LIMIT ${limit}`,
            (rows) => rows.map(toDeadLetter)
          )
        ),
      revive: (id) =>
        !idPattern.test(id) ? Effect.succeed(false) : Store.runStatement(
          "Callbacks.redeliver",
          Effect.map(
            sql`UPDATE interline_callbacks SET dead_at = NULL, due_at = ${now}, attempts = 0
              WHERE id = ${Number(id)} AND dead_at IS NOT NULL RETURNING id`,
            (rows) => rows.length > 0
          )
        ),
      depth: Store.runStatement(
        "Callbacks.depth",
        Effect.map(
          sql<{ readonly waiting: number; readonly dead: number }>`SELECT
            (SELECT count(*) FROM interline_callbacks WHERE due_at IS NOT NULL) AS waiting,
            (SELECT count(*) FROM interline_callbacks WHERE dead_at IS NOT NULL) AS dead`,
          ([row]) => ({ waiting: Number(row?.waiting), dead: Number(row?.dead) })
        )
      )
    }
  })
