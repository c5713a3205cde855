/** Files at Linq: a presigned upload and a permanent download, both on this server. */
import * as Effect from "effect/Effect"
import * as Http from "../../http/http.ts"
import * as Json from "../../http/json.ts"
import * as PathTable from "../../http/pathTable.ts"
import * as Refusal from "./refusal.ts"
import * as Requests from "./requests.ts"
import type { Attachment, LinqState } from "./state.ts"
import * as Wire from "./wire.ts"
import * as Words from "./words.ts"

const maxSize = 104_857_600
const uploadableFor = 15 * 60_000

const find = (state: LinqState, call: PathTable.Call): Effect.Effect<Attachment, Refusal.Refusal> => {
  const found = state.attachments.get(PathTable.param(call, "attachmentId"))
  return found === undefined ? Refusal.attachmentNotFound : Effect.succeed(found)
}

const create = (state: LinqState): PathTable.Handler<Refusal.Refusal> => (call) =>
  Effect.gen(function*() {
    const { content_type: type, filename, size_bytes: size } = yield* Requests.body(call)
    if (filename === undefined) return yield* Refusal.missing("filename")
    if (!Json.isString(filename) || filename.length < 1 || filename.length > 255) {
      return yield* Refusal.invalidValue("filename must be between 1 and 255 characters")
    }
    if (/\p{Surrogate}/u.test(filename)) return yield* Refusal.invalidValue("filename must be valid Unicode")
    if (type === undefined) return yield* Refusal.missing("content_type")
    if (!Json.isString(type) || !Words.contentTypes.has(type)) return yield* Refusal.refuse(400, 5004, "Invalid file type")
    if (size === undefined) return yield* Refusal.missing("size_bytes")
    if (!Json.isInteger(size) || size < 1) return yield* Refusal.invalidValue("size_bytes must be a positive integer")
    if (size > maxSize) return yield* Refusal.refuse(400, 5005, "File too large")
    const id = state.world.ids.uuid()
    const now = state.world.time.now()
    const attachment: Attachment = {
      id,
      filename,
      contentType: type,
      sizeBytes: size,
      url: `${state.origin}/cdn/attachments/${id}/${encodeURIComponent(filename)}`,
      createdAt: now,
      bytes: null,
      complete: false
    }
    state.attachments.set(id, attachment)
    return Http.json(200, {
      attachment_id: id,
      upload_url: `${state.origin}/uploads/${id}?X-Amz-Signature=${state.world.ids.hex(64)}`,
      download_url: attachment.url,
      http_method: "PUT",
      expires_at: Json.iso(now + uploadableFor),
      required_headers: { "Content-Type": type, "Content-Length": String(size) }
    })
  })

const retrieve = (state: LinqState): PathTable.Handler<Refusal.Refusal> => (call) =>
  Effect.map(find(state, call), (attachment) => Http.json(200, Wire.attachment(attachment)))

const remove = (state: LinqState): PathTable.Handler<Refusal.Refusal> => (call) =>
  Effect.map(find(state, call), ({ id }) => {
    state.attachments.delete(id)
    return Http.empty(204)
  })

const storageError = (status: number, code: string): Http.Reply => ({
  status,
  headers: { "content-type": "application/xml" },
  body: `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code></Error>`
})

const upload = (state: LinqState): PathTable.Handler<Refusal.Refusal> => (call) =>
  Effect.sync(() => {
    const attachment = state.attachments.get(PathTable.param(call, "attachmentId"))
    if (attachment === undefined) return storageError(404, "NoSuchKey")
    if (state.world.time.now() - attachment.createdAt > uploadableFor) return storageError(403, "AccessDenied")
    if (call.request.headers["content-type"] !== attachment.contentType) {
      return storageError(403, "SignatureDoesNotMatch")
    }
    if (call.request.body.length !== attachment.sizeBytes) return storageError(403, "SignatureDoesNotMatch")
    attachment.bytes = call.request.body
    return Http.empty(200)
  })

const download = (state: LinqState): PathTable.Handler<Refusal.Refusal> => (call) =>
  Effect.sync(() => {
    const attachment = state.attachments.get(PathTable.param(call, "attachmentId"))
    return attachment === undefined || attachment.bytes === null
      ? storageError(404, "NoSuchKey")
      : { status: 200, headers: { "content-type": attachment.contentType }, body: attachment.bytes }
  })

export const routes = (state: LinqState): ReadonlyArray<PathTable.Route<Refusal.Refusal>> => [
  ["POST", "/v3/attachments", create(state)],
  ["GET", "/v3/attachments/:attachmentId", retrieve(state)],
  ["DELETE", "/v3/attachments/:attachmentId", remove(state)]
]

/** The file store: addressed by signed or public URLs, no token. */
export const storage = (state: LinqState): ReadonlyArray<PathTable.Route<Refusal.Refusal>> => [
  ["PUT", "/uploads/:attachmentId", upload(state)],
  ["GET", "/cdn/attachments/:attachmentId/:filename", download(state)]
]
