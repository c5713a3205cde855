/** A gateway that no vendor can reach: what people write comes by Sendblue's event stream, and nothing of it is lost or told twice. */
import { it } from "@effect/vitest"
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import * as Serve from "@interline/cli/Serve"
import * as Handle from "@interline/core/Handle"
import * as Sandbox from "@interline/sandbox/Sandbox"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { describe, vi } from "vitest"
import * as GatewayProcess from "../support/gatewayProcess.ts"
import { hasty, quiet } from "../support/router.ts"
import { ada, numbers } from "../support/sandbox.ts"

const apiKey = "a-key-for-the-tests"
const secret = "a-secret-of-sendblue"
const bob = Handle.make("+12025550124")

interface Answer {
  readonly status: number
  readonly body: Readonly<Record<string, unknown>> & { readonly items?: ReadonlyArray<Readonly<Record<string, unknown>>> }
}

/** A sandbox, a database, and gateways that start and stop over them. */
const world = Effect.gen(function*() {
  const sandbox = yield* Sandbox.make({})
  const { credentials, network } = sandbox
  const folder = yield* Effect.acquireRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "interline-"))),
    (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true }))
  )
  const start = (variables: Record<string, string> = {}) =>
    Effect.gen(function*() {
      const scope = yield* Scope.make()
      yield* Effect.addFinalizer(() => Scope.close(scope, Exit.void))
      const { origin: url } = yield* Scope.extend(
        Serve.start({ port: Option.some(0), host: Option.none(), database: Option.some(join(folder, "gateway.db")), embedded: false }).pipe(
          quiet,
          Effect.withConfigProvider(ConfigProvider.fromMap(
            new Map(Object.entries({
              INTERLINE_POLICY: JSON.stringify({ ...hasty, prefer: ["sendblue"] }),
              INTERLINE_LINES: `support=linq:${numbers.linq},sendblue:${numbers.sendblue}`,
              INTERLINE_API_KEYS: `tests=${apiKey}`,
              INTERLINE_DRAIN: "1 seconds",
              SENDBLUE_API_KEY: credentials.sendblueKeyId,
              SENDBLUE_API_SECRET: credentials.sendblueSecretKey,
              SENDBLUE_BASE_URL: sandbox.sendblue,
              SENDBLUE_EVENTS: "stream",
              INTERLINE_ALLOW_PRIVATE_URLS: "true",
              ...variables
            }))
          ))
        ),
        scope
      )
      const call = (method: string, path: string, body?: unknown): Effect.Effect<Answer> =>
        Effect.promise(async () => {
          const answer = await fetch(`${url}${path}`, {
            method,
            headers: { authorization: `Bearer ${apiKey}`, "content-type": "application/json", connection: "close" },
            ...(body === undefined ? {} : { body: JSON.stringify(body) })
          })
          const text = await answer.text()
          return { status: answer.status, body: (text.startsWith("{") ? JSON.parse(text) : { text }) as Answer["body"] }
        })
      const inbound = Effect.map(
        call("GET", "/v1/messages"),
        ({ body }) => (body.items ?? []).filter(({ direction }) => direction === "inbound").map((item) => String(item["text"])).sort()
      )
      return {
        url,
        call,
        /** Waits until it has the stream, and has read what was before. */
        connected: GatewayProcess.eventually(
          call("GET", "/v1/catch-up"),
          ({ body }) => body.items?.some(({ carrierId, streamSeenAt }) => carrierId === "sendblue" && streamSeenAt !== undefined) === true
        ),
        inbound,
        send: (text: string, handle = ada) => call("POST", "/v1/send", { to: { line: "support", handle }, text }),
        /** The texts of the events about messages that people wrote, from the first event to the one with this text. */
        toldUntil: (last: string) =>
          Effect.promise(async () => {
            const controller = new AbortController()
            const answer = await fetch(`${url}/v1/events?after=0&types=Received`, {
              headers: { authorization: `Bearer ${apiKey}` },
              signal: controller.signal
            })
            let log = ""
            for await (const chunk of answer.body ?? []) {
              log += Buffer.from(chunk as Uint8Array).toString("utf8")
              if (log.includes(`"${last}"`)) break
            }
            controller.abort()
            return Array.from(log.matchAll(/"type":"text","text":"([^"]*)"|"_tag":"Text","text":"([^"]*)"/g), ([, one, other]) =>
              one ?? other)
          }),
        stop: Scope.close(scope, Exit.void)
      }
    })
  /** Waits until a gateway has the stream open. */
  const opened = (count: number) =>
    GatewayProcess.eventually(
      network.requests({ vendor: "sendblue", path: "/api/v2/events" }),
      (requests) => requests.filter(({ status }) => status === 200).length >= count
    )
  const subscribe = (url: string) =>
    Effect.promise(async () => {
      for (const type of ["receive", "outbound"]) {
        await fetch(`${sandbox.sendblue}/api/account/webhooks`, {
          method: "POST",
          headers: {
            "content-type": "application/json",
            "sb-api-key-id": credentials.sendblueKeyId,
            "sb-api-secret-key": credentials.sendblueSecretKey
          },
          body: JSON.stringify({ type, webhooks: [{ url: `${url}/webhooks/sendblue?type=${type}`, secret }] })
        })
      }
    })
  const say = (text: string, from: string = ada) => network.say({ from, to: numbers.sendblue, text })
  const copies = (text: string, handle = ada) =>
    Effect.map(network.phone(handle), ({ messages }) => messages.filter((message) => message.text === text).length)
  return { network, start, opened, subscribe, say, copies }
})

