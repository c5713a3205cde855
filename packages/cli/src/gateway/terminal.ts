/** Asks the person at the terminal, and reads the standard input. */
import * as Prompt from "@effect/cli/Prompt"
import * as NodeStream from "@effect/platform-node/NodeStream"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import * as Failure from "../grammar/failure.ts"
import * as Host from "../grammar/host.ts"

const stopped = new Failure.Failure({ message: "nothing was done", code: 1 })

/** Goes on if the person says yes, or said so before with --yes. `what` is what will be done. */
export const confirm = (
  what: string,
  { yes }: { readonly yes: boolean }
): Effect.Effect<void, Failure.Failure, Prompt.Prompt.Environment> =>
  Effect.flatMap(Host.Host, ({ isInteractive }) =>
    yes
      ? Effect.void
      : !isInteractive
      ? Failure.failAsUsage({ message: `${what}: give --yes, because nobody can be asked here` })
      : Prompt.run(Prompt.confirm({ message: `${what}. Go on?` })).pipe(
        Effect.mapError(() => stopped),
        Effect.filterOrFail((answer) => answer, () => stopped),
        Effect.asVoid
      ))

/** The whole standard input as text. */
export const readInput: Effect.Effect<string, Failure.Failure> = NodeStream.stdin.pipe(
  Stream.decodeText(),
  Stream.mkString,
  Effect.mapError(() => new Failure.Failure({ message: "the standard input cannot be read", code: 1 }))
)

/** A secret, from the standard input, or typed by the person, who does not see it. */
export const readSecret = (called: string): Effect.Effect<Redacted.Redacted<string>, Failure.Failure, Prompt.Prompt.Environment> =>
  Effect.flatMap(Host.Host, ({ isInteractive }) =>
    isInteractive
      ? Effect.mapError(Prompt.run(Prompt.password({ message: called })), () => stopped)
      : Effect.map(readInput, (text) => Redacted.make(text.trim())))
