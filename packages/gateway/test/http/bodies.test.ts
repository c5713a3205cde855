/** Bodies: which types and codings are read, and how much of them strangers may hold. */
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as HttpLayerRouter from "@effect/platform/HttpLayerRouter"
import * as HttpServer from "@effect/platform/HttpServer"
import { describe, expect, it } from "@effect/vitest"
import * as CarrierId from "@interline/core/CarrierId"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from "node:zlib"
import * as BodyBudget from "../../src/http/bodyBudget.ts"
import { Inbox } from "../../src/inbox/Inbox.ts"
import * as WebhookRoutes from "../../src/inbox/WebhookRoutes.ts"
import * as Listener from "../../src/server/Listener.ts"
import { serve } from "../api/world.ts"
import { noQueue } from "../no-queue.ts"
import { ask, bodyOf, connect, head, statusOf } from "./raw.ts"

const linq = CarrierId.make("linq")

const ingress = (options: WebhookRoutes.Options = {}) =>
  Effect.gen(function*() {
    const seen: Array<string> = []
    const routes = WebhookRoutes.layer(options).pipe(
      Layer.provide(Layer.succeed(
        WebhookRoutes.Receivers,
        new Map([[linq, { carrierId: linq, receive: ({ body }) => Effect.sync(() => (seen.push(new TextDecoder().decode(body)), [])) }]])
      )),
      Layer.provide(Layer.succeed(Inbox, {
        put: () => Effect.void,
        idle: Effect.void,
        failed: () => Effect.succeed([]),
        queue: noQueue
      }))
    )
    const context = yield* Layer.build(
      HttpLayerRouter.serve(routes, { disableLogger: true, disableListenLog: true }).pipe(
        Layer.provideMerge(Listener.layer({ host: "127.0.0.1", port: 0 })),
        Layer.provide(Logger.remove(Logger.defaultLogger))
      )
    )
    const { address } = yield* Effect.provide(HttpServer.HttpServer, context)
    const port = address._tag === "TcpAddress" ? address.port : 0
    return {
      seen,
      port,
      post: (body: string | Uint8Array, headers: Readonly<Record<string, string>> = {}) =>
        ask(port, "POST", "/webhooks/linq", headers, body)
    }
  })

describe("the type of a request's body", () => {
  const plan = { to: { line: "support", handle: "+12025550123" }, text: "hello" }
  const planned = (type: string) =>
    Effect.gen(function*() {
      const { calls, http } = yield* serve()
      const answer = yield* http.execute(
        HttpClientRequest.bodyUint8Array(HttpClientRequest.post("/v1/plan"), new TextEncoder().encode(JSON.stringify(plan)), type)
      )
      return { status: answer.status, text: yield* answer.text, calls, headers: answer.headers }
    }).pipe(Effect.timeout("30 seconds"))

  it.scopedLive.each([
    "application/json",
    "application/vnd.api+json",
    "application/merge-patch+json",
    "application/json; charset=utf-8",
    "Application/JSON",
    "application/problem+json;charset=UTF-8",
    "text/json",
    "model/gltf+json"
  ])("%s is read as JSON", (type) =>
    Effect.gen(function*() {
      const { calls, status, text } = yield* planned(type)
      expect(status, text).toBe(200)
      expect(calls.map(([operation]) => operation)).toEqual(["plan"])
    }))

  it.scopedLive.each([
    "text/plain",
    "application/xml",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "application/octet-stream",
    "application/jsonp",
    "application/json-seq",
    "+12025550123"
  ])("%s is refused at once, by its name and as not sent", (type) =>
    Effect.gen(function*() {
      const { calls, status, text } = yield* planned(type)
      expect(status).toBe(415)
      const problem = JSON.parse(text) as Readonly<Record<string, string>>
      expect(problem).toMatchObject({ certainty: "not-sent", next: "fix" })
      expect(problem["detail"]).toContain(type.includes("/") ? type.split(";")[0] : "this type")
      expect(calls).toEqual([])
    }))

  it.scopedLive("is the same under a key, and for a change that has a natural type of its own", () =>
    Effect.gen(function*() {
      const { http } = yield* serve()
      const keyed = http.execute(
        HttpClientRequest.bodyText(
          HttpClientRequest.post("/v1/plan", { headers: { "idempotency-key": "k" } }),
          JSON.stringify(plan),
          "application/vnd.api+json"
        )
      )
      expect((yield* keyed).status).toBe(200)
      const patched = yield* http.execute(
        HttpClientRequest.bodyText(
          HttpClientRequest.patch("/v1/chats/linq:c1"),
          JSON.stringify({ name: "Friends" }),
          "application/merge-patch+json"
        )
      )
      expect(patched.status, yield* patched.text).toBeLessThan(300)
    }).pipe(Effect.timeout("30 seconds")))
})

