/** Adds columns for requests that a retry may repeat. */
import * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"

const columns = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  // `retried`: the highest retry count that has claimed the request. `unheard`: whether its client went away before the answer.
  // `expected_until`: null for a request that did something or is under way, else the time until which its client is expected back.
  yield* sql`ALTER TABLE interline_requests ADD COLUMN retried BIGINT NOT NULL DEFAULT 0`
  yield* sql`ALTER TABLE interline_requests ADD COLUMN unheard INTEGER NOT NULL DEFAULT 0`
  yield* sql`ALTER TABLE interline_requests ADD COLUMN expected_until BIGINT`
})

const awaited = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  // Null after the first try has come. Before that: the time until which it is expected. Few rows have a value, and each first try looks
  // for one.
  yield* sql`ALTER TABLE interline_requests ADD COLUMN awaited_until BIGINT`
  yield* sql`CREATE INDEX interline_requests_awaited ON interline_requests (scope, fingerprint) WHERE awaited_until IS NOT NULL`
})

export const migrations = { "31_retries": columns, "44_awaited": awaited }
