/** `interline serve`. */
import * as MakeVerb from "../../grammar/makeVerb.ts"
import * as Serve from "../../Serve.ts"

export const command = MakeVerb.makeVerb("serve", Serve.run)
