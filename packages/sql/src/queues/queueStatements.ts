/**
 * The SQL statements for the table of a queue. The table has `id`, `shard`, `attempts`, `unfinished` and `due_at`. `due_at` is null for a
 * row that has ended.
 */
import type * as SqlClient from "@effect/sql/SqlClient"
import type * as SqlError from "@effect/sql/SqlError"
import type * as Statement from "@effect/sql/Statement"
import * as Shard from "@interline/router/Shard"
import * as Effect from "effect/Effect"
import * as Store from "../database/Store.ts"
import type * as Queue from "./Queue.ts"

/** Columns that are written together with `due_at`. */
export type Columns = Readonly<Record<string, string | number | null>>

/** The parts of the statements. */
export interface Parts {
  /** The name of the queue, as its pause is recorded. */
  readonly queue: string
  /** The name of the queue in the error of a statement. */
  readonly name: string
  readonly table: string
  /** The columns of a taken row beside those of every queue. */
  readonly columns: string
  /** The expression for the lane of a row. */
  readonly lane: string
  /** The column with the time at which a row was given up. */
  readonly deadColumn: string
  /** What is written when a dead letter is dropped. */
  readonly dropped: Columns
}

export interface QueueStatements<R extends Queue.Row> extends Queue.Operation {
  /** The columns of a taken row. */
  readonly columns: Statement.Fragment
  /** The condition for a row that this process may take: it is due, it is in an owned shard, and neither it nor its lane is in hand. */
  readonly isFree: (held: Queue.Held) => Statement.Fragment
  readonly newest: Effect.Effect<number, SqlError.SqlError>
  readonly begin: (rows: ReadonlyArray<R>) => Effect.Effect<void, SqlError.SqlError>
  readonly clear: (rows: ReadonlyArray<R>) => Effect.Effect<void, SqlError.SqlError>
  /** Ends rows. A row that another process has ended stays as it is. */
  readonly end: (rows: ReadonlyArray<R>, columns?: Columns) => Effect.Effect<void, SqlError.SqlError>
  /** Puts rows off: they are due again after this many milliseconds. */
  readonly putOff: (rows: ReadonlyArray<R>, millis: number, columns?: Columns) => Effect.Effect<void, SqlError.SqlError>
  readonly isWaiting: Effect.Effect<boolean>
}

const idPattern = /^[1-9][0-9]{0,14}$/

interface StateRow {
  readonly waiting: number
  readonly dead: number
  readonly oldest: number | null
  readonly paused_at: number | null
  readonly now: number
}

