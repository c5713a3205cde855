/** A webhook's way from the network to the inbox. */
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as HttpLayerRouter from "@effect/platform/HttpLayerRouter"
import * as HttpServer from "@effect/platform/HttpServer"
import { describe, expect, it } from "@effect/vitest"
import * as CarrierId from "@interline/core/CarrierId"
import type { MessagingEvent } from "@interline/core/MessagingEvent"
import * as WebhookReceiver from "@interline/core/WebhookReceiver"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as TestClock from "effect/TestClock"
import * as Http from "node:http"
import { Inbox } from "../../src/inbox/Inbox.ts"
import * as WebhookRoutes from "../../src/inbox/WebhookRoutes.ts"
import { noQueue } from "../no-queue.ts"

const linq = CarrierId.make("linq")
const secret = "+12025550142 hello"

interface World {
  readonly receive?: WebhookReceiver.WebhookReceiver["receive"]
  readonly put?: Effect.Effect<void>
  readonly options?: WebhookRoutes.Options
}

const event: MessagingEvent = { _tag: "Unrecognized", carrierId: linq, kind: "test", raw: {} }

const world = ({ options, put = Effect.void, receive = () => Effect.succeed([event]) }: World = {}) =>
  Effect.gen(function*() {
    const told: Array<string> = []
    const taken: Array<MessagingEvent> = []
    const asked: Array<WebhookReceiver.WebhookRequest> = []
    const routes = WebhookRoutes.layer(options).pipe(
      Layer.provide(Layer.succeed(
        WebhookRoutes.Receivers,
        new Map([[linq, {
          carrierId: linq,
          receive: (request) => Effect.zipRight(Effect.sync(() => asked.push(request)), receive(request))
        }]])
      )),
      Layer.provide(Layer.succeed(Inbox, {
        put: (events) =>
          Effect.zipRight(
            put,
            Effect.sync(() => void taken.push(...events))
          ),
        idle: Effect.void,
        failed: () => Effect.succeed([]),
        queue: noQueue
      }))
    )
    const context = yield* Layer.build(
      HttpLayerRouter.serve(routes, { disableLogger: true, disableListenLog: true }).pipe(
        Layer.provideMerge(NodeHttpServer.layer(() => Http.createServer(), { port: 0, host: "127.0.0.1" })),
        Layer.provide(Logger.replace(
          Logger.defaultLogger,
          Logger.make((entry) => void told.push(JSON.stringify([entry.message, Array.from(entry.annotations), Cause.pretty(entry.cause)])))
        ))
      )
    )
    const { address } = yield* Effect.provide(HttpServer.HttpServer, context)
    const port = address._tag === "TcpAddress" ? address.port : 0
    const post = (path: string, body: string, headers: Record<string, string> = {}) =>
      Effect.promise(async () => {
        const response = await fetch(`http://127.0.0.1:${port}${path}`, {
          method: "POST",
          body,
          headers: { "Content-Type": "application/json", ...headers }
        })
        return { status: response.status, type: response.headers.get("content-type"), text: await response.text() }
      })
    return { asked, port, post, taken, told }
  })

/** A request that is written bit by bit, and the status that came back; 0 if none did. */
const slowly = (port: number, headers: Record<string, string | number>, write: (request: Http.ClientRequest) => void) =>
  Effect.async<number>((resume) => {
    const request = Http.request({ port, host: "127.0.0.1", method: "POST", path: "/webhooks/linq", headers }, (response) => {
      response.resume()
      resume(Effect.succeed(response.statusCode ?? 0))
    })
    request.on("error", () => resume(Effect.succeed(0)))
    write(request)
    return Effect.sync(() => request.destroy())
  })

const refusal = (fault: WebhookReceiver.Fault, option?: string) => () =>
  Effect.fail(
    new WebhookReceiver.WebhookError({ carrierId: linq, fault, detail: "look at the secret", ...(option === undefined ? {} : { option }) })
  )

