/** What is known of a request that a retry may repeat. */
import * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"

const columns = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  // the highest count of a retry that has claimed it; whether its client went away before the answer; null for what did something or is under
  // way, else until when its client is expected back
  yield* sql`ALTER TABLE interline_requests ADD COLUMN retried BIGINT NOT NULL DEFAULT 0`
  yield* sql`ALTER TABLE interline_requests ADD COLUMN unheard INTEGER NOT NULL DEFAULT 0`
  yield* sql`ALTER TABLE interline_requests ADD COLUMN expected_until BIGINT`
})

const awaited = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  // null once the first try has been seen; else until when it is expected. Few rows have one, and each first try looks for one.
  yield* sql`ALTER TABLE interline_requests ADD COLUMN awaited_until BIGINT`
  yield* sql`CREATE INDEX interline_requests_awaited ON interline_requests (scope, fingerprint) WHERE awaited_until IS NOT NULL`
})

export const migrations = { "31_retries": columns, "44_awaited": awaited }
