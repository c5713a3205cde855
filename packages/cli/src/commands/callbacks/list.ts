/** `interline callbacks list`. */
import * as ApiSchema from "@interline/gateway/ApiSchema"
import * as Effect from "effect/Effect"
import * as Connect from "../../gateway/connect.ts"
import * as MakeVerb from "../../grammar/makeVerb.ts"
import * as Output from "../../print/output.ts"
import * as Table from "../../print/table.ts"

const orAll = (words: ReadonlyArray<string>): string => words.length === 0 ? "all" : words.join(", ")

const page = (items: ReadonlyArray<ApiSchema.CallbackRecord>, columns: number): string =>
  Table.toTable(
    ["id", "url", "dialect", "events", "lines", "active"],
    items.map(({ active, dialect, events, id, lines, url }) => [id, url, dialect, orAll(events), orAll(lines), active ? "yes" : "no"]),
    "No address is called. `interline callbacks add` adds one.",
    columns
  )

export const command = MakeVerb.makeVerb("callbacks list", (flags) =>
  Effect.scoped(Effect.gen(function*() {
    const { ask, client } = yield* Connect.connect(flags)
    const { items } = yield* ask(client.callbacks.listCallbacks())
    yield* Output.printList(flags, ApiSchema.CallbackRecord, items, page)
  })))
