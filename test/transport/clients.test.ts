/** The one table of transport certainty, under every HTTP client that an application may choose. */
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as HttpClient from "@effect/platform/HttpClient"
import { describe, expect, it } from "@effect/vitest"
import * as CarrierId from "@interline/core/CarrierId"
import * as LiveTransport from "@interline/core/LiveTransport"
import * as Transport from "@interline/core/Transport"
import * as RecordingServer from "@interline/testkit/RecordingServer"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as Node from "interline/node"
import * as Http from "node:http"
import * as Https from "node:https"
import * as Net from "node:net"
import * as Tls from "node:tls"
import * as Zlib from "node:zlib"
import * as Certificates from "../support/certificates.ts"

const clients: ReadonlyArray<readonly [string, Layer.Layer<HttpClient.HttpClient>]> = [
  ["fetch", FetchHttpClient.layer],
  ["the platform's undici client", NodeHttpClient.layerUndici],
  ["the platform's node:http client", NodeHttpClient.layer],
  ["our lean client", Node.layer({ connectTimeout: "2 seconds" })]
]

const post = (baseUrl: string, timeout: Duration.DurationInput = "5 seconds") =>
  Effect.flatMap(HttpClient.HttpClient, (client) =>
    Transport.make({
      carrierId: CarrierId.make("linq"),
      client,
      baseUrl,
      headers: { authorization: "Bearer secret" },
      timeout: () => Duration.decode(timeout)
    })({ operation: "send", method: "POST", path: "/messages", json: { text: "hello" } }))

const at = (port: number) => `http://127.0.0.1:${port}`

const secureAt = (port: number) => `https://127.0.0.1:${port}`

const certainlyNotSent = { reason: "ConnectionFailed", certainty: "not-sent", blame: "network" }

/** Every coding that these servers use, twice over. */
const codings: ReadonlyArray<readonly [string, (text: string) => Buffer]> = [
  ["gzip", Zlib.gzipSync],
  ["x-gzip", Zlib.gzipSync],
  ["deflate", Zlib.deflateSync],
  ["br", Zlib.brotliCompressSync],
  ["GZIP", Zlib.gzipSync],
  ["identity", (text) => Buffer.from(text)],
  ["gzip, br", (text) => Zlib.brotliCompressSync(Zlib.gzipSync(text))],
  ["deflate, gzip", (text) => Zlib.gzipSync(Zlib.deflateSync(text))]
]