// each starts and ends several gateways
vi.setConfig({ testTimeout: 120_000 })

describe("a gateway that reads Sendblue's event stream", () => {
  it.scopedLive("knows what people write, and that they opt out, without an address of its own", () =>
    Effect.gen(function*() {
      const { copies, opened, say, start } = yield* world
      const gateway = yield* start()
      yield* opened(1)
      strictEqual((yield* gateway.send("hello")).status, 200)
      yield* say("hi there")
      yield* GatewayProcess.eventually(gateway.inbound, (texts) => texts.length >= 1)
      yield* say("STOP")
      yield* GatewayProcess.eventually(gateway.inbound, (texts) => texts.length >= 2)
      strictEqual((yield* gateway.send("are you there")).status, 403)
      strictEqual(yield* copies("are you there"), 0)
      const metrics = String((yield* gateway.call("GET", "/metrics")).body["text"])
      strictEqual(/interline_event_stream_age_seconds\{carrier="sendblue"\} \d/.test(metrics), true)
      deepStrictEqual((yield* gateway.call("GET", "/readyz")).body["catchUp"], [])
    }))

  it.scopedLive("goes on after its stream broke, and tells what was said in between, and what the stream left out, once", () =>
    Effect.gen(function*() {
      const { network, opened, say, start } = yield* world
      const gateway = yield* start()
      yield* gateway.connected
      yield* network.addFault({ vendor: "sendblue", kind: "stream-lost", event: "message.received" })
      yield* say("the stream leaves this out")
      yield* network.addFault({ vendor: "sendblue", kind: "stream-duplicate", event: "message.received" })
      yield* say("the stream has this twice")
      yield* GatewayProcess.eventually(gateway.inbound, (texts) => texts.length >= 1)
      yield* network.addFault({ vendor: "sendblue", kind: "stream-cut", event: "message.received" })
      yield* say("the stream breaks here")
      yield* say("nobody listens")
      yield* opened(2)
      yield* GatewayProcess.eventually(gateway.inbound, (texts) => texts.length >= 4)
      yield* say("the last one")
      const told = yield* gateway.toldUntil("the last one")
      deepStrictEqual([...told].sort(), [
        "nobody listens",
        "the last one",
        "the stream breaks here",
        "the stream has this twice",
        "the stream leaves this out"
      ])
    }))

  it.scopedLive("takes what a webhook tells too for one event", () =>
    Effect.gen(function*() {
      const { network, opened, say, start, subscribe } = yield* world
      const gateway = yield* start({ SENDBLUE_WEBHOOK_SECRET: secret })
      yield* subscribe(gateway.url)
      yield* opened(1)
      for (const text of ["one", "two", "three"]) yield* say(text)
      yield* GatewayProcess.eventually(network.webhooks, (calls) => calls.filter(({ status }) => status === 200).length === 3)
      yield* GatewayProcess.eventually(gateway.inbound, (texts) => texts.length >= 3)
      yield* say("the last one")
      deepStrictEqual([...(yield* gateway.toldUntil("the last one"))].sort(), ["one", "the last one", "three", "two"])
    }))

  it.scopedLive("knows before it sends what was said while it was down, and does not call it old", () =>
    Effect.gen(function*() {
      const { copies, network, opened, say, start } = yield* world
      const first = yield* start()
      yield* opened(1)
      yield* say("before")
      yield* GatewayProcess.eventually(first.inbound, (texts) => texts.length >= 1)
      yield* first.stop
      yield* say("while down", bob)
      yield* say("STOP")
      const second = yield* start()
      strictEqual((yield* second.send("are you there")).status, 403)
      strictEqual(yield* copies("are you there"), 0)
      yield* opened(2)
      yield* say("the last one", bob)
      deepStrictEqual([...(yield* second.toldUntil("the last one"))].sort(), ["STOP", "before", "the last one", "while down"])
      const items = (yield* second.call("GET", "/v1/messages")).body.items ?? []
      deepStrictEqual(items.filter((item) => JSON.stringify(item).includes("recoveredAt")), [])
      // what was read before is not read again
      const reads = (yield* network.requests({ vendor: "sendblue", path: "/api/v2/messages" })).filter(({ query }) =>
        query.includes("updated_at_gte")
      )
      const minutes = (query: string) => (Date.now() - Date.parse(new URLSearchParams(query).get("updated_at_gte") ?? "")) / 60_000
      strictEqual(reads.length > 0 && reads.every(({ query }) => minutes(query) < 2), true)
    }))

  it.scopedLive("reads the list instead where the account has no stream", () =>
    Effect.gen(function*() {
      const { network, say, start } = yield* world
      const first = yield* start()
      yield* first.connected
      yield* first.stop
      yield* network.addFault({ vendor: "sendblue", kind: "stream-absent", times: "forever" })
      yield* say("anybody there")
      const gateway = yield* start({ INTERLINE_CATCH_UP: "off" })
      yield* GatewayProcess.eventually(gateway.inbound, (texts) => texts.length >= 1)
    }))

  it.scopedLive("does not start with a word that means nothing, or for a vendor that has no stream", () =>
    Effect.gen(function*() {
      const { start } = yield* world
      const wrong = yield* Effect.flip(start({ SENDBLUE_EVENTS: "polling" }))
      strictEqual(wrong.message.includes("SENDBLUE_EVENTS must be one of webhooks, stream"), true)
      const none = yield* Effect.flip(start({ LINQ_EVENTS: "stream", LINQ_API_KEY: "token" }))
      strictEqual(none.message.startsWith("the variable LINQ_EVENTS cannot be used: linq needs its credentials and a line"), true)
    }))
})
