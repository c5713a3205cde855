/** The rules between packages. Each takes the repository's files and says, in sentences, what breaks it. */
import { posix } from "node:path"
import ts from "typescript"
import {
  type Files,
  importsOf,
  isNode,
  isRelative,
  modulesOf,
  opening,
  type Package,
  packageName,
  packagesOf,
  parse,
  publicNames,
  resolveRelative,
  type Rule,
  textOf,
  walk
} from "./repository.ts"

/** Who may import whom; a package that is not listed has to be thought about first. */
const siblings: Readonly<Record<string, ReadonlyArray<string>>> = {
  core: [],
  linq: ["core"],
  sendblue: ["core"],
  router: ["core"],
  sql: ["core", "router"],
  cluster: ["core", "router"],
  testkit: ["core"],
  interline: ["core", "linq", "sendblue", "router"],
  gateway: ["interline", "linq", "sendblue", "router", "sql", "core", "cluster"],
  migration: ["interline", "gateway", "linq", "sendblue", "sql", "router", "core"],
  sandbox: [],
  cli: ["interline", "gateway", "migration", "sandbox", "core", "linq", "sendblue", "router", "sql"]
}

/** These run wherever `fetch` does. */
const portable = ["core", "linq", "sendblue", "router", "interline"]

/** The subpath of `interline` that holds the HTTP layer for Node. */
const isNodeModule = (folder: string, module: string): boolean => folder === "interline" && /^(internal\/)?node(\/.*)?(\.ts)?$/.test(module)

const nodeOnly = ["undici", "@effect/platform-node", "@effect/platform-node-shared"]

const effectFamily = (name: string): boolean => name === "effect" || /^@effect\//.test(name)

const folderNamed = (files: Files): ReadonlyMap<string, string> =>
  new Map(packagesOf(files).map(({ folder, manifest }) => [manifest.name, folder]))

const scripts = (files: Files, pattern: RegExp) => [...files].filter(([path]) => pattern.test(path) && /\.(ts|mts|mjs|js)$/.test(path))

export const importsGoOneWay: Rule = (files) => {
  const folders = folderNamed(files)
  return modulesOf(files).flatMap(({ imports, owner, path }) => {
    const allowed = siblings[owner.folder]
    if (allowed === undefined) return [`${owner.folder} has no row in the table of who may import whom`]
    return imports.flatMap(({ specifier }) => {
      const target = folders.get(packageName(specifier))
      return target === undefined || target === owner.folder || allowed.includes(target) ? [] : [`${path} imports ${specifier}`]
    })
  })
}

export const nobodyReachesInside: Rule = (files) => {
  const folders = folderNamed(files)
  return scripts(files, /^(packages\/[^/]+\/(src|test)|test)\//).flatMap(([path, text]) => {
    const own = /^packages\/[^/]+\//.exec(path)?.[0] ?? "test/"
    return importsOf(path, text).flatMap(({ specifier }) => {
      const inside = isRelative(specifier)
        ? !resolveRelative(path, specifier).startsWith(own) && resolveRelative(path, specifier).startsWith("packages/")
        : folders.has(packageName(specifier)) && /^\/[^/]+\//.test(specifier.slice(packageName(specifier).length))
      return inside ? [`${path} reaches into another package: ${specifier}`] : []
    })
  })
}

export const portablePackagesAvoidNode: Rule = (files) =>
  modulesOf(files).filter(({ module, owner }) => portable.includes(owner.folder) && !isNodeModule(owner.folder, module)).flatMap((
    { imports, module, owner, path }
  ) =>
    imports.flatMap(({ specifier }) => {
      const reached = isRelative(specifier) ? posix.normalize(posix.join(posix.dirname(module), specifier)) : ""
      return isNode(specifier) || nodeOnly.includes(packageName(specifier)) || isNodeModule(owner.folder, reached)
        ? [`${path} needs Node: ${specifier}`]
        : []
    })
  )

const declared = ({ manifest }: Package): ReadonlyArray<string> => Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies })

export const manifestsAgreeWithImports: Rule = (files) => {
  const folders = folderNamed(files)
  return packagesOf(files).flatMap((owner) => {
    const imported = (folder: string) =>
      new Set(
        scripts(files, new RegExp(`^packages/${owner.folder}/${folder}/`))
          .flatMap(([path, text]) => importsOf(path, text))
          .map(({ specifier }) => specifier)
          .filter((specifier) => !isRelative(specifier) && !isNode(specifier))
          .map(packageName)
      )
    // what a command runs as a program of its own is in `programs`
    const source = new Set([...imported("src"), ...imported("programs")])
    const known = [...declared(owner), owner.manifest.name]
    const developed = [...known, ...Object.keys(owner.manifest.devDependencies ?? {})]
    // An application also carries the peers of what it uses, which nobody else would install.
    const needed = (name: string) => source.has(name) || (owner.manifest.bin !== undefined && effectFamily(name) && !folders.has(name))
    return [
      ...[...source].filter((name) => !known.includes(name)).map((name) =>
        `${owner.folder} imports ${name}, which its package.json does not name`
      ),
      ...[...imported("test")].filter((name) => !developed.includes(name)).map((name) =>
        `${owner.folder}/test imports ${name}, which its package.json does not name`
      ),
      ...Object.keys(owner.manifest.dependencies ?? {}).filter((name) => !needed(name)).map((name) =>
        `${owner.folder} depends on ${name} and never imports it`
      )
    ]
  })
}

