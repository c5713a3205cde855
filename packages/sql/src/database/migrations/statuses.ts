/** Columns that keep statuses from going back, in the log and at each endpoint. Numbers 40 to 49. */
import * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"

/**
 * An entry of a status has its message in `message_ref`, the rank of the status in `status_rank`, what it is about (a delivery, else the
 * message) in `subject`, the rank of the folded status of that in `folded`, and in `corrects` whether it takes a failure back.
 *
 * A callback has `message_ref` and `subject` of its entry. `taken_until` is when the lease of a call under way ends, `told_at` when the endpoint
 * took it. An endpoint keeps its last failure: `failed_at`, `failure`, and in `failures` how many calls have failed since the last that was taken.
 */
const statuses = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  for (const column of ["message_ref TEXT", "subject TEXT", "status_rank INTEGER", "folded INTEGER", "corrects INTEGER"]) {
    yield* sql`ALTER TABLE interline_events ADD COLUMN ${sql.literal(column)}`
  }
  yield* sql`CREATE INDEX interline_events_message ON interline_events (message_ref, status_rank) WHERE message_ref IS NOT NULL`
  yield* sql`CREATE INDEX interline_events_subject ON interline_events (subject, folded) WHERE subject IS NOT NULL`
  for (const column of ["message_ref TEXT", "subject TEXT", "taken_until BIGINT", "told_at BIGINT"]) {
    yield* sql`ALTER TABLE interline_callbacks ADD COLUMN ${sql.literal(column)}`
  }
  yield* sql`CREATE INDEX interline_callbacks_subject ON interline_callbacks (endpoint_id, subject) WHERE subject IS NOT NULL`
  for (const column of ["failed_at BIGINT", "failure TEXT", "failures INTEGER NOT NULL DEFAULT 0"]) {
    yield* sql`ALTER TABLE interline_endpoints ADD COLUMN ${sql.literal(column)}`
  }
})

export const migrations = { "40_statuses": statuses }
