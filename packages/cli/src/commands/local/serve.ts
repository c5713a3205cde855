/** `interline serve`. */
import * as Effect from "effect/Effect"
import * as Failure from "../../grammar/failure.ts"
import * as MakeVerb from "../../grammar/makeVerb.ts"
import * as NameVariables from "../../policy/nameVariables.ts"
import * as Serve from "../../Serve.ts"

export const command = MakeVerb.makeVerb("serve", (flags) =>
  Effect.mapError(
    Serve.run(flags),
    (error) =>
      new Failure.Failure({
        message: NameVariables.nameVariables(error.message),
        code: error._tag === "GatewayError" && error.mistakes !== undefined ? 2 : Failure.codeOf(error)
      })
  ))
