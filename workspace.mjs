// The workspace's one entry point for people without pnpm: checks Node, installs what is missing, runs a task.
// It only uses syntax and modules that old Node versions know, so that they can read the sentence below.
import { spawnSync } from "node:child_process"
import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"

const root = dirname(fileURLToPath(import.meta.url))
const pnpm = "pnpm@10.34.9"

const version = process.versions.node.split(".").map(Number)
if (version[0] < 20 || (version[0] === 20 && version[1] < 19)) {
  console.error("Interline needs Node 20.19 or newer; this is Node " + process.versions.node + ".")
  process.exit(1)
}

/** Runs a command; its stdout goes to stderr unless `show` says that it is the answer. */
const run = (command, args, options = {}) => {
  const result = spawnSync(command, args, {
    cwd: root,
    shell: options.shell === true,
    stdio: ["inherit", options.show === true ? "inherit" : 2, "inherit"],
    env: Object.assign({}, process.env, options.env)
  })
  if (result.error !== undefined) {
    console.error(command + ": " + result.error.message)
    process.exit(1)
  }
  if (result.signal !== null) process.exit(1)
  if (result.status !== 0 && options.keep !== true) process.exit(result.status)
  return result.status
}

const node = (args, options) => run(process.execPath, args, options)
const tool = (path) => join(root, "test", "node_modules", path)

const newest = (path) => {
  const stat = statSync(path)
  if (!stat.isDirectory()) return stat.mtimeMs
  let time = 0
  for (const name of readdirSync(path)) time = Math.max(time, newest(join(path, name)))
  return time
}

const packages = () => readdirSync(join(root, "packages")).filter((name) => existsSync(join(root, "packages", name, "package.json")))

/** Installs with the pinned pnpm when a manifest or the lockfile is newer than the last install. */
const install = () => {
  const marker = join(root, "node_modules", ".interline-installed")
  const manifests = ["pnpm-workspace.yaml", "pnpm-lock.yaml", "package.json", "test/package.json"]
    .concat(packages().map((name) => "packages/" + name + "/package.json"))
    .map((path) => join(root, path))
    .filter(existsSync)
  const linked = existsSync(tool("vitest/package.json")) &&
    packages().every((name) => existsSync(join(root, "packages", name, "node_modules")))
  if (linked && existsSync(marker) && manifests.every((path) => statSync(path).mtimeMs <= statSync(marker).mtimeMs)) return
  run("npx", ["--yes", pnpm, "install", "--frozen-lockfile", "--config.confirmModulesPurge=false"], {
    shell: process.platform === "win32",
    env: { INTERLINE_PREPARING: "1" }
  })
  mkdirSync(dirname(marker), { recursive: true })
  writeFileSync(marker, "")
}

const tsup = tool("tsup/dist/cli-default.js")

const buildPackage = (name, env) => {
  const status = spawnSync(process.execPath, [tsup], {
    cwd: join(root, "packages", name),
    stdio: ["ignore", 2, "inherit"],
    env: Object.assign({}, process.env, env)
  }).status
  if (status !== 0) process.exit(status === null ? 1 : status)
}

/** Builds JavaScript without types where a source is newer than its build: enough to run, and takes seconds. */
const buildToRun = () => {
  for (const name of packages()) {
    const out = join(root, "packages", name, "dist", "index.js")
    const source = join(root, "packages", name, "src")
    if (!existsSync(out) || newest(source) > statSync(out).mtimeMs) buildPackage(name, { INTERLINE_TYPES: "off" })
  }
}

const vitest = (args) =>
  node([tool("vitest/vitest.mjs"), "--root", root, "--config", join(root, "test", "vitest.config.ts")].concat(args), { show: true })

const tasks = {
  prepare: () => {
    // pnpm runs this script too, from inside the install below
    if (process.env.INTERLINE_PREPARING === "1" || /^pnpm/.test(process.env.npm_config_user_agent || "")) return
    install()
  },
  install: () => install(),
  interline: (args) => {
    install()
    buildToRun()
    node([join(root, "packages", "cli", "bin", "interline.mjs")].concat(args), { show: true })
  },
  demo: (args) => tasks.interline(["demo"].concat(args)),
  test: (args) => {
    install()
    vitest(["run"].concat(args))
  },
  build: () => {
    install()
    for (const name of packages()) buildPackage(name, {})
  },
  typecheck: () => {
    install()
    for (const path of packages().map((name) => "packages/" + name).concat("test")) {
      node([tool("typescript/bin/tsc"), "-p", path], { show: true })
    }
  },
  lint: (args) => {
    install()
    node([tool("eslint/bin/eslint.js"), "--config", "test/eslint.config.mjs", "--max-warnings", "0", "packages", "test"].concat(args), { show: true })
  },
  "package-checks": () => {
    install()
    for (const name of packages()) {
      const path = "packages/" + name
      node([tool("publint/src/cli.js"), path, "--strict"], { show: true })
      run("npx", ["--yes", pnpm, "--silent", "--dir", path, "pack", "--out", join(root, "node_modules", ".packed", name + ".tgz")], {
        shell: process.platform === "win32"
      })
      node([tool("@arethetypeswrong/cli/dist/index.js"), join(root, "node_modules", ".packed", name + ".tgz"), "--profile", "esm-only"], { show: true })
    }
  },
  docs: (args) => {
    install()
    node([tool("vitest/vitest.mjs"), "run", "--root", root, "--config", join(root, "test", "vitest.config.ts"), "test/docs"].concat(args), {
      show: true,
      env: { INTERLINE_WRITE_DOCS: "1" }
    })
  },
  bench: (args) => {
    install()
    buildToRun()
    node([join(root, "test", "bench", "bench.mjs")].concat(args), { show: true })
  },
  size: (args) => {
    install()
    buildToRun()
    node([join(root, "test", "bench", "size.mjs")].concat(args), { show: true })
  }
}

const task = process.argv[2]
if (!Object.prototype.hasOwnProperty.call(tasks, task)) {
  console.error("usage: node workspace.mjs <task>, where <task> is one of: " + Object.keys(tasks).join(", "))
  process.exit(2)
}
tasks[task](process.argv.slice(3))
