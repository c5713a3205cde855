import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as HttpBody from "@effect/platform/HttpBody"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientError from "@effect/platform/HttpClientError"
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import { describe, expect, it } from "@effect/vitest"
import * as RecordingServer from "@interline/testkit/RecordingServer"
import * as RecordingTracer from "@interline/testkit/RecordingTracer"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/TestClock"
import * as Http from "node:http"
import * as Net from "node:net"
import * as Transport from "../src/http/Transport.ts"
import * as MessagingError from "../src/outcome/MessagingError.ts"
import { linq } from "./support.ts"

const secret = "sk-live-very-secret"
const call: Transport.Call = { operation: "send", method: "POST", path: "/messages", json: { text: "hello" } }

const client = (
  answer: (
    request: HttpClientRequest.HttpClientRequest
  ) => Effect.Effect<HttpClientResponse.HttpClientResponse, HttpClientError.HttpClientError>
): HttpClient.HttpClient => HttpClient.make((request) => answer(request))

const over = (client: HttpClient.HttpClient, more: Partial<Transport.Options> = {}): Transport.Transport =>
  Transport.make({
    carrierId: linq,
    client,
    baseUrl: "https://api.example.com/v3/",
    headers: { authorization: `Bearer ${secret}` },
    timeout: () => Duration.seconds(30),
    ...more
  })

const broken = (cause: unknown): HttpClient.HttpClient =>
  client((request) => Effect.fail(new HttpClientError.RequestError({ request, reason: "Transport", cause })))

const answering = (body: string, init?: ResponseInit): HttpClient.HttpClient =>
  client((request) => Effect.succeed(HttpClientResponse.fromWeb(request, new Response(body, init))))

const coded = (code: string, more: object = {}): Error => Object.assign(new Error(`connect ${code} 10.0.0.1:443`), { code, ...more })
const wrapped = (cause: unknown): Error => new TypeError("fetch failed", { cause })

