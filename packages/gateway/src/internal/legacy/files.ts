/** Files that are stored at a carrier for later sends. */
import type * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as Multipart from "@effect/platform/Multipart"
import type { Upload } from "@interline/core/Attachment"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { createHash } from "node:crypto"
import type { Reply } from "../../RequestLog.ts"
import * as Refuse from "./refusal.ts"
import type { Refusal } from "./refusal.ts"
import type { Services } from "./services.ts"

// "up to 100 MB": Sendblue docs, api-v2/media, read 2026-11-21
export const maxFile = 100_000_000

/** The file may come after fields that nobody reads, but not after any number of them. */
const maxParts = 10

const patience = Duration.minutes(5)

/**
 * What tells our URL of a stored file from any other: a fragment with the file's id. It is still the carrier's own URL for
 * whoever fetches it.
 */
const fragment = "#interline-file="

const idPattern = /(?:^|#interline-file=)([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})$/

/** The id of a stored file, if it is a URL of ours or the bare id. */
export const idOf = (url: string): Option.Option<string> => Option.fromNullable(idPattern.exec(url)?.[1])

const tooLarge = Refuse.unread(400, "File too large")

/** The form's first file called `file`, and a name for its content that does not depend on the form's boundary. */
export const read = (request: HttpServerRequest.HttpServerRequest): Effect.Effect<{ readonly upload: Upload; readonly digest: string }, Refusal> =>
  request.multipartStream.pipe(
    Stream.filter(Multipart.isFile),
    Stream.filter(({ key }) => key === "file"),
    Stream.mapEffect((file) => Effect.map(file.contentEffect, (bytes): Upload => ({ bytes, fileName: file.name, mimeType: file.contentType }))),
    Stream.runHead,
    Multipart.withMaxFileSize(Option.some(maxFile)),
    Multipart.withMaxParts(Option.some(maxParts)),
    Effect.timeoutFail({ duration: patience, onTimeout: () => undefined }),
    Effect.catchAll((error) =>
      error === undefined
        ? Refuse.unread(408, "The request took too long")
        : error.reason === "FileTooLarge" || error.reason === "BodyTooLarge"
        ? tooLarge
        : Refuse.unread(400, "The form could not be read")),
    Effect.flatMap(Option.match({
      onNone: () => Refuse.refuse(400, "No file provided"),
      onSome: (upload) =>
        Effect.sync(() => ({
          upload,
          digest: createHash("sha256").update(JSON.stringify([upload.fileName, upload.mimeType])).update(upload.bytes).digest("hex")
        }))
    }))
  )

export const store = ({ ids, messaging }: Services, upload: Upload): Effect.Effect<Reply, Refusal> =>
  Effect.gen(function*() {
    const stored = yield* Refuse.lifted(messaging.uploadAttachment(upload))
    const id = yield* ids.attachmentId(stored.ref)
    return Refuse.json(201, {
      status: "OK",
      message: "File uploaded successfully",
      // where the carrier serves it nowhere, the id alone is what a send takes
      media_url: stored.url === undefined ? id : `${stored.url}${fragment}${id}`,
      mediaObjectId: id
    })
  })
