/** Creates the tables of rollouts: their changes, and the conversations that an operator assigned to a carrier. */
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

const assignments = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  yield* sql`CREATE TABLE interline_rollout_places (
    rollout TEXT NOT NULL,
    conversation TEXT NOT NULL,
    carrier_id TEXT NOT NULL,
    at BIGINT NOT NULL,
    actor TEXT NOT NULL,
    reason TEXT NOT NULL,
    PRIMARY KEY (rollout, conversation)
  )`
})

// A process may die after it has written a change and before it has published it. What is not announced is published by another process.
const announcements = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  yield* sql`ALTER TABLE interline_rollout_changes ADD COLUMN announced INTEGER NOT NULL DEFAULT 1`
})

export const migrations = { "61_rollouts": tables, "62_rollout_places": assignments, "66_rollout_announcements": announcements }
