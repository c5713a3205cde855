import { describe, expect, it } from "vitest"
import * as Folders from "./folders.ts"
import * as Names from "./names.ts"
import { exceptLeft, type Files, filesOf, importsOf } from "./repository.ts"
import * as Rules from "./rules.ts"
import * as Vendors from "./vendors.ts"

const every = { ...Rules, ...Folders, ...Names, ...Vendors }

const moduleDoc = "/** What it is for. */\n"
const doc = "/**\n * What it is.\n *\n * @category models\n */\n"

/** What opens `index.ts` and these modules, whose paths are below `src`. */
const opened = (modules: ReadonlyArray<string>, isPublished: boolean) => {
  const targets = (path: string) => ({
    ...(isPublished ? {} : { "@interline/source": `./src/${path}.ts` }),
    types: `./dist/${path}.d.ts`,
    default: `./dist/${path}.js`
  })
  return {
    ".": targets("index"),
    "./package.json": "./package.json",
    ...Object.fromEntries(modules.map((path) => [`./${path.replace(/^.*\//, "")}`, targets(path)]))
  }
}

const manifest = (name: string, modules: ReadonlyArray<string> = [], rest: object = {}) =>
  JSON.stringify({
    name,
    exports: opened(modules, false),
    publishConfig: { exports: opened(modules, true) },
    peerDependencies: { effect: "^3.22.0" },
    devDependencies: { effect: "catalog:" },
    ...rest
  })

const onCore = { dependencies: { "@interline/core": "workspace:^" } }

/** A small repository that breaks no rule. */
const sound = {
  "package.json": "{\"scripts\":{}}",
  "pnpm-lock.yaml": "lockfileVersion: '9.0'\n",
  "packages/core/package.json": manifest("@interline/core", ["Draft"]),
  "packages/core/src/index.ts": `${moduleDoc}export * as Draft from "./Draft.ts"\n`,
  "packages/core/src/Draft.ts":
    `${moduleDoc}import * as Effect from "effect/Effect"\n${doc}export const draft = Effect.succeed("happy_birthday")\n`,
  "packages/core/src/runtime/plan.ts": "/** What it is for. */\nexport const plan = 1\n",
  "packages/linq/package.json": manifest("@interline/linq", ["Linq"], onCore),
  "packages/linq/src/Linq.ts": `${moduleDoc}import * as Draft from "@interline/core/Draft"\n${doc}export const make = Draft\n`,
  "packages/linq/test/Linq.test.ts":
    "import { readFileSync } from \"node:fs\"\nreadFileSync(new URL(\"./fixtures/a.json\", import.meta.url))\n",
  "packages/sendblue/package.json": manifest("@interline/sendblue", ["Sendblue"], onCore),
  "packages/sendblue/src/Sendblue.ts": `${moduleDoc}import * as Draft from "@interline/core/Draft"\n${doc}export const make = Draft\n`,
  "packages/interline/package.json": manifest("interline", ["Interline", "node"], {
    dependencies: { "@interline/linq": "workspace:^", undici: "7" }
  }),
  "packages/interline/src/Interline.ts":
    `${moduleDoc}import type { make } from "@interline/linq"\n${doc}export type Interline = typeof make\n`,
  "packages/interline/src/node.ts": `${moduleDoc}import * as Undici from "undici"\nimport "node:http"\n${doc}export const layer = Undici\n`,
  "packages/sandbox/package.json": manifest("@interline/sandbox", ["Sandbox"]),
  "packages/sandbox/src/Sandbox.ts": `${moduleDoc}import "node:http"\n`,
  "packages/cli/package.json": manifest("@interline/cli", ["main"], {
    bin: {},
    peerDependencies: {},
    dependencies: { effect: "catalog:", "@interline/sandbox": "workspace:^", interline: "workspace:^" }
  }),
  "packages/cli/src/main.ts": `${moduleDoc}import "@interline/sandbox"\nimport "interline/node"\n`,
  "test/end.test.ts": "import \"@interline/core\"\n"
}

const withFiles = (edits: Readonly<Record<string, string>>): Files => filesOf({ ...sound, ...edits })

const rules = Object.entries(every)

