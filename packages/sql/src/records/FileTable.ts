/**
 * Files that were announced before their bytes came, as Linq's wire does it: an id first, then an upload under it, then
 * messages that name it.
 *
 * @since 0.1.0
 */
import type * as SqlClient from "@effect/sql/SqlClient"
import type { AttachmentRef } from "@interline/core/Part"
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
import * as FileTableLive from "./fileTableLive.ts"

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

/**
 * Files in the database. One whose bytes never came is forgotten a day after its upload has expired.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer: Layer.Layer<Files, never, SqlClient.SqlClient> = Layer.scoped(Files, FileTableLive.make)
