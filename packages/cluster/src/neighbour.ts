/**
 * Looks whether another process is still there. The engine notices only after some seconds that a process is gone, and much later if that process was
 * the one that looks after the others. Here each process looks after the next one, so the cost does not grow with their number.
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Net from "node:net"

/** Where other processes reach a process. */
export interface Address {
  readonly host: string
  readonly port: number
}

export interface Parts {
  readonly self: Address
  /** The processes that count as there, this one among them. */
  readonly all: () => ReadonlyArray<Address>
  /** A process is gone: nobody listens at its address. */
  readonly report: (address: Address) => Effect.Effect<void>
}

/** How often a process looks. */
const lookEvery = Duration.seconds(1)

/** A process is gone if this many connections to it are refused, one after the other. */
const refusals = 3
const between = Duration.millis(200)

/** How long a connection may take. Silence says nothing: the process may be frozen, or the network slow. */
const patience = Duration.millis(500)

/** A process that was reported counts as gone for so many looks, until the others have heard of it. */
const forgetAfter = 10

/** An address as one text. */
export const nameOf = ({ host, port }: Address): string => `${host}:${port}`

/** The process that this one looks after: the next one in the order of names, and after the last one the first. */
export const findNext = (self: Address, all: ReadonlyArray<Address>): Address | undefined => {
  const sorted = all.filter((one) => nameOf(one) !== nameOf(self)).toSorted((left, right) => nameOf(left) < nameOf(right) ? -1 : 1)
  return sorted.find((one) => nameOf(one) > nameOf(self)) ?? sorted[0]
}

/** Whether the machine says that nobody listens there. */
export const isRefused = ({ host, port }: Address): Effect.Effect<boolean> =>
  Effect.async<boolean>((resume) => {
    const socket = Net.connect({ host, port })
    const end = (isRefused: boolean): void => {
      socket.destroy()
      resume(Effect.succeed(isRefused))
    }
    socket.once("connect", () => end(false))
    socket.on("error", (error) => end("code" in error && error.code === "ECONNREFUSED"))
    return Effect.sync(() => socket.destroy())
  }).pipe(Effect.timeoutTo({ duration: patience, onTimeout: () => false, onSuccess: (isRefused) => isRefused }))

const isGone = (address: Address, left = refusals): Effect.Effect<boolean> =>
  Effect.flatMap(
    isRefused(address),
    (isRefused) => !isRefused ? Effect.succeed(false) : left <= 1 ? Effect.succeed(true) : Effect.delay(isGone(address, left - 1), between)
  )

/** Looks after the next process for ever. */
export const watch = ({ all, report, self }: Parts): Effect.Effect<never> => {
  const reported = new Map<string, number>()
  const look = Effect.suspend(() => {
    for (const [name, left] of reported) {
      if (left <= 1) reported.delete(name)
      else reported.set(name, left - 1)
    }
    const next = findNext(self, all().filter((one) => !reported.has(nameOf(one))))
    return next === undefined ? Effect.void : Effect.flatMap(isGone(next), (isGone) => {
      if (!isGone) return Effect.void
      reported.set(nameOf(next), forgetAfter)
      return report(next)
    })
  })
  return Effect.forever(Effect.zipRight(Effect.sleep(lookEvery), look))
}
