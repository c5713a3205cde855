import { CarrierId } from "@interline/core/CarrierId"
import * as Handle from "@interline/core/Handle"
import * as Line from "@interline/core/Line"
import * as Linq from "@interline/linq/Linq"
import * as Sendblue from "@interline/sendblue/Sendblue"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { describe, expect, it } from "vitest"
import type { FrontService } from "../src/fronts/kit/FrontService.ts"
import * as UnusedNumbers from "../src/fronts/kit/unusedNumbers.ts"

const [linq, sendblue] = [CarrierId.make("linq"), CarrierId.make("sendblue")]
const [support, sales] = [Line.name("support"), Line.name("sales")]
const [linqNumber, sendblueNumber, salesNumber] = ["+12025550101", "+12025550201", "+12025550202"].map(Handle.phone) as [
  Handle.Phone,
  Handle.Phone,
  Handle.Phone
]

const lines = new Map([
  [support, new Map([[linq, linqNumber], [sendblue, sendblueNumber]])],
  [sales, new Map([[sendblue, salesNumber]])]
])
const vendors = new Map([[linq, "linq"], [sendblue, "sendblue"]])
const overLinq = [{ id: linq, vendor: "linq", capabilities: Linq.capabilities, lines: new Map([[support, linqNumber]]) }]
const overSendblue = [{
  id: sendblue,
  vendor: "sendblue",
  capabilities: Sendblue.capabilities,
  lines: new Map([[support, sendblueNumber], [sales, salesNumber]])
}]

/** A front that knows only the number in use. */
const front = (number: Handle.Phone): FrontService => ({
  once: () => Effect.dieMessage("nothing is asked here"),
  send: () => Effect.dieMessage("nothing is sent here"),
  headers: () => ({}),
  strict: false,
  lineOf: (asked) => asked === number ? Option.some(support) : Option.none(),
  numberOf: () => Option.some(number),
  onlyLine: Option.none()
})

describe("a number at a carrier that is not in use", () => {
  it("is its line's, and what the line shows, as long as somebody carries the line", () => {
    const unused = UnusedNumbers.withUnusedNumbers(front(linqNumber), UnusedNumbers.make(lines, vendors, overLinq), overLinq, new Set())
    expect([linqNumber, sendblueNumber, salesNumber, "+12025550999"].map(unused.lineOf)).toEqual([
      Option.some(support),
      Option.some(support),
      Option.none(),
      Option.none()
    ])
    expect(unused.numberOf(support)).toEqual(Option.some(sendblueNumber))
  })

  it("gives way to a number that somebody named for the line", () => {
    const unused = UnusedNumbers.withUnusedNumbers(
      front(linqNumber),
      UnusedNumbers.make(lines, vendors, overLinq),
      overLinq,
      new Set([support])
    )
    expect(unused.numberOf(support)).toEqual(Option.some(linqNumber))
    expect(unused.lineOf(sendblueNumber)).toEqual(Option.some(support))
  })

  it("is not shown to a Sendblue program whose line Sendblue carries", () => {
    const unused = UnusedNumbers.withUnusedNumbers(
      front(sendblueNumber),
      UnusedNumbers.make(lines, vendors, overSendblue),
      overSendblue,
      new Set()
    )
    expect(unused.numberOf(support, sendblue)).toEqual(Option.some(sendblueNumber))
    expect(unused.lineOf(linqNumber)).toEqual(Option.some(support))
  })
})
