import { describe, expect, it } from "@effect/vitest"
import * as Validate from "../src/carrier/validate.ts"
import * as Draft from "../src/content/Draft.ts"
import * as Extras from "../src/content/Extras.ts"
import { CarrierId } from "../src/names/CarrierId.ts"
import * as Plan from "../src/outcome/Plan.ts"

const own: Extras.OwnFields = {
  message: Extras.names("parts", "reply_to"),
  part: Extras.names("type", "media_url"),
  effect: Extras.names("name")
}
const extras: Extras.Extras = {
  vendor: "linq",
  message: { subject: "x" },
  effect: { speed: 2 },
  parts: [{ part: 1, fields: { mention: "@ada" } }]
}
const told = ({ losses }: Extras.Settled) => losses.map(({ from, part }) => part === undefined ? from : `${part} ${from}`)

describe("fields for one vendor", () => {
  it("are taken in their places at that vendor", () => {
    const settled = Extras.settle(extras, "linq", own)
    expect([settled.message, settled.effect, settled.partOf(0), settled.partOf(1), settled.losses]).toEqual([
      { subject: "x" },
      { speed: 2 },
      {},
      { mention: "@ada" },
      []
    ])
  })

  it("are losses at every other one, each named with its part", () => {
    const settled = Extras.settle(extras, "sendblue", own)
    expect([settled.message, settled.effect, settled.partOf(1)]).toEqual([{}, {}, {}])
    expect(told(settled)).toEqual(["subject", "1 mention", "effect.speed"])
    expect(new Set(settled.losses.map(({ certainty, kind }) => `${kind} ${certainty}`))).toEqual(new Set(["unknown-field certain"]))
  })

  it("are losses where the request has no such place", () => {
    const { effect: _, ...flat } = own
    expect(told(Extras.settle(extras, "linq", flat))).toEqual(["effect.speed"])
  })

  const withheld: ReadonlyArray<readonly [string, unknown]> = [
    ["parts", []],
    ["Parts", []],
    ["replyTo", {}],
    ["to", "+12025550190"],
    ["bcc", []],
    ["fromNumber", "+12025550190"],
    ["group_id", "g"],
    ["recipients", []],
    ["idempotency_key", "k"],
    ["IdempotencyKey", "k"],
    ["status_callback", "https://example.com"],
    ["webhook_url", "https://example.com"],
    ["override_optout", true],
    ["pre_reply_override", true],
    ["ignore_consent", true],
    ["scheduled_at", 1],
    ["send_at", 1],
    ["options", [{ deeper: { statusCallback: "https://example.com" } }]]
  ]
  for (const [name, value] of withheld) {
    it(`never say ${name}${name === "options" ? " with a callback in it" : ""}, also at that vendor`, () => {
      const settled = Extras.settle({ vendor: "linq", message: { [name]: value, subject: "x" } }, "linq", own)
      expect([settled.message, told(settled)]).toEqual([{ subject: "x" }, [name]])
    })
  }

  it("refuse a draft under exact by the field's name", () => {
    const { losses } = Extras.settle(extras, "sendblue", own)
    const plan = Plan.make(CarrierId.make("sendblue"), "exact", [], losses, () => expect.fail("not to be planned"))
    expect(plan._tag === "Refused" && plan.problems.map(({ path, rule }) => `${rule} ${path.join(".")}`)).toEqual([
      "fidelity subject",
      "fidelity parts.1.mention",
      "fidelity effect.speed"
    ])
  })
})

describe("a draft's extras", () => {
  const problems = (extras: unknown) => Validate.draft({ ...Draft.text("hello"), extras }).map(({ path }) => path.join("."))
  const nested = (depth: number): unknown => depth === 0 ? 1 : [nested(depth - 1)]
  const wrong: ReadonlyArray<readonly [string, unknown, string]> = [
    ["no record", [], "extras"],
    ["no vendor", { message: {} }, "extras"],
    ["a name with a blank", { vendor: "linq", message: { "a b": 1 } }, "extras.message"],
    ["a name that is a number", { vendor: "linq", effect: { "+12025550190": 1 } }, "extras.effect"],
    ["a name that means something to the language", { vendor: "linq", message: JSON.parse(`{"__proto__":1}`) }, "extras.message"],
    ["such a name below", { vendor: "linq", message: { a: JSON.parse(`{"__proto__":1}`) } }, "extras.message"],
    ["what is no JSON", { vendor: "linq", message: { a: new Date(0) } }, "extras.message"],
    ["a number that JSON has not", { vendor: "linq", message: { a: [Number.NaN] } }, "extras.message"],
    ["a NUL", { vendor: "linq", message: { a: { b: "\0" } } }, "extras.message"],
    ["half a pair", { vendor: "linq", message: { a: { "\ud800": 1 } } }, "extras.message"],
    ["too many levels", { vendor: "linq", message: { a: nested(17) } }, "extras.message"],
    ["too much", { vendor: "linq", message: { a: "x".repeat(16_384) } }, "extras"],
    [
      "too many fields",
      { vendor: "linq", message: Object.fromEntries(Array.from({ length: 201 }, (_, index) => [`f${index}`, 1])) },
      "extras"
    ],
    ["a part that is not there", { vendor: "linq", parts: [{ part: 1, fields: {} }] }, "extras.parts"],
    ["a part named twice", { vendor: "linq", parts: [{ part: 0, fields: {} }, { part: 0, fields: {} }] }, "extras.parts"],
    ["a part without fields", { vendor: "linq", parts: [{ part: 0 }] }, "extras.parts"]
  ]
  for (const [name, value, path] of wrong) it(`are refused for ${name}`, () => expect(problems(value)).toEqual([path]))

  it("pass in every place", () =>
    expect(problems({ vendor: "linq", message: { a: nested(16) }, effect: {}, parts: [{ part: 0, fields: { b: null } }] })).toEqual([]))
})