describe.each(clients)("with %s", (name, layer) => {
  const test = (what: string, effect: Effect.Effect<void, unknown, HttpClient.HttpClient | Scope.Scope>) =>
    it.scopedLive(what, () => Effect.provide(effect, layer))

  test(
    "a refused connection certainly sent nothing",
    Effect.gen(function*() {
      const port = yield* Effect.scoped(RecordingServer.listen(Net.createServer()))
      expect(yield* Effect.flip(post(at(port)))).toMatchObject({ reason: "ConnectionFailed", certainty: "not-sent" })
    })
  )

  test(
    "a host that does not exist certainly got nothing",
    Effect.gen(function*() {
      expect(yield* Effect.flip(post("http://no-such-host.invalid"))).toMatchObject({ reason: "ConnectionFailed", certainty: "not-sent" })
    })
  )

  /** A server that answers one piece at `/events` and then says nothing, and a transport to it. */
  const openLive = (silence: Duration.DurationInput) =>
    Effect.gen(function*() {
      const gone = yield* Effect.makeLatch()
      const port = yield* RecordingServer.listen(
        Http.createServer((request, response) => {
          response.writeHead(request.url === "/events" ? 200 : 404, { "content-type": "text/event-stream" })
          response.write("data: one\n\n")
          if (request.url !== "/events") response.end()
          response.on("close", () => Effect.runSync(gone.open))
        })
      )
      const live = LiveTransport.make({
        carrierId: CarrierId.make("sendblue"),
        client: yield* HttpClient.HttpClient,
        baseUrl: at(port),
        headers: {},
        timeout: () => Duration.seconds(5),
        silence
      })
      const ask = (path: string) => live({ operation: "listMessages", method: "GET", headers: { accept: "text/event-stream" }, path })
      const body = Effect.map(ask("/events"), (answer) => answer._tag === "Opened" ? answer.body : Stream.empty)
      return { ask, body, gone: gone.await }
    })

  test(
    "an answer without an end is read as it comes, and given up with its connection",
    Effect.gen(function*() {
      const { ask, body, gone } = yield* openLive("45 seconds")
      const first = yield* Stream.runHead(yield* body)
      expect(Option.map(first, (bytes) => new TextDecoder().decode(bytes))).toEqual(Option.some("data: one\n\n"))
      yield* gone
      expect(yield* ask("/none")).toMatchObject({ _tag: "Refused", reply: { status: 404, text: "data: one\n\n" } })
    })
  )

  test(
    "an answer that says nothing is given up with its connection when nobody waits for it any more",
    Effect.gen(function*() {
      const { body, gone } = yield* openLive("45 seconds")
      const read = yield* Effect.makeLatch()
      const reading = yield* Effect.fork(Stream.runForEach(yield* body, () => read.open))
      yield* read.await
      yield* Fiber.interrupt(reading)
      yield* gone
    })
  )

  test(
    "an answer that says nothing for too long is given up with its connection",
    Effect.gen(function*() {
      const { body, gone } = yield* openLive("100 millis")
      expect(yield* Effect.flip(Stream.runDrain(yield* body))).toMatchObject({ reason: "Timeout" })
      yield* gone
    })
  )

  test(
    "a connection reset after the request left is unknown, after one request",
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
      expect(yield* Effect.flip(post(at(port)))).toMatchObject({ certainty: "unknown" })
      expect(requests).toBe(1)
    })
  )

  test(
    "half an answer is unknown",
    Effect.gen(function*() {
      const port = yield* RecordingServer.listen(
        Http.createServer((_, response) => {
          response.writeHead(202, { "content-type": "application/json", "content-length": "100" })
          response.write("{\"id\":", () => response.destroy())
        })
      )
      expect(yield* Effect.flip(post(at(port)))).toMatchObject({ certainty: "unknown" })
    })
  )

  test(
    "a server that never answers is a timeout, unknown, and the connection is given up",
    Effect.gen(function*() {
      const closed = yield* Effect.makeLatch()
      const port = yield* RecordingServer.listen(
        Http.createServer((request) => {
          request.resume()
          request.socket.once("close", () => Effect.runSync(closed.open))
        })
      )
      expect(yield* Effect.flip(post(at(port), "100 millis"))).toMatchObject({ reason: "Timeout", certainty: "unknown" })
      yield* closed.await
    })
  )

  test(
    "an answer that never ends is a timeout too",
    Effect.gen(function*() {
      const port = yield* RecordingServer.listen(
        Http.createServer((_, response) => {
          response.writeHead(202, { "content-type": "application/json" })
          response.write("{\"id\":")
        })
      )
      expect(yield* Effect.flip(post(at(port), "100 millis"))).toMatchObject({ reason: "Timeout", certainty: "unknown" })
    })
  )

  test(
    "a redirect is not followed",
    Effect.gen(function*() {
      let reached = 0
      const elsewhere = yield* RecordingServer.listen(
        Http.createServer((_, response) => {
          reached++
          response.writeHead(400).end("{}")
        })
      )
      const port = yield* RecordingServer.listen(
        Http.createServer((_, response) => void response.writeHead(307, { location: `${at(elsewhere)}/messages` }).end())
      )
      expect((yield* post(at(port))).status).toBe(307)
      expect(reached).toBe(0)
    })
  )

  test(
    "text of any script arrives as it was sent, in both directions",
    Effect.gen(function*() {
      const port = yield* RecordingServer.listen(
        Http.createServer((request, response) => {
          const chunks: Array<Buffer> = []
          request.on("data", (chunk: Buffer) => void chunks.push(chunk))
          request.on("end", () => {
            response.writeHead(202, { "content-type": "application/json" })
            response.end(
              JSON.stringify({ echo: Buffer.concat(chunks).toString("utf8"), type: request.headers["content-type"], text: "héllo 👋" })
            )
          })
        })
      )
      expect((yield* post(at(port))).json).toEqual({ echo: "{\"text\":\"hello\"}", type: "application/json", text: "héllo 👋" })
    })
  )

  test(
    "interrupting the caller ends the request",
    Effect.gen(function*() {
      const arrived = yield* Effect.makeLatch()
      const closed = yield* Effect.makeLatch()
      const port = yield* RecordingServer.listen(
        Http.createServer((request) => {
          request.resume()
          request.socket.once("close", () => Effect.runSync(closed.open))
          Effect.runSync(arrived.open)
        })
      )
      yield* Effect.raceFirst(post(at(port)), arrived.await)
      yield* closed.await
    })
  )

  const certificates = { "self-signed": Certificates.selfSigned, expired: Certificates.expired, "for another name": Certificates.foreign }

  for (const [kind, cert] of Object.entries(certificates)) {
    for (const maxVersion of ["TLSv1.2", "TLSv1.3"] as const) {
      test(
        `a certificate that is ${kind} proves that nothing was sent (${maxVersion})`,
        Effect.gen(function*() {
          let requests = 0
          const port = yield* RecordingServer.listen(Https.createServer({ key: Certificates.key, cert, maxVersion }, (_, response) => {
            requests++
            response.end("{}")
          }))
          expect(yield* Effect.flip(post(secureAt(port)))).toMatchObject(certainlyNotSent)
          expect(requests).toBe(0)
        })
      )
    }
  }

  test(
    "a server without a TLS version or cipher of ours took nothing",
    Effect.gen(function*() {
      const old = yield* RecordingServer.listen(
        Tls.createServer({
          key: Certificates.key,
          cert: Certificates.selfSigned,
          maxVersion: "TLSv1.1",
          minVersion: "TLSv1.1",
          ciphers: "ALL@SECLEVEL=0"
        })
      )
      expect(yield* Effect.flip(post(secureAt(old)))).toMatchObject(certainlyNotSent)
      const narrow = yield* RecordingServer.listen(
        Tls.createServer({
          key: Certificates.key,
          cert: Certificates.selfSigned,
          maxVersion: "TLSv1.2",
          ciphers: "ECDHE-RSA-AES128-GCM-SHA256"
        })
      )
      expect(yield* Effect.flip(post(secureAt(narrow)))).toMatchObject(certainlyNotSent)
    })
  )

  test(
    "a handshake that the other side closes took nothing",
    Effect.gen(function*() {
      const port = yield* RecordingServer.listen(Net.createServer((socket) => {
        socket.on("error", () => {})
        socket.once("data", () => socket.end())
      }))
      expect(yield* Effect.flip(post(secureAt(port)))).toMatchObject(certainlyNotSent)
    })
  )

  // only a connector can tell these from what comes later, and node:http does not say what its connector saw
  const knows = name !== "the platform's node:http client"

  test(
    `a handshake that is reset ${knows ? "took nothing" : "is unknown"}`,
    Effect.gen(function*() {
      const port = yield* RecordingServer.listen(Net.createServer((socket) => {
        socket.on("error", () => {})
        socket.once("data", () => socket.resetAndDestroy())
      }))
      expect(yield* Effect.flip(post(secureAt(port)))).toMatchObject(knows ? certainlyNotSent : { certainty: "unknown" })
    })
  )

  test(
    `something that does not speak TLS ${knows ? "took nothing" : "is unknown"}`,
    Effect.gen(function*() {
      const port = yield* RecordingServer.listen(Net.createServer((socket) => {
        socket.on("error", () => {})
        socket.once("data", () => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"))
      }))
      expect(yield* Effect.flip(post(secureAt(port)))).toMatchObject(knows ? certainlyNotSent : { certainty: "unknown" })
    })
  )

  test(
    "a connection that is closed after the first request is not taken for one that was never made",
    Effect.gen(function*() {
      let requests = 0
      const port = yield* RecordingServer.listen(Http.createServer((request, response) => {
        requests++
        request.resume()
        if (requests === 1) response.end("{}")
        else request.once("end", () => request.socket.resetAndDestroy())
      }))
      expect((yield* post(at(port))).status).toBe(200)
      expect(yield* Effect.flip(post(at(port)))).toMatchObject({ certainty: "unknown" })
      expect(requests).toBe(2)
    })
  )

  test(
    "an answer is asked for as it is, and decoded when it comes compressed all the same",
    Effect.gen(function*() {
      const text = JSON.stringify({ text: "héllo 👋".repeat(100) })
      const asked: Array<string | undefined> = []
      for (const [coding, encode] of codings) {
        const port = yield* RecordingServer.listen(Http.createServer((request, response) => {
          asked.push(request.headers["accept-encoding"])
          response.writeHead(202, { "content-type": "application/json", "content-encoding": coding }).end(encode(text))
        }))
        expect([coding, (yield* post(at(port))).text]).toEqual([coding, text])
      }
      expect(new Set(asked)).toEqual(new Set(["identity"]))
    })
  )

  test(
    "a refusal whose body cannot be decoded is still one by its status",
    Effect.gen(function*() {
      const port = yield* RecordingServer.listen(Http.createServer((_, response) => {
        response.writeHead(401, { "content-encoding": "compress" }).end("\u0001\u0002")
      }))
      expect(yield* post(at(port))).toMatchObject({ status: 401, json: undefined })
      const empty = yield* RecordingServer.listen(
        Http.createServer((_, response) => void response.writeHead(204, { "content-encoding": "gzip" }).end())
      )
      expect(yield* post(at(empty))).toMatchObject({ status: 204, text: "" })
    })
  )

  test(
    "a few bytes that would become gigabytes are given up, and the send is unknown",
    Effect.gen(function*() {
      for (
        const [coding, bomb] of [["gzip", Zlib.gzipSync(Buffer.alloc(40_000_000))], [
          "br",
          Zlib.brotliCompressSync(Buffer.alloc(40_000_000))
        ]] as const
      ) {
        const port = yield* RecordingServer.listen(
          Http.createServer((_, response) => void response.writeHead(202, { "content-encoding": coding }).end(bomb))
        )
        expect(yield* Effect.flip(post(at(port)))).toMatchObject({ certainty: "unknown" })
      }
    })
  )
})

