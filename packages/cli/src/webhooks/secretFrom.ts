/** Reads a secret from a variable that the command line names. */
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Failure from "../grammar/failure.ts"

export const read = (variable: string): Effect.Effect<Redacted.Redacted<string>, Failure.Failure> =>
  Effect.flatMap(
    Effect.orElseSucceed(Config.option(Config.redacted(variable)), Option.none<Redacted.Redacted<string>>),
    (found) =>
      Option.match(Option.filter(found, (value) => Redacted.value(value).trim() !== ""), {
        onNone: () => Failure.failAsUsage({ message: `--secret-from names the variable ${variable}, which is not set` }),
        onSome: (value) => Effect.succeed(Redacted.make(Redacted.value(value).trim()))
      })
  )
