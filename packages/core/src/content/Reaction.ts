/** A tapback, a custom emoji, or (received only) a sticker. */
import * as Schema from "effect/Schema"
import { Peer } from "../names/Peer.ts"

/**
 * The six tapbacks of iMessage.
 *
 * @category models
 */
export const Tapback = Schema.Literal("love", "like", "dislike", "laugh", "emphasize", "question")

/** @category models */
export type Tapback = typeof Tapback.Type

/**
 * What we can put on a message.
 *
 * @category models
 */
export const Reaction = Schema.Union(
  Schema.TaggedStruct("Tapback", { tapback: Tapback }),
  Schema.TaggedStruct("Emoji", { emoji: Schema.NonEmptyString })
)

/** @category models */
export type Reaction = typeof Reaction.Type

/**
 * What a carrier reports on a message: also stickers, and words that no table knows.
 *
 * @category models
 */
export const ReceivedReaction = Schema.Struct({
  reaction: Schema.Union(
    Reaction,
    Schema.TaggedStruct("Sticker", {
      url: Schema.optionalWith(Schema.String, { exact: true }),
      mimeType: Schema.optionalWith(Schema.String, { exact: true }),
      fileName: Schema.optionalWith(Schema.String, { exact: true }),
      width: Schema.optionalWith(Schema.Number, { exact: true }),
      height: Schema.optionalWith(Schema.Number, { exact: true })
    }),
    Schema.TaggedStruct("Unrecognized", { raw: Schema.String })
  ),
  from: Schema.optionalWith(Peer, { exact: true }),
  isMine: Schema.Boolean,
  raw: Schema.String
})

/** @category models */
export interface ReceivedReaction extends Schema.Schema.Type<typeof ReceivedReaction> {}

/**
 * Makes a reaction out of one of the six tapbacks.
 *
 * @category constructors
 */
export const tapback = (tapback: Tapback): Reaction => ({ _tag: "Tapback", tapback })

/**
 * Makes a reaction out of an emoji.
 *
 * @category constructors
 */
export const emoji = (emoji: string): Reaction => ({ _tag: "Emoji", emoji })