describe("a packed body", () => {
  const text = JSON.stringify({ text: "ü".repeat(1_000) })
  const packings: ReadonlyArray<readonly [coding: string, body: Uint8Array]> = [
    ["gzip", gzipSync(text)],
    ["x-gzip", gzipSync(text)],
    ["GZIP", gzipSync(text)],
    ["deflate", deflateSync(text)],
    ["deflate", deflateRawSync(text)],
    ["br", brotliCompressSync(text)],
    ["gzip, br", brotliCompressSync(gzipSync(text))],
    ["identity", Buffer.from(text)],
    // a proxy unpacked it and left the header
    ["gzip", Buffer.from(text)]
  ]

  it.scopedLive("of a webhook is unpacked before its signature is looked at", () =>
    Effect.gen(function*() {
      const { post, seen } = yield* ingress()
      for (const [coding, body] of packings) {
        expect([coding, statusOf(yield* post(body, { "content-encoding": coding }))]).toEqual([coding, 200])
      }
      expect(seen).toEqual(packings.map(() => text))
    }))

  it.scopedLive("of a webhook is refused by the name of what is wrong with it", () =>
    Effect.gen(function*() {
      const { post, seen } = yield* ingress({ maxBodyBytes: 10_000 })
      for (
        const [coding, body] of [
          ["zstd", gzipSync(text)],
          ["br", gzipSync(text)],
          ["gzip", gzipSync(text).subarray(0, 20)],
          ["deflate", Buffer.from("no")],
          ["gzip, gzip, gzip", gzipSync(gzipSync(gzipSync(text)))],
          ["constructor", Buffer.from("x")]
        ] as const
      ) {
        const answer = yield* post(body, { "content-encoding": coding })
        expect([coding, statusOf(answer)]).toEqual([coding, 415])
        expect(bodyOf(answer)).toContain("content-encoding")
        expect(answer).toContain("\r\naccept-encoding: gzip, deflate, br\r\n")
      }
      for (
        const [coding, body] of [["gzip", gzipSync(" ".repeat(10_001))], ["br", brotliCompressSync(" ".repeat(50_000_000))], [
          "gzip, gzip",
          gzipSync(gzipSync(" ".repeat(20_000)))
        ]] as const
      ) {
        expect([coding, statusOf(yield* post(body, { "content-encoding": coding }))]).toEqual([coding, 413])
      }
      expect(seen).toEqual([])
    }))

  it.scopedLive("of a request is refused by the name of what is wrong with it", () =>
    Effect.gen(function*() {
      const { calls, http } = yield* serve()
      for (const coding of ["gzip", "br", "zstd"]) {
        const answer = yield* http.execute(
          HttpClientRequest.bodyUint8Array(
            HttpClientRequest.post("/v1/send", { headers: { "content-encoding": coding } }),
            gzipSync("{}"),
            "application/json"
          )
        )
        expect(answer.status).toBe(415)
        expect(yield* answer.json).toMatchObject({ certainty: "not-sent", detail: expect.stringContaining("content-encoding") })
      }
      expect(calls).toEqual([])
    }))
})

