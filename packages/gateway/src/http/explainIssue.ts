/**
 * Explains to people why a schema cannot read a value. It gives one problem for one mistake, compares with the nearest form that the schema
 * has, and uses the field names of the wire. The parser's own issues list every member of a union, with TypeScript types.
 */
import * as NearestWord from "@interline/core/NearestWord"
import * as Problem from "@interline/core/Problem"
import * as VisibleText from "@interline/core/VisibleText"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import * as AST from "effect/SchemaAST"

type Key = string | number

interface Place {
  readonly path: ReadonlyArray<Key>
  readonly options: AST.ParseOptions
  /** The names of the lines. The sentence lists them if a request names no line. */
  readonly lines: ReadonlyArray<string>
  /** Fields that belong to another form of the same object. */
  readonly elsewhere: ReadonlySet<string>
}

type Problems = ReadonlyArray<Problem.Problem>

const most = 20

// --- what is expected, in plain words ---

const forms: Readonly<Record<string, string>> = {
  Handle: "a phone number in E.164, like +12025550123, or an e-mail address",
  HandleText: "a phone number with its country code, like +12025550123, or an e-mail address",
  Phone: "a phone number in E.164, like +12025550123",
  LineName: "the name of a line, like support: a letter, then letters, digits, dashes or underscores",
  CarrierId: "the id of a carrier, like linq",
  DeliveryId: "the id of a delivery, like 6f1c2f6e-6d0c-4f0e-9a54-0e6f3f0a1c01",
  ConversationId: "the id of a conversation, like 6f1c2f6e-6d0c-4f0e-9a54-0e6f3f0a1c02",
  VendorId: "an id as the carrier gave it",
  To: "an object: {\"line\": …, \"handle\": …}, {\"line\": …, \"members\": […]}, {\"group\": …} or {\"chat\": …}",
  NumberFromString: "a number"
}

const formOf = (ast: AST.AST): string | undefined => forms[Option.getOrElse(AST.getIdentifierAnnotation(ast), () => "")]

const wordsOf = (ast: AST.AST): ReadonlyArray<string> | undefined => {
  if (ast._tag === "Literal") return typeof ast.literal === "string" ? [ast.literal] : undefined
  if (ast._tag !== "Union") return undefined
  const words = ast.types.map(wordsOf)
  return words.every((some) => some !== undefined) ? words.flatMap((some) => some ?? []) : undefined
}

/** An example with all required fields: `{"_tag": "Text", "text": …}`. */
const exampleOf = ({ propertySignatures }: AST.TypeLiteral): string =>
  `{${
    propertySignatures.flatMap(({ isOptional, name, type }) =>
      isOptional || typeof name === "symbol" ? [] : [`"${String(name)}": ${type._tag === "Literal" ? JSON.stringify(type.literal) : "…"}`]
    ).join(", ")
  }}`

/** Says what a value must be. The text follows "must be". */
const describe = (ast: AST.AST): string => {
  const form = formOf(ast)
  if (form !== undefined) return form
  const words = wordsOf(ast)
  if (words !== undefined) return words.length === 1 ? `"${words[0]}"` : `one of ${words.join(", ")}`
  switch (ast._tag) {
    case "StringKeyword":
    case "TemplateLiteral":
      return "a string"
    case "NumberKeyword":
      return "a number"
    case "BooleanKeyword":
      return "true or false"
    case "Literal":
      return String(ast.literal)
    case "TupleType":
      return "a list"
    case "TypeLiteral":
      return ast.propertySignatures.every(({ isOptional }) => isOptional) ? "an object" : exampleOf(ast)
    case "Union":
      return Array.from(new Set(flatten(ast).filter(({ _tag }) => _tag !== "UndefinedKeyword").map(describe))).join(" or ")
    case "Suspend":
      return describe(ast.f())
    case "Transformation":
      return describe(ast.from)
    case "Refinement":
      return Option.getOrElse(Option.map(AST.getDescriptionAnnotation(ast), simplify), () => describe(ast.from))
    default:
      return "something else"
  }
}

// Plain words for the descriptions that the schemas of Effect have.
const plainly: Readonly<Record<string, string>> = {
  "a non empty string": "a string that is not empty",
  "an integer": "a whole number",
  "a Universally Unique Identifier": "a UUID, like 6f1c2f6e-6d0c-4f0e-9a54-0e6f3f0a1c01"
}

