/** A file stored at a carrier. */
import * as Schema from "effect/Schema"
import { optional } from "../runtime/Optional.ts"
import { AttachmentRef } from "./Part.ts"

/**
 * `ref` goes into `Part.attachment`. `url` is where the carrier serves the file, if it says so.
 *
 * @category models
 */
export const Attachment = Schema.Struct({
  ref: AttachmentRef,
  fileName: optional(Schema.String),
  mimeType: optional(Schema.String),
  sizeBytes: optional(Schema.Number),
  url: optional(Schema.String),
  createdAt: optional(Schema.String),
  metadata: Schema.Record({ key: Schema.String, value: Schema.Unknown })
})

/** @category models */
export interface Attachment extends Schema.Schema.Type<typeof Attachment> {}

/**
 * A file to store: its bytes (at most 100 MB), name and MIME type.
 *
 * @category models
 */
export interface Upload {
  readonly fileName: string
  readonly mimeType: string
  readonly bytes: Uint8Array
}
