/** Plans which requests a draft becomes at Linq, and what is lost. */
import type { Upload } from "@interline/core/Attachment"
import type { CarrierId } from "@interline/core/CarrierId"
import * as Conversation from "@interline/core/Conversation"
import type { Draft } from "@interline/core/Draft"
import * as Extras from "@interline/core/Extras"
import type { Handle, Phone } from "@interline/core/Handle"
import * as Loss from "@interline/core/Loss"
import type { Decoration, Link, Media, Mention, Text } from "@interline/core/Part"
import * as Plan from "@interline/core/Plan"
import * as Problem from "@interline/core/Problem"
import type { Reaction, Sticker } from "@interline/core/Reaction"
import { isVisible, splitter } from "@interline/core/VisibleText"
import * as LinqClient from "../wire/LinqClient.ts"
import type * as LinqRequests from "../wire/LinqRequests.ts"
import * as LinqWords from "../wire/LinqWords.ts"

// Linq docs and @linqapp/sdk 0.28.2, read 2026-11-21
export const limits = {
  textLength: 10_000,
  linkLength: 2_048,
  parts: 100,
  mediaUrls: 40,
  mediaUrlBytes: 10 * 1024 * 1024,
  attachmentBytes: 100 * 1024 * 1024,
  voiceMemoBytes: 10 * 1024 * 1024,
  recipients: 31,
  decorations: 100,
  // linq-go 0.38.3, read 2026-11: one mention in a text part
  mentions: 1,
  idempotencyKeyLength: 255,
  mediaFormats: LinqWords.mediaFormats,
  voiceMemoFormats: LinqWords.voiceMemoFormats
} as const

const mediaFormats: ReadonlySet<string> = new Set(LinqWords.mediaFormats)
const voiceMemoFormats: ReadonlySet<string> = new Set(LinqWords.voiceMemoFormats)
const contentTypes: ReadonlySet<string> = new Set(LinqWords.contentTypes)

// --- what a text holds ---

const url = /\b(?:https?:\/\/|www\.)[^\s]/i
const nearlyUrl = /[a-z0-9-]\.[a-z]{2}/i

/** Whether a text holds something that Linq certainly takes for a URL. Linq does not document its rule, and refuses other URLs itself. */
const holdsUrl = (text: string): boolean => text.includes(".") || text.includes("://") ? url.test(text) : false

/** Whether the plan for a known chat differs from the plan for a new chat. In doubt, yes: a lookup does no harm. */
export const needsChat = (draft: Draft): boolean => {
  if (draft.effect !== undefined || draft.replyTo !== undefined) return true
  for (const part of draft.parts) {
    if (part._tag === "Link") return true
    if (part._tag === "Text" && (holdsUrl(part.text) || (part.text.includes(".") && nearlyUrl.test(part.text)))) return true
  }
  return false
}

// --- files ---

const https = "https://"

// the hosts of files that Linq serves itself. Linq does not download these files, so the limit for URLs does not apply to them
const ownHosts: ReadonlySet<string> = new Set(["cdn.linqapp.com", "uploads.linqapp.com"])

const hostEnd = (url: string): number => {
  for (let at = https.length; at < url.length; at++) {
    const code = url.charCodeAt(at)
    if (code === 47 || code === 63 || code === 35) return at
  }
  return url.length
}

/** The lower-case extension of the URL's path; undefined if it has none. */
const extension = (url: string, from: number): string | undefined => {
  let dot = -1
  let at = from
  for (; at < url.length; at++) {
    const code = url.charCodeAt(at)
    if (code === 63 || code === 35) break
    if (code === 47) dot = -1
    else if (code === 46) dot = at
  }
  return dot === -1 || dot + 1 === at ? undefined : url.slice(dot + 1, at).toLowerCase()
}

type Path = ReadonlyArray<string | number>
type Problems = Array<Problem.Problem>

/** Checks a file and says whether Linq has to download it. */
const checkMedia = (
  carrierId: CarrierId,
  media: Media,
  path: Path,
  formats: ReadonlySet<string>,
  problems: Problems
): boolean => {
  if ("attachment" in media) {
    if (media.attachment.carrierId !== carrierId) {
      problems.push(Problem.make("attachment", [...path, "attachment"], "the attachment is stored at another carrier; upload it here"))
    }
    return false
  }
  if (!media.url.startsWith(https)) {
    problems.push(Problem.make("media-scheme", [...path, "url"], "Linq only takes https:// URLs"))
    return false
  }
  const end = hostEnd(media.url)
  const format = extension(media.url, end)
  if (format !== undefined && !formats.has(format)) {
    problems.push(Problem.make("media-format", [...path, "url"], "Linq does not take files with this extension"))
  }
  return !ownHosts.has(media.url.slice(https.length, end))
}

