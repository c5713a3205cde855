// The workspace's entry point for people without pnpm: checks Node, installs what is missing, runs a task with the tools' own commands.
// It only uses syntax and module names that old Node versions know, so that they can read the sentence below.
import { spawn } from "child_process"
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, unlinkSync, utimesSync, writeFileSync } from "fs"
import { dirname, join } from "path"
import { isatty } from "tty"
import { fileURLToPath } from "url"

const root = dirname(fileURLToPath(import.meta.url))
const windows = process.platform === "win32"

const version = process.versions.node.split(".").map(Number)
if (version[0] < 20 || (version[0] === 20 && version[1] < 19)) {
  console.error("Interline needs Node 20.19 or newer; this is Node " + process.versions.node + ".")
  process.exit(1)
}

// The signals that somebody else already gave to our child: Ctrl-C in a terminal reaches every process in front of it.
const relayed = ["SIGINT", "SIGTERM", "SIGHUP"].filter((signal) => !(signal === "SIGINT" && isatty(0)))
let child
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
  process.on(signal, () => {
    if (child === undefined) process.exit(1)
    if (relayed.indexOf(signal) !== -1) child.kill(signal)
  })
}

/** Runs a command to its end and ends with it when it fails. Its stdout goes to stderr unless `show` says that it is the answer. */
const run = (command, args, options) =>
  new Promise((resolve) => {
    const shell = options.shell === true
    child = spawn(command, shell ? args.map((arg) => JSON.stringify(arg)) : args, {
      cwd: root,
      shell,
      stdio: ["inherit", options.show === true ? "inherit" : 2, "inherit"],
      env: Object.assign({}, process.env, options.env)
    })
    child.on("error", (error) => {
      console.error(command + ": " + error.message)
      process.exit(1)
    })
    child.on("exit", (status, signal) => {
      child = undefined
      if (status === 0) return resolve()
      if (signal === null) process.exit(status)
      process.removeAllListeners(signal)
      process.kill(process.pid, signal)
    })
  })

/** Says what takes long. Nothing was printed before. */
const say = (what) => console.error("Interline: " + what)

const node = (path, args, options) => run(process.execPath, [join(root, path)].concat(args), Object.assign({ show: true }, options))

const marker = join(root, "node_modules", ".interline-installed")

const markInstalled = () => {
  mkdirSync(dirname(marker), { recursive: true })
  writeFileSync(marker, "")
}

/** Installs with the pinned pnpm when a manifest or the lockfile is newer than the last install. npx is a batch file on Windows, and those need a shell. */
const install = async () => {
  const packages = readdirSync(join(root, "packages")).map((name) => join("packages", name))
  const manifests = ["pnpm-workspace.yaml", "pnpm-lock.yaml", "package.json", "test/package.json"]
    .concat(packages.map((name) => join(name, "package.json")))
    .filter((path) => existsSync(join(root, path)))
  const linked = packages.concat("test").every((name) =>
    !existsSync(join(root, name, "package.json")) || existsSync(join(root, name, "node_modules"))
  )
  if (linked && existsSync(marker) && manifests.every((path) => statSync(join(root, path)).mtimeMs <= statSync(marker).mtimeMs)) return
  const args = ["--yes", "pnpm@10.34.9", "install", "--frozen-lockfile", "--config.confirmModulesPurge=false"]
  say("installing packages, which takes a minute or two")
  await run("npx", args, { shell: windows, env: { INTERLINE_PREPARING: "1" } })
  markInstalled()
}

const tsc = (args) => node("node_modules/typescript/bin/tsc", ["-b"].concat(args))
const vitest = (args, env) => node("node_modules/vitest/vitest.mjs", ["run"].concat(args), { env })

const builtMarker = join(root, "node_modules", ".interline-built")

/** The time of the last change in a file, or in a folder and everything in it. */
const changedAt = (path) => {
  const stats = statSync(path)
  return stats.isDirectory()
    ? readdirSync(path).reduce((latest, name) => Math.max(latest, changedAt(join(path, name))), stats.mtimeMs)
    : stats.mtimeMs
}

const isBuilt = () => {
  const packages = readdirSync(join(root, "packages")).map((name) => join(root, "packages", name)).filter((path) =>
    existsSync(join(path, "tsup.config.ts"))
  )
  const sources = packages.map((path) => join(path, "src")).concat(
    packages.map((path) => join(path, "package.json")),
    ["tsup.base.ts", "tsup.config.ts"].map((name) => join(root, name))
  ).filter((path) => existsSync(path))
  return existsSync(builtMarker) && packages.every((path) => !existsSync(join(path, "src")) || existsSync(join(path, "dist"))) &&
    sources.every((path) => changedAt(path) <= statSync(builtMarker).mtimeMs)
}

const lock = join(root, "node_modules", ".interline-building")

/** A lock that is older, in milliseconds, is nobody's: its process is gone, and another one has its number. */
const longestBuild = 10 * 60 * 1000

