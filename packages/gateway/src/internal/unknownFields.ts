/** Fields of a request that nothing here knows. A newer client means something by them. */
import type { Loss } from "@interline/core/Loss"
import * as Losses from "@interline/core/Loss"
import * as VisibleText from "@interline/core/VisibleText"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"

/** A request as far as it is known, and where the rest of it was: `message.parts.0.mention`. */
export interface Known<A> {
  readonly value: A
  readonly unknown: ReadonlyArray<string>
}

const most = 20
const longest = 100

/** Reads a value by its schema. Only where it has more than the schema knows is it read again, without the rest. */
export const decode = <A, I>(schema: Schema.Schema<A, I>): (value: unknown) => Effect.Effect<Known<A>, ParseResult.ParseError> => {
  const whole = Schema.decodeUnknownEither(schema, { onExcessProperty: "error" })
  const all = Schema.decodeUnknownEither(schema, { onExcessProperty: "error", errors: "all" })
  const open = Schema.decodeUnknown(schema)
  return (value) => {
    const known = whole(value)
    return Either.isRight(known)
      ? Effect.succeed({ value: known.right, unknown: [] })
      : Effect.map(open(value), (decoded) => ({ value: decoded, unknown: Either.match(all(value), { onLeft: pathsOf, onRight: () => [] }) }))
  }
}

const pathsOf = (error: ParseResult.ParseError): ReadonlyArray<string> =>
  Array.from(new Set(ParseResult.ArrayFormatter.formatErrorSync(error).flatMap(({ _tag, path }) => _tag === "Unexpected" ? [VisibleText.shorten(path.map(String).join("."), longest)] : []))).slice(0, most)

export const losses = (unknown: ReadonlyArray<string>): ReadonlyArray<Loss> =>
  unknown.map((from) => Losses.certain("unknown-field", "this gateway does not know the field", { from }))
