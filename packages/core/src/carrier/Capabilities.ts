/** What a carrier can do, as data: one gate reads it before any I/O, and one test suite proves it in both directions. */
import * as Schema from "effect/Schema"
import { MessageEffect } from "../content/MessageEffect.ts"
import { Tapback } from "../content/Reaction.ts"
import { Operation } from "../names/Operation.ts"
import { Service } from "../names/Service.ts"

/**
 * How a carrier supports a feature: natively, by emulation in the adapter, or not at all.
 *
 * @category models
 */
export const Support = Schema.Literal("native", "emulated", "unsupported")

/** @category models */
export type Support = typeof Support.Type

/**
 * An operation may be supported in direct conversations and not in groups, or the other way round.
 *
 * @category models
 */
export const Coverage = Schema.Struct({ direct: Support, group: Support })

/** @category models */
export interface Coverage extends Schema.Schema.Type<typeof Coverage> {}

/**
 * Features of a draft. `text`: a text part. `media`: a file by URL. `attachment`: a file uploaded before. `link`: a rich
 * preview. `mentions`: a member of a group is named in a text. `sticker`: a picture is
 * shown as a sticker. `multipart`: several parts arrive as one message.
 *
 * @category models
 */
export const Feature = Schema.Literal(
  "text",
  "media",
  "attachment",
  "link",
  "effect",
  "decorations",
  "mentions",
  "sticker",
  "reply",
  "multipart",
  "preferredService"
)

/** @category models */
export type Feature = typeof Feature.Type

/**
 * Sizes in bytes, text in UTF-16 code units, counts in pieces. Absent: the vendor documents no limit. Neither vendor says whether its
 * "characters" are units or code points; units are never fewer, so a text that passes here passes there. A longer one is refused, not cut.
 *
 * @category models
 */
export const Limits = Schema.Struct({
  textLength: Schema.Number,
  linkLength: Schema.optionalWith(Schema.Number, { exact: true }),
  parts: Schema.optionalWith(Schema.Number, { exact: true }),
  mediaUrls: Schema.optionalWith(Schema.Number, { exact: true }),
  mediaUrlBytes: Schema.optionalWith(Schema.Number, { exact: true }),
  attachmentBytes: Schema.optionalWith(Schema.Number, { exact: true }),
  voiceMemoBytes: Schema.optionalWith(Schema.Number, { exact: true }),
  recipients: Schema.optionalWith(Schema.Number, { exact: true }),
  decorations: Schema.optionalWith(Schema.Number, { exact: true }),
  mentions: Schema.optionalWith(Schema.Number, { exact: true }),
  idempotencyKeyLength: Schema.optionalWith(Schema.Number, { exact: true }),
  mediaFormats: Schema.optionalWith(Schema.Array(Schema.String), { exact: true }),
  voiceMemoFormats: Schema.optionalWith(Schema.Array(Schema.String), { exact: true })
})

/** @category models */
export interface Limits extends Schema.Schema.Type<typeof Limits> {}

const total = <K extends string, A, I>(key: Schema.Schema<K>, value: Schema.Schema<A, I>) => Schema.Record({ key, value })

/**
 * `effects`: `emulated` means that the nearest effect is offered under `adapt` and reported as a loss. `idempotent`: the
 * vendor honours a key on a send. `liftsOptOuts`: the vendor itself takes an opt-out back with any later message of the person. `beforeReply`: what it may
 * refuse until the person has written to the line: more messages, longer texts, links, files. `emojiReactions` and `stickerReactions` complete `reactions`.
 * `reasons`: why an operation is unsupported, for people, with a source and its date.
 *
 * @category models
 */
export const Capabilities = Schema.Struct({
  operations: total(Operation, Coverage),
  features: total(Feature, total(Service, Support)),
  effects: total(MessageEffect, Support),
  reactions: total(Tapback, Support),
  emojiReactions: Support,
  stickerReactions: Support,
  idempotent: Schema.Boolean,
  liftsOptOuts: Schema.optionalWith(Schema.Boolean, { exact: true }),
  beforeReply: Schema.optionalWith(
    Schema.Struct({ messages: Schema.Number, textLength: Schema.Number, links: Schema.Boolean, media: Schema.Boolean }),
    { exact: true }
  ),
  limits: Limits,
  reasons: Schema.optionalWith(Schema.partialWith(Schema.Record({ key: Operation, value: Schema.String }), { exact: true }), {
    exact: true
  })
})

/** @category models */
export interface Capabilities extends Schema.Schema.Type<typeof Capabilities> {}

/**
 * The same support in direct conversations and in groups.
 *
 * @category constructors
 */
export const everywhere = (support: Support): Coverage => ({ direct: support, group: support })

/**
 * The same support on every service.
 *
 * @category constructors
 */
export const anyService = (support: Support): Record<Service, Support> => ({ iMessage: support, RCS: support, SMS: support })

/**
 * Whether an operation is available; without `kind`, whether it is in any kind of conversation.
 *
 * @category getters
 */
export const supports = (capabilities: Capabilities, operation: Operation, kind?: "direct" | "group"): boolean => {
  const coverage = capabilities.operations[operation]
  return kind === undefined
    ? coverage.direct !== "unsupported" || coverage.group !== "unsupported"
    : coverage[kind] !== "unsupported"
}
