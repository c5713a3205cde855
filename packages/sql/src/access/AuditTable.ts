/** The table `interline_audit`: who did what, for every act that steers the gateway or an account. */
import * as SqlClient from "@effect/sql/SqlClient"
import type * as Statement from "@effect/sql/Statement"
import { optional } from "@interline/core/Optional"
import { EpochMillis } from "@interline/core/Time"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Store from "../database/Store.ts"

/**
 * An act. `actor` is the name of the key. `act` is the name of the operation, or the method and path of a front. `subject` is what it was done
 * to: an id, a name, a person. `reason` is there where the act asks for one. `requestId` is also in the log line of the request. `outcome`:
 * whether it was done, or it is not known. `at` is in epoch milliseconds.
 *
 * @category models
 */
export const Entry = Schema.Struct({
  at: EpochMillis,
  actor: Schema.String,
  act: Schema.String,
  subject: optional(Schema.String),
  reason: optional(Schema.String),
  requestId: optional(Schema.String),
  outcome: Schema.Literal("done", "unknown")
})

/** @category models */
export interface Entry extends Schema.Schema.Type<typeof Entry> {}

/**
 * Where a page ended.
 *
 * @category models
 */
export interface Place {
  readonly at: number
  readonly place: string
}

/**
 * The conditions of a list. `since` is included, `until` is not. `after` is the end of the page before.
 *
 * @category models
 */
export interface Query {
  readonly actor?: string
  readonly act?: string
  readonly subject?: string
  readonly since?: number
  readonly until?: number
  readonly after?: Place
  readonly limit: number
}

/**
 * The audit in the database.
 *
 * @category models
 */
export interface AuditTableService {
  /** Writes down an act. */
  readonly record: (entry: Omit<Entry, "reason">) => Effect.Effect<void>
  /** The acts, the newest first, with those that changed a rollout. `next` is there if more may follow. */
  readonly list: (query: Query) => Effect.Effect<{ readonly items: ReadonlyArray<Entry>; readonly next?: Place }>
}

/**
 * The tag of the audit.
 *
 * @category services
 */
export class AuditTable extends Context.Tag("@interline/sql/AuditTable")<AuditTable, AuditTableService>() {}

/** How long an act is kept. The changes of a rollout are kept for ever, because they are its state. */
const keepFor = Duration.toMillis("365 days")

interface Row {
  readonly at: number
  readonly place: string
  readonly actor: string
  readonly act: string
  readonly subject: string | null
  readonly reason: string | null
  readonly request_id: string | null
  readonly outcome: "done" | "unknown"
}

const fromRow = ({ act, actor, at, outcome, reason, request_id, subject }: Row): Entry => ({
  at,
  actor,
  act,
  outcome,
  ...(subject === null ? {} : { subject }),
  ...(reason === null ? {} : { reason }),
  ...(request_id === null ? {} : { requestId: request_id })
})

/** The columns of an entry, in the words of one of the two tables. */
interface Columns {
  readonly act: string
  readonly subject: string
  readonly place: string
}

const acts: Columns = { act: "act", subject: "subject", place: "'a/' || CAST(id AS TEXT)" }
const changes: Columns = {
  act: "'changeRollout'",
  subject: "action || ' ' || rollout",
  place: "'r/' || rollout || '/' || CAST(version AS TEXT)"
}

/**
 * The audit over tables that `Database.layer` made. The changes of a rollout have a table of their own, and the list shows them among the
 * other acts.
 *
 * @category constructors
 */
export const make: Effect.Effect<AuditTableService, never, SqlClient.SqlClient | Scope.Scope> = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient

  yield* Store.forgetOldRows("audit", [
    (sql, now) =>
      sql`DELETE FROM interline_audit WHERE id IN
        (SELECT id FROM interline_audit WHERE at < ${now - keepFor} ORDER BY at LIMIT ${Store.batch}) RETURNING id`
  ])

  const conditions = ({ act, actor, after, since, subject, until }: Query, columns: Columns): Statement.Fragment =>
    sql.and([
      ...(actor === undefined ? [] : [sql`actor = ${actor}`]),
      ...(act === undefined ? [] : [sql`${sql.literal(columns.act)} = ${act}`]),
      ...(subject === undefined ? [] : [sql`${sql.literal(columns.subject)} = ${subject}`]),
      ...(since === undefined ? [] : [sql`at >= ${since}`]),
      ...(until === undefined ? [] : [sql`at < ${until}`]),
      ...(after === undefined
        ? []
        : [sql`at <= ${after.at}`, sql`(at < ${after.at} OR ${sql.literal(columns.place)} < ${after.place})`]),
      sql`true`
    ])

  // Each side reads no more rows than the page may show, by the index of its time.
  const side = (table: string, columns: Columns, more: string, query: Query): Statement.Fragment =>
    sql`SELECT * FROM (SELECT at, ${sql.literal(columns.place)} AS place, actor, ${sql.literal(columns.act)} AS act, ${
      sql.literal(columns.subject)
    } AS subject, ${sql.literal(more)} FROM ${sql.literal(table)} WHERE ${conditions(query, columns)} ORDER BY at DESC, place DESC LIMIT ${
      query.limit + 1
    }) AS ${sql.literal(`${table}_side`)}`

  return {
    record: ({ act, actor, at, outcome, requestId, subject }) =>
      Store.runStatement(
        "Audit.record",
        Effect.asVoid(
          sql`INSERT INTO interline_audit ${
            sql.insert({ at, actor, act, subject: subject ?? null, request_id: requestId ?? null, outcome })
          }`
        )
      ),
    list: (query) =>
      Store.runStatement(
        "Audit.list",
        Effect.map(
          sql<Row>`${side("interline_audit", acts, "NULL AS reason, request_id, outcome", query)}
            UNION ALL ${side("interline_rollout_changes", changes, "reason, NULL AS request_id, 'done' AS outcome", query)}
            ORDER BY at DESC, place DESC LIMIT ${query.limit + 1}`,
          (rows) => {
            const shown = rows.slice(0, query.limit)
            const last = shown.at(-1)
            return {
              items: shown.map(fromRow),
              ...(last === undefined || rows.length <= query.limit ? {} : { next: { at: last.at, place: last.place } })
            }
          }
        )
      )
  }
})

/**
 * The audit, as a layer.
 *
 * @category layers
 */
export const layer: Layer.Layer<AuditTable, never, SqlClient.SqlClient> = Layer.scoped(AuditTable, make)
