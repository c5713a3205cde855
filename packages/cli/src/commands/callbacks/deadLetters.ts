/** `interline callbacks dead-letters`. */
import * as IsoTime from "@interline/core/IsoTime"
import * as CallbackTable from "@interline/sql/CallbackTable"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Connect from "../../gateway/connect.ts"
import * as MakeVerb from "../../grammar/makeVerb.ts"
import * as Output from "../../print/output.ts"
import * as Table from "../../print/table.ts"

const Letter = IsoTime.encodeTimes(CallbackTable.DeadLetter)

const page = (letters: ReadonlyArray<CallbackTable.DeadLetter>, columns: number): string =>
  Table.toTable(
    ["id", "given up (UTC)", "event", "tries", "why", "callback"],
    letters.map((
      { at, attempts, endpointId, eventId, id, why }
    ) => [id, Table.toTime(at), String(eventId), String(attempts), why, endpointId]),
    "No call was given up.",
    columns
  )

export const command = MakeVerb.makeVerb("callbacks dead-letters", (flags) =>
  Effect.scoped(Effect.gen(function*() {
    const { ask, client } = yield* Connect.connect(flags)
    const { items } = yield* ask(client.callbacks.listDeadLetters({ urlParams: { limit: Option.getOrElse(flags.limit, () => 20) } }))
    yield* Output.printList(flags, Letter, items, page)
  })))
