/** The card that a line offers to people: who is writing to them. */
import * as Schema from "effect/Schema"
import { LineName } from "../names/Line.ts"
import { optional } from "../runtime/Optional.ts"

/**
 * `active` says whether the carrier applied it to the line's device.
 *
 * @category models
 */
export const ContactCard = Schema.Struct({
  line: LineName,
  firstName: Schema.String,
  lastName: optional(Schema.String),
  imageUrl: optional(Schema.String),
  active: Schema.Boolean
})

/** @category models */
export interface ContactCard extends Schema.Schema.Type<typeof ContactCard> {}
