/** The SQL statements for the table of a queue. The table has `id`, `attempts` and `due_at`. `due_at` is null for a row that has ended. */
import type * as SqlClient from "@effect/sql/SqlClient"
import type * as SqlError from "@effect/sql/SqlError"
import type * as Statement from "@effect/sql/Statement"
import * as Effect from "effect/Effect"
import * as Store from "../database/Store.ts"
import * as Queue from "./Queue.ts"

/** Columns that are written together with `due_at`. */
export type Columns = Readonly<Record<string, string | number | null>>

/** The parts of the statements. */
export interface Parts<R extends Queue.Row> {
  /** The name of the queue in the error of a statement. */
  readonly name: string
  readonly table: string
  /** The columns of a taken row. */
  readonly columns: string
  /** A second column for the end of the lease, while a row is taken. */
  readonly leaseColumn?: string
  /** The order in which rows are processed. A database returns changed rows in any order, so they are sorted here. */
  readonly compare: (left: R, right: R) => number
}

export interface QueueStatements<R extends Queue.Row> {
  /** The condition for a row that may be taken. */
  readonly isDue: Statement.Fragment
  /**
   * Takes the rows whose ids a query returns. If two processes find the same row, only one takes it: the other sees the new `due_at` when
   * it writes.
   */
  readonly take: (ids: Statement.Fragment) => Effect.Effect<ReadonlyArray<R>, SqlError.SqlError>
  readonly renew: (rows: ReadonlyArray<R>) => Effect.Effect<void, SqlError.SqlError>
  /** Ends rows. */
  readonly end: (rows: ReadonlyArray<R>, columns?: Columns) => Effect.Effect<void, SqlError.SqlError>
  /** Puts rows off: they are due again after this many milliseconds. */
  readonly putOff: (rows: ReadonlyArray<R>, millis: number, columns?: Columns) => Effect.Effect<void, SqlError.SqlError>
  readonly isWaiting: Effect.Effect<boolean>
}

export const make = <R extends Queue.Row>(sql: SqlClient.SqlClient, parts: Parts<R>): QueueStatements<R> => {
  const table = sql.literal(parts.table)
  const columns = sql.literal(parts.columns)
  const now = Store.now(sql)
  const until = Store.until(sql)
  const isDue = sql`due_at <= ${now}`

  const leased = (): Statement.Fragment =>
    parts.leaseColumn === undefined
      ? sql`due_at = ${until(Queue.lease)}`
      : sql`due_at = ${until(Queue.lease)}, ${sql.literal(parts.leaseColumn)} = ${until(Queue.lease)}`

  const write = (rows: ReadonlyArray<R>, due: Statement.Fragment, columns: Columns = {}) => {
    if (rows.length === 0) return Effect.void
    const all = parts.leaseColumn === undefined ? columns : { ...columns, [parts.leaseColumn]: null }
    const others = Object.keys(all).length === 0 ? sql`` : sql`, ${sql.update(all)}`
    return Effect.asVoid(sql`UPDATE ${table} SET due_at = ${due}${others} WHERE ${sql.in("id", rows.map(({ id }) => id))}`)
  }

  return {
    isDue,
    take: (ids) =>
      Effect.map(
        sql<R>`UPDATE ${table} SET ${leased()}, attempts = attempts + 1 WHERE ${isDue} AND id IN (${ids}) RETURNING ${columns}`,
        (rows) => rows.toSorted(parts.compare)
      ),
    // If a row was taken again, its count of attempts has changed.
    renew: (rows) =>
      rows.length === 0 ? Effect.void : Effect.asVoid(
        sql`UPDATE ${table} SET ${leased()} WHERE due_at IS NOT NULL AND ${
          sql.or(rows.map(({ attempts, id }) => sql`(id = ${id} AND attempts = ${attempts})`))
        }`
      ),
    end: (rows, columns) => write(rows, sql.literal("NULL"), columns),
    putOff: (rows, millis, columns) => write(rows, until(millis), columns),
    isWaiting: Store.runStatement(
      `${parts.name}.idle`,
      Effect.map(sql`SELECT 1 AS one FROM ${table} WHERE due_at IS NOT NULL LIMIT 1`, (rows) => rows.length > 0)
    )
  }
}
