/** Checks the content of a message at Linq, and stores its files. */
import * as Effect from "effect/Effect"
import * as Http from "../../http/http.ts"
import * as Json from "../../http/json.ts"
import * as PathTable from "../../http/pathTable.ts"
import type { Decoration, Mention, Message, Part, Service } from "../../world/model.ts"
import * as Refusal from "./refusal.ts"
import * as Requests from "./requests.ts"
import type { Attachment, LinqState } from "./state.ts"
import * as Wire from "./wire.ts"

export interface Content {
  readonly parts: ReadonlyArray<Part>
  readonly effect: Message["effect"]
  readonly replyTo: Message["replyTo"]
  readonly preferredService: Service | null
  readonly idempotencyKey: string | null
  readonly imessageOnly: boolean
}

type Checked<A> = Effect.Effect<A, Refusal.Refusal>

const maxParts = 100
const maxUrlMedia = 40
const maxText = 10_000
const maxLink = 2048
const maxKey = 255

const decoration = (value: unknown, length: number): Checked<Decoration> =>
  Effect.gen(function*() {
    if (!Json.isObject(value)) return yield* Refusal.invalidBody("text_decorations must hold objects")
    const range: unknown = value["range"]
    const { animation, style } = value
    if (!Array.isArray(range) || range.length !== 2 || !range.every(Json.isInteger)) {
      return yield* Refusal.invalidValue("text_decorations range must be [start, end)")
    }
    const [start, end] = range as [number, number]
    if (start < 0 || end <= start || end > length) {
      return yield* Refusal.invalidValue("text_decorations range is outside the text")
    }
    if ((style === undefined) === (animation === undefined)) {
      return yield* Refusal.invalidValue("A text decoration needs exactly one of style or animation")
    }
    if (style !== undefined && (!Json.isString(style) || !Wire.styles.has(style))) {
      return yield* Refusal.invalidValue("Unknown text decoration style")
    }
    if (animation !== undefined && (!Json.isString(animation) || !Wire.animations.has(animation))) {
      return yield* Refusal.invalidValue("Unknown text decoration animation")
    }
    return {
      range: [start, end],
      ...(style === undefined ? {} : { style }),
      ...(animation === undefined ? {} : { animation })
    }
  })

const overlaps = (left: Decoration, right: Decoration): boolean => left.range[0] < right.range[1] && right.range[0] < left.range[1]

const decorations = (value: unknown, length: number): Checked<ReadonlyArray<Decoration> | null> =>
  Effect.gen(function*() {
    if (value === undefined || value === null) return null
    if (!Array.isArray(value)) return yield* Refusal.invalidBody("text_decorations must be an array")
    if (value.length > 100) return yield* Refusal.invalidValue("At most 100 text decorations are allowed")
    const given = yield* Effect.forEach(value as ReadonlyArray<unknown>, (item) => decoration(item, length))
    const clash = given.some((one, index) => one.animation !== undefined && given.some((other, at) => at !== index && overlaps(one, other)))
    return clash ? yield* Refusal.invalidValue("Animations must not overlap other decorations") : given
  })

const splitsPair = (value: string, at: number): boolean =>
  /[\ud800-\udbff]/.test(value.charAt(at - 1)) && /[\udc00-\udfff]/.test(value.charAt(at))

/** Reads a range of a text: the start, and the end, which is excluded, in UTF-16 units. */
export const range = (value: unknown, text: string): readonly [number, number] | undefined => {
  if (!Array.isArray(value) || value.length !== 2 || !value.every(Json.isInteger)) return undefined
  const [start, end] = value as [number, number]
  return start < 0 || end <= start || end > text.length || splitsPair(text, start) || splitsPair(text, end) ? undefined : [start, end]
}

// linq-go 0.38.3: a text takes one mention. Without a range the whole text is the name.
const mentions = ({ mention, mention_range: given }: Json.JsonObject, value: string): Checked<ReadonlyArray<Mention>> =>
  Effect.gen(function*() {
    if (mention === undefined || mention === null) {
      return given === undefined || given === null ? [] : yield* Refusal.invalidContent("mention_range requires mention")
    }
    if (!Json.isString(mention)) return yield* Refusal.invalidBody("mention must be a string")
    if (!Json.isHandle(mention)) return yield* Refusal.notE164
    const checked = given === undefined || given === null ? [0, value.length] as const : range(given, value)
    return checked === undefined
      ? yield* Refusal.invalidContent("mention_range must be a range of value")
      : [{ handle: mention, range: checked }]
  })

