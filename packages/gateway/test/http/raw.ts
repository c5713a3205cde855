/** Requests byte for byte, over connections that a test holds in its hand. */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Net from "node:net"

export interface Connection {
  readonly write: (bytes: string | Uint8Array) => void
  /** Ends our side; the other may go on. */
  readonly end: () => void
  readonly text: () => string
  readonly isClosed: () => boolean
  /** Waits until what came contains a text, or the connection is closed. */
  readonly until: (text: string | RegExp) => Effect.Effect<string>
  readonly closed: Effect.Effect<void>
}

/** A connection until the scope ends. */
export const connect = (port: number): Effect.Effect<Connection, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.async<Connection & { readonly destroy: () => void }>((resume) => {
      let text = ""
      let closed = false
      const socket = Net.connect({ host: "127.0.0.1", port, allowHalfOpen: true })
      const when = (test: () => boolean) =>
        Effect.async<void>((done) => {
          const look = () => {
            if (!test() && !closed) return
            for (const event of ["data", "close"]) socket.off(event, look)
            done(Effect.void)
          }
          for (const event of ["data", "close"]) socket.on(event, look)
          look()
        })
      socket.setEncoding("latin1")
      socket.on("data", (piece: string) => (text += piece))
      socket.on("end", () => socket.end())
      socket.on("close", () => (closed = true))
      socket.on("error", () => undefined)
      socket.on("connect", () =>
        resume(Effect.succeed({
          write: (bytes) => void socket.write(bytes),
          end: () => void socket.end(),
          text: () => text,
          isClosed: () => closed,
          until: (wanted) => Effect.map(when(() => typeof wanted === "string" ? text.includes(wanted) : wanted.test(text)), () => text),
          closed: when(() => false),
          destroy: () => void socket.destroy()
        })))
    }),
    ({ destroy }) => Effect.sync(destroy)
  )

/** The head of a request, with the empty line. */
export const head = (method: string, target: string, headers: Readonly<Record<string, string | number>> = {}): string =>
  `${method} ${target} HTTP/1.1\r\nhost: x\r\n${Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\n`

/** What one request gets on a connection of its own, which is closed after it. */
export const ask = (
  port: number,
  method: string,
  target: string,
  headers: Readonly<Record<string, string | number>> = {},
  body: string | Uint8Array = ""
): Effect.Effect<string> =>
  Effect.scoped(Effect.gen(function*() {
    const connection = yield* connect(port)
    connection.write(
      head(method, target, { connection: "close", ...(body.length === 0 ? {} : { "content-length": Buffer.byteLength(body) }), ...headers })
    )
    if (body.length > 0) connection.write(body)
    yield* connection.closed
    return connection.text()
  }))

export const statusOf = (text: string): number => Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0)

export const bodyOf = (text: string): string => text.slice(text.indexOf("\r\n\r\n") + 4)
