// `npm run drift`: makes one file of the command's sources, and runs it.
import { buildSync } from "esbuild"
import { rmSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"

const here = dirname(fileURLToPath(import.meta.url))
// next to the packages that it needs
const outfile = join(here, `../node_modules/.interline-drift-${process.pid}.mjs`)
process.on("exit", () => rmSync(outfile, { force: true }))
buildSync({
  entryPoints: [join(here, "command.ts")],
  outfile,
  bundle: true,
  platform: "node",
  format: "esm",
  conditions: ["@interline/source"],
  external: ["effect", "effect/*", "@effect/*", "typescript"]
})
await import(outfile)
