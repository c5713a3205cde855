/** `interline simulate`. */
import * as Effect from "effect/Effect"
import * as Failure from "../../grammar/failure.ts"
import * as MakeVerb from "../../grammar/makeVerb.ts"
import * as Simulate from "../../Simulate.ts"

export const command = MakeVerb.makeVerb(
  "simulate",
  ({ "seed-from": from, ...settings }) =>
    Effect.catchTags(Simulate.run({ ...settings, from }), {
      SettingsError: Failure.failAsUsage,
      PolicyFileError: Failure.failAsUsage,
      PolicyError: Failure.failAsUsage
    })
)
