/** Two gateways on one PostgreSQL that no vendor can reach: one of them holds Sendblue's event stream, and its end loses nothing. */
import { it } from "@effect/vitest"
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import * as Sandbox from "@interline/sandbox/Sandbox"
import * as Effect from "effect/Effect"
import * as Path from "node:path"
import * as Url from "node:url"
import { describe, inject } from "vitest"
import { apiKey } from "../support/gateway.ts"
import * as GatewayProcess from "../support/gatewayProcess.ts"
import * as Postgres from "../support/postgres.ts"
import { bundled } from "../support/program.ts"
import { quiet } from "../support/router.ts"
import { ada, numbers } from "../support/sandbox.ts"

const here = Path.dirname(Url.fileURLToPath(import.meta.url))
const program = Effect.suspend(() => bundled(Path.join(here, "program.ts"), inject("folder")))

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
        GatewayProcess.start(file, {
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
      // both have shards, so the stream is where it stays
      yield* GatewayProcess.awaitShared(gateways)
      const opened = Effect.map(
        network.requests({ vendor: "sendblue", path: "/api/v2/events" }),
        (requests) => requests.map(({ headers }) => headers["host"]?.split(":")[0] ?? "")
      )
      yield* GatewayProcess.eventually(opened, (found) => found.length > 0)
      const say = (text: string) => network.say({ from: ada, to: numbers.sendblue, text })
      for (const text of ["one", "two"]) yield* say(text)
      const known = (one: GatewayProcess.GatewayProcess, text: string) =>
        GatewayProcess.eventually(GatewayProcess.ask(one, "/v1/messages"), (answer) => answer.text.includes(`"${text}"`))
      yield* Effect.forEach(gateways, (one) => known(one, "two"))
      const before = yield* opened
      const holder = before.at(-1) ?? ""
      deepStrictEqual(before.length, new Set(before).size, "each of them has opened it once at most")
      const index = hosts.findIndex((host) => host === holder)
      const [dead, alive] = [gateways[index], gateways[1 - index]]
      if (dead === undefined || alive === undefined) throw new Error("one of the two holds the stream")
      // some of it is told to the process that ends
      yield* Effect.forEach(["three", "four", "five"], say)
      yield* GatewayProcess.kill(dead)
      yield* say("STOP")
      yield* known(alive, "STOP")
      deepStrictEqual(yield* opened, [...before, hosts[1 - index]])
      strictEqual(
        (yield* GatewayProcess.ask(alive, "/v1/send", { to: { line: "support", handle: ada }, text: "are you there" })).status,
        403
      )
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
