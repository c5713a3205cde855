/**
 * What a carrier cannot carry of a draft. Nothing is lost silently: under `adapt` losses are returned, under `exact` the
 * certain ones refuse the draft before anything is sent.
 */
import * as Schema from "effect/Schema"

/**
 * What a vendor cannot carry, by kind.
 *
 * @category models
 */
export const LossKind = Schema.Literal(
  "effect-dropped",
  "effect-approximated",
  "decorations-dropped",
  "mention-dropped",
  "sticker-dropped",
  "reply-dropped",
  "link-preview-dropped",
  "split",
  "service-preference-dropped",
  "before-reply",
  "new-person",
  "unknown-field"
)

/** @category models */
export type LossKind = typeof LossKind.Type

/**
 * One sentence per kind, for people.
 *
 * @category models
 */
export const sentences = {
  "effect-dropped": "the message arrives without its effect",
  "effect-approximated": "the message arrives with the nearest effect that the carrier has",
  "decorations-dropped": "the text arrives without its styles and animations",
  "mention-dropped": "the words arrive, but they are not a mention: nobody is notified by them",
  "sticker-dropped": "the sticker arrives as a picture",
  "reply-dropped": "the message arrives on its own, not as a reply",
  "link-preview-dropped": "the link arrives as plain text; the phone may still draw a preview of its own",
  split: "the parts arrive as several messages",
  "service-preference-dropped": "the carrier chooses the service itself",
  "before-reply": "the vendor may refuse the message until the person has written to the line",
  "new-person": "the line may write to nobody new at the moment: the message waits, goes by another carrier or is not sent",
  "unknown-field": "what a field says that the carrier is not asked for has no effect"
} as const satisfies Record<LossKind, string>

/**
 * `certain` losses happen whenever the draft is sent; `conditional` ones only if the message does not travel by iMessage
 * (`not-iMessage`) or travels by SMS (`SMS`), or for the reason that is given.
 *
 * @category models
 */
export const Loss = Schema.Struct({
  kind: LossKind,
  certainty: Schema.Literal("certain", "conditional"),
  condition: Schema.optionalWith(Schema.Literal("not-iMessage", "SMS"), { exact: true }),
  part: Schema.optionalWith(Schema.NonNegativeInt, { exact: true }),
  from: Schema.optionalWith(Schema.String, { exact: true }),
  to: Schema.optionalWith(Schema.String, { exact: true }),
  reason: Schema.String
})

/** @category models */
export interface Loss extends Schema.Schema.Type<typeof Loss> {}

/**
 * Makes a loss that happens in any case.
 *
 * @category constructors
 */
export const certain = (
  kind: LossKind,
  reason: string,
  detail?: { readonly part?: number; readonly from?: string; readonly to?: string }
): Loss => ({ kind, certainty: "certain", reason, ...detail })

/**
 * Makes a loss that happens only if the message travels by the named kind of service.
 *
 * @category constructors
 */
export const conditional = (
  kind: LossKind,
  condition: "not-iMessage" | "SMS",
  reason: string,
  detail?: { readonly part?: number; readonly from?: string; readonly to?: string }
): Loss => ({ kind, certainty: "conditional", condition, reason, ...detail })

/**
 * How a loss names one range of a text, in UTF-16 units: `0-3`. The end is excluded.
 *
 * @category combinators
 */
export const rangeOf = ({ end, start }: { readonly start: number; readonly end: number }): string => `${start}-${end}`

/**
 * Whether the loss happens whenever the draft is sent.
 *
 * @category refinements
 */
export const isCertain = (loss: Loss): boolean => loss.certainty === "certain"
