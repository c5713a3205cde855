/** `interline migrate compare`. */
import * as Effect from "effect/Effect"
import * as Failure from "../../grammar/failure.ts"
import * as MakeVerb from "../../grammar/makeVerb.ts"
import * as MigrateCompare from "../../MigrateCompare.ts"

export const command = MakeVerb.makeVerb(
  "migrate compare",
  (flags) => Effect.catchTag(MigrateCompare.run(flags), "SettingsError", Failure.failAsUsage)
)
