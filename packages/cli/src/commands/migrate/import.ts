/** `interline migrate import`. */
import * as Effect from "effect/Effect"
import * as Failure from "../../grammar/failure.ts"
import * as MakeVerb from "../../grammar/makeVerb.ts"
import * as MigrateImport from "../../MigrateImport.ts"

export const command = MakeVerb.makeVerb(
  "migrate import",
  (flags) => Effect.catchTag(MigrateImport.run(flags), "FlagError", Failure.failAsUsage)
)