/** A picture as a sticker is one field more. `asSticker`: whether the field is sent. */
const lowerMedia = (media: Media, asSticker: boolean): LinqRequests.MediaPartRequest => ({
  type: "media",
  ..."attachment" in media ? { attachment_id: media.attachment.id } : { url: media.url },
  ...(asSticker ? { sticker: true } : undefined)
})

// --- texts ---

const overlap = (left: Decoration, right: Decoration): boolean => left.start < right.end && right.start < left.end

const rangeProblems = (
  rule: "decoration-range" | "mention-range",
  { end, start }: { readonly start: number; readonly end: number },
  text: string,
  splits: (position: number) => boolean,
  path: Path
): ReadonlyArray<Problem.Problem> => {
  if (!(start >= 0 && start < end && end <= text.length)) {
    return [Problem.make(rule, path, "the range must lie within the text, in UTF-16 units", { limit: text.length, actual: end })]
  }
  return splits(start) || splits(end) ? [Problem.make(rule, path, "the range must not cut a sign in two")] : []
}

const checkDecorations = (part: Text, decorations: ReadonlyArray<Decoration>, path: Path, problems: Problems): void => {
  if (decorations.length > limits.decorations) {
    problems.push(
      Problem.make("decoration-count", path, "more decorations than Linq takes", { limit: limits.decorations, actual: decorations.length })
    )
    return
  }
  const splits = splitter(part.text)
  for (let index = 0; index < decorations.length; index++) {
    const decoration = decorations[index]
    if (decoration === undefined) continue
    problems.push(...rangeProblems("decoration-range", decoration, part.text, splits, [...path, index]))
    if (("style" in decoration) === ("animation" in decoration)) {
      problems.push(Problem.make("decoration-kind", [...path, index], "a decoration has exactly one of style and animation"))
    }
    for (let before = 0; before < index; before++) {
      const other = decorations[before]
      if (other !== undefined && ("animation" in decoration || "animation" in other) && overlap(decoration, other)) {
        problems.push(Problem.make("decoration-overlap", [...path, index], "an animation may not overlap another decoration"))
        break
      }
    }
  }
}

const lowerDecoration = (decoration: Decoration): LinqRequests.DecorationRequest =>
  "style" in decoration
    ? { range: [decoration.start, decoration.end], style: decoration.style }
    : { range: [decoration.start, decoration.end], animation: decoration.animation }

const checkMentions = (part: Text, mentions: ReadonlyArray<Mention>, path: Path, problems: Problems): void => {
  const splits = splitter(part.text)
  mentions.forEach((mention, index) => {
    problems.push(...rangeProblems("mention-range", mention, part.text, splits, [...path, index]))
  })
}

// --- the plan ---

const alone: ReadonlyArray<number> = [0]
const operations = { create: "createChat", send: "sendMessage" } as const

const reasons = {
  star: "Linq has no such effect",
  first: "the first message of a Linq chat carries none",
  direct: "only a group has mentions",
  oneMention: "Linq takes one mention in a text",
  service: "only iMessage shows it, and another service is preferred",
  iMessage: "only iMessage shows it",
  sms: "SMS has no previews",
  elsewhere: "the message that it answers is not at this carrier"
} as const

const partFields = ["type", "value", "text_decorations", "url", "attachment_id"] as const

/**
 * The fields that this file writes. Extras may not set them. `withKey` adds `idempotency_key` at the end. A draft with mentions of its
 * own sets them itself. In any other draft, extras may still have a mention, as drafts from before mentions had.
 */
const ownFields = {
  message: Extras.names("parts", "effect", "reply_to", "idempotency_key", "preferred_service"),
  effect: Extras.names("name", "type"),
  part: Extras.names(...partFields),
  mentioning: Extras.names(...partFields, "mention", "mention_range")
} as const

const has = <A>(list: ReadonlyArray<A> | undefined): list is ReadonlyArray<A> => list !== undefined && list.length > 0

type LossDetail = { readonly part?: number; readonly from?: string }

