/** Files: read an upload and store it at a carrier for later sends. */
import type * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import type { Upload } from "@interline/core/Attachment"
import type { Reply } from "@interline/sql/RequestLog"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { Buffer } from "node:buffer"
import { createHash } from "node:crypto"
import * as Body from "../../http/body.ts"
import * as MediaTypes from "../kit/mediaTypes.ts"
import * as Refusal from "./refusal.ts"
import type { Services } from "./services.ts"

// "up to 100 MB": Sendblue docs, api-v2/media, read 2026-11-21
export const maxFile = 100_000_000

/** The limits of a form beside its file: fields that nobody reads may come before the file, but not any number of them. */
const maxParts = 10
const maxRest = 1024 * 1024

const patience = Duration.minutes(5)

/**
 * The fragment that marks the URL of a stored file; the file's id follows. The URL stays the carrier's own: a client that fetches it
 * sends no fragment.
 */
const fragment = "#interline-file="

const idPattern = /(?:^|#interline-file=)([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})$/

/** The id of a stored file, from its marked URL or from the id alone. */
export const idOf = (url: string): Option.Option<string> => Option.fromNullable(idPattern.exec(url)?.[1])

const tooLarge = Refusal.refuseUnread(400, "File too large")

const unreadable = Refusal.refuseUnread(400, "The form could not be read; send multipart/form-data with its boundary")

/** Whether a form has too many parts. To look for its boundaries costs much less than to parse it. */
const isBulky = (bytes: Buffer, boundary: string): boolean => {
  let parts = 0
  for (let at = bytes.indexOf(`--${boundary}`); at >= 0; at = bytes.indexOf(`--${boundary}`, at + boundary.length)) {
    // no part follows the last boundary
    if (++parts > maxParts + 1) return true
  }
  return false
}

// the parser gets a type with this boundary only: if the client named two, the parser might take the one that was not counted
const formOf = (bytes: Buffer, type: string): Effect.Effect<FormData, Refusal.Refusal> => {
  const [, quoted, plain] = /^multipart\/form-data\s*;(?:.*;)?\s*boundary=(?:"([^"]+)"|([^\s;"]+))/i.exec(type) ?? []
  const boundary = quoted ?? plain
  if (boundary === undefined || isBulky(bytes, boundary)) return unreadable
  return Effect.catchAll(
    Effect.tryPromise(() => new Response(bytes, { headers: { "content-type": `multipart/form-data; boundary="${boundary}"` } }).formData()),
    () => unreadable
  )
}

/** The first file of the form that is called `file`, and a digest of it that does not depend on the boundary of the form. */
export const read = (
  request: HttpServerRequest.HttpServerRequest
): Effect.Effect<{ readonly upload: Upload; readonly digest: string }, Refusal.Refusal> =>
  Effect.gen(function*() {
    const bytes = yield* Effect.catchAll(Body.read(request, maxFile + maxRest, patience), (why) =>
      why === "slow"
        ? Refusal.refuseUnread(408, "The request took too long")
        : why === "size"
        ? tooLarge
        : why === "coding"
        ? Refusal.packed
        : unreadable)
    const form = yield* formOf(bytes, request.headers["content-type"] ?? "")
    const file = form.getAll("file").find((value) => typeof value !== "string")
    if (file === undefined) return yield* Refusal.refuse(400, "No file provided")
    if (file.size > maxFile) return yield* tooLarge
    const content = new Uint8Array(yield* Effect.promise(() => file.arrayBuffer()))
    const sent = { bytes: content, fileName: file.name, mimeType: file.type }
    // this vendor finds the type of a file itself; other carriers need it
    const upload = { ...sent, mimeType: MediaTypes.infer(sent) }
    return { upload, digest: createHash("sha256").update(JSON.stringify([sent.fileName, sent.mimeType])).update(content).digest("hex") }
  })

export const store = ({ ids, messaging }: Services) => (upload: Upload): Effect.Effect<Reply, Refusal.Refusal> =>
  Effect.gen(function*() {
    const stored = yield* Refusal.lift(messaging.uploadAttachment(upload))
    const id = yield* ids.toAttachmentId(stored.ref)
    return Refusal.json(201, {
      status: "OK",
      message: "File uploaded successfully",
      // the carrier serves the file at no URL: a send takes the id alone
      media_url: stored.url === undefined ? id : `${stored.url}${fragment}${id}`,
      mediaObjectId: id
    })
  })
