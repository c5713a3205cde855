/** How a line or a chat is doing in the carrier's eyes. */
import * as Schema from "effect/Schema"
import { CarrierId } from "../names/CarrierId.ts"
import { Phone } from "../names/Handle.ts"
import { LineName } from "../names/Line.ts"

/**
 * How a carrier rates a chat, in our words.
 *
 * @category models
 */
export const HealthStatus = Schema.Literal("healthy", "at-risk", "critical", "opted-out", "unknown")

/** @category models */
export type HealthStatus = typeof HealthStatus.Type

/**
 * `score` runs from 0 to 100, higher is healthier, where the carrier gives one. `raw` is the vendor's word.
 *
 * @category models
 */
export const ChatHealth = Schema.Struct({
  status: HealthStatus,
  raw: Schema.optionalWith(Schema.String, { exact: true }),
  score: Schema.optionalWith(Schema.Number, { exact: true }),
  reason: Schema.optionalWith(Schema.String, { exact: true }),
  updatedAt: Schema.optionalWith(Schema.String, { exact: true }),
  docUrl: Schema.optionalWith(Schema.String, { exact: true })
})

/** @category models */
export interface ChatHealth extends Schema.Schema.Type<typeof ChatHealth> {}

/**
 * One of the account's lines. `name` is set when the line is configured here. `available` is false when the carrier says
 * that it cannot send (flagged, offline). `ending` is true if the carrier will take the number away, at `endsAt` if it says when.
 *
 * @category models
 */
export const LineHealth = Schema.Struct({
  carrierId: CarrierId,
  number: Phone,
  id: Schema.optionalWith(Schema.String, { exact: true }),
  name: Schema.optionalWith(LineName, { exact: true }),
  status: HealthStatus,
  available: Schema.Boolean,
  raw: Schema.optionalWith(Schema.String, { exact: true }),
  ending: Schema.optionalWith(Schema.Boolean, { exact: true }),
  endsAt: Schema.optionalWith(Schema.String, { exact: true }),
  forwardingNumber: Schema.optionalWith(Schema.String, { exact: true }),
  metadata: Schema.Record({ key: Schema.String, value: Schema.Unknown })
})

/** @category models */
export interface LineHealth extends Schema.Schema.Type<typeof LineHealth> {}
