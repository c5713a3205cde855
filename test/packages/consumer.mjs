// What a user's project sees: the packed packages, unpacked into a folder of its own beside their peers, compiled strictly under every
// way in which TypeScript finds modules, and loaded by Node as ES modules and by `require`; and an empty folder in which the line of the
// README installs them, with the packed packages in the place of published ones. There the command runs as people run it by npx.
//
// node test/packages/consumer.mjs, after the packages were packed
import { spawn, spawnSync } from "node:child_process"
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"

const root = join(dirname(fileURLToPath(import.meta.url)), "../..")
const packed = join(root, "node_modules", ".packed")
const folder = join(packed, "consumer")
const modules = join(folder, "node_modules")

const fail = (sentence) => {
  console.error(sentence)
  process.exit(1)
}

const windows = process.platform === "win32"

const run = (what, command, args, cwd = folder) => {
  // npm is a batch file on Windows, and those need a shell
  const { error, signal, status, stderr, stdout } = spawnSync(command, args, { cwd, encoding: "utf8", shell: windows && command === "npm" })
  if (status !== 0) fail(`${what} failed: ${error?.message ?? signal ?? ""}\n${stdout ?? ""}${stderr ?? ""}`)
  return stdout
}

const manifest = (path) => JSON.parse(readFileSync(join(path, "package.json"), "utf8"))

/** A package as npm would place it. Its sources and build stay where they are: only the tarball counts. */
const unpack = (name) => {
  const place = join(folder, "unpacked", name)
  mkdirSync(place, { recursive: true })
  run(`unpacking ${name}`, "tar", ["-xzf", join(packed, `${name}.tgz`), "-C", place])
  const at = join(modules, manifest(join(place, "package")).name)
  mkdirSync(dirname(at), { recursive: true })
  cpSync(join(place, "package"), at, { recursive: true })
  return at
}

const link = (name, target) => {
  const at = join(modules, name)
  if (existsSync(at)) return
  mkdirSync(dirname(at), { recursive: true })
  symlinkSync(target, at, "junction")
}

rmSync(folder, { recursive: true, force: true })
mkdirSync(modules, { recursive: true })
writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "consumer", private: true, type: "module" }))

const isPublished = (name) => {
  const path = join(root, "packages", name, "package.json")
  return existsSync(path) && JSON.parse(readFileSync(path, "utf8")).private !== true
}

const names = readdirSync(join(root, "packages")).filter(isPublished)
const unpacked = names.map(unpack)
const siblings = new Set(unpacked.map((at) => manifest(at).name))
for (const [index, name] of names.entries()) {
  const { dependencies = {}, peerDependencies = {} } = manifest(unpacked[index])
  for (const needed of Object.keys({ ...dependencies, ...peerDependencies })) {
    if (!siblings.has(needed)) link(needed, join(root, "packages", name, "node_modules", needed))
  }
}
for (const needed of ["@types/node", "vitest", "@effect/vitest"]) link(needed, join(root, "test", "node_modules", needed))

// --- types ---

const entries = unpacked.flatMap((at) => {
  const { exports, name } = manifest(at)
  return Object.keys(exports).filter((entry) => entry !== "./package.json").map((entry) => join(name, entry).replaceAll("\\", "/"))
})
writeFileSync(
  join(folder, "all.ts"),
  `${entries.map((entry, index) => `import type * as M${index} from "${entry}"`).join("\n")}\nexport type All = [${
    entries.map((_, index) => `typeof M${index}`).join(", ")
  }]\n`
)
writeFileSync(
  join(folder, "common.cts"),
  "import interline = require(\"interline\")\nexport const layer = interline.Interline.layerConfig()\n"
)

for (
  const [name, compiler] of Object.entries({
    bundler: { module: "esnext", moduleResolution: "bundler" },
    node16: { module: "node16", moduleResolution: "node16" },
    nodenext: { module: "nodenext", moduleResolution: "nodenext" }
  })
) {
  const file = `tsconfig.${name}.json`
  writeFileSync(
    join(folder, file),
    JSON.stringify({
      compilerOptions: {
        ...compiler,
        target: "es2022",
        strict: true,
        exactOptionalPropertyTypes: true,
        skipLibCheck: false,
        noEmit: true,
        types: ["node"]
      },
      // TypeScript lets CommonJS take ES modules where Node does, which is what "nodenext" stands for
      files: name === "nodenext" ? ["all.ts", "common.cts"] : ["all.ts"]
    })
  )
  run(`compiling against the packages (${name})`, process.execPath, [join(root, "test/node_modules/typescript/bin/tsc"), "-p", file])
}

