/** The table `interline_callbacks`: a row for each call that waits, for each event that an endpoint took, and for each call that was given up. */
import * as SqlClient from "@effect/sql/SqlClient"
import type * as SqlError from "@effect/sql/SqlError"
import { recordset } from "@interline/sql/Recordset"
import * as Store from "@interline/sql/Store"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"

/** A call that was taken. `attempts` counts the one that is under way. `message_ref` and `subject` are of an event that is a status. */
export interface Row {
  readonly id: number
  readonly endpoint_id: string
  readonly event_id: number
  readonly attempts: number
  readonly message_ref: string | null
  readonly subject: string | null
}

export interface NewRow extends Pick<Row, "endpoint_id" | "event_id" | "message_ref" | "subject"> {
  readonly at: number
}

/** A call that was given up, and when. */
export interface DeadRow extends Omit<Row, "message_ref" | "subject"> {
  readonly dead_at: number
  readonly why: string
}

/** How a call ended. `again`: in how many milliseconds it is tried again, if it is. */
export interface End {
  readonly told_at?: number
  readonly dead_at?: number
  readonly why?: string
  readonly again?: number
}

/** How many calls may be taken at once. */
export interface Room {
  readonly perEndpoint: number
  readonly total: number
  /** Endpoints that have no room for one more call. */
  readonly full: ReadonlyArray<string>
}

export interface CallbackTable {
  /** Of two rows for one event at one endpoint, the second is left out. */
  readonly put: (rows: ReadonlyArray<NewRow>) => Effect.Effect<void>
  /** Takes rows that are due, in their order, for 60 seconds. */
  readonly take: (room: Room) => Effect.Effect<ReadonlyArray<Row>, SqlError.SqlError>
  /** Whether the endpoint took a later status of the same message already. */
  readonly isOvertaken: (row: Row) => Effect.Effect<boolean, SqlError.SqlError>
  readonly end: (row: Row, end: End) => Effect.Effect<void, SqlError.SqlError>
  readonly dead: (limit: number) => Effect.Effect<ReadonlyArray<DeadRow>>
  /** Puts a call that was given up back into the queue. Answers whether there was one. */
  readonly revive: (id: number) => Effect.Effect<boolean>
  readonly depth: Effect.Effect<{ readonly waiting: number; readonly dead: number }>
}

// the lease is longer than any call; a row that is still taken after it belongs to a process that died
const lease = 60_000

// of a long queue only the front is searched for endpoints that are free
const front = 2_000

/** `keepFor`: how many milliseconds a row is kept after it came. */
export const make = (keepFor: number): Effect.Effect<CallbackTable, never, SqlClient.SqlClient | Scope.Scope> =>
  Effect.gen(function*() {
    const sql = yield* SqlClient.SqlClient
    const now = Store.now(sql)
    const until = Store.until(sql)

    // An endpoint gets the statuses of one delivery one after another, so that none overtakes another on its way: while one is under way the next
    // waits. One that failed and is to be tried later holds up nobody: a later status goes before it, and then it is left out.
    const inTurn = sql`(c.subject IS NULL OR NOT EXISTS (
      SELECT 1 FROM interline_callbacks o WHERE o.endpoint_id = c.endpoint_id AND o.subject = c.subject AND o.id <> c.id
        AND (o.taken_until > ${now} OR (o.due_at <= ${now} AND o.id < c.id))
    ))`

    // a row that two processes find is taken by one: the other finds it moved when it comes to write it
    const take: CallbackTable["take"] = ({ full, perEndpoint, total }) => {
      const free = full.length === 0 ? sql`true` : sql`NOT ${sql.in("endpoint_id", full)}`
      const taken = sql<Row>`UPDATE interline_callbacks SET due_at = ${until(lease)}, taken_until = ${until(lease)}, attempts = attempts + 1
        WHERE due_at <= ${now} AND id IN (
          SELECT id FROM (
            SELECT id, due_at, ROW_NUMBER() OVER (PARTITION BY endpoint_id ORDER BY due_at, id) AS nth
            FROM (
              SELECT id, endpoint_id, due_at FROM interline_callbacks c WHERE due_at <= ${now} AND ${free} AND ${inTurn} ORDER BY due_at LIMIT ${front}
            ) AS waiting
          ) AS ranked WHERE nth <= ${perEndpoint} ORDER BY due_at, id LIMIT ${total}
        ) RETURNING id, endpoint_id, event_id, attempts, message_ref, subject`
      // a database answers changed rows in any order
      return Effect.map(taken, (rows) => rows.toSorted((left, right) => left.id - right.id))
    }

    yield* Store.forgetOldRows("callbacks", [
      (sql, now) =>
        sql`DELETE FROM interline_callbacks WHERE id IN
          (SELECT id FROM interline_callbacks WHERE at < ${now - keepFor} ORDER BY at LIMIT ${Store.batch}) RETURNING id`
    ])

    return {
      put: (rows) => {
        const columns = { endpoint_id: "text", event_id: "bigint", at: "bigint", message_ref: "text", subject: "text" } as const
        return Store.runStatement(
          "Callbacks.published",
          Effect.asVoid(sql`INSERT INTO interline_callbacks (endpoint_id, event_id, at, attempts, due_at, message_ref, subject)
            SELECT r.endpoint_id, r.event_id, r.at, 0, ${now}, r.message_ref, r.subject FROM ${
            recordset(sql, columns, rows.map((row) => ({ ...row })))
          }
            WHERE true ON CONFLICT (endpoint_id, event_id) DO NOTHING`)
        )
      },
      take,
      isOvertaken: ({ endpoint_id: endpoint, id, message_ref: message, subject }) =>
        message === null ? Effect.succeed(false) : Effect.map(
          sql`SELECT 1 AS one FROM interline_callbacks WHERE endpoint_id = ${endpoint} AND subject = ${subject} AND message_ref = ${message}
            AND id > ${id} AND told_at IS NOT NULL LIMIT 1`,
          (rows) => rows.length > 0
        ),
      end: ({ id }, { again, ...change }) =>
        Effect.asVoid(
          sql`UPDATE interline_callbacks SET ${sql.update({ ...change, taken_until: null })}, due_at = ${
            again === undefined ? sql.literal("NULL") : until(again)
          }
          WHERE id = ${id}`
        ),
      dead: (limit) =>
        Store.runStatement(
          "Callbacks.deadLetters",
          sql<DeadRow>`SELECT id, endpoint_id, event_id, attempts, dead_at, why
            FROM interline_callbacks WHERE dead_at IS NOT NULL ORDER BY dead_at DESC, id DESC LIMIT ${limit}`
        ),
      revive: (id) =>
        Store.runStatement(
          "Callbacks.redeliver",
          Effect.map(
            sql`UPDATE interline_callbacks SET dead_at = NULL, due_at = ${now}, attempts = 0 WHERE id = ${id} AND dead_at IS NOT NULL
              RETURNING id`,
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
