/** The rules within packages: folders, the direction of imports between them, and how modules are imported. */
import { posix } from "node:path"
import ts from "typescript"
import * as Layout from "./layout.ts"
import { exceptLeft, type Files, isRelative, modulesOf, packagesOf, parse, resolveRelative, type Rule, textOf, walk } from "./repository.ts"

const wingOf = (folder: string, module: string): string | undefined => {
  const place = posix.dirname(module)
  return Layout.wings[folder]?.flat().filter((wing) => wing === place || place.startsWith(`${wing}/`)).sort((one, other) =>
    other.length - one.length
  )[0]
}

const rowOf = (folder: string, wing: string): number => Layout.wings[folder]?.findIndex((row) => row.includes(wing)) ?? -1

/** Types count too: who reads a file has to know what it names. */
export const wingsGoOneWay: Rule = (files) =>
  modulesOf(files).filter(({ owner }) => Layout.wings[owner.folder] !== undefined).flatMap(
    ({ imports, module, owner: { folder }, path }) => {
      const wing = wingOf(folder, module)
      if (wing === undefined) return [`${path} is in no wing of ${folder}`]
      return imports.filter(({ specifier }) => isRelative(specifier)).flatMap(({ specifier }) => {
        const imported = resolveRelative(path, specifier)
        // what stands beside `src`, as the package's manifest does, is in no wing
        const target = imported.startsWith(`packages/${folder}/src/`)
          ? wingOf(folder, imported.slice(`packages/${folder}/src/`.length))
          : undefined
        return target === undefined || target === wing || rowOf(folder, wing) < rowOf(folder, target)
          ? []
          : [`${path} imports ${specifier}: ${wing} stands below ${target}, or beside it`]
      })
    }
  )

/** A circle of files has to be read all at once. Types count too. A file is in a circle if what it imports leads back to it. */
export const noCircles: Rule = (files) => {
  const edges = new Map(
    modulesOf(files).map(({ imports, path }) => [
      path,
      [...new Set(imports.filter(({ specifier }) => isRelative(specifier)).map(({ specifier }) => resolveRelative(path, specifier)))]
    ])
  )
  const reaches = (from: string): ReadonlySet<string> => {
    const seen = new Set<string>()
    const queue = [...edges.get(from) ?? []]
    for (let path = queue.pop(); path !== undefined; path = queue.pop()) {
      if (seen.has(path)) continue
      seen.add(path)
      queue.push(...edges.get(path) ?? [])
    }
    return seen
  }
  return exceptLeft(
    [...edges.keys()].filter((path) => reaches(path).has(path)).map((path) => `${path} is in a circle`),
    Layout.left.circles,
    files
  )
}

export const foldersAreSmall: Rule = (files) =>
  exceptLeft(
    packagesOf(files).flatMap(({ folder, modules }) => {
      const sizes = new Map<string, number>()
      for (const module of modules) sizes.set(posix.dirname(module), (sizes.get(posix.dirname(module)) ?? 0) + 1)
      return [...sizes].filter(([, size]) => size > Layout.filesPerFolder).map(([place, size]) =>
        `${folder}/src/${place} has ${size} files, more than ${Layout.filesPerFolder}`
      )
    }),
    Layout.left.folders,
    files
  )

export const twinsLookAlike: Rule = (files) =>
  exceptLeft(
    Layout.twins.flatMap(({ alone, folders, names }) => {
      const [one, other] = folders.map((folder, index) =>
        new Set(
          [...files.keys()].filter((path) => path.startsWith(`packages/${folder}/`) && path.endsWith(".ts"))
            .map((path) => path.slice(`packages/${folder}/`.length).replaceAll(names[index] ?? "", "Vendor"))
        )
      )
      const missing = (has: ReadonlySet<string> | undefined, lacks: ReadonlySet<string> | undefined, where: string, elsewhere: string) =>
        [...has ?? []].filter((name) => lacks?.has(name) !== true && !alone.includes(name)).map((name) =>
          `${where} has ${name}, ${elsewhere} does not`
        )
      return [...missing(one, other, folders[0], folders[1]), ...missing(other, one, folders[1], folders[0])]
    }),
    Layout.left.twins,
    files
  )

