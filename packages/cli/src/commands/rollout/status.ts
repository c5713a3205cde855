/** `interline rollout status`. */
import * as MakeVerb from "../../grammar/makeVerb.ts"
import * as Rollout from "../../Rollout.ts"

export const command = MakeVerb.makeVerb("rollout status", Rollout.status)
