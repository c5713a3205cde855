import { describe, expect, it } from "@effect/vitest"
import { strictEqual } from "@effect/vitest/utils"
import * as Cause from "effect/Cause"
import * as FiberId from "effect/FiberId"
import * as Defect from "../src/runtime/Defect.ts"

const secret = "call +12025550123"

describe("what of a defect may be logged", () => {
  it("its name, whatever was thrown", () => {
    strictEqual(Defect.nameOf(new TypeError(secret)), "TypeError")
    strictEqual(Defect.nameOf({ _tag: "Broken", secret }), "Broken")
    strictEqual(Defect.nameOf(secret), "string")
    strictEqual(Defect.nameOf(null), "object")
  })

  it("all names of a cause; without a defect it was an interruption", () => {
    strictEqual(Defect.namesIn(Cause.parallel(Cause.die(new TypeError(secret)), Cause.die(secret))), "TypeError, string")
    strictEqual(Defect.namesIn(Cause.interrupt(FiberId.none)), "interruption")
  })

  it("its place, without its message", () => {
    const places = Defect.placesIn(Cause.die(new TypeError(secret))).split("\n")
    strictEqual(places[0], "TypeError")
    expect(places.length).toBeGreaterThan(1)
    expect(places.slice(1).every((line) => line.startsWith("    at "))).toBe(true)
    expect(places.join()).not.toContain("+1202")
  })
})
