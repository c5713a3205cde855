/** `interline rollout pause`. */
import * as MakeVerb from "../../grammar/makeVerb.ts"
import * as Rollout from "../../Rollout.ts"

export const command = MakeVerb.makeVerb("rollout pause", (flags) => Rollout.change("pause", flags))