describe("what strangers hold in memory", () => {
  it("is bounded: whoever holds most goes first, and all of it comes back", () => {
    const budget = BodyBudget.make(200_000)
    const ended: Array<string> = []
    const open = (name: string) => budget.open(() => void ended.push(name))
    const large = open("large")
    const small = open("small")
    large.take(100_000)
    small.take(1_000)
    expect(ended).toEqual([])
    const third = open("third")
    third.take(60_000)
    expect(ended).toEqual(["large"])
    // it has gone already
    large.take(1_000_000)
    large.release()
    expect(ended).toEqual(["large"])
    third.take(150_000)
    expect(ended).toEqual(["large", "third"])
    for (const one of [small, third]) one.release()
    for (let round = 0; round < 100; round++) {
      const one = open(`round ${round}`)
      one.take(150_000)
      one.release()
    }
    expect(ended).toEqual(["large", "third"])
  })

  it.scopedLive("does not keep a small webhook out, and the large ones are told to come again", () =>
    Effect.gen(function*() {
      const { port, post, seen } = yield* ingress({ maxHeldBytes: 3_000_000 })
      const heads = head("POST", "/webhooks/linq", { "content-length": 1_000_000 })
      const strangers = yield* Effect.forEach(Array.from({ length: 12 }), () => connect(port))
      for (const { write } of strangers) {
        write(heads)
        write("x".repeat(900_000))
      }
      const statuses = (status: number) => strangers.filter(({ text }) => statusOf(text()) === status)
      yield* Effect.repeat(Effect.sleep("500 millis"), { until: () => statuses(503).length >= 9 })
      expect(statusOf(yield* post("{}"))).toBe(200)
      expect(seen).toEqual(["{}"])
      const refused = statuses(503)
      for (const { text } of refused) {
        expect(text()).toMatch(/\r\nretry-after: \d+\r\n/)
        expect(text()).toContain("webhook-crowded")
      }
      // those that stayed can still end
      for (const { text, write } of strangers) if (text() === "") write("x".repeat(100_000))
      yield* Effect.repeat(Effect.sleep("20 millis"), { until: () => strangers.every(({ text }) => text() !== "") })
      expect(statuses(200).length).toBe(strangers.length - refused.length)
    }))
})

describe("a key that means something to the language", () => {
  const planOf = (metadata: string) => `{"to":{"line":"support","handle":"+12025550123"},"text":"hello","metadata":${metadata}}`
  const planned = (body: string) =>
    Effect.gen(function*() {
      const { calls, http } = yield* serve()
      const answer = yield* http.execute(HttpClientRequest.bodyText(HttpClientRequest.post("/v1/plan"), body, "application/json"))
      return { status: answer.status, text: yield* answer.text, calls }
    })

  it.scopedLive.each([
    "{\"__proto__\":[]}",
    "{\"__proto__\":\"x\",\"a\":1}",
    "{\"\\u005f_proto__\":1}",
    "{\"a\":{\"__p\\u0072oto__\":{}}}"
  ])("in %s is refused where it comes in, because it would be lost", (metadata) =>
    Effect.gen(function*() {
      const { calls, status, text } = yield* planned(planOf(metadata))
      expect(status, text).toBe(400)
      expect(text).toContain("__proto__")
      expect(calls).toEqual([])
    }))

  it.scopedLive.each([
    "{\"constructor\":\"x\"}",
    "{\"toString\":\"x\",\"hasOwnProperty\":\"y\"}",
    "{\"a\":\"__proto__\"}",
    "{\"0\":\"x\",\"-1\":\"y\"}"
  ])("in %s is a key like any", (metadata) =>
    Effect.gen(function*() {
      const { calls, status, text } = yield* planned(planOf(metadata))
      expect(status, text).toBe(200)
      expect(calls).toMatchObject([["plan", expect.anything(), { metadata: JSON.parse(metadata) as unknown }, {}]])
    }))
})
