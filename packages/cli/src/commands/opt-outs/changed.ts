/** Prints what became of people who opt out or in. */
import { CarrierId } from "@interline/core/CarrierId"
import { Handle } from "@interline/core/Handle"
import * as Schema from "effect/Schema"
import * as Output from "../../print/output.ts"

const Changed = Schema.Struct({
  people: Schema.Array(Schema.Struct({ handle: Handle, optedOut: Schema.Boolean, carriers: Schema.Array(CarrierId) }))
})

type People = typeof Changed.Type["people"]

export const printChanged = (flags: { readonly json: boolean }, people: People) =>
  Output.printOne(
    flags,
    Changed,
    { people },
    ({ people }) =>
      people.map(({ carriers, handle, optedOut }) =>
        `${handle} ${optedOut ? "is opted out" : "may be written to again"}${
          carriers.length === 0 ? "" : `, also at ${carriers.join(", ")}`
        }`
      ).join("\n")
  )
