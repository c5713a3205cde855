/** A test's own program in a folder that Node can run it from. It has all packages in it, so that a process starts fast. */
import * as Effect from "effect/Effect"
import * as Esbuild from "esbuild"
import * as Crypto from "node:crypto"
import * as Fs from "node:fs"
import * as Path from "node:path"
import * as Url from "node:url"
import * as Folder from "./folder.ts"

/** What is other in the program than in the sources: in which file, and what stands there for what. */
export type Change = readonly [file: string, from: string | RegExp, to: string]

/** One of these is no JavaScript; the other one is changed in some processes before the program runs. They stay where they are installed. */
const outside: Esbuild.Plugin = {
  name: "outside",
  setup: (build) =>
    build.onResolve({ filter: /^(libsql(\/promise)?|pg)$/ }, async ({ importer, kind, path, pluginData, resolveDir }) => {
      if (pluginData === outside.name) return undefined
      const found = await build.resolve(path, { kind, importer, resolveDir, pluginData: outside.name })
      return { path: kind === "import-statement" ? Url.pathToFileURL(found.path).href : found.path, external: true }
    })
}

const changed = (changes: ReadonlyArray<Change>): Esbuild.Plugin => ({
  name: "changed",
  setup: (build) => {
    for (const file of new Set(changes.map(([file]) => file))) {
      build.onLoad({ filter: new RegExp(`${file.replaceAll(".", "\\.")}$`) }, ({ path }) => ({
        loader: "ts",
        contents: changes.filter((change) => change[0] === file).reduce((before, [, from, to]) => {
          const after = before.replaceAll(from, to)
          if (after === before) throw new Error(`${file} does not have this any more: ${from}`)
          return after
        }, Fs.readFileSync(path, "utf8"))
      }))
    }
  }
})

/**
 * `source` is the file that it begins with, `folder` where the program is put. What is imported late is in files of its own, so that a process loads
 * only what it uses. The program is made once in a folder: test files of one run share one. Another test file may be at it too, so the program
 * gets its name when it is complete.
 */
export const bundled = (source: string, folder: string, changes: ReadonlyArray<Change> = []): Effect.Effect<string> =>
  Effect.promise(async () => {
    const name = Path.basename(source, ".ts")
    const content = Crypto.createHash("sha256").update(JSON.stringify([source, changes.map(String)])).digest("hex").slice(0, 12)
    const program = Path.join(folder, `${name}-${content}`)
    if (!Fs.existsSync(program)) {
      const mine = `${program}-${process.pid}`
      await Esbuild.build({
        entryPoints: { [name]: source },
        outdir: mine,
        outExtension: { ".js": ".mjs" },
        bundle: true,
        splitting: true,
        platform: "node",
        format: "esm",
        conditions: ["@interline/source"],
        plugins: [outside, changed(changes)],
        // what is bundled may be CommonJS
        banner: { js: "import { createRequire as makeRequire } from \"node:module\"; const require = makeRequire(import.meta.url);" }
      })
      Folder.rename(mine, program)
    }
    return Path.join(program, `${name}.mjs`)
  })
