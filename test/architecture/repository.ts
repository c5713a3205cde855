/** The repository as the rules see it: text files by path, so that a rule can be shown a made-up one. */
import { execFileSync } from "node:child_process"
import { existsSync, readFileSync } from "node:fs"
import { builtinModules } from "node:module"
import { dirname, join, posix } from "node:path"
import { fileURLToPath } from "node:url"
import ts from "typescript"

/** Paths from the root, with forward slashes, to file contents. */
export type Files = ReadonlyMap<string, string>

export interface Manifest {
  readonly name: string
  readonly private?: boolean
  readonly bin?: unknown
  readonly exports?: Readonly<Record<string, unknown>>
  readonly publishConfig?: { readonly exports?: Readonly<Record<string, unknown>> }
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
}

export interface Package {
  /** The folder's name under `packages`. */
  readonly folder: string
  readonly manifest: Manifest
  /** `Draft.ts`, `internal/carrier.ts`: paths below `src`. */
  readonly modules: ReadonlyArray<string>
}

export interface Import {
  readonly specifier: string
  readonly typeOnly: boolean
}

export const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..")

const isText = (path: string): boolean =>
  /\.(ts|mts|mjs|js|json|ya?ml|md|txt|html)$|(^|\/)(\.ci\/run|LICENSE|\.gitignore|\.npmrc)$/.test(path)

/** What git knows or would add: neither installed nor built. */
export const readRepository = (): Files =>
  new Map(
    execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], { cwd: root, encoding: "utf8", maxBuffer: 1 << 26 })
      .split("\n")
      .filter((path) => isText(path) && existsSync(join(root, path)))
      .map((path) => [path, readFileSync(join(root, path), "utf8")])
  )

export const filesOf = (files: Readonly<Record<string, string>>): Files => new Map(Object.entries(files))

export const textOf = (files: Files, path: string): string => {
  const text = files.get(path)
  if (text === undefined) throw new Error(`there is no ${path}`)
  return text
}

/** The packages that others import. A private package is a program with pages, such as the console: it exports nothing and runs in a browser. */
export const packagesOf = (files: Files): ReadonlyArray<Package> =>
  [...files.keys()].flatMap((path) => {
    const folder = /^packages\/([^/]+)\/package\.json$/.exec(path)?.[1]
    if (folder === undefined) return []
    const source = `packages/${folder}/src/`
    const manifest = JSON.parse(textOf(files, path)) as Manifest
    if (manifest.private === true) return []
    return [{
      folder,
      manifest,
      modules: [...files.keys()].filter((file) => file.startsWith(source) && file.endsWith(".ts")).map((file) => file.slice(source.length))
    }]
  })

const parsed = new Map<string, ts.SourceFile>()

/** Each text is parsed once, whichever rules look at it. */
export const parse = (path: string, text: string): ts.SourceFile => {
  const known = parsed.get(text)
  if (known !== undefined) return known
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.ESNext, true)
  parsed.set(text, source)
  return source
}

export const walk = (node: ts.Node, visit: (node: ts.Node) => void): void => {
  visit(node)
  ts.forEachChild(node, (child) => walk(child, visit))
}

/** Every module that a file names: imports, re-exports, `import()`, `import("…").Type` and `require`. */
export const importsOf = (path: string, text: string): ReadonlyArray<Import> => {
  const found: Array<Import> = []
  const add = (specifier: ts.Node | undefined, typeOnly: boolean) => {
    if (specifier !== undefined && ts.isStringLiteralLike(specifier)) found.push({ specifier: specifier.text, typeOnly })
  }
  walk(parse(path, text), (node) => {
    if (ts.isImportDeclaration(node)) add(node.moduleSpecifier, node.importClause?.isTypeOnly === true)
    else if (ts.isExportDeclaration(node)) add(node.moduleSpecifier, node.isTypeOnly)
    else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) add(node.argument.literal, true)
    else if (ts.isExternalModuleReference(node)) add(node.expression, false)
    else if (ts.isCallExpression(node)) {
      const callee = node.expression
      if (callee.kind === ts.SyntaxKind.ImportKeyword || (ts.isIdentifier(callee) && callee.text === "require")) {
        add(node.arguments[0], false)
      }
    }
  })
  return found
}

