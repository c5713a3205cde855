/** What is different if a draft is sent by another carrier: models of the differences, and of what is counted. */
import { CarrierId } from "@interline/core/CarrierId"
import { DeliveryId } from "@interline/core/DeliveryId"
import { LossKind } from "@interline/core/Loss"
import { optional } from "@interline/core/Optional"
import { Rule } from "@interline/core/Problem"
import { EpochMillis } from "@interline/core/Time"
import * as Schema from "effect/Schema"

/**
 * One difference between what a carrier did with a draft and what another carrier would be asked to do.
 *
 * - `refused`: the other carrier cannot be asked for the draft. In `path`, a star stands for a position.
 * - `loss`: the other carrier loses something that is not lost today.
 * - `split`: one message becomes several.
 * - `requests`: the number of requests is another one.
 * - `carried`: the other carrier can be asked for a draft that is refused today.
 *
 * @category models
 */
export const Difference = Schema.Union(
  Schema.Struct({ kind: Schema.Literal("refused"), rule: Rule, path: Schema.String, message: Schema.String }),
  Schema.Struct({
    kind: Schema.Literal("loss"),
    loss: LossKind,
    certainty: Schema.Literal("certain", "conditional"),
    condition: optional(Schema.Literal("not-iMessage", "SMS")),
    from: optional(Schema.String),
    to: optional(Schema.String),
    reason: Schema.String
  }),
  Schema.Struct({ kind: Schema.Literal("split", "requests"), from: Schema.Number, to: Schema.Number }),
  Schema.Struct({ kind: Schema.Literal("carried") })
)

/** @category models */
export type Difference = typeof Difference.Type

/**
 * What can be told of a draft without its texts, its addresses and its people.
 *
 * - `parts`: one word for each part, such as `text of 120 with a URL`, `media .jpg`, `attachment`, `link`.
 * - `extras`: the names of the fields that only one vendor knows.
 * - `opensChat`: the carrier would open the conversation's chat with it.
 *
 * @category models
 */
export const DraftShape = Schema.Struct({
  conversation: Schema.Literal("direct", "group"),
  parts: Schema.Array(Schema.String),
  effect: optional(Schema.String),
  reply: Schema.Boolean,
  preferredService: optional(Schema.String),
  fidelity: Schema.Literal("adapt", "exact"),
  extras: Schema.Array(Schema.String),
  opensChat: Schema.Boolean
})

/** @category models */
export interface DraftShape extends Schema.Schema.Type<typeof DraftShape> {}

/**
 * A send that shows a difference.
 *
 * @category models
 */
export const Example = Schema.Struct({ deliveryId: DeliveryId, at: EpochMillis, draft: DraftShape })

/** @category models */
export interface Example extends Schema.Schema.Type<typeof Example> {}

/**
 * How often a difference was found, and examples. `share` is the part of all compared sends that have it.
 *
 * @category models
 */
export const Counted = Schema.Struct({
  difference: Difference,
  count: Schema.Number,
  share: Schema.Number,
  firstAt: EpochMillis,
  lastAt: EpochMillis,
  examples: Schema.Array(Example)
})

/** @category models */
export interface Counted extends Schema.Schema.Type<typeof Counted> {}

/**
 * The sends that one carrier answered, compared with the plans of another one. `sends` is the sum of `same`, `different` and `refused`.
 * `skipped` sends were not compared, because too many came at once or the database could not be read.
 *
 * @category models
 */
export const Comparison = Schema.Struct({
  carrierId: CarrierId,
  against: CarrierId,
  sends: Schema.Number,
  same: Schema.Number,
  different: Schema.Number,
  refused: Schema.Number,
  skipped: Schema.Number,
  firstAt: EpochMillis,
  lastAt: EpochMillis,
  differences: Schema.Array(Counted)
})

/** @category models */
export interface Comparison extends Schema.Schema.Type<typeof Comparison> {}
