/** What can be said of calls, by kind, with the clearest examples. */
import * as Schema from "effect/Schema"

const Request = Schema.Struct({ request: Schema.String, body: Schema.optionalWith(Schema.Unknown, { exact: true }) })

/**
 * A call as the report shows it. `where` is its place in the input. `becomes` are the requests of the other vendor.
 *
 * @category models
 */
export const Example = Schema.Struct({
  where: Schema.String,
  call: Request,
  becomes: Schema.Array(Request),
  says: Schema.Array(Schema.String)
})

/** @category models */
export interface Example extends Schema.Schema.Type<typeof Example> {}

/**
 * Calls about which the same can be said. `share` is the part of all calls of the vendor.
 *
 * @category models
 */
export const Kind = Schema.Struct({
  kind: Schema.String,
  weight: Schema.Literal("refused", "lost", "may be lost", "not carried", "note", "whole"),
  says: Schema.String,
  count: Schema.Number,
  share: Schema.Number,
  examples: Schema.Array(Example)
})

/** @category models */
export interface Kind extends Schema.Schema.Type<typeof Kind> {}
