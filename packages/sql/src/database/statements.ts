/**
 * Statements without what each costs by itself: a span everywhere, and over SQLite a scope and a lock for something that is over before it
 * returns. Measured, that was nine tenths of a statement's time there; one connection that works in one go needs none.
 */
import type * as LibsqlClient from "@effect/sql-libsql/LibsqlClient"
import type * as SqlClient from "@effect/sql/SqlClient"
import * as SqlError from "@effect/sql/SqlError"
import * as Statement from "@effect/sql/Statement"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import type { Driver, Row } from "./sqliteDriver.ts"
import { codeOf } from "./Store.ts"

const isStatement = (value: unknown): value is Statement.Statement<Row> => Statement.isFragment(value) && "commit" in value

const failed = (cause: unknown): SqlError.SqlError => new SqlError.SqlError({ cause, message: "Failed to execute statement" })

type Run = (statement: Statement.Statement<Row>) => Effect.Effect<ReadonlyArray<Row>, SqlError.SqlError>

/** The same client, whose statements run by `run`. */
const running = (client: SqlClient.SqlClient, run: Run): SqlClient.SqlClient => {
  /** A statement is an effect that runs by its own `commit`. A fragment stays as it is. */
  const quickened = <A>(built: A): A => {
    return isStatement(built) ? Object.assign(built, { commit: () => run(built) }) : built
  }

  const construct = (...args: Parameters<SqlClient.SqlClient>) => quickened(client(...args))

  // it can be called like the client, and has everything that the client has
  return Object.assign(construct, client, {
    unsafe: (...args: Parameters<SqlClient.SqlClient["unsafe"]>) => quickened(client.unsafe(...args))
  }) as SqlClient.SqlClient
}

/**
 * How long a statement waits for another program's write. SQLite's own waiting stops the whole process: it answers no request, not even whether
 * it is alive. So SQLite does not wait (`busy_timeout`), and the statement is repeated here.
 */
const again = Schedule.exponential("2 millis").pipe(
  Schedule.union(Schedule.spaced("50 millis")),
  Schedule.upTo("5 seconds")
)

const isBusy = (error: SqlError.SqlError): boolean => codeOf(error)?.startsWith("SQLITE_BUSY") === true

/** Statements that go to the driver directly. The client must not be used for transactions. */
export const direct = (client: LibsqlClient.LibsqlClient, driver: Driver): SqlClient.SqlClient =>
  running(client, (statement) =>
    Effect.suspend(() => {
      const [sql, args] = statement.compile()
      const run = Effect.try({ try: () => driver.rows(sql, args), catch: failed })
      // a schedule is only built for the statement that needs it: nearly none does
      return Effect.catchAll(run, (error) =>
        isBusy(error) ? Effect.delay(Effect.retry(run, { schedule: again, while: isBusy }), "1 millis") : Effect.fail(error))
    }))

/** Statements without spans: they hold their text. */
export const unspanned = (client: SqlClient.SqlClient): SqlClient.SqlClient =>
  running(client, (statement) => Effect.withTracerEnabled(statement.withoutTransform, false))
