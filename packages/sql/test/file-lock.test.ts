/** A SQLite file belongs to one process at a time, whatever name it is called by, until that process ends. */
import { assert, describe, it } from "@effect/vitest"
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import * as Database from "@interline/sql/Database"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as ChildProcess from "node:child_process"
import * as Fs from "node:fs"
import * as Path from "node:path"
import * as Url from "node:url"
import * as FileLock from "../src/database/fileLock.ts"
import { temporary } from "./files.ts"

const here = Path.dirname(Url.fileURLToPath(import.meta.url))

const taken =
  "only one process at a time can use a SQLite file; for several processes, use PostgreSQL (DATABASE_URL=postgres://…; a program of its own also needs @interline/cluster)"

const open = (url: string) => Layer.build(Database.layer(url))

const refusal = (url: string) => Effect.map(Effect.flip(Effect.scoped(open(url))), ({ message }) => message)

/** Whether somebody else has the file. */
const isHeld = (path: string) =>
  Effect.match(Effect.scoped(FileLock.hold(path)), {
    onFailure: ({ code }) => code === "SQLITE_BUSY",
    onSuccess: () => false
  })

/** Takes the lock by the same driver, in a process of its own. */
const program = `
const database = new (require("libsql"))(process.argv[1])
database.exec("PRAGMA busy_timeout = 0")
database.exec("PRAGMA journal_mode = MEMORY")
database.exec("BEGIN EXCLUSIVE")
console.log("held")
setInterval(() => database, 1000)
`

const holder = (path: string) =>
  Effect.acquireRelease(
    Effect.async<ChildProcess.ChildProcess, string>((resume) => {
      const child = ChildProcess.spawn(process.execPath, ["-e", program, `${path}-lock`], {
        cwd: here,
        stdio: ["ignore", "pipe", "ignore"]
      })
      child.stdout.once("data", () => resume(Effect.succeed(child)))
      child.once("exit", (code) => resume(Effect.fail(`it ended with ${code}`)))
    }),
    (child) => Effect.sync(() => child.kill("SIGKILL"))
  )

const killed = (child: ChildProcess.ChildProcess) =>
  Effect.async<void>((resume) => {
    child.once("exit", () => resume(Effect.void))
    child.kill("SIGKILL")
  })

describe("a database file that is in use", () => {
  it.scopedLive("is refused in one sentence, by each of its names", () =>
    Effect.gen(function*() {
      const path = yield* temporary
      const link = `${path}-link`
      // The end of this link is not there yet.
      Fs.symlinkSync(Path.basename(path), link)
      yield* open(link)
      const names = [path, `file:${path}`, Url.pathToFileURL(path).href, Path.relative(process.cwd(), path), link]
      const sentences = yield* Effect.forEach(names, refusal, { concurrency: "unbounded" })
      deepStrictEqual(
        sentences,
        [path, path, Url.pathToFileURL(path).href.slice("file:".length), Path.relative(process.cwd(), path), link].map((name) =>
          `the database file ${name} is in use: ${taken}`
        )
      )
    }))

  it.scopedLive("is refused to another process too, also after a second opening in the first one was refused", () =>
    Effect.gen(function*() {
      const path = yield* temporary
      yield* Effect.scoped(Effect.gen(function*() {
        yield* open(path)
        yield* refusal(path)
        assert.match(yield* Effect.flip(Effect.scoped(holder(path))), /it ended with 1/)
      }))
      yield* holder(path)
    }))

  it.scopedLive("is free as soon as its process is killed", () =>
    Effect.gen(function*() {
      const path = yield* temporary
      const child = yield* holder(path)
      assert.include(yield* refusal(path), taken)
      strictEqual(yield* isHeld(path), true)
      yield* killed(child)
      yield* Effect.scoped(open(path))
      yield* open(path)
    }))

  it.scopedLive("is not held up by another file in the same folder", () =>
    Effect.gen(function*() {
      const path = yield* temporary
      yield* open(path)
      yield* open(`${path}2`)
    }))
})
