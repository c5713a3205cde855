/** `interline held look`. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Connect from "../../gateway/connect.ts"
import * as MakeVerb from "../../grammar/makeVerb.ts"
import * as Output from "../../print/output.ts"

const Left = Schema.Struct({ held: Schema.Number })

export const command = MakeVerb.makeVerb("held look", (flags) =>
  Effect.scoped(Effect.gen(function*() {
    const { ask, client } = yield* Connect.connect(flags)
    yield* ask(client.held.look())
    const { items } = yield* ask(client.held.listHeld({ urlParams: { limit: 100 } }))
    yield* Output.printOne(flags, Left, { held: items.length }, ({ held }) =>
      held === 0 ? "Nothing is held any more." : `Still held: ${held === 100 ? "100 or more" : held}. \`interline held list\` shows them.`)
  })))
