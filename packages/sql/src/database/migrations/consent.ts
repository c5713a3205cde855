/** Adds columns for the time of an opt-out and its confirmation, and the table that records how far each carrier was read back. */
import * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"

// For rows from before, the time of the opt-out is the time at which the row was written.
const saidAt = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  yield* sql`ALTER TABLE interline_suppression ADD COLUMN said_at BIGINT`
  yield* sql`UPDATE interline_suppression SET said_at = since`
  yield* sql`CREATE INDEX interline_suppression_since ON interline_suppression (since, handle)`
})

/**
 * `heard_at`: the time until which every event of a carrier came by webhook or was read back. `gap_at`: the time since which its webhooks
 * are refused or switched off. `listed_at`: the time at which its list of opt-outs was read.
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

/**
 * The time of a person's first opt-out, which no later opt-out changes, and the time of the one confirmation. For rows from before, neither
 * is known.
 */
const confirmation = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  yield* sql`ALTER TABLE interline_suppression ADD COLUMN first_said_at BIGINT`
  yield* sql`ALTER TABLE interline_suppression ADD COLUMN confirmed_at BIGINT`
})

/** When each person last opted in. An entry of a vendor's list from before that time is not taken over. */
const optIns = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  yield* sql`CREATE TABLE interline_opt_ins (handle TEXT NOT NULL PRIMARY KEY, said_at BIGINT NOT NULL)`
})

/**
 * `feed_at`: the time, by the vendor's clock, until which everything was read that the carrier's event stream may have left out. `feed_seen_at`:
 * when that stream last showed that it is alive.
 */
const feeds = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  yield* sql`ALTER TABLE interline_catch_up ADD COLUMN feed_at BIGINT`
  yield* sql`ALTER TABLE interline_catch_up ADD COLUMN feed_seen_at BIGINT`
})

/**
 * `gap_until`: the time until which the events of a carrier may be missing that are missing since `gap_at`. A gap from before ends when it is
 * read back.
 */
const gaps = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  yield* sql`ALTER TABLE interline_catch_up ADD COLUMN gap_until BIGINT`
})

export const migrations = {
  "41_consent": saidAt,
  "42_catch_up": catchUp,
  "43_confirmation": confirmation,
  "67_opt_ins": optIns,
  "69_feeds": feeds,
  "72_gaps": gaps
}
