/**
 * Statements over SQLite without what a statement costs by itself: a span, a scope and a lock of their own for something that is
 * over before it returns. Measured, that is nine tenths of a statement's time; one connection that works in one go needs none.
 */
import type * as LibsqlClient from "@effect/sql-libsql/LibsqlClient"
import type * as SqlClient from "@effect/sql/SqlClient"
import * as SqlError from "@effect/sql/SqlError"
import * as Statement from "@effect/sql/Statement"
import * as Effect from "effect/Effect"
import type { Driver, Row } from "./sqliteDriver.ts"

const isStatement = (value: unknown): value is Statement.Statement<Row> => Statement.isFragment(value) && "commit" in value

const failed = (cause: unknown): SqlError.SqlError => new SqlError.SqlError({ cause, message: "Failed to execute statement" })

/** The same client; its statements go to the driver directly. It must not be used for transactions. */
export const direct = (client: LibsqlClient.LibsqlClient, driver: Driver): SqlClient.SqlClient => {
  const run = (statement: Statement.Statement<Row>): Effect.Effect<ReadonlyArray<Row>, SqlError.SqlError> =>
    Effect.suspend(() => {
      const [sql, args] = statement.compile()
      return Effect.try({ try: () => driver.rows(sql, args), catch: failed })
    })

  /** A statement is an effect that runs by its own `commit`; a part of one is left alone. */
  const quickened = <A>(built: A): A => {
    if (isStatement(built)) Object.defineProperty(built, "commit", { value: () => run(built) })
    return built
  }

  const construct = (...args: Parameters<SqlClient.SqlClient>) => quickened(client(...args))

  // it is called like the client and has everything that the client has
  return Object.assign(construct, client, {
    unsafe: (...args: Parameters<SqlClient.SqlClient["unsafe"]>) => quickened(client.unsafe(...args))
  }) as SqlClient.SqlClient
}
