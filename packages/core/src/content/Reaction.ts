/** A tapback, a custom emoji or a sticker on a message. */
import * as Schema from "effect/Schema"
import { CarrierId } from "../names/CarrierId.ts"
import { Peer } from "../names/Peer.ts"
import { VendorId } from "../names/VendorId.ts"

/**
 * The six tapbacks of iMessage.
 *
 * @category models
 */
export const Tapback = Schema.Literal("love", "like", "dislike", "laugh", "emphasize", "question")

/** @category models */
export type Tapback = typeof Tapback.Type

/**
 * A tapback or an emoji. We can put both on a message and take both off.
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
 * Where a sticker is on a message. `x` and `y` are from -1 to 1, and 0 is the middle. `scale` 1 is the sticker's own size; the carrier may
 * limit it. `rotation` is in degrees, clockwise. The carrier chooses what is left out; where a sticker is moved, this stays as it is.
 *
 * @category models
 */
export const Placement = Schema.Struct({
  x: Schema.optionalWith(Schema.Number.pipe(Schema.between(-1, 1)), { exact: true }),
  y: Schema.optionalWith(Schema.Number.pipe(Schema.between(-1, 1)), { exact: true }),
  scale: Schema.optionalWith(Schema.Positive.pipe(Schema.finite()), { exact: true }),
  rotation: Schema.optionalWith(Schema.Finite, { exact: true })
})

/** @category models */
export interface Placement extends Schema.Schema.Type<typeof Placement> {}

const placed = { placement: Schema.optionalWith(Placement, { exact: true }) }

/**
 * A sticker to put on a message: a file that was uploaded before (as in `Part.AttachmentRef`), or the address at which the carrier serves
 * a file. Exactly one of the two.
 *
 * @category models
 */
export const Sticker = Schema.Union(
  Schema.TaggedStruct("Sticker", { attachment: Schema.Struct({ carrierId: CarrierId, id: VendorId }), ...placed }),
  Schema.TaggedStruct("Sticker", { url: Schema.NonEmptyString, ...placed })
)

/** @category models */
export type Sticker = typeof Sticker.Type

/**
 * What a carrier reports on a message: also stickers, and words that no table knows. `id` is the carrier's name of this reaction, where it
 * has one. A sticker is moved by it.
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
  id: Schema.optionalWith(VendorId, { exact: true }),
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

/**
 * Makes a sticker out of a file that was uploaded before.
 *
 * @category constructors
 */
export const sticker = (attachment: { readonly carrierId: CarrierId; readonly id: string }, placement?: Placement): Sticker =>
  placement === undefined ? { _tag: "Sticker", attachment } : { _tag: "Sticker", attachment, placement }
