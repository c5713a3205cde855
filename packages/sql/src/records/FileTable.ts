/**
 * Files that were announced before their bytes came, as Linq's wire does it: an id first, then an upload under it, then
 * messages that name it.
 *
 * @since 0.1.0
 */
import * as SqlClient from "@effect/sql/SqlClient"
import { AttachmentRef } from "@interline/core/Part"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Store from "../database/Store.ts"

/**
 * Where a file was stored in the end: at which carrier, and where that serves it, if it says so.
 *
 * @since 0.1.0
 * @category models
 */
export interface Stored {
  readonly ref: AttachmentRef
  readonly url?: string
}

/**
 * A file. `id` is a UUID. `secret` is what its upload is allowed by, until `expiresAt`. `stored` is there when its bytes came.
 * Times are in epoch milliseconds.
 *
 * @since 0.1.0
 * @category models
 */
export interface File {
  readonly id: string
  readonly fileName: string
  readonly mimeType: string
  readonly sizeBytes: number
  readonly secret: Redacted.Redacted<string>
  readonly createdAt: number
  readonly expiresAt: number
  readonly stored?: Stored
}

/**
 * `open` writes a file down, `stored` where its bytes are; `stored` answers whether this upload was the first, and leaves the
 * first as it is. `ofRef` is the file that was stored there. `remove` answers whether there was one.
 *
 * @since 0.1.0
 * @category models
 */
export interface FilesService {
  readonly open: (file: Omit<File, "stored">) => Effect.Effect<void>
  readonly find: (id: string) => Effect.Effect<Option.Option<File>>
  readonly stored: (id: string, stored: Stored) => Effect.Effect<boolean>
  readonly ofRef: (ref: AttachmentRef) => Effect.Effect<Option.Option<File>>
  readonly remove: (id: string) => Effect.Effect<boolean>
}

/**
 * @since 0.1.0
 * @category services
 */
export class Files extends Context.Tag("@interline/sql/FileTable")<Files, FilesService>() {}

const StoredText = Schema.parseJson(Schema.Struct({ ref: AttachmentRef, url: Schema.optionalWith(Schema.String, { exact: true }) }))

const Row = Schema.Struct({
  id: Schema.String,
  file_name: Schema.String,
  mime_type: Schema.String,
  size_bytes: Schema.Number,
  secret: Schema.String,
  created_at: Schema.Number,
  expires_at: Schema.Number,
  stored: Schema.NullOr(StoredText)
})

const decode = Schema.decodeUnknown(Schema.Array(Row))

const encodeStored = Schema.encode(StoredText)

const fileOf = (row: typeof Row.Type): File => ({
  id: row.id,
  fileName: row.file_name,
  mimeType: row.mime_type,
  sizeBytes: row.size_bytes,
  secret: Redacted.make(row.secret),
  createdAt: row.created_at,
  expiresAt: row.expires_at,
  ...(row.stored === null ? {} : { stored: row.stored })
})

const first = (rows: ReadonlyArray<unknown>) => Effect.map(decode(rows), ([row]) => Option.map(Option.fromNullable(row), fileOf))

// a vendor's id may be as long as an address
const keyOf = ({ carrierId, id }: AttachmentRef): string => Store.indexed(`${carrierId}:${id}`)

const forgetAfter = Duration.toMillis("1 day")

const service = (sql: SqlClient.SqlClient): FilesService => ({
  open: (file) =>
    Store.run(
      "Files.open",
      Effect.asVoid(sql`INSERT INTO interline_files (id, file_name, mime_type, size_bytes, secret, created_at, expires_at)
        VALUES (${file.id}, ${file.fileName}, ${file.mimeType}, ${file.sizeBytes}, ${
        Redacted.value(file.secret)
      }, ${file.createdAt}, ${file.expiresAt})`)
    ),
  find: (id) => Store.run("Files.find", Effect.flatMap(sql`SELECT * FROM interline_files WHERE id = ${id}`, first)),
  stored: (id, stored) =>
    Store.run(
      "Files.stored",
      Effect.flatMap(encodeStored(stored), (json) =>
        Effect.map(
          sql`UPDATE interline_files SET stored = ${json}, ref = ${keyOf(stored.ref)} WHERE id = ${id} AND stored IS NULL RETURNING id`,
          (rows) => rows.length > 0
        ))
    ),
  ofRef: (ref) =>
    Store.run(
      "Files.ofRef",
      Effect.flatMap(sql`SELECT * FROM interline_files WHERE ref = ${keyOf(ref)} ORDER BY created_at LIMIT 1`, first)
    ),
  remove: (id) =>
    Store.run("Files.remove", Effect.map(sql`DELETE FROM interline_files WHERE id = ${id} RETURNING id`, (rows) => rows.length > 0))
})

const make: Effect.Effect<FilesService, never, SqlClient.SqlClient | Scope.Scope> = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  yield* Store.forgetting("files", [
    (sql, now) =>
      sql`DELETE FROM interline_files WHERE id IN
        (SELECT id FROM interline_files WHERE stored IS NULL AND expires_at < ${now - forgetAfter} LIMIT ${Store.batch}) RETURNING id`
  ])
  return service(sql)
})

/**
 * Files in the database. One whose bytes never came is forgotten a day after its upload has expired.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer: Layer.Layer<Files, never, SqlClient.SqlClient> = Layer.scoped(Files, make)
