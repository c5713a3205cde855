/**
 * The HTTP server of the gateway, made for deployments. It answers from the first moment. It keeps idle connections for longer than most
 * balancers do. It does not wait for them at its end.
 */
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as HttpServer from "@effect/platform/HttpServer"
import type * as HttpServerError from "@effect/platform/HttpServerError"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import { Buffer } from "node:buffer"
import { randomBytes } from "node:crypto"
import * as Http from "node:http"
import type * as Net from "node:net"
import * as Timers from "node:timers"
import * as ContinueResponse from "../http/continueResponse.ts"
import * as ProblemDetails from "../http/ProblemDetails.ts"
import * as RequestId from "./requestId.ts"

/**
 * The address of the port, and how long connections last.
 *
 * @category models
 */
export interface Options {
  readonly host: string
  /** The port. 0 means any free port. */
  readonly port: number
  /**
   * How long an idle connection stays open (default: 65 seconds). It must be longer than the balancer in front keeps its connections.
   * Otherwise the balancer sends a request over a connection that was just closed.
   */
  readonly keepAlive?: Duration.DurationInput
}

// The longest time for a whole request. An upload is the longest body, and this is a little longer, so that the gateway's own answer comes
// before Node's.
const wholeRequest = Duration.toMillis("6 minutes")

/** In milliseconds: how long the last answers may take to leave when no other work is running. */
const farewell = 1_000

/**
 * How long open connections are still served at the end, in milliseconds. A client that uses its connection learns so from an answer that it ends. Without
 * that, its next request would meet a closed connection, and the client could not know what became of it.
 */
const lingering = 250

const second = 1_000

/** Answers a request while no route exists yet, or no route exists any more. */
const refuseWith = (problem: ProblemDetails.ProblemDetails) => {
  const body = JSON.stringify(ProblemDetails.encode(problem))
  const headers = {
    "content-type": ProblemDetails.contentType,
    "content-length": Buffer.byteLength(body),
    "cache-control": "no-store",
    "retry-after": String(problem.retryAfter ?? 1),
    "x-should-retry": "true",
    "x-content-type-options": "nosniff",
    // The connection ends, so that an unread body is not taken for the next request.
    connection: "close"
  }
  return (request: Http.IncomingMessage, response: Http.ServerResponse): void => {
    const id = RequestId.given(request.headers) ?? randomBytes(16).toString("hex")
    response.writeHead(problem.status, { ...headers, [RequestId.name]: id }).end(body)
  }
}

/** The answers while there is no application. */
interface StandIn {
  /** From now on requests wait for their answers. */
  readonly hold: () => void
  /** Answers those that wait, and again every request at once. */
  readonly letGo: () => void
}

/**
 * Answers requests while there is no application. The platform adds the application's handler when everything is built, and removes it when
 * the process ends. Without this, requests in these moments would wait for ever.
 */
const standIn = (server: Http.Server): StandIn => {
  const starting = refuseWith(ProblemDetails.make("starting", { certainty: "not-sent", next: "retry", retryAfter: 2 }))
  const ending = refuseWith(ProblemDetails.make("draining", { certainty: "not-sent", next: "retry", retryAfter: 5 }))
  let served = false
  let waiting: Array<() => void> | undefined
  server.on("request", (request, response) => {
    if (server.listenerCount("request") > 1) return
    // Read and discard the body. Unread bytes would break the answer off.
    request.resume()
    const answer = (): void => (served ? ending : starting)(request, response)
    if (waiting === undefined) answer()
    else waiting.push(answer)
  })
  server.on("newListener", (event) => {
    if (event === "request") served = true
  })
  return {
    hold: () => {
      waiting = []
    },
    letGo: () => {
      const answers = waiting ?? []
      waiting = undefined
      for (const answer of answers) answer()
    }
  }
}

/** Waits until every connection has ended, but not for longer than `lingering`. Meanwhile requests get their answers, and each ends its connection. */
const linger = (connections: ReadonlySet<Net.Socket>): Effect.Effect<void> =>
  Effect.async<void>((resume) => {
    if (connections.size === 0) return resume(Effect.void)
    const end = (): void => {
      for (const connection of connections) connection.off("close", look)
      Timers.clearTimeout(last)
      resume(Effect.void)
    }
    const look = (): void => {
      if (connections.size === 0) end()
    }
    const last = Timers.setTimeout(end, lingering)
    for (const connection of connections) connection.once("close", look)
  })

