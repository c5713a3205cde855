/** Plans which requests a draft becomes at Sendblue, and what is lost. */
import type { ChatContext } from "@interline/core/Adapter"
import type { Upload } from "@interline/core/Attachment"
import type { CarrierId } from "@interline/core/CarrierId"
import type { ChatRef } from "@interline/core/Conversation"
import * as Extras from "@interline/core/Extras"
import type { Phone } from "@interline/core/Handle"
import * as Loss from "@interline/core/Loss"
import type { Media } from "@interline/core/Part"
import * as Plan from "@interline/core/Plan"
import * as Problem from "@interline/core/Problem"
import type { Reaction } from "@interline/core/Reaction"
import { isVisible } from "@interline/core/VisibleText"
import type { Audience } from "../wire/SendblueCallback.ts"
import type { SendReaction } from "../wire/SendblueRequests.ts"
import type { ReplyTo } from "../wire/SendblueSchema.ts"
import * as SendblueWords from "../wire/SendblueWords.ts"

// Sendblue docs, read 2026-11-21
export const limits = {
  // "must be less than 18996 characters": archived outbound page
  textLength: 18_995,
  // archived groups page
  recipients: 25,
  // "up to 100 MB": api-v2/media
  attachmentBytes: 100_000_000,
  // voice-note page
  voiceMemoFormats: ["caf"]
} as const

// The fields of a request that are written here, also those that only one of the two endpoints has. `mediaURLs` and `sendblue_number` are aliases in the docs (api-v2/carousel), read 2026-11-21
const ownFields = Extras.names(
  "number",
  "numbers",
  "group_id",
  "from_number",
  "sendblue_number",
  "content",
  "media_url",
  "media_urls",
  "send_style",
  "reply_to",
  "status_callback"
)

/** The content of one future request, without its address. At least one of `content` and `mediaUrl` is there. */
interface Piece {
  readonly content: string | undefined
  readonly mediaUrl: string | undefined
  readonly isText: boolean
  readonly parts: ReadonlyArray<number>
}

/**
 * The draft as Sendblue's requests.
 *
 * One request takes one text and one media, so the parts are walked in order:
 *
 * | Part | Request |
 * |---|---|
 * | a text directly followed by a media | one request with both |
 * | any other text | a request of its own |
 * | any other media | a request of its own |
 * | a link | a request of its own, its URL as text |
 *
 * The first request carries the reply and the message's extras; a part's extras are in the request that carries the part. The effect goes on the first request with a text, else on the first.
 *
 * `callback` is where Sendblue reports this attempt's status.
 */