describe("what a failure proves", () => {
  const proofs = [...Transport.notSentCodes.keys()]

  it.effect.each(proofs)("%s, wherever it sits, means that nothing was sent", (code) =>
    Effect.gen(function*() {
      expect(proofs).toEqual(["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "UND_ERR_CONNECT_TIMEOUT"])
      for (
        const cause of [
          coded(code),
          wrapped(coded(code)),
          wrapped(wrapped(coded(code))),
          wrapped(new AggregateError([coded(code), coded("ECONNREFUSED")], "all failed")),
          new AggregateError([coded(code)]),
          wrapped(Object.assign(new AggregateError([coded(code), coded(code)]), { code }))
        ]
      ) {
        const error = yield* Effect.flip(over(broken(cause))(call))
        expect(error).toMatchObject({
          reason: "ConnectionFailed",
          certainty: "not-sent",
          blame: "network",
          carrierId: linq,
          operation: "send"
        })
        expect(error.detail).toBe(Transport.notSentCodes.get(code))
      }
    }))

  const certain: ReadonlyArray<readonly [string, unknown]> = [
    ["no route", coded("EHOSTUNREACH", { syscall: "connect" })],
    ["no network", wrapped(coded("ENETUNREACH", { syscall: "connect" }))],
    ["no local port left", wrapped(coded("EADDRNOTAVAIL", { syscall: "connect" }))],
    ["a firewall of ours", coded("EPERM", { syscall: "connect" })],
    ["a TCP timeout of connect", wrapped(coded("ETIMEDOUT", { syscall: "connect" }))],
    ["a reset of connect", coded("ECONNRESET", { syscall: "connect" })],
    ["a name lookup that failed in any way", wrapped(coded("EAI_FAIL", { syscall: "getaddrinfo" }))],
    [
      "several addresses, each without a connection",
      wrapped(new AggregateError([coded("ETIMEDOUT", { syscall: "connect" }), coded("ENETUNREACH", { syscall: "connect" })]))
    ],
    ["an expired certificate", wrapped(coded("CERT_HAS_EXPIRED"))],
    ["a certificate of another name", coded("ERR_TLS_CERT_ALTNAME_INVALID")],
    ["a certificate that nobody has signed", wrapped(wrapped(coded("UNABLE_TO_VERIFY_LEAF_SIGNATURE")))],
    ["a refused handshake", wrapped(coded("ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE"))],
    [
      "the same as a failed write",
      Object.assign(new Error("write EPROTO error:0A000410:SSL routines: SSL alert number 40"), { code: "EPROTO", syscall: "write" })
    ],
    [
      "a handshake cut off",
      coded("ECONNRESET", { message: "Client network socket disconnected before secure TLS connection was established" })
    ],
    [
      "what Deno says of its connector",
      new Error("error sending request for url (https://10.0.0.1/): client error (Connect): Connection reset by peer (os error 104)")
    ],
    ["whatever the client's connector knows", new Transport.NotConnected({ cause: coded("ECONNRESET") })],
    ["the same without a code", wrapped(new Transport.NotConnected({ cause: undefined }))]
  ]

  it.effect.each(certain)("%s means that nothing was sent", ([_, cause]) =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(over(broken(cause))(call))
      expect(error).toMatchObject({ reason: "ConnectionFailed", certainty: "not-sent", blame: "network" })
      expect(error.detail).not.toContain("10.0.0.1")
    }))

  const unknown: ReadonlyArray<readonly [string, unknown]> = [
    [
      "what Deno says of a request under way",
      new Error("error sending request for url (https://10.0.0.1/): client error (SendRequest): connection closed before message completed")
    ],
    ["a route that was lost on the way", coded("EHOSTUNREACH", { syscall: "read" })],
    ["a TCP timeout of a read", wrapped(coded("ETIMEDOUT", { syscall: "read" }))],
    ["an alert that may end a connection in use", coded("ERR_SSL_SSLV3_ALERT_BAD_RECORD_MAC")],
    ["another alert in a failed write", Object.assign(new Error("write EPROTO SSL alert number 20"), { code: "EPROTO", syscall: "write" })],
    [
      "one address without a route and one reset",
      new AggregateError([coded("EHOSTUNREACH", { syscall: "connect" }), coded("ECONNRESET", { syscall: "read" })])
    ],
    ["a reset", coded("ECONNRESET")],
    ["a reset inside", wrapped(coded("ECONNRESET"))],
    ["a broken pipe", coded("EPIPE")],
    ["a socket closed by the other side", wrapped(coded("UND_ERR_SOCKET"))],
    ["a timeout for headers", wrapped(coded("UND_ERR_HEADERS_TIMEOUT"))],
    ["a TCP timeout, which may come after the connection", coded("ETIMEDOUT")],
    ["an error without code", new TypeError("fetch failed")],
    ["an abort", new DOMException("This operation was aborted", "AbortError")],
    ["no cause", undefined],
    ["a text", "ECONNREFUSED"],
    ["a number for a code", Object.assign(new Error("odd"), { code: 111 })],
    ["one address refused and one reset", wrapped(new AggregateError([coded("ECONNREFUSED"), coded("ECONNRESET")]))],
    [
      "the same, with the first code on the whole",
      Object.assign(new AggregateError([coded("ECONNREFUSED"), coded("ECONNRESET")]), { code: "ECONNREFUSED" })
    ],
    ["an aggregate of nothing", new AggregateError([])],
    ["a code too deep to belong to the request", wrapped(wrapped(wrapped(wrapped(wrapped(coded("ECONNREFUSED"))))))]
  ]

  it.effect.each(unknown)("%s leaves it unknown", ([_, cause]) =>
    Effect.gen(function*() {
      expect(yield* Effect.flip(over(broken(cause))(call))).toMatchObject({ reason: "Transport", certainty: "unknown", next: "reconcile" })
    }))

  it.effect("a cause that refers to itself ends", () =>
    Effect.gen(function*() {
      const loop = new Error("loop")
      loop.cause = loop
      expect((yield* Effect.flip(over(broken(loop))(call))).reason).toBe("Transport")
    }))

  it.effect("a body that breaks off leaves it unknown, whatever its code: an answer had begun", () =>
    Effect.gen(function*() {
      for (const code of ["ECONNRESET", "ECONNREFUSED", "ENOTFOUND"]) {
        const body = new ReadableStream({ pull: (controller) => controller.error(coded(code)) })
        const cut = client((request) => Effect.succeed(HttpClientResponse.fromWeb(request, new Response(body, { status: 202 }))))
        expect(yield* Effect.flip(over(cut)(call))).toMatchObject({ reason: "Transport", certainty: "unknown" })
      }
    }))

  it.effect("a URL that cannot be built is the caller's fault and certain", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(over(answering("{}"), { baseUrl: "api.example.com" })(call))
      expect(error).toMatchObject({ reason: "InvalidInput", certainty: "not-sent", blame: "caller" })
    }))

  it.effect("a mistake of ours or of the client's before anything left is certain, and quotes nothing", () =>
    Effect.gen(function*() {
      const cyclic: { self?: unknown } = {}
      cyclic.self = cyclic
      expect(yield* Effect.flip(over(answering("{}"))({ ...call, json: cyclic }))).toMatchObject({
        reason: "InvalidInput",
        certainty: "not-sent"
      })
      const half = Object.assign(answering("{}"), {
        execute: (): never => {
          throw new TypeError(`dispatch is not a function ${secret}`)
        }
      })
      const error = yield* Effect.flip(over(half)(call))
      expect(error).toMatchObject({ reason: "InvalidInput", certainty: "not-sent" })
      expect(String(error)).not.toContain(secret)
    }))

  it.effect("no answer in time leaves it unknown, and the request is interrupted", () =>
    Effect.gen(function*() {
      let interrupted = 0
      const hanging = client(() => Effect.onInterrupt(Effect.never, () => Effect.sync(() => interrupted++)))
      const fiber = yield* Effect.fork(Effect.flip(over(hanging)(call)))
      yield* TestClock.adjust("29 seconds")
      expect(interrupted).toBe(0)
      yield* TestClock.adjust("1 second")
      expect(yield* Fiber.join(fiber)).toMatchObject({ reason: "Timeout", certainty: "unknown", detail: "30s" })
      expect(interrupted).toBe(1)
    }))

  it.effect("the time limit covers the body, and is the operation's own", () =>
    Effect.gen(function*() {
      const slow = client((request) => Effect.succeed(HttpClientResponse.fromWeb(request, new Response(new ReadableStream()))))
      const timeout: Transport.Options["timeout"] = (operation) => Duration.seconds(operation === "send" ? 5 : 60)
      const fiber = yield* Effect.fork(Effect.flip(over(slow, { timeout })(call)))
      const read = yield* Effect.fork(Effect.flip(over(slow, { timeout })({ ...call, operation: "getMessage" })))
      yield* TestClock.adjust("5 seconds")
      expect((yield* Fiber.join(fiber)).operation).toBe("send")
      expect((yield* Fiber.poll(read))._tag).toBe("None")
      yield* TestClock.adjust("55 seconds")
      expect((yield* Fiber.join(read)).detail).toBe("1m")
    }))
})

