/** Runs a server on this machine that records its requests and gives the answers of a test. */
import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"
import type * as Scope from "effect/Scope"
import * as Http from "node:http"
import type * as Net from "node:net"

/**
 * A request that the server received.
 *
 * @category models
 */
export interface Received {
  /** The HTTP method. */
  readonly method: string
  /** The path with its query, unchanged. */
  readonly url: string
  /** The headers. Names are in lower case. Several values of one name are one text with commas. */
  readonly headers: Readonly<Record<string, string>>
  /** The body, read as UTF-8. */
  readonly body: string
  /** The body, byte for byte. */
  readonly bytes: Uint8Array
}

/**
 * The answer to a request.
 *
 * @category models
 */
export interface Answer {
  /** The HTTP status. Default: 200. */
  readonly status?: number
  /** The headers of the test. Default: none. */
  readonly headers?: Readonly<Record<string, string>>
  /** The body. Default: empty. */
  readonly body?: string
}

/**
 * The answers of the server. The answers of a list are used in order; after the last one, every request gets an empty 200. A function makes
 * the answer to each request. With `Effect.never`, the request stays open.
 *
 * @category models
 */
export type Answers = ReadonlyArray<Answer> | ((request: Received) => Answer | Effect.Effect<Answer>)

/**
 * A server that listens.
 *
 * @category models
 */
export interface RecordingServer {
  /** The port at which it listens. */
  readonly port: number
  /** Its address, without a slash at the end. */
  readonly origin: string
  /** The requests, in the order in which their bodies ended. */
  readonly received: Array<Received>
  /** The statuses of the answers. */
  readonly answered: ReadonlyArray<number>
  /** The number of connections so far, with or without a request. */
  readonly connections: () => number
}

const portOf = (server: Net.Server): number => {
  const address = server.address()
  return typeof address === "object" && address !== null ? address.port : 0
}

/**
 * Listens at a free port and gives the port. At the end of the scope it stops and cuts every connection.
 *
 * @category constructors
 */
export const listen = (server: Net.Server & { readonly closeAllConnections?: () => void }): Effect.Effect<number, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.async<number>((resume) => {
      server.listen(0, "127.0.0.1", () => resume(Effect.succeed(portOf(server))))
    }),
    () =>
      Effect.sync(() => {
        server.close()
        server.closeAllConnections?.()
      })
  )

/**
 * A port that was free a moment ago.
 *
 * @category constructors
 */
export const freePort: Effect.Effect<number> = Effect.async((resume) => {
  const server = Http.createServer()
  server.listen(0, "127.0.0.1", () => {
    const port = portOf(server)
    server.close(() => resume(Effect.succeed(port)))
  })
})

const headersOf = (request: Http.IncomingMessage): Received["headers"] =>
  Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(", ") : String(value)])
  )

const readBytes = (request: Http.IncomingMessage): Effect.Effect<Uint8Array> =>
  Effect.async((resume) => {
    let text = ""
    request.setEncoding("latin1")
    request.on("data", (chunk: string) => {
      text += chunk
    })
    request.on("end", () => resume(Effect.sync(() => Uint8Array.from(text, (character) => character.charCodeAt(0)))))
  })

/**
 * Starts a server. It stops at the end of the scope.
 *
 * @category constructors
 */
export const make = (answers: Answers = []): Effect.Effect<RecordingServer, never, Scope.Scope> =>
  Effect.gen(function*() {
    const received: Array<Received> = []
    const answered: Array<number> = []
    let connections = 0
    const answerTo = (request: Received, index: number): Effect.Effect<Answer> => {
      const answer = typeof answers === "function" ? answers(request) : answers[index] ?? {}
      return Effect.isEffect(answer) ? answer : Effect.succeed(answer)
    }
    const run = yield* FiberSet.makeRuntime<never>()
    const server = Http.createServer((incoming, response) =>
      void run(Effect.gen(function*() {
        const bytes = yield* readBytes(incoming)
        const request: Received = {
          method: incoming.method ?? "GET",
          url: incoming.url ?? "/",
          headers: headersOf(incoming),
          body: new TextDecoder().decode(bytes),
          bytes
        }
        received.push(request)
        const { body, headers = {}, status = 200 } = yield* answerTo(request, received.length - 1)
        answered.push(status)
        response.writeHead(status, headers).end(body)
      }))
    )
    server.on("connection", () => {
      connections += 1
    })
    const port = yield* listen(server)
    return { port, origin: `http://127.0.0.1:${port}`, received, answered, connections: () => connections }
  })
