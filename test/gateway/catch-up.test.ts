/** What was said while the gateway was down is read back when it starts, before anybody is written to. */
import { expect, it } from "@effect/vitest"
import * as Serve from "@interline/cli/Serve"
import * as Handle from "@interline/core/Handle"
import * as Metrics from "@interline/gateway/Metrics"
import * as Sandbox from "@interline/sandbox/Sandbox"
import * as RecordingServer from "@interline/testkit/RecordingServer"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Metric from "effect/Metric"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import { createHmac } from "node:crypto"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { describe } from "vitest"
import * as GatewayProcess from "../support/gatewayProcess.ts"
import { hasty, quiet } from "../support/router.ts"
import { ada, numbers } from "../support/sandbox.ts"

const apiKey = "a-key-for-the-tests"
const bob = Handle.make("+12025550124")

interface Answer {
  readonly status: number
  readonly body: Readonly<Record<string, unknown>> & { readonly items?: ReadonlyArray<Readonly<Record<string, unknown>>> }
}

/** A sandbox, a database, and gateways that start and stop over them at one address. */
const world = Effect.gen(function*() {
  const sandbox = yield* Sandbox.make({})
  const folder = yield* Effect.acquireRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "interline-"))),
    (folder) => Effect.sync(() => rmSync(folder, { recursive: true, force: true }))
  )
  const port = yield* RecordingServer.freePort
  const url = `http://127.0.0.1:${port}`
  const { credentials } = sandbox
  const post = (to: string, headers: Record<string, string>, body: unknown) =>
    Effect.promise(async () =>
      (await fetch(to, { method: "POST", headers: { "content-type": "application/json", ...headers }, body: JSON.stringify(body) }))
        .json() as Promise<Record<string, unknown>>
    )
  const subscribed = yield* post(`${sandbox.linq}/v3/webhook-subscriptions`, { authorization: `Bearer ${credentials.linqToken}` }, {
    target_url: `${url}/webhooks/linq?version=2026-02-03`,
    subscribed_events: ["message.sent", "message.received", "message.read", "message.delivered", "message.failed"]
  })
  for (const type of ["receive", "outbound"]) {
    yield* post(`${sandbox.sendblue}/api/account/webhooks`, {
      "sb-api-key-id": credentials.sendblueKeyId,
      "sb-api-secret-key": credentials.sendblueSecretKey
    }, {
      type,
      webhooks: [{ url: `${url}/webhooks/sendblue?type=${type}`, secret: "a-secret-of-sendblue" }]
    })
  }
  const start = (prefer: string, variables: Record<string, string> = {}) =>
    Effect.gen(function*() {
      const scope = yield* Scope.make()
      yield* Scope.extend(
        Serve.start({ port: Option.some(port), host: Option.none(), database: Option.some(join(folder, "gateway.db")), embedded: false })
          .pipe(
            quiet,
            Effect.withConfigProvider(ConfigProvider.fromMap(
              new Map(Object.entries({
                INTERLINE_POLICY: JSON.stringify({ ...hasty, prefer: prefer.split(",") }),
                INTERLINE_LINES: `support=linq:${numbers.linq},sendblue:${numbers.sendblue}`,
                INTERLINE_API_KEYS: `tests=${apiKey}`,
                INTERLINE_DRAIN: "1 seconds",
                LINQ_API_KEY: credentials.linqToken,
                LINQ_BASE_URL: sandbox.linq,
                LINQ_WEBHOOK_SECRET: String(subscribed["signing_secret"]),
                SENDBLUE_API_KEY: credentials.sendblueKeyId,
                SENDBLUE_API_SECRET: credentials.sendblueSecretKey,
                SENDBLUE_BASE_URL: sandbox.sendblue,
                SENDBLUE_WEBHOOK_SECRET: "a-secret-of-sendblue",
                INTERLINE_ALLOW_PRIVATE_URLS: "true",
                ...variables
              }))
            ))
          ),
        scope
      )
      return { stop: Scope.close(scope, Exit.void) }
    })
  const call = (method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Effect.Effect<Answer> =>
    Effect.promise(async () => {
      const answer = await fetch(`${url}${path}`, {
        method,
        // the next process at this address does not know the connections of the one before
        headers: { authorization: `Bearer ${apiKey}`, "content-type": "application/json", connection: "close", ...headers },
        ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) })
      })
      const text = await answer.text()
      return { status: answer.status, body: (text === "" ? {} : JSON.parse(text)) as Answer["body"] }
    })
  const send = (text: string, handle = ada) => call("POST", "/v1/send", { to: { line: "support", handle }, text })
  const inbound = Effect.map(
    call("GET", "/v1/messages"),
    ({ body }) => (body.items ?? []).filter(({ direction }) => direction === "inbound")
  )
  const copies = (text: string, handle = ada) =>
    Effect.map(sandbox.network.phone(handle), ({ messages }) => messages.filter((message) => message.text === text).length)
  /** A webhook of Linq's own making. */
  const sign = (event: Record<string, unknown>, secret = String(subscribed["signing_secret"])) =>
    Effect.promise(async () => {
      const body = JSON.stringify({ api_version: "v3", webhook_version: "2026-02-03", created_at: new Date().toISOString(), ...event })
      const [id, timestamp] = ["msg_1", String(Math.floor(Date.now() / 1000))]
      const key = Buffer.from(secret.replace(/^whsec_/, ""), "base64")
      const signature = createHmac("sha256", key).update(`${id}.${timestamp}.${body}`).digest("base64")
      const answer = await fetch(`${url}/webhooks/linq`, {
        method: "POST",
        headers: {
          "content-type": "application/json",
          connection: "close",
          "webhook-id": id,
          "webhook-timestamp": timestamp,
          "webhook-signature": `v1,${signature}`
        },
        body
      })
      return answer.status
    })
  const silence = Effect.promise(() =>
    fetch(`${sandbox.linq}/v3/webhook-subscriptions/${String(subscribed["id"])}`, {
      method: "DELETE",
      headers: { authorization: `Bearer ${credentials.linqToken}` }
    })
  )
  /** Sendblue sends its webhooks with this secret from now on. */
  const secretOfSendblue = (secret: string) =>
    Effect.promise(() =>
      fetch(`${sandbox.sendblue}/api/account/webhooks`, {
        method: "PUT",
        headers: {
          "content-type": "application/json",
          "sb-api-key-id": credentials.sendblueKeyId,
          "sb-api-secret-key": credentials.sendblueSecretKey
        },
        body: JSON.stringify({
          webhooks: Object.fromEntries(
            ["receive", "outbound"].map((type) => [type, [{ url: `${url}/webhooks/sendblue?type=${type}`, secret }]])
          )
        })
      })
    )
  /** How long ago everything was heard that a carrier had to say, in seconds, and how far the process says that it got. */
  const behind = (carrier: string) =>
    Effect.promise(async () => {
      const metrics = await (await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${apiKey}` } })).text()
      const ready = (await (await fetch(`${url}/readyz`)).json()) as {
        readonly ready: boolean
        readonly catchUp: ReadonlyArray<Record<string, unknown>>
      }
      const [, seconds] = new RegExp(`interline_catch_up_behind_seconds\\{carrier="${carrier}"\\} (.*)`).exec(metrics) ?? []
      return { seconds: Number(seconds), ready: ready.ready, catchUp: ready.catchUp.filter(({ carrierId }) => carrierId === carrier) }
    })
  return { sandbox, network: sandbox.network, start, call, send, inbound, copies, sign, silence, secretOfSendblue, behind }
})

const textsOf = (items: ReadonlyArray<unknown>) => items.map((item) => JSON.stringify(item))

describe("a gateway that was down", () => {
  for (const [there, elsewhere] of [["linq", "sendblue"], ["sendblue", "linq"]] as const) {
    it.scopedLive(`knows who opted out at ${there} meanwhile, before it sends by ${elsewhere}`, () =>
      Effect.gen(function*() {
        const { call, copies, inbound, network, send, start } = yield* world
        const first = yield* start(`${there},${elsewhere}`)
        expect((yield* send("hello")).status).toBe(200)
        yield* network.say({ from: ada, to: numbers[there], text: "before" })
        yield* GatewayProcess.eventually(inbound, (items) => items.length === 1)
        yield* first.stop
        yield* network.say({ from: ada, to: numbers[there], text: "while down" })
        yield* network.say({ from: ada, to: numbers[there], text: "STOP" })
        // every try to hand over its webhooks is over
        yield* network.advance("2 hours")
        const second = yield* start(elsewhere)
        expect((yield* send("are you there")).status).toBe(403)
        expect(yield* copies("are you there")).toBe(0)
        const items = yield* GatewayProcess.eventually(inbound, (items) => items.length >= 3)
        yield* Effect.sleep("300 millis")
        expect(textsOf(yield* inbound).filter((text) => text.includes("while down"))).toHaveLength(1)
        expect(textsOf(yield* inbound).filter((text) => text.includes("\"before\""))).toHaveLength(1)
        expect(textsOf(items).find((text) => text.includes("while down"))).toContain("recoveredAt")
        const { body } = yield* call("GET", "/v1/catch-up")
        expect(body.items).toEqual(expect.arrayContaining([expect.objectContaining({ carrierId: there, state: "done", optOuts: 1 })]))
        yield* second.stop
        // and once more: everything is known
        const third = yield* start(elsewhere)
        const again = yield* call("POST", "/v1/catch-up", { carrier: there })
        expect(again.status).toBe(200)
        expect(again.body.items).toEqual(expect.arrayContaining([expect.objectContaining({ carrierId: there, state: "done", told: 0 })]))
        expect(yield* inbound).toHaveLength(3)
        yield* third.stop
      }))
  }

  it.scopedLive("does not take a person back in who opted in before they opted out", () =>
    Effect.gen(function*() {
      const { inbound, network, send, start } = yield* world
      const first = yield* start("linq,sendblue")
      yield* network.say({ from: ada, to: numbers.linq, text: "hello" })
      yield* GatewayProcess.eventually(inbound, (items) => items.length === 1)
      yield* first.stop
      yield* network.say({ from: ada, to: numbers.linq, text: "START" })
      yield* Effect.sleep("20 millis")
      yield* network.say({ from: ada, to: numbers.linq, text: "STOP" })
      yield* network.say({ from: bob, to: numbers.linq, text: "STOP" })
      yield* Effect.sleep("20 millis")
      yield* network.say({ from: bob, to: numbers.linq, text: "START" })
      yield* network.advance("2 hours")
      const second = yield* start("linq,sendblue")
      yield* GatewayProcess.eventually(inbound, (items) => items.length === 5)
      expect((yield* send("again")).status).toBe(403)
      expect((yield* GatewayProcess.eventually(send("again", bob), ({ status }) => status === 200)).status).toBe(200)
      yield* second.stop
    }))
})

describe("a gateway that starts for the first time", () => {
  it.scopedLive("takes over the opt-outs that a carrier has on its list, also one that no message goes by", () =>
    Effect.gen(function*() {
      const { call, network, send, start } = yield* world
      yield* network.optOut(ada, "sendblue")
      const { stop } = yield* start("linq")
      expect((yield* send("hello")).status).toBe(403)
      expect((yield* send("hello", bob)).status).toBe(200)
      expect((yield* call("GET", "/v1/opt-outs")).body.items).toMatchObject([{ handle: ada, source: "list", carrierId: "sendblue" }])
      yield* stop
    }))

  it.scopedLive("holds back what it cannot clear while a carrier does not answer, and sends to people whom that carrier does not know", () =>
    Effect.gen(function*() {
      const { network, send, start } = yield* world
      const first = yield* start("linq,sendblue")
      expect((yield* send("hello")).status).toBe(200)
      yield* first.stop
      yield* network.addFault({ vendor: "linq", match: { method: "GET" }, kind: "reset-before", times: "forever" })
      const second = yield* start("sendblue", { INTERLINE_CATCH_UP_WAIT: "1 second" })
      const held = yield* send("are you there")
      expect([held.status, held.body["certainty"], held.body["next"]]).toEqual([409, "not-sent", "retry"])
      expect((yield* send("hello", bob)).status).toBe(200)
      yield* second.stop
    }))
})

describe("a gateway whose subscription was switched off", () => {
  it.scopedLive("reads back what was missed when Linq says that it is on again", () =>
    Effect.gen(function*() {
      const { inbound, network, send, sign, silence, start } = yield* world
      const { stop } = yield* start("linq,sendblue")
      yield* network.say({ from: ada, to: numbers.linq, text: "hello" })
      yield* GatewayProcess.eventually(inbound, (items) => items.length === 1)
      yield* silence
      yield* network.say({ from: ada, to: numbers.linq, text: "STOP" })
      yield* Effect.sleep("200 millis")
      expect(yield* inbound).toHaveLength(1)
      expect(yield* sign({ event_type: "webhook_subscription.enabled", event_id: "e-on", data: { webhook_subscription: { id: "ws-1" } } }))
        .toBe(200)
      yield* GatewayProcess.eventually(inbound, (items) => items.length === 2)
      expect((yield* send("are you there")).status).toBe(403)
      yield* stop
    }))

  it.scopedLive("reads back what was refused while its secret was wrong, at the first webhook that is believed", () =>
    Effect.gen(function*() {
      const { inbound, network, send, start } = yield* world
      const first = yield* start("sendblue,linq", { SENDBLUE_WEBHOOK_SECRET: "another-secret" })
      yield* network.say({ from: ada, to: numbers.sendblue, text: "STOP" })
      yield* Effect.sleep("300 millis")
      yield* first.stop
      const second = yield* start("sendblue,linq")
      yield* GatewayProcess.eventually(inbound, (items) => items.length === 1)
      expect((yield* send("are you there")).status).toBe(403)
      yield* second.stop
    }))
})

describe("a gateway whose webhooks were refused for a while", () => {
  it.scopedLive("reads back what Sendblue said under a wrong secret, in the same process, and shows meanwhile how far behind it is", () =>
    Effect.gen(function*() {
      const { behind, inbound, network, secretOfSendblue, send, start } = yield* world
      const { stop } = yield* start("sendblue,linq")
      yield* network.say({ from: ada, to: numbers.sendblue, text: "hello" })
      yield* GatewayProcess.eventually(inbound, (items) => items.length === 1)
      expect(yield* GatewayProcess.eventually(behind("sendblue"), ({ catchUp }) => catchUp.length === 0)).toEqual({
        seconds: 0,
        ready: true,
        catchUp: []
      })
      yield* secretOfSendblue("another-secret")
      yield* network.say({ from: ada, to: numbers.sendblue, text: "STOP" })
      const late = yield* GatewayProcess.eventually(behind("sendblue"), ({ seconds }) => seconds > 0)
      expect(late).toMatchObject({ ready: true, catchUp: [{ carrierId: "sendblue", heardUntil: expect.stringMatching(/^\d{4}-.*Z$/) }] })
      expect(yield* inbound).toHaveLength(1)
      yield* secretOfSendblue("a-secret-of-sendblue")
      yield* network.say({ from: bob, to: numbers.sendblue, text: "is anybody there" })
      const items = yield* GatewayProcess.eventually(inbound, (items) => items.length === 3)
      expect(textsOf(items).find((text) => text.includes("\"STOP\""))).toContain("recoveredAt")
      expect((yield* send("are you there")).status).toBe(403)
      expect((yield* send("yes", bob)).status).toBe(200)
      expect(yield* GatewayProcess.eventually(behind("sendblue"), ({ catchUp }) => catchUp.length === 0)).toEqual({
        seconds: 0,
        ready: true,
        catchUp: []
      })
      yield* stop
    }))

  it.scopedLive("does not claim to know what was before the time from which somebody asked to read", () =>
    Effect.gen(function*() {
      const { behind, call, inbound, network, secretOfSendblue, start } = yield* world
      const gateway = yield* start("sendblue")
      yield* secretOfSendblue("another-secret")
      yield* network.say({ from: ada, to: numbers.sendblue, text: "refused" })
      const [before] = (yield* GatewayProcess.eventually(behind("sendblue"), ({ catchUp }) => catchUp.length === 1)).catchUp
      yield* call("POST", "/v1/catch-up", { carrier: "sendblue", since: new Date(Date.now() + 1_000).toISOString() })
      // it may say less than before, and not more
      const after = (yield* behind("sendblue")).catchUp[0]?.["heardUntil"]
      expect(Date.parse(String(after))).toBeLessThanOrEqual(Date.parse(String(before?.["heardUntil"])))
      yield* gateway.stop
      const again = yield* start("sendblue")
      yield* GatewayProcess.eventually(inbound, (items) => items.length === 1)
      yield* again.stop
    }))

  it.scopedLive("reads back what Linq said under a wrong signature, at the first webhook that is believed, and what was refused before that is one stretch", () =>
    Effect.gen(function*() {
      const { behind, inbound, network, send, sign, silence, start } = yield* world
      const { stop } = yield* start("linq,sendblue")
      yield* network.say({ from: ada, to: numbers.linq, text: "hello" })
      yield* GatewayProcess.eventually(inbound, (items) => items.length === 1)
      yield* silence
      const wrong = `whsec_${Buffer.alloc(24, 7).toString("base64")}`
      const event = { event_type: "message.read", event_id: "e-1", data: {} }
      expect(yield* sign(event, wrong)).toBe(401)
      yield* network.say({ from: ada, to: numbers.linq, text: "STOP" })
      expect(yield* sign(event, wrong)).toBe(401)
      yield* Effect.sleep("200 millis")
      expect(yield* inbound).toHaveLength(1)
      expect((yield* behind("linq")).seconds).toBeGreaterThan(0)
      expect(yield* sign({ event_type: "something.new", event_id: "e-2", data: {} })).toBe(200)
      yield* GatewayProcess.eventually(inbound, (items) => items.length === 2)
      expect((yield* send("are you there")).status).toBe(403)
      expect(yield* GatewayProcess.eventually(behind("linq"), ({ catchUp }) => catchUp.length === 0)).toMatchObject({ seconds: 0 })
      yield* stop
    }))

  it.scopedLive("counts how often it could not read back, and how far behind that leaves it", () =>
    Effect.gen(function*() {
      const { behind, call, network, start } = yield* world
      const { stop } = yield* start("linq,sendblue")
      yield* GatewayProcess.eventually(behind("linq"), ({ catchUp }) => catchUp.length === 0)
      // nobody asks again after an answer that is none
      yield* network.addFault({ vendor: "linq", match: { method: "GET" }, kind: "2xx-not-json", times: "forever" })
      const counted = Effect.map(Metric.value(Metric.tagged(Metrics.catchUpFailures, "carrier", "linq")), ({ count }) => count)
      const before = yield* counted
      yield* call("POST", "/v1/catch-up", { carrier: "linq" })
      expect((yield* counted) - before).toBe(1)
      const { body } = yield* call("GET", "/v1/catch-up")
      expect(body.items?.find(({ carrierId }) => carrierId === "linq")).toMatchObject({
        state: "failed",
        failures: 1,
        heardUntil: expect.stringMatching(/^\d{4}-.*Z$/)
      })
      expect((yield* behind("linq")).catchUp).toMatchObject([{ state: "failed" }])
      yield* stop
    }))
})

describe("an import of opt-outs", () => {
  const lines = [`{"handle":"${ada}"}`, `"${bob}"`, "", "+12025550125,Carol,yes", "nobody", "{\"handle\":7}", `{"handle":"${ada}"}`]

  it.scopedLive("takes a line for each person, counts, names bad lines by number alone, and adds nobody twice", () =>
    Effect.gen(function*() {
      const { call, send, start } = yield* world
      const { stop } = yield* start("linq")
      const ndjson = { "content-type": "application/x-ndjson" }
      expect(yield* call("POST", "/v1/opt-outs/import", lines.join("\n"), ndjson)).toEqual({
        status: 200,
        body: { read: 6, added: 3, known: 0, malformed: 2, lines: [5, 6] }
      })
      expect(yield* call("POST", "/v1/opt-outs/import", lines.join("\r\n"), ndjson)).toMatchObject({
        status: 200,
        body: { added: 0, known: 3 }
      })
      // the head of a table is nobody
      expect(yield* call("POST", "/v1/opt-outs/import", "Mobile number;Name\n+12025550125;Carol", ndjson)).toMatchObject({
        status: 200,
        body: { read: 1, known: 1, malformed: 0, lines: [] }
      })
      // a key changes nothing: the same and another body under it are both done
      const keyed = { ...ndjson, "idempotency-key": "import-1" }
      expect(yield* call("POST", "/v1/opt-outs/import", lines.join("\n"), keyed)).toMatchObject({
        status: 200,
        body: { added: 0, known: 3 }
      })
      expect(yield* call("POST", "/v1/opt-outs/import", "+12025550127", keyed)).toMatchObject({ status: 200, body: { added: 1 } })
      expect(yield* call("POST", "/v1/opt-outs/import", "+12025550127", keyed)).toMatchObject({ status: 200, body: { added: 0, known: 1 } })
      expect((yield* send("hello")).status).toBe(403)
      expect(yield* call("POST", "/v1/opt-outs/import", { handles: ["+12025550126"] })).toMatchObject({ status: 200, body: { added: 1 } })
      const refused = yield* call("POST", "/v1/opt-outs/import", { handle: ada })
      expect(refused.status).toBe(400)
      expect(JSON.stringify(refused.body)).not.toContain("2025550123")
      expect(
        (yield* call("POST", "/v1/opt-outs/import", lines.join("\n"), { ...ndjson, authorization: "Bearer nobody's-key-at-all" })).status
      ).toBe(401)
      yield* stop
    }))

  it.scopedLive("takes nobody for read whom it could not read", () =>
    Effect.gen(function*() {
      const { call, send, start } = yield* world
      const { stop } = yield* start("linq")
      const ndjson = { "content-type": "application/x-ndjson" }
      // two people on one line: half of it must not pass for the whole
      expect(yield* call("POST", "/v1/opt-outs/import", `["${ada}","${bob}"]\n"${bob}"\n{"handle":"${ada}"\n`, ndjson)).toMatchObject({
        status: 200,
        body: { added: 1, malformed: 2, lines: [1, 3] }
      })
      for (const body of ["nobody\n", "\u0000+\u00001\u00002\u00000\u00002", `["${ada}"]`]) {
        expect((yield* call("POST", "/v1/opt-outs/import", body, ndjson)).status, body).toBe(400)
      }
      expect((yield* call("POST", "/v1/opt-outs/import", "x", { ...ndjson, "content-encoding": "gzip" })).status).toBe(415)
      expect(yield* call("POST", "/v1/opt-outs/import", "", ndjson)).toMatchObject({ status: 200, body: { read: 0, malformed: 0 } })
      expect((yield* send("hello")).status).toBe(200)
      yield* stop
    }))

  it.scopedLive("reads a list of any length as it comes", () =>
    Effect.gen(function*() {
      const { call, start } = yield* world
      const { stop } = yield* start("linq")
      const many = Array.from({ length: 60_000 }, (_, n) => `{"handle":"+1202${String(5_000_000 + n)}"}`).join("\n")
      expect(yield* call("POST", "/v1/opt-outs/import", many, { "content-type": "application/x-ndjson" })).toMatchObject({
        status: 200,
        body: { read: 60_000, added: 60_000 }
      })
      const page = yield* call("GET", "/v1/opt-outs?limit=3")
      expect(page.body.items).toHaveLength(3)
      const next = yield* call("GET", `/v1/opt-outs?limit=3&cursor=${encodeURIComponent(String(page.body["next"]))}`)
      expect(next.body.items?.[0]?.["handle"]).not.toBe(page.body.items?.[2]?.["handle"])
      yield* stop
    }))

  it.scopedLive("reads a carrier's list again at every start: somebody may have been taken off by hand there", () =>
    Effect.gen(function*() {
      const { network, send, start } = yield* world
      const first = yield* start("linq")
      yield* network.say({ from: ada, to: numbers.sendblue, text: "hello" })
      yield* first.stop
      yield* network.optOut(ada, "sendblue")
      const second = yield* start("linq")
      yield* GatewayProcess.eventually(send("hello"), ({ status }) => status === 403)
      yield* second.stop
    }))

  it.scopedLive("reads the list that a carrier keeps when it is asked to", () =>
    Effect.gen(function*() {
      const { call, network, send, start } = yield* world
      const { stop } = yield* start("linq", { INTERLINE_CATCH_UP: "off" })
      yield* network.optOut(ada, "sendblue")
      yield* network.say({ from: bob, to: numbers.linq, text: "hello" })
      yield* network.optOut(bob, "linq")
      expect(yield* call("POST", "/v1/opt-outs/import", { carrier: "sendblue" })).toMatchObject({ status: 200, body: { added: 1 } })
      expect(yield* call("POST", "/v1/opt-outs/import", { carrier: "linq" })).toMatchObject({ status: 200, body: { added: 1 } })
      expect((yield* send("hello")).status).toBe(403)
      expect((yield* send("hello", bob)).status).toBe(403)
      expect((yield* call("POST", "/v1/opt-outs/import", { carrier: "twilio" })).status).toBe(400)
      yield* stop
    }))
})
