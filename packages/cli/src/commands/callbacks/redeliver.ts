/** `interline callbacks redeliver`. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Connect from "../../gateway/connect.ts"
import * as Failure from "../../grammar/failure.ts"
import * as MakeVerb from "../../grammar/makeVerb.ts"
import * as Output from "../../print/output.ts"
import * as Done from "./done.ts"

const Count = Schema.Struct({ retried: Schema.Number })

export const command = MakeVerb.makeVerb("callbacks redeliver", (flags, ids) =>
  Effect.scoped(Effect.gen(function*() {
    if (flags.all && ids.length > 0) yield* Failure.failAsUsage({ message: "--all and ids exclude each other; give one of them" })
    const { ask, client } = yield* Connect.connect(flags)
    if (flags.all) {
      const retried = yield* ask(client.queues.retryQueue({ path: { queue: "callbacks" } }))
      return yield* Output.printOne(flags, Count, retried, ({ retried }) => `Tried again: ${retried}`)
    }
    yield* Effect.forEach(ids, (id) => ask(client.callbacks.redeliver({ path: { id } })), { discard: true })
    yield* Done.printDone(flags, ids, "Tried again")
  })))
