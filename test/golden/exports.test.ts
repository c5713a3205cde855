/** What can be imported of each package, and what its commands and variables are called, is as it was. */
import * as Fs from "node:fs"
import * as Path from "node:path"
import * as Url from "node:url"
import ts from "typescript"
import { it } from "vitest"
import { configurationPage } from "../docs/generated/configuration.ts"
import { help } from "../support/help.ts"
import { compare, sorted, sortedRecord } from "./golden.ts"

const packages = Path.join(Path.dirname(Url.fileURLToPath(import.meta.url)), "../../packages")

interface Manifest {
  readonly name: string
  /** A private package is no library. */
  readonly exports?: Readonly<Record<string, string | null | { readonly "@interline/source": string }>>
}

const filesUnder = (folder: string): ReadonlyArray<string> =>
  Fs.readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? filesUnder(Path.join(folder, entry.name)) : [Path.join(folder, entry.name)]
  )

/** The text in place of the star, if the pattern fits. */
const fits = (pattern: string, text: string): string | undefined => {
  const [before = "", after] = pattern.split("*")
  if (after === undefined) return pattern === text ? "" : undefined
  return text.startsWith(before) && text.endsWith(after) ? text.slice(before.length, text.length - after.length) : undefined
}

/** The files that can be imported, by what they are imported as. */
const modulesOf = (folder: string): ReadonlyArray<readonly [name: string, file: string]> => {
  const manifest: Manifest = JSON.parse(Fs.readFileSync(Path.join(folder, "package.json"), "utf8")) as Manifest
  const files = filesUnder(Path.join(folder, "src")).filter((file) => file.endsWith(".ts")).map((file) =>
    `./${Path.relative(folder, file).split(Path.sep).join("/")}`
  )
  const exported = manifest.exports ?? {}
  const closed = Object.entries(exported).flatMap(([name, target]) => target === null ? [name] : [])
  return Object.entries(exported).flatMap(([name, target]) => {
    if (target === null || typeof target === "string") return []
    return files.flatMap((file): ReadonlyArray<readonly [string, string]> => {
      const star = fits(target["@interline/source"], file)
      if (star === undefined) return []
      const subpath = name.replace("*", star)
      if (closed.some((pattern) => fits(pattern, subpath) !== undefined)) return []
      return [[`${manifest.name} ${subpath === "." ? "index" : Path.posix.basename(subpath)}`, Path.join(folder, file)]]
    })
  })
}

const kindOf = (checker: ts.TypeChecker, symbol: ts.Symbol): string => {
  const { flags } = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol
  return [...(flags & ts.SymbolFlags.Value ? ["value"] : []), ...(flags & ts.SymbolFlags.Type ? ["type"] : [])].join(" and ")
}

it("every package has the same public modules with the same names", () => {
  const modules = Fs.readdirSync(packages).map((name) => Path.join(packages, name)).filter((folder) =>
    Fs.existsSync(Path.join(folder, "package.json"))
  ).flatMap(modulesOf)
  const { options } = ts.convertCompilerOptionsFromJson({
    module: "NodeNext",
    target: "ES2022",
    customConditions: ["@interline/source"],
    allowImportingTsExtensions: true,
    noEmit: true,
    noLib: true,
    types: [],
    resolveJsonModule: true
  }, packages)
  const program = ts.createProgram(modules.map(([, file]) => file), options)
  const checker = program.getTypeChecker()
  compare(
    "exports",
    sortedRecord(modules.map(([name, file]) => {
      const source = program.getSourceFile(file)
      const symbol = source === undefined ? undefined : checker.getSymbolAtLocation(source)
      const names = symbol === undefined ? [] : checker.getExportsOfModule(symbol).map((one) => `${one.name}: ${kindOf(checker, one)}`)
      return [name, sorted(names)] as const
    }))
  )
}, 60_000)

it("the same variables of the environment are known", async () => {
  compare(
    "variables",
    sorted(Array.from((await configurationPage()).matchAll(/\b[A-Z][A-Z0-9]*_[A-Z0-9_]+\b|\b(HOST|PORT)\b/g), ([name]) => name))
  )
})

const commands = ["", "serve", "demo", "sandbox", "simulate", "send"]

it("every command says the same of itself", async () => {
  const pages: Record<string, ReadonlyArray<string>> = {}
  for (const command of commands) pages[`interline ${command}`.trim()] = await help(command === "" ? [] : [command])
  compare("commands", pages)
}, 60_000)
