/** Values as JSON in a column. */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type * as ParseResult from "effect/ParseResult"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import type * as AST from "effect/SchemaAST"

/** Whether a value of the schema is written unchanged: encoding changes nothing in it. */
const isPlain = (ast: AST.AST, above: ReadonlySet<AST.AST> = new Set()): boolean => {
  // A schema that contains itself is as plain as its other parts.
  if (above.has(ast)) return true
  const within = new Set(above).add(ast)
  switch (ast._tag) {
    case "Literal":
    case "StringKeyword":
    case "NumberKeyword":
    case "BooleanKeyword":
    case "TemplateLiteral":
    case "UnknownKeyword":
      return true
    case "Refinement":
      return isPlain(ast.from, within)
    case "Suspend":
      return isPlain(ast.f(), within)
    case "Union":
      return ast.types.every((type) => isPlain(type, within))
    case "TupleType":
      return [...ast.elements, ...ast.rest].every(({ type }) => isPlain(type, within))
    case "TypeLiteral":
      return [...ast.propertySignatures, ...ast.indexSignatures].every(({ type }) => isPlain(type, within))
    default:
      return false
  }
}

/** Encodes a value that has the type of a schema. */
type Encode = (value: unknown) => Either.Either<unknown, ParseResult.ParseError>

interface Field {
  readonly name: PropertyKey
  readonly encode: Encode
}

/** Encodes only these fields of a record. */
const encodeFields = (fields: ReadonlyArray<Field>, otherwise: Encode): Encode => (value) => {
  if (!Predicate.isRecord(value)) return otherwise(value)
  let encoded: Record<PropertyKey, unknown> | undefined
  for (const { encode, name } of fields) {
    const field = value[name]
    if (field === undefined) continue
    const either = encode(field)
    if (Either.isLeft(either)) return either
    if (either.right === field) continue
    encoded ??= { ...value }
    encoded[name] = either.right
  }
  return Either.right(encoded ?? value)
}

/** Encodes the items of an array. `rest` encodes those behind the first ones. Undefined: an item stays as it is. */
const encodeItems = (first: ReadonlyArray<Encode | undefined>, rest: Encode | undefined, otherwise: Encode): Encode => (value) => {
  if (!Array.isArray(value)) return otherwise(value)
  let encoded: Array<unknown> | undefined
  for (const [position, item] of value.entries()) {
    const encode = position < first.length ? first[position] : rest
    if (encode === undefined) continue
    const either = encode(item)
    if (Either.isLeft(either)) return either
    if (either.right === item) continue
    encoded ??= value.slice()
    encoded[position] = either.right
  }
  return Either.right(encoded ?? value)
}

/** How values of a type are encoded. Undefined: they stay as they are. */
const encodingOf = (ast: AST.AST): Encode | undefined => {
  if (isPlain(ast)) return undefined
  const encode: Encode = Schema.encodeUnknownEither(Schema.make(ast))
  if (ast._tag === "TypeLiteral" && ast.indexSignatures.length === 0) {
    const fields = ast.propertySignatures.flatMap(({ name, type }) => {
      const encode = encodingOf(type)
      return encode === undefined ? [] : [{ name, encode }]
    })
    return encodeFields(fields, encode)
  }
  if (ast._tag === "TupleType" && ast.rest.length <= 1) {
    const [rest] = ast.rest
    return encodeItems(ast.elements.map(({ type }) => encodingOf(type)), rest === undefined ? undefined : encodingOf(rest.type), encode)
  }
  return encode
}

/**
 * Encodes a value. Encoding by the schema looks at every field. For the values that a send writes, this took longer than the write itself. So
 * what encoding would not change is taken as it is.
 *
 * @category combinators
 */
export const makePartEncoder = <A, I>(schema: Schema.Schema<A, I>): (value: A) => Either.Either<I, ParseResult.ParseError> => {
  const encode = encodingOf(schema.ast)
  // a value of this schema that encoding would not change is of its encoded type too
  return (encode ?? Either.right) as (value: A) => Either.Either<I, ParseResult.ParseError>
}

/**
 * Writes a value as JSON, encoded as `makePartEncoder` does.
 *
 * @category combinators
 */
export const makeEncoder = <A, I>(schema: Schema.Schema<A, I>): (value: A) => Effect.Effect<string, ParseResult.ParseError> => {
  const encode = makePartEncoder(schema)
  return (value) => Effect.suspend(() => Either.map(encode(value), (encoded) => JSON.stringify(encoded)))
}
