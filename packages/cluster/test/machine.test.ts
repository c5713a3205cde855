import { describe, it } from "@effect/vitest"
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import * as DatabaseFault from "@interline/router/DatabaseFault"
import type * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/TestClock"
import * as Net from "node:net"
import * as Machine from "../src/machine.ts"

describe("the address for other processes", () => {
  it("is private if only machines of the same network can reach it", () => {
    const hosts = {
      "10.1.2.3": true,
      "127.0.0.1": true,
      "172.16.0.1": true,
      "172.31.255.255": true,
      "172.32.0.1": false,
      "192.168.1.1": true,
      "100.64.0.1": true,
      "100.128.0.1": false,
      "169.254.1.1": true,
      "0.0.0.0": false,
      "8.8.8.8": false,
      "::1": true,
      "::": false,
      "fd12:3456::1": true,
      "fe80::1": true,
      "2001:db8::1": false,
      "gateway-1.internal": true
    }
    deepStrictEqual(Object.fromEntries(Object.keys(hosts).map((host) => [host, Machine.isPrivate(host)])), hosts)
  })

  it.effect("is found without a setting, and is private", () =>
    Effect.map(Machine.findHost, (host) => strictEqual(Machine.isPrivate(host), true)))
})

describe("a socket to the database", () => {
  it.scopedLive("ends when nothing comes for too long, although the other end keeps it open", () =>
    Effect.gen(function*() {
      const server = yield* Effect.acquireRelease(
        Effect.async<Net.Server>((resume) => {
          const silent = Net.createServer((socket) => socket.on("error", () => socket.destroy()).resume())
          silent.listen(0, "127.0.0.1", () => resume(Effect.succeed(silent)))
        }),
        (silent) => Effect.sync(() => silent.close())
      )
      const at = server.address()
      const code = yield* Effect.async<string | undefined>((resume) => {
        const socket = Machine.makeSocket(50)
        socket.once("error", (error) => resume(Effect.succeed(DatabaseFault.codeOf(error))))
        socket.connect(typeof at === "object" && at !== null ? at.port : 0, "127.0.0.1", () => socket.write("SELECT 1"))
      })
      strictEqual(code, "ETIMEDOUT")
    }))
})

/** A pulse, and a way to let time pass while no fiber runs. */
const freezable = Effect.gen(function*() {
  const clock = yield* Effect.clock
  let ahead = 0n
  const skipping: Clock.Clock = Object.create(clock, {
    unsafeCurrentTimeNanos: { value: () => clock.unsafeCurrentTimeNanos() + ahead }
  })
  const { wasFrozen } = yield* Effect.withClock(Machine.makePulse, skipping)
  return {
    wasFrozen,
    beat: (times: number) => Effect.repeatN(TestClock.adjust("250 millis"), times - 1),
    freeze: (seconds: number) => Effect.sync(() => void (ahead += BigInt(seconds) * 1_000_000_000n))
  }
})

describe("the pulse of a process", () => {
  it.scoped("beats while the process works, and forgives a short rest", () =>
    Effect.gen(function*() {
      const { beat, freeze, wasFrozen } = yield* freezable
      yield* beat(40)
      yield* freeze(2)
      strictEqual(wasFrozen(), false)
      yield* beat(4)
      strictEqual(wasFrozen(), false)
    }))

  it.scoped("shows a freeze to the first code that runs after it, for three seconds", () =>
    Effect.gen(function*() {
      const { beat, freeze, wasFrozen } = yield* freezable
      yield* beat(4)
      yield* freeze(20)
      strictEqual(wasFrozen(), true)
      yield* beat(11)
      strictEqual(wasFrozen(), true)
      yield* beat(2)
      strictEqual(wasFrozen(), false)
    }))
})
