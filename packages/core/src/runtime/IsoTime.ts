/** Points in time on the wire: ISO 8601 in UTC there, epoch milliseconds in programs and in stored rows. */
import * as DateTime from "effect/DateTime"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import * as AST from "effect/SchemaAST"
import { isEpochMillis } from "./Time.ts"

const written = /^([+-]\d{6}|\d{4})-(\d\d)-(\d\d)T\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:\d\d)$/

const must = "must be a time with its zone, like 2026-11-29T00:00:00Z, or epoch milliseconds"

// the calendar repeats every 400 years
const daysOf = (year: number, month: number): number => new Date(Date.UTC(2000 + year % 400, month, 0)).getUTCDate()

/**
 * A time as it is written, or what is wrong with it. A time without its zone would be another one on another machine, and the platform
 * takes a 30th of February for the 2nd of March.
 *
 * @category combinators
 */
export const read = (text: string): Either.Either<number, string> => {
  if (/^\d{1,15}$/.test(text)) return Either.right(Number(text))
  const [, year, month, day] = written.exec(text) ?? []
  if (year === undefined) return Either.left(must)
  if (Number(day) > daysOf(Number(year), Number(month))) return Either.left(`${must}; that month has no such day`)
  return Either.fromOption(Option.map(DateTime.make(text), DateTime.toEpochMillis), () => must)
}

const latest = 8.64e15

/**
 * Writes epoch milliseconds as ISO 8601. A number outside the calendar stays a number.
 *
 * @category combinators
 */
export const format = (millis: number): string | number => Math.abs(millis) <= latest ? new Date(millis).toISOString() : millis

// numbers are read as well: an answer that was kept for its key may be older than this
const written8601 = Schema.Union(Schema.String, Schema.Number).annotations({ jsonSchema: { type: "string", format: "date-time" } })

const Iso = Schema.transformOrFail(written8601, Schema.Number, {
  strict: true,
  decode: (given, _, ast) =>
    typeof given === "number" ? Either.right(given) : Either.mapLeft(read(given), (wrong) => new ParseResult.Type(ast, given, wrong)),
  encode: (millis) => Either.right(format(millis))
})

/** The same list where nothing in it was changed, so that what has no time in it stays the schema that it is. */
const each = <A>(list: ReadonlyArray<A>, change: (one: A) => A): ReadonlyArray<A> => {
  const changed = list.map(change)
  return changed.every((one, position) => one === list[position]) ? list : changed
}

// what is the same schema stays the same one: a list that is not empty is described by its first element and the rest being one
const rewritten = new WeakMap<AST.AST, AST.AST>()

const rewrite = (ast: AST.AST): AST.AST => {
  const known = rewritten.get(ast)
  if (known !== undefined) return known
  const changed = anew(ast)
  rewritten.set(ast, changed)
  return changed
}

const anew = (ast: AST.AST): AST.AST => {
  if (isEpochMillis(ast)) return Iso.ast
  switch (ast._tag) {
    case "TypeLiteral": {
      const properties = each(ast.propertySignatures, (one) => {
        const type = rewrite(one.type)
        return type === one.type ? one : new AST.PropertySignature(one.name, type, one.isOptional, one.isReadonly, one.annotations)
      })
      const indexes = each(ast.indexSignatures, (one) => {
        const type = rewrite(one.type)
        return type === one.type ? one : new AST.IndexSignature(one.parameter, type, one.isReadonly)
      })
      return properties === ast.propertySignatures && indexes === ast.indexSignatures
        ? ast
        : new AST.TypeLiteral(properties, indexes, ast.annotations)
    }
    case "TupleType": {
      const elements = each(ast.elements, (one) => {
        const type = rewrite(one.type)
        return type === one.type ? one : new AST.OptionalType(type, one.isOptional, one.annotations)
      })
      const rest = each(ast.rest, (one) => {
        const type = rewrite(one.type)
        return type === one.type ? one : new AST.Type(type, one.annotations)
      })
      return elements === ast.elements && rest === ast.rest ? ast : new AST.TupleType(elements, rest, ast.isReadonly, ast.annotations)
    }
    case "Union": {
      const types = each(ast.types, rewrite)
      return types === ast.types ? ast : AST.Union.make(types, ast.annotations)
    }
    case "Refinement": {
      const from = rewrite(ast.from)
      return from === ast.from ? ast : new AST.Refinement(from, ast.filter, ast.annotations)
    }
    case "Transformation": {
      const from = rewrite(ast.from)
      return from === ast.from ? ast : new AST.Transformation(from, ast.to, ast.transformation, ast.annotations)
    }
    default:
      return ast
  }
}

/**
 * The schema with every `EpochMillis` in it as ISO 8601 on the wire. Inside nothing changes.
 *
 * @category combinators
 */
export const encodeTimes = <A, I, R>(schema: Schema.Schema<A, I, R>): Schema.Schema<A, unknown, R> => Schema.make(rewrite(schema.ast))

/**
 * A time in a query.
 *
 * @category schemas
 */
export const Text = Schema.transformOrFail(Schema.String, Schema.NonNegativeInt, {
  strict: true,
  decode: (text, _, ast) => Either.mapLeft(read(text), (wrong) => new ParseResult.Type(ast, text, wrong)),
  encode: (millis) => Either.right(String(millis))
})

/**
 * A time in a body, as ISO 8601 or as a number.
 *
 * @category schemas
 */
export const Given = Schema.transformOrFail(
  Schema.Union(Schema.String, Schema.NonNegative).annotations({
    jsonSchema: { anyOf: [{ type: "string", format: "date-time" }, { type: "number", minimum: 0 }] }
  }),
  Schema.NonNegative,
  {
    strict: true,
    decode: (given, _, ast) =>
      typeof given === "number" ? Either.right(given) : Either.mapLeft(read(given), (wrong) => new ParseResult.Type(ast, given, wrong)),
    // one notation, so that the same request under a key is recognised in either notation
    encode: (millis) => Either.right(millis)
  }
)
