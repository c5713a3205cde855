/** What a vendor's list says of itself, of its clock, and of one request. */
import { describe, expect, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import * as Option from "effect/Option"
import * as ListEvidence from "../src/http/ListEvidence.ts"
import { receipt } from "./support.ts"

const start = Date.parse("2026-05-08T12:00:00.000Z")

describe("a vendor's clock", () => {
  it("is within what its Date, in whole seconds, leaves open", () => {
    FastCheck.assert(FastCheck.property(
      FastCheck.integer({ min: -600_000, max: 600_000 }),
      FastCheck.nat(999),
      FastCheck.nat(3_000),
      FastCheck.nat(3_000),
      (ahead, phase, there, back) => {
        const sentAt = start + phase
        const date = new Date(sentAt + there + ahead).toUTCString()
        const skew = ListEvidence.skewOf(date, sentAt, sentAt + there + back)
        expect(Option.isSome(skew) && skew.value.least <= ahead && ahead <= skew.value.most).toBe(true)
      }
    ))
  })

  it.each([
    undefined,
    "",
    "0",
    "Fri, 08 May 2026 12:00:05",
    "Friday, 08-May-26 12:00:05 GMT",
    "2026-05-08T12:00:05Z",
    "Fri, 99 May 2026 12:00:05 GMT"
  ])(
    "is not measured by %s",
    (date) => expect(ListEvidence.skewOf(date, start, start + 1)).toEqual(Option.none())
  )

  it("is not measured while ours runs backwards", () => {
    expect(ListEvidence.skewOf("Fri, 08 May 2026 12:00:05 GMT", start, start - 1)).toEqual(Option.none())
  })

  const some = (least: number, most: number) => Option.some({ least, most })
  it.each(
    [
      ["one", [some(0, 900)], some(0, 900)],
      ["two that narrow each other", [some(0, 900), some(-400, 300)], some(0, 300)],
      ["two that contradict each other", [some(0, 900), some(1_000, 1_900)], Option.none()],
      ["one that is missing", [some(0, 900), Option.none()], Option.none()],
      ["none", [], Option.none()],
      ["a slow one", [some(-5_000, 1_000)], Option.none()],
      ["a slow one and a fast one", [some(-5_000, 1_000), some(-100, 900)], some(-100, 900)]
    ] as const
  )("measured by %s", (_, skews, expected) => expect(ListEvidence.together(skews)).toEqual(expected))
})

describe("a vendor's date", () => {
  it.each([
    ["2026-05-08T12:00:00.000Z", start],
    ["2026-05-08T12:00:00Z", start],
    ["2026-05-08T12:00Z", start],
    ["2026-05-08T14:00:00+02:00", start],
    ["2026-05-08T12:00:00.000000000Z", start],
    ["2026-05-08T12:00:00", undefined],
    ["2026-05-08", undefined],
    ["2026-05-08 12:00:00", undefined],
    ["Fri, 08 May 2026 12:00:00", undefined],
    ["1778241600000", undefined],
    ["2026-13-08T12:00:00Z", undefined],
    ["", undefined],
    [undefined, undefined]
  ])("%s", (date, time) => expect(ListEvidence.timeOf(date)).toBe(time))
})

describe("a vendor's spelling of a number", () => {
  it.each(
    [
      ["+12025550131", "same"],
      ["12025550131", "same"],
      [" +1 (202) 555-0131 ", "same"],
      ["+１２０２５５５０１３１", "same"],
      ["2025550131", "unclear"],
      ["02025550131", "unclear"],
      ["0012025550131", "unclear"],
      ["5550131", "unclear"],
      ["0131", "unclear"],
      ["unknown", "unclear"],
      ["", "unclear"],
      [undefined, "unclear"],
      ["+12025550132", "other"],
      ["+442025550131", "other"],
      ["ada@example.com", "other"]
    ] as const
  )("%s", (spelling, expected) => expect(ListEvidence.names(spelling, "+12025550131")).toBe(expected))

  it("of an address", () => {
    expect(ListEvidence.names("Ada@Example.com", "ada@example.com")).toBe("same")
    expect(ListEvidence.names("bob@example.com", "ada@example.com")).toBe("other")
  })
})

describe("a list read by a cursor", () => {
  const page: ListEvidence.Page = { status: 200, rows: 3, fault: undefined, end: true }
  it.each<readonly [string, ReadonlyArray<ListEvidence.Page>, boolean]>([
    ["one page that ends", [page], true],
    ["two pages, the second of which ends", [{ ...page, end: false }, page], true],
    ["nothing", [], false],
    ["a page that goes on", [{ ...page, end: false }], false],
    ["a page that does not say whether it goes on", [{ ...page, end: undefined }], false],
    ["a page after the end", [page, page], false],
    ["a page with a fault", [{ ...page, fault: "it is an error" }], false],
    ["a page with another status", [{ ...page, status: 202 }], false]
  ])("%s", (_, pages, whole) => expect(ListEvidence.gapOf(pages, 3, false) === undefined).toBe(whole))
})

describe("the rows of a list", () => {
  const skew = Option.some({ least: 0, most: 1_000 })
  const row = (name: string, at: number | undefined, isEqual = true): ListEvidence.Row => ({ receipt: receipt(name, [0]), at, isEqual })
  const ids = ({ matches, others }: ListEvidence.Sight) => [matches.map(({ ref }) => ref.id), others.map(({ ref }) => ref.id)]

  it("that are equal and from after the start are matches, the earliest first", () => {
    expect(ids(ListEvidence.sight([row("b", start + 2), row("a", start + 1), row("a", start + 1)], start, skew, undefined))).toEqual([[
      "a",
      "b"
    ], []])
  })

  it("that are older, of an unknown time or not equal are others; those from long before or long after are nothing", () => {
    const rows = [
      row("old", start - 1),
      row("undated", undefined),
      row("near", start + 1, false),
      row("older", start - 600_000),
      row("ancient", start - 600_001),
      row("late", start + 601_001)
    ]
    expect(ids(ListEvidence.sight(rows, start, skew, undefined))).toEqual([[], ["old", "undated", "near", "older"]])
  })

  it("are all others while the vendor's clock is not measured, and show no absence", () => {
    const sight = ListEvidence.sight([row("a", start + 1), row("ancient", start - 1e9)], start, Option.none(), undefined)
    expect([ids(sight), sight.gap === undefined]).toEqual([[[], ["a", "ancient"]], false])
  })

  it("without a name show no absence", () => {
    expect(ListEvidence.sight([{ receipt: undefined, at: start + 1, isEqual: true }], start, skew, undefined).gap).toBeDefined()
    expect(ListEvidence.sight([{ receipt: undefined, at: start - 1e9, isEqual: true }], start, skew, undefined).gap).toBeUndefined()
  })
})
