/** `interline status`. */
import * as ApiSchema from "@interline/gateway/ApiSchema"
import * as Effect from "effect/Effect"
import * as Connect from "../../gateway/connect.ts"
import * as Input from "../../gateway/input.ts"
import * as MakeVerb from "../../grammar/makeVerb.ts"
import * as Deliveries from "../../print/deliveries.ts"
import * as Output from "../../print/output.ts"

export const command = MakeVerb.makeVerb("status", (flags, [given = ""]) =>
  Effect.scoped(Effect.gen(function*() {
    const id = yield* Input.readDelivery("the id")(given)
    const { ask, client } = yield* Connect.connect(flags)
    const asked = flags.ask ? { report: yield* ask(client.deliveries.status({ path: { id } })) } : {}
    const record = yield* ask(client.deliveries.getDelivery({ path: { id } }))
    yield* Output.printOne(flags, ApiSchema.DeliveryRecord, { ...record, ...asked }, Deliveries.toPage)
  })))