describe("each rule", () => {
  it.each(rules)("%s accepts a sound repository", (_, rule) => {
    expect(rule(filesOf(sound))).toEqual([])
  })

  const broken: ReadonlyArray<readonly [keyof typeof every, string, Readonly<Record<string, string>>]> = [
    ["importsGoOneWay", "packages/core/src/Bad.ts imports @interline/linq/Linq", {
      "packages/core/src/Bad.ts": "import \"@interline/linq/Linq\""
    }],
    ["importsGoOneWay", "packages/linq/src/Bad.ts imports interline", {
      "packages/linq/src/Bad.ts": "export type A = import(\"interline\").B"
    }],
    ["importsGoOneWay", "packages/linq/src/Bad.ts imports @interline/sendblue", {
      "packages/linq/src/Bad.ts": "export * from \"@interline/sendblue\""
    }],
    ["importsGoOneWay", "packages/sandbox/src/Bad.ts imports @interline/core", {
      "packages/sandbox/src/Bad.ts": "import type { A } from \"@interline/core\""
    }],
    ["importsGoOneWay", "packages/interline/src/Bad.ts imports @interline/sandbox", {
      "packages/interline/src/Bad.ts": "const a = () => import(\"@interline/sandbox\")"
    }],
    ["importsGoOneWay", "other has no row in the table of who may import whom", {
      "packages/other/package.json": manifest("@interline/other"),
      "packages/other/src/index.ts": ""
    }],
    ["nobodyReachesInside", "packages/linq/src/Bad.ts reaches into another package: @interline/core/runtime/plan", {
      "packages/linq/src/Bad.ts": "import \"@interline/core/runtime/plan\""
    }],
    ["nobodyReachesInside", "packages/linq/test/a.test.ts reaches into another package: ../../core/src/Draft.ts", {
      "packages/linq/test/a.test.ts": "import \"../../core/src/Draft.ts\""
    }],
    ["nobodyReachesInside", "test/a.test.ts reaches into another package: ../packages/core/src/runtime/plan.ts", {
      "test/a.test.ts": "import \"../packages/core/src/runtime/plan.ts\""
    }],
    ["portablePackagesAvoidNode", "packages/core/src/Bad.ts needs Node: node:fs", { "packages/core/src/Bad.ts": "import \"node:fs\"" }],
    ["portablePackagesAvoidNode", "packages/linq/src/Bad.ts needs Node: crypto", { "packages/linq/src/Bad.ts": "import \"crypto\"" }],
    ["portablePackagesAvoidNode", "packages/sendblue/src/node.ts needs Node: node:http", {
      "packages/sendblue/src/node.ts": "import \"node:http\""
    }],
    ["portablePackagesAvoidNode", "packages/interline/src/Bad.ts needs Node: undici", {
      "packages/interline/src/Bad.ts": "import \"undici\""
    }],
    ["portablePackagesAvoidNode", "packages/interline/src/Bad.ts needs Node: ./node.ts", {
      "packages/interline/src/Bad.ts": "export * from \"./node.ts\""
    }],
    ["exportedNamesAvoid", "packages/core/src/runtime/bad.ts exports openDoors: door is not used", {
      "docs/glossary.md": "# Glossary\n\n## Not used\n\n| Word | Say instead |\n|---|---|\n| desk, door | endpoint |\n",
      "packages/core/src/runtime/bad.ts": "/** What it is for. */\nexport const openDoors = 1\n"
    }],
    ["vendorsAreLookedUp", "packages/cli/src/Bad.ts compares with the name linq", {
      "packages/cli/src/Bad.ts": "export const isLinq = (vendor: string) => vendor === \"linq\""
    }],
    ["vendorsAreLookedUp", "packages/linq/src/Bad.ts compares with the name sendblue", {
      "packages/linq/src/Bad.ts": "export const isOther = (vendor: string) => \"sendblue\" !== vendor"
    }],
    ["vendorsAreLookedUp", "packages/sandbox/src/Bad.ts compares with the name sendblue", {
      "packages/sandbox/src/Bad.ts": "switch (vendor) { case \"sendblue\": break }"
    }],
    ["vendorsAreLookedUp", "packages/router/src/Bad.ts names the vendor linq", {
      "packages/router/package.json": manifest("@interline/router"),
      "packages/router/src/Bad.ts": "export const example = [\"linq\"]"
    }],
    ["vendorsAreLookedUp", "packages/interline/src/Bad.ts names the vendor sendblue", {
      "packages/interline/src/Bad.ts": "export const optionsOf = (options: Options) => options.sendblue"
    }],
    ["vendorsAreLookedUp", "packages/gateway/src/fronts/sendblue/Bad.ts names the vendor linq", {
      "packages/gateway/package.json": manifest("@interline/gateway"),
      "packages/gateway/src/fronts/sendblue/Bad.ts": "export const carriers = { linq: 1 }"
    }],
    ["wingsGoOneWay", "packages/core/src/names/Bad.ts imports ../content/Draft.ts: names stands below content, or beside it", {
      "packages/core/src/names/Bad.ts": "import type { A } from \"../content/Draft.ts\"",
      "packages/core/src/content/Draft.ts": ""
    }],
    ["wingsGoOneWay", "packages/core/src/language/Bad.ts imports ../names/Good.ts: language stands below names, or beside it", {
      "packages/core/src/language/Bad.ts": "import \"../names/Good.ts\"",
      "packages/core/src/names/Good.ts": ""
    }],
    ["wingsGoOneWay", "packages/core/src/attic/Bad.ts is in no wing of core", { "packages/core/src/attic/Bad.ts": "" }],
    ["noCircles", "packages/core/src/A.ts is in a circle", {
      "packages/core/src/A.ts": "import type { B } from \"./B.ts\"",
      "packages/core/src/B.ts": "import \"./A.ts\""
    }],
    [
      "foldersAreSmall",
      "core/src/names has 16 files, more than 15",
      Object.fromEntries(Array.from({ length: 16 }, (_, index) => [`packages/core/src/names/A${index}.ts`, ""]))
    ],
    ["twinsLookAlike", "linq/src has wire/VendorWords.ts, sendblue/src does not", { "packages/linq/src/wire/LinqWords.ts": "" }],
    ["twinsLookAlike", "sendblue/src has convert/split.ts, linq/src does not", { "packages/sendblue/src/convert/split.ts": "" }],
    ["aliasIsBasename", "packages/core/src/Bad.ts calls ./Draft.ts Drafts, not Draft", {
      "packages/core/src/Bad.ts": "import * as Drafts from \"./Draft.ts\""
    }],
    ["aliasIsBasename", "packages/linq/test/a.test.ts calls @interline/core/Draft Letter, not Draft", {
      "packages/linq/test/a.test.ts": "import * as Letter from \"@interline/core/Draft\""
    }],
    ["oneImportPerModule", "packages/core/src/Bad.ts imports ./Draft.ts twice", {
      "packages/core/src/Bad.ts": "import type { A } from \"./Draft.ts\"\nimport * as Draft from \"./Draft.ts\""
    }],
    ["filesOpenWithASentence", "packages/core/src/bad.ts does not open with a sentence that says what it does", {
      "packages/core/src/bad.ts": "export const a = 1\n/** later */"
    }],
    ["tagIdIsItsPlace", "packages/core/src/Bad.ts has a tag called @interline/core/Good, not @interline/core/Bad", {
      "packages/core/src/Bad.ts": "class Bad extends Context.Tag(\"@interline/core/Good\")<Bad, number>() {}"
    }],
    ["manifestsAgreeWithImports", "core imports @effect/platform, which its package.json does not name", {
      "packages/core/src/Bad.ts": "import \"@effect/platform/HttpClient\""
    }],
    ["manifestsAgreeWithImports", "core/test imports vitest, which its package.json does not name", {
      "packages/core/test/a.test.ts": "import \"vitest\""
    }],
    ["manifestsAgreeWithImports", "linq depends on undici and never imports it", {
      "packages/linq/package.json": manifest("@interline/linq", ["Linq"], { dependencies: { ...onCore.dependencies, undici: "7" } })
    }],
    ["effectIsPeer", "core depends on effect; make it a peer dependency", {
      "packages/core/package.json": manifest("@interline/core", ["Draft"], { dependencies: { effect: "3" } })
    }],
    ["effectIsPeer", "core has the peer effect and is not developed with it", {
      "packages/core/package.json": manifest("@interline/core", ["Draft"], { devDependencies: {} })
    }],
    ["exportsListPublicModules", "core: exports does not open ./Draft as it should: npm run exports", {
      "packages/core/package.json": manifest("@interline/core")
    }],
    ["exportsListPublicModules", "core: exports does not open ./Draft as it should: npm run exports", {
      "packages/core/package.json": manifest("@interline/core", ["content/Draft"])
    }],
    ["exportsListPublicModules", "core: exports opens ./plan, which is no public module: npm run exports", {
      "packages/core/package.json": manifest("@interline/core", ["Draft", "runtime/plan"])
    }],
    ["exportsListPublicModules", "core: publishConfig.exports does not open ./Draft as it should: npm run exports", {
      "packages/core/package.json": manifest("@interline/core", ["Draft"], { publishConfig: { exports: opened([], true) } })
    }],
    ["exportsListPublicModules", "core has two public modules called Draft", { "packages/core/src/content/Draft.ts": "" }],
    ["filesStayInside", "test/a.test.ts goes outside the repository: /etc/hosts", { "test/a.test.ts": "readFileSync(\"/etc/hosts\")" }],
    ["filesStayInside", "packages/core/src/Bad.ts goes outside the repository: ../../../../secrets.json", {
      "packages/core/src/Bad.ts": "new URL(\"../../../../secrets.json\", import.meta.url)"
    }],
    ["filesStayInside", "packages/core/test/a.ts asks for the home folder", {
      "packages/core/test/a.ts": "import { homedir } from \"node:os\""
    }],
    ["rootNeedsOnlyNpm", "package.json says workspace:, which npm does not know", { "package.json": "{\"a\":\"workspace:^\"}" }],
    ["rootNeedsOnlyNpm", "package.json has devDependencies; put them into test/package.json", {
      "package.json": "{\"devDependencies\":{}}"
    }],
    ["nobodyNamesARegistry", "pnpm-lock.yaml:1 names a host", { "pnpm-lock.yaml": "tarball: a.tgz" }],
    ["nobodyNamesARegistry", ".npmrc:1 names a registry", { ".npmrc": "registry = x" }],
    ["nobodyNamesARegistry", "package-lock.json is a second lockfile", { "package-lock.json": "{}" }],
    ["nobodyNamesAMachine", "docs/a.md:2 names a path on somebody's machine", { "docs/a.md": "see\n/home/" + "ada/notes" }],
    ["coreKnowsNoVendor", "packages/core/src/Bad.ts:1 uses a vendor's wire word", {
      "packages/core/src/Bad.ts": "// the send_style of a message"
    }],
    ["coreKnowsNoVendor", "packages/core/src/Bad.ts says some_word", { "packages/core/src/Bad.ts": "const a = { some_word: 1 }" }],
    ["coreKnowsNoVendor", "packages/core/src/Bad.ts names a vendor: linq", { "packages/core/src/Bad.ts": "const a = \"linq\"" }],
    ["everyFileHasANoun", "packages/core/src/internal/utils.ts is named after no noun", { "packages/core/src/internal/utils.ts": "" }],
    ["publicNamesAreDocumented", "packages/core/src/Draft.ts exports bare without one @category of the list", {
      "packages/core/src/Draft.ts": `${moduleDoc}export const bare = 1`
    }],
    ["publicNamesAreDocumented", "packages/core/src/Draft.ts exports bare without a sentence", {
      "packages/core/src/Draft.ts": `${moduleDoc}/** @category models */\nexport const bare = 1`
    }],
    ["publicNamesAreDocumented", "packages/core/src/Draft.ts exports Bare without one @category of the list", {
      "packages/core/src/Draft.ts": `${moduleDoc}/**\n * Something.\n * @category things\n */\nexport interface Bare {}`
    }],
    ["publicNamesAreDocumented", "packages/core/src/Draft.ts exports plan without one @category of the list", {
      "packages/core/src/Draft.ts": `${moduleDoc}export { plan } from "./runtime/plan.ts"`
    }],
    ["publicNamesAreDocumented", "packages/core/src/Draft.ts says @since before there is a release", {
      "packages/core/src/Draft.ts":
        `${moduleDoc}/**\n * Something.\n *\n * @since 0.1.0\n * @category models\n */\nexport interface Bare {}`
    }],
    ["publicNamesAreDocumented", "packages/core/src/Draft.ts does not open with what it is for", {
      "packages/core/src/Draft.ts": "export {}"
    }]
  ]

  it.each(broken)("%s notices: %s", (name, sentence, edits) => {
    expect(every[name](withFiles(edits))).toContain(sentence)
  })

  it("is seen to fail", () => {
    expect(new Set(broken.map(([name]) => name))).toEqual(new Set(rules.map(([name]) => name)))
  })
})

describe("the list of what is left", () => {
  it("excepts what is found, and notices what is mended", () => {
    const files: Files = new Map([["test/architecture/layout.ts", ""]])
    expect(exceptLeft(["A is in a circle"], ["A is in a circle"], files)).toEqual([])
    expect(exceptLeft([], ["A is in a circle"], files)).toEqual(["layout.ts still excepts: A is in a circle"])
    expect(exceptLeft(["B is in a circle"], [], files)).toEqual(["B is in a circle"])
  })
})

describe("the reader of imports", () => {
  it("finds every way to name a module", () => {
    const text = `
      import "a"; import b from "b"; import type { C } from "c"; export * from "d"; export { e } from "e"
      type F = import("f").F; const g = () => import("g"); const h = require("h"); import i = require("i")
    `
    expect(importsOf("a.ts", text).map(({ specifier }) => specifier)).toEqual(["a", "b", "c", "d", "e", "f", "g", "h", "i"])
  })
})
