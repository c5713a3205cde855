/** `interline keys revoke`. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Connect from "../../gateway/connect.ts"
import * as Terminal from "../../gateway/terminal.ts"
import * as Failure from "../../grammar/failure.ts"
import * as MakeVerb from "../../grammar/makeVerb.ts"
import * as Output from "../../print/output.ts"

const Revoked = Schema.Struct({ id: Schema.String })

const isId = Schema.is(Schema.UUID)

/** The id of the key with this name, or with this id. */
const findId = ({ ask, client }: Connect.Gateway, given: string) =>
  Effect.gen(function*() {
    if (isId(given)) return given
    const { items } = yield* ask(client.keys.listKeys())
    const named = items.filter(({ name }) => name === given)
    const found = named.flatMap((key) => key.source === "environment" ? [] : [key.id])
    const names = items.flatMap((key) => key.source === "environment" || key.revokedAt !== undefined ? [] : [key.name])
    const [id, ...others] = found
    if (id === undefined) {
      return yield* Failure.failAsUsage({
        message: named.length > 0
          ? `the key ${given} is in the environment of the gateway; take it out of INTERLINE_API_KEYS`
          : `there is no key "${given}"${names.length === 0 ? "" : `; keys are: ${names.join(", ")}`}`
      })
    }
    return others.length === 0
      ? id
      : yield* Failure.failAsUsage({ message: `${found.length} keys have the name ${given}; give an id: ${found.join(", ")}` })
  })

export const command = MakeVerb.makeVerb("keys revoke", (flags, [given = ""]) =>
  Effect.scoped(Effect.gen(function*() {
    const gateway = yield* Connect.connect(flags)
    const id = yield* findId(gateway, given)
    yield* Terminal.confirm(`the key ${given} is revoked for good, and what uses it is refused`, flags)
    yield* gateway.ask(gateway.client.keys.revokeKey({ path: { id } }))
    yield* Output.printOne(flags, Revoked, { id }, ({ id }) => `Revoked: ${id}. Every process refuses it within 5 seconds.`)
  })))
