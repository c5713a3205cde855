import type { CarrierId } from "@interline/core/CarrierId"
import type { ChatContext } from "@interline/core/Carrier"
import type { ChatRef } from "@interline/core/Conversation"
import type { Phone } from "@interline/core/Handle"
import type { Loss } from "@interline/core/Loss"
import * as LossModule from "@interline/core/Loss"
import type { Media } from "@interline/core/Part"
import type { Plan, PlanInput, Step } from "@interline/core/Plan"
import * as PlanModule from "@interline/core/Plan"
import * as Problem from "@interline/core/Problem"
import type { Reaction } from "@interline/core/Reaction"
import type { ReplyTo, SendReaction } from "../SendblueSchema.ts"
import * as Words from "../SendblueWords.ts"

/** "Must be less than 18996 characters": archived outbound page, read 2026-11-21. */
export const maxTextLength = 18_995

/** Archived groups page, read 2026-11-21. */
export const maxRecipients = 25

/** Docs (api-v2/media), read 2026-11-21: "up to 100 MB". */
export const maxUploadBytes = 100_000_000

/** One request to be: what it carries, before the address is added. `content` and `mediaUrl` are not both absent. */
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
 * The first request carries the reply. The effect goes on the first request with a text, else on the first.
 *
 * `callback` is where Sendblue reports this attempt's status.
 */
export const plan = (carrierId: CarrierId, input: PlanInput, callback?: string): Plan => {
  const { conversation, draft, knowledge } = input
  const { effect, parts, preferredService } = draft
  const problems: Array<Problem.Problem> = []
  const losses: Array<Loss> = []
  const pieces: Array<Piece> = []

  if (conversation._tag === "Group" && knowledge._tag !== "Known" && conversation.members.length > maxRecipients) {
    problems.push(
      Problem.make("recipient-count", ["to", "members"], "more people than a Sendblue group takes", {
        limit: maxRecipients,
        actual: conversation.members.length
      })
    )
  }

  for (let index = 0; index < parts.length; index++) {
    const part = parts[index]
    if (part === undefined) continue
    switch (part._tag) {
      case "Text": {
        if (part.text.length > maxTextLength) problems.push(tooLong(["parts", index, "text"], part.text.length))
        else if (part.text === "") problems.push(Problem.make("empty-text", ["parts", index, "text"], "a text part needs at least one character"))
        if (part.decorations !== undefined && part.decorations.length > 0) {
          losses.push(LossModule.certain("decorations-dropped", "Sendblue has no text styles", { part: index }))
        }
        const next = parts[index + 1]
        if (next !== undefined && next._tag === "Media") {
          const mediaUrl = mediaUrlOf(carrierId, next, ["parts", index + 1], problems)
          pieces.push({ content: part.text, mediaUrl, isText: true, parts: [index, index + 1] })
          index++
        } else {
          pieces.push({ content: part.text, mediaUrl: undefined, isText: true, parts: [index] })
        }
        break
      }
      case "Media":
        pieces.push({
          content: undefined,
          mediaUrl: mediaUrlOf(carrierId, part, ["parts", index], problems),
          isText: false,
          parts: [index]
        })
        break
      case "Link":
        if (part.url.length > maxTextLength) problems.push(tooLong(["parts", index, "url"], part.url.length))
        losses.push(LossModule.certain("link-preview-dropped", "Sendblue has no link part", { part: index }))
        pieces.push({ content: part.url, mediaUrl: undefined, isText: false, parts: [index] })
    }
  }

  if (pieces.length > 1) losses.push(splitLoss)
  if (preferredService !== undefined) losses.push(serviceLoss)
  if (effect !== undefined) {
    const { style, support } = Words.effectToStyle[effect]
    if (support === "emulated") {
      losses.push(
        LossModule.certain(
          "effect-approximated",
          "the same effect under Apple's own identifiers, which neither Apple nor Sendblue documents",
          { from: effect, to: style }
        )
      )
    }
    losses.push(effectLoss)
  }
  const reply = replyTo(carrierId, input, losses)

  return PlanModule.make(carrierId, input.fidelity, problems, losses, () => {
    const styled = effect === undefined ? -1 : Math.max(0, pieces.findIndex((piece) => piece.isText))
    const style = effect === undefined ? undefined : Words.effectToStyle[effect].style
    const step = (piece: Piece, index: number): Step => ({
      operation: conversation._tag === "Direct" ? "send-message" : "send-group-message",
      method: "POST",
      path: conversation._tag === "Direct" ? "/api/send-message" : "/api/send-group-message",
      body: bodyOf(input, piece, index === styled ? style : undefined, index === 0 ? reply : undefined, callback),
      parts: piece.parts,
      keyed: false
    })
    const [first, ...rest] = pieces
    return [step(first ?? noPiece, 0), ...rest.map((piece, index) => step(piece, index + 1))]
  })
}

