/** Node's server with every timer and default that matters to what stands in front of it. */
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { Buffer } from "node:buffer"
import * as Http from "node:http"
import * as Timers from "node:timers"
import * as Invitation from "../http/invitation.ts"
import * as ProblemDetails from "../http/ProblemDetails.ts"
import type { Options } from "./Listener.ts"

// the longest time that a body has here, an upload's, and then some: an answer of ours says more than Node's
const wholeRequest = Duration.toMillis("6 minutes")

/** How long the last answers may take to leave once nothing else is under way. */
const farewell = 1_000

const second = 1_000

/** What a request gets that no route can take yet, or any more. */
const unserved = (problem: ProblemDetails.ProblemDetails) => {
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
 * A handler of its own stands in for the application's, which the platform adds when everything is built and takes away when the
 * process ends. Without it, a request of those moments would wait for ever.
 */
const standingIn = (server: Http.Server): void => {
  const starting = unserved(ProblemDetails.make("starting", { certainty: "not-sent", next: "retry", retryAfter: 2 }))
  const ending = unserved(ProblemDetails.make("draining", { certainty: "not-sent", next: "retry", retryAfter: 5 }))
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

const made = (keepAlive: number): Http.Server => {
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
    Invitation.hold(request, response)
    server.emit("request", request, response)
  })
  standingIn(server)
  return server
}

export const make = ({ host, keepAlive = "65 seconds", port }: Options) =>
  Effect.gen(function*() {
    const server = made(Duration.toMillis(keepAlive))
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