const text = (part: Json.JsonObject): Checked<Part> =>
  Effect.gen(function*() {
    const value = part["value"]
    if (value === undefined) return yield* Refusal.missing("parts.value")
    if (!Json.isString(value)) return yield* Refusal.invalidBody("Text value must be a string")
    if (value.length < 1 || value.length > maxText) {
      return yield* Refusal.invalidContent("Text value must be between 1 and 10000 characters")
    }
    const named = yield* mentions(part, value)
    return {
      type: "text",
      value,
      decorations: yield* decorations(part["text_decorations"], value.length),
      ...(named.length === 0 ? {} : { mentions: named })
    }
  })

const link = (part: Json.JsonObject): Checked<Part> =>
  Effect.gen(function*() {
    const value = part["value"]
    if (value === undefined) return yield* Refusal.missing("parts.value")
    if (!Json.isString(value) || value.length < 1 || value.length > maxLink) {
      return yield* Refusal.invalidContent("Link value must be a URL of at most 2048 characters")
    }
    const url = Json.parseUrl(value)
    if (url === undefined || (url.protocol !== "https:" && url.protocol !== "http:")) {
      return yield* Refusal.invalidContent("Link value must be a valid URL")
    }
    return { type: "link", value }
  })

const mediaOf = (attachment: Attachment): Extract<Part, { readonly type: "media" }> => ({
  type: "media",
  id: attachment.id,
  url: attachment.url,
  filename: attachment.filename,
  mimeType: attachment.contentType,
  sizeBytes: attachment.sizeBytes
})

/** The attachment with an id. Fails if its bytes are not uploaded yet. */
export const readyAttachment = (state: LinqState, id: unknown): Checked<Attachment> =>
  Effect.gen(function*() {
    if (!Json.isString(id)) return yield* Refusal.invalidBody("attachment_id must be a string")
    const attachment = state.attachments.get(id)
    if (attachment === undefined) return yield* Refusal.attachmentNotFound
    if (!attachment.complete && attachment.bytes === null) return yield* Refusal.refuse(404, 2007, "Attachment not ready")
    return attachment
  })

const extensionOf = (url: URL): string | undefined => {
  const filename = url.pathname.split("/").at(-1) ?? ""
  return filename.includes(".") ? filename.split(".").at(-1)?.toLowerCase() : undefined
}

/** Makes a file from a public URL without a download. The extension gives the type. A URL without an extension counts as a JPEG. */
export const attachUrl = (
  state: LinqState,
  value: unknown,
  allowed: (extension: string) => boolean
): Checked<Attachment> =>
  Effect.gen(function*() {
    if (!Json.isString(value)) return yield* Refusal.invalidBody("url must be a string")
    const url = Json.parseUrl(value)
    const uploaded = Array.from(state.attachments.values()).find((known) => known.url === value)
    if (uploaded !== undefined) return uploaded
    if (url === undefined || url.protocol !== "https:") return yield* Refusal.invalidValue("Media URL must use HTTPS")
    const extension = extensionOf(url)
    if (extension !== undefined && !allowed(extension)) return yield* Refusal.refuse(400, 5004, "Invalid file type")
    const attachment: Attachment = {
      id: state.world.ids.uuid(),
      filename: url.pathname.split("/").at(-1) || "file",
      contentType: Wire.mediaTypes[extension ?? "jpg"] ?? "application/octet-stream",
      sizeBytes: 1024,
      url: value,
      createdAt: state.world.time.now(),
      bytes: null,
      complete: true
    }
    state.attachments.set(attachment.id, attachment)
    return attachment
  })

const media = (state: LinqState, part: Json.JsonObject): Checked<Part> =>
  Effect.gen(function*() {
    const { attachment_id: id, sticker, url } = part
    if (sticker !== undefined && sticker !== null && typeof sticker !== "boolean") {
      return yield* Refusal.invalidBody("sticker must be a boolean")
    }
    if ((url === undefined) === (id === undefined)) {
      return yield* Refusal.invalidContent("Media part needs exactly one of url or attachment_id")
    }
    const attachment = id === undefined
      ? yield* attachUrl(state, url, (extension) => Object.hasOwn(Wire.mediaTypes, extension))
      : yield* readyAttachment(state, id)
    return sticker === true ? { ...mediaOf(attachment), sticker } : mediaOf(attachment)
  })

