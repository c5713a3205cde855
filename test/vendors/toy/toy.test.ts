/** A vendor that the test brings has failover, the API, webhooks and metrics, with no line of it in any package. */
import * as HttpServer from "@effect/platform/HttpServer"
import { describe, it } from "@effect/vitest"
import { assertFalse, assertInclude, deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import * as CarrierId from "@interline/core/CarrierId"
import * as Gateway from "@interline/gateway/Gateway"
import * as Listener from "@interline/gateway/Listener"
import * as Sandbox from "@interline/sandbox/Sandbox"
import * as RecordingServer from "@interline/testkit/RecordingServer"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Interline from "interline/Interline"
import * as Node from "interline/node"
import * as Vendors from "interline/Vendors"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { ask } from "../../security/http.ts"
import { hasty, quiet } from "../../support/router.ts"
import { ada, numbers } from "../../support/sandbox.ts"
import * as Toy from "./Toy.ts"

const vendors = { ...Vendors.vendors, toy: Toy.vendor }

const key = "key-of-the-toy-0123456789"
const toyNumber = "+12025550301"
const secret = "the-secret-of-toy"

const under = <A, E, R>(variables: Readonly<Record<string, string>>, effect: Effect.Effect<A, E, R>) =>
  Effect.withConfigProvider(effect, ConfigProvider.fromMap(new Map(Object.entries(variables))))

const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "interline-toy-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
)

interface Json {
  readonly [key: string]: unknown
}

/** A gateway over Linq, and Toy as `toy-eu`. */
const world = (prefer: string) =>
  Effect.gen(function*() {
    const sandbox = yield* Sandbox.make({ clock: "manual" })
    let count = 0
    const toy = { isFull: false }
    const server = yield* RecordingServer.make(() => {
      count += 1
      return toy.isFull ? { status: 409 } : { status: 202, body: JSON.stringify({ id: `text-${count}` }) }
    })
    const listener = yield* Listener.make({ host: "127.0.0.1", port: 0 })
    const port = listener.address._tag === "TcpAddress" ? listener.address.port : 0
    const variables = {
      INTERLINE_POLICY: JSON.stringify({ ...hasty, prefer: prefer.split(" ") }),
      INTERLINE_CARRIERS: "toy-eu=toy",
      INTERLINE_LINES: `support=linq:${numbers.linq},toy-eu:${toyNumber}`,
      INTERLINE_API_KEYS: `toy=${key}`,
      INTERLINE_CATCH_UP: "off",
      INTERLINE_OPEN_METRICS: "true",
      LINQ_API_KEY: sandbox.credentials.linqToken,
      LINQ_BASE_URL: sandbox.linq,
      LINQ_WEBHOOK_SECRET: "whsec_dGhlIHNlY3JldCBvZiBMaW5xIGluIHRoaXMgdGVzdA==",
      TOY_EU_TOY_API_KEY: "the-key-of-toy",
      TOY_EU_TOY_BASE_URL: server.origin,
      TOY_EU_TOY_WEBHOOK_SECRET: secret,
      DATABASE_URL: join(yield* folder, "gateway.db")
    }
    yield* quiet(under(
      variables,
      Layer.build(
        Gateway.layer({ interline: { vendors }, accessLog: false }).pipe(
          Layer.provide(Layer.succeed(HttpServer.HttpServer, listener)),
          Layer.provide(Node.layer())
        )
      )
    ))
    const call = (method: string, path: string, body?: unknown, headers: Readonly<Record<string, string>> = {}) =>
      Effect.map(
        ask(port, {
          method,
          path,
          ...(body === undefined ? {} : { body: JSON.stringify(body) }),
          headers: {
            "content-type": "application/json",
            authorization: `Bearer ${key}`,
            "sb-api-key-id": "toy",
            "sb-api-secret-key": key,
            ...headers
          }
        }),
        ({ body, status }) => ({ status, text: body, json: (body.startsWith("{") ? JSON.parse(body) : {}) as Json })
      )
    const send = (text: string) => call("POST", "/v1/send", { to: { line: "support", handle: ada }, text })
    /** Toy says a word of a text. */
    const say = (word: string, id: string, code?: string) =>
      call("POST", "/webhooks/toy-eu", { word, id, ...(code === undefined ? {} : { code }) }, { "x-toy-secret": secret })
    /** Asks until the answer is as it should be: a webhook is worked on after it is answered. */
    const until = (path: string, isSo: (json: Json) => boolean): Effect.Effect<Json> =>
      Effect.flatMap(call("GET", path), ({ json }) => isSo(json) ? Effect.succeed(json) : until(path, isSo))
    return { call, network: sandbox.network, say, send, server, toy, until }
  })