const simplify = (description: string): string => plainly[description] ?? description

const flatten = (ast: AST.AST): ReadonlyArray<AST.AST> => ast._tag === "Union" ? ast.types.flatMap(flatten) : [ast]

// --- what the request contains ---

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const has = (value: Readonly<Record<string, unknown>>, key: string): boolean => Object.hasOwn(value, key)

/** The name of a field, in a form that may be shown. A name may be a phone number, a text, or very long. */
export const showName = (key: string): string => key.length <= 64 && !/[0-9]{5}|[\s@]/.test(key) ? key : "…"

const pathTo = ({ path }: Place, key: Key): ReadonlyArray<Key> => [...path, typeof key === "string" ? showName(key) : key]

const under = (place: Place, key: Key): Place => ({ ...place, path: pathTo(place, key), elsewhere: nowhere })

const nowhere: ReadonlySet<string> = new Set()

const parseOptions = (ast: AST.AST, options: AST.ParseOptions): AST.ParseOptions =>
  Option.match(AST.getAnnotation<AST.ParseOptions>(AST.ParseOptionsAnnotationId)(ast), {
    onNone: () => options,
    onSome: (own) => ({ ...options, ...own })
  })

const read = (ast: AST.AST, value: unknown, options: AST.ParseOptions) =>
  ParseResult.decodeUnknownEither(Schema.make<unknown, unknown>(ast), options)(value)

const accepts = (ast: AST.AST, value: unknown, { options }: Place): boolean => Either.isRight(read(ast, value, options))

/** The schema of the data on the wire, without the rules on top of it. */
const shapeOf = (ast: AST.AST): AST.AST => {
  switch (ast._tag) {
    case "Refinement":
    case "Transformation":
      return shapeOf(ast.from)
    case "Suspend":
      return shapeOf(ast.f())
    default:
      return ast
  }
}

// --- one mistake, one problem ---

const must = (ast: AST.AST, { path }: Place): Problems => [Problem.make("type", path, `must be ${describe(ast)}`)]

const missing = (ast: AST.AST, place: Place, key: string): Problem.Problem => {
  const words = wordsOf(shapeOf(ast))
  return Problem.make(
    "type",
    pathTo(place, key),
    Option.contains(AST.getIdentifierAnnotation(ast), "LineName") && place.lines.length > 0
      ? `is missing; lines are: ${place.lines.join(", ")}`
      : words === undefined
      ? "is missing"
      : `is missing; it must be ${describe(shapeOf(ast))}`
  )
}

