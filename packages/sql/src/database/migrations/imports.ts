/** Adds the ids that programs know from a vendor itself, and the table of the imports of a vendor's account. */
import * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"

/**
 * `interline_ids.known` is the id under which programs know a message or a chat from the vendor itself. It is shown instead of ours.
 *
 * `interline_imports` has one row for each carrier: the list that is read, the place of its next page, and what was counted. `ended_at` is
 * null while an import is under way or was cut off.
 */
const imports = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  yield* sql`ALTER TABLE interline_ids ADD COLUMN known TEXT`
  yield* sql`CREATE TABLE interline_imports (
    carrier_id TEXT NOT NULL PRIMARY KEY,
    version BIGINT NOT NULL,
    list TEXT NOT NULL,
    place TEXT,
    tally TEXT NOT NULL,
    started_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    ended_at BIGINT
  )`
})

export const migrations = { "65_imports": imports }
