import type { Options } from "tsup"

/** How every package of the workspace is built: one ES module per source module, with types. */
export const packageBuild: Options = {
  entry: ["src/*.ts"],
  format: "esm",
  target: "node20",
  platform: "neutral",
  splitting: true,
  sourcemap: true,
  dts: process.env["INTERLINE_TYPES"] !== "off",
  clean: process.env["INTERLINE_TYPES"] !== "off",
  esbuildOptions(options) {
    options.conditions = ["import"]
  },
  silent: true
}
