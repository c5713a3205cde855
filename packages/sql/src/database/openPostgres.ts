/** Opens a PostgreSQL database. */
import * as PgClient from "@effect/sql-pg/PgClient"
import * as SqlClient from "@effect/sql/SqlClient"
import * as DatabaseFault from "@interline/router/DatabaseFault"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import * as Opening from "./opening.ts"
import * as Outage from "./outage.ts"
import * as Statements from "./statements.ts"

export interface Postgres {
  readonly url: Redacted.Redacted
  readonly connections: number
}

const numeric: ReadonlySet<number> = new Set([20, 21, 23]) // int8, int2, int4

// A BIGINT comes as text. Ours are times, versions and counts, far below 2^53.
const types = { getTypeParser: (oid: number) => (value: string): unknown => numeric.has(oid) ? Number(value) : value }

// The longest wait for a statement, in milliseconds: 10 seconds at the server, for example for a lock; 15 seconds here, for a server that
// is gone.
const patience = { statement_timeout: "10000", query_timeout: "15000" }

const patient = (url: URL): Redacted.Redacted => {
  const copy = new URL(url)
  for (const [name, value] of Object.entries(patience)) if (!copy.searchParams.has(name)) copy.searchParams.set(name, value)
  return Redacted.make(copy.href)
}

// any number: it only has to be the same in every process
const migrationLock = 4_846_227

/**
 * Migrates in one process at a time. It creates the migrator's own table itself, because two processes would collide when they create it.
 */
const migratePostgres = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  yield* sql.withTransaction(
    Effect.gen(function*() {
      // asked again and again, because a statement that waits for a lock would end after ten seconds
      yield* Effect.repeat(
        Effect.map(
          // a number, because a boolean comes as text
          sql<{ readonly got: number }>`SELECT pg_try_advisory_xact_lock(${migrationLock})::integer AS got`,
          ([row]) => row?.got === 1
        ),
        { until: (got) => got, schedule: Schedule.spaced(Duration.millis(100)) }
      )
      yield* sql`CREATE TABLE IF NOT EXISTS ${sql(Opening.table)} (
        migration_id integer PRIMARY KEY,
        created_at timestamptz NOT NULL DEFAULT now(),
        name text NOT NULL
      )`
      yield* Opening.migrate
    })
  )
})

export const layer = ({ connections, url }: Postgres): Layer.Layer<SqlClient.SqlClient, Opening.Sentence> => {
  const text = Redacted.value(url)
  if (!URL.canParse(text)) return Layer.fail("the database URL cannot be read; it must look like postgres://user:password@host:5432/name")
  const parsed = new URL(text)
  const name = DatabaseFault.nameOf(parsed)
  const client = PgClient.layer({
    url: patient(parsed),
    maxConnections: connections,
    connectTimeout: Duration.seconds(5),
    idleTimeout: Duration.minutes(1),
    applicationName: "interline",
    types
  })
  return Layer.scopedContext(
    Opening.explain(
      Effect.flatMap(
        Layer.build(client),
        (context) =>
          Effect.as(
            Effect.provide(migratePostgres, context),
            Context.make(SqlClient.SqlClient, Statements.unspanned(Context.get(context, SqlClient.SqlClient), Outage.make(name)))
          )
      ),
      (_, error) => `${name} cannot be used: ${DatabaseFault.explain(error)}`
    )
  )
}
