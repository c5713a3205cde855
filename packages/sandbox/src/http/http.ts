/** Connects node:http with the sandbox. A handler gets a request as data, and its result says what happens to the socket. */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Http from "node:http"
import type { AddressInfo, Socket } from "node:net"

export interface HttpRequest {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: Http.IncomingHttpHeaders
  readonly body: Buffer
}

export interface Reply {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Buffer
  /** Writes an answer that stays open. It is called with the answer's head sent, and gives what to do when the connection is gone. */
  readonly live?: (sink: Sink) => () => void
}

/** An answer that stays open. */
export interface Sink {
  readonly write: (text: string) => void
  readonly end: () => void
  readonly reset: () => void
}

/** The client gets an answer, half of an answer, a reset, or nothing. */
export type Fate =
  | { readonly _tag: "Answer"; readonly reply: Reply }
  | { readonly _tag: "Half"; readonly reply: Reply }
  | { readonly _tag: "Reset" }
  | { readonly _tag: "Hang" }

export interface Listener {
  readonly origin: string
  /** Stops listening and cuts every connection. After this the port refuses connections. */
  readonly close: Effect.Effect<void>
  readonly open: Effect.Effect<void>
}

export type Respond = (request: HttpRequest, settle: (fate: Fate) => void) => void

export const json = (status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): Reply => ({
  status,
  headers: { "content-type": "application/json; charset=utf-8", ...headers },
  body: JSON.stringify(body)
})

export const empty = (status: number): Reply => ({ status, headers: {}, body: "" })

const head = (reply: Reply): Record<string, string> =>
  reply.status === 204
    ? { ...reply.headers }
    : { ...reply.headers, "content-length": String(Buffer.byteLength(reply.body)) }

const carryOut = (fate: Fate, socket: Socket, response: Http.ServerResponse): void => {
  switch (fate._tag) {
    case "Answer": {
      if (fate.reply.live !== undefined) {
        response.writeHead(fate.reply.status, fate.reply.headers)
        const onGone = fate.reply.live({
          write: (text) => {
            response.write(text)
          },
          end: () => {
            response.end()
          },
          reset: () => {
            socket.resetAndDestroy()
          }
        })
        response.on("close", onGone)
        return
      }
      response.writeHead(fate.reply.status, head(fate.reply))
      response.end(fate.reply.status === 204 ? undefined : fate.reply.body)
      return
    }
    case "Half": {
      const bytes = Buffer.from(fate.reply.body)
      response.writeHead(fate.reply.status, head({ ...fate.reply, body: bytes }))
      response.write(bytes.subarray(0, Math.floor(bytes.length / 2)), () => socket.destroy())
      return
    }
    case "Reset": {
      socket.resetAndDestroy()
      return
    }
    case "Hang":
      return
  }
}

const receive = (respond: Respond): Http.RequestListener => (incoming, response) => {
  const chunks: Array<Buffer> = []
  incoming.on("data", (chunk: Buffer) => chunks.push(chunk))
  incoming.on("error", () => undefined)
  response.on("error", () => undefined)
  incoming.on("end", () => {
    const target = incoming.url ?? "/"
    const settle = (fate: Fate): void => carryOut(fate, incoming.socket, response)
    // the request target may be no valid URL, for example `//`
    if (!URL.canParse(target, "http://sandbox")) return settle({ _tag: "Answer", reply: empty(400) })
    const url = new URL(target, "http://sandbox")
    respond(
      {
        method: incoming.method ?? "GET",
        path: url.pathname,
        query: url.searchParams,
        headers: incoming.headers,
        body: Buffer.concat(chunks)
      },
      settle
    )
  })
}

const start = (server: Http.Server, port: number, host: string): Effect.Effect<number, Error> =>
  Effect.async((resume) => {
    // `listen` throws for any other port
    if (!(Number.isInteger(port) && port >= 0 && port <= 65_535)) return resume(Effect.fail(new Error(`${port} is no port`)))
    const failed = (cause: Error): void => resume(Effect.fail(cause))
    server.once("error", failed)
    server.listen(port, host, () => {
      server.off("error", failed)
      resume(Effect.succeed((server.address() as AddressInfo).port))
    })
  })

const stop = (server: Http.Server): Effect.Effect<void> =>
  Effect.async((resume) => {
    server.close(() => resume(Effect.void))
    server.closeAllConnections()
  })

/** Runs a handler to its end without a pause, so that two requests never run at the same time. */
export const answerNow = (reply: Effect.Effect<Reply>): Reply => Effect.runSync(reply)

export type Agent = Http.Agent

/** Connections that are used several times. The end of the scope closes them. */
export const agent: Effect.Effect<Agent, never, Scope.Scope> = Effect.acquireRelease(
  Effect.sync(() => new Http.Agent({ keepAlive: true })),
  (agent) => Effect.sync(() => agent.destroy())
)

/** Posts to a server on this machine. Gives the status of the answer. */
export const post = (
  agent: Agent,
  url: string,
  headers: Readonly<Record<string, string>>,
  body: string,
  timeout: number
): Effect.Effect<number, Error> =>
  Effect.async((resume) => {
    const outgoing = Http.request(
      url,
      { method: "POST", headers: { ...headers, "content-length": String(Buffer.byteLength(body)) }, timeout, agent },
      (response) => {
        response.resume()
        response.on("end", () => resume(Effect.succeed(response.statusCode ?? 0)))
        response.on("error", (cause) => resume(Effect.fail(cause)))
      }
    )
    outgoing.on("timeout", () => outgoing.destroy(new Error("No answer in time")))
    outgoing.on("error", (cause) => resume(Effect.fail(cause)))
    outgoing.end(body)
    return Effect.sync(() => outgoing.destroy())
  })

export const listen = (
  options: { readonly host: string; readonly port: number },
  respond: Respond
): Effect.Effect<Listener, Error, Scope.Scope> =>
  Effect.gen(function*() {
    const server = Http.createServer({ keepAliveTimeout: 60_000, requestTimeout: 0 }, receive(respond))
    const port = yield* Effect.acquireRelease(
      start(server, options.port, options.host),
      () => Effect.suspend(() => (server.listening ? stop(server) : Effect.void))
    )
    return {
      origin: `http://${options.host.includes(":") ? `[${options.host}]` : options.host}:${port}`,
      close: Effect.suspend(() => (server.listening ? stop(server) : Effect.void)),
      open: Effect.suspend(() => (server.listening ? Effect.void : Effect.orDie(start(server, port, options.host))))
    }
  })