const shortText = (value: unknown, max: number): boolean => value === undefined || (Json.isString(value) && value.length <= max)

const captions = ["caption", "subcaption", "trailing_caption", "trailing_subcaption"]

/** Checks the card of an iMessage app. `inherited` is the identity of the app, which an update keeps. */
export const appCard = (part: Json.JsonObject, inherited?: unknown): Checked<Part> =>
  Effect.gen(function*() {
    const refused = (message: string) => Refusal.refuse(400, 1008, message)
    const app: unknown = inherited ?? part["app"]
    const { fallback_text: fallback, interactive, layout, url } = part
    if (!Json.isObject(app)) return yield* Refusal.missing("parts.app")
    const { bundle_id: bundle, name, team_id: team } = app
    if (!Json.isString(name) || name === "" || name.length > 64) return yield* refused("app.name is required")
    if (!Json.isString(team) || !/^[A-Z0-9]{10}$/.test(team)) {
      return yield* refused("app.team_id must be 10 uppercase alphanumeric characters")
    }
    if (!Json.isString(bundle) || bundle === "" || bundle.length > 255 || bundle.includes(":")) {
      return yield* refused("app.bundle_id is invalid")
    }
    if (!Json.isObject(layout)) return yield* Refusal.missing("parts.layout")
    if (!captions.concat("image_title", "image_subtitle").every((key) => shortText(layout[key], 512))) {
      return yield* refused("layout texts must be at most 512 characters")
    }
    if (!captions.concat("image_url").some((key) => Json.isString(layout[key]) && layout[key] !== "")) {
      return yield* refused("layout needs a caption or an image_url")
    }
    const captioned = layout["image_title"] !== undefined || layout["image_subtitle"] !== undefined
    if (captioned && layout["image_url"] === undefined) {
      return yield* refused("image_title and image_subtitle require image_url")
    }
    if (url !== undefined && (!Json.isString(url) || !/^(https:\/\/|data:)/.test(url) || url.length > 16_384)) {
      return yield* refused("url must be an https or data URL")
    }
    if (!shortText(fallback, 1024)) return yield* refused("fallback_text must be at most 1024 characters")
    return {
      type: "app",
      card: {
        app,
        layout,
        url: url ?? "",
        ...(fallback === undefined ? {} : { fallback_text: fallback }),
        ...(interactive === undefined ? {} : { interactive })
      }
    }
  })

const part = (state: LinqState) => (value: unknown): Checked<Part> => {
  if (!Json.isObject(value)) return Refusal.invalidBody("parts must hold objects")
  switch (value["type"]) {
    case "text":
      return text(value)
    case "media":
      return media(state, value)
    case "link":
      return link(value)
    case "imessage_app":
      return appCard(value)
    default:
      return Refusal.invalidContent("Unknown part type")
  }
}

const parts = (state: LinqState, value: unknown): Checked<ReadonlyArray<Part>> =>
  Effect.gen(function*() {
    if (value === undefined || value === null) return yield* Refusal.missing("message.parts")
    if (!Array.isArray(value)) return yield* Refusal.invalidBody("parts must be an array")
    const given = value as ReadonlyArray<unknown>
    if (given.length === 0) return yield* Refusal.invalidContent("Message needs at least one part")
    if (given.length > maxParts) return yield* Refusal.invalidContent("Message must have at most 100 parts")
    const urls = given.filter((item) => Json.isObject(item) && item["type"] === "media" && item["url"] !== undefined)
    if (urls.length > maxUrlMedia) return yield* Refusal.invalidContent("At most 40 media parts may use a url")
    const checked = yield* Effect.forEach(given, part(state))
    if (checked.length > 1 && checked.some(({ type }) => type === "link" || type === "app")) {
      return yield* Refusal.invalidContent("A link part must be the only part in the message")
    }
    if (checked.some(({ type }, index) => type === "text" && checked[index + 1]?.type === "text")) {
      return yield* Refusal.invalidContent("Consecutive text parts are not allowed")
    }
    return checked
  })

const effect = (value: unknown): Checked<Message["effect"]> =>
  Effect.gen(function*() {
    if (value === undefined || value === null) return null
    if (!Json.isObject(value)) return yield* Refusal.invalidBody("effect must be an object")
    const { name, type } = value
    if (type !== undefined && type !== "screen" && type !== "bubble") {
      return yield* Refusal.invalidValue("effect.type must be screen or bubble")
    }
    // The API accepts any string as a name. The docs do not say what an unknown name does, so the sandbox accepts it.
    if (name !== undefined && !Json.isString(name)) return yield* Refusal.invalidBody("effect.name must be a string")
    return { type: type ?? null, name: name ?? null }
  })

