import { describe, expect, it } from "@effect/vitest"
import * as CarrierId from "@interline/core/CarrierId"
import * as Draft from "@interline/core/Draft"
import * as Handle from "@interline/core/Handle"
import * as Line from "@interline/core/Line"
import * as Part from "@interline/core/Part"
import * as Option from "effect/Option"
import type { Binding } from "../src/ledger/Ledger.ts"
import * as Affinity from "../src/policy/Affinity.ts"
import type { AffinityMode } from "../src/policy/Policy.ts"

const linq = CarrierId.make("linq")
const sendblue = CarrierId.make("sendblue")
const support = Line.name("support")
const sales = Line.name("sales")
const modes: ReadonlyArray<AffinityMode> = ["sticky", "pinned", "free"]

const chat = { carrierId: linq, id: "chat-1" as never }
const bound: Binding = { carrierId: linq, line: support, at: 100, version: 3, chat }

const consequence = (before: Option.Option<Binding>, after: Option.Option<Omit<Binding, "version">>): Affinity.Consequence =>
  Option.isNone(before)
    ? "binds"
    : Option.isSome(after) && (after.value.carrierId !== before.value.carrierId || after.value.line !== before.value.line)
    ? "moves"
    : "stays"

describe("the table says what the functions do", () => {
  it.each(modes)("first acceptance, %s", (mode) => {
    const after = Affinity.afterAcceptance(mode, Option.none(), { carrierId: linq, line: support }, 7)
    expect(after).toEqual(Option.some({ carrierId: linq, line: support, at: 7 }))
    expect(consequence(Option.none(), after)).toBe(Affinity.rows["first-acceptance"][mode].does)
  })

  it.each(modes)("acceptance elsewhere, %s", (mode) => {
    const after = Affinity.afterAcceptance(mode, Option.some(bound), { carrierId: sendblue, line: support }, 200)
    expect(after).toEqual(Option.some({ carrierId: sendblue, line: support, at: 200 }))
    expect(consequence(Option.some(bound), after)).toBe(Affinity.rows["acceptance-elsewhere"][mode].does)
  })

  it.each(modes)("inbound on another carrier's line, %s", (mode) => {
    const after = Affinity.afterInbound(mode, Option.some(bound), sendblue, support, 200)
    expect(consequence(Option.some(bound), after)).toBe(Affinity.rows.inbound[mode].does)
    expect(Option.map(after, ({ at }) => at)).toEqual(Option.some(200))
  })

  it("has a sentence in every cell", () => {
    for (const row of Object.values(Affinity.rows)) {
      expect(row.event).not.toBe("")
      for (const mode of modes) expect(row[mode].sentence).not.toBe("")
    }
  })
})

describe("a binding", () => {
  it("keeps its chat while only the time changes, and loses it when it moves", () => {
    expect(Affinity.afterAcceptance("sticky", Option.some(bound), { carrierId: linq, line: support }, 200)).toEqual(
      Option.some({ carrierId: linq, line: support, at: 200, chat })
    )
    expect(Affinity.afterAcceptance("sticky", Option.some(bound), { carrierId: linq, line: sales }, 200)).toEqual(
      Option.some({ carrierId: linq, line: sales, at: 200 })
    )
  })

  it("never goes back in time", () => {
    expect(Affinity.afterAcceptance("sticky", Option.some(bound), { carrierId: linq, line: support }, 100)).toEqual(Option.none())
    expect(Affinity.afterInbound("pinned", Option.some(bound), sendblue, support, 50)).toEqual(Option.none())
    expect(Affinity.afterInbound("sticky", Option.some(bound), sendblue, support, 50)).toEqual(
      Option.some({ carrierId: sendblue, line: support, at: 100 })
    )
  })

  it("of an unbound conversation is where the first message arrives, pinned or not", () => {
    for (const mode of modes) {
      expect(Affinity.afterInbound(mode, Option.none(), sendblue, sales, 5)).toEqual(
        Option.some({ carrierId: sendblue, line: sales, at: 5 })
      )
    }
  })
})

describe("a continuation", () => {
  const bold = (start: number, end: number): Part.Decoration => ({ start, end, style: "bold" })

  it("goes before the first text on a line of its own, and decorations follow their words", () => {
    const draft = Draft.make([Part.media("https://example.com/a.png"), Part.text("hello", [bold(0, 5)]), Part.text("again", [bold(1, 2)])])
    const continued = Affinity.withContinuation(draft, "New number")
    expect(continued.parts).toEqual([
      Part.media("https://example.com/a.png"),
      Part.text("New number\nhello", [bold(11, 16)]),
      Part.text("again", [bold(1, 2)])
    ])
  })

  it("moves mentions with their words", () => {
    const mention = { handle: Handle.make("+12025550142"), start: 3, end: 6 }
    const continued = Affinity.withContinuation(Draft.make([Part.text("😀 Ana!", undefined, [mention])]), "New number 📱")
    const [part] = continued.parts
    expect(part._tag === "Text" && part.mentions?.map(({ end, start }) => part.text.slice(start, end))).toEqual(["Ana"])
  })

  it("changes a first text and leaves everything else of the draft", () => {
    expect(Affinity.withContinuation(Draft.text("hello", { effect: "confetti" }), "Hi")).toEqual(
      Draft.text("Hi\nhello", { effect: "confetti" })
    )
  })

  it("is left out where there is no text: another part would change which part a reply means", () => {
    const draft = Draft.media("https://example.com/a.png")
    expect(Affinity.withContinuation(draft, "Hi")).toBe(draft)
  })

  it("is left out where fields for one vendor may name places in the text", () => {
    const text = Draft.text("hello", { extras: { vendor: "linq", parts: [{ part: 0, fields: { mention_range: [0, 5] } }] } })
    expect(Affinity.withContinuation(text, "Hi")).toBe(text)
    const beside = Draft.make([Part.media("https://example.com/a.png"), Part.text("hello")], {
      extras: { vendor: "linq", parts: [{ part: 0, fields: { alt: "a" } }] }
    })
    expect(Affinity.withContinuation(beside, "Hi").parts[1]).toEqual(Part.text("Hi\nhello"))
  })

  it("is left out beside a lone link", () => {
    const draft = Draft.link("https://example.com")
    expect(Affinity.withContinuation(draft, "Hi")).toBe(draft)
  })
})