describe("requests and replies", () => {
  const seeing = () => {
    const seen: Array<HttpClientRequest.HttpClientRequest> = []
    return {
      seen,
      client: client((request) =>
        Effect.sync(() => {
          seen.push(request)
          return HttpClientResponse.fromWeb(request, new Response("{}"))
        })
      )
    }
  }

  it.effect("the path and query are appended to the base URL, with the credentials", () =>
    Effect.gen(function*() {
      const { client, seen } = seeing()
      yield* over(client)({
        operation: "listMessages",
        method: "GET",
        path: "/chats/1/messages",
        query: { cursor: "a&b=c d", limit: "2", absent: undefined },
        headers: { "idempotency-key": "k" }
      })
      expect(seen[0]).toMatchObject({
        method: "GET",
        url: "https://api.example.com/v3/chats/1/messages?cursor=a%26b%3Dc%20d&limit=2",
        headers: { authorization: `Bearer ${secret}`, "idempotency-key": "k" }
      })
    }))

  it.effect("an absolute URL gets no credentials", () =>
    Effect.gen(function*() {
      const { client, seen } = seeing()
      yield* over(client)({
        operation: "uploadAttachment",
        method: "PUT",
        path: "",
        url: "https://storage.example.net/upload?signature=1",
        headers: { "x-amz-acl": "private" },
        body: HttpBody.uint8Array(new Uint8Array(3), "image/jpeg")
      })
      expect(seen[0]?.url).toBe("https://storage.example.net/upload?signature=1")
      expect(JSON.stringify(seen[0]?.headers)).not.toContain(secret)
      expect(seen[0]?.headers).toMatchObject({ "x-amz-acl": "private", "content-type": "image/jpeg" })
    }))

  it.effect("json goes out as JSON, once", () =>
    Effect.gen(function*() {
      const { client, seen } = seeing()
      yield* over(client)(call)
      expect(seen).toHaveLength(1)
      expect(seen[0]?.headers["content-type"]).toBe("application/json")
      expect(seen[0]?.body).toMatchObject({ _tag: "Uint8Array", body: new TextEncoder().encode("{\"text\":\"hello\"}") })
    }))

  it.effect.each([200, 202, 204, 301, 400, 401, 404, 409, 429, 500, 503] as const)(
    "a %s is a reply, never a failure",
    (status) =>
      Effect.gen(function*() {
        const reply = yield* over(
          answering(status === 204 ? "" : "{\"a\":1}", { status, headers: { "X-Trace-Id": "t" } }).pipe(withoutBody(status))
        )(call)
        expect(reply).toMatchObject({ status, headers: { "x-trace-id": "t" }, json: status === 204 ? undefined : { a: 1 } })
      })
  )

  it.effect.each([["", undefined], ["<html>", undefined], ["{\"half\":", undefined], ["null", null], ["[1]", [1]]] as const)(
    "the text %s reads as %s",
    ([text, json]) =>
      Effect.gen(function*() {
        expect(yield* over(answering(text))(call)).toMatchObject({ text, json })
      })
  )

  it.effect("requests record no spans: they would hold the secret and the numbers in the URL", () =>
    Effect.gen(function*() {
      const [, spans] = yield* RecordingTracer.record(
        Effect.zipRight(over(answering("{}"))(call), Effect.flip(over(broken(coded("ECONNRESET")))(call)))
      )
      expect(spans).toEqual([])
      // the same client without the transport does record one, so the recording works
      const [, control] = yield* RecordingTracer.record(answering("{}").get("https://api.example.com"))
      expect(control).toHaveLength(1)
    }))

  it.effect("no trace header is sent to the vendor", () =>
    Effect.gen(function*() {
      const { client, seen } = seeing()
      yield* RecordingTracer.record(Effect.withSpan(over(client)(call), "outer"))
      expect(Object.keys(seen[0]?.headers ?? {})).toEqual(expect.not.arrayContaining(["traceparent", "b3"]))
    }))
})

