/** `interline rollout start`. */
import * as MakeVerb from "../../grammar/makeVerb.ts"
import * as Rollout from "../../Rollout.ts"

export const command = MakeVerb.makeVerb("rollout start", (flags) => Rollout.change("start", flags))
