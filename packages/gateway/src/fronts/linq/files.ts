/** Files: announce, upload and download them, and name them in messages. A carrier stores their bytes. */
import type { CarrierId } from "@interline/core/CarrierId"
import type { Draft } from "@interline/core/Draft"
import * as Hmac from "@interline/core/Hmac"
import * as Part from "@interline/core/Part"
import * as Uuid from "@interline/core/Uuid"
import * as LinqWords from "@interline/linq/LinqWords"
import type { File, Stored } from "@interline/sql/FileTable"
import type { Reply } from "@interline/sql/RequestLog"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as KeyAccess from "../../http/KeyAccess.ts"
import * as MediaTypes from "../kit/mediaTypes.ts"
import * as PathTable from "../kit/pathTable.ts"
import * as Refusal from "./refusal.ts"
import * as Request from "./request.ts"
import type { Services } from "./services.ts"
import { type FileFacts, iso } from "./wire.ts"

const uploadableFor = Duration.minutes(15)

export const mostBytes = 104_857_600

const longestName = 255

const contentTypes: ReadonlySet<string> = new Set(LinqWords.contentTypes)

const folder = (origin: string): string => `${origin}/linq/files/`

/** The public address of a file. It redirects to the address at which the carrier serves the file. */
const addressOf = (origin: string, { fileName, id }: Pick<File, "id" | "fileName">): string =>
  `${folder(origin)}${id}/${encodeURIComponent(fileName)}`

// --- in messages ---

/** A file for a draft. With several carriers its public address names it, if it has one, so that each of them can carry it. */
const mediaOf = ({ messaging }: Services, { ref, url }: Stored): Part.Media =>
  messaging.carriers.length > 1 && url?.startsWith("https://") === true ? Part.media(url) : Part.attachment(ref)

const findMedia = (services: Services, id: string): Effect.Effect<Part.Media, Refusal.Refusal> =>
  Effect.flatMap(
    services.files.find(id),
    Option.match({
      onSome: ({ stored }) => stored === undefined ? Effect.fail(Refusal.notReady) : Effect.succeed(mediaOf(services, stored)),
      onNone: () =>
        Effect.flatMap(
          services.ids.findAttachment(id),
          Option.match({
            onNone: () => Effect.fail(Refusal.noAttachment),
            onSome: (ref) => Effect.succeed(Part.attachment(ref))
          })
        )
    })
  )

/** Finds the files that a request names. An address of the gateway stands for the file that was uploaded under it. */
export const makeFinder = (services: Services, origin: string): Request.FileOf => (source) => {
  if ("attachmentId" in source) return findMedia(services, source.attachmentId)
  const own = source.url.startsWith(folder(origin)) ? source.url.slice(folder(origin).length).split("/", 1)[0] : undefined
  return own === undefined ? Effect.succeed(Part.media(source.url)) : findMedia(services, own)
}

const factsOf = (origin: string | undefined, file: File): FileFacts => ({
  id: file.id,
  fileName: file.fileName,
  mimeType: file.mimeType,
  sizeBytes: file.sizeBytes,
  ...(origin !== undefined ? { url: addressOf(origin, file) } : file.stored?.url === undefined ? {} : { url: file.stored.url })
})

const describeMedia = (
  services: Services,
  media: Part.Media,
  origin: string | undefined
): Effect.Effect<ReadonlyArray<readonly [Part.Media, FileFacts]>> =>
  Effect.gen(function*() {
    if ("url" in media) return [[media, { url: media.url }]] as const
    const file = yield* services.files.findByRef(media.attachment)
    return Option.isSome(file)
      ? [[media, factsOf(origin, file.value)]] as const
      : [[media, { id: yield* services.ids.toAttachmentId(media.attachment) }]] as const
  })