describe("a certificate of a trusted authority", () => {
  it.scopedLive("for another name proves that nothing was sent", () =>
    Effect.gen(function*() {
      const port = yield* RecordingServer.listen(
        Https.createServer({ key: Certificates.key, cert: Certificates.foreign }, (_, response) => void response.end("{}"))
      )
      const error = yield* Effect.flip(post(secureAt(port)))
      expect(error).toMatchObject(certainlyNotSent)
      expect(error.detail).toContain("ERR_TLS_CERT_ALTNAME_INVALID")
    }).pipe(
      Effect.provide(NodeHttpClient.layerWithoutAgent),
      Effect.provide(NodeHttpClient.makeAgentLayer({ ca: [Certificates.foreign] }))
    ))
})

describe("our lean client", () => {
  const test = (name: string, options: Node.Options, effect: Effect.Effect<void, unknown, HttpClient.HttpClient | Scope.Scope>) =>
    it.scopedLive(name, () => Effect.provide(effect, Node.layer(options)))

  test(
    "gives up an answer that is larger than allowed, and the send is unknown",
    { maxResponseBytes: 1000 },
    Effect.gen(function*() {
      let size = 1000
      let closed = 0
      const port = yield* RecordingServer.listen(Http.createServer((request, response) => {
        request.socket.once("close", () => void closed++)
        response.writeHead(202).end("x".repeat(size))
      }))
      expect((yield* post(at(port))).text).toHaveLength(1000)
      size = 1001
      expect(yield* Effect.flip(post(at(port)))).toMatchObject({ reason: "Transport", certainty: "unknown" })
      // without a length, and without an end
      const endless = yield* RecordingServer.listen(Http.createServer((_, response) => {
        response.writeHead(202)
        for (let count = 0; count < 100; count++) response.write("x".repeat(100))
      }))
      expect(yield* Effect.flip(post(at(endless)))).toMatchObject({ reason: "Transport", certainty: "unknown" })
      const small = yield* RecordingServer.listen(
        Http.createServer((_, response) =>
          void response.writeHead(202, { "content-encoding": "gzip" }).end(Zlib.gzipSync("x".repeat(1001)))
        )
      )
      expect(yield* Effect.flip(post(at(small)))).toMatchObject({ reason: "Transport", certainty: "unknown" })
    })
  )

  test(
    "says that nothing was sent when no connection was ready in the time of the request",
    { connections: 1 },
    Effect.gen(function*() {
      let requests = 0
      const arrived = yield* Effect.makeLatch()
      const port = yield* RecordingServer.listen(Http.createServer(() => {
        requests++
        Effect.runSync(arrived.open)
      }))
      const first = yield* Effect.fork(Effect.flip(post(at(port), "2 seconds")))
      yield* arrived.await
      expect(yield* Effect.flip(post(at(port), "100 millis"))).toMatchObject(certainlyNotSent)
      expect(yield* Fiber.join(first)).toMatchObject({ reason: "Timeout", certainty: "unknown" })
      // the one that was given up waits for nothing and leaves nothing behind
      yield* Effect.sleep("100 millis")
      expect(requests).toBe(1)
    })
  )

  test(
    "says that a header that cannot be sent was not sent",
    {},
    Effect.gen(function*() {
      const client = yield* HttpClient.HttpClient
      const transport = Transport.make({
        carrierId: CarrierId.make("linq"),
        client,
        baseUrl: at(1),
        headers: { authorization: "Bearer\r\nx: y" },
        timeout: () => Duration.seconds(5)
      })
      expect(yield* Effect.flip(transport({ operation: "send", method: "POST", path: "/" }))).toMatchObject({
        reason: "InvalidInput",
        certainty: "not-sent"
      })
    })
  )

  /** A vendor that closes what has been idle for `idle`, at the moment at which something comes. */
  const impatient = (idle: number, connections: { count: number }) =>
    Http.createServer((request, response) => {
      request.resume()
      response.end("{}")
    }).on("connection", (socket: Net.Socket) => {
      connections.count++
      let last = Infinity
      const emit = socket.emit.bind(socket)
      socket.emit = (event: string, ...args: ReadonlyArray<unknown>) => {
        if (event === "data" && performance.now() - last > idle) return socket.destroyed || (socket.resetAndDestroy(), true)
        return emit(event, ...args)
      }
      socket.on("data", () => {
        last = performance.now()
      })
    })

  test(
    "sends what cannot be repeated over no connection that the vendor may be closing",
    {},
    Effect.gen(function*() {
      const connections = { count: 0 }
      // each program writes to a server of its own, and now and then at the moment at which that one closes
      const program = (start: number) =>
        Effect.gen(function*() {
          const port = yield* RecordingServer.listen(impatient(1_000, connections))
          for (let count = 0; count < 6; count++) {
            expect((yield* post(at(port))).status).toBe(200)
            yield* Effect.sleep(`${200 + ((start * 6 + count) * 137) % 1_000} millis`)
          }
        })
      yield* Effect.forEach(Array.from({ length: 10 }, (_, start) => start), program, { concurrency: "unbounded" })
      expect(connections.count).toBeGreaterThan(20)
      // those that were not idle for long are taken again
      expect(connections.count).toBeLessThan(55)
    })
  )

  test(
    "takes no connection from before a pause of the whole process, in which no timer ran",
    {},
    Effect.gen(function*() {
      const connections = { count: 0 }
      const port = yield* RecordingServer.listen(impatient(1_000, connections))
      for (let count = 0; count < 3; count++) {
        expect((yield* post(at(port))).status).toBe(200)
        yield* Effect.sync(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_100))
      }
      expect(connections.count).toBe(3)
    })
  )

  test(
    "takes no connection again that the vendor closes sooner than that by its own words",
    {},
    Effect.gen(function*() {
      const connections = { count: 0 }
      const server = impatient(100, connections)
      server.prependListener("request", (_, response: Http.ServerResponse) => void response.setHeader("keep-alive", "timeout=1"))
      const port = yield* RecordingServer.listen(server)
      for (let count = 0; count < 5; count++) {
        expect((yield* post(at(port))).status).toBe(200)
        yield* Effect.sleep("120 millis")
      }
      expect(connections.count).toBe(5)
    })
  )

  test(
    "takes a connection again at once, also for what cannot be repeated",
    {},
    Effect.gen(function*() {
      const connections = { count: 0 }
      const port = yield* RecordingServer.listen(impatient(5_000, connections))
      yield* Effect.forEach(Array.from({ length: 200 }), () => post(at(port)))
      expect(connections.count).toBeLessThan(10)
    })
  )
})
