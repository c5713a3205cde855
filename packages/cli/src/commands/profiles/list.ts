/** `interline profiles list`. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Profiles from "../../gateway/profiles.ts"
import * as MakeVerb from "../../grammar/makeVerb.ts"
import * as Output from "../../print/output.ts"
import * as Table from "../../print/table.ts"

/** A profile without its key. */
const Shown = Schema.Struct({ name: Schema.String, url: Schema.String, key: Schema.String })

export const command = MakeVerb.makeVerb("profiles list", (flags) =>
  Effect.flatMap(Profiles.read, (profiles) =>
    Output.printList(
      flags,
      Shown,
      Object.entries(profiles).map(([name, { keyFrom, url }]) => ({
        name,
        url,
        key: keyFrom === undefined ? "in the file" : `in ${keyFrom}`
      })),
      (shown, columns) =>
        Table.toTable(
          ["name", "url", "key"],
          shown.map(({ key, name, url }) => [name, url, key]),
          "There are no profiles. `interline profiles add` adds one.",
          columns
        )
    )))