export const plan = (carrierId: CarrierId, input: Plan.PlanInput, callback?: string): Plan.Plan => {
  const { conversation, draft, knowledge } = input
  const { effect, parts, preferredService } = draft
  const problems: Array<Problem.Problem> = []
  const losses: Array<Loss.Loss> = []
  const pieces: Array<Piece> = []

  if (conversation._tag === "Group" && knowledge._tag !== "Known" && conversation.members.length > limits.recipients) {
    problems.push(
      Problem.make("recipient-count", ["to", "members"], "more people than a Sendblue group takes", {
        limit: limits.recipients,
        actual: conversation.members.length
      })
    )
  }

  for (let index = 0; index < parts.length; index++) {
    const part = parts[index]
    if (part === undefined) continue
    switch (part._tag) {
      case "Text": {
        if (part.text.length > limits.textLength) problems.push(tooLong(["parts", index, "text"], part.text.length))
        else if (!isVisible(part.text)) {
          problems.push(Problem.make("empty-text", ["parts", index, "text"], "a text part needs at least one character that can be seen"))
        }
        if (part.decorations !== undefined && part.decorations.length > 0) {
          losses.push(Loss.certain("decorations-dropped", reasons.styles, { part: index }))
        }
        if (part.mentions !== undefined && part.mentions.length > 0) {
          losses.push(Loss.certain("mention-dropped", reasons.mentions, { part: index }))
        }
        const next = parts[index + 1]
        if (next !== undefined && next._tag === "Media") {
          const mediaUrl = mediaUrlOf(carrierId, next, ["parts", index + 1], problems)
          if (next.sticker === true) losses.push(Loss.certain("sticker-dropped", reasons.stickers, { part: index + 1 }))
          pieces.push({ content: part.text, mediaUrl, isText: true, parts: [index, index + 1] })
          index++
        } else {
          pieces.push({ content: part.text, mediaUrl: undefined, isText: true, parts: [index] })
        }
        break
      }
      case "Media":
        if (part.sticker === true) losses.push(Loss.certain("sticker-dropped", reasons.stickers, { part: index }))
        pieces.push({
          content: undefined,
          mediaUrl: mediaUrlOf(carrierId, part, ["parts", index], problems),
          isText: false,
          parts: [index]
        })
        break
      case "Link":
        if (part.url.length > limits.textLength) problems.push(tooLong(["parts", index, "url"], part.url.length))
        losses.push(Loss.certain("link-preview-dropped", reasons.link, { part: index }))
        pieces.push({ content: part.url, mediaUrl: undefined, isText: false, parts: [index] })
    }
  }

  if (pieces.length > 1) losses.push(Loss.certain("split", reasons.split))
  if (preferredService !== undefined) losses.push(Loss.certain("service-preference-dropped", reasons.service))
  if (effect !== undefined) {
    const { style, support } = SendblueWords.effectToStyle[effect]
    if (support === "emulated") {
      losses.push(Loss.certain("effect-approximated", reasons.approximated, { from: effect, to: style }))
    }
    losses.push(Loss.conditional("effect-dropped", "not-iMessage", reasons.iMessage, { from: effect }))
  }
  const reply = replyTo(carrierId, input, losses)
  const extras = extrasOf(draft.extras, pieces, losses)

  return Plan.make(carrierId, input.fidelity, problems, losses, () => {
    const styled = effect === undefined ? -1 : Math.max(0, pieces.findIndex((piece) => piece.isText))
    const style = effect === undefined ? undefined : SendblueWords.effectToStyle[effect].style
    const step = (piece: Piece, index: number): Plan.Step => ({
      operation: conversation._tag === "Direct" ? "send-message" : "send-group-message",
      method: "POST",
      path: conversation._tag === "Direct" ? "/api/send-message" : "/api/send-group-message",
      body: bodyOf(input, piece, {
        style: index === styled ? style : undefined,
        reply: index === 0 ? reply : undefined,
        callback,
        extras: extras[index]
      }),
      parts: piece.parts,
      keyed: false
    })
    const [first, ...rest] = pieces
    return [step(first ?? noPiece, 0), ...rest.map((piece, index) => step(piece, index + 1))]
  })
}

// never sent: a draft has at least one part by its type, but the compiler does not know it
const noPiece: Piece = { content: undefined, mediaUrl: undefined, isText: false, parts: [] }

const reasons = {
  styles: "Sendblue has no text styles",
  // nothing like these two in its docs and in the sendblue 3.17.0 client, read 2026-11
  mentions: "Sendblue has no mentions",
  stickers: "Sendblue has no stickers",
  link: "Sendblue has no link part",
  split: "Sendblue takes one text and one media per request",
  service: "Sendblue chooses between iMessage, RCS and SMS itself",
  approximated: "Apple's identifiers give both the same name; neither vendor documents that",
  iMessage: "only iMessage shows it",
  twice: "the same request has this field already",
  elsewhere: "the message that it answers is not at this carrier"
} as const

const tooLong = (path: ReadonlyArray<string | number>, actual: number): Problem.Problem =>
  Problem.make("text-length", path, "the text is longer than Sendblue takes", { limit: limits.textLength, actual })

/** The extra fields of each request. A request has one level of fields, so two parts of one request may set the same field. */
const extrasOf = (
  extras: Extras.Extras | undefined,
  pieces: ReadonlyArray<Piece>,
  losses: Array<Loss.Loss>
): ReadonlyArray<Extras.Fields> => {
  if (extras === undefined) return []
  const { losses: lost, message, partOf } = Extras.settle(extras, "sendblue", { message: ownFields, part: ownFields })
  losses.push(...lost)
  return pieces.map(({ parts }, index) => {
    const fields: Record<string, unknown> = { ...(index === 0 ? message : {}) }
    for (const part of parts) {
      for (const [name, value] of Object.entries(partOf(part))) {
        if (Object.hasOwn(fields, name)) losses.push(Extras.makeLoss(name, reasons.twice, part))
        else fields[name] = value
      }
    }
    return fields
  })
}

