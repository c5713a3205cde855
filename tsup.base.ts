import type { Options } from "tsup"

/** How every package of the workspace is built: one ES module per source module, with types. */
export const packageBuild: Options = {
  entry: ["src/*.ts"],
  format: "esm",
  target: "node20",
  platform: "neutral",
  // only "node:http" names a built-in module everywhere
  removeNodeProtocol: false,
  external: [/^node:/],
  splitting: true,
  sourcemap: true,
  dts: process.env["INTERLINE_TYPES"] !== "off",
  clean: process.env["INTERLINE_TYPES"] !== "off",
  esbuildOptions(options) {
    options.conditions = ["import"]
  },
  silent: true
}
