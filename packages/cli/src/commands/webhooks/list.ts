/** `interline webhooks list`. */
import * as ApiSchema from "@interline/gateway/ApiSchema"
import * as Effect from "effect/Effect"
import * as Connect from "../../gateway/connect.ts"
import * as MakeVerb from "../../grammar/makeVerb.ts"
import * as Output from "../../print/output.ts"
import * as Table from "../../print/table.ts"

type Webhook = typeof ApiSchema.WebhookRecord.Type

const page = (webhooks: ReadonlyArray<Webhook>, columns: number): string =>
  Table.toTable(
    ["carrier", "url", "events", "lines", "called", "id"],
    webhooks.map(({ active, carrierId, events, id, lines, url }) => [
      carrierId,
      url,
      events.join(", "),
      lines.length === 0 ? "all" : lines.join(", "),
      active ? "yes" : "no",
      id
    ]),
    "No carrier calls a webhook. `interline webhooks subscribe` subscribes one.",
    columns
  )

export const command = MakeVerb.makeVerb("webhooks list", (flags) =>
  Effect.scoped(Effect.gen(function*() {
    const { ask, client } = yield* Connect.connect(flags)
    const { items } = yield* ask(client.webhooks.listWebhooks())
    yield* Output.printList(flags, ApiSchema.WebhookRecord, items, page)
  })))
