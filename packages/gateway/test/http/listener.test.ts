/** The port: its timers, what it answers before and after the application, and how it ends. */
import * as HttpServer from "@effect/platform/HttpServer"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Scope from "effect/Scope"
import * as Channels from "node:diagnostics_channel"
import type * as Http from "node:http"
import * as Body from "../../src/http/body.ts"
import * as Listener from "../../src/server/Listener.ts"
import { ask, bodyOf, connect, head, statusOf } from "./raw.ts"

const portOf = ({ address }: HttpServer.HttpServer): number => address._tag === "TcpAddress" ? address.port : 0

/** Echoes what is posted to `/echo`, refuses `/closed` without reading it, and takes its time for everything else. */
const app = Effect.flatMap(HttpServerRequest.HttpServerRequest, (request) =>
  request.url === "/echo"
    ? Effect.match(Body.read(request, 1_000_000, "5 seconds"), {
      onFailure: (why) => HttpServerResponse.text(why, { status: 400 }),
      onSuccess: (body) => HttpServerResponse.text(body.toString())
    })
    : request.url === "/closed"
    ? Effect.succeed(HttpServerResponse.text("no key", { status: 401 }))
    : Effect.as(Effect.sleep("200 millis"), HttpServerResponse.text("done")))

const listen = (options: Partial<Listener.Options> = {}) => Listener.make({ host: "127.0.0.1", port: 0, ...options })

const serving = (options: Partial<Listener.Options> = {}) => Effect.tap(listen(options), (server) => server.serve(app))

describe("a connection that is kept", () => {
  it.scopedLive("stays open for longer than a balancer keeps it", () =>
    Effect.gen(function*() {
      const connection = yield* connect(portOf(yield* serving()))
      connection.write(head("GET", "/"))
      expect((yield* connection.until("done")).toLowerCase()).toContain("keep-alive: timeout=65\r\n")
    }))

  it.scopedLive("stays open as long as it is said, and takes another request meanwhile", () =>
    Effect.gen(function*() {
      const connection = yield* connect(portOf(yield* serving({ keepAlive: "2 seconds" })))
      connection.write(head("GET", "/"))
      expect((yield* connection.until("done")).toLowerCase()).toContain("keep-alive: timeout=2\r\n")
      connection.write(head("GET", "/closed"))
      expect(yield* connection.until("no key")).toContain("no key")
      yield* connection.closed.pipe(Effect.timeout("30 seconds"))
    }))
})

describe("the timers of a connection", () => {
  it.scopedLive("let none that is idle end before its time, and no body before its own limit", () =>
    Effect.gen(function*() {
      const seen: Array<Http.Server> = []
      const note = (message: unknown): void => void seen.push((message as { readonly server: Http.Server }).server)
      Channels.subscribe("http.server.request.start", note)
      yield* Effect.addFinalizer(() => Effect.sync(() => Channels.unsubscribe("http.server.request.start", note)))
      for (const keepAlive of ["1 second", "65 seconds", "20 minutes"] as const) {
        yield* ask(portOf(yield* serving({ keepAlive })), "GET", "/closed")
      }
      expect(seen.map(({ keepAliveTimeout }) => keepAliveTimeout)).toEqual([1_000, 65_000, 1_200_000])
      for (const { headersTimeout, keepAliveTimeout, requestTimeout } of seen) {
        expect(headersTimeout).toBeGreaterThan(keepAliveTimeout)
        expect(requestTimeout).toBeGreaterThan(headersTimeout)
        // a file may take five minutes to come
        expect(requestTimeout).toBeGreaterThan(300_000)
      }
    }))
})

describe("a process that is not ready, or not any more", () => {
  it.scopedLive("answers everything at once, as not done, and everything properly in between", () =>
    Effect.gen(function*() {
      const server = yield* listen()
      const port = portOf(server)
      const every = [["GET", "/healthz", ""], ["POST", "/webhooks/linq", "{}"], ["POST", "/v1/send", "{\"text\":\"x\"}"], [
        "POST",
        "/linq/v3/chats",
        "{}"
      ], ["POST", "/v1/attachments", "x".repeat(300_000)]] as const
      const refused = (type: string) =>
        Effect.forEach(every, ([method, path, body]) =>
          Effect.map(ask(port, method, path, {}, body), (text) => {
            expect(statusOf(text), path).toBe(503)
            expect(text).toMatch(/\r\nretry-after: \d+\r\n/)
            expect(text).toContain("\r\ncontent-type: application/problem+json\r\n")
            expect(JSON.parse(bodyOf(text))).toMatchObject({ type, certainty: "not-sent", next: "retry", status: 503 })
          }))
      yield* refused("urn:interline:problem:starting")
      const scope = yield* Scope.make()
      yield* Scope.extend(server.serve(app), scope)
      expect(statusOf(yield* ask(port, "GET", "/"))).toBe(200)
      yield* Scope.close(scope, Exit.void)
      yield* refused("urn:interline:problem:draining")
    }))
})