/** What one request of a draft carries beside its text and its file. */
interface RequestOptions {
  readonly style: SendblueWords.SendStyle | undefined
  readonly reply: ReplyTo | undefined
  readonly callback: string | undefined
  readonly extras: Extras.Fields | undefined
}

const bodyOf = (
  { conversation, from, knowledge }: Plan.PlanInput,
  { content, mediaUrl }: Piece,
  { callback, extras, reply, style }: RequestOptions
): Readonly<Record<string, unknown>> => {
  // what is written below wins
  const body: Record<string, unknown> = { ...extras }
  if (conversation._tag === "Direct") body["number"] = conversation.handle
  else if (knowledge._tag === "Known") body["group_id"] = knowledge.chat.id
  else body["numbers"] = conversation.members
  body["from_number"] = from
  if (content !== undefined) body["content"] = content
  if (mediaUrl !== undefined) body["media_url"] = mediaUrl
  if (style !== undefined) body["send_style"] = style
  if (reply !== undefined) body["reply_to"] = reply
  if (callback !== undefined) body["status_callback"] = callback
  return body
}

/** The line and the recipient of a planned request. The token of its callback is valid only for these. */
export const audience = ({ from_number, group_id, number, numbers }: Plan.Step["body"]): Audience => ({
  line: String(from_number),
  recipient: Array.isArray(numbers) ? numbers.map(String) : String(number ?? group_id)
})

const replyTo = (carrierId: CarrierId, { draft, replyTo }: Plan.PlanInput, losses: Array<Loss.Loss>): ReplyTo | undefined => {
  if (draft.replyTo === undefined && replyTo === undefined) return undefined
  if (replyTo === undefined || replyTo.ref.carrierId !== carrierId) {
    losses.push(Loss.certain("reply-dropped", reasons.elsewhere))
    return undefined
  }
  losses.push(Loss.conditional("reply-dropped", "not-iMessage", reasons.iMessage))
  return partOf(replyTo.ref.id, replyTo.part)
}

// "Omit this in normal reply requests and never guess it; requests default to 0": sendblue 3.17.0 client
const partOf = (message_handle: string, part: number): ReplyTo => part === 0 ? { message_handle } : { message_handle, part_index: part }

// --- media ---

const mediaUrlOf = (
  carrierId: CarrierId,
  media: Media,
  path: ReadonlyArray<string | number>,
  problems: Array<Problem.Problem>
): string | undefined => {
  if ("attachment" in media) {
    // an upload's id is the URL that Sendblue gave it
    if (media.attachment.carrierId === carrierId) return media.attachment.id
    problems.push(Problem.make("attachment", [...path, "attachment"], "the attachment is stored at another carrier; upload it here"))
    return undefined
  }
  const { url } = media
  if (!isHttps(url)) problems.push(Problem.make("media-scheme", [...path, "url"], "Sendblue fetches media over HTTPS only"))
  else if (extensionOf(url) === undefined) {
    problems.push(Problem.make("media-format", [...path, "url"], "the URL's path must end in a file extension, like .jpg"))
  } else if (isSigned(url)) {
    problems.push(Problem.make("media-format", [...path, "url"], "Sendblue takes no signed URLs; upload the file first"))
  }
  return url
}

const isHttps = (url: string): boolean => url.startsWith("https://") || url.slice(0, 8).toLowerCase() === "https://"

/**
 * The query parameters of signed URLs, one row for each way of signing. A URL is signed if its query has all names of a row, in upper
 * or lower case. Sendblue takes no signed URLs: docs (sending-messages page), read 2026-11-21. The rows: Amazon S3 (both versions),
 * Google Cloud Storage (both), Alibaba's version 4 and Tencent's, CloudFront, Azure, and the names that other storages and CDNs use.
 */