/** A draft while it becomes a request: its problems, its losses, and whether something in it shows only on iMessage. */
interface Lowering {
  readonly carrierId: CarrierId
  readonly input: Plan.PlanInput
  /** Whether this is the first message of its chat. Linq allows less in a first message. */
  readonly isFirst: boolean
  readonly problems: Problems
  readonly losses: Array<Loss.Loss>
  usesIMessage: boolean
}

/** Whether something that shows only on iMessage is sent. An unpinned service under `exact` is pinned by it, unless the caller chose one. */
const keepForIMessage = (lowering: Lowering, kind: Loss.LossKind, detail?: LossDetail): boolean => {
  const { input: { draft: { preferredService }, fidelity }, losses } = lowering
  if (preferredService === "SMS" || preferredService === "RCS") {
    losses.push(Loss.certain(kind, reasons.service, detail))
    return false
  }
  lowering.usesIMessage = true
  if (preferredService === undefined && fidelity !== "exact") {
    losses.push(Loss.conditional(kind, "not-iMessage", reasons.iMessage, detail))
  }
  return true
}

/**
 * The mention that a text is sent with: its first one. Every other mention is a loss. In a direct chat all mentions are lost, because
 * Linq refuses them there (409, code 2023). The words stay in any case.
 */
const lowerMention = (
  lowering: Lowering,
  part: Text,
  mentions: ReadonlyArray<Mention>,
  index: number
): Pick<LinqRequests.TextPartRequest, "mention" | "mention_range"> | undefined => {
  const { input: { conversation }, losses, problems } = lowering
  checkMentions(part, mentions, ["parts", index, "mentions"], problems)
  if (conversation._tag === "Direct") {
    losses.push(Loss.certain("mention-dropped", reasons.direct, { part: index }))
    return undefined
  }
  const [first, ...others] = mentions
  for (const other of others) {
    losses.push(Loss.certain("mention-dropped", reasons.oneMention, { part: index, from: Loss.rangeOf(other) }))
  }
  return first !== undefined && keepForIMessage(lowering, "mention-dropped", { part: index, from: Loss.rangeOf(first) })
    ? { mention: first.handle, mention_range: [first.start, first.end] }
    : undefined
}

type PartRequest = LinqRequests.MessageContent["parts"][number]

const lowerText = (lowering: Lowering, part: Text, index: number, afterText: boolean): PartRequest => {
  const { isFirst, problems } = lowering
  const { decorations, text } = part
  if (text.length > limits.textLength) {
    problems.push(
      Problem.make("text-length", ["parts", index, "text"], "the text is longer than Linq takes", {
        limit: limits.textLength,
        actual: text.length
      })
    )
  } else if (!isVisible(text)) {
    problems.push(Problem.make("empty-text", ["parts", index, "text"], "a text part needs at least one character that can be seen"))
  } else if (isFirst && holdsUrl(text)) {
    problems.push(
      Problem.make("first-message", ["parts", index, "text"], "the first message of a Linq chat may hold no URL; send something else first")
    )
  }
  if (afterText) {
    problems.push(Problem.make("consecutive-text", ["parts", index], "Linq takes no two texts in a row; join them or put media between"))
  }
  const mention = has(part.mentions) ? lowerMention(lowering, part, part.mentions, index) : undefined
  if (!has(decorations)) return { type: "text", value: text, ...mention }
  checkDecorations(part, decorations, ["parts", index, "decorations"], problems)
  return keepForIMessage(lowering, "decorations-dropped", { part: index })
    ? { type: "text", value: text, text_decorations: decorations.map(lowerDecoration), ...mention }
    : { type: "text", value: text, ...mention }
}

const lowerLink = ({ input, isFirst, problems }: Lowering, { url }: Link, index: number): PartRequest => {
  if (url.length > limits.linkLength) {
    problems.push(
      Problem.make("link-length", ["parts", index, "url"], "the link is longer than Linq takes", {
        limit: limits.linkLength,
        actual: url.length
      })
    )
  }
  if (input.draft.parts.length > 1) {
    problems.push(Problem.make("link-alone", ["parts", index], "at Linq a link is the only part of its message"))
  }
  if (isFirst) {
    problems.push(
      Problem.make("first-message", ["parts", index, "url"], "the first message of a Linq chat may hold no link; send something else first")
    )
  }
  return { type: "link", value: url }
}

