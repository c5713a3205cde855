/** `interline keys create`. */
import { present } from "@interline/core/Optional"
import * as AccessSchema from "@interline/gateway/AccessSchema"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as Connect from "../../gateway/connect.ts"
import * as Input from "../../gateway/input.ts"
import * as Failure from "../../grammar/failure.ts"
import * as MakeVerb from "../../grammar/makeVerb.ts"
import * as Output from "../../print/output.ts"
import * as Table from "../../print/table.ts"

const readRequest = Schema.decodeUnknown(AccessSchema.KeyRequest)

const wrong = "a key has a name of letters, digits, dashes and underscores, and the scopes read, send, operate or admin"

const page = ({ expiresAt, id, lines, name, scopes, secret }: typeof AccessSchema.CreatedKey.Type): string =>
  Table.toFacts([
    ["name", name],
    ["may", scopes.join(", ")],
    ["lines", lines?.join(", ") ?? "all"],
    ["expires", expiresAt === undefined ? "never" : Table.toTime(expiresAt)],
    ["id", id],
    ["secret, shown only now", secret === undefined ? undefined : Redacted.value(secret)]
  ])

export const command = MakeVerb.makeVerb("keys create", (flags, [name]) =>
  Effect.scoped(Effect.gen(function*() {
    const expiresAt = yield* Input.readOption(flags.expires, Input.readTime("expires"))
    const payload = yield* Effect.mapError(
      readRequest({
        name,
        scopes: Input.toWords(flags.scopes),
        ...present({
          lines: Option.getOrUndefined(Option.map(flags.lines, Input.toWords)),
          expiresAt: expiresAt === undefined ? undefined : String(expiresAt)
        })
      }),
      () => new Failure.Failure({ message: wrong, code: 2 })
    )
    const { ask, client } = yield* Connect.connect(flags)
    const before = "the key may have been created and its secret is lost: look at `interline keys list`, and revoke it"
    yield* Output.printOne(flags, AccessSchema.CreatedKey, yield* ask(client.keys.createKey({ payload }), before), page)
  })))
