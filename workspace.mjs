// The workspace's one entry point for people without pnpm: checks Node, installs what is missing, runs a task.
// It only uses syntax and module names that old Node versions know, so that they can read the sentence below.
import { spawn } from "child_process"
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from "fs"
import { dirname, join } from "path"
import { isatty } from "tty"
import { fileURLToPath } from "url"

const root = dirname(fileURLToPath(import.meta.url))
const pnpm = "pnpm@10.34.9"
const windows = process.platform === "win32"

const version = process.versions.node.split(".").map(Number)
if (version[0] < 20 || (version[0] === 20 && version[1] < 19)) {
  console.error("Interline needs Node 20.19 or newer; this is Node " + process.versions.node + ".")
  process.exit(1)
}

// The signals that somebody else already gave to our children: Ctrl-C in a terminal reaches every process in front of it.
const relayed = ["SIGINT", "SIGTERM", "SIGHUP"].filter((signal) => !(signal === "SIGINT" && isatty(0)))
const children = new Set()
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
  process.on(signal, () => {
    if (children.size === 0) process.exit(1)
    if (relayed.indexOf(signal) !== -1) children.forEach((child) => child.kill(signal))
  })
}

/** Runs a command to its end and ends with it when it fails. Its stdout goes to stderr unless `show` says that it is the answer. */
const run = (command, args, options = {}) =>
  new Promise((resolve) => {
    const shell = options.shell === true
    const child = spawn(command, shell ? args.map((arg) => JSON.stringify(arg)) : args, {
      cwd: options.cwd === undefined ? root : options.cwd,
      shell,
      stdio: ["inherit", options.show === true ? "inherit" : 2, "inherit"],
      env: Object.assign({}, process.env, options.env)
    })
    children.add(child)
    child.on("error", (error) => {
      console.error(command + ": " + error.message)
      process.exit(1)
    })
    child.on("exit", (status, signal) => {
      children.delete(child)
      if (status === 0) return resolve()
      if (signal === null) process.exit(status)
      process.removeAllListeners(signal)
      process.kill(process.pid, signal)
    })
  })

const node = (args, options) => run(process.execPath, args, options)

// npx is a batch file on Windows, and those need a shell
const runPnpm = (args, env) => run("npx", ["--yes", pnpm].concat(args), { shell: windows, env })

const tool = (path) => join(root, "test", "node_modules", path)

/** When a file or anything under a folder last changed; a deletion changes its folder. */
const newest = (path) => {
  const stat = statSync(path)
  return stat.isDirectory()
    ? readdirSync(path).reduce((time, name) => Math.max(time, newest(join(path, name))), stat.mtimeMs)
    : stat.mtimeMs
}

const packages = () => readdirSync(join(root, "packages")).filter((name) => existsSync(join(root, "packages", name, "package.json")))

const manifest = (name) => JSON.parse(readFileSync(join(root, "packages", name, "package.json"), "utf8"))

/** A package and the siblings that it needs to run. */
const closure = (name) => {
  const folders = new Map(packages().map((folder) => [manifest(folder).name, folder]))
  const found = new Set([name])
  found.forEach((folder) => {
    Object.keys(manifest(folder).dependencies || {}).filter((sibling) => folders.has(sibling)).forEach((sibling) => found.add(folders.get(sibling)))
  })
  return Array.from(found)
}

const marker = join(root, "node_modules", ".interline-installed")

const markInstalled = () => {
  mkdirSync(dirname(marker), { recursive: true })
  writeFileSync(marker, "")
}

/** Installs with the pinned pnpm when a manifest or the lockfile is newer than the last install. */
const install = async () => {
  const manifests = ["pnpm-workspace.yaml", "pnpm-lock.yaml", "package.json", "test/package.json"]
    .concat(packages().map((name) => "packages/" + name + "/package.json"))
    .map((path) => join(root, path))
  const linked = existsSync(tool("vitest/package.json")) &&
    packages().every((name) => existsSync(join(root, "packages", name, "node_modules")))
  if (linked && existsSync(marker) && manifests.every((path) => statSync(path).mtimeMs <= statSync(marker).mtimeMs)) return
  await runPnpm(["install", "--frozen-lockfile", "--config.confirmModulesPurge=false"], { INTERLINE_PREPARING: "1" })
  markInstalled()
}

