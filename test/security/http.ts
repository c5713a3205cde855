/** Requests as somebody who means no good writes them: byte for byte, in pieces, or never to the end. */
import * as Effect from "effect/Effect"
import * as Http from "node:http"
import * as Net from "node:net"

export interface Ask {
  readonly method?: string
  readonly path: string
  readonly headers?: Readonly<Record<string, string | number>>
  readonly body?: string | Uint8Array
  /** Sent one by one as chunks, without saying how much comes; the request is not ended. */
  readonly pieces?: ReadonlyArray<string | Uint8Array>
}

/** `status` is 0 where nothing was answered. Names of headers are in lower case. */
export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

const nothing: Answer = { status: 0, headers: {}, body: "" }

const headersOf = ({ headers }: Http.IncomingMessage): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(", ") : value ?? ""]))

/** A request whose path is written as it is given. */
export const ask = (port: number, { body, headers = {}, method = "GET", path, pieces }: Ask): Effect.Effect<Answer> =>
  Effect.async((resume) => {
    const length = body === undefined || "content-length" in headers ? {} : { "content-length": Buffer.byteLength(body) }
    const request = Http.request(
      { host: "127.0.0.1", port, agent: false, method, path, headers: { ...length, ...headers } },
      (response) => {
        let text = ""
        response.setEncoding("utf8")
        response.on("data", (chunk: string) => (text += chunk))
        response.on("close", () => {
          resume(Effect.succeed({ status: response.statusCode ?? 0, headers: headersOf(response), body: text }))
          request.destroy()
        })
      }
    )
    request.on("error", () => resume(Effect.succeed(nothing)))
    if (pieces !== undefined) { for (const piece of pieces) request.write(piece) }
    else if (body === undefined && "content-length" in headers) request.flushHeaders()
    else request.end(body)
    return Effect.sync(() => request.destroy())
  })

/** What came back over one connection, and whether the other side ended it. */
export interface Heard {
  readonly text: string
  readonly closed: boolean
}

/** Writes bytes to a connection, ends nothing, and listens until the other side hangs up or `patience` milliseconds are over. */
export const raw = (port: number, bytes: string, patience = 5_000): Effect.Effect<Heard> =>
  Effect.async((resume) => {
    let text = ""
    const socket = Net.connect({ host: "127.0.0.1", port }, () => socket.write(bytes, "latin1"))
    const end = (closed: boolean) => {
      clearTimeout(timer)
      resume(Effect.succeed({ text, closed }))
      socket.destroy()
    }
    const timer = setTimeout(() => end(false), patience)
    socket.setEncoding("latin1")
    socket.on("data", (chunk: string) => (text += chunk))
    socket.on("close", () => end(true))
    socket.on("error", () => end(true))
    return Effect.sync(() => end(false))
  })

/** The same, until a whole answer without a body of unknown length has come: for connections that stay open. */
export const rawOnce = (port: number, bytes: string): Effect.Effect<string> =>
  Effect.map(raw(port, bytes.replace("\r\n", "\r\nconnection: close\r\n")), ({ text }) => text)

export const statusOf = (text: string): number => Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0)

/** Waits until something is so. */
export const until = (isSo: () => boolean): Effect.Effect<void> =>
  Effect.suspend(() => isSo() ? Effect.void : Effect.zipRight(Effect.sleep("20 millis"), until(isSo))).pipe(
    Effect.timeout("10 seconds"),
    Effect.orDie
  )
