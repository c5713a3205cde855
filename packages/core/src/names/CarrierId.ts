/** The name of a configured carrier instance (`linq`, `linq-eu`). Not a vendor: two instances of one vendor have two ids. */
import * as Schema from "effect/Schema"

/**
 * Lower-case letters, digits and dashes, at most 32 characters; no colon, because `MessageRef` uses it as a separator.
 *
 * @category models
 */
export const CarrierId = Schema.String.pipe(
  Schema.pattern(/^[a-z][a-z0-9-]{0,31}$/),
  Schema.brand("CarrierId"),
  Schema.annotations({ identifier: "CarrierId" })
)

/** @category models */
export type CarrierId = typeof CarrierId.Type

/**
 * Makes a `CarrierId` from a literal in code; throws on a malformed one. Decode untrusted input with the schema.
 *
 * @category constructors
 */
export const make = (id: string): CarrierId => CarrierId.make(id)
