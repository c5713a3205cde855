/** How far the gateway has read back what was said while it did not listen, carrier by carrier; and what an import of opt-outs came to. */
import { CarrierId } from "@interline/core/CarrierId"
import * as IsoTime from "@interline/core/IsoTime"
import { optional } from "@interline/core/Optional"
import { EpochMillis } from "@interline/core/Time"
import * as Schema from "effect/Schema"

/**
 * What came of an import: `read` people, `added` of them new and `known` not; `malformed` lines name nobody, and `lines` are the first 100 of those by
 * their number, counted from 1.
 *
 * @category models
 */
export const OptOutCounts = Schema.Struct({
  read: Schema.NonNegativeInt,
  added: Schema.NonNegativeInt,
  known: Schema.NonNegativeInt,
  malformed: Schema.NonNegativeInt,
  lines: Schema.Array(Schema.NonNegativeInt)
}).annotations({ identifier: "OptOutCounts" })

/** @category models */
export interface OptOutCounts extends Schema.Schema.Type<typeof OptOutCounts> {}

/**
 * How far reading back got at one carrier: `from` and `until` are what it covers, in ISO 8601; `read` events, `told` of them not known before,
 * `optOuts` opt-outs. `heardUntil`: everything until then was heard or read back; it is absent where nothing was ever heard. `failures`: how often reading
 * back failed since the process started. `why`: what it failed with, without numbers.
 *
 * @category models
 */
export const Progress = IsoTime.encodeTimes(Schema.Struct({
  carrierId: CarrierId,
  state: Schema.Literal("waiting", "running", "done", "failed"),
  from: optional(EpochMillis),
  until: optional(EpochMillis),
  startedAt: optional(EpochMillis),
  endedAt: optional(EpochMillis),
  heardUntil: optional(EpochMillis),
  failures: Schema.NonNegativeInt,
  read: Schema.NonNegativeInt,
  told: Schema.NonNegativeInt,
  optOuts: Schema.NonNegativeInt,
  why: optional(Schema.String)
})).annotations({ identifier: "CatchUpProgress" })

/** @category models */
export interface Progress extends Schema.Schema.Type<typeof Progress> {}