/** What is known of the files of a draft. Without an origin, a file has the address at which its carrier serves it. */
export const describeFiles = (
  services: Services,
  { parts }: Pick<Draft, "parts">,
  origin?: string
): Effect.Effect<(media: Part.Media) => FileFacts> =>
  Effect.map(
    Effect.forEach(parts, (part) => part._tag === "Media" ? describeMedia(services, part, origin) : Effect.succeed([])),
    (found) => {
      const facts = new Map<Part.Media, FileFacts>(found.flat())
      return (media) => facts.get(media) ?? {}
    }
  )

/** The parts of a reported message with the gateway's own ids for their files. */
export const nameFiles = (
  services: Services,
  carrierId: CarrierId,
  parts: ReadonlyArray<Part.ReceivedPart>
): Effect.Effect<ReadonlyArray<Part.ReceivedPart>> =>
  Effect.forEach(parts, (part) => {
    if (part._tag !== "Media" || part.id === undefined) return Effect.succeed(part)
    const ref = { carrierId, id: part.id }
    return Effect.flatMap(
      services.files.findByRef(ref),
      Option.match({
        onSome: ({ id }) => Effect.succeed({ ...part, id }),
        onNone: () => Effect.map(services.ids.toAttachmentId(ref), (id) => ({ ...part, id }))
      })
    )
  })

/** The message to which a draft replies, by the id that the gateway shows. */
export const readReply = (
  { ids }: Services,
  { replyTo }: Draft
): Effect.Effect<{ readonly id: string; readonly part: number } | undefined> =>
  replyTo === undefined
    ? Effect.succeed(undefined)
    : Effect.map(
      typeof replyTo.to === "string" ? Effect.succeed<string>(replyTo.to) : ids.toMessageId(replyTo.to),
      (id) => ({ id, part: replyTo.part ?? 0 })
    )

// --- the endpoints ---

const body = (origin: string, file: File) => ({
  id: file.id,
  filename: file.fileName,
  content_type: file.mimeType,
  size_bytes: file.sizeBytes,
  status: file.stored === undefined ? "pending" : "complete",
  download_url: addressOf(origin, file),
  created_at: iso(file.createdAt)
})

export const routes = (services: Services): ReadonlyArray<Request.Route> => [
  PathTable.once(KeyAccess.send, "POST", "/attachments", (call) =>
    Effect.gen(function*() {
      const { content_type, filename: fileName, size_bytes: sizeBytes } = yield* Request.decode(Request.CreateAttachment)(call.body)
      // the bytes come later, with the type that is announced
      const mimeType = MediaTypes.infer({ fileName, mimeType: content_type, bytes: new Uint8Array() })
      if (fileName === "" || fileName.length > longestName) {
        return yield* Refusal.refuseValue(`filename must have 1 to ${longestName} characters`)
      }
      if (!contentTypes.has(mimeType)) return yield* Refusal.refuse({ status: 400, code: 5004 }, "Invalid file type")
      if (!Number.isInteger(sizeBytes) || sizeBytes < 1) return yield* Refusal.refuseValue("size_bytes must be a positive integer")
      if (sizeBytes > mostBytes) return yield* Refusal.refuse({ status: 400, code: 5005 }, "File too large")
      const id = yield* Uuid.mint
      const secret = yield* Uuid.mint
      const createdAt = yield* Clock.currentTimeMillis
      const expiresAt = createdAt + Duration.toMillis(uploadableFor)
      const file = { id, fileName, mimeType, sizeBytes, secret: Redacted.make(secret), createdAt, expiresAt }
      yield* services.files.open(file)
      return Refusal.json(call, 200, {
        attachment_id: id,
        upload_url: `${call.origin}/linq/uploads/${id}/${secret}`,
        download_url: addressOf(call.origin, file),
        http_method: "PUT",
        expires_at: iso(expiresAt),
        required_headers: { "Content-Type": mimeType, "Content-Length": String(sizeBytes) }
      })
    })),

  PathTable.read("GET", "/attachments/:attachmentId", (call) =>
    Effect.gen(function*() {
      const id = Request.param(call, "attachmentId")
      const known = yield* services.files.find(id)
      if (Option.isSome(known)) return Refusal.json(call, 200, body(call.origin, known.value))
      const ref = yield* Effect.mapError(yield* services.ids.findAttachment(id), () => Refusal.noAttachment)
      const { createdAt, fileName, mimeType, sizeBytes, url } = yield* Refusal.lift(services.messaging.getAttachment(ref), "attachment")
      return Refusal.json(call, 200, {
        id,
        filename: fileName ?? null,
        content_type: mimeType ?? null,
        size_bytes: sizeBytes ?? null,
        status: "complete",
        ...(url === undefined ? {} : { download_url: url }),
        created_at: createdAt ?? null
      })
    })),

  PathTable.once(KeyAccess.send, "DELETE", "/attachments/:attachmentId", (call) =>
    Effect.gen(function*() {
      const id = Request.param(call, "attachmentId")
      const known = yield* services.files.find(id)
      const ref = Option.isSome(known) ? Option.fromNullable(known.value.stored?.ref) : yield* services.ids.findAttachment(id)
      if (Option.isNone(known) && Option.isNone(ref)) return yield* Effect.fail(Refusal.noAttachment)
      if (Option.isSome(ref)) yield* Refusal.lift(services.messaging.deleteAttachment(ref.value), "attachment")
      yield* services.files.remove(id)
      return Refusal.empty(call, 204)
    }))
]

