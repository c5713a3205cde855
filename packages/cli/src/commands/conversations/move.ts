/** `interline conversations move`. */
import * as MakeVerb from "../../grammar/makeVerb.ts"
import * as Rollout from "../../Rollout.ts"

export const command = MakeVerb.makeVerb("conversations move", (flags, people) => Rollout.move({ ...flags, people }))
