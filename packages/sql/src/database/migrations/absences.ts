/** Creates the table of the messages that were taken for not sent and are still looked for. */
import * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"

/** `since`: when the message was taken for not sent. `progress`: the plan of its attempt, and the step that its carrier did not list. */
const absences = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  yield* sql`CREATE TABLE interline_absences (
    delivery_id TEXT NOT NULL,
    generation INTEGER NOT NULL,
    shard INTEGER NOT NULL,
    since BIGINT NOT NULL,
    progress TEXT NOT NULL,
    PRIMARY KEY (delivery_id, generation)
  )`
  yield* sql`CREATE INDEX interline_absences_shard ON interline_absences (shard, since)`
})

export const migrations = { "57_absences": absences }