describe("the end", () => {
  it.scopedLive("waits neither for idle connections nor for those that never asked anything, but for the last answers", () =>
    Effect.gen(function*() {
      const scope = yield* Scope.make()
      const port = portOf(yield* Scope.extend(serving(), scope))
      const [idle, silent, busy] = yield* Effect.all([connect(port), connect(port), connect(port)])
      idle.write(head("GET", "/closed"))
      yield* idle.until("no key")
      const begun = yield* Effect.makeLatch()
      const note = (): void => begun.unsafeOpen()
      Channels.subscribe("http.server.request.start", note)
      yield* Effect.addFinalizer(() => Effect.sync(() => Channels.unsubscribe("http.server.request.start", note)))
      busy.write(head("GET", "/"))
      yield* begun.await
      yield* Effect.yieldNow()
      yield* Scope.close(scope, Exit.void)
      yield* Effect.all([idle.closed, silent.closed, busy.closed]).pipe(Effect.timeout("20 seconds"))
      expect(busy.text()).toContain("done")
    }).pipe(Effect.timeout("30 seconds")))
})

describe("a request that comes while the process ends", () => {
  const refusal = { type: "urn:interline:problem:draining", certainty: "not-sent", next: "retry" }

  it.scopedLive("is answered on a connection that was idle, and learns that it ends", () =>
    Effect.gen(function*() {
      const scope = yield* Scope.make()
      const kept = yield* connect(portOf(yield* Scope.extend(serving(), scope)))
      kept.write(head("GET", "/closed"))
      yield* kept.until("no key")
      const before = kept.text().length
      const ending = yield* Effect.fork(Scope.close(scope, Exit.void))
      // the end has begun: the application is gone
      yield* Effect.yieldNow()
      kept.write(head("POST", "/v1/send", { "content-length": 2 }) + "{}")
      yield* kept.closed
      const answer = kept.text().slice(before)
      expect(statusOf(answer)).toBe(503)
      expect(answer.toLowerCase()).toContain("\r\nconnection: close\r\n")
      expect(JSON.parse(bodyOf(answer))).toMatchObject(refusal)
      yield* Fiber.join(ending)
    }))

  it.scopedLive("is answered on connections that the system holds and the process has not taken yet", () =>
    Effect.gen(function*() {
      const scope = yield* Scope.make()
      const port = portOf(yield* Scope.extend(serving(), scope))
      const answers = yield* Effect.fork(
        Effect.forEach(Array.from({ length: 40 }), () => ask(port, "GET", "/v1/lines"), { concurrency: "unbounded" })
      )
      yield* Effect.yieldNow()
      yield* Scope.close(scope, Exit.void)
      const texts = yield* Fiber.join(answers)
      expect(texts.map(statusOf)).toEqual(texts.map(() => 503))
      for (const text of texts) expect(JSON.parse(bodyOf(text))).toMatchObject(refusal)
    }))
})

describe("a client that ends its side of the connection", () => {
  it.scopedLive.each(["GET", "POST"])("gets its answer to a %s all the same", (method) =>
    Effect.gen(function*() {
      const connection = yield* connect(portOf(yield* serving()))
      connection.write(head(method, "/", method === "POST" ? { "content-length": 2 } : {}) + (method === "POST" ? "{}" : ""))
      connection.end()
      yield* connection.closed
      expect(statusOf(connection.text())).toBe(200)
      expect(connection.text()).toContain("done")
    }))

  it.scopedLive("gets the answers to all that it asked on it", () =>
    Effect.gen(function*() {
      const connection = yield* connect(portOf(yield* serving()))
      connection.write(head("GET", "/") + head("GET", "/closed"))
      connection.end()
      yield* connection.closed
      expect(connection.text()).toMatch(/done[^]*HTTP\/1\.1 401[^]*no key/)
    }))

  it.scopedLive("in the middle of a body has said nothing", () =>
    Effect.gen(function*() {
      const connection = yield* connect(portOf(yield* serving()))
      connection.write(`${head("POST", "/echo", { "content-length": 10 })}half`)
      connection.end()
      yield* connection.closed
      expect(statusOf(connection.text())).not.toBe(200)
    }).pipe(Effect.timeout("30 seconds")))
})

describe("a client that waits to be asked for its body", () => {
  const expecting = { expect: "100-continue", "content-length": 4 }

  it.scopedLive("is asked when somebody reads it, and keeps its connection", () =>
    Effect.gen(function*() {
      const connection = yield* connect(portOf(yield* serving()))
      connection.write(head("POST", "/echo", expecting))
      expect(statusOf(yield* connection.until("\r\n\r\n"))).toBe(100)
      connection.write("body")
      expect((yield* connection.until("\r\n\r\nbody")).toLowerCase()).toContain("connection: keep-alive")
      connection.write(head("GET", "/closed"))
      expect(yield* connection.until("no key")).toContain("401")
    }))

  it.scopedLive.each([["/closed", 401], ["/", 200]] as const)(
    "is not asked at %s, and not taken for somebody who sent one",
    ([path, status]) =>
      Effect.gen(function*() {
        const connection = yield* connect(portOf(yield* serving()))
        connection.write(head("POST", path, expecting))
        yield* connection.closed
        expect(statusOf(connection.text())).toBe(status)
        expect(connection.text()).not.toContain("100 Continue")
      }).pipe(Effect.timeout("30 seconds"))
  )

  it.scopedLive("is not asked while the process starts", () =>
    Effect.gen(function*() {
      const connection = yield* connect(portOf(yield* listen()))
      connection.write(head("POST", "/webhooks/linq", expecting))
      yield* connection.closed
      expect(statusOf(connection.text())).toBe(503)
    }).pipe(Effect.timeout("30 seconds")))
})
