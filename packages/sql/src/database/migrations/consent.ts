/** Columns for when a person opted out and whether that was confirmed, and the table of how far each carrier was caught up with. */
import * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"

// rows from before count as said when they were written down
const saidAt = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  yield* sql`ALTER TABLE interline_suppression ADD COLUMN said_at BIGINT`
  yield* sql`UPDATE interline_suppression SET said_at = since`
  yield* sql`CREATE INDEX interline_suppression_since ON interline_suppression (since, handle)`
})

/**
 * `heard_at`: until when everything from a carrier came by webhook or was read back. `gap_at`: since when its webhooks are refused or turned off.
 * `listed_at`: when its list of opt-outs was read.
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

/** When a person opted out first, which no later word moves, and when the one confirmation was sent. For rows from before neither is known. */
const confirmation = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  yield* sql`ALTER TABLE interline_suppression ADD COLUMN first_said_at BIGINT`
  yield* sql`ALTER TABLE interline_suppression ADD COLUMN confirmed_at BIGINT`
})

export const migrations = { "41_consent": saidAt, "42_catch_up": catchUp, "43_confirmation": confirmation }
