/** Values as JSON in a column. */
import * as Effect from "effect/Effect"
import type * as ParseResult from "effect/ParseResult"
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

/**
 * Writes a value as JSON. Encoding by the schema looks at every field. For the values that a send writes, this took longer than the write
 * itself. If encoding would not change the value, it is written directly.
 *
 * @category combinators
 */
export const makeEncoder = <A, I>(schema: Schema.Schema<A, I>): (value: A) => Effect.Effect<string, ParseResult.ParseError> =>
  isPlain(schema.ast) ? (value) => Effect.sync(() => JSON.stringify(value)) : Schema.encode(Schema.parseJson(schema))
