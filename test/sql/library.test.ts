/** The stores alone, in processes that know no gateway. */
import { assert, layer } from "@effect/vitest"
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import * as Handle from "@interline/core/Handle"
import * as Sandbox from "@interline/sandbox/Sandbox"
import * as Effect from "effect/Effect"
import * as ChildProcess from "node:child_process"
import * as Fs from "node:fs"
import * as Path from "node:path"
import * as Readline from "node:readline"
import * as Url from "node:url"
import { inject } from "vitest"
import { bundled } from "../support/program.ts"
import { numbers } from "../support/sandbox.ts"
import { overBoth, Postgres } from "./databases.ts"

const source = Path.join(Path.dirname(Url.fileURLToPath(import.meta.url)), "library.ts")

/** A process that has opened its stores. `send` gives it a key, and reads what came of it. `end` waits until the process has ended. */
const start = (file: string, environment: Readonly<Record<string, string>>) =>
  Effect.gen(function*() {
    const child = yield* Effect.acquireRelease(
      Effect.sync(() => ChildProcess.spawn(process.execPath, [file], { env: environment, stdio: ["pipe", "pipe", "inherit"] })),
      (child) => Effect.sync(() => child.kill("SIGKILL"))
    )
    const lines = Readline.createInterface({ input: child.stdout })[Symbol.asyncIterator]()
    const line = Effect.map(Effect.promise(() => lines.next()), ({ value }) => String(value))
    strictEqual(yield* line, "ready")
    return {
      send: (key: string) => Effect.zipRight(Effect.sync(() => child.stdin.write(`${key}\n`)), line),
      end: Effect.async<void>((resume) => {
        child.once("exit", () => resume(Effect.void))
        child.stdin.end()
      })
    }
  })

const world = (url: string) =>
  Effect.gen(function*() {
    const sandbox = yield* Sandbox.make({ clock: "real" })
    const environment = {
      DATABASE: url,
      INTERLINE_PREFER: "linq, sendblue",
      INTERLINE_LINES: `support=linq:${numbers.linq},sendblue:${numbers.sendblue}`,
      LINQ_BASE_URL: sandbox.linq,
      LINQ_API_KEY: sandbox.credentials.linqToken,
      SENDBLUE_BASE_URL: sandbox.sendblue,
      SENDBLUE_API_KEY: sandbox.credentials.sendblueKeyId,
      SENDBLUE_API_SECRET: sandbox.credentials.sendblueSecretKey
    }
    return {
      process: start(yield* bundled(source, inject("folder")), environment),
      texts: Effect.map(sandbox.network.phone(Handle.make("+12025550123")), ({ messages }) => messages.map(({ text }) => text))
    }
  })

const text = "Order 17 is on its way."

overBoth("an application over the stores alone", (it, fresh) => {
  it.scoped("sends once under one key, in a process and in one that starts later", () =>
    Effect.gen(function*() {
      const { process, texts } = yield* world(yield* fresh)
      const first = yield* process
      const one = yield* first.send("shipped-17")
      yield* first.end
      const later = yield* process

      assert.match(one, /^[0-9a-f-]{36}$/)
      strictEqual(yield* later.send("shipped-17"), one, "both speak of one delivery")
      deepStrictEqual(yield* texts, [text])
    }), 60_000)

  it.scoped("has nothing of the gateway in its process", () =>
    Effect.gen(function*() {
      const folder = Path.dirname(yield* bundled(source, inject("folder")))
      const text = Fs.readdirSync(folder).map((name) => Fs.readFileSync(Path.join(folder, name), "utf8")).join("")
      strictEqual(text.includes("packages/sql/src/Stores.ts"), true, "a bundle names the modules in it")
      strictEqual(/packages\/gateway\/|@interline\/gateway/.test(text), false)
    }))
})

layer(Postgres.Default, { excludeTestServices: true, timeout: "2 minutes" })("two applications over one PostgreSQL", (it) => {
  it.scoped(
    "work one after the other: the later one takes the database over, and the earlier one sends nothing more",
    () =>
      Effect.gen(function*() {
        const { process, texts } = yield* world(yield* Effect.flatMap(Postgres, ({ database }) => database))
        const earlier = yield* process
        const one = yield* earlier.send("shipped-17")
        const later = yield* process
        strictEqual(yield* later.send("shipped-17"), one, "the later one knows it")
        const two = yield* later.send("shipped-18")
        assert.match(two, /^[0-9a-f-]{36}$/)

        strictEqual(yield* earlier.send("shipped-19"), "NotSent Conflict")
        deepStrictEqual([yield* earlier.send("shipped-17"), yield* earlier.send("shipped-18")], [one, two], "what was sent, it knows")
        deepStrictEqual(yield* texts, [text, text])
        assert.match(yield* later.send("shipped-19"), /^[0-9a-f-]{36}$/, "the key is free")
      }),
    60_000
  )

  it.scoped("send once under one key, also if both start and send at once", () =>
    Effect.gen(function*() {
      const { process, texts } = yield* world(yield* Effect.flatMap(Postgres, ({ database }) => database))
      const sending = Effect.flatMap(process, ({ send }) => send("shipped-17"))
      const answers = yield* Effect.all([sending, sending], { concurrency: 2 })
      const later = yield* process
      const id = yield* later.send("shipped-17")

      assert.match(id, /^[0-9a-f-]{36}$/)
      deepStrictEqual(answers.filter((answer) => answer !== id && !/^(NotSent Conflict|Held)/.test(answer)), [], answers.join(", "))
      deepStrictEqual(yield* texts, [text])
    }), 60_000)
})
