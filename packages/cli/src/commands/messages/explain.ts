/** `interline explain`. */
import * as IsoTime from "@interline/core/IsoTime"
import * as MessageRef from "@interline/core/MessageRef"
import * as ApiSchema from "@interline/gateway/ApiSchema"
import * as Effect from "effect/Effect"
import * as Connect from "../../gateway/connect.ts"
import * as Input from "../../gateway/input.ts"
import * as MakeVerb from "../../grammar/makeVerb.ts"
import * as Deliveries from "../../print/deliveries.ts"
import * as Output from "../../print/output.ts"
import * as Table from "../../print/table.ts"

type Explanation = typeof ApiSchema.Explanation.Type

/** What a decision has beside its time and its delivery, in words. */
const detailOf = ({ _tag, at: _, ...decision }: Explanation["decisions"][number]): string =>
  Object.entries(decision).flatMap(([name, value]) =>
    name === "deliveryId" || name === "why"
      ? []
      : [`${name} ${
        name === "until" && typeof value === "number"
          ? String(IsoTime.format(value))
          : name === "ref" || name === "other"
          ? MessageRef.format(value)
          : name === "route"
          ? value.map(({ carrierId }: { readonly carrierId: string }) => carrierId).join(" then ")
          : String(value)
      }`]
  ).join(", ")

const page = ({ decisions, outcome, trials }: Explanation, columns: number): string =>
  [
    Table.toTable(
      ["time (UTC)", "decision", "why", "detail"],
      decisions.map((decision) => [Table.toTime(decision.at), decision._tag, "why" in decision ? decision.why : "", detailOf(decision)]),
      "No decision is on record.",
      columns
    ),
    "",
    Deliveries.toTries(trials, columns),
    "",
    `In the end: ${outcome?._tag ?? "not over"}`
  ].join("\n")

export const command = MakeVerb.makeVerb("explain", (flags, [given = ""]) =>
  Effect.scoped(Effect.gen(function*() {
    const id = yield* Input.readDelivery("the id")(given)
    const { ask, client } = yield* Connect.connect(flags)
    yield* Output.printOne(flags, ApiSchema.Explanation, yield* ask(client.deliveries.explain({ path: { id } })), page)
  })))
