/** `interline rollout resume`. */
import * as MakeVerb from "../../grammar/makeVerb.ts"
import * as Rollout from "../../Rollout.ts"

export const command = MakeVerb.makeVerb("rollout resume", (flags) => Rollout.change("resume", flags))
