/** A proxy that loses answers: between a client and a front, as a bad network is. */
import { createServer, request as requestTo } from "node:http"
import type { IncomingMessage, ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"

/** `lost`: the request arrives and its answer does not come back. `unsent`: an answer of 500, and the request never arrives. */
export type Mishap = "lost" | "unsent"

export interface Proxy {
  readonly url: string
  /** What happens to the next requests that change something, in order; after that everything passes. */
  readonly plan: (...mishaps: ReadonlyArray<Mishap>) => void
  readonly stop: () => Promise<void>
}

const bodyOf = async (message: IncomingMessage): Promise<Buffer> => {
  const chunks: Array<Buffer> = []
  for await (const chunk of message) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

export const proxy = async (target: string): Promise<Proxy> => {
  const { hostname, port } = new URL(target)
  let mishaps: Array<Mishap> = []

  const pass = async (incoming: IncomingMessage, outgoing: ServerResponse, mishap: Mishap | undefined): Promise<void> => {
    const body = await bodyOf(incoming)
    if (mishap === "unsent") {
      outgoing.writeHead(500).end()
      return
    }
    const forwarded = requestTo({ hostname, port, method: incoming.method, path: incoming.url, headers: incoming.headers, agent: false })
    forwarded.on("error", () => outgoing.destroy())
    forwarded.on("response", (answer) => {
      void bodyOf(answer).then((text) => {
        if (mishap === "lost") outgoing.socket?.destroy()
        else outgoing.writeHead(answer.statusCode ?? 502, answer.headers).end(text)
      })
    })
    forwarded.end(body)
  }

  const server = createServer((incoming, outgoing) => {
    const mishap = incoming.method === "GET" ? undefined : mishaps.shift()
    void pass(incoming, outgoing, mishap)
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    plan: (...next) => {
      mishaps = [...next]
    },
    stop: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      })
  }
}