// a draft has at least one part by its type
const noPiece: Piece = { content: undefined, mediaUrl: undefined, isText: false, parts: [] }

const splitLoss = LossModule.certain("split", "Sendblue takes one text and one media per request")

const serviceLoss = LossModule.certain("service-preference-dropped", "Sendblue chooses between iMessage, RCS and SMS itself")

const effectLoss = LossModule.conditional("effect-dropped", "not-iMessage", "effects exist on iMessage only")

const tooLong = (path: ReadonlyArray<string | number>, actual: number): Problem.Problem =>
  Problem.make("text-length", path, "text is longer than Sendblue takes, in UTF-16 units", { limit: maxTextLength, actual })

const bodyOf = (
  { conversation, from, knowledge }: PlanInput,
  { content, mediaUrl }: Piece,
  style: Words.SendStyle | undefined,
  reply: ReplyTo | undefined,
  callback: string | undefined
): Readonly<Record<string, unknown>> => {
  const body: Record<string, unknown> = {}
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

const replyTo = (carrierId: CarrierId, { draft, replyTo }: PlanInput, losses: Array<Loss>): ReplyTo | undefined => {
  if (replyTo === undefined) {
    if (draft.replyTo !== undefined) losses.push(LossModule.certain("reply-dropped", "the message to reply to is not known here"))
    return undefined
  }
  if (replyTo.ref.carrierId !== carrierId) {
    losses.push(LossModule.certain("reply-dropped", "the message to reply to is at another carrier"))
    return undefined
  }
  losses.push(LossModule.conditional("reply-dropped", "not-iMessage", "inline replies exist on iMessage only"))
  return partOf(replyTo.ref.id, replyTo.part)
}

// "Omit this in normal reply requests and never guess it; requests default to 0": sendblue 3.17.0 client
const partOf = (message_handle: string, part: number): ReplyTo =>
  part === 0 ? { message_handle } : { message_handle, part_index: part }

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
    problems.push(Problem.make("attachment", [...path, "attachment"], "the attachment is stored at another carrier"))
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

// the two cloud storages whose signed URLs are unmistakable
const isSigned = (url: string): boolean =>
  url.includes("?") && (url.includes("X-Amz-Signature=") || url.includes("X-Goog-Signature="))

/** What follows the last dot of the path's last segment: 1 to 8 letters or digits. Lower case; no query, no fragment. */
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

const isAlphanumeric = (code: number): boolean =>
  (code >= 48 && code <= 57) || (code >= 65 && code <= 90) || (code >= 97 && code <= 122)

// --- requests that are no drafts ---

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

/** Removal is the word with a minus in front: newer docs, so an older line may refuse it. */
export const reaction = (from_number: Phone, message_handle: string, part: number, reaction: Reaction, remove: boolean): SendReaction => {
  const word = reaction._tag === "Tapback" ? Words.reactionFromNeutral[reaction.tapback] : reaction.emoji
  return {
    from_number,
    message_handle,
    reaction: remove ? `-${word}` : word,
    ...(part === 0 ? {} : { part_index: part })
  }
}