/** Where the comment is that opens a file. */
export const opening = (text: string): ts.TextRange =>
  ts.getLeadingCommentRanges(text, ts.getShebang(text)?.length ?? 0)?.[0] ?? { pos: 0, end: 0 }

const isExported = (node: ts.Node): boolean =>
  ts.canHaveModifiers(node) && (ts.getModifiers(node)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword) ?? false)

/** The docstring in front of a node; the one that opens the file belongs to the file. */
const docstring = (source: ts.SourceFile, node: ts.Node): string => {
  const comment = ts.getLeadingCommentRanges(source.text, node.getFullStart())?.at(-1)
  return comment === undefined || comment.pos === opening(source.text).pos ? "" : source.text.slice(comment.pos, comment.end)
}

/** The names that a module makes public, each with its docstring; what is exported together may share one. */
export const publicNames = (source: ts.SourceFile): ReadonlyArray<readonly [name: string, doc: string]> => {
  const each = (shared: ts.Node, nodes: ReadonlyArray<ts.Node & { readonly name: ts.Node }>) =>
    nodes.map((node) => [node.name.getText(), docstring(source, shared) + docstring(source, node)] as const)
  const overloads = new Set<string>()
  return source.statements.flatMap((statement): ReadonlyArray<readonly [string, string]> => {
    if (ts.isExportDeclaration(statement)) {
      return statement.exportClause !== undefined && ts.isNamedExports(statement.exportClause)
        ? each(statement, statement.exportClause.elements)
        : [[statement.getText(), docstring(source, statement)]]
    }
    if (!isExported(statement)) return []
    if (ts.isVariableStatement(statement)) {
      return statement.declarationList.declarations.flatMap((declaration) =>
        ts.isObjectBindingPattern(declaration.name)
          ? each(statement, declaration.name.elements)
          : [[declaration.name.getText(), docstring(source, statement)] as const]
      )
    }
    const name = (statement as ts.Statement & { readonly name?: ts.Node }).name?.getText() ?? "default"
    // overloads after the first share its docstring
    if (ts.isFunctionDeclaration(statement)) {
      if (overloads.has(name)) return []
      overloads.add(name)
    }
    return [[name, docstring(source, statement)]]
  })
}

/** Says in sentences what breaks it. */
export type Rule = (files: Files) => ReadonlyArray<string>

export const isRelative = (specifier: string): boolean => /^\.{1,2}(\/|$)/.test(specifier)

export const isNode = (specifier: string): boolean => specifier.startsWith("node:") || builtinModules.includes(specifier)

/** `@interline/core/Draft` belongs to `@interline/core`. */
export const packageName = (specifier: string): string => specifier.split("/").slice(0, specifier.startsWith("@") ? 2 : 1).join("/")

/** The file, from the root, that a relative specifier means. */
export const resolveRelative = (path: string, specifier: string): string => posix.normalize(posix.join(posix.dirname(path), specifier))

/** Every module of every package, with what it imports. */
export const modulesOf = (files: Files) =>
  packagesOf(files).flatMap((owner) =>
    owner.modules.map((module) => {
      const path = `packages/${owner.folder}/src/${module}`
      return { owner, module, path, imports: importsOf(path, textOf(files, path)) }
    })
  )

/** What is left of a rule that does not hold everywhere: `left` may only shrink, so what it names and holds has to go from it. */
export const exceptLeft = (found: ReadonlyArray<string>, left: ReadonlyArray<string>, files: Files): ReadonlyArray<string> => [
  ...found.filter((sentence) => !left.includes(sentence)),
  ...(files.has("test/architecture/layout.ts")
    ? left.filter((sentence) => !found.includes(sentence)).map((sentence) => `layout.ts still excepts: ${sentence}`)
    : [])
]
