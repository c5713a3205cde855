/** Prints with which entries something was done. */
import * as Schema from "effect/Schema"
import * as Output from "../../print/output.ts"

const Done = Schema.Struct({ ids: Schema.Array(Schema.String) })

export const printDone = (flags: { readonly json: boolean }, ids: ReadonlyArray<string>, word: string) =>
  Output.printOne(flags, Done, { ids }, ({ ids }) => ids.length === 0 ? "There was nothing to do." : `${word}: ${ids.join(", ")}`)
