/** The rule about vendors: what is particular to one is looked up in a table, not asked for by its name. */
import ts from "typescript"
import * as Layout from "./layout.ts"
import { modulesOf, parse, type Rule, textOf, walk } from "./repository.ts"

const equalities: ReadonlyArray<ts.SyntaxKind> = [
  ts.SyntaxKind.EqualsEqualsToken,
  ts.SyntaxKind.EqualsEqualsEqualsToken,
  ts.SyntaxKind.ExclamationEqualsToken,
  ts.SyntaxKind.ExclamationEqualsEqualsToken
]

const { homes, models, names, neutral, tables } = Layout.vendors

const isIn = (path: string, places: ReadonlyArray<string>): boolean => places.some((place) => path.startsWith(`packages/${place}`))

/** A key of a record, or a property of it. */
const isKey = (node: ts.Node): boolean =>
  ts.isIdentifier(node) && (
    (ts.isPropertyAccessExpression(node.parent) && node.parent.name === node) ||
    ((ts.isPropertyAssignment(node.parent) || ts.isPropertySignature(node.parent)) && node.parent.name === node)
  )

const nameIn = (node: ts.Node): string | undefined =>
  (ts.isStringLiteralLike(node) || isKey(node)) && names.includes((node as ts.StringLiteralLike | ts.Identifier).text)
    ? (node as ts.StringLiteralLike | ts.Identifier).text
    : undefined

const isImported = ({ parent }: ts.Node): boolean => ts.isImportDeclaration(parent) || ts.isExportDeclaration(parent)

export const vendorsAreLookedUp: Rule = (files) =>
  modulesOf(files).filter(({ path }) => !isIn(path, [...tables, ...models])).flatMap(({ owner: { folder }, path }) => {
    const found: Array<string> = []
    walk(parse(path, textOf(files, path)), (node) => {
      const name = nameIn(node)
      if (name === undefined || isImported(node) || isIn(path, homes.map((home) => home.replace("*", name)))) return
      const { parent } = node
      const isCompared = ts.isCaseClause(parent) || (ts.isBinaryExpression(parent) && equalities.includes(parent.operatorToken.kind))
      if (isCompared) found.push(`${path} compares with the name ${name}`)
      else if (neutral.includes(folder)) found.push(`${path} names the vendor ${name}`)
    })
    return [...new Set(found)]
  })
