/** Reads requests with fields that the gateway does not know, as a newer client may send them. */
import * as Extras from "@interline/core/Extras"
import type { Loss } from "@interline/core/Loss"
import * as VisibleText from "@interline/core/VisibleText"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"

/** Where a field belongs in the message that a request asks for. */
export type Place =
  | { readonly in: "message" | "effect"; readonly name: string }
  | { readonly in: "part"; readonly part: number; readonly name: string }

/** The vendor of the wire, and which of its fields have a place in a draft. */
export interface Passing {
  readonly vendor: string
  readonly placeOf: (path: ReadonlyArray<PropertyKey>) => Place | undefined
}

/**
 * A request as the gateway knows it. `extras` are the unknown fields that go on to the vendor of the wire. `unknown` are the paths
 * of the others, such as `message.reply_to.depth`.
 */
export interface Known<A> {
  readonly value: A
  readonly extras?: Extras.Extras
  readonly unknown: ReadonlyArray<string>
}

interface Field {
  readonly path: ReadonlyArray<PropertyKey>
  readonly value: unknown
}

const most = 20
const longest = 100

/** Reads a value by its schema. Only if it has unknown fields it is read a second time, without them. */
export const decode = <A, I>(
  schema: Schema.Schema<A, I>,
  passing?: Passing
): (value: unknown) => Effect.Effect<Known<A>, ParseResult.ParseError> => {
  const whole = Schema.decodeUnknownEither(schema, { onExcessProperty: "error" })
  const all = Schema.decodeUnknownEither(schema, { onExcessProperty: "error", errors: "all" })
  const open = Schema.decodeUnknown(schema)
  return (value) => {
    const known = whole(value)
    return Either.isRight(known)
      ? Effect.succeed({ value: known.right, unknown: [] })
      : Effect.map(open(value), (decoded) => ({
        value: decoded,
        ...sortFields(Either.match(all(value), { onLeft: (error) => fieldsOf(error, value), onRight: () => [] }), passing)
      }))
  }
}

const fieldsOf = (error: ParseResult.ParseError, value: unknown): ReadonlyArray<Field> => {
  const found = new Map<string, Field>()
  for (const { _tag, path } of ParseResult.ArrayFormatter.formatErrorSync(error)) {
    if (_tag === "Unexpected") found.set(JSON.stringify(path), { path, value: path.reduce(readBelow, value) })
  }
  return Array.from(found.values())
}

const readBelow = (value: unknown, name: PropertyKey): unknown =>
  typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined

const sortFields = (fields: ReadonlyArray<Field>, passing: Passing | undefined): Omit<Known<never>, "value"> => {
  if (passing === undefined) return { unknown: nameFields(fields) }
  const message: Record<string, unknown> = {}
  const effect: Record<string, unknown> = {}
  const parts = new Map<number, Record<string, unknown>>()
  const rest: Array<Field> = []
  for (const field of fields) {
    const place = passing.placeOf(field.path)
    if (place === undefined || !Extras.isName(place.name) || !Extras.isValue(field.value)) rest.push(field)
    else if (place.in === "part") parts.set(place.part, { ...parts.get(place.part), [place.name]: field.value })
    else if (place.in === "effect") effect[place.name] = field.value
    else message[place.name] = field.value
  }
  if (rest.length === fields.length) return { unknown: nameFields(rest) }
  const extras: Extras.Extras = {
    vendor: passing.vendor,
    ...(Object.keys(message).length === 0 ? {} : { message }),
    ...(Object.keys(effect).length === 0 ? {} : { effect }),
    ...(parts.size === 0 ? {} : { parts: Array.from(parts, ([part, fields]) => ({ part, fields })) })
  }
  // too much for a draft: then no field goes on, because a part of them alone may mean something else
  return Extras.isWithinLimits(extras) ? { extras, unknown: nameFields(rest) } : { unknown: nameFields(fields) }
}

const nameFields = (fields: ReadonlyArray<Field>): ReadonlyArray<string> =>
  fields.slice(0, most).map(({ path }) => VisibleText.shorten(path.map(String).join("."), longest))

export const toLosses = (unknown: ReadonlyArray<string>): ReadonlyArray<Loss> =>
  unknown.map((from) => Extras.makeLoss(from, "this gateway does not know the field"))