/** Two copies of Effect break service tags, so a library brings none; an application (it has a `bin`) brings the only one. */
export const effectIsPeer: Rule = (files) =>
  packagesOf(files).filter(({ manifest }) => manifest.private !== true).flatMap(({ folder, manifest }) => {
    const peers = Object.keys(manifest.peerDependencies ?? {})
    const brought = manifest.bin === undefined ? Object.keys(manifest.dependencies ?? {}).filter(effectFamily) : []
    return [
      ...brought.map((name) => `${folder} depends on ${name}; make it a peer dependency`),
      ...peers.filter((name) => manifest.devDependencies?.[name] === undefined).map((name) =>
        `${folder} has the peer ${name} and is not developed with it`
      )
    ]
  })

/** Public modules whose name is not capitalised: one is named for what it needs, the other is the program that `npx interline` starts. */
const namedOtherwise = ["interline/node.ts", "cli/main.ts"]

/** Public modules, whichever folder they are in: each is imported under its bare name. */
const publicModules = ({ folder, modules }: Package): ReadonlyArray<string> =>
  modules.filter((module) => /(^|\/)[A-Z][^/]*$/.test(module) || namedOtherwise.includes(`${folder}/${module}`))

const nameOf = (module: string): string => posix.basename(module, ".ts")

/** What a package opens is written down module by module (`npm run exports`), so that a new module is not public by accident. */
export const exportsListPublicModules: Rule = (files) =>
  packagesOf(files).flatMap((owner) => {
    const { folder, manifest } = owner
    const targets = (module: string, isPublished: boolean) => ({
      ...(isPublished ? {} : { "@interline/source": `./src/${module}` }),
      types: `./dist/${module.replace(/\.ts$/, ".d.ts")}`,
      default: `./dist/${module.replace(/\.ts$/, ".js")}`
    })
    const wanted = (isPublished: boolean): Readonly<Record<string, unknown>> => ({
      ".": targets("index.ts", isPublished),
      "./package.json": "./package.json",
      ...Object.fromEntries(publicModules(owner).map((module) => [`./${nameOf(module)}`, targets(module, isPublished)]))
    })
    const names = publicModules(owner).map(nameOf)
    const compare = (where: string, has: Readonly<Record<string, unknown>>, wants: Readonly<Record<string, unknown>>) => [
      ...Object.keys(wants).filter((name) => JSON.stringify(has[name]) !== JSON.stringify(wants[name])).map((name) =>
        `${folder}: ${where} does not open ${name} as it should: npm run exports`
      ),
      ...Object.keys(has).filter((name) => wants[name] === undefined).map((name) =>
        `${folder}: ${where} opens ${name}, which is no public module: npm run exports`
      )
    ]
    return [
      ...names.filter((name, index) => names.indexOf(name) !== index).map((name) => `${folder} has two public modules called ${name}`),
      ...compare("exports", manifest.exports ?? {}, wanted(false)),
      ...compare("publishConfig.exports", manifest.publishConfig?.exports ?? {}, wanted(true))
    ]
  })

const readers =
  /^(readFile|readFileSync|readdir|readdirSync|readFileString|readDirectory|exists|existsSync|stat|statSync|open|openSync|createReadStream|opendir|opendirSync|writeFile|writeFileSync|access|accessSync|realpath|realpathSync)$/

const outermost = (
  node: ts.Node
): ts.Node => (node.parent !== undefined && ts.isBinaryExpression(node.parent) ? outermost(node.parent) : node)

/** Absolute paths given to a file function, the home folder, and relative paths that climb out of the repository. */
export const filesStayInside: Rule = (files) =>
  scripts(files, /^(packages\/[^/]+\/(src|test|bin)|test)\//).flatMap(([path, text]) => {
    const found: Array<string> = []
    walk(parse(path, text), (node) => {
      if (ts.isIdentifier(node) && node.text === "homedir") found.push(`${path} asks for the home folder`)
      if (!ts.isStringLiteralLike(node) && !ts.isTemplateHead(node)) return
      const climbs = isRelative(node.text) && resolveRelative(path, node.text).startsWith("..")
      const call = outermost(ts.isTemplateHead(node) ? node.parent : node).parent
      const callee = call !== undefined && ts.isCallExpression(call) ? call.expression : undefined
      const name = callee === undefined ? "" : ts.isPropertyAccessExpression(callee) ? callee.name.text : callee.getText()
      if (climbs || (readers.test(name) && /^(\/|~|[A-Za-z]:\\|file:\/\/)/.test(node.text))) {
        found.push(`${path} goes outside the repository: ${node.text}`)
      }
    })
    return found
  })

