import { existsSync, readdirSync, rmSync } from "node:fs"
import type { Options } from "tsup"

type Plugin = NonNullable<Options["esbuildPlugins"]>[number]

/** Modules stay files of their own: merged chunks cannot be shaken, and what is read in `dist` is where it is in `src`. */
const oneFilePerModule: Plugin = {
  name: "one-file-per-module",
  setup(build) {
    build.onResolve(
      { filter: /^\.{1,2}\/.*\.ts$/ },
      ({ importer, path }) => importer === "" ? undefined : { path: path.replace(/\.ts$/, ".js"), external: true }
    )
  }
}

/** The types of a module that is gone or has moved: `tsc -b` writes types and takes none away. */
const removeOrphans = (folder: string): void => {
  if (!existsSync(`${folder}/dist`)) return
  for (const path of readdirSync(`${folder}/dist`, { encoding: "utf8", recursive: true })) {
    const module = path.replace(/\.d\.ts$/, ".ts")
    if (module !== path && !existsSync(`${folder}/src/${module}`)) rmSync(`${folder}/dist/${path}`)
  }
}

/** How a package is built from its folder: one ES module for each source module. `tsc -b` writes the types beside them. */
export const buildPackage = (folder: string): Options => {
  removeOrphans(folder)
  return {
    entry: [`${folder}/src/**/*.ts`],
    outDir: `${folder}/dist`,
    outExtension: () => ({ js: ".js" }),
    format: "esm",
    target: "node20",
    platform: "neutral",
    // only "node:http" names a built-in module everywhere
    removeNodeProtocol: false,
    external: [/^node:/],
    splitting: false,
    // the output is readable, file for file, and maps would be most of a package
    sourcemap: false,
    dts: false,
    clean: ["!**/*.d.ts", "!**/*.tsbuildinfo"],
    esbuildPlugins: [oneFilePerModule],
    esbuildOptions(options) {
      options.conditions = ["import"]
      options.outbase = `${folder}/src`
    },
    skipNodeModulesBundle: true,
    silent: true
  }
}