const signatures: ReadonlyArray<ReadonlyArray<string>> = [
  ["x-amz-signature"],
  ["awsaccesskeyid", "signature"],
  ["x-goog-signature"],
  ["x-oss-signature"],
  ["q-signature"],
  ["googleaccessid", "signature"],
  ["key-pair-id", "signature"],
  ["key-pair-id", "policy"],
  ["se", "sig"],
  ["sig"],
  ["signature"],
  ["token"],
  ["access_token"],
  ["hmac"],
  ["hdnts"],
  ["hdnea"],
  ["__token__"],
  ["verify"]
]

// every runtime that has `fetch` has this class, but the type libraries of this project do not declare it
declare const URLSearchParams: new(query: string) => { readonly keys: () => Iterable<string> }

const isSigned = (url: string): boolean => {
  const mark = url.indexOf("?")
  if (mark < 0) return false
  const [query = ""] = url.slice(mark + 1).split("#")
  const names = new Set(Array.from(new URLSearchParams(query).keys(), (name) => name.toLowerCase()))
  // a public download at Firebase also has a token, but it does not expire. So the URL does not count as signed by it
  if (names.has("alt") && names.has("token")) names.delete("token")
  return signatures.some((row) => row.every((name) => names.has(name)))
}

/** The file extension in a URL, in lower case: 1 to 8 letters or digits after the last dot of the path's last segment. */
export const extensionOf = (url: string): string | undefined => {
  const start = url.indexOf("/", 8)
  if (start < 0) return undefined
  let end = url.length
  let dot = -1
  for (let index = start; index < end; index++) {
    const code = url.charCodeAt(index)
    if (code === 63 || code === 35) end = index // ? #
    else if (code === 46) dot = index // .
    else if (dot >= 0 && !isAlphanumeric(code)) dot = -1
  }
  const length = end - dot - 1
  return dot < 0 || length < 1 || length > 8 ? undefined : url.slice(dot + 1, end).toLowerCase()
}

const isAlphanumeric = (code: number): boolean => (code >= 48 && code <= 57) || (code >= 65 && code <= 90) || (code >= 97 && code <= 122)

// --- other operations ---

/** A voice memo is a `.caf` file sent as media: docs (voice-note page), read 2026-11-21. */
export const voiceMemo = (
  carrierId: CarrierId,
  to: ChatContext & { readonly from: Phone },
  audio: Media
): { readonly path: string; readonly body: Readonly<Record<string, unknown>> } | ReadonlyArray<Problem.Problem> => {
  const problems: Array<Problem.Problem> = []
  const media_url = mediaUrlOf(carrierId, audio, ["audio"], problems)
  if (problems.length === 0 && media_url !== undefined && extensionOf(media_url) !== "caf") {
    problems.push(
      Problem.make("media-format", ["audio", "attachment" in audio ? "attachment" : "url"], "Sendblue shows only .caf files as voice memos")
    )
  }
  if (problems.length > 0) return problems
  return to.kind === "direct"
    ? { path: "/api/send-message", body: { number: to.recipients[0], from_number: to.from, media_url } }
    : { path: "/api/send-group-message", body: { ...groupOf(to.chat, to.recipients), from_number: to.from, media_url } }
}

const groupOf = (chat: ChatRef | undefined, numbers: ReadonlyArray<string>): Readonly<Record<string, unknown>> =>
  chat === undefined ? { numbers } : { group_id: chat.id }

/**
 * The body of a reaction. To remove a reaction, its word gets a `-` in front. Only newer docs have this, so an older line may refuse
 * it.
 */
export const reaction = (
  operation: "react" | "unreact",
  from_number: Phone,
  message_handle: string,
  part: number,
  reaction: Reaction
): SendReaction => {
  const word = reaction._tag === "Tapback" ? SendblueWords.reactionFromNeutral[reaction.tapback] : reaction.emoji
  return {
    from_number,
    message_handle,
    reaction: operation === "react" ? word : `-${word}`,
    ...(part === 0 ? {} : { part_index: part })
  }
}

export const uploadProblems = ({ bytes }: Upload): ReadonlyArray<Problem.Problem> =>
  bytes.length <= limits.attachmentBytes
    ? []
    : [
      Problem.make("media-size", ["upload", "bytes"], "the file is larger than Sendblue takes", {
        limit: limits.attachmentBytes,
        actual: bytes.length
      })
    ]