/** Whether the process that holds the lock is gone. */
const isLeft = () => {
  try {
    if (statSync(lock).mtimeMs + longestBuild < Date.now()) return true
    process.kill(Number(readFileSync(lock, "utf8")), 0)
    return false
  } catch (error) {
    return error.code === "ESRCH"
  }
}

const unlock = () => {
  try {
    unlinkSync(lock)
  } catch (error) {
    if (error.code !== "ENOENT") throw error
  }
}

/** Runs alone in this clone. */
const alone = async (work) => {
  let isSaid = false
  for (;;) {
    try {
      writeFileSync(lock, String(process.pid), { flag: "wx" })
      break
    } catch (error) {
      if (error.code !== "EEXIST") throw error
      if (isLeft()) unlock()
      else {
        if (!isSaid) say("waiting for another build of this clone")
        isSaid = true
        await new Promise((resolve) => setTimeout(resolve, 200))
      }
    }
  }
  try {
    await work()
  } finally {
    unlock()
  }
}

/** Builds what has changed. A build takes the old files away, so a gateway that runs from this clone must not meet one for nothing. */
const buildJavaScript = async () => {
  if (isBuilt()) return
  await alone(async () => {
    if (isBuilt()) return
    const at = new Date()
    say("building the packages, which takes half a minute")
    await node("node_modules/tsup/dist/cli-default.js", [], { show: false })
    writeFileSync(builtMarker, "")
    // what changed meanwhile is built the next time
    utimesSync(builtMarker, at, at)
  })
}

// the gateway serves what is in it
const consolePage = join(root, "packages", "gateway", "console", "index.html")

const isConsoleBuilt = () => {
  const sources = ["src", "public", "index.html", "package.json", "vite.config.ts"].map((name) => join(root, "packages", "console", name))
  return existsSync(consolePage) && sources.every((path) => changedAt(path) <= statSync(consolePage).mtimeMs)
}

/** Builds the console when it is older than its sources. */
const buildConsole = async () => {
  if (isConsoleBuilt()) return
  await alone(async () => {
    if (isConsoleBuilt()) return
    const at = new Date()
    say("building the console, which takes half a minute")
    // without this, tests would build the slow and large development form
    const env = { NODE_ENV: "production" }
    await node("packages/console/node_modules/vite/bin/vite.js", ["build", "packages/console", "--logLevel", "warn"], { show: false, env })
    // what changed meanwhile is built the next time
    utimesSync(consolePage, at, at)
  })
}

const build = () => buildJavaScript().then(buildConsole).then(() => tsc(["tsconfig.build.json"]))

const interline = (verb) => async (args) => {
  await buildJavaScript()
  await node("packages/cli/bin/interline.mjs", verb.concat(args))
}

const measure = (path) => async (args) => {
  await buildJavaScript()
  await node(path, args)
}

const tasks = {
  install: async () => {},
  interline: interline([]),
  demo: interline(["demo"]),
  rehearse: interline(["migrate", "rehearse"]),
  simulate: interline(["simulate"]),
  start: async (args) => {
    await buildConsole()
    await buildJavaScript()
    say("starting the gateway")
    await interline(["serve"])(args)
  },
  console: buildConsole,
  test: (args) => vitest(args),
  "test:all": (args) => vitest(args, { INTERLINE_TEST: "all" }),
  build,
  typecheck: (args) => tsc(args),
  lint: async (args) => {
    await node("node_modules/dprint/bin.cjs", ["check", "--list-different"])
    await node("node_modules/eslint/bin/eslint.js", ["packages", "test"].concat(args))
  },
  format: (args) => node("node_modules/dprint/bin.cjs", ["fmt"].concat(args)),
  "package-checks": async () => {
    await build()
    await node("test/packages/checks.mjs", [])
  },
  // one file after the other: several write the same page
  docs: (args) => vitest(["test/docs", "test/fronts", "--no-file-parallelism"].concat(args), { INTERLINE_WRITE_DOCS: "1" }),
  bench: measure("test/bench/bench.mjs"),
  soak: measure("test/bench/soak.mjs"),
  // makes its program from the sources
  chaos: (args) => node("test/chaos/chaos.mjs", args),
  size: measure("test/bench/size.mjs"),
  // makes its program from the sources
  drift: (args) => node("test/drift/drift.mjs", args)
}

const main = async (task, args) => {
  if (task === "prepare") {
    if (process.env.INTERLINE_PREPARING === "1") return
    // pnpm runs this script after its own install, which is the one that npm lacks
    return /^pnpm/.test(process.env.npm_config_user_agent || "") ? markInstalled() : install()
  }
  if (!Object.prototype.hasOwnProperty.call(tasks, task)) {
    console.error("usage: node workspace.mjs <task>, where <task> is one of: prepare, " + Object.keys(tasks).join(", "))
    process.exit(2)
  }
  await install()
  await tasks[task](args)
}

main(process.argv[2], process.argv.slice(3)).catch((error) => {
  console.error(error)
  process.exit(1)
})
