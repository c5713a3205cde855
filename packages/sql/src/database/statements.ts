/**
 * Makes statements cheaper. Everywhere it leaves out the span of each statement. For SQLite it also leaves out a scope and a lock, because
 * a statement there is over before it returns. Measured, they took nine tenths of a statement's time. One connection that works
 * synchronously needs none of them.
 */
import type * as LibsqlClient from "@effect/sql-libsql/LibsqlClient"
import type * as SqlClient from "@effect/sql/SqlClient"
import * as SqlError from "@effect/sql/SqlError"
import * as Statement from "@effect/sql/Statement"
import { codeOf } from "@interline/router/DatabaseFault"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import type { Outage } from "./outage.ts"
import type { Driver, Row } from "./sqliteDriver.ts"

const isStatement = (value: unknown): value is Statement.Statement<Row> => Statement.isFragment(value) && "commit" in value

const failed = (cause: unknown): SqlError.SqlError => new SqlError.SqlError({ cause, message: "Failed to execute statement" })

type Run = (statement: Statement.Statement<Row>) => Effect.Effect<ReadonlyArray<Row>, SqlError.SqlError>

/** The same client, but `run` runs its statements. */
const running = (client: SqlClient.SqlClient, run: Run): SqlClient.SqlClient => {
  /** A statement is an effect that runs by its own `commit`, and this replaces the `commit`. A fragment stays as it is. */
  const quickened = <A>(built: A): A => {
    return isStatement(built) ? Object.assign(built, { commit: () => run(built) }) : built
  }

  const construct = (...args: Parameters<SqlClient.SqlClient>) => quickened(client(...args))

  // The result can be called like the client, and has all members of the client.
  return Object.assign(construct, client, {
    unsafe: (...args: Parameters<SqlClient.SqlClient["unsafe"]>) => quickened(client.unsafe(...args))
  }) as SqlClient.SqlClient
}

/**
 * How long a statement waits for another program's write. SQLite's own wait stops the whole process: it then answers no request, not even a
 * health check. So SQLite does not wait (`busy_timeout`), and the statement is repeated here.
 */
const again = Schedule.exponential("2 millis").pipe(
  Schedule.union(Schedule.spaced("50 millis")),
  Schedule.upTo("5 seconds")
)

const isBusy = (error: SqlError.SqlError): boolean => codeOf(error)?.startsWith("SQLITE_BUSY") === true

/** Sends statements directly to the driver. The client must not be used for transactions. */
export const direct = (client: LibsqlClient.LibsqlClient, driver: Driver, { watch }: Outage): SqlClient.SqlClient =>
  running(client, (statement) =>
    watch(Effect.suspend(() => {
      const [sql, args] = statement.compile()
      const run = Effect.try({ try: () => driver.rows(sql, args), catch: failed })
      // Only a statement that needs the schedule builds it, and nearly none does.
      return Effect.catchAll(run, (error) =>
        isBusy(error) ? Effect.delay(Effect.retry(run, { schedule: again, while: isBusy }), "1 millis") : Effect.fail(error))
    })))

/** Runs statements without spans, because a span would hold the text of the statement. */
export const unspanned = (client: SqlClient.SqlClient, { watch }: Outage): SqlClient.SqlClient =>
  running(client, (statement) => watch(Effect.withTracerEnabled(statement.withoutTransform, false)))
