/** `interline callbacks drop`. */
import * as Effect from "effect/Effect"
import * as Connect from "../../gateway/connect.ts"
import * as Terminal from "../../gateway/terminal.ts"
import * as MakeVerb from "../../grammar/makeVerb.ts"
import * as Done from "./done.ts"

export const command = MakeVerb.makeVerb("callbacks drop", (flags, ids) =>
  Effect.scoped(Effect.gen(function*() {
    yield* Terminal.confirm(`${ids.length === 1 ? "one call is" : `${ids.length} calls are`} given up for good`, flags)
    const { ask, client } = yield* Connect.connect(flags)
    yield* Effect.forEach(ids, (id) => ask(client.callbacks.dropDeadLetter({ path: { id } })), { discard: true })
    yield* Done.printDone(flags, ids, "Given up")
  })))