/** Keeps our own sentences. The parser's sentences quote the value and name types, so they are replaced. */
const explainRefinement = (ast: AST.AST, value: unknown, place: Place, meant: AST.AST = ast): Problems =>
  Either.match(read(ast, value, place.options), {
    onRight: () => [],
    onLeft: (issue) => {
      const own = ParseResult.ArrayFormatter.formatIssueSync(issue).filter(({ message }) =>
        !/, actual |^Expected |^Unable to decode |^\(|is missing$|is unexpected/.test(message)
      )
      return own.length === 0
        ? must(meant, place)
        : own.map(({ message, path }) =>
          Problem.make("type", [
            ...place.path,
            ...path.filter((key) => typeof key !== "symbol").map((key) => typeof key === "number" ? key : showName(String(key)))
          ], VisibleText.shorten(message, 300))
        )
    }
  })

interface Fields {
  readonly known: ReadonlyMap<string, AST.PropertySignature>
  readonly isOpen: boolean
}

const fieldsOf = ({ indexSignatures, propertySignatures }: AST.TypeLiteral): Fields => ({
  known: new Map(
    propertySignatures.flatMap((property) => typeof property.name === "symbol" ? [] : [[String(property.name), property] as const])
  ),
  isOpen: indexSignatures.length > 0
})

/** Finds unknown fields that are a misspelling, each with the missing field that was meant. */
const findMisspelt = (
  { isOpen, known }: Fields,
  value: Readonly<Record<string, unknown>>
): ReadonlyArray<readonly [string, string | undefined]> => {
  if (isOpen) return []
  const left = new Set(Array.from(known.keys()).filter((key) => !has(value, key)))
  return Object.keys(value).filter((key) => !known.has(key)).slice(0, most).map((key) => {
    const meant = NearestWord.find(key, left)
    if (meant !== undefined) left.delete(meant)
    return [key, meant]
  })
}

/** The fields that an object may have, in any of its forms. */
const fieldsWithin = (ast: AST.AST): ReadonlySet<string> =>
  new Set(
    flatten(ast).map(shapeOf).flatMap((shape) => shape._tag === "TypeLiteral" ? Array.from(fieldsOf(shape).known.keys()) : [])
  )

interface Unknown {
  readonly key: string
  /** The field that was probably meant. */
  readonly meant: string | undefined
  /** The missing field that should contain this one. */
  readonly into: string | undefined
}

/** Finds unknown fields, each with the field that was probably meant. An unknown field and a missing field may be one mistake. */
const findUnknown = (fields: Fields, value: Readonly<Record<string, unknown>>, place: Place): ReadonlyArray<Unknown> => {
  if (place.options.onExcessProperty !== "error") return []
  const found = findMisspelt(fields, value)
  const taken = new Set(found.map(([, meant]) => meant))
  const absent = Array.from(fields.known).filter(([key, { isOptional, type }]) =>
    !isOptional && !has(value, key) && !taken.has(key) && !accepts(type, undefined, place)
  )
  const unknown = found.map(([key, meant]): Unknown => ({
    key,
    meant,
    into: meant === undefined ? absent.find(([, { type }]) => fieldsWithin(type).has(key))?.[0] : undefined
  }))
  const [lonely, ...others] = unknown.filter(({ into, key, meant }) =>
    meant === undefined && into === undefined && !place.elsewhere.has(key)
  )
  const [left, ...more] = absent.filter(([key]) => !unknown.some(({ into }) => into === key))
  return lonely === undefined || others.length > 0 || left === undefined || more.length > 0
    ? unknown
    : unknown.map((one) => one === lonely ? { ...one, meant: left[0] } : one)
}

const missingWith = (ast: AST.AST, place: Place, key: string, strays: ReadonlyArray<string>): Problem.Problem => {
  const { message, path, rule } = missing(ast, place, key)
  const names = strays.map((stray) => `"${showName(stray)}"`).join(" and ")
  return Problem.make(
    rule,
    path,
    `${message}; ${names} ${strays.length === 1 ? "belongs" : "belong"} into it: "${key}" must be ${describe(ast)}`
  )
}

const object = (ast: AST.TypeLiteral, value: unknown, place: Place): Problems => {
  if (!isObject(value)) return must(ast, place)
  const fields = fieldsOf(ast)
  const unknown = findUnknown(fields, value, place)
  const named = new Set(unknown.map(({ meant }) => meant))
  const problems: Array<Problem.Problem> = []
  for (const [key, { isOptional, type }] of fields.known) {
    if (has(value, key)) problems.push(...explain(type, value[key], under(place, key)))
    else if (!isOptional && !named.has(key) && !accepts(type, undefined, place)) {
      const strays = unknown.flatMap((one) => one.into === key ? [one.key] : [])
      problems.push(strays.length === 0 ? missing(type, place, key) : missingWith(type, place, key, strays))
    }
  }
  for (const { into, key, meant } of unknown) {
    if (into !== undefined) continue
    problems.push(Problem.make(
      "type",
      pathTo(place, key),
      meant !== undefined
        ? `is not a field of this; did you mean "${meant}"?`
        : place.elsewhere.has(key)
        ? `cannot be given together with ${Object.keys(value).filter((other) => fields.known.has(other)).join(", ")}`
        : `is not a field of this; fields are: ${Array.from(fields.known.keys()).join(", ")}`
    ))
  }
  for (const { type } of ast.indexSignatures) {
    for (const key of Object.keys(value)) {
      if (!fields.known.has(key) && problems.length < most) problems.push(...explain(type, value[key], under(place, key)))
    }
  }
  return problems
}

const list = (ast: AST.TupleType, value: unknown, place: Place): Problems => {
  if (!Array.isArray(value)) return must(ast, place)
  const values: ReadonlyArray<unknown> = value
  const [rest] = ast.rest
  if (values.length < ast.elements.filter(({ isOptional }) => !isOptional).length) {
    return [Problem.make("type", place.path, values.length === 0 ? "must not be empty" : "is too short")]
  }
  if (rest === undefined && values.length > ast.elements.length) return [Problem.make("type", place.path, "is too long")]
  const problems: Array<Problem.Problem> = []
  for (let position = 0; position < values.length && problems.length < most; position++) {
    const type = ast.elements[position]?.type ?? rest?.type
    if (type !== undefined) problems.push(...explain(type, values[position], under(place, position)))
  }
  return problems
}

/** One form of an object in a union. */
interface Form {
  readonly ast: AST.AST
  readonly shape: AST.TypeLiteral
}

const literalAt = ({ shape }: Form, key: string): string | undefined => {
  const type = shape.propertySignatures.find(({ name }) => name === key)?.type
  return type?._tag === "Literal" && typeof type.literal === "string" ? type.literal : undefined
}

/** Fields that distinguish the forms by a fixed word, such as `_tag`. */
const tagsOf = (objects: ReadonlyArray<Form>): ReadonlyArray<string> =>
  Array.from(
    new Set(objects.flatMap((form) => Array.from(fieldsOf(form.shape).known.keys()).filter((key) => literalAt(form, key) !== undefined)))
  )

interface Candidate {
  readonly form: Form
  readonly matching: number
  readonly problems: Problems
}

/** Finds the forms that fit best: first by the number of known fields, then by the fewest mistakes. */
const findNearest = (objects: ReadonlyArray<Form>, value: Readonly<Record<string, unknown>>, place: Place): ReadonlyArray<Candidate> => {
  const elsewhere = new Set(objects.flatMap(({ shape }) => Array.from(fieldsOf(shape).known.keys())))
  const all = objects.map((form): Candidate => {
    const fields = fieldsOf(form.shape)
    const exact = Object.keys(value).filter((key) => fields.known.has(key)).length
    const near = findMisspelt(fields, value).filter(([, meant]) => meant !== undefined).length
    return { form, matching: exact * 2 + near, problems: explain(form.ast, value, { ...place, elsewhere }) }
  })
  const best = Math.max(...all.map(({ matching }) => matching))
  const fitting = all.filter(({ matching }) => matching === best)
  const fewest = Math.min(...fitting.map(({ problems }) => problems.length))
  return fitting.filter(({ problems }) => problems.length === fewest)
}

const lastOf = ({ path }: Problem.Problem): string => String(path[path.length - 1])

/** Explains a value that fits several forms equally. The missing or extra fields of these forms are given as one choice. */
const explainChoice = (candidates: ReadonlyArray<Candidate>, place: Place): Problems => {
  const [first, ...others] = candidates
  if (first === undefined) return []
  const alone = candidates.flatMap(({ problems }) => problems.length === 1 ? problems : [])
  const fields = Array.from(new Set(alone.map(lastOf)))
  if (others.length === 0 || alone.length < candidates.length || fields.length < 2) return first.problems
  if (alone.every(({ message }) => message.startsWith("is missing"))) {
    return [Problem.make("one-of", place.path, `is not complete: exactly one of ${fields.join(", ")} must be there`)]
  }
  if (alone.every(({ message }) => message.startsWith("cannot be given together"))) {
    return [Problem.make("one-of", place.path, `exactly one of ${fields.join(", ")} must be there`)]
  }
  return first.problems
}

const objects = (ast: AST.AST, forms: ReadonlyArray<Form>, value: Readonly<Record<string, unknown>>, place: Place): Problems => {
  for (const key of tagsOf(forms)) {
    const tagged = forms.filter((form) => literalAt(form, key) !== undefined)
    const words = Array.from(new Set(tagged.flatMap((form) => literalAt(form, key) ?? [])))
    if (has(value, key)) {
      const named = tagged.filter((form) => literalAt(form, key) === value[key])
      if (named.length === 0) return [Problem.make("one-of", pathTo(place, key), NearestWord.oneOf(value[key], words))]
      return named.length === forms.length ? explainChoice(findNearest(named, value, place), place) : objects(ast, named, value, place)
    }
    if (tagged.length === forms.length && words.length > 1) {
      const { [key]: _, ...rest } = value
      const fit = findNearest(forms, rest, place)
      const meant = Array.from(new Set(fit.flatMap(({ form, matching }) => matching === 0 ? [] : literalAt(form, key) ?? [])))
      return [
        Problem.make(
          "one-of",
          pathTo(place, key),
          `is missing; it must be one of ${words.join(", ")}${meant.length === 1 ? `; did you mean "${meant[0]}"?` : ""}`
        )
      ]
    }
  }
  const fit = findNearest(forms, value, place)
  return forms.length > 1 && fit.every(({ matching }) => matching === 0) ? must(ast, place) : explainChoice(fit, place)
}

/** Explains a string or a list in the place of a conversation: it says what was probably meant. */
const explainBare = (value: unknown): string | undefined =>
  typeof value === "string"
    ? "must be an object; a person is {\"line\": \"support\", \"handle\": \"+12025550123\"}"
    : Array.isArray(value)
    ? "must be an object; a group is {\"line\": \"support\", \"members\": [\"+12025550123\", \"+12025550124\"]}, a person is {\"line\": \"support\", \"handle\": \"+12025550123\"}"
    : undefined

const union = (ast: AST.Union, value: unknown, place: Place): Problems => {
  const words = wordsOf(ast)
  if (words !== undefined) return [Problem.make("one-of", place.path, NearestWord.oneOf(value, words))]
  const members = flatten(ast).filter(({ _tag }) => _tag !== "UndefinedKeyword" || value === undefined)
  const [only, ...others] = members
  if (only !== undefined && others.length === 0) return explain(only, value, place)
  const instead = Option.contains(AST.getIdentifierAnnotation(ast), "To") ? explainBare(value) : undefined
  if (instead !== undefined) return [Problem.make("type", place.path, instead)]
  const forms = members.flatMap((member): ReadonlyArray<Form> => {
    const shape = shapeOf(member)
    return shape._tag === "TypeLiteral" ? [{ ast: member, shape }] : []
  })
  if (isObject(value) && forms.length > 0) return objects(ast, forms, value, place)
  const lists = members.filter((member) => shapeOf(member)._tag === "TupleType")
  if (Array.isArray(value) && lists.length === 1 && lists[0] !== undefined) return explain(lists[0], value, place)
  return must(ast, place)
}

/**
 * The annotation of a rule that only checks which fields are there. Such a rule is checked even if other fields are wrong. So the sender of
 * an empty object sees everything that is needed at once.
 */
export const presence = Symbol.for("@interline/gateway/explainIssue/presence")

const absent = (ast: AST.AST, value: unknown, place: Place): Problems => {
  const shape = shapeOf(ast)
  if (ast._tag !== "Refinement" || ast.annotations[presence] !== true || shape._tag !== "TypeLiteral" || !isObject(value)) return []
  const meant = findUnknown(fieldsOf(shape), value, place).flatMap(({ key, meant }) => meant === undefined ? [] : [[meant, value[key]]])
  return Option.match(ast.filter({ ...value, ...Object.fromEntries(meant) }, AST.defaultParseOption, ast), {
    onNone: () => [],
    onSome: (issue) =>
      ParseResult.ArrayFormatter.formatIssueSync(issue).map(({ message, path }) =>
        Problem.make("type", [...place.path, ...path.map((key) => typeof key === "number" ? key : showName(String(key)))], message)
      )
  })
}

const explain = (ast: AST.AST, value: unknown, outer: Place): Problems => {
  const place = { ...outer, options: parseOptions(ast, outer.options) }
  if (accepts(ast, value, place)) return []
  if (formOf(ast) !== undefined && ast._tag !== "Union") return explainRefinement(ast, value, place)
  switch (ast._tag) {
    case "Suspend":
      return explain(ast.f(), value, place)
    case "Refinement":
    case "Transformation": {
      const within = explain(ast.from, value, place)
      return within.length > 0
        ? [...within, ...absent(ast, value, place)]
        : explainRefinement(ast, value, place, ast._tag === "Refinement" ? ast : ast.to)
    }
    case "TypeLiteral":
      return object(ast, value, place)
    case "TupleType":
      return list(ast, value, place)
    case "Union":
      return union(ast, value, place)
    case "Literal":
      return typeof ast.literal === "string"
        ? [Problem.make("one-of", place.path, NearestWord.oneOf(value, [ast.literal]))]
        : must(ast, place)
    default:
      return explainRefinement(ast, value, place)
  }
}

/** A schema of any type. */
export interface Readable {
  readonly ast: AST.AST
}

/** Every mistake in a request, at most 20. Empty if the schema can read the request. */
export const explainIssue = (
  { ast }: Readable,
  value: unknown,
  { lines = [], options = {} }: { readonly lines?: ReadonlyArray<string>; readonly options?: AST.ParseOptions } = {}
): Problems => explain(ast, value, { path: [], options, lines, elsewhere: nowhere }).slice(0, most)
