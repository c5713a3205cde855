/** Adds the table of what carriers say of our accounts. */
import * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"

/**
 * `interline_notices` has one row for each webhook, number or token: the last notice about it. `place` names it. `ends_at`: the later one of
 * the times at which the notice was given and at which it takes effect.
 */
const notices = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  yield* sql`CREATE TABLE interline_notices (
    place TEXT NOT NULL PRIMARY KEY,
    what TEXT NOT NULL,
    at BIGINT NOT NULL,
    ends_at BIGINT NOT NULL,
    notice TEXT NOT NULL
  )`
})

export const migrations = { "68_notices": notices }