/** The parts of the request, and the position of a link among them. */
const lowerParts = (lowering: Lowering): { readonly parts: Array<PartRequest>; readonly link: number | undefined } => {
  const { carrierId, input: { draft }, problems } = lowering
  const count = draft.parts.length
  const parts: Array<PartRequest> = []
  let urls = 0
  let link: number | undefined
  for (let index = 0; index < count; index++) {
    const part = draft.parts[index]
    if (part === undefined) continue
    switch (part._tag) {
      case "Text":
        parts.push(lowerText(lowering, part, index, draft.parts[index - 1]?._tag === "Text"))
        break
      case "Media":
        if (checkMedia(carrierId, part, ["parts", index], mediaFormats, problems)) urls++
        parts.push(lowerMedia(part, part.sticker === true && keepForIMessage(lowering, "sticker-dropped", { part: index })))
        break
      case "Link":
        link = index
        parts.push(lowerLink(lowering, part, index))
    }
  }
  if (count > limits.parts) {
    problems.push(Problem.make("part-count", ["parts"], "more parts than Linq takes", { limit: limits.parts, actual: count }))
  }
  if (urls > limits.mediaUrls) {
    problems.push(
      Problem.make("media-count", ["parts"], "more files by URL than Linq takes; upload them first", {
        limit: limits.mediaUrls,
        actual: urls
      })
    )
  }
  return { parts, link }
}

const lowerEffect = (lowering: Lowering, effect: NonNullable<Draft["effect"]>): LinqRequests.MessageContent["effect"] => {
  const detail = { from: effect }
  const native = LinqWords.effectFromNeutral[effect]
  if (native === undefined) lowering.losses.push(Loss.certain("effect-dropped", reasons.star, detail))
  else if (lowering.isFirst) lowering.losses.push(Loss.certain("effect-dropped", reasons.first, detail))
  else if (keepForIMessage(lowering, "effect-dropped", detail)) return native
  return undefined
}

const lowerReply = (lowering: Lowering): LinqRequests.MessageContent["reply_to"] => {
  const { carrierId, input: { draft, replyTo }, isFirst, losses } = lowering
  if (draft.replyTo === undefined && replyTo === undefined) return undefined
  if (replyTo === undefined || replyTo.ref.carrierId !== carrierId) losses.push(Loss.certain("reply-dropped", reasons.elsewhere))
  else if (isFirst) losses.push(Loss.certain("reply-dropped", reasons.first))
  else if (keepForIMessage(lowering, "reply-dropped")) return { message_id: replyTo.ref.id, part_index: replyTo.part }
  return undefined
}

/** Compiles a draft into its one request. */
export const plan = (carrierId: CarrierId, input: Plan.PlanInput): Plan.Plan => {
  const { conversation, draft, fidelity, from, knowledge } = input
  const problems: Problems = []
  const losses: Array<Loss.Loss> = []
  const isFirst = knowledge._tag !== "Known"
  const count = draft.parts.length
  const lowering: Lowering = { carrierId, input, isFirst, problems, losses, usesIMessage: false }
  const { link, parts } = lowerParts(lowering)
  const effect = draft.effect === undefined ? undefined : lowerEffect(lowering, draft.effect)
  const reply = lowerReply(lowering)

  const preferred = draft.preferredService ?? (lowering.usesIMessage && fidelity === "exact" ? "iMessage" : undefined)
  if (link !== undefined && preferred !== "iMessage") {
    losses.push(Loss.conditional("link-preview-dropped", "SMS", reasons.sms, { part: link }))
  }

  const extras = draft.extras && Extras.settle(draft.extras, "linq", {
    message: ownFields.message,
    part: draft.parts.some((part) => part._tag === "Text" && has(part.mentions)) ? ownFields.mentioning : ownFields.part,
    ...(effect === undefined ? {} : { effect: ownFields.effect })
  })
  if (extras !== undefined) losses.push(...extras.losses)

  const to = isFirst ? Conversation.recipients(conversation) : undefined
  if (to !== undefined) checkRecipients(conversation, to, from, problems)

  return Plan.make(carrierId, fidelity, problems, losses, () => {
    const message: LinqRequests.MessageContent = {
      ...extras?.message,
      parts: extras === undefined ? parts : parts.map((part, index) => ({ ...extras.partOf(index), ...part })),
      ...(effect === undefined ? undefined : { effect: extras === undefined ? effect : { ...extras.effect, ...effect } }),
      ...(reply === undefined ? undefined : { reply_to: reply }),
      ...(preferred === undefined ? undefined : { preferred_service: LinqWords.serviceFromNeutral[preferred] })
    }
    return [
      knowledge._tag === "Known"
        ? {
          operation: operations.send,
          method: "POST",
          path: `${LinqClient.chatPath(knowledge.chat.id)}/messages`,
          body: { message },
          parts: count === 1 ? alone : draft.parts.map((_, index) => index),
          keyed: true
        }
        : {
          operation: operations.create,
          method: "POST",
          path: "/v3/chats",
          body: { from, to, message },
          parts: count === 1 ? alone : draft.parts.map((_, index) => index),
          keyed: true
        }
    ]
  })
}

