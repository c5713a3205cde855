/** `interline callbacks remove`. */
import * as Effect from "effect/Effect"
import * as Connect from "../../gateway/connect.ts"
import * as Terminal from "../../gateway/terminal.ts"
import * as MakeVerb from "../../grammar/makeVerb.ts"
import * as Done from "./done.ts"

export const command = MakeVerb.makeVerb("callbacks remove", (flags, [id = ""]) =>
  Effect.scoped(Effect.gen(function*() {
    yield* Terminal.confirm(`the callback ${id} is removed, with the calls that wait for it`, flags)
    const { ask, client } = yield* Connect.connect(flags)
    yield* ask(client.callbacks.deleteCallback({ path: { id } }))
    yield* Done.printDone(flags, [id], "Removed")
  })))
