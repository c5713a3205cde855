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
import * as Net from "node:net"
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
const patience = { statement_timeout: 10_000, query_timeout: 15_000 }

/** The longest time for which a connection is kept that nobody uses, in milliseconds. */
const longestIdle = 10_000

/** A URL with its times. `answerWithin`: how long to wait for an answer, in milliseconds. */
interface Patient {
  readonly url: Redacted.Redacted
  readonly answerWithin: number
}

/** The driver does not get `query_timeout`: it would use a connection again although the answer to a statement is still to come on it. */
const patient = (url: URL): Patient => {
  const copy = new URL(url)
  const { searchParams } = copy
  const given = Number(searchParams.get("query_timeout"))
  searchParams.delete("query_timeout")
  if (!searchParams.has("statement_timeout")) searchParams.set("statement_timeout", String(patience.statement_timeout))
  return { url: Redacted.make(copy.href), answerWithin: given > 0 ? given : patience.query_timeout }
}

/** A socket that ends when nothing has come or gone for so long. Its statement fails then, and no other one gets its connection. */
const makeSocket = (millis: number): Net.Socket => {
  const socket = new Net.Socket()
  return socket.setTimeout(millis, () => socket.destroy(Object.assign(new Error("no answer"), { code: "ETIMEDOUT" })))
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
  const { answerWithin, url: own } = patient(parsed)
  const client = PgClient.layer({
    url: own,
    maxConnections: connections,
    connectTimeout: Duration.seconds(5),
    // shorter than a socket waits, so that a connection that nobody uses ends before that
    idleTimeout: Duration.millis(Math.min(longestIdle, answerWithin / 2)),
    stream: () => makeSocket(answerWithin),
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
