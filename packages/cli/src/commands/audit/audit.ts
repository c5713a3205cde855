/** `interline audit`. */
import * as IsoTime from "@interline/core/IsoTime"
import { present } from "@interline/core/Optional"
import * as AuditTable from "@interline/sql/AuditTable"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Connect from "../../gateway/connect.ts"
import * as Input from "../../gateway/input.ts"
import * as MakeVerb from "../../grammar/makeVerb.ts"
import * as Output from "../../print/output.ts"
import * as Table from "../../print/table.ts"

const Entry = IsoTime.encodeTimes(AuditTable.Entry)

const page = (entries: ReadonlyArray<AuditTable.Entry>, columns: number): string =>
  Table.toTable(
    ["time (UTC)", "key", "act", "to", "outcome"],
    entries.map(({ act, actor, at, outcome, subject }) => [Table.toTime(at), actor, act, subject ?? "-", outcome]),
    "No act matches.",
    columns
  )

export const command = MakeVerb.makeVerb("audit", (flags) =>
  Effect.scoped(Effect.gen(function*() {
    const filters = present({
      actor: Option.getOrUndefined(flags.actor),
      act: Option.getOrUndefined(flags.act),
      subject: Option.getOrUndefined(flags.subject),
      since: yield* Input.readOption(flags.since, Input.readTime("since")),
      until: yield* Input.readOption(flags.until, Input.readTime("until"))
    })
    const { ask, client } = yield* Connect.connect(flags)
    const limit = Option.getOrElse(flags.limit, () => 20)
    const pages = Output.readPages(limit, flags.cursor, (page) => ask(client.audit.listAudit({ urlParams: { ...filters, ...page } })))
    yield* Output.printPages(flags, Entry, pages, page)
  })))
