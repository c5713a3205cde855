/** Creates the table of the changes of rollouts. */
import * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"

// The row with the highest version is the state of a rollout. So a change and its state are one row, and one statement writes both.
const tables = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  yield* sql`CREATE TABLE interline_rollout_changes (
    rollout TEXT NOT NULL,
    version BIGINT NOT NULL,
    at BIGINT NOT NULL,
    action TEXT NOT NULL,
    actor TEXT NOT NULL,
    reason TEXT NOT NULL,
    state TEXT NOT NULL,
    PRIMARY KEY (rollout, version)
  )`
})

export const migrations = { "61_rollouts": tables }