export const rootNeedsOnlyNpm: Rule = (files) => {
  const text = textOf(files, "package.json")
  const manifest = JSON.parse(text) as Partial<Record<string, unknown>>
  return [
    ...["workspace:", "catalog:"].filter((protocol) => text.includes(protocol)).map((protocol) =>
      `package.json says ${protocol}, which npm does not know`
    ),
    ...["dependencies", "devDependencies", "workspaces"].filter((key) => manifest[key] !== undefined).map((key) =>
      `package.json has ${key}; put them into test/package.json`
    )
  ]
}

const lines = (text: string) => text.split("\n").map((line, index) => ({ line, number: index + 1 }))

const mentions = (files: Files, which: (path: string) => boolean, pattern: RegExp, complaint: string): ReadonlyArray<string> =>
  [...files].filter(([path]) => which(path)).flatMap(([path, text]) =>
    lines(text).filter(({ line }) => pattern.test(line)).map(({ number }) => `${path}:${number} ${complaint}`)
  )

/** A lockfile with hosts installs from them; without, from wherever npm is told to. */
export const nobodyNamesARegistry: Rule = (files) => [
  ...mentions(files, (path) => path === "pnpm-lock.yaml", /:\/\/|tarball:/, "names a host"),
  ...mentions(
    files,
    (path) => path !== "pnpm-lock.yaml",
    /registry\.[a-z0-9-]+\.[a-z]{2,}|^\s*(@[a-z-]+:)?registry\s*=/,
    "names a registry"
  ),
  ...["package-lock.json", "yarn.lock"].filter((path) => files.has(path)).map((path) => `${path} is a second lockfile`)
]

export const nobodyNamesAMachine: Rule = (files) =>
  mentions(
    files,
    () => true,
    /(^|[\s"'`(=:])\/(home|Users)\/[\w.-]+|(^|[\s"'`(=:])\/root\/|[A-Z]:\\Users\\/,
    "names a path on somebody's machine"
  )

const wireWords =
  /\b(send_style|message_handle|idempotency_key|chat_id|from_number|to_number|sendblue_number|media_url|status_callback|preferred_service|was_downgraded|error_code|group_id|is_outbound|message_effect|reply_to|part_index|phone_number|health_score|health_status|trace_id)\b/

// Neutral words that happen to be spelled like wire words.
const neutral = ["happy_birthday", "shooting_star"]

/** The neutral domain knows no vendor: no wire word at all, no snake case and no vendor's name in code. */
export const coreKnowsNoVendor: Rule = (files) => {
  const inCore = (path: string) => /^packages\/core\/src\//.test(path)
  return [
    ...mentions(files, inCore, wireWords, "uses a vendor's wire word"),
    ...[...files].filter(([path]) => inCore(path)).flatMap(([path, text]) => {
      const found: Array<string> = []
      walk(parse(path, text), (node) => {
        if (!ts.isIdentifier(node) && !ts.isStringLiteralLike(node)) return
        if (/^[a-z]+(_[a-z]+)+$/.test(node.text) && !neutral.includes(node.text)) found.push(`${path} says ${node.text}`)
        if (/linq|sendblue/i.test(node.text)) found.push(`${path} names a vendor: ${node.text}`)
      })
      return found
    })
  ]
}

const roomless = /(^|\/)(utils?|common|shared|types|helpers?|misc)(\.ts$|\/)/i

export const everyFileHasANoun: Rule = (files) =>
  modulesOf(files).filter(({ module }) => roomless.test(module)).map(({ path }) => `${path} is named after no noun`)

const categories = new Set([
  "accessors",
  "combinators",
  "constants",
  "constructors",
  "errors",
  "getters",
  "layers",
  "metrics",
  "models",
  "refinements",
  "schemas",
  "services"
])

/** Whether a docstring says something beside its tags. */
const hasSentence = (doc: string): boolean => /\w/.test(doc.replace(/@\w+.*$/gm, ""))

const categoriesOf = (doc: string): ReadonlyArray<string> => Array.from(doc.matchAll(/@category (\w+)/g), ([, category = ""]) => category)

/** Names that are declared more than once, as a schema and its type are, need one sentence. No version is released, so none says `@since`. */
export const publicNamesAreDocumented: Rule = (files) =>
  modulesOf(files).filter(({ module, owner }) => module === "index.ts" || publicModules(owner).includes(module)).flatMap(
    ({ module, path }) => {
      const text = textOf(files, path)
      const { end, pos } = opening(text)
      const names = module === "index.ts" ? [] : publicNames(parse(path, text))
      const told = new Set(names.flatMap(([name, doc]) => hasSentence(doc) ? [name] : []))
      return [
        ...(/^\/\*\*[^]*\w/.test(text.slice(pos, end)) ? [] : [`${path} does not open with what it is for`]),
        ...(text.includes("@since") ? [`${path} says @since before there is a release`] : []),
        ...names.flatMap(([name, doc]) => {
          const own = categoriesOf(doc)
          return own.length === 1 && own.every((category) => categories.has(category))
            ? []
            : [`${path} exports ${name} without one @category of the list`]
        }),
        ...Array.from(new Set(names.map(([name]) => name)), (name) => told.has(name) ? "" : `${path} exports ${name} without a sentence`)
          .filter((found) => found !== "")
      ]
    }
  )
