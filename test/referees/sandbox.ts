/** A sandbox for tests that are written as the vendors' own clients are used: with promises. */
import { Sandbox } from "@interline/sandbox"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"

export interface Running {
  readonly sandbox: Sandbox.SandboxService
  readonly run: <A, E>(effect: Effect.Effect<A, E>) => Promise<A>
  readonly stop: () => Promise<void>
}

export const start = async (options: Sandbox.SandboxOptions = {}): Promise<Running> => {
  const scope = await Effect.runPromise(Scope.make())
  const sandbox = await Effect.runPromise(Scope.extend(Sandbox.make({ clock: "manual", ...options }), scope))
  return {
    sandbox,
    run: Effect.runPromise,
    stop: () => Effect.runPromise(Scope.close(scope, Exit.void))
  }
}

export interface Received {
  readonly headers: Record<string, string>
  readonly body: string
}

/** A subscriber on this machine that keeps what it is sent. */
export const subscriber = async () => {
  const received: Array<Received> = []
  const server = createServer((request, response) => {
    const chunks: Array<Buffer> = []
    request.on("data", (chunk: Buffer) => chunks.push(chunk))
    request.on("end", () => {
      received.push({
        headers: Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)])),
        body: Buffer.concat(chunks).toString("utf8")
      })
      response.writeHead(200).end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  return {
    received,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    stop: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      })
  }
}
