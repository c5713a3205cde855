/**
 * The card that a line offers to people: who is writing to them.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { LineName } from "../names/Line.ts"
import { optional } from "../runtime/Optional.ts"

/**
 * `active` says whether the carrier applied it to the line's device.
 *
 * @since 0.1.0
 * @category models
 */
export const ContactCard = Schema.Struct({
  line: LineName,
  firstName: Schema.String,
  lastName: optional(Schema.String),
  imageUrl: optional(Schema.String),
  active: Schema.Boolean
})

/**
 * @since 0.1.0
 * @category models
 */
export interface ContactCard extends Schema.Schema.Type<typeof ContactCard> {}
