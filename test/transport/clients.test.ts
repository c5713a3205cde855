/** The one table of transport certainty, under every HTTP client that an application may choose. */
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as HttpClient from "@effect/platform/HttpClient"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import { describe, expect, it } from "@effect/vitest"
import * as CarrierId from "@interline/core/CarrierId"
import * as Transport from "@interline/core/Transport"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import * as NodeHttp from "interline/node"
import * as Http from "node:http"
import * as Net from "node:net"

const listening = (server: Net.Server): Effect.Effect<number, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.async<number>((resume) => {
      server.listen(0, "127.0.0.1", () => {
        const address = server.address()
        resume(Effect.succeed(typeof address === "object" && address !== null ? address.port : 0))
      })
    }),
    () =>
      Effect.sync(() => {
        server.close()
        if (server instanceof Http.Server) server.closeAllConnections()
      })
  )

const clients: ReadonlyArray<readonly [string, Layer.Layer<HttpClient.HttpClient>]> = [
  ["fetch", FetchHttpClient.layer],
  ["the platform's undici client", NodeHttpClient.layerUndici],
  ["the platform's node:http client", NodeHttpClient.layer],
  ["our lean client", NodeHttp.layer({ connectTimeout: "2 seconds" })]
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

describe.each(clients)("with %s", (_, layer) => {
  const test = (name: string, effect: Effect.Effect<void, unknown, HttpClient.HttpClient | Scope.Scope>) =>
    it.scopedLive(name, () => Effect.provide(effect, layer))

  test(
    "a refused connection certainly sent nothing",
    Effect.gen(function*() {
      const port = yield* Effect.scoped(listening(Net.createServer()))
      expect(yield* Effect.flip(post(at(port)))).toMatchObject({ reason: "ConnectionFailed", certainty: "not-sent" })
    })
  )

  test(
    "a host that does not exist certainly got nothing",
    Effect.gen(function*() {
      expect(yield* Effect.flip(post("http://no-such-host.invalid"))).toMatchObject({ reason: "ConnectionFailed", certainty: "not-sent" })
    })
  )

  test(
    "a connection reset after the request left is unknown, after one request",
    Effect.gen(function*() {
      let requests = 0
      const port = yield* listening(
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
      const port = yield* listening(
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
      const port = yield* listening(
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
      const port = yield* listening(
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
      const elsewhere = yield* listening(
        Http.createServer((_, response) => {
          reached++
          response.writeHead(400).end("{}")
        })
      )
      const port = yield* listening(Http.createServer((_, response) => void response.writeHead(307, { location: `${at(elsewhere)}/messages` }).end()))
      expect((yield* post(at(port))).status).toBe(307)
      expect(reached).toBe(0)
    })
  )

  test(
    "text of any script arrives as it was sent, in both directions",
    Effect.gen(function*() {
      const port = yield* listening(
        Http.createServer((request, response) => {
          const chunks: Array<Buffer> = []
          request.on("data", (chunk: Buffer) => void chunks.push(chunk))
          request.on("end", () => {
            response.writeHead(202, { "content-type": "application/json" })
            response.end(JSON.stringify({ echo: Buffer.concat(chunks).toString("utf8"), type: request.headers["content-type"], text: "héllo 👋" }))
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
      const port = yield* listening(
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
})
