/**
 * `npm run drift`: compares our tables with the newest official clients on npm. It ends with 0, or with 3 if there is a difference that is not
 * on purpose. `--installed` reads the clients that are installed here, and asks nobody.
 */
import { execFileSync } from "node:child_process"
import { mkdirSync } from "node:fs"
import { join } from "node:path"
import { read } from "./client.ts"
import { compare, isDrifted, judge, toLines, type Verdict } from "./compare.ts"
import { vendors } from "./tables.ts"

const root = process.cwd()
const installed = join(root, "test/node_modules")
const cache = join(root, "node_modules/.cache/interline-drift")

/** Brings the newest clients with npm, and gives their folder. Without npm or a network, gives the installed ones. */
const bring = (): string => {
  mkdirSync(cache, { recursive: true })
  const clients = vendors.map(({ client }) => `${client}@latest`)
  const options = ["--prefix", cache, "--no-save", "--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock"]
  try {
    // npm is a batch file on Windows, and those need a shell
    execFileSync("npm", ["install", ...options, ...clients], { stdio: ["ignore", "ignore", "pipe"], shell: process.platform === "win32" })
    return join(cache, "node_modules")
  } catch {
    process.stderr.write("npm cannot bring the newest clients; the installed ones are read instead\n")
    return installed
  }
}

const folder = process.argv.includes("--installed") ? installed : bring()
const verdicts = vendors.map(({ allowances, client: name, ours }): Verdict => {
  const newest = read(join(folder, name))
  const before = read(join(installed, name))
  const verdict = judge(compare({ newest, before }, ours), allowances)
  process.stdout.write(`${toLines(newest, verdict).join("\n")}\n`)
  return verdict
})
process.exitCode = verdicts.some(isDrifted) ? 3 : 0