/** `Response` refuses a body with status 204. */
const withoutBody = (status: number) => (given: HttpClient.HttpClient): HttpClient.HttpClient =>
  status === 204
    ? client((request) =>
      Effect.succeed(HttpClientResponse.fromWeb(request, new Response(null, { status, headers: { "X-Trace-Id": "t" } })))
    )
    : given

describe("retryAfter", () => {
  const now = Date.UTC(2026, 10, 21, 12, 0, 0)
  const of = (header: string | undefined): Duration.Duration | undefined =>
    Transport.retryAfter({ status: 429, headers: { "retry-after": header }, text: "", json: undefined }, now)

  it.each([
    ["120", 120],
    [" 1.5 ", 1.5],
    ["0", 0],
    ["8549", 8549],
    ["Sat, 21 Nov 2026 12:00:30 GMT", 30],
    ["Saturday, 21-Nov-26 12:01:00 GMT", 60],
    ["Sat, 21 Nov 2026 11:00:00 GMT", 0]
  ])("reads %s", (header, seconds) => {
    expect(of(header)).toEqual(Duration.seconds(seconds))
  })

  it.each([undefined, "", "soon", "-5", "retry in 5", "1e3", "Infinity", "12 parsecs", "1, 2"])(
    "does not invent a time for %s",
    (header) => {
      expect(of(header)).toBeUndefined()
    }
  )

  it("keeps an absurd time absurd, and finite", () => {
    const wait = of("9".repeat(400))
    expect(wait !== undefined && Duration.isFinite(wait) && Duration.toDays(wait) > 1000).toBe(true)
  })
})

