import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Capabilities from "../src/carrier/Capabilities.ts"
import * as Loss from "../src/content/Loss.ts"
import * as Carriers from "../src/messaging/Carriers.ts"
import * as Problem from "../src/names/Problem.ts"
import * as Plan from "../src/outcome/Plan.ts"
import { capabilities, fake, linq, sendblue } from "./support.ts"

const step: Plan.Step = { operation: "message", method: "POST", path: "/messages", body: {}, parts: [0], keyed: true }
const dropped = Loss.certain("effect-dropped", "no effects here", { part: 1 })
const perhaps = Loss.conditional("decorations-dropped", "not-iMessage", "iMessage only")
const tooLong = Problem.make("text-length", ["parts", 0, "text"], "longer than this carrier takes", { limit: 10, actual: 12 })

const plan = (fidelity: "exact" | "adapt", problems: ReadonlyArray<Problem.Problem>, losses: ReadonlyArray<Loss.Loss>) => {
  let built = 0
  const made = Plan.make(linq, fidelity, problems, losses, () => {
    built++
    return [step]
  })
  return { built, made }
}

describe("Plan.make", () => {
  it("any problem refuses, and then no step is built", () => {
    expect(plan("adapt", [tooLong], [])).toEqual({ built: 0, made: { _tag: "Refused", carrierId: linq, problems: [tooLong] } })
  })

  it("adapt takes losses along", () => {
    expect(plan("adapt", [], [dropped, perhaps]).made).toEqual({
      _tag: "Sendable",
      carrierId: linq,
      steps: [step],
      losses: [dropped, perhaps]
    })
  })

  it("exact refuses certain losses, naming the part and the way out, and takes conditional ones along", () => {
    const { built, made } = plan("exact", [], [dropped, perhaps])
    expect(built).toBe(0)
    expect(made).toMatchObject({ _tag: "Refused", problems: [{ rule: "fidelity", path: ["parts", 1] }] })
    expect(made._tag === "Refused" && made.problems[0].message).toContain("adapt")
    expect(plan("exact", [], [perhaps]).made).toMatchObject({ _tag: "Sendable", losses: [perhaps] })
  })
})

describe("Problem.format", () => {
  it("gives the field, the rule and the bound", () => {
    expect(Problem.format(tooLong)).toBe("parts.0.text: longer than this carrier takes (limit 10, got 12)")
    expect(Problem.format(Problem.make("type", [], "not a draft"))).toBe("input: not a draft")
  })
})

describe("Carriers.make", () => {
  it.effect("keeps carriers by id, and fails when two share one", () =>
    Effect.gen(function*() {
      const first = yield* fake()
      const second = yield* fake({ id: sendblue })
      const byId = yield* Carriers.make([first.carrier, second.carrier])
      expect([...byId.keys()]).toEqual([linq, sendblue])
      expect(yield* Effect.flip(Carriers.make([first.carrier, second.carrier, first.carrier]))).toMatchObject({
        _tag: "DuplicateCarrier",
        carrierId: linq
      })
    }))
})

describe("Capabilities.supports", () => {
  it("answers for a kind of conversation, and for any", () => {
    const partly = capabilities({ edit: { direct: "emulated", group: "unsupported" }, react: Capabilities.everywhere("unsupported") })
    expect(Capabilities.supports(partly, "edit", "direct")).toBe(true)
    expect(Capabilities.supports(partly, "edit", "group")).toBe(false)
    expect(Capabilities.supports(partly, "edit")).toBe(true)
    expect(Capabilities.supports(partly, "react")).toBe(false)
  })
})
