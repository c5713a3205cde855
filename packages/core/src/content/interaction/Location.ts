/** Where people are, as far as they share it with one of our lines. A position is personal data: no log and no span holds one. */
import * as Schema from "effect/Schema"
import { MessageRef } from "../../names/MessageRef.ts"
import { Peer } from "../../names/Peer.ts"
import { optional } from "../../runtime/Optional.ts"

/**
 * A place on the earth. Latitude and longitude are in degrees. `accuracy` and `altitude` are the carrier's numbers; no carrier documents
 * their unit. `at` is the time of the position, as the carrier writes it.
 *
 * @category models
 */
export const Position = Schema.Struct({
  latitude: Schema.Number,
  longitude: Schema.Number,
  accuracy: optional(Schema.Number),
  altitude: optional(Schema.Number),
  address: optional(Schema.String),
  locality: optional(Schema.String),
  at: optional(Schema.String)
})

/** @category models */
export interface Position extends Schema.Schema.Type<typeof Position> {}

/**
 * `located`: the person shares, and a position is known. `waiting`: the person shares, and no position is known yet. `not-shared`: the
 * person shares nothing with this line.
 *
 * @category models
 */
export const Sharing = Schema.Literal("located", "waiting", "not-shared")

/** @category models */
export type Sharing = typeof Sharing.Type

/**
 * What a carrier says about one person. `sharing` is absent if the carrier's word is not known; `raw` is that word. `position` is the last
 * one that is known, so it may be old. `endsAt` is when the sharing ends, if the carrier says so. `metadata` holds the fields that only
 * this carrier has, under the vendor's names.
 *
 * @category models
 */
export const SharedLocation = Schema.Struct({
  peer: Peer,
  sharing: optional(Sharing),
  raw: optional(Schema.String),
  position: optional(Position),
  endsAt: optional(Schema.String),
  metadata: Schema.Record({ key: Schema.String, value: Schema.Unknown })
})

/** @category models */
export interface SharedLocation extends Schema.Schema.Type<typeof SharedLocation> {}

/**
 * The answer to a request for a location: the carrier will ask the person. `ref` is the message of the request, where the carrier names
 * it. The answer says nothing about what the person decides.
 *
 * @category models
 */
export const LocationRequested = Schema.Struct({ ref: optional(MessageRef) })

/** @category models */
export interface LocationRequested extends Schema.Schema.Type<typeof LocationRequested> {}