const isStale = (name, output) => {
  const built = join(root, "packages", name, "dist", output)
  if (!existsSync(built)) return true
  const sources = [join(root, "packages", name, "src"), join(root, "packages", name, "tsup.config.ts"), join(root, "tsup.base.ts")]
  return sources.some((path) => newest(path) > statSync(built).mtimeMs)
}

/** Two at a time: more would only compete. */
const buildEach = async (names, env) => {
  const queue = names.slice()
  const worker = async () => {
    for (let name = queue.shift(); name !== undefined; name = queue.shift()) {
      await node([tool("tsup/dist/cli-default.js")], { cwd: join(root, "packages", name), env })
    }
  }
  await Promise.all([worker(), worker()])
}

/** Builds JavaScript without types where a source is newer than its build: enough to run, and takes seconds. */
const buildToRun = (names) => buildEach(names.filter((name) => isStale(name, "index.js")), { INTERLINE_TYPES: "off" })

const vitest = (args, env) =>
  node([tool("vitest/vitest.mjs"), "run", "--root", root, "--config", join(root, "test", "vitest.config.ts")].concat(args), { show: true, env })

const tasks = {
  prepare: async () => {
    if (process.env.INTERLINE_PREPARING === "1") return
    // pnpm runs this script after its own install, which is the one that npm lacks
    if (/^pnpm/.test(process.env.npm_config_user_agent || "")) return markInstalled()
    await install()
  },
  install,
  interline: async (args) => {
    await install()
    await buildToRun(closure("cli"))
    await node([join(root, "packages", "cli", "bin", "interline.mjs")].concat(args), { show: true })
  },
  demo: (args) => tasks.interline(["demo"].concat(args)),
  simulate: (args) => tasks.interline(["simulate"].concat(args)),
  start: (args) => tasks.interline(["serve"].concat(args)),
  test: async (args) => {
    await install()
    await vitest(args)
  },
  build: async () => {
    await install()
    await buildEach(packages(), {})
  },
  typecheck: async () => {
    await install()
    for (const path of packages().map((name) => "packages/" + name).concat("test")) {
      await node([tool("typescript/bin/tsc"), "-p", path], { show: true })
    }
  },
  lint: async (args) => {
    await install()
    await node([tool("eslint/bin/eslint.js"), "--config", "test/eslint.config.mjs", "packages", "test"].concat(args), { show: true })
  },
  "package-checks": async () => {
    await install()
    await buildEach(packages().filter((name) => isStale(name, "index.d.ts")), {})
    for (const name of packages()) {
      const packed = join(root, "node_modules", ".packed", name + ".tgz")
      mkdirSync(dirname(packed), { recursive: true })
      await runPnpm(["--silent", "--dir", join("packages", name), "pack", "--out", packed])
      await node([tool("publint/src/cli.js"), packed, "--strict"], { show: true })
      const entries = readdirSync(join(root, "packages", name, "src")).filter((file) => /\.ts$/.test(file) && file !== "index.ts")
      await node([tool("@arethetypeswrong/cli/dist/index.js"), packed, "--profile", "esm-only", "--no-summary", "--include-entrypoints"]
        .concat(entries.map((file) => file.replace(/\.ts$/, ""))), { show: true })
    }
    await node([join(root, "test", "packages", "consumer.mjs")], { show: true })
  },
  docs: async (args) => {
    await install()
    // one file after the other: several write the same page
    await vitest(["test/docs", "test/fronts", "--no-file-parallelism"].concat(args), { INTERLINE_WRITE_DOCS: "1" })
  },
  bench: async (args) => {
    await install()
    await buildToRun(packages())
    await node([join(root, "test", "bench", "bench.mjs")].concat(args), { show: true })
  },
  soak: async (args) => {
    await install()
    await buildToRun(packages())
    await node([join(root, "test", "bench", "soak.mjs")].concat(args), { show: true })
  },
  size: async (args) => {
    await install()
    await buildToRun(packages())
    await node([join(root, "test", "bench", "size.mjs")].concat(args), { show: true })
  }
}

const task = process.argv[2]
if (!Object.prototype.hasOwnProperty.call(tasks, task)) {
  console.error("usage: node workspace.mjs <task>, where <task> is one of: " + Object.keys(tasks).join(", "))
  process.exit(2)
}
tasks[task](process.argv.slice(3)).catch((error) => {
  console.error(error)
  process.exit(1)
})
