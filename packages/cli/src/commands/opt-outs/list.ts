/** `interline opt-outs list`. */
import * as IsoTime from "@interline/core/IsoTime"
import * as Suppression from "@interline/core/Suppression"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Connect from "../../gateway/connect.ts"
import * as MakeVerb from "../../grammar/makeVerb.ts"
import * as Output from "../../print/output.ts"
import * as Table from "../../print/table.ts"

const Entry = IsoTime.encodeTimes(Suppression.Entry)

const sources = {
  explicit: "we were asked",
  error: "a carrier refused a send",
  event: "they wrote it",
  list: "a carrier's list"
} as const satisfies Record<Suppression.Source, string>

const page = (entries: ReadonlyArray<Suppression.Entry>, columns: number): string =>
  Table.toTable(
    ["person", "since (UTC)", "why", "carrier"],
    entries.map(({ carrierId, handle, since, source }) => [handle, Table.toTime(since), sources[source], carrierId ?? "-"]),
    "Nobody opted out.",
    columns
  )

export const command = MakeVerb.makeVerb("opt-outs list", (flags) =>
  Effect.scoped(Effect.gen(function*() {
    const { ask, client } = yield* Connect.connect(flags)
    const limit = Option.getOrElse(flags.limit, () => 20)
    const pages = Output.readPages(limit, flags.cursor, (page) => ask(client.people.listOptOuts({ urlParams: page })))
    yield* Output.printPages(flags, Entry, pages, page)
  })))
