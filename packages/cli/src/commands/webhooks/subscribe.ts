/** `interline webhooks subscribe`. */
import { present } from "@interline/core/Optional"
import * as ApiSchema from "@interline/gateway/ApiSchema"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Connect from "../../gateway/connect.ts"
import * as Input from "../../gateway/input.ts"
import * as Terminal from "../../gateway/terminal.ts"
import * as MakeVerb from "../../grammar/makeVerb.ts"
import * as Output from "../../print/output.ts"
import * as Table from "../../print/table.ts"

const page = ({ carrierId, events, id, secret, url }: typeof ApiSchema.WebhookRecord.Type): string =>
  Table.toFacts([
    ["carrier", carrierId],
    ["url", url],
    ["events", events.join(", ")],
    ["id", id],
    ["secret, shown only now", secret === undefined ? undefined : Redacted.value(secret)]
  ])

export const command = MakeVerb.makeVerb("webhooks subscribe", (flags, [url = ""]) =>
  Effect.scoped(Effect.gen(function*() {
    const carrierId = yield* Input.readOption(flags.carrier, Input.readCarrier)
    // never an argument: other users of the machine can see those
    const secret = flags["with-secret"] ? yield* Terminal.readSecret("secret of the webhook") : undefined
    const events = Input.toWords(flags.events)
    const { ask, client } = yield* Connect.connect(flags)
    const before = "the webhook may have been subscribed: look at `interline webhooks list` before you repeat it"
    const record = yield* ask(client.webhooks.createWebhook({ payload: { url, events, ...present({ carrierId, secret }) } }), before)
    yield* Output.printOne(flags, ApiSchema.WebhookRecord, record, page)
  })))
