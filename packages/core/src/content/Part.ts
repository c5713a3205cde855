/** What a message is made of. Outbound parts are strict; received ones are lenient and keep the vendor's words. */
import * as Schema from "effect/Schema"
import { isVisible } from "../language/VisibleText.ts"
import { CarrierId } from "../names/CarrierId.ts"
import { Handle } from "../names/Handle.ts"
import { Peer } from "../names/Peer.ts"
import { VendorId } from "../names/VendorId.ts"
import { ReceivedReaction } from "./Reaction.ts"

/**
 * The styles of a range of text.
 *
 * @category models
 */
export const TextStyle = Schema.Literal("bold", "italic", "strikethrough", "underline")

/** @category models */
export type TextStyle = typeof TextStyle.Type

/**
 * The animations of a range of text.
 *
 * @category models
 */
export const TextAnimation = Schema.Literal("big", "small", "shake", "nod", "explode", "ripple", "bloom", "jitter")

/** @category models */
export type TextAnimation = typeof TextAnimation.Type

const range = { start: Schema.NonNegativeInt, end: Schema.Positive.pipe(Schema.int()) }

/**
 * A style or an animation on the characters from `start` (included) to `end` (excluded), in UTF-16 code units.
 *
 * @category models
 */
export const Decoration = Schema.Union(
  Schema.Struct({ ...range, style: TextStyle }),
  Schema.Struct({ ...range, animation: TextAnimation })
)

/** @category models */
export type Decoration = typeof Decoration.Type

/**
 * A member of a group who is named in a text. The person's phone highlights the name and tells the person, also in a muted group. The text
 * has the plain name, without a sign in front. `start` (included) and `end` (excluded) count UTF-16 code units.
 *
 * @category models
 */
export const Mention = Schema.Struct({ handle: Handle, ...range })

/** @category models */
export interface Mention extends Schema.Schema.Type<typeof Mention> {}

/**
 * A text, the ranges of it that are decorated, and the ranges that name a member of the group.
 *
 * @category models
 */
export const Text = Schema.TaggedStruct("Text", {
  // what shows nothing is refused where it is sent, not where it is read back
  text: Schema.NonEmptyString.annotations({ arbitrary: () => (fc) => fc.string({ minLength: 1 }).filter(isVisible) }),
  decorations: Schema.optionalWith(Schema.Array(Decoration), { exact: true }),
  mentions: Schema.optionalWith(Schema.Array(Mention), { exact: true })
})

/** @category models */
export interface Text extends Schema.Schema.Type<typeof Text> {}

/**
 * A file that one carrier stores. It means nothing to another carrier.
 *
 * @category models
 */
export const AttachmentRef = Schema.Struct({ carrierId: CarrierId, id: VendorId })

/** @category models */
export interface AttachmentRef extends Schema.Schema.Type<typeof AttachmentRef> {}

const stuck = { sticker: Schema.optionalWith(Schema.Boolean, { exact: true }) }

/**
 * A file: a public HTTPS URL that the carrier fetches, or an attachment that was uploaded before. Exactly one of the two. With `sticker`, a
 * picture is shown as a sticker, without a frame; where that is not possible, it is shown as a picture.
 *
 * @category models
 */
export const Media = Schema.Union(
  Schema.TaggedStruct("Media", { url: Schema.NonEmptyString, ...stuck }),
  Schema.TaggedStruct("Media", { attachment: AttachmentRef, ...stuck })
)

/** @category models */
export type Media = typeof Media.Type

/**
 * A URL to be shown with a rich preview. To send a URL without one, put it in a `Text`.
 *
 * @category models
 */
export const Link = Schema.TaggedStruct("Link", { url: Schema.NonEmptyString })

/** @category models */
export interface Link extends Schema.Schema.Type<typeof Link> {}

/**
 * One part of a draft: a text, a medium or a link.
 *
 * @category models
 */
export const Part = Schema.Union(Text, Media, Link)

/** @category models */
export type Part = typeof Part.Type

/**
 * A decorated range as a vendor reported it. It may be outside the text, so it is not checked.
 *
 * @category models
 */
export const ReceivedDecoration = Schema.Struct({
  start: Schema.Number,
  end: Schema.Number,
  style: Schema.optionalWith(TextStyle, { exact: true }),
  animation: Schema.optionalWith(TextAnimation, { exact: true }),
  raw: Schema.optionalWith(Schema.String, { exact: true })
})

/** @category models */
export interface ReceivedDecoration extends Schema.Schema.Type<typeof ReceivedDecoration> {}

/**
 * Somebody who is named in a received text. `start` and `end` count UTF-16 units, as those of a decoration do. `isMine`: it is our line
 * in the chat, so the message means us.
 *
 * @category models
 */
export const ReceivedMention = Schema.Struct({
  peer: Peer,
  isMine: Schema.Boolean,
  start: Schema.NonNegativeInt,
  end: Schema.NonNegativeInt
})

/** @category models */
export interface ReceivedMention extends Schema.Schema.Type<typeof ReceivedMention> {}

// what a carrier says of a part that no table knows, under the vendor's names
const unread = { raw: Schema.optionalWith(Schema.Record({ key: Schema.String, value: Schema.Unknown }), { exact: true }) }

const reactions = { reactions: Schema.Array(ReceivedReaction) }

/**
 * A part as a carrier reports it. `mentions` of a text are there if somebody is named in it. `raw` of a known kind holds the fields that have no neutral name. `Other` is a kind that no table knows; its vendor word is in `kind`, all of it in `raw`.
 *
 * @category models
 */
export const ReceivedPart = Schema.Union(
  Schema.TaggedStruct("Text", {
    text: Schema.String,
    decorations: Schema.Array(ReceivedDecoration),
    mentions: Schema.optionalWith(Schema.Array(ReceivedMention), { exact: true }),
    ...reactions,
    ...unread
  }),
  Schema.TaggedStruct("Media", {
    url: Schema.optionalWith(Schema.String, { exact: true }),
    id: Schema.optionalWith(Schema.String, { exact: true }),
    fileName: Schema.optionalWith(Schema.String, { exact: true }),
    mimeType: Schema.optionalWith(Schema.String, { exact: true }),
    sizeBytes: Schema.optionalWith(Schema.Number, { exact: true }),
    ...stuck,
    ...reactions,
    ...unread
  }),
  Schema.TaggedStruct("Link", { url: Schema.String, ...reactions, ...unread }),
  Schema.TaggedStruct("Other", { kind: Schema.String, raw: Schema.Unknown, ...reactions })
)

/** @category models */
export type ReceivedPart = typeof ReceivedPart.Type

/**
 * Makes a text part.
 *
 * @category constructors
 */
export const text = (text: string, decorations?: ReadonlyArray<Decoration>, mentions?: ReadonlyArray<Mention>): Text => ({
  _tag: "Text",
  text,
  ...(decorations === undefined ? undefined : { decorations }),
  ...(mentions === undefined ? undefined : { mentions })
})

/**
 * Makes a media part from a URL.
 *
 * @category constructors
 */
export const media = (url: string): Media => ({ _tag: "Media", url })

/**
 * Makes a media part from a file that was uploaded before.
 *
 * @category constructors
 */
export const attachment = (attachment: AttachmentRef): Media => ({ _tag: "Media", attachment })

/**
 * Makes a link part, which asks for a preview.
 *
 * @category constructors
 */
export const link = (url: string): Link => ({ _tag: "Link", url })
