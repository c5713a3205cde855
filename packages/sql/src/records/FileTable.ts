/**
 * Files whose ids are given out before their bytes come. Linq's API works like this: it gives an id first, then the client uploads under
 * it, then messages name it.
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
 * The place of a file: its carrier, and the address at which the carrier serves it, if the carrier gives one.
 *
 * @category models
 */
export interface Stored {
  readonly ref: AttachmentRef
  readonly url?: string
}

/**
 * A file with its id. Times are in epoch milliseconds.
 *
 * @category models
 */
export interface File {
  /** A UUID. */
  readonly id: string
  readonly fileName: string
  readonly mimeType: string
  readonly sizeBytes: number
  /** The secret that allows the upload, until `expiresAt`. */
  readonly secret: Redacted.Redacted<string>
  readonly createdAt: number
  readonly expiresAt: number
  /** The place of the bytes. Absent until the bytes came. */
  readonly stored?: Stored
}

/**
 * Stores the data of announced files, and the place of their bytes.
 *
 * @category models
 */
export interface FileTableService {
  /** Announces a file. */
  readonly open: (file: Omit<File, "stored">) => Effect.Effect<void>
  readonly find: (id: string) => Effect.Effect<Option.Option<File>>
  /** Records the place of the bytes. `false`: another upload was first, and it stays. */
  readonly recordUpload: (id: string, stored: Stored) => Effect.Effect<boolean>
  /** The file at this place. */
  readonly findByRef: (ref: AttachmentRef) => Effect.Effect<Option.Option<File>>
  /** Removes a file. `false`: there was none. */
  readonly remove: (id: string) => Effect.Effect<boolean>
}

/**
 * The tag of the table of files.
 *
 * @category services
 */
export class FileTable extends Context.Tag("@interline/sql/FileTable")<FileTable, FileTableService>() {}

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

// A vendor's id may be as long as an address.
const keyOf = ({ carrierId, id }: AttachmentRef): string => Store.toIndexable(`${carrierId}:${id}`)

const forgetAfter = Duration.toMillis("1 day")

const service = (sql: SqlClient.SqlClient): FileTableService => ({
  open: (file) =>
    Store.runStatement(
      "Files.open",
      Effect.asVoid(sql`INSERT INTO interline_files (id, file_name, mime_type, size_bytes, secret, created_at, expires_at)
        VALUES (${file.id}, ${file.fileName}, ${file.mimeType}, ${file.sizeBytes}, ${
        Redacted.value(file.secret)
      }, ${file.createdAt}, ${file.expiresAt})`)
    ),
  find: (id) => Store.runStatement("Files.find", Effect.flatMap(sql`SELECT * FROM interline_files WHERE id = ${id}`, first)),
  recordUpload: (id, stored) =>
    Store.runStatement(
      "Files.stored",
      Effect.flatMap(encodeStored(stored), (json) =>
        Effect.map(
          sql`UPDATE interline_files SET stored = ${json}, ref = ${keyOf(stored.ref)} WHERE id = ${id} AND stored IS NULL RETURNING id`,
          (rows) => rows.length > 0
        ))
    ),
  findByRef: (ref) =>
    Store.runStatement(
      "Files.ofRef",
      Effect.flatMap(sql`SELECT * FROM interline_files WHERE ref = ${keyOf(ref)} ORDER BY created_at LIMIT 1`, first)
    ),
  remove: (id) =>
    Store.runStatement(
      "Files.remove",
      Effect.map(sql`DELETE FROM interline_files WHERE id = ${id} RETURNING id`, (rows) => rows.length > 0)
    )
})

const make: Effect.Effect<FileTableService, never, SqlClient.SqlClient | Scope.Scope> = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  yield* Store.forgetOldRows("files", [
    (sql, now) =>
      sql`DELETE FROM interline_files WHERE id IN
        (SELECT id FROM interline_files WHERE stored IS NULL AND expires_at < ${now - forgetAfter} LIMIT ${Store.batch}) RETURNING id`
  ])
  return service(sql)
})

/**
 * Files in the database. A file without bytes is removed a day after its upload has expired.
 *
 * @category layers
 */
export const layer: Layer.Layer<FileTable, never, SqlClient.SqlClient> = Layer.scoped(FileTable, make)
