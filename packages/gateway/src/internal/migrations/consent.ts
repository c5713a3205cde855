/** When an opt-out was said last. */
import * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"

// rows from before say it by the time at which they were written down
const saidAt = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  yield* sql`ALTER TABLE interline_suppression ADD COLUMN said_at BIGINT`
  yield* sql`UPDATE interline_suppression SET said_at = since`
  yield* sql`CREATE INDEX interline_suppression_since ON interline_suppression (since, handle)`
})

export const migrations = { "41_consent": saidAt }