export const make = <R extends Queue.Row>(sql: SqlClient.SqlClient, parts: Parts): QueueStatements<R> => {
  const table = sql.literal(parts.table)
  const lane = sql.literal(parts.lane)
  const dead = sql.literal(parts.deadColumn)
  const now = Store.now(sql)
  const until = Store.until(sql)
  const isDue = sql`due_at <= ${now} AND NOT EXISTS (SELECT 1 FROM interline_pauses WHERE queue = ${sql.literal(`'${parts.queue}'`)})`

  const isOwned = (owned: Queue.Held["owned"]): ReadonlyArray<Statement.Fragment> =>
    owned === undefined || owned.size === Shard.count
      ? []
      : [owned.size === 0 ? sql`false` : sql`shard IN (${sql.literal(Array.from(owned).join(", "))})`]

  const isNotInHand = (ids: ReadonlyArray<number>): ReadonlyArray<Statement.Fragment> =>
    ids.length === 0 ? [] : [sql`id NOT IN (${sql.literal(ids.join(", "))})`]

  const isLaneFree = (lanes: ReadonlyArray<string>): ReadonlyArray<Statement.Fragment> =>
    lanes.length === 0 ? [] : [sql`(${lane} IS NULL OR NOT (${lane} IN ${sql.in(Array.from(new Set(lanes)))}))`]

  // A process that lost a shard may end a row late. It must not change what the new owner wrote.
  const write = (rows: ReadonlyArray<R>, due: Statement.Fragment, columns: Columns) => {
    if (rows.length === 0) return Effect.void
    const others = Object.keys(columns).length === 0 ? sql`` : sql`, ${sql.update({ ...columns })}`
    return Effect.asVoid(
      sql`UPDATE ${table} SET due_at = ${due}, attempts = attempts + 1, unfinished = 0${others}
        WHERE due_at IS NOT NULL AND ${sql.in("id", rows.map(({ id }) => id))}`
    )
  }

  const retry = (which: Statement.Fragment) =>
    Store.runStatement(
      `${parts.name}.retry`,
      Effect.map(
        sql`UPDATE ${table} SET ${dead} = NULL, due_at = ${now}, attempts = 0, unfinished = 0 WHERE ${dead} IS NOT NULL AND ${which} RETURNING id`,
        (rows) => rows.length
      )
    )

  return {
    columns: sql.literal(
      `id, shard, ${parts.lane} AS lane, attempts + 1 AS attempts, unfinished, ${parts.columns}`
    ),
    isFree: ({ ids, lanes, owned }) => {
      const more = [...isOwned(owned), ...isNotInHand(ids), ...isLaneFree(lanes)]
      return more.length === 0 ? isDue : sql.and([isDue, ...more])
    },
    newest: Effect.map(
      sql<{ readonly newest: number | null }>`SELECT max(id) AS newest FROM ${table}`,
      ([row]) => row?.newest ?? 0
    ),
    begin: (rows) => Effect.asVoid(sql`UPDATE ${table} SET unfinished = unfinished + 1 WHERE ${sql.in("id", rows.map(({ id }) => id))}`),
    clear: (rows) => Effect.asVoid(sql`UPDATE ${table} SET unfinished = 0 WHERE ${sql.in("id", rows.map(({ id }) => id))}`),
    end: (rows, columns = {}) => write(rows, sql.literal("NULL"), columns),
    putOff: (rows, millis, columns = {}) => write(rows, until(millis), columns),
    isWaiting: Store.runStatement(
      `${parts.name}.idle`,
      Effect.map(sql`SELECT 1 AS one FROM ${table} WHERE due_at IS NOT NULL LIMIT 1`, (rows) => rows.length > 0)
    ),
    state: Store.runStatement(
      `${parts.name}.state`,
      Effect.map(
        sql<StateRow>`SELECT
          (SELECT count(*) FROM ${table} WHERE due_at IS NOT NULL) AS waiting,
          (SELECT count(*) FROM ${table} WHERE ${dead} IS NOT NULL) AS dead,
          (SELECT min(due_at) FROM ${table} WHERE due_at IS NOT NULL) AS oldest,
          (SELECT at FROM interline_pauses WHERE queue = ${parts.queue}) AS paused_at,
          ${now} AS now`,
        ([row]): Queue.State => {
          const [oldest, at] = [row?.oldest ?? null, Number(row?.now)]
          const isBehind = oldest !== null && oldest <= at
          return {
            waiting: Number(row?.waiting),
            dead: Number(row?.dead),
            oldestDueFor: isBehind ? at - oldest : 0,
            ...(isBehind ? { oldestDueAt: oldest } : {}),
            ...(row?.paused_at == null ? {} : { pausedAt: row.paused_at })
          }
        }
      )
    ),
    pause: Store.runStatement(
      `${parts.name}.pause`,
      Effect.asVoid(sql`INSERT INTO interline_pauses (queue, at) VALUES (${parts.queue}, ${now}) ON CONFLICT (queue) DO NOTHING`)
    ),
    resume: Store.runStatement(`${parts.name}.resume`, Effect.asVoid(sql`DELETE FROM interline_pauses WHERE queue = ${parts.queue}`)),
    retry: (id) => idPattern.test(id) ? Effect.map(retry(sql`id = ${Number(id)}`), (found) => found > 0) : Effect.succeed(false),
    retryAll: retry(sql`true`),
    drop: (id) =>
      !idPattern.test(id) ? Effect.succeed(false) : Store.runStatement(
        `${parts.name}.drop`,
        Effect.map(
          sql`UPDATE ${table} SET ${sql.update({ ...parts.dropped, [parts.deadColumn]: null })}
            WHERE id = ${Number(id)} AND ${dead} IS NOT NULL RETURNING id`,
          (rows) => rows.length > 0
        )
      )
  }
}