describe("a vendor that an application brings", () => {
  it.live("is read from the variables, under its own name and under another", () =>
    Effect.gen(function*() {
      const options = { vendors }
      const variables = {
        INTERLINE_CARRIERS: "toy-eu=toy",
        INTERLINE_PREFER: "toy, toy-eu",
        INTERLINE_LINES: `support=toy:${toyNumber},toy-eu:+12025550302`,
        TOY_API_KEY: "one"
      }
      const carriers = yield* under(variables, Interline.configured(options))
      deepStrictEqual(carriers.filter(({ vendor }) => vendor === "toy"), [
        { id: CarrierId.make("toy"), vendor: "toy", prefix: "" },
        { id: CarrierId.make("toy-eu"), vendor: "toy", prefix: "TOY_EU_" }
      ])
      const { sentence } = yield* Effect.flip(under(variables, Interline.check(options)))
      strictEqual(
        sentence,
        "carrier \"toy-eu\": Toy: the key is missing; pass the option key or set TOY_API_KEY; for this carrier each variable has TOY_EU_ in front"
      )
      yield* under({ ...variables, TOY_EU_TOY_API_KEY: "two" }, Interline.check(options))
    }))

  it.scopedLive("takes what Linq does not, and Linq takes what Toy does not", () =>
    Effect.gen(function*() {
      const { call, network, send, server, toy } = yield* world("linq toy-eu")
      yield* network.addFault({ vendor: "linq", kind: "refused" })
      strictEqual((yield* send("by toy")).json["carrierId"], "toy-eu")
      deepStrictEqual(server.received.map(({ body, headers }) => [JSON.parse(body), headers["x-toy-key"]]), [
        [{ from: toyNumber, to: ada, text: "by toy" }, "the-key-of-toy"]
      ])
      yield* network.clearFaults()
      toy.isFull = true
      const other = yield* call("POST", "/v1/send", { to: { line: "support", handle: "+12025550124" }, text: "by linq" })
      strictEqual(other.json["carrierId"], "linq")
    }))

  it.scopedLive("is failed over from, when it certainly did not take a text", () =>
    Effect.gen(function*() {
      const { send, server, toy } = yield* world("toy-eu linq")
      toy.isFull = true
      const { json } = yield* send("by linq in the end")
      strictEqual(json["carrierId"], "linq")
      strictEqual(server.received.length, 1)
    }))

  it.scopedLive("settles a delivery by its webhook, and stands among the carriers and in the metrics", () =>
    Effect.gen(function*() {
      const { call, say, send, until } = yield* world("toy-eu linq")
      const { json: delivery } = yield* send("a text")
      strictEqual((yield* call("POST", "/webhooks/toy-eu", { word: "arrived", id: "text-1" })).status, 401)
      strictEqual((yield* say("arrived", "text-1")).status, 200)
      const { report } = yield* until(
        `/v1/deliveries/${String(delivery["id"])}`,
        ({ report }) => (report as Json | undefined)?.["status"] === "delivered"
      )
      strictEqual((report as Json)["settled"], true)
      const { text: carriers } = yield* call("GET", "/v1/carriers")
      assertInclude(carriers, "\"vendor\":\"toy\"")
      assertInclude(carriers, "\"toy-eu\"")
      const { text: metrics } = yield* call("GET", "/metrics")
      assertInclude(metrics, "carrier=\"toy-eu\"")
    }))

  it.scopedLive("is shown by both fronts, without its own error code", () =>
    Effect.gen(function*() {
      const { call, say, until } = yield* world("toy-eu linq")
      const { json: sent } = yield* call("POST", "/sendblue/api/send-message", { number: ada, from_number: toyNumber, content: "a text" })
      const handle = String(sent["message_handle"])
      strictEqual((yield* say("lost", "text-1", "toy-77")).status, 200)
      const { error_code: code } = yield* until(`/sendblue/api/status?handle=${handle}`, ({ status }) => status === "ERROR")
      strictEqual(String(code).includes("toy"), false)
      const shown = yield* call("GET", `/linq/v3/messages/${handle}`)
      strictEqual(shown.status, 200)
      assertInclude(shown.text, "a text")
      assertFalse(shown.text.includes("toy-77"))
    }))

  it.scopedLive("has no dialect of its own", () =>
    Effect.gen(function*() {
      const { call } = yield* world("toy-eu linq")
      const { json, status } = yield* call("POST", "/v1/callbacks", { url: "https://app.example.com/events", dialect: "toy" })
      strictEqual(status, 400)
      assertInclude(JSON.stringify(json), "dialect")
    }))
})
