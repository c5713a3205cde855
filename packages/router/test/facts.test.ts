/** The laws of facts: what a fact of one process means for the state that another one has. */
import { describe, expect, it } from "@effect/vitest"
import * as CarrierId from "@interline/core/CarrierId"
import * as MessageRef from "@interline/core/MessageRef"
import * as FastCheck from "effect/FastCheck"
import * as Schema from "effect/Schema"
import * as Decide from "../src/decision/Decide.ts"
import type * as Decision from "../src/decision/Decision.ts"
import * as Fact from "../src/decision/Fact.ts"
import { deliveryId, error, linq, plain, sendblue, settings } from "./decide-specimens.ts"

const phases: ReadonlyArray<Decision.Phase> = [
  { _tag: "Idle" },
  { _tag: "Admitting" },
  { _tag: "Resting", until: 5, next: "look" },
  { _tag: "Sending" },
  { _tag: "Looking" },
  { _tag: "Held" },
  { _tag: "Done" }
]

const doubt: Decision.Doubt = { evidence: { error: error("Timeout"), parts: [0], step: 0, startedAt: 1 }, since: 1, looks: 0 }

const states: FastCheck.Arbitrary<Decision.State> = FastCheck.record({
  generation: FastCheck.integer({ min: 0, max: 3 }),
  position: FastCheck.integer({ min: 0, max: 2 }),
  phase: FastCheck.constantFrom(...phases),
  isDoubtful: FastCheck.boolean()
}).map(({ isDoubtful, ...more }) => ({
  ...Decide.initial(deliveryId, [linq, sendblue, plain], settings),
  steps: [[0], [1]],
  ...more,
  ...(isDoubtful ? { doubt } : {})
}))

const refs = FastCheck.constantFrom("linq", "sendblue", "plain").map((name) => MessageRef.make(CarrierId.make(name), "message"))
const whos = FastCheck.constantFrom({}, { who: "Ada" })

const facts: FastCheck.Arbitrary<Fact.Fact> = FastCheck.oneof(
  FastCheck.record({ generation: FastCheck.integer({ min: 0, max: 3 }), step: FastCheck.integer({ min: 0, max: 1 }), ref: refs }).map(
    ({ generation, ref, step }): Fact.Fact => ({
      _tag: "Reported",
      carrierId: ref.carrierId,
      generation,
      step,
      receipt: { ref, status: "delivered" }
    })
  ),
  FastCheck.record({
    generation: FastCheck.integer({ min: 0, max: 3 }),
    step: FastCheck.integer({ min: 0, max: 1 }),
    ref: refs,
    by: FastCheck.constantFrom("event" as const, "look" as const)
  }).map(({ ref, ...more }): Fact.Fact => ({ _tag: "Proven", ...more, receipt: { ref, parts: [0], status: "sent" } })),
  FastCheck.integer({ min: 0, max: 3 }).map((generation): Fact.Fact => ({ _tag: "Refused", generation, error: error("InvalidInput") })),
  FastCheck.tuple(refs, whos).map(([ref, who]): Fact.Fact => ({ _tag: "Arrived", ref, ...who })),
  whos.map((who): Fact.Fact => ({ _tag: "NotSent", ...who }))
)

const holds = (law: (state: Decision.State, fact: Fact.Fact, event: Decision.Event | undefined) => void) =>
  FastCheck.assert(
    FastCheck.property(states, facts, (state, fact) => law(state, fact, Fact.toEvent(fact, { state }, 7))),
    { numRuns: 2_000, seed: 20_261_129 }
  )

describe("a fact", () => {
  it("is the same after the way to another process", () => {
    const wire = Schema.parseJson(Fact.Fact)
    FastCheck.assert(
      FastCheck.property(facts, (fact) => {
        const encoded = Schema.encodeSync(wire)(fact)
        expect(Schema.encodeSync(wire)(Schema.decodeSync(wire)(encoded))).toBe(encoded)
        expect(JSON.parse(encoded)).toMatchObject({ _tag: fact._tag })
      }),
      { numRuns: 100, seed: 20_261_129 }
    )
  })

  it("has the time at which it is taken, and only what a fact can say", () =>
    holds((_, __, event) => {
      if (event === undefined) return
      expect(event.at).toBe(7)
      expect(["Observed", "Denied"]).toContain(event._tag)
    }))

  it("says that nothing was sent only of what is held", () =>
    holds((state, fact, event) => {
      if (event?._tag !== "Denied") return
      expect(state.phase._tag).toBe("Held")
      expect(["Refused", "NotSent"]).toContain(fact._tag)
    }))

  it("of another attempt refuses nothing", () =>
    holds((state, fact, event) => {
      if (fact._tag === "Refused" && fact.generation !== state.generation) expect(event).toBeUndefined()
    }))

  it("of one carrier proves nothing of another carrier's attempt", () =>
    holds((state, fact, event) => {
      if (fact._tag !== "Reported" && fact._tag !== "Arrived") return
      const { carrierId } = fact._tag === "Reported" ? fact : fact.ref
      if (carrierId !== state.route[state.position]?.carrierId) expect(event).toBeUndefined()
    }))

  it("of an operator counts only for what is held in doubt, and with the operator's name", () =>
    holds((state, fact, event) => {
      if (fact._tag !== "Arrived" && fact._tag !== "NotSent") return
      if (state.phase._tag !== "Held" || state.doubt === undefined) expect(event).toBeUndefined()
      else if (event !== undefined) expect("who" in event ? event.who : undefined).toBe(fact.who)
    }))

  it("taken twice decides once", () =>
    holds((state, _, event) => {
      if (event === undefined) return
      const once = Decide.decide(state, event)
      const twice = Decide.decide(once.state, event)
      expect(twice.state).toEqual(once.state)
      expect(twice.commands.filter(({ _tag }) => _tag !== "Note")).toEqual([])
    }))
})
