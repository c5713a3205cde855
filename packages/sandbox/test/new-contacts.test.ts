import { describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import * as NewContacts from "../src/world/newContacts.ts"

const dayOf = (text: string) => {
  const { from, until } = NewContacts.dayOf(Date.parse(text))
  return [new Date(from).toISOString(), new Date(until).toISOString()]
}

// Sendblue's docs (limits), read 2026-11: a day is from 3 AM to 3 AM in New York
describe("the day of a line", () => {
  it("begins at 7 o'clock UTC in summer, and at 8 in winter", () => {
    deepStrictEqual(dayOf("2026-07-01T06:59:59.999Z"), ["2026-06-30T07:00:00.000Z", "2026-07-01T07:00:00.000Z"])
    deepStrictEqual(dayOf("2026-07-01T07:00:00.000Z"), ["2026-07-01T07:00:00.000Z", "2026-07-02T07:00:00.000Z"])
    deepStrictEqual(dayOf("2026-12-31T12:00:00.000Z"), ["2026-12-31T08:00:00.000Z", "2027-01-01T08:00:00.000Z"])
  })

  it("has 23 hours when the clocks go forward, and 25 when they go back", () => {
    deepStrictEqual(dayOf("2026-03-08T07:30:00.000Z"), ["2026-03-08T07:00:00.000Z", "2026-03-09T07:00:00.000Z"])
    deepStrictEqual(dayOf("2026-03-08T06:59:00.000Z"), ["2026-03-07T08:00:00.000Z", "2026-03-08T07:00:00.000Z"])
    deepStrictEqual(dayOf("2026-11-01T07:30:00.000Z"), ["2026-10-31T07:00:00.000Z", "2026-11-01T08:00:00.000Z"])
    deepStrictEqual(dayOf("2026-11-01T08:00:00.000Z"), ["2026-11-01T08:00:00.000Z", "2026-11-02T08:00:00.000Z"])
  })
})
