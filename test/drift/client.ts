/** Reads an official client as it is published: its requests, and the words that its types name. */
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import ts from "typescript"

/** What a client knows of its vendor's API. */
export interface Client {
  readonly name: string
  readonly version: string
  /** `METHOD path`, with `{}` for each parameter in the path. */
  readonly endpoints: ReadonlySet<string>
  /** The words of each type that is a union of texts: by `Type`, or by `Type.field`. A type in a namespace has its name before it. */
  readonly words: ReadonlyMap<string, ReadonlySet<string>>
}

const filesBelow = (folder: string): ReadonlyArray<string> =>
  readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    return entry.isDirectory() ? filesBelow(path) : [path]
  })

const parse = (path: string, kind: ts.ScriptKind): ts.SourceFile =>
  ts.createSourceFile(path, readFileSync(path, "utf8"), ts.ScriptTarget.Latest, true, kind)

// --- requests ---

const verbs: ReadonlyMap<string, string> = new Map([
  ["get", "GET"],
  ["post", "POST"],
  ["put", "PUT"],
  ["patch", "PATCH"],
  ["delete", "DELETE"],
  ["getAPIList", "GET"]
])

/** The path of a request: a text, or a template with parameters. Undefined if it is made elsewhere. */
const pathOf = (node: ts.Expression | undefined): string | undefined => {
  if (node === undefined) return undefined
  if (ts.isStringLiteralLike(node)) return node.text
  const template = ts.isTaggedTemplateExpression(node) ? node.template : node
  if (ts.isNoSubstitutionTemplateLiteral(template)) return template.text
  return ts.isTemplateExpression(template)
    ? [template.head.text, ...template.templateSpans.map(({ literal }) => literal.text)].join("{}")
    : undefined
}

const isClient = (node: ts.Expression): boolean => ts.isPropertyAccessExpression(node) && node.name.text === "_client"

/** A list may be asked for with another method than GET. */
const methodIn = (options: ts.Expression | undefined): string | undefined =>
  options !== undefined && ts.isObjectLiteralExpression(options)
    ? options.properties.flatMap((property) =>
      ts.isPropertyAssignment(property) && ts.isIdentifier(property.name) && property.name.text === "method" &&
        ts.isStringLiteralLike(property.initializer)
        ? [property.initializer.text.toUpperCase()]
        : []
    )[0]
    : undefined

const endpointsIn = (source: ts.SourceFile): ReadonlyArray<string> => {
  const found: Array<string> = []
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && ts.isPropertyAccessExpression(node.expression) && isClient(node.expression.expression)) {
      const verb = verbs.get(node.expression.name.text)
      const path = pathOf(node.arguments[0])
      if (verb !== undefined && path !== undefined) found.push(`${methodIn(node.arguments.at(-1)) ?? verb} ${path}`)
    }
    ts.forEachChild(node, visit)
  }
  visit(source)
  return found
}

// --- words ---

type Types = Map<string, Array<ts.TypeNode>>

const addType = (types: Types, name: string, type: ts.TypeNode): void => {
  const known = types.get(name)
  if (known === undefined) types.set(name, [type])
  else known.push(type)
}

/** The type aliases of a module, and the fields of its interfaces and of its aliases of objects. */
const collectTypes = (types: Types, statements: ReadonlyArray<ts.Statement>, prefix: string): void => {
  const collectFields = (name: string, members: ReadonlyArray<ts.TypeElement>): void => {
    for (const member of members) {
      if (
        !ts.isPropertySignature(member) || member.type === undefined || !(ts.isIdentifier(member.name) || ts.isStringLiteral(member.name))
      ) continue
      const field = `${name}.${member.name.text}`
      addType(types, field, member.type)
      if (ts.isTypeLiteralNode(member.type)) collectFields(field, Array.from(member.type.members))
    }
  }
  for (const statement of statements) {
    if (ts.isTypeAliasDeclaration(statement)) {
      const name = `${prefix}${statement.name.text}`
      addType(types, name, statement.type)
      if (ts.isTypeLiteralNode(statement.type)) collectFields(name, Array.from(statement.type.members))
    } else if (ts.isInterfaceDeclaration(statement)) {
      collectFields(`${prefix}${statement.name.text}`, Array.from(statement.members))
    } else if (ts.isModuleDeclaration(statement) && statement.body !== undefined && ts.isModuleBlock(statement.body)) {
      collectTypes(types, Array.from(statement.body.statements), `${prefix}${statement.name.text}.`)
    }
  }
}

const nameIn = (name: ts.EntityName): string => ts.isIdentifier(name) ? name.text : name.right.text

/** The texts that a type allows, also through the names of other types. */
const wordsIn = (types: Types, type: ts.TypeNode, above: ReadonlySet<string> = new Set()): ReadonlyArray<string> => {
  if (ts.isParenthesizedTypeNode(type)) return wordsIn(types, type.type, above)
  if (ts.isArrayTypeNode(type)) return wordsIn(types, type.elementType, above)
  if (ts.isUnionTypeNode(type)) return type.types.flatMap((one) => wordsIn(types, one, above))
  if (ts.isLiteralTypeNode(type)) return ts.isStringLiteral(type.literal) ? [type.literal.text] : []
  if (!ts.isTypeReferenceNode(type)) return []
  const name = nameIn(type.typeName)
  if (name === "Array") return (type.typeArguments ?? []).flatMap((one) => wordsIn(types, one, above))
  return above.has(name) ? [] : (types.get(name) ?? []).flatMap((one) => wordsIn(types, one, new Set(above).add(name)))
}

/** Reads the client in a folder, which is an unpacked package. */
export const read = (folder: string): Client => {
  const { name, version }: { readonly name: string; readonly version: string } = JSON.parse(
    readFileSync(join(folder, "package.json"), "utf8")
  )
  const files = filesBelow(join(folder, "resources")).toSorted()
  const endpoints = files.filter((path) => path.endsWith(".mjs")).flatMap((path) => endpointsIn(parse(path, ts.ScriptKind.JS)))
  const types: Types = new Map()
  for (const path of files.filter((path) => path.endsWith(".d.ts"))) collectTypes(types, parse(path, ts.ScriptKind.TS).statements, "")
  const words = new Map<string, ReadonlySet<string>>()
  for (const [at, known] of types) {
    const texts = new Set(known.flatMap((type) => wordsIn(types, type)))
    if (texts.size > 0) words.set(at, texts)
  }
  return { name, version, endpoints: new Set(endpoints), words }
}
