/** What this machine and this process are like: the address for other processes, sockets to the database, and whether the process was frozen. */
import * as Time from "@interline/core/Time"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Net from "node:net"
import * as Os from "node:os"

const isIPv4 = ({ family }: Os.NetworkInterfaceInfo): boolean => family === "IPv4"

/** Addresses that no other network reaches: loopback, private (RFC 1918), shared (RFC 6598) and link-local ones, and their like in IPv6. */
const isPrivateAddress = (host: string): boolean =>
  /^(127\.|10\.|192\.168\.|169\.254\.|172\.(1[6-9]|2\d|3[01])\.|100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.)/.test(host) ||
  /^(::1$|f[cd]|fe[89ab])/i.test(host)

/** Whether only machines of the same private network can reach a host. A name is taken for private, because the network gives it. */
export const isPrivate = (host: string): boolean => Net.isIP(host) === 0 || isPrivateAddress(host)

/** The first private address of this machine that other machines can reach, or else the loopback address. */
export const findHost = Effect.sync(() => {
  const all = Object.values(Os.networkInterfaces()).flatMap((list) => list ?? [])
  return all.find((one) => isIPv4(one) && !one.internal && isPrivateAddress(one.address))?.address ?? "127.0.0.1"
})

/**
 * How long a connection to the database may be silent, in milliseconds. The server ends the session of a silent process after the same time. Each process
 * asks it something every five seconds.
 */
const silentFor = 15_000

/** A socket to the database that ends when nothing has come or gone for so long. What waits for an answer fails then, and asks on a new connection. */
export const makeSocket = (millis: number = silentFor): Net.Socket => {
  const socket = new Net.Socket()
  return socket.setTimeout(millis, () => socket.destroy(Object.assign(new Error("no answer"), { code: "ETIMEDOUT" })))
}

/** How often the process looks whether it was frozen, in milliseconds. */
const every = 250

/** If the process did nothing for this time, others may have taken its shards, in milliseconds. */
const frozenAfter = 3_000

/** After a freeze the process takes nothing for this time. In this time it learns which shards it still has. In milliseconds. */
const restAfter = 3_000

/** Says whether this process was frozen a moment ago: stopped by a signal, by its virtual machine, or by its own work. */
export interface Pulse {
  readonly wasFrozen: () => boolean
}

export const makePulse: Effect.Effect<Pulse, never, Scope.Scope> = Effect.gen(function*() {
  const clock = yield* Effect.clock
  const now = () => Time.steadyMillis(clock)
  let last = now()
  let restUntil = Number.NEGATIVE_INFINITY
  const look = (): void => {
    const at = now()
    if (at - last > frozenAfter) restUntil = at + restAfter
    last = at
  }
  yield* Effect.forkScoped(Effect.interruptible(Effect.forever(Effect.zipRight(Effect.sleep(every), Effect.sync(look)))))
  return {
    wasFrozen: () => {
      const at = now()
      // the first code after a freeze may run before the fiber that looks
      if (at - last > frozenAfter) look()
      return at < restUntil
    }
  }
})
