/** Which process looks after which, and what counts as a process that is gone. */
import { describe, it } from "@effect/vitest"
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/TestClock"
import * as Net from "node:net"
import * as Neighbour from "../src/neighbour.ts"

const host = "127.0.0.1"

/** A process as its socket shows it. It closes its socket when it is gone. */
const listen = Effect.acquireRelease(
  Effect.async<Net.Server>((resume) => {
    const server = Net.createServer((socket) => socket.on("error", () => undefined))
    server.listen(0, host, () => resume(Effect.succeed(server)))
  }),
  (server) => Effect.sync(() => server.close())
)

const addressOf = (server: Net.Server): Neighbour.Address => {
  const address = server.address()
  return { host, port: address === null || typeof address === "string" ? 0 : address.port }
}

const close = (server: Net.Server): Effect.Effect<void> => Effect.async((resume) => void server.close(() => resume(Effect.void)))

/** Lets the real sockets answer, while the test's clock stands still. */
const answer = Effect.promise(() => new Promise((resolve) => setTimeout(resolve, 20)))

const pass = (seconds: number) => Effect.repeatN(Effect.zipRight(TestClock.adjust("200 millis"), answer), seconds * 5)

describe("the process that a process looks after", () => {
  const all = [3, 1, 2].map((port) => ({ host, port }))

  it("is the next one, and after the last one the first: each has exactly one", () => {
    deepStrictEqual([1, 2, 3].map((port) => Neighbour.findNext({ host, port }, all)?.port), [2, 3, 1])
  })

  it("is nobody if it is alone", () => {
    strictEqual(Neighbour.findNext({ host, port: 1 }, [{ host, port: 1 }]), undefined)
    strictEqual(Neighbour.findNext({ host, port: 1 }, []), undefined)
  })
})

describe("a process that is gone", () => {
  it.scoped("is reported once, and then the one behind it is looked after", () =>
    Effect.gen(function*() {
      const servers = yield* Effect.replicateEffect(listen, 3)
      const [self, second, third] = servers.map(addressOf).toSorted((left, right) => left.port < right.port ? -1 : 1)
      if (self === undefined || second === undefined || third === undefined) return yield* Effect.dieMessage("there are not three")
      const reported: Array<number> = []
      const watching = yield* Effect.fork(Neighbour.watch({
        self,
        all: () => [self, second, third],
        report: ({ port }) => Effect.sync(() => reported.push(port))
      }))
      yield* pass(3)
      deepStrictEqual(reported, [])
      const serverOf = ({ port }: Neighbour.Address) => servers.filter((server) => addressOf(server).port === port)
      yield* Effect.forEach(serverOf(second), close)
      yield* pass(3)
      deepStrictEqual(reported, [second.port])
      yield* Effect.forEach(serverOf(third), close)
      yield* pass(3)
      deepStrictEqual(reported, [second.port, third.port])
      yield* Fiber.interrupt(watching)
    }))

  it.scoped("is not one whose address is not found: only its machine says that it is gone", () =>
    Effect.gen(function*() {
      const asking = yield* Effect.fork(Neighbour.isRefused({ host: "nobody.invalid", port: 9 }))
      yield* pass(1)
      strictEqual(yield* Fiber.join(asking), false)
    }))
})
