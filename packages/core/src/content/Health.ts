/** How a line or a chat is doing in the carrier's eyes, and how many new people a line may still write to. */
import * as Schema from "effect/Schema"
import { CarrierId } from "../names/CarrierId.ts"
import { Phone } from "../names/Handle.ts"
import { LineName } from "../names/Line.ts"
import { optional } from "../runtime/Optional.ts"
import { EpochMillis } from "../runtime/Time.ts"

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

/**
 * Whether a line may write to new people. `available`: it may. `limited`: it may again later. `paused`: it may not until its vendor allows it
 * again. `exempt`: its vendor does not limit it. `unknown`: its vendor does not say.
 *
 * @category models
 */
export const UsageState = Schema.Literal("available", "limited", "paused", "exempt", "unknown")

/** @category models */
export type UsageState = typeof UsageState.Type

/**
 * How many new people a line wrote to in one window of time, and how many it may write to. `left`: how many more at the moment. `nextSlotAt`:
 * when the oldest of them leaves the window. `resetsAt`: when the window begins anew, if it is a day of its vendor.
 *
 * @category models
 */
export const UsageWindow = Schema.Struct({
  used: optional(Schema.Number),
  limit: optional(Schema.Number),
  left: optional(Schema.Number),
  nextSlotAt: optional(EpochMillis),
  resetsAt: optional(EpochMillis)
})

/** @category models */
export interface UsageWindow extends Schema.Schema.Type<typeof UsageWindow> {}

/**
 * What a vendor says of the new people that one line may write to. What it does not say is absent.
 *
 * - `name`: set when the line is configured here. `raw`: the vendor's word for the state.
 * - `why`: why the state is not known.
 * - `sampledAt`: when the vendor counted. `availableAt`: when a limited line may write to new people again.
 * - `newAfterDays`: after so many days without a message a person is new again.
 * - `hour`, `day`: the two windows.
 *
 * @category models
 */
export const LineUsage = Schema.Struct({
  carrierId: CarrierId,
  number: Phone,
  name: optional(LineName),
  state: UsageState,
  raw: optional(Schema.String),
  why: optional(Schema.String),
  sampledAt: optional(EpochMillis),
  availableAt: optional(EpochMillis),
  newAfterDays: optional(Schema.Number),
  hour: optional(UsageWindow),
  day: optional(UsageWindow)
})

/** @category models */
export interface LineUsage extends Schema.Schema.Type<typeof LineUsage> {}

/**
 * Whether a person counts as new at a line. `known`: there was a message between them lately. `exempt`: the vendor does not limit it.
 * `unknown`: the vendor does not say. `raw`: its word. `newAfterDays`: after so many days without a message a person is new again.
 *
 * @category models
 */
export const ContactStatus = Schema.Struct({
  carrierId: CarrierId,
  status: Schema.Literal("known", "new", "exempt", "unknown"),
  raw: optional(Schema.String),
  newAfterDays: optional(Schema.Number),
  sampledAt: optional(EpochMillis)
})

/** @category models */
export interface ContactStatus extends Schema.Schema.Type<typeof ContactStatus> {}