describe("a webhook", () => {
  it.scopedLive("is answered when its events are in the inbox; its receiver gets the bytes, the headers and the address", () =>
    Effect.gen(function*() {
      const { asked, post, taken } = yield* world()
      expect(yield* post("/webhooks/linq?version=2", "{\"a\": \"ü\"}", { "X-Signature": "s" })).toMatchObject({ status: 200, text: "" })
      expect(taken).toEqual([event])
      expect(new TextDecoder().decode(asked[0]?.body)).toBe("{\"a\": \"ü\"}")
      expect(asked[0]).toMatchObject({ headers: { "x-signature": "s" }, url: "/webhooks/linq?version=2" })
    }))

  it.scopedLive("that concerns nobody is answered and put nowhere", () =>
    Effect.gen(function*() {
      const { post, taken } = yield* world({ receive: () => Effect.succeed([]), put: Effect.dieMessage("nothing to put") })
      expect((yield* post("/webhooks/linq", "{}")).status).toBe(200)
      expect(taken).toEqual([])
    }))

  it.scopedLive.each([["secrets", "look at the secret; the variable is LINQ_WEBHOOK_SECRET"], ["maxAge", "look at the secret"]] as const)(
    "that is refused because of the option %s is logged without the option, and with the variable if there is one",
    ([option, words]) =>
      Effect.gen(function*() {
        const { post, told } = yield* world({
          receive: refusal("signature", option),
          options: { carriers: [{ id: linq, vendor: "linq", secretVariable: "LINQ_WEBHOOK_SECRET" }] }
        })
        yield* post("/webhooks/linq", "{}")
        expect(told.map((line) => (JSON.parse(line) as ReadonlyArray<unknown>)[0])).toEqual([[`a webhook was refused: ${words}`]])
      })
  )

  it.scopedLive.each([["unsigned", 401], ["signature", 401], ["age", 401], ["size", 413], ["body", 400]] as const)(
    "whose fault is %s gets %d, and the log says no more than that",
    ([fault, status]) =>
      Effect.gen(function*() {
        const { post, taken, told } = yield* world({ receive: refusal(fault) })
        const answer = yield* post("/webhooks/linq", JSON.stringify({ secret }), { authorization: secret.slice(1) })
        expect(answer).toMatchObject({ status, type: "application/problem+json" })
        expect(JSON.parse(answer.text)).toMatchObject({ type: `urn:interline:problem:webhook-${fault}`, status })
        expect(taken).toEqual([])
        expect(told).toHaveLength(1)
        expect(told[0]).toContain(fault)
        expect(told[0]).toContain("linq")
        expect(told[0] + answer.text).not.toContain(secret.slice(1, 10))
      })
  )

  it.scopedLive("that cannot be written down is asked for again, and the log does not say what was in it", () =>
    Effect.gen(function*() {
      const { post, told } = yield* world({ put: Effect.dieMessage(secret) })
      const answer = yield* post("/webhooks/linq", "{}")
      expect(answer.status).toBe(503)
      expect(told.join() + answer.text).not.toContain(secret)
      expect(told.join()).toContain("unwritten")
    }))

  it.scopedLive.each(["/webhooks/sendblue", "/webhooks/linq/more", "/webhooks/%6cinq%00", "/webhooks/..%2flinq", "/webhooks/__proto__"])(
    "to %s is nobody's",
    (path) =>
      Effect.gen(function*() {
        const { asked, post } = yield* world()
        expect((yield* post(path, "{}")).status).toBe(404)
        expect(asked).toEqual([])
      })
  )

  it.scoped("that is refused is said once in a minute for each fault, however many strangers call, and the rest are counted", () =>
    Effect.gen(function*() {
      let fault: WebhookReceiver.Fault = "signature"
      const { post, told } = yield* world({ receive: () => refusal(fault)() })
      const flood = (count: number) =>
        Effect.forEach(Array.from({ length: count }), () => post("/webhooks/linq", "{}"), { concurrency: 10, discard: true })
      yield* flood(50)
      expect(told).toHaveLength(1)
      fault = "age"
      yield* flood(3)
      expect(told).toHaveLength(2)
      expect(told[1]).toContain("age")
      yield* TestClock.adjust("59 seconds")
      yield* flood(1)
      expect(told).toHaveLength(2)
      yield* TestClock.adjust("1 second")
      yield* flood(2)
      expect(told).toHaveLength(3)
      expect(told[2]).toContain("[\"unsaid\",3]")
      yield* TestClock.adjust("1 minute")
      yield* flood(1)
      expect(told[3]).toContain("[\"unsaid\",1]")
      fault = "signature"
      yield* flood(1)
      expect(told[4]).toContain("[\"unsaid\",49]")
    }))

  it.scopedLive("with another method is not taken, and told which is", () =>
    Effect.gen(function*() {
      const { asked, port } = yield* world()
      for (const method of ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"]) {
        const { headers, status } = yield* Effect.promise(() => fetch(`http://127.0.0.1:${port}/webhooks/linq`, { method }))
        expect([method, status, headers.get("allow")]).toEqual([method, 405, "POST"])
      }
      expect(asked).toEqual([])
    }))
})

describe("a body", () => {
  it.scopedLive("that says it is too long is not read", () =>
    Effect.gen(function*() {
      const { asked, port } = yield* world({ options: { maxBodyBytes: 100 } })
      expect(yield* slowly(port, { "content-length": 101 }, (request) => request.flushHeaders())).toBe(413)
      expect(asked).toEqual([])
    }))

  it.scopedLive("that turns out too long while it comes is cut off", () =>
    Effect.gen(function*() {
      const { asked, port } = yield* world({ options: { maxBodyBytes: 100 } })
      const answer = yield* slowly(port, { "transfer-encoding": "chunked" }, (request) => {
        request.write("x".repeat(60))
        request.write("x".repeat(60))
      })
      expect(answer).toBe(413)
      expect(asked).toEqual([])
    }))

  it.scopedLive("of exactly the limit is taken", () =>
    Effect.gen(function*() {
      const { post, taken } = yield* world({ options: { maxBodyBytes: 100 } })
      expect((yield* post("/webhooks/linq", "x".repeat(100))).status).toBe(200)
      expect((yield* post("/webhooks/linq", "x".repeat(101))).status).toBe(413)
      expect(taken).toHaveLength(1)
    }))

  it.scopedLive("that comes too slowly is cut off", () =>
    Effect.gen(function*() {
      const { asked, port } = yield* world({ options: { bodyWithin: "50 millis" } })
      expect(yield* slowly(port, { "content-length": 10 }, (request) => void request.write("x"))).toBe(503)
      expect(asked).toEqual([])
    }))
})