describe("real connections with fetch", () => {
  const fetching = (port: number) =>
    Effect.map(HttpClient.HttpClient, (client) => over(client, { baseUrl: `http://127.0.0.1:${port}` })).pipe(
      Effect.provide(FetchHttpClient.layer)
    )

  it.live("a refused connection is certain", () =>
    Effect.gen(function*() {
      const port = yield* Effect.scoped(RecordingServer.listen(Net.createServer()))
      const transport = yield* fetching(port)
      expect(yield* Effect.flip(transport(call))).toMatchObject({
        reason: "ConnectionFailed",
        certainty: "not-sent",
        detail: "connection refused"
      })
    }))

  it.live("a host name that does not exist is certain", () =>
    Effect.gen(function*() {
      const client = yield* HttpClient.HttpClient
      const transport = over(client, { baseUrl: "http://no-such-host.invalid" })
      expect(yield* Effect.flip(transport(call))).toMatchObject({ reason: "ConnectionFailed", certainty: "not-sent" })
    }).pipe(Effect.provide(FetchHttpClient.layer)))

  it.scopedLive("a connection reset after the request arrived is unknown, and the request was made once", () =>
    Effect.gen(function*() {
      let requests = 0
      const port = yield* RecordingServer.listen(
        Net.createServer((socket) => {
          socket.on("error", () => {})
          socket.once("data", () => {
            requests++
            socket.resetAndDestroy()
          })
        })
      )
      const transport = yield* fetching(port)
      expect(yield* Effect.flip(transport(call))).toMatchObject({ reason: "Transport", certainty: "unknown" })
      expect(requests).toBe(1)
    }))

  it.scopedLive("an answer that breaks off in the middle is unknown", () =>
    Effect.gen(function*() {
      const port = yield* RecordingServer.listen(
        Http.createServer((_, response) => {
          response.writeHead(202, { "content-type": "application/json", "content-length": "100" })
          response.write("{\"id\":", () => response.destroy())
        })
      )
      const transport = yield* fetching(port)
      expect(yield* Effect.flip(transport(call))).toMatchObject({ reason: "Transport", certainty: "unknown" })
    }))

  it.scopedLive("a server that never answers is given up in time, and sees the connection close", () =>
    Effect.gen(function*() {
      const closed = yield* Effect.makeLatch()
      const port = yield* RecordingServer.listen(
        Http.createServer((request) => {
          request.resume()
          request.socket.once("close", () => Effect.runSync(closed.open))
        })
      )
      const client = yield* HttpClient.HttpClient
      const transport = over(client, { baseUrl: `http://127.0.0.1:${port}`, timeout: () => Duration.millis(100) })
      expect(yield* Effect.flip(transport(call))).toMatchObject({ reason: "Timeout", certainty: "unknown" })
      yield* closed.await
    }).pipe(Effect.provide(FetchHttpClient.layer)))

  it.scopedLive("an answer is read whole", () =>
    Effect.gen(function*() {
      const { port } = yield* RecordingServer.make(({ headers: { authorization }, url }) => ({
        status: 202,
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ authorization, url })
      }))
      const transport = yield* fetching(port)
      expect(yield* transport(call)).toMatchObject({ status: 202, json: { authorization: `Bearer ${secret}`, url: "/messages" } })
    }))

  it.scopedLive("a redirect is not followed: credentials stay with the host they were meant for, and it proves nothing", () =>
    Effect.gen(function*() {
      const elsewhere = yield* RecordingServer.make([{ status: 400, body: "{}" }])
      const { port } = yield* RecordingServer.make([{ status: 307, headers: { location: `${elsewhere.origin}/messages` } }])
      const transport = yield* fetching(port)
      expect((yield* transport(call)).status).toBe(307)
      expect(elsewhere.received).toEqual([])
    }))
})

describe("the retryAfter of an error", () => {
  it.each([
    [Duration.seconds(8549), 3_600_000],
    [Duration.days(365), 3_600_000],
    [Duration.millis(1e300), 3_600_000],
    [Duration.infinity, 3_600_000],
    [Duration.hours(1), 3_600_000],
    [Duration.seconds(7), 7_000],
    [Duration.zero, 0],
    [Duration.seconds(-5), 0],
    [Duration.seconds(Number.NaN), 0]
  ])("of %s is what a timer of 32 bits can wait, and what we wait ourselves", (asked, millis) => {
    expect(Duration.toMillis(MessagingError.make("RateLimited", { operation: "send", retryAfter: asked }).retryAfter ?? Duration.infinity))
      .toBe(millis)
  })

  it("is not made up", () => {
    expect(MessagingError.make("RateLimited", { operation: "send" })).not.toHaveProperty("retryAfter")
  })
})
