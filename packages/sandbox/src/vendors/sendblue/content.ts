/** Stores the files at Sendblue. This server also serves them. */
import * as Effect from "effect/Effect"
import * as Http from "../../http/http.ts"
import * as Json from "../../http/json.ts"
import * as Multipart from "../../http/multipart.ts"
import * as PathTable from "../../http/pathTable.ts"
import * as Refusal from "./refusal.ts"
import * as Requests from "./requests.ts"
import type { SendblueState } from "./state.ts"

const maxFile = 100 * 1024 * 1024

const uploadObject = (state: SendblueState): PathTable.Handler<Refusal.Refusal> => (call) =>
  Effect.gen(function*() {
    const url = Requests.text(yield* Requests.body(call), "media_url")
    const parsed = url === undefined ? undefined : Json.parseUrl(url)
    if (url === undefined || (parsed?.protocol !== "https:" && parsed?.protocol !== "http:")) {
      return yield* Refusal.refuse(400, "Invalid media URL")
    }
    const extension = /\.([a-z0-9]+)$/i.exec(parsed.pathname)?.[1] ?? "bin"
    const id = `MO_${state.world.ids.hex(32)}.${extension}`
    state.media.set(id, { bytes: null, url })
    return Http.json(201, { status: "OK", message: "File uploaded successfully", mediaObjectId: id })
  })

const uploadFile = (state: SendblueState): PathTable.Handler<Refusal.Refusal> => (call) =>
  Effect.suspend(() => {
    const file = Multipart.file(call.request, "file")
    if (file === undefined) return Refusal.refuse(400, "No file provided")
    if (file.bytes.length > maxFile) return Refusal.refuse(400, "File too large")
    const id = `${state.world.ids.hex(12)}_${file.filename.replaceAll(/[^\w.-]/g, "_")}`
    const url = `${state.origin}/files/${id}`
    state.media.set(id, { bytes: file.bytes, url })
    return Effect.succeed(
      Http.json(201, { status: "OK", message: "File uploaded successfully", media_url: url, mediaObjectId: id })
    )
  })

const download = (state: SendblueState): PathTable.Handler<Refusal.Refusal> => (call) =>
  Effect.sync(() => {
    const bytes = state.media.get(PathTable.param(call, "id"))?.bytes
    return bytes === undefined || bytes === null
      ? { status: 404, headers: {}, body: "" }
      : { status: 200, headers: { "content-type": "application/octet-stream" }, body: bytes }
  })

export const routes = (state: SendblueState): ReadonlyArray<PathTable.Route<Refusal.Refusal>> => [
  ["POST", "/api/upload-media-object", uploadObject(state)],
  ["POST", "/api/upload-file", uploadFile(state)]
]

/** The routes of the file store. Its URLs are public, like the files in the vendor's bucket. */
export const storage = (state: SendblueState): ReadonlyArray<PathTable.Route<Refusal.Refusal>> => [
  ["GET", "/files/:id", download(state)]
]
