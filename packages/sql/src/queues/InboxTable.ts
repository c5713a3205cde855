/** The table `interline_inbox`: the events of webhooks that wait, and the ids of earlier events. */
import * as SqlClient from "@effect/sql/SqlClient"
import type * as SqlError from "@effect/sql/SqlError"
import * as MessagingEvent from "@interline/core/MessagingEvent"
import * as Effect from "effect/Effect"
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
  /** The priority: 0 is processed before 1. */
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
  /** The priority: 0 is processed before 1. */
  readonly urgency: number
}

/**
 * The allowance of a `take` is the largest number of rows.
 *
 * @category models
 */
export interface InboxTable extends Queue.Table<Row, number> {
  /** Records events that came at a time, in epoch milliseconds. */
  readonly put: (rows: ReadonlyArray<NewRow>, at: number) => Effect.Effect<void>
  /** Ends rows whose events were processed. Their ids stay. */
  readonly finish: (rows: ReadonlyArray<Row>) => Effect.Effect<void, SqlError.SqlError>
  /** Gives rows back. They are due again after this many milliseconds. */
  readonly putOff: (rows: ReadonlyArray<Row>, millis: number) => Effect.Effect<void, SqlError.SqlError>
  /** Ends a row that failed, and keeps its event. */
  readonly giveUp: (row: Row, at: number) => Effect.Effect<void, SqlError.SqlError>
  /** The number of events that wait. */
  readonly depth: Effect.Effect<number>
  /** The number of events that were given up. */
  readonly failures: Effect.Effect<number>
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

const encode = JsonColumn.makeEncoder(MessagingEvent.MessagingEvent)
const decode = Schema.decode(Schema.parseJson(MessagingEvent.MessagingEvent))

/**
 * The event of a row.
 *
 * @category getters
 */
export const readEvent = (row: Row): Effect.Effect<MessagingEvent.MessagingEvent, ParseResult.ParseError> => decode(row.body)

const newColumns = { n: "bigint", carrier_id: "text", event_id: "text", urgency: "bigint", body: "text" } as const

const toColumns = ({ event, urgency }: NewRow, n: number) =>
  Effect.map(encode(event), (body) => ({
    n,
    carrier_id: event.carrierId,
    // A vendor's id may have any length and any characters, so its digest is stored.
    event_id: event.id === undefined ? null : Digest.of(event.id),
    urgency,
    body
  }))

/**
 * The inbox in the database.
 *
 * @category constructors
 */
export const make = ({ keepFor, share }: Options): Effect.Effect<InboxTable, never, SqlClient.SqlClient | Scope.Scope> =>
  Effect.gen(function*() {
    const sql = yield* SqlClient.SqlClient
    const { end, isDue, isWaiting, putOff, renew, take } = QueueStatements.make<Row>(sql, {
      name: "Inbox",
      table: "interline_inbox",
      columns: "id, carrier_id, at, urgency, attempts, body",
      compare: (left, right) => left.urgency - right.urgency || left.id - right.id
    })

    const unlocked = sql.literal(sql.onDialectOrElse({ pg: () => "FOR UPDATE SKIP LOCKED", orElse: () => "" }))

    const count = (what: string, column: string) =>
      Store.runStatement(
        `Inbox.${what}`,
        Effect.map(
          sql<{ readonly found: number }>`SELECT count(*) AS found FROM interline_inbox WHERE ${sql.literal(column)} IS NOT NULL`,
          ([row]) => Number(row?.found)
        )
      )

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
            sql`INSERT INTO interline_inbox (carrier_id, event_id, at, urgency, attempts, due_at, body)
              SELECT r.carrier_id, r.event_id, ${sql.literal(String(at))}, r.urgency, 0, ${Store.now(sql)}, r.body
              FROM ${recordset(sql, newColumns, rows)} WHERE true ORDER BY r.n
              ON CONFLICT (carrier_id, event_id) DO NOTHING`)
        ),
      take: (most) =>
        Effect.flatMap(
          share ?? Effect.succeed(sql`true`),
          (mine) => take(sql`SELECT id FROM interline_inbox WHERE ${isDue} AND ${mine} ORDER BY urgency, id LIMIT ${most} ${unlocked}`)
        ),
      renew,
      finish: (rows) => end(rows, { body: null }),
      putOff: (rows, millis) => putOff(rows, millis),
      giveUp: (row, at) => end([row], { failed_at: at }),
      isWaiting,
      depth: count("depth", "due_at"),
      failures: count("failures", "failed_at")
    }
  })
