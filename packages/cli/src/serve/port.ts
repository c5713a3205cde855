/** Says why a server cannot listen, and finds it out before the server is made. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Net from "node:net"

const isTaken = (cause: unknown): boolean => Predicate.hasProperty(cause, "code") && cause.code === "EADDRINUSE"

/** Why nobody can listen, and what to do. */
export const toSentence = (cause: unknown): string =>
  `cannot listen: ${cause instanceof Error ? cause.message : "no reason is known"}; ${
    isTaken(cause)
      ? "choose another port with --port or PORT"
      : "choose another address with --host or HOST, or another port with --port or PORT"
  }`

/** The sentence for a port that another program has. None if it is free, or if that is not known. */
export const findTaken = (address: { readonly host: string; readonly port: number }): Effect.Effect<Option.Option<string>> =>
  Effect.async<Option.Option<string>>((resume) => {
    const server = Net.createServer()
    server.once("error", (error) => resume(Effect.succeed(isTaken(error) ? Option.some(toSentence(error)) : Option.none())))
    server.listen(address, () => server.close(() => resume(Effect.succeedNone)))
  })
