// Packs every package as it would be published, and has the tarballs checked: by publint, by attw under each way in which TypeScript finds
// modules, and by a project that uses them. Run by `npm run package-checks`, after a build.
import { spawn } from "node:child_process"
import { mkdirSync, readdirSync, readFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"

const root = fileURLToPath(new URL("../../", import.meta.url))
const windows = process.platform === "win32"

/** Ends when the command has ended, with what it said. */
const run = (command, args) =>
  new Promise((resolve, reject) => {
    const shell = windows && command === "npx"
    const child = spawn(command, shell ? args.map((arg) => JSON.stringify(arg)) : args, {
      cwd: root,
      shell,
      stdio: ["ignore", "pipe", "pipe"]
    })
    let said = ""
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (text) => (said += text))
    child.on("error", reject)
    child.on("close", (status) => {
      process.stdout.write(said)
      if (status === 0) resolve()
      else reject(new Error(`${command} ${args.join(" ")} ended with ${status}`))
    })
  })

const tool = (name, path) => join(root, "test", "node_modules", name, path)

const check = async (name) => {
  const manifest = JSON.parse(readFileSync(join(root, "packages", name, "package.json"), "utf8"))
  if (manifest.private === true) return
  const packed = join(root, "node_modules", ".packed", `${name}.tgz`)
  mkdirSync(dirname(packed), { recursive: true })
  await run("npx", ["--yes", "pnpm@10.34.9", "--silent", "--dir", join("packages", name), "pack", "--out", packed])
  await run(process.execPath, [tool("publint", "src/cli.js"), packed, "--strict"])
  const entries = Object.keys(manifest.exports).filter((entry) => /^\.\/[^.*]+$/.test(entry)).map((entry) => entry.slice(2))
  await run(process.execPath, [
    tool("@arethetypeswrong/cli", "dist/index.js"),
    packed,
    "--profile",
    "esm-only",
    "--no-summary",
    "--include-entrypoints",
    ...entries
  ])
}

// Each command uses one processor, so two packages are checked at a time.
const names = readdirSync(join(root, "packages"))
const work = async () => {
  for (let name = names.shift(); name !== undefined; name = names.shift()) await check(name)
}
try {
  await Promise.all([work(), work()])
  await run(process.execPath, [join(root, "test", "packages", "consumer.mjs")])
} catch (error) {
  console.error(error.message)
  process.exit(1)
}
