/** A test's own program as one file that Node can run, next to the packages that it needs; gone with the scope. */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Esbuild from "esbuild"
import * as Fs from "node:fs"
import * as Path from "node:path"
import * as Url from "node:url"

const beside = Path.join(Path.dirname(Url.fileURLToPath(import.meta.url)), "../node_modules")

/** Packages of Effect that the tests have stay outside; what only the program has goes into the file. */
const installed = (): ReadonlyArray<string> =>
  Fs.readdirSync(Path.join(beside, "@effect")).flatMap((name) => [`@effect/${name}`, `@effect/${name}/*`])

/** `source` is the file that it begins with. */
export const bundled = (source: string): Effect.Effect<string, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const outfile = Path.join(beside, `.interline-${Path.basename(source, ".ts")}-${process.pid}.mjs`)
      Esbuild.buildSync({
        entryPoints: [source],
        outfile,
        bundle: true,
        platform: "node",
        format: "esm",
        conditions: ["@interline/source"],
        external: ["effect", "effect/*", ...installed(), "libsql", "standardwebhooks", "undici"],
        // what is bundled may be CommonJS
        banner: { js: "import { createRequire as makeRequire } from \"node:module\"; const require = makeRequire(import.meta.url);" }
      })
      return outfile
    }),
    (outfile) => Effect.sync(() => Fs.rmSync(outfile, { force: true }))
  )
