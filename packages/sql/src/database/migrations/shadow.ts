/** Creates the tables of the plans that are compared without being sent. */
import * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"

/**
 * `interline_shadow` counts, by day (in UTC), by the carrier that was planned for and the carrier that answered, how often something was found.
 * `kind` and `what` (JSON) say what. `examples` holds a few examples, as JSON, one on each line.
 *
 * `interline_shadow_chats` holds a digest of each conversation in which the carrier would have a chat by now.
 */
const tables = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  yield* sql`CREATE TABLE interline_shadow (
    day BIGINT NOT NULL,
    carrier_id TEXT NOT NULL,
    against TEXT NOT NULL,
    kind TEXT NOT NULL,
    what TEXT NOT NULL,
    count BIGINT NOT NULL,
    first_at BIGINT NOT NULL,
    last_at BIGINT NOT NULL,
    examples TEXT NOT NULL,
    PRIMARY KEY (day, carrier_id, against, kind, what)
  )`
  yield* sql`CREATE TABLE interline_shadow_chats (
    carrier_id TEXT NOT NULL,
    conversation TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (carrier_id, conversation)
  )`
  yield* sql`CREATE INDEX interline_shadow_chats_at ON interline_shadow_chats (at)`
})

export const migrations = { "60_shadow": tables }
