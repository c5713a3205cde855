/** The stores alone, in processes that know no gateway. */
import { assert } from "@effect/vitest"
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import * as Handle from "@interline/core/Handle"
import * as Sandbox from "@interline/sandbox/Sandbox"
import * as Effect from "effect/Effect"
import * as ChildProcess from "node:child_process"
import * as Fs from "node:fs"
import * as Path from "node:path"
import * as Url from "node:url"
import { bundled } from "../support/program.ts"
import { numbers } from "../support/sandbox.ts"
import { overBoth } from "./databases.ts"

const source = Path.join(Path.dirname(Url.fileURLToPath(import.meta.url)), "library.ts")

/** What a process prints until it ends. */
const run = (file: string, environment: Readonly<Record<string, string>>) =>
  Effect.async<string, Error>((resume) => {
    ChildProcess.execFile(process.execPath, [file], { env: environment }, (error, stdout) => {
      resume(error === null ? Effect.succeed(stdout.trim()) : Effect.fail(error))
    })
  })

overBoth("an application over the stores alone", (it, fresh) => {
  it.scoped(
    "sends once under one key, in two processes, at once if the database is for several, and in one that starts later",
    () =>
      Effect.gen(function*() {
        const sandbox = yield* Sandbox.make({ clock: "real" })
        const program = yield* bundled(source)
        const database = yield* fresh
        const environment = {
          DATABASE: database,
          INTERLINE_PREFER: "linq, sendblue",
          INTERLINE_LINES: `support=linq:${numbers.linq},sendblue:${numbers.sendblue}`,
          LINQ_BASE_URL: sandbox.linq,
          LINQ_API_KEY: sandbox.credentials.linqToken,
          SENDBLUE_BASE_URL: sandbox.sendblue,
          SENDBLUE_API_KEY: sandbox.credentials.sendblueKeyId,
          SENDBLUE_API_SECRET: sandbox.credentials.sendblueSecretKey
        }
        const process = run(program, environment)

        const [one, two] = yield* Effect.all([process, process], { concurrency: database.startsWith("file:") ? 1 : 2 })
        const later = yield* process

        assert.match(one, /^[0-9a-f-]{36}$/)
        deepStrictEqual([two, later], [one, one], "all three speak of one delivery")
        const { messages } = yield* sandbox.network.phone(Handle.make("+12025550123"))
        deepStrictEqual(messages.map(({ text }) => text), ["Order 17 is on its way."])
      }),
    60_000
  )

  it.scoped("has nothing of the gateway in its process", () =>
    Effect.gen(function*() {
      const text = Fs.readFileSync(yield* bundled(source), "utf8")
      strictEqual(text.includes("packages/sql/src/Stores.ts"), true, "a bundle names the modules in it")
      strictEqual(/packages\/gateway\/|@interline\/gateway/.test(text), false)
    }))
})
