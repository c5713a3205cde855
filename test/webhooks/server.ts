/** A web server on this machine in front of a handler of the platform's own Request and Response. */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { createServer } from "node:http"

export interface Call {
  readonly headers: Record<string, string>
  readonly body: string
}

export interface Server {
  readonly origin: string
  /** What came, byte for byte, and what it was answered. */
  readonly calls: Array<Call>
  readonly answers: Array<number>
}

export const serve = (handler: (request: Request) => Promise<Response>): Effect.Effect<Server, never, Scope.Scope> =>
  Effect.gen(function*() {
    const calls: Array<Call> = []
    const answers: Array<number> = []
    const server = createServer((request, response) => {
      const chunks: Array<Buffer> = []
      request.on("data", (chunk: Buffer) => chunks.push(chunk))
      request.on("end", () => {
        const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]))
        const body = Buffer.concat(chunks)
        calls.push({ headers, body: body.toString("utf8") })
        void handler(new Request(`http://door${request.url ?? ""}`, { method: request.method ?? "", headers, body })).then(
          async (answer) => {
            answers.push(answer.status)
            response.writeHead(answer.status).end(await answer.text())
          }
        )
      })
    })
    const port = yield* Effect.acquireRelease(
      Effect.async<number>((resume) => {
        server.listen(0, "127.0.0.1", () => {
          const address = server.address()
          resume(Effect.succeed(typeof address === "object" && address !== null ? address.port : 0))
        })
      }),
      () =>
        Effect.sync(() => {
          server.close()
          server.closeAllConnections()
        })
    )
    return { origin: `http://127.0.0.1:${port}`, calls, answers }
  })