// --- loading ---

const portable = [
  "interline",
  "interline/node",
  "@interline/core",
  "@interline/linq",
  "@interline/sendblue",
  "@interline/router",
  "@interline/sandbox",
  "@interline/sql",
  "@interline/gateway"
]
writeFileSync(join(folder, "load.mjs"), `${portable.map((entry) => `await import("${entry}")`).join("\n")}\n`)
writeFileSync(join(folder, "load.cjs"), `${portable.map((entry) => `require("${entry}")`).join("\n")}\n`)
run("importing the packages", process.execPath, ["load.mjs"])
run("requiring the packages", process.execPath, ["load.cjs"])

// --- installing ---

/** Runs a command line of the installed command, with an environment in which nothing is configured. */
const interline = (place, args) =>
  spawnSync("npx", ["interline", ...args], {
    cwd: place,
    encoding: "utf8",
    shell: windows,
    env: { PATH: process.env.PATH, HOME: place, ...(windows ? { APPDATA: place, SystemRoot: process.env.SystemRoot } : {}) }
  })

/** The gateway of the installed command: its address, and how to end it. */
const serve = (place) =>
  new Promise((resolve, reject) => {
    const program = join(place, "node_modules", "@interline", "cli", "bin", "interline.mjs")
    const child = spawn(process.execPath, [program, "serve", "--port", "0", "--json"], {
      cwd: place,
      env: { PATH: process.env.PATH, HOME: place },
      stdio: ["ignore", "pipe", "pipe"]
    })
    let log = ""
    child.stderr.on("data", (text) => log += text)
    const ended = new Promise((end) => child.once("exit", end))
    child.once("exit", (code) => reject(new Error(`the installed gateway ended with ${code}\n${log}`)))
    child.stdout.once("data", (text) => resolve({ url: JSON.parse(text).url, end: () => child.kill("SIGTERM") && ended }))
  })

/** The command as people get it: it names its version, the doctor finds what is missing, and the gateway has the files of its console. */
const checkCommand = async (place) => {
  const version = manifest(join(place, "node_modules", "@interline", "cli")).version
  const named = interline(place, ["--version"])
  if (named.stdout.trim() !== version) fail(`npx interline --version says ${named.stdout}${named.stderr}`)
  const doctor = interline(place, ["doctor", "--json"])
  const wrong = doctor.stdout === "" ? [] : JSON.parse(doctor.stdout).findings.filter(({ severity }) => severity !== "note")
  if (doctor.status !== 0 || wrong.length !== 1 || !wrong[0].says.startsWith("no vendor is configured")) {
    fail(`npx interline doctor ends with ${doctor.status} and says ${doctor.stdout}${doctor.stderr}`)
  }
  const { end, url } = await serve(place)
  try {
    const page = await (await fetch(`${url}/console/`)).text()
    const files = Array.from(page.matchAll(/(?:src|href)="(\/console\/[^"]+)"/g), ([, path]) => path)
    if (!files.some((path) => path.endsWith(".js"))) fail(`the console of the installed gateway is no page with a script: ${page}`)
    for (const path of files) {
      const { status } = await fetch(`${url}${path}`)
      if (status !== 200) fail(`the console of the installed gateway lacks ${path}: ${status}`)
    }
  } finally {
    const code = await end()
    if (code !== 0) fail(`the installed gateway ended with ${code}`)
  }
}

const line = /^npm install interline (.*)$/m.exec(readFileSync(join(root, "README.md"), "utf8"))
if (line === null) fail("README.md has no line that installs interline by npm")
const empty = mkdtempSync(join(tmpdir(), "interline-install-"))
try {
  writeFileSync(join(empty, "package.json"), "{}")
  const tarballs = ["core", "linq", "sendblue", "router", "interline"].map((name) => join(packed, `${name}.tgz`))
  run("installing by the line of README.md", "npm", ["install", "--no-audit", "--no-fund", ...tarballs, ...line[1].split(" ")], empty)
  writeFileSync(
    join(empty, "load.mjs"),
    ["interline", "interline/node", "effect/Effect", "@effect/platform-node/NodeRuntime"].map((entry) => `await import("${entry}")`).join(
      "\n"
    )
  )
  run("loading what was installed", process.execPath, ["load.mjs"], empty)
  run("installing the command", "npm", ["install", "--no-audit", "--no-fund", ...names.map((name) => join(packed, `${name}.tgz`))], empty)
  await checkCommand(empty)
} finally {
  rmSync(empty, { recursive: true, force: true })
}

console.log(`${entries.length} modules of ${names.length} packages compile under strict TypeScript, load, and install`)
