/** `interline held settle`. */
import * as ApiSchema from "@interline/gateway/ApiSchema"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Connect from "../../gateway/connect.ts"
import * as Input from "../../gateway/input.ts"
import * as Terminal from "../../gateway/terminal.ts"
import * as Failure from "../../grammar/failure.ts"
import * as MakeVerb from "../../grammar/makeVerb.ts"
import * as Deliveries from "../../print/deliveries.ts"
import * as Output from "../../print/output.ts"

export const command = MakeVerb.makeVerb("held settle", (flags, [given = ""]) =>
  Effect.scoped(Effect.gen(function*() {
    const id = yield* Input.readDelivery("the id")(given)
    if (Option.isSome(flags.arrived) === flags["not-sent"]) {
      yield* Failure.failAsUsage({ message: "say what became of it: --arrived with the carrier's ref of the message, or --not-sent" })
    }
    const ref = yield* Input.readOption(flags.arrived, Input.readRef("arrived"))
    yield* Terminal.confirm(
      ref === undefined
        ? `the delivery ${id} counts as not sent, so that it may be sent again; a person who has it would get it twice`
        : `the delivery ${id} counts as arrived; a person who does not have it will not get it`,
      flags
    )
    const { ask, client } = yield* Connect.connect(flags)
    const path = { id }
    const settled = yield* ask(
      ref === undefined
        ? client.held.settle({ path, payload: { verdict: "not-sent" } })
        : client.held.settle({ path, payload: { verdict: "arrived", ref, ...(flags.unchecked ? { unchecked: true } : {}) } })
    )
    if (ref !== undefined && !settled.checked) {
      yield* Console.error(`The id was not checked: ${settled.why ?? "the carrier was not asked"}.`)
    }
    yield* Output.printOne(flags, ApiSchema.DeliveryRecord, yield* ask(client.deliveries.getDelivery({ path: { id } })), Deliveries.toPage)
  })))
