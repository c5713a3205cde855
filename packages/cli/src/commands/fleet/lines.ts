/** `interline lines`. */
import * as ApiSchema from "@interline/gateway/ApiSchema"
import * as Effect from "effect/Effect"
import * as Connect from "../../gateway/connect.ts"
import * as MakeVerb from "../../grammar/makeVerb.ts"
import * as Output from "../../print/output.ts"
import * as Table from "../../print/table.ts"

type Line = typeof ApiSchema.LineRecord.Type

const usageOf = ({ usage }: Line): string =>
  usage === undefined
    ? "-"
    : usage.day?.left !== undefined
    ? `${usage.day.left} of ${usage.day.limit ?? "?"} left today`
    : usage.why ?? usage.state

const stateOf = ({ available, ending, endsAt, gone, raw, status }: Line): string =>
  gone === true
    ? "not ours any more"
    : `${available ? "can send" : "cannot send"} (${raw ?? status})${ending === true ? `, ends ${endsAt ?? "soon"}` : ""}`

const page = (lines: ReadonlyArray<Line>, columns: number): string =>
  [
    Table.toTable(
      ["line", "number", "carrier", "state", "new people"],
      lines.map((line) => [line.name ?? "-", line.number, line.carrierId, stateOf(line), usageOf(line)]),
      "No carrier lists a line.",
      columns
    ),
    ...lines.flatMap(({ notices = [], number }) => notices.map(({ summary, wayOut }) => `${number}: ${summary}. ${wayOut}`))
  ].join("\n")

export const command = MakeVerb.makeVerb("lines", (flags) =>
  Effect.scoped(Effect.gen(function*() {
    const { ask, client } = yield* Connect.connect(flags)
    if (flags.check) yield* ask(client.lines.checkLines())
    const { items } = yield* ask(client.lines.listLines())
    yield* Output.printList(flags, ApiSchema.LineRecord, items, page)
  })))
