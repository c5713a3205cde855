/**
 * Ports for processes that are started later, and again. The system gives ports of a range to connections and to whoever asks for any port;
 * these are below that range, and each process of tests has its own.
 */
import * as Effect from "effect/Effect"
import * as Net from "node:net"

const first = 15_000
/** How many a process of tests has. */
const many = 150

let given = 0

const isFree = (port: number): Effect.Effect<boolean> =>
  Effect.async((resume) => {
    const server = Net.createServer()
    server.once("error", () => resume(Effect.succeed(false)))
    server.listen(port, "127.0.0.1", () => server.close(() => resume(Effect.succeed(true))))
  })

export const next: Effect.Effect<number> = Effect.suspend(() => {
  const port = first + (process.pid % 100) * many + given++ % many
  return Effect.flatMap(isFree(port), (free) => free ? Effect.succeed(port) : next)
})
