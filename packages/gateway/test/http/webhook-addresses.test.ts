/** Which spellings of a webhook's address are taken, and what is said of the others. */
import * as Headers from "@effect/platform/Headers"
import * as HttpLayerRouter from "@effect/platform/HttpLayerRouter"
import * as HttpServer from "@effect/platform/HttpServer"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import { describe, expect, it } from "@effect/vitest"
import * as CarrierId from "@interline/core/CarrierId"
import type { MessagingEvent } from "@interline/core/MessagingEvent"
import type { WebhookReceiver } from "@interline/core/WebhookReceiver"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Metric from "effect/Metric"
import * as Fronts from "../../src/fronts.ts"
import * as Drain from "../../src/http/Drain.ts"
import { Inbox } from "../../src/inbox/Inbox.ts"
import * as WebhookRoutes from "../../src/inbox/WebhookRoutes.ts"
import * as Listener from "../../src/server/Listener.ts"
import * as Metrics from "../../src/server/Metrics.ts"
import * as RequestPolicy from "../../src/server/RequestPolicy.ts"
import * as RequestTarget from "../../src/server/requestTarget.ts"
import { noQueue } from "../no-queue.ts"
import { ask, bodyOf, statusOf } from "./raw.ts"

const configured = (id: string, vendor: string): WebhookRoutes.Configured => ({
  id: CarrierId.make(id),
  vendor,
  secretVariable: `${id.toUpperCase()}_WEBHOOK_SECRET`
})

/** `without` are carriers whose secret is not set. */
const world = (carriers: ReadonlyArray<WebhookRoutes.Configured>, without: ReadonlyArray<string> = []) =>
  Effect.gen(function*() {
    const taken: Array<readonly [carrierId: string, url: string]> = []
    const warnings: Array<string> = []
    const receiver = ({ id }: WebhookRoutes.Configured): readonly [CarrierId.CarrierId, WebhookReceiver] => [id, {
      carrierId: id,
      receive: ({ url }) => Effect.sync((): ReadonlyArray<MessagingEvent> => (taken.push([id, url]), []))
    }]
    const routes = WebhookRoutes.layer({ carriers }).pipe(
      Layer.provide(Layer.succeed(WebhookRoutes.Receivers, new Map(carriers.filter(({ id }) => !without.includes(id)).map(receiver)))),
      Layer.provide(
        Layer.succeed(Inbox, { put: () => Effect.void, idle: Effect.void, failed: () => Effect.succeed([]), queue: noQueue })
      ),
      Layer.provideMerge(HttpLayerRouter.add("POST", "/v1/webhooks", Effect.die("a request of the API"))),
      Layer.provide(RequestPolicy.layer({ accessLog: false, fronts: Fronts.addresses }))
    )
    const context = yield* Layer.build(
      RequestPolicy.serve(routes).pipe(
        Layer.provideMerge(Listener.layer({ host: "127.0.0.1", port: 0 })),
        Layer.provide(Drain.layer),
        Layer.provide(Logger.replace(
          Logger.defaultLogger,
          Logger.make(({ annotations, logLevel, message }) => {
            if (logLevel.label === "WARN") warnings.push(JSON.stringify([message, Array.from(annotations)]))
          })
        ))
      )
    )
    const { address } = yield* Effect.provide(HttpServer.HttpServer, context)
    const port = address._tag === "TcpAddress" ? address.port : 0
    return { port, taken, warnings, post: (path: string, method = "POST") => ask(port, method, path, {}, method === "POST" ? "{}" : "") }
  })

const counted = (carrier: string, result: string) =>
  Effect.map(Metric.value(Metrics.webhooks.pipe(Metric.tagged("carrier", carrier), Metric.tagged("result", result))), ({ count }) => count)

const linq = configured("linq", "linq")
const sendblue = configured("sendblue", "sendblue")
const european = configured("linq-eu", "linq")

describe("an address that can only mean one carrier", () => {
  it.scopedLive.each([
    "/webhooks/linq",
    "//webhooks/linq",
    "/webhooks//linq",
    "/Webhooks/Linq",
    "/WEBHOOKS/LINQ",
    "/webhooks/Linq/",
    "/webhooks/linq//",
    "/webhook/linq",
    "/webhooks/%6Cinq",
    "/%77ebhooks/linq",
    "/webhooks%2Flinq",
    "/webhooks/linq%20",
    "http://gateway.example/webhooks/linq",
    "HTTP://gateway.example//Webhooks/Linq/"
  ])("is taken: %s", (path) =>
    Effect.gen(function*() {
      const { post, taken, warnings } = yield* world([linq, sendblue])
      expect(statusOf(yield* post(`${path}?type=receive`))).toBe(200)
      expect(taken).toHaveLength(1)
      expect(taken[0]?.[0]).toBe("linq")
      expect(taken[0]?.[1]).toMatch(/^\/[^?]*\?type=receive$/)
      expect(warnings).toEqual([])
    }))

  it.scopedLive("names a vendor of which there is one carrier, and nobody of a vendor that has two", () =>
    Effect.gen(function*() {
      const one = yield* world([european, sendblue])
      expect(statusOf(yield* one.post("/webhooks/linq"))).toBe(200)
      expect(one.taken.map(([id]) => id)).toEqual(["linq-eu"])
      const two = yield* world([european, configured("linq-us", "linq")])
      expect(statusOf(yield* two.post("/webhooks/linq"))).toBe(404)
      const own = yield* world([linq, european])
      expect(statusOf(yield* own.post("/webhooks/Linq"))).toBe(200)
      expect(own.taken.map(([id]) => id)).toEqual(["linq"])
    }))

  it.scopedLive("names nobody where there is one carrier only", () =>
    Effect.gen(function*() {
      const { post, taken } = yield* world([sendblue])
      expect([statusOf(yield* post("/webhooks")), statusOf(yield* post("/webhooks/"))]).toEqual([200, 200])
      expect(taken.map(([id]) => id)).toEqual(["sendblue", "sendblue"])
    }))
})

