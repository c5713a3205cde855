/** `interline carriers`. */
import * as ApiSchema from "@interline/gateway/ApiSchema"
import * as Effect from "effect/Effect"
import * as Connect from "../../gateway/connect.ts"
import * as MakeVerb from "../../grammar/makeVerb.ts"
import * as Output from "../../print/output.ts"
import * as Table from "../../print/table.ts"

type Carrier = typeof ApiSchema.CarrierRecord.Type

const stateOf = (state: Carrier["health"][number] | undefined): string => {
  if (state === undefined) return "not used yet"
  const { faults = [], gone, since, state: breaker, until } = state
  const word = gone === true
    ? "not ours any more"
    : breaker === "closed"
    ? "ok"
    : [
      breaker,
      ...(since === undefined ? [] : [`since ${Table.toTime(since)}`]),
      ...(until === undefined ? [] : [`until ${Table.toTime(until)}`])
    ].join(" ")
  return faults.length === 0 ? word : `${word}; to mend: ${faults.map(({ reason }) => reason).join(", ")}`
}

const rowsOf = ({ health, id, lines, vendor }: Carrier): ReadonlyArray<ReadonlyArray<string>> =>
  Object.entries(lines).map(([line, number]) => {
    const state = health.find((one) => one.line === line)
    return [id, vendor, line, String(number), stateOf(state), state === undefined ? "-" : String(state.newContacts.day)]
  })

const page = (carriers: ReadonlyArray<Carrier>, columns: number): string =>
  [
    Table.toTable(
      ["carrier", "vendor", "line", "number", "state", "new today"],
      carriers.flatMap(rowsOf),
      "No carrier has a line.",
      columns
    ),
    ...carriers.flatMap(({ id, notices }) => notices.map(({ summary, wayOut }) => `${id}: ${summary}. ${wayOut}`))
  ].join("\n")

export const command = MakeVerb.makeVerb("carriers", (flags) =>
  Effect.scoped(Effect.gen(function*() {
    const { ask, client } = yield* Connect.connect(flags)
    const { items } = yield* ask(client.carriers.listCarriers())
    yield* Output.printList(flags, ApiSchema.CarrierRecord, items, page)
  })))
