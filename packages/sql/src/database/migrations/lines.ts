/** Creates the table of what is known of lines. */
import * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"

const tables = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  // `saved_at` is on the database's clock. The times in `state` are relative to it.
  yield* sql`CREATE TABLE interline_lines (
    carrier_id TEXT NOT NULL,
    line TEXT NOT NULL,
    state TEXT NOT NULL,
    version BIGINT NOT NULL,
    saved_at BIGINT NOT NULL,
    PRIMARY KEY (carrier_id, line)
  )`
})

export const migrations = { "55_lines": tables }
