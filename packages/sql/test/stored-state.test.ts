/** The state of a delivery in its column: written by hand, and read by a schema. */
import { describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import * as Decision from "@interline/router/Decision"
import * as Arbitrary from "effect/Arbitrary"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import * as Schema from "effect/Schema"
import * as StoredState from "../src/rows/storedState.ts"

describe("the state of a delivery in its column", () => {
  it("is written as its schema says", () =>
    FastCheck.assert(
      FastCheck.property(Arbitrary.make(Decision.State), (state) => {
        const text = Effect.runSync(StoredState.encode(state))
        deepStrictEqual<unknown>(JSON.parse(text), JSON.parse(JSON.stringify(Schema.encodeSync(StoredState.StoredState)(state))))
      }),
      { numRuns: 200 }
    ))
})
