/** `interline held list`. */
import * as ApiSchema from "@interline/gateway/ApiSchema"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Connect from "../../gateway/connect.ts"
import * as MakeVerb from "../../grammar/makeVerb.ts"
import * as Deliveries from "../../print/deliveries.ts"
import * as Output from "../../print/output.ts"
import * as Table from "../../print/table.ts"

type Held = typeof ApiSchema.HeldDelivery.Type

const page = (items: ReadonlyArray<Held>, columns: number): string =>
  Table.toTable(
    ["since (UTC)", "person", "carrier", "line", "why", "text begins with", "id"],
    items.map(({ conversation, deliveryId, preview, since, trial }) => [
      Table.toTime(since),
      Deliveries.toPeople(conversation),
      trial.carrierId,
      trial.line,
      trial.why,
      preview ?? "-",
      deliveryId
    ]),
    "Nothing is held.",
    columns
  )

export const command = MakeVerb.makeVerb("held list", (flags) =>
  Effect.scoped(Effect.gen(function*() {
    const { ask, client } = yield* Connect.connect(flags)
    const { items } = yield* ask(client.held.listHeld({ urlParams: { limit: Option.getOrElse(flags.limit, () => 20) } }))
    yield* Output.printList(flags, ApiSchema.HeldDelivery, items, page)
  })))