const isOurs = (specifier: string): boolean =>
  (isRelative(specifier) && specifier.endsWith(".ts")) || /^(@interline\/[a-z]+|interline)\/\w/.test(specifier)

/** `decide-specimens.ts` is `DecideSpecimens`. */
const aliasOf = (specifier: string): string =>
  posix.basename(specifier, ".ts").split("-").map((word) => word.slice(0, 1).toUpperCase() + word.slice(1)).join("")

const scripts = (files: Files) => [...files].filter(([path]) => /^(packages\/[^/]+\/(src|test)|test)\/.*\.ts$/.test(path))

const importsIn = (path: string, text: string): ReadonlyArray<ts.ImportDeclaration & { readonly moduleSpecifier: ts.StringLiteral }> =>
  parse(path, text).statements.filter((statement): statement is ts.ImportDeclaration & { readonly moduleSpecifier: ts.StringLiteral } =>
    ts.isImportDeclaration(statement) && ts.isStringLiteral(statement.moduleSpecifier) && isOurs(statement.moduleSpecifier.text)
  )

/** The folder of a module, or its package where it stands in `src` itself. */
const placeOf = (path: string, specifier: string): string => {
  const [, folder = "", place = ""] =
    /([^/]+)\/(?:src\/)?(?:([^/]+)\/)?[^/]+$/.exec(isRelative(specifier) ? resolveRelative(path, specifier) : specifier) ?? []
  return place === "" ? folder : place
}

/** A module has one name wherever it is used: its own. Where that is taken, its folder's name stands before it. */
export const aliasIsBasename: Rule = (files) =>
  scripts(files).flatMap(([path, text]) =>
    importsIn(path, text).flatMap(({ importClause, moduleSpecifier }) => {
      const bindings = importClause?.namedBindings
      const wanted = aliasOf(moduleSpecifier.text)
      return bindings === undefined || !ts.isNamespaceImport(bindings) ||
          [wanted, aliasOf(placeOf(path, moduleSpecifier.text)) + wanted].includes(bindings.name.text)
        ? []
        : [`${path} calls ${moduleSpecifier.text} ${bindings.name.text}, not ${wanted}`]
    })
  )

export const oneImportPerModule: Rule = (files) =>
  scripts(files).flatMap(([path, text]) => {
    const specifiers = importsIn(path, text).filter(({ importClause }) => importClause !== undefined).map(({ moduleSpecifier }) =>
      moduleSpecifier.text
    )
    return [...new Set(specifiers.filter((specifier, index) => specifiers.indexOf(specifier) !== index))].map((specifier) =>
      `${path} imports ${specifier} twice`
    )
  })

export const filesOpenWithASentence: Rule = (files) =>
  modulesOf(files).filter(({ path }) => {
    const text = textOf(files, path)
    const [comment] = ts.getLeadingCommentRanges(text, ts.getShebang(text)?.length ?? 0) ?? []
    return comment === undefined || !/^(\/\*\*|\/\/)\s*(\* )?\s*\S[^]*\w/.test(text.slice(comment.pos, comment.end))
  }).map(({ path }) => `${path} does not open with a sentence that says what it does`)

/** A tag is found by its id: the package, and the module that defines it. */
export const tagIdIsItsPlace: Rule = (files) => {
  const names = new Map(packagesOf(files).map(({ folder, manifest }) => [folder, manifest.name]))
  return modulesOf(files).flatMap(({ module, owner, path }) => {
    const found: Array<string> = []
    walk(parse(path, textOf(files, path)), (node) => {
      if (!ts.isCallExpression(node) || node.expression.getText() !== "Context.Tag") return
      const [id] = node.arguments
      const wanted = `${names.get(owner.folder)}/${posix.basename(module, ".ts")}`
      if (id !== undefined && ts.isStringLiteral(id) && id.text !== wanted && !id.text.startsWith(`${wanted}/`)) {
        found.push(`${path} has a tag called ${id.text}, not ${wanted}`)
      }
    })
    return found
  })
}
