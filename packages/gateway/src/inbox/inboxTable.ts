/** The table `interline_inbox`: the events of webhooks that wait, and the ids of those that came before. */
import * as SqlClient from "@effect/sql/SqlClient"
import type * as SqlError from "@effect/sql/SqlError"
import { recordset } from "@interline/sql/Recordset"
import * as Store from "@interline/sql/Store"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"

/** An event that waits. `attempts` counts the one that is under way. */
export interface Row {
  readonly id: number
  readonly carrier_id: string
  /** When its webhook came, in epoch milliseconds. */
  readonly at: number
  /** 0 goes before 1. */
  readonly urgency: number
  readonly attempts: number
  readonly body: string
}

/** An event that comes in. Of two with the same carrier and `event_id`, the second is left out. */
export interface NewRow extends Pick<Row, "carrier_id" | "urgency" | "body"> {
  readonly event_id: string | null
}

export interface InboxTable {
  readonly put: <E>(rows: Effect.Effect<ReadonlyArray<NewRow>, E>, at: number) => Effect.Effect<void>
  /** Takes up to 64 rows that are due, in their order, for 60 seconds. */
  readonly take: Effect.Effect<ReadonlyArray<Row>, SqlError.SqlError>
  readonly finish: (rows: ReadonlyArray<Row>) => Effect.Effect<void, SqlError.SqlError>
  /** Gives rows back, for so many milliseconds from now. */
  readonly putOff: (rows: ReadonlyArray<Row>, millis: number) => Effect.Effect<void, SqlError.SqlError>
  /** Keeps a row that is never taken again. */
  readonly giveUp: (row: Row, at: number) => Effect.Effect<void, SqlError.SqlError>
  readonly isWaiting: Effect.Effect<boolean>
  readonly depth: Effect.Effect<number>
  readonly failures: Effect.Effect<number>
}

const batch = 64

// longer than a batch takes; the rows of a process that died come up after it
const lease = 60_000

const ids = (rows: ReadonlyArray<Row>): ReadonlyArray<number> => rows.map(({ id }) => id)

/** `keepFor`: how many milliseconds a row is kept after it came. */
export const make = (keepFor: number): Effect.Effect<InboxTable, never, SqlClient.SqlClient | Scope.Scope> =>
  Effect.gen(function*() {
    const sql = yield* SqlClient.SqlClient
    const now = Store.now(sql)
    const until = Store.until(sql)

    const put: InboxTable["put"] = (rows, at) =>
      Store.runStatement(
        "Inbox.put",
        Effect.flatMap(rows, (rows) => {
          const columns = { n: "bigint", carrier_id: "text", event_id: "text", urgency: "bigint", body: "text" } as const
          return sql`INSERT INTO interline_inbox (carrier_id, event_id, at, urgency, attempts, due_at, body)
            SELECT r.carrier_id, r.event_id, ${sql.literal(String(at))}, r.urgency, 0, ${now}, r.body
            FROM ${recordset(sql, columns, rows.map((row, n) => ({ n, ...row })))} WHERE true ORDER BY r.n
            ON CONFLICT (carrier_id, event_id) DO NOTHING`
        })
      )

    const locked = sql.literal(sql.onDialectOrElse({ pg: () => "FOR UPDATE SKIP LOCKED", orElse: () => "" }))

    const take = Effect.map(
      sql<Row>`UPDATE interline_inbox SET due_at = ${until(lease)}, attempts = attempts + 1
        WHERE due_at <= ${now} AND id IN (
          SELECT id FROM interline_inbox WHERE due_at <= ${now} ORDER BY urgency, id LIMIT ${batch} ${locked}
        ) RETURNING id, carrier_id, at, urgency, attempts, body`,
      (rows) => rows.toSorted((left, right) => left.urgency - right.urgency || left.id - right.id)
    )

    // the ids of events are kept longer than any vendor repeats a webhook
    yield* Store.forgetOldRows("inbox", [
      (sql, now) =>
        sql`DELETE FROM interline_inbox WHERE id IN
          (SELECT id FROM interline_inbox WHERE at < ${now - keepFor} AND due_at IS NULL ORDER BY at LIMIT ${Store.batch}) RETURNING id`
    ])

    return {
      put,
      take,
      finish: (rows) =>
        rows.length === 0
          ? Effect.void
          : Effect.asVoid(sql`UPDATE interline_inbox SET due_at = NULL, body = NULL WHERE ${sql.in("id", ids(rows))}`),
      putOff: (rows, millis) =>
        rows.length === 0
          ? Effect.void
          : Effect.asVoid(sql`UPDATE interline_inbox SET due_at = ${until(millis)} WHERE ${sql.in("id", ids(rows))}`),
      giveUp: ({ id }, at) => Effect.asVoid(sql`UPDATE interline_inbox SET due_at = NULL, failed_at = ${at} WHERE id = ${id}`),
      isWaiting: Store.runStatement(
        "Inbox.idle",
        Effect.map(sql`SELECT 1 AS one FROM interline_inbox WHERE due_at IS NOT NULL LIMIT 1`, (rows) => rows.length > 0)
      ),
      depth: Store.runStatement(
        "Inbox.depth",
        Effect.map(
          sql<{ readonly waiting: number }>`SELECT count(*) AS waiting FROM interline_inbox WHERE due_at IS NOT NULL`,
          ([row]) => Number(row?.waiting)
        )
      ),
      failures: Store.runStatement(
        "Inbox.failures",
        Effect.map(
          sql<{ readonly failures: number }>`SELECT count(*) AS failures FROM interline_inbox WHERE failed_at IS NOT NULL`,
          ([row]) => Number(row?.failures)
        )
      )
    }
  })
