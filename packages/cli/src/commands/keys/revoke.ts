/** `interline keys revoke`. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Connect from "../../gateway/connect.ts"
import * as Terminal from "../../gateway/terminal.ts"
import * as MakeVerb from "../../grammar/makeVerb.ts"
import * as Output from "../../print/output.ts"

const Revoked = Schema.Struct({ id: Schema.String })

export const command = MakeVerb.makeVerb("keys revoke", (flags, [id = ""]) =>
  Effect.scoped(Effect.gen(function*() {
    yield* Terminal.confirm(`the key ${id} is revoked for good, and what uses it is refused`, flags)
    const { ask, client } = yield* Connect.connect(flags)
    yield* ask(client.keys.revokeKey({ path: { id } }))
    yield* Output.printOne(flags, Revoked, { id }, ({ id }) => `Revoked: ${id}. Every process refuses it within 5 seconds.`)
  })))
