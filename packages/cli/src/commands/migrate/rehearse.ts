/** `interline migrate rehearse`. */
import * as Effect from "effect/Effect"
import * as Host from "../../grammar/host.ts"
import * as MakeVerb from "../../grammar/makeVerb.ts"
import * as Rehearse from "../../rehearsal/Rehearse.ts"

export const command = MakeVerb.makeVerb(
  "migrate rehearse",
  (flags) => Effect.flatMap(Host.Host, ({ node }) => Rehearse.run({ ...flags, node }))
)
