/**
 * The port of the gateway: Node's HTTP server as deployments need it. It answers from the first moment, keeps idle connections for
 * longer than most balancers do, and does not wait for them when it ends.
 */
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as HttpServer from "@effect/platform/HttpServer"
import type * as HttpServerError from "@effect/platform/HttpServerError"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import { Buffer } from "node:buffer"
import * as Http from "node:http"
import * as Timers from "node:timers"
import * as ContinueResponse from "../http/continueResponse.ts"
import * as ProblemDetails from "../http/ProblemDetails.ts"

/**
 * Where the port is, and how long connections last.
 *
 * @category models
 */
export interface Options {
  readonly host: string
  /** 0: a free one. */
  readonly port: number
  /**
   * How long an idle connection stays open (default: 65 seconds). It must be longer than what a balancer in front allows its own connections, or the
   * balancer sends a request over a connection that has just been closed.
   */
  readonly keepAlive?: Duration.DurationInput
}

// a little longer than an upload may take, which is the longest body: an answer of the gateway says more than Node's
const wholeRequest = Duration.toMillis("6 minutes")

/** How long the last answers may take to leave once nothing else is under way. */
const farewell = 1_000

const second = 1_000

/** Answers a request that no route can take yet, or any more. */
const refuseWith = (problem: ProblemDetails.ProblemDetails) => {
  const body = JSON.stringify(ProblemDetails.encode(problem))
  const headers = {
    "content-type": ProblemDetails.contentType,
    "content-length": Buffer.byteLength(body),
    "cache-control": "no-store",
    "retry-after": String(problem.retryAfter ?? 1),
    "x-should-retry": "true",
    "x-content-type-options": "nosniff",
    // a body that nobody reads must not be taken for the next request
    connection: "close"
  }
  return (response: Http.ServerResponse): void => void response.writeHead(problem.status, headers).end(body)
}

/**
 * Answers requests while there is no application. The platform adds the application's handler when everything is built, and takes it away when
 * the process ends. Without this, a request of those moments would wait for ever.
 */
const standIn = (server: Http.Server): void => {
  const starting = refuseWith(ProblemDetails.make("starting", { certainty: "not-sent", next: "retry", retryAfter: 2 }))
  const ending = refuseWith(ProblemDetails.make("draining", { certainty: "not-sent", next: "retry", retryAfter: 5 }))
  let served = false
  server.on("request", (request, response) => {
    if (server.listenerCount("request") > 1) return
    // what has come of a body is taken away: bytes that nobody read would break the answer off
    request.resume()
    ;(served ? ending : starting)(response)
  })
  server.on("newListener", (event) => {
    if (event === "request") served = true
  })
}

const makeServer = (keepAlive: number): Http.Server => {
  const headersTimeout = keepAlive + second
  const server = Http.createServer({
    keepAliveTimeout: keepAlive,
    // above the one for idle connections, as balancers' documents ask for
    headersTimeout,
    requestTimeout: Math.max(wholeRequest, headersTimeout + second)
  })
  // a client that has ended its side still reads; what Node's types say nothing of is the switch for that
  Object.assign(server, { httpAllowHalfOpen: true })
  server.on("checkContinue", (request, response) => {
    ContinueResponse.hold(request, response)
    server.emit("request", request, response)
  })
  standIn(server)
  return server
}

/**
 * Listens until the scope ends. Before the application is served and after it has ended, every request is answered 503 with
 * `retry-after`, as certainly not done. A client that ends its side of a connection still gets its answer. A client that expects
 * `100 Continue` is asked for its body only by what reads it, so that a request without a key is refused first. At the end idle connections
 * are closed at once, and all others a second later.
 *
 * @category constructors
 */
export const make = (
  { host, keepAlive = "65 seconds", port }: Options
): Effect.Effect<HttpServer.HttpServer, HttpServerError.ServeError, Scope.Scope> =>
  Effect.gen(function*() {
    const server = makeServer(Duration.toMillis(keepAlive))
    const listening = yield* NodeHttpServer.make(() => server, { host, port })
    // before the platform closes the server, which waits for every connection: those that are idle go at once, and those that
    // never asked anything, or do not read their answer, after a moment
    yield* Effect.addFinalizer(() =>
      Effect.sync(() => {
        server.closeIdleConnections()
        const last = Timers.setTimeout(() => server.closeAllConnections(), farewell)
        server.once("close", () => Timers.clearTimeout(last))
      })
    )
    return listening
  })

/**
 * The HTTP server as a layer. It stops listening when its scope ends.
 *
 * @category layers
 */
export const layer = (options: Options): Layer.Layer<HttpServer.HttpServer, HttpServerError.ServeError> =>
  Layer.scoped(HttpServer.HttpServer, make(options))