describe("any other address of a webhook", () => {
  it.scopedLive.each([
    "/webhooks/twilio",
    "/webhooks",
    "/webhooks/",
    "/webhooks/linq/more",
    "/webhooks/../linq",
    "/webhooks/%2e%2e/v1/webhooks",
    "/api/webhooks/linq",
    "/webhooks/linq;x",
    "/webhooks/%zz"
  ])("is refused, counted and warned of once: %s", (path) =>
    Effect.gen(function*() {
      const { post, taken, warnings } = yield* world([linq, sendblue])
      const before = yield* counted("none", "unknown")
      const answers = yield* Effect.all([post(path), post(path), post(path)])
      for (const answer of answers) {
        expect(statusOf(answer)).toBe(404)
        expect(JSON.parse(bodyOf(answer))).toMatchObject({
          type: "urn:interline:problem:webhook-nobody",
          detail: "webhooks are taken at /webhooks/linq, /webhooks/sendblue"
        })
      }
      expect((yield* counted("none", "unknown")) - before).toBe(3)
      expect(warnings).toHaveLength(1)
      expect(warnings[0]).toContain("/webhooks/linq, /webhooks/sendblue")
      expect(taken).toEqual([])
    }))

  it.scopedLive("is logged without what may be a number or a secret, and not without end", () =>
    Effect.gen(function*() {
      const { post, warnings } = yield* world([linq, sendblue])
      yield* post(`/webhooks/+12025550123/${"x".repeat(500)}?key=secret`)
      expect(warnings.join()).not.toMatch(/2025550123|secret/)
      expect(warnings.join().length).toBeLessThan(400)
      yield* Effect.forEach(
        Array.from({ length: 150 }, (_, n) => "abcdefghijklmno"[n % 15]?.repeat(1 + Math.floor(n / 15)) ?? ""),
        (name) => post(`/webhooks/${name}`),
        { concurrency: 10, discard: true }
      )
      expect(warnings.length).toBeLessThanOrEqual(100)
    }))

  it.scopedLive("is no webhook where it is the API's, or is only looked at", () =>
    Effect.gen(function*() {
      const { post, warnings } = yield* world([linq, sendblue])
      const before = yield* counted("none", "unknown")
      expect(statusOf(yield* post("/v1/webhooks"))).toBe(500)
      expect(statusOf(yield* post("/webhooks/twilio", "GET"))).toBe(404)
      expect(statusOf(yield* post("/webhooks/../v1/carriers", "GET"))).toBe(404)
      // the API's own address in a spelling that no route knows is still none of a webhook
      for (const path of ["//v1/webhooks", "/V1/webhooks", "/%761/webhooks", "/Sendblue/api/account/webhooks"]) {
        expect([path, statusOf(yield* post(path))]).toEqual([path, 404])
      }
      expect(yield* counted("none", "unknown")).toBe(before)
      expect(warnings).toEqual([])
    }))
})

describe("a target that is the whole address", () => {
  const read = (url: string) => {
    const { headers, url: path } = RequestTarget.reading(Fronts.addresses)(
      HttpServerRequest.fromWeb(new Request("http://header.example/")).modify({
        url,
        headers: Headers.fromInput({ host: "header.example", accept: "*/*" })
      })
    )
    return [path, headers["host"], headers["accept"]]
  }

  it("is read as its path, and its host goes before the header, without what a client writes before it", () => {
    expect(read("http://gateway.example/v1/lines?page=2")).toEqual(["/v1/lines?page=2", "gateway.example", "*/*"])
    expect(read("HTTPS://ada:secret@gateway.example:8443/v1/lines")).toEqual(["/v1/lines", "gateway.example:8443", "*/*"])
    expect(read("http://gateway.example")).toEqual(["/", "gateway.example", "*/*"])
    expect(read("http://gateway.example?page=2")).toEqual(["/?page=2", "gateway.example", "*/*"])
  })

  it("stays as it is where it is none", () => {
    for (const url of ["/v1/lines", "/", "*", "ftp://gateway.example/v1/lines", "/http://gateway.example/v1/lines"]) {
      expect(read(url)).toEqual([url, "header.example", "*/*"])
    }
  })
})

describe("a carrier whose secret is not set", () => {
  it.scopedLive("is told again later, and the variable is named", () =>
    Effect.gen(function*() {
      const { post, taken, warnings } = yield* world([linq, sendblue], ["linq"])
      const answer = yield* post("/webhooks/linq")
      expect(statusOf(answer)).toBe(503)
      expect(answer).toMatch(/\r\nretry-after: \d+\r\n/)
      expect(bodyOf(answer)).toContain("LINQ_WEBHOOK_SECRET")
      expect(warnings.join()).toContain("LINQ_WEBHOOK_SECRET")
      expect(yield* counted("linq", "secret")).toBe(1)
      expect(taken).toEqual([])
    }))
})

describe("a console that looks whether the address is there", () => {
  it.scopedLive.each(["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"])(
    "is told by %s what it takes",
    (method) =>
      Effect.gen(function*() {
        const { post, taken } = yield* world([linq, sendblue])
        for (const path of ["/webhooks/linq", "/Webhooks/Sendblue/"]) {
          const answer = yield* post(path, method)
          expect([statusOf(answer), /\r\nallow: ([^\r]*)/.exec(answer)?.[1]]).toEqual([405, "POST"])
          if (method === "HEAD") expect(bodyOf(answer)).toBe("")
        }
        expect(taken).toEqual([])
      })
  )
})