/** Waits until the sockets were read once. The timers run before that, and the callback after it. */
const readOnce: Effect.Effect<void> = Effect.async<void>((resume) => {
  Timers.setTimeout(() => Timers.setImmediate(() => resume(Effect.void)), 0)
})

/** How many connections the system holds for a server that has not taken them yet. Node asks for so many. */
const backlog = 511

/**
 * Takes the connections that the system already holds. Otherwise it would reset them when the server stops listening. Each reading of the sockets takes
 * one of them. `taken` counts them.
 */
const takeHeld = (taken: () => number, left = backlog): Effect.Effect<void> =>
  Effect.suspend(() => {
    const before = taken()
    return Effect.flatMap(readOnce, () => taken() === before || left === 0 ? Effect.void : takeHeld(taken, left - 1))
  })

const makeServer = (keepAlive: number): StandIn & { readonly server: Http.Server } => {
  const headersTimeout = keepAlive + second
  const server = Http.createServer({
    keepAliveTimeout: keepAlive,
    // The balancers' documents ask for a time that is longer than the one for idle connections.
    headersTimeout,
    requestTimeout: Math.max(wholeRequest, headersTimeout + second)
  })
  // A client that has closed its side can still read. This option of the server allows that, but Node's types do not have it.
  Object.assign(server, { httpAllowHalfOpen: true })
  server.on("checkContinue", (request, response) => {
    ContinueResponse.hold(request, response)
    server.emit("request", request, response)
  })
  return { ...standIn(server), server }
}

/**
 * Stops listening, so that no request meets a connection that was just closed. Requests that come meanwhile wait: a client that has its answer would
 * connect again, and there would always be one more connection to take. Ends when all connections have ended. Those that never sent a request, or whose
 * client does not read its answer, are closed after a moment.
 */
const stopListening = (
  { hold, letGo, server }: ReturnType<typeof makeServer>,
  connections: ReadonlySet<Net.Socket>,
  taken: () => number
): Effect.Effect<void> =>
  Effect.gen(function*() {
    yield* linger(connections)
    hold()
    yield* takeHeld(taken)
    yield* Effect.async<void>((resume) => {
      const last = Timers.setTimeout(() => server.closeAllConnections(), farewell)
      server.close(() => {
        Timers.clearTimeout(last)
        resume(Effect.void)
      })
      letGo()
    })
  })

/**
 * Listens until the scope ends. Before the application is served and after it has ended, every request gets a 503 with `retry-after`, and
 * has certainly done nothing. A client that closes its side of a connection still gets its answer. A client that expects `100 Continue` is
 * asked for its body only when the body is read, so that a request without a key is refused first. At the end, open connections are served
 * for a quarter of a second, so that a client that uses its connection learns that it ends. Then idle connections are closed at once, and
 * all others after a second.
 *
 * @category constructors
 */
export const make = (
  { host, keepAlive = "65 seconds", port }: Options
): Effect.Effect<HttpServer.HttpServer, HttpServerError.ServeError, Scope.Scope> =>
  Effect.gen(function*() {
    const made = makeServer(Duration.toMillis(keepAlive))
    const { server } = made
    const connections = new Set<Net.Socket>()
    let taken = 0
    server.on("connection", (connection) => {
      taken += 1
      connections.add(connection)
      connection.once("close", () => connections.delete(connection))
    })
    const listening = yield* NodeHttpServer.make(() => server, { host, port })
    // This must run before the platform closes the server, because the platform takes nothing that the system still holds.
    yield* Effect.addFinalizer(() => stopListening(made, connections, () => taken))
    return listening
  })

/**
 * The HTTP server as a layer. It stops listening when its scope ends.
 *
 * @category layers
 */
export const layer = (options: Options): Layer.Layer<HttpServer.HttpServer, HttpServerError.ServeError> =>
  Layer.scoped(HttpServer.HttpServer, make(options))