// --- the bytes ---

const replyPlain = (status: number, text: string): Reply => ({
  status,
  headers: { "content-type": "text/plain; charset=utf-8" },
  body: text
})

/** Takes the bytes of an announced file and gives them to a carrier at once. */
export const upload = (
  services: Services,
  { id, secret, type }: { readonly id: string; readonly secret: string; readonly type: string | undefined },
  bytes: (limit: number) => Effect.Effect<Uint8Array, Refusal.Refusal>
): Effect.Effect<Reply> =>
  Effect.gen(function*() {
    const known = yield* services.files.find(id)
    const expected = Option.match(known, { onNone: () => "", onSome: (file) => Redacted.value(file.secret) })
    const isAllowed = yield* Hmac.equal(secret, expected)
    if (Option.isNone(known) || !isAllowed) return replyPlain(403, "this address allows no upload")
    const file = known.value
    if (file.stored !== undefined) return replyPlain(200, "")
    const now = yield* Clock.currentTimeMillis
    if (now > file.expiresAt) return replyPlain(403, "this address has expired; announce the file again")
    if (type === undefined || MediaTypes.infer({ fileName: file.fileName, mimeType: type, bytes: new Uint8Array() }) !== file.mimeType) {
      return replyPlain(403, "the Content-Type is not the one that was announced")
    }
    const content = yield* bytes(file.sizeBytes)
    if (content.length !== file.sizeBytes) return replyPlain(400, "the body is not as long as was announced")
    const { ref, url } = yield* Refusal.lift(
      services.messaging.uploadAttachment({ fileName: file.fileName, mimeType: file.mimeType, bytes: content }),
      "attachment"
    )
    yield* services.files.recordUpload(id, { ref, ...(url === undefined ? {} : { url }) })
    return replyPlain(200, "")
  }).pipe(Effect.catchAll(({ message, status }) => Effect.succeed(replyPlain(status, message))))

/** Redirects to the address at which the carrier serves a file. */
export const download = (services: Services, id: string): Effect.Effect<Reply> =>
  Effect.map(
    services.files.find(id),
    Option.match({
      onNone: () => replyPlain(404, "there is no such file"),
      onSome: ({ stored }) =>
        stored?.url === undefined
          ? replyPlain(404, stored === undefined ? "the file was not uploaded" : "the carrier that stores the file does not serve it")
          : { status: 302, headers: { location: stored.url }, body: "" }
    })
  )
