/**
 * Hides people's numbers and texts in an answer. It follows the schema of the answer. A word of a closed set and a number are shown. A text is shown only
 * if the table of meanings says so for its field. Thus a new field is hidden until somebody says what it holds.
 */
import * as AST from "effect/SchemaAST"
import * as Meanings from "./meanings.ts"

const hidden = "•••"

const number = /\+\d[\d\s().-]{5,}\d/g
const encodedNumber = /%2B\d{7,15}/gi
const bareNumber = /(?<![\w+.-])\d{10,15}(?![\w-])/g
const address = /[^\s@<>"'():,;=/]+@[^\s@<>"'():,;=/]+/g

const maskNumber = (text: string): string => {
  const digits = text.replace(/\D/g, "")
  return `+${digits.slice(0, 1)}${"•".repeat(Math.max(3, digits.length - 3))}${digits.slice(-2)}`
}

const maskAddress = (text: string): string => `${text.slice(0, 1)}${hidden}@${hidden}`

/** What stands for a person: enough to tell two people apart on a page, and not enough to write to one. */
const maskPerson = (text: string): string => /^\+?\d{7,}$/.test(text) ? maskNumber(text) : text.includes("@") ? maskAddress(text) : hidden

/** A word of ours or of a carrier, without the numbers and addresses that it may quote. */
const maskInside = (text: string): string =>
  text.replace(number, maskNumber).replace(encodedNumber, maskNumber).replace(bareNumber, maskNumber).replace(address, maskAddress)

const maskText = (text: string, meaning: Meanings.Meaning): string => {
  switch (meaning) {
    case "ours":
      return text
    case "word":
      return maskInside(text)
    case "person":
      return maskPerson(text)
    case "text":
    case "place":
      return hidden
  }
}

// --- the schema beside the value ---

type Nodes = ReadonlyArray<AST.AST>

const open: Nodes = [AST.unknownKeyword]

const members = new WeakMap<AST.AST, Nodes>()

/** The schemas that a value may have: the members of a union, and what stands behind a reference. */
const membersOf = (ast: AST.AST): Nodes => {
  const known = members.get(ast)
  if (known !== undefined) return known
  const found = AST.isUnion(ast)
    ? ast.types.flatMap(membersOf)
    : AST.isRefinement(ast)
    ? membersOf(ast.from)
    : AST.isSuspend(ast)
    ? membersOf(ast.f())
    : [ast]
  members.set(ast, found)
  return found
}

const isOpen = (ast: AST.AST): boolean =>
  !(AST.isTypeLiteral(ast) || AST.isTupleType(ast) || AST.isStringKeyword(ast) || AST.isTemplateLiteral(ast) || AST.isLiteral(ast) ||
    AST.isEnums(ast) || AST.isNumberKeyword(ast) || AST.isBooleanKeyword(ast) || AST.isUndefinedKeyword(ast) || AST.isVoidKeyword(ast))

const isLiteral = (nodes: Nodes, value: string): boolean => nodes.some((node) => AST.isLiteral(node) && node.literal === value)

/** Whether an object can be of this schema, by the fields that have one word only. */
const fits = (value: Readonly<Record<string, unknown>>) => (node: AST.AST): boolean =>
  !AST.isTypeLiteral(node) ||
  node.propertySignatures.every(({ name, type }) =>
    !AST.isLiteral(type) || typeof name !== "string" || !Object.hasOwn(value, name) || value[name] === type.literal
  )

const itemsOf = (nodes: Nodes, position: number): Nodes =>
  nodes.flatMap((node) => {
    if (!AST.isTupleType(node)) return AST.isTypeLiteral(node) || !isOpen(node) ? [] : open
    const element = node.elements[position]
    return element === undefined ? node.rest.flatMap(({ type }) => membersOf(type)) : membersOf(element.type)
  })

const fieldsOf = (nodes: Nodes, name: string): Nodes =>
  nodes.flatMap((node) => {
    if (!AST.isTypeLiteral(node)) return AST.isTupleType(node) || !isOpen(node) ? [] : open
    const field = node.propertySignatures.find((signature) => signature.name === name)
    return field === undefined ? node.indexSignatures.flatMap(({ type }) => membersOf(type)) : membersOf(field.type)
  })

// --- the walk ---

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === "object" && value !== null

const walk = (value: unknown, nodes: Nodes, place: Meanings.Place): unknown => {
  if (typeof value === "string") {
    if (isLiteral(nodes, value)) return value
    return maskText(value, nodes.some(isOpen) ? "text" : Meanings.of(place))
  }
  if (typeof value === "number") {
    // in an open value, a number may be a telephone number, or where somebody is
    return Meanings.of(place) === "place" || nodes.length === 0 || nodes.some(isOpen) ? null : value
  }
  if (Array.isArray(value)) return value.map((item, position) => walk(item, itemsOf(nodes, position), place))
  if (!isObject(value)) return value
  const own = nodes.filter(fits(value))
  const tag = typeof value["_tag"] === "string" ? value["_tag"] : undefined
  return Object.fromEntries(
    Object.entries(value).map(([name, field]) => [
      maskInside(name),
      walk(field, fieldsOf(own, name), Meanings.below(place, name, tag))
    ])
  )
}

/** A thing that hides people in the encoded form of an answer. */
export type Mask = (encoded: unknown) => unknown

/** Hides people in what some schemas encode. `name` is the name of the endpoint, or of the stream. */
export const make = (name: string, schemas: ReadonlyArray<AST.AST>): Mask => {
  const nodes = schemas.flatMap((ast) => membersOf(AST.encodedAST(ast)))
  return (encoded) => walk(encoded, nodes, Meanings.begin(name))
}

/** Every field of some schemas that holds texts of no closed set. */
export const fieldsWithText = (name: string, schemas: ReadonlyArray<AST.AST>): ReadonlyArray<Meanings.Place> => {
  const found: Array<Meanings.Place> = []
  const visit = (ast: AST.AST, place: Meanings.Place, seen: ReadonlySet<AST.AST>): void => {
    if (seen.has(ast)) return
    const within = new Set([...seen, ast])
    for (const node of membersOf(ast)) {
      if (AST.isStringKeyword(node) || AST.isTemplateLiteral(node)) found.push(place)
      else if (AST.isTupleType(node)) {
        for (const { type } of [...node.elements, ...node.rest]) visit(type, place, within)
      } else if (AST.isTypeLiteral(node)) {
        const tagged = node.propertySignatures.find(({ name }) => name === "_tag")?.type
        const tag = tagged !== undefined && AST.isLiteral(tagged) ? String(tagged.literal) : undefined
        for (const { name, type } of node.propertySignatures) visit(type, Meanings.below(place, String(name), tag), within)
        for (const { type } of node.indexSignatures) visit(type, Meanings.below(place, "*", tag), within)
      }
    }
  }
  for (const ast of schemas) visit(AST.encodedAST(ast), Meanings.begin(name), new Set())
  return found
}
