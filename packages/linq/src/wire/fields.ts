/** Reads fields of what Linq sends: every field that is not an id may be absent or null, and unknown keys are kept. */
import * as Schema from "effect/Schema"

export const maybe = <A, I>(schema: Schema.Schema<A, I>) => Schema.optional(Schema.NullOr(schema))

export const open = { key: Schema.String, value: Schema.Unknown }

export const text = maybe(Schema.String)
export const number = maybe(Schema.Number)
export const flag = maybe(Schema.Boolean)

/** The effect of a message. */
export const effect = maybe(Schema.Struct({ name: text, type: text }))

/** The message and the part that a message answers. */
export const replyTo = maybe(Schema.Struct({ message_id: Schema.String, part_index: number }))
