/** `interline rollout advance`. */
import * as MakeVerb from "../../grammar/makeVerb.ts"
import * as Rollout from "../../Rollout.ts"

export const command = MakeVerb.makeVerb("rollout advance", (flags) => Rollout.change("advance", flags))