const replyTo = (state: LinqState, value: unknown): Checked<Message["replyTo"]> =>
  Effect.gen(function*() {
    if (value === undefined || value === null) return null
    if (!Json.isObject(value)) return yield* Refusal.invalidBody("reply_to must be an object")
    const { message_id: id, part_index: index } = value
    if (!Json.isString(id)) return yield* Refusal.missing("reply_to.message_id")
    if (index !== undefined && (!Json.isInteger(index) || index < 0)) {
      return yield* Refusal.invalidValue("reply_to.part_index must be a non-negative integer")
    }
    const parent = state.world.messages.get(id)
    if (parent === undefined || parent.vendor !== "linq" || parent.deleted) {
      return yield* Refusal.invalidValue("reply_to.message_id does not exist")
    }
    return { id, partIndex: index ?? 0 }
  })

export const idempotencyKey = (value: unknown): Checked<string | null> =>
  value === undefined || value === null
    ? Effect.succeed(null)
    : !Json.isString(value)
    ? Refusal.invalidBody("idempotency_key must be a string")
    : value.length > maxKey
    ? Refusal.invalidValue("idempotency_key must be at most 255 characters")
    : Effect.succeed(value === "" ? null : value)

const preferredService = (value: unknown): Checked<Service | null> => {
  if (value === undefined || value === null) return Effect.succeed(null)
  const known = Wire.services.find((service) => service === value)
  return known === undefined
    ? Refusal.invalidValue("preferred_service must be iMessage, SMS or RCS")
    : Effect.succeed(known)
}

export const content = (state: LinqState, value: unknown): Checked<Content> =>
  Effect.gen(function*() {
    if (value === undefined || value === null) return yield* Refusal.missing("message")
    if (!Json.isObject(value)) return yield* Refusal.invalidBody("message must be an object")
    const checked = yield* parts(state, value["parts"])
    return {
      parts: checked,
      effect: yield* effect(value["effect"]),
      replyTo: yield* replyTo(state, value["reply_to"]),
      preferredService: yield* preferredService(value["preferred_service"]),
      idempotencyKey: yield* idempotencyKey(value["idempotency_key"]),
      imessageOnly: checked.some(({ type }) => type === "app")
    }
  })

// The docs do not say what is a URL in a text. Here it is a scheme, www, or a bare host of a common domain without an @ before it.
const urlInText = /\b(?:https?:\/\/|www\.)\S|(?<![@\w.-])[a-z0-9-]+(?:\.[a-z0-9-]+)*\.(?:com|net|org|io|co|app|dev|ai)\b/i

export const hasUrl = ({ parts: given }: Content): boolean =>
  given.some((one) => one.type === "link" || (one.type === "text" && urlInText.test(one.value)))

// --- attachments ---

const maxSize = 104_857_600
const uploadableFor = 15 * 60_000

const findAttachment = (state: LinqState, call: PathTable.Call): Effect.Effect<Attachment, Refusal.Refusal> => {
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
    if (!Json.isString(type) || !Wire.contentTypes.has(type)) return yield* Refusal.refuse(400, 5004, "Invalid file type")
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
  Effect.map(findAttachment(state, call), (attachment) => Http.json(200, Wire.attachment(attachment)))

const remove = (state: LinqState): PathTable.Handler<Refusal.Refusal> => (call) =>
  Effect.map(findAttachment(state, call), ({ id }) => {
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

/** The routes of attachments. The presigned upload and the permanent download are both on this server. */
export const routes = (state: LinqState): ReadonlyArray<PathTable.Route<Refusal.Refusal>> => [
  ["POST", "/v3/attachments", create(state)],
  ["GET", "/v3/attachments/:attachmentId", retrieve(state)],
  ["DELETE", "/v3/attachments/:attachmentId", remove(state)]
]

/** The routes of the file store. Its URLs are signed or public, and need no token. */
export const storage = (state: LinqState): ReadonlyArray<PathTable.Route<Refusal.Refusal>> => [
  ["PUT", "/uploads/:attachmentId", upload(state)],
  ["GET", "/cdn/attachments/:attachmentId/:filename", download(state)]
]
