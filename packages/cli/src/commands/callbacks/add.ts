/** `interline callbacks add`. */
import { present } from "@interline/core/Optional"
import * as ApiSchema from "@interline/gateway/ApiSchema"
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

const readRequest = Schema.decodeUnknown(ApiSchema.CallbackRequest)

const page = ({ dialect, events, id, secret, url }: ApiSchema.CallbackRecord): string =>
  Table.toFacts([
    ["id", id],
    ["url", url],
    ["dialect", dialect],
    ["events", events.length === 0 ? "all" : events.join(", ")],
    ["secret, shown only now", secret === undefined ? undefined : Redacted.value(secret)]
  ])

export const command = MakeVerb.makeVerb("callbacks add", (flags, [url]) =>
  Effect.scoped(Effect.gen(function*() {
    const events = Option.getOrUndefined(Option.map(flags.events, Input.toWords))
    const payload = yield* Effect.mapError(
      readRequest({ url, ...present({ events, dialect: Option.getOrUndefined(flags.dialect) }) }),
      () => new Failure.Failure({ message: "--dialect cannot be the name of a dialect", code: 2 })
    )
    const { ask, client } = yield* Connect.connect(flags)
    const before = "the address may have been added: look at `interline callbacks list` before you repeat it"
    yield* Output.printOne(flags, ApiSchema.CallbackRecord, yield* ask(client.callbacks.createCallback({ payload }), before), page)
  })))
