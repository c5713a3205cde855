/** The table of files that were announced. */
import * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"

const tables = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  // `ref` is the place of the file, in the form for look-ups. `stored` is the same place in JSON, with its address.
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
