/** When an opt-out was said last, whether it was confirmed, and how far each carrier was heard. */
import * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"

// rows from before say it by the time at which they were written down
const saidAt = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  yield* sql`ALTER TABLE interline_suppression ADD COLUMN said_at BIGINT`
  yield* sql`UPDATE interline_suppression SET said_at = since`
  yield* sql`CREATE INDEX interline_suppression_since ON interline_suppression (since, handle)`
})

/**
 * `heard_at`: until when everything that a carrier had to say was heard or read back. `gap_at`: since when its webhooks are refused, or it was told to
 * send none. `listed_at`: when its list of opt-outs was read.
 */
const catchUp = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  yield* sql`CREATE TABLE interline_catch_up (
    carrier_id TEXT NOT NULL PRIMARY KEY,
    heard_at BIGINT,
    gap_at BIGINT,
    listed_at BIGINT
  )`
})

/** When an opt-out was said first, which no later word moves, and when its one confirmation was let through. Of rows from before neither is known. */
const confirmation = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  yield* sql`ALTER TABLE interline_suppression ADD COLUMN first_said_at BIGINT`
  yield* sql`ALTER TABLE interline_suppression ADD COLUMN confirmed_at BIGINT`
})

export const migrations = { "41_consent": saidAt, "42_catch_up": catchUp, "43_confirmation": confirmation }
