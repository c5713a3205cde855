/** Two gateways on one PostgreSQL that no vendor can reach: one of them holds Sendblue's event stream, and its end loses nothing. */
import { it } from "@effect/vitest"
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import * as Sandbox from "@interline/sandbox/Sandbox"
import * as Effect from "effect/Effect"
import * as ChildProcess from "node:child_process"
import * as Path from "node:path"
import * as Url from "node:url"
import { describe, inject } from "vitest"
import * as Postgres from "../support/postgres.ts"
import { bundled } from "../support/program.ts"
import { quiet } from "../support/router.ts"
import { ada, numbers } from "../support/sandbox.ts"

const here = Path.dirname(Url.fileURLToPath(import.meta.url))
const apiKey = "a-key-for-the-tests"
const program = Effect.suspend(() => bundled(Path.join(here, "program.ts"), inject("folder")))

interface Gateway {
  readonly url: string
  readonly child: ChildProcess.ChildProcess
}

const gateway = (file: string, environment: Readonly<Record<string, string>>) =>
  Effect.acquireRelease(
    Effect.promise(() =>
      new Promise<Gateway>((resolve, reject) => {
        const child = ChildProcess.spawn(process.execPath, [file], { stdio: ["ignore", "pipe", "ignore"], env: environment })
        child.once("exit", (code) => reject(new Error(`the gateway ended with ${code}`)))
        child.stdout.on("data", (line) => {
          const text = String(line)
          if (text.startsWith("{")) resolve({ url: (JSON.parse(text) as { readonly url: string }).url, child })
        })
      })
    ),
    ({ child }) => Effect.sync(() => child.kill("SIGKILL"))
  )

const killed = ({ child }: Gateway) =>
  Effect.async<void>((resume) => {
    child.removeAllListeners("exit")
    child.once("exit", () => resume(Effect.void))
    child.kill("SIGKILL")
  })

const eventually = <A>(effect: Effect.Effect<A>, until: (value: A) => boolean) =>
  Effect.repeat(Effect.delay(effect, "50 millis"), { until, times: 1_200 })

describe("two gateways that read one event stream", () => {
  it.scopedLive("do it in one process, and when that is killed the other one tells everything once", () =>
    quiet(Effect.gen(function*() {
      const sandbox = yield* Sandbox.make({})
      const { credentials, network } = sandbox
      const { url: database } = yield* Postgres.make
      const file = yield* program
      // each of them calls the vendor by another name, so that the vendor can tell who holds the stream
      const hosts = ["127.0.0.1", "localhost"] as const
      const gateways = yield* Effect.forEach(hosts, (host) =>
        gateway(file, {
          PATH: process.env["PATH"] ?? "",
          DATABASE_URL: database,
          INTERLINE_PREFER: "sendblue",
          INTERLINE_LINES: `support=sendblue:${numbers.sendblue}`,
          INTERLINE_API_KEYS: `tests=${apiKey}`,
          INTERLINE_RUNNER_HOST: "127.0.0.1",
          SENDBLUE_API_KEY: credentials.sendblueKeyId,
          SENDBLUE_API_SECRET: credentials.sendblueSecretKey,
          SENDBLUE_BASE_URL: sandbox.sendblue.replace("127.0.0.1", host),
          SENDBLUE_EVENTS: "stream"
        }), { concurrency: 2 })
      const ask = ({ url }: Gateway, path: string, body?: unknown) =>
        Effect.promise(async () => {
          const answer = await fetch(`${url}${path}`, {
            method: body === undefined ? "GET" : "POST",
            headers: { authorization: `Bearer ${apiKey}`, "content-type": "application/json" },
            ...(body === undefined ? {} : { body: JSON.stringify(body) })
          })
          return { status: answer.status, text: await answer.text() }
        })
      // both have shards, so the stream is where it stays
      const shardsOf = (one: Gateway) =>
        Effect.map(ask(one, "/readyz"), ({ text }) =>
          (JSON.parse(text) as { readonly cluster?: { readonly shards: number } }).cluster?.shards ?? 0)
      yield* eventually(
        Effect.forEach(gateways, shardsOf),
        (shards) =>
          shards.every((many) => many > 0) && shards.reduce((sum, many) => sum + many, 0) === 300
      )
      const opened = Effect.map(
        network.requests({ vendor: "sendblue", path: "/api/v2/events" }),
        (requests) => requests.map(({ headers }) => headers["host"]?.split(":")[0] ?? "")
      )
      yield* eventually(opened, (found) => found.length > 0)
      const say = (text: string) => network.say({ from: ada, to: numbers.sendblue, text })
      for (const text of ["one", "two"]) yield* say(text)
      const known = (one: Gateway, text: string) => eventually(ask(one, "/v1/messages"), (answer) => answer.text.includes(`"${text}"`))
      yield* Effect.forEach(gateways, (one) => known(one, "two"))
      const before = yield* opened
      const holder = before.at(-1) ?? ""
      deepStrictEqual(before.length, new Set(before).size, "each of them has opened it once at most")
      const index = hosts.findIndex((host) => host === holder)
      const [dead, alive] = [gateways[index], gateways[1 - index]]
      if (dead === undefined || alive === undefined) throw new Error("one of the two holds the stream")
      // some of it is told to the process that ends
      yield* Effect.forEach(["three", "four", "five"], say)
      yield* killed(dead)
      yield* say("STOP")
      yield* known(alive, "STOP")
      deepStrictEqual(yield* opened, [...before, hosts[1 - index]])
      strictEqual((yield* ask(alive, "/v1/send", { to: { line: "support", handle: ada }, text: "are you there" })).status, 403)
      const log = yield* Effect.promise(async () => {
        const controller = new AbortController()
        const answer = await fetch(`${alive.url}/v1/events?after=0&types=Received`, {
          headers: { authorization: `Bearer ${apiKey}` },
          signal: controller.signal
        })
        let text = ""
        for await (const chunk of answer.body ?? []) {
          text += Buffer.from(chunk as Uint8Array).toString("utf8")
          if (text.includes("\"STOP\"")) break
        }
        controller.abort()
        return text
      })
      const told = Array.from(log.matchAll(/"(?:text|value)":"(one|two|three|four|five|STOP)"/g), ([, text = ""]) => text)
      deepStrictEqual(told.sort(), ["STOP", "five", "four", "one", "three", "two"])
    })), 120_000)
})
