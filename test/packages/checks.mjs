// Packs every package as it would be published, and has the tarballs checked: by publint, by attw under each way in which TypeScript finds
// modules, and by a project that uses them. Run by `npm run package-checks`, after a build.
import { spawnSync } from "node:child_process"
import { mkdirSync, readdirSync, readFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"

const root = fileURLToPath(new URL("../../", import.meta.url))
const windows = process.platform === "win32"

const run = (command, args) => {
  const shell = windows && command === "npx"
  const { error, status } = spawnSync(command, shell ? args.map((arg) => JSON.stringify(arg)) : args, {
    cwd: root,
    shell,
    stdio: ["ignore", "inherit", "inherit"]
  })
  if (status === 0) return
  if (error !== undefined) console.error(error.message)
  process.exit(status ?? 1)
}

const tool = (name, path) => join(root, "test", "node_modules", name, path)

for (const name of readdirSync(join(root, "packages"))) {
  const manifest = JSON.parse(readFileSync(join(root, "packages", name, "package.json"), "utf8"))
  if (manifest.private === true) continue
  const packed = join(root, "node_modules", ".packed", `${name}.tgz`)
  mkdirSync(dirname(packed), { recursive: true })
  run("npx", ["--yes", "pnpm@10.34.9", "--silent", "--dir", join("packages", name), "pack", "--out", packed])
  run(process.execPath, [tool("publint", "src/cli.js"), packed, "--strict"])
  const entries = Object.keys(manifest.exports).filter((entry) => /^\.\/[^.*]+$/.test(entry)).map((entry) => entry.slice(2))
  run(process.execPath, [
    tool("@arethetypeswrong/cli", "dist/index.js"),
    packed,
    "--profile",
    "esm-only",
    "--no-summary",
    "--include-entrypoints",
    ...entries
  ])
}
run(process.execPath, [join(root, "test", "packages", "consumer.mjs")])