const checkRecipients = (conversation: Conversation.Conversation, to: ReadonlyArray<Handle>, from: Phone, problems: Problems): void => {
  if (to.length < 1 || to.length > limits.recipients) {
    problems.push(
      Problem.make("recipient-count", ["to", "members"], "Linq opens chats with 1 to 31 people", {
        limit: limits.recipients,
        actual: to.length
      })
    )
  }
  for (let index = 0; index < to.length; index++) {
    if (to[index] === from) {
      const path = conversation._tag === "Direct" ? ["to", "handle"] : ["to", "members", index]
      problems.push(Problem.make("recipient", path, "a line cannot write to itself"))
    }
  }
}

/** The step's body with its key, in the place where Linq reads it. */
export const withKey = (body: Readonly<Record<string, unknown>>, key: string): Readonly<Record<string, unknown>> => {
  const { message } = body
  return typeof message === "object" ? { ...body, message: { ...message, idempotency_key: key } } : body
}

/**
 * The step's body with the field that passes Linq's own block of a person who opted out. The field stands at the top, beside the
 * message.
 */
export const pastOptOut = (body: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> => ({
  ...body,
  override_optout: true
})

// --- other operations ---

/** What is wrong with a voice memo, before anything is uploaded or sent. */
export const voiceMemoProblems = (carrierId: CarrierId, audio: Media): ReadonlyArray<Problem.Problem> => {
  const problems: Problems = []
  checkMedia(carrierId, audio, ["audio"], voiceMemoFormats, problems)
  return problems
}

export const voiceMemo = (audio: Media): LinqRequests.VoiceMemo =>
  "attachment" in audio ? { attachment_id: audio.attachment.id } : { voice_memo_url: audio.url }

/** What is wrong with a sticker: its address must be one of Linq's own. */
export const stickerProblems = (sticker: Sticker): ReadonlyArray<Problem.Problem> =>
  "attachment" in sticker || (sticker.url.startsWith(https) && ownHosts.has(sticker.url.slice(https.length, hostEnd(sticker.url))))
    ? []
    : [Problem.make("media-scheme", ["reaction", "url"], "Linq takes only a file that it stores as a sticker; upload the file first")]

const reactionFields = (
  reaction: Reaction | Sticker
): Pick<LinqRequests.React, "type" | "custom_emoji" | "attachment_id" | "url" | "placement"> => {
  switch (reaction._tag) {
    case "Tapback":
      return { type: LinqWords.reactionFromNeutral[reaction.tapback] }
    case "Emoji":
      return { type: "custom", custom_emoji: reaction.emoji }
    case "Sticker":
      return {
        type: "sticker",
        ...("attachment" in reaction ? { attachment_id: reaction.attachment.id } : { url: reaction.url }),
        ...(reaction.placement === undefined ? {} : { placement: reaction.placement })
      }
  }
}

/** `part_index` is left out for the first part, its default. */
export const reaction = (operation: "react" | "unreact", part: number, reaction: Reaction | Sticker): LinqRequests.React => ({
  operation: operation === "react" ? "add" : "remove",
  ...reactionFields(reaction),
  ...(part === 0 ? {} : { part_index: part })
})

export const edit = (text: string, part: number): LinqRequests.EditMessage => ({ text, part_index: part })

export const editProblems = (text: string): ReadonlyArray<Problem.Problem> =>
  text.length <= limits.textLength
    ? []
    : [Problem.make("text-length", ["text"], "the text is longer than Linq takes", { limit: limits.textLength, actual: text.length })]

export const uploadProblems = ({ bytes, mimeType }: Upload): ReadonlyArray<Problem.Problem> => [
  ...(bytes.length > limits.attachmentBytes
    ? [
      Problem.make("media-size", ["upload", "bytes"], "the file is larger than Linq takes", {
        limit: limits.attachmentBytes,
        actual: bytes.length
      })
    ]
    : []),
  ...(contentTypes.has(mimeType) ? [] : [Problem.make("media-format", ["upload", "mimeType"], "Linq does not store files of this type")])
]
