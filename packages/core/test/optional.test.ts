import { describe, expect, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import { optional, present } from "../src/runtime/Optional.ts"

describe("fields that may be absent", () => {
  it("a record keeps what has a value, null too, in its order", () => {
    deepStrictEqual(Object.entries(present({ b: 1, gone: undefined, a: null, empty: "", no: false })), [
      ["b", 1],
      ["a", null],
      ["empty", ""],
      ["no", false]
    ])
  })

  it("a schema takes no undefined", () => {
    const decode = Schema.decodeUnknownEither(Schema.Struct({ name: optional(Schema.String) }))
    deepStrictEqual(Either.getOrThrow(decode({})), {})
    deepStrictEqual(Either.getOrThrow(decode({ name: "Ada" })), { name: "Ada" })
    expect(Either.isLeft(decode({ name: undefined }))).toBe(true)
  })
})
