import { readdirSync } from "node:fs"
import type { Options } from "tsup"

type Plugin = NonNullable<Options["esbuildPlugins"]>[number]

/** Modules stay files of their own: merged chunks cannot be shaken, and what is read in `dist` is where it is in `src`. */
const oneFilePerModule: Plugin = {
  name: "one-file-per-module",
  setup(build) {
    build.onResolve({ filter: /^\.{1,2}\/.*\.ts$/ }, ({ importer, path }) =>
      importer === "" ? undefined : { path: path.replace(/\.ts$/, ".js"), external: true })
  }
}

/** Types are for what `exports` opens; a build runs in its package's folder. */
const publicModules = readdirSync("src").filter((name) => name.endsWith(".ts")).map((name) => `src/${name}`)

/** How every package of the workspace is built: one ES module per source module, with types. */
export const packageBuild: Options = {
  entry: ["src/**/*.ts"],
  format: "esm",
  target: "node20",
  platform: "neutral",
  // only "node:http" names a built-in module everywhere
  removeNodeProtocol: false,
  external: [/^node:/],
  splitting: false,
  // the output is readable, file for file, and maps would be most of a package
  sourcemap: false,
  dts: process.env["INTERLINE_TYPES"] !== "off" && { entry: publicModules },
  clean: process.env["INTERLINE_TYPES"] !== "off",
  esbuildPlugins: [oneFilePerModule],
  esbuildOptions(options) {
    options.conditions = ["import"]
  },
  silent: true
}
