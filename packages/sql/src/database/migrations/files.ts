/** The table of files that were announced. */
import * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"

const tables = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  // `ref` is where it is stored, as it is looked for; `stored` the same in JSON, with its address
  yield* sql`CREATE TABLE interline_files (
    id TEXT NOT NULL PRIMARY KEY,
    file_name TEXT NOT NULL,
    mime_type TEXT NOT NULL,
    size_bytes BIGINT NOT NULL,
    secret TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    ref TEXT,
    stored TEXT
  )`
  yield* sql`CREATE INDEX interline_files_ref ON interline_files (ref)`
})

export const migrations = { "20_files": tables }
