/** The progress of reading back missed events, for each carrier, and the result of an import of opt-outs. */
import { CarrierId } from "@interline/core/CarrierId"
import * as IsoTime from "@interline/core/IsoTime"
import { optional } from "@interline/core/Optional"
import { EpochMillis } from "@interline/core/Time"
import * as Schema from "effect/Schema"

/**
 * The result of an import. `read`: the people that were read. `added`: those of them that are new. `known`: those that were in the list.
 * `malformed`: the lines that name no person. `lines`: the line numbers of the first 100 of these, counted from 1.
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
 * The progress of reading back at one carrier. `from` and `until`: the time that was read, in ISO 8601. `read`: the number of events.
 * `told`: the number of these that were new. `optOuts`: the number of opt-outs. `heardUntil`: every event until this time came by webhook
 * or was read back. It is absent if no event ever came. `streamSeenAt`: when the carrier's event stream last showed that it is alive. It is
 * absent if the carrier's events come by webhook, or if the stream was never open. `failures`: how often reading back has failed since the process started. `why`: the
 * reason of the failure, without numbers.
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
  streamSeenAt: optional(EpochMillis),
  failures: Schema.NonNegativeInt,
  read: Schema.NonNegativeInt,
  told: Schema.NonNegativeInt,
  optOuts: Schema.NonNegativeInt,
  why: optional(Schema.String)
})).annotations({ identifier: "CatchUpProgress" })

/** @category models */
export interface Progress extends Schema.Schema.Type<typeof Progress> {}
