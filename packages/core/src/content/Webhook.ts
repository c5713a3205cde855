/** A subscription of a URL to a carrier's events. */
import type * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { CarrierId } from "../names/CarrierId.ts"
import { Phone } from "../names/Handle.ts"
import { optional } from "../runtime/Optional.ts"

/**
 * `events` are the vendor's own event names. `lines` limits the subscription to those numbers; empty means all. `secret`
 * is given once, when the carrier makes it.
 *
 * @category models
 */
export const Webhook = Schema.Struct({
  carrierId: CarrierId,
  id: Schema.String,
  url: Schema.String,
  events: Schema.Array(Schema.String),
  lines: Schema.Array(Phone),
  active: Schema.Boolean,
  secret: optional(Schema.RedactedFromSelf(Schema.String)),
  createdAt: optional(Schema.String),
  updatedAt: optional(Schema.String)
})

/** @category models */
export interface Webhook extends Schema.Schema.Type<typeof Webhook> {}

/**
 * What to subscribe. `url` must be HTTPS at both vendors. `secret` is for carriers that let the caller choose it. `carrierId` says
 * where, if several carriers are configured; without it, `lines` that only one of them has.
 *
 * @category models
 */
export interface Subscription {
  readonly url: string
  readonly events: ReadonlyArray<string>
  readonly lines?: ReadonlyArray<Phone>
  readonly secret?: Redacted.Redacted<string>
  readonly carrierId?: CarrierId
}
