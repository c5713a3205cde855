/** Runs production's routing over the model's carriers. */
import type { CarrierId } from "@interline/core/CarrierId"
import * as Handle from "@interline/core/Handle"
import type { Plan, Step } from "@interline/core/Plan"
import * as Problem from "@interline/core/Problem"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { Complete } from "../../policy/Policy.ts"
import * as Route from "../../policy/Route.ts"
import * as Random from "../vendors/random.ts"
import * as Vendor from "../vendors/vendor.ts"
import * as Scenario from "./scenario.ts"

const number = Handle.phone("+12025550200")

const carrierOf =
  (lines: Scenario.Lines) =>
  ({ way }: Scenario.VendorPlan): Route.Known["carriers"] extends ReadonlyMap<CarrierId, infer Carrier> ? Carrier
    : never => ({
      lines: new Map(lines.map((line) => [line, number])),
      reconciliation: {
        send: {
          way,
          replayFor: Duration.millis(way === "replay" ? Scenario.replayFor : 0),
          // never called here: the model process makes its looks itself
          find: () => Effect.succeed({ _tag: "Unproven", why: "a model" } as const)
        }
      }
    })

const step = (parts: ReadonlyArray<number>, keyed: boolean): Step => ({
  operation: "send",
  method: "POST",
  path: "/",
  body: {},
  parts,
  keyed
})

/** Plans the requests for a text. Each kind of vendor refuses some texts, and the two kinds refuse different ones. */
const planOf = ({ id, way }: Scenario.VendorPlan, text: number, refuses: boolean): Plan => {
  const isRefused = refuses && text % 29 === (way === "replay" ? 11 : 17)
  const [first, ...others] = Vendor.stepsOf({ way }, Scenario.partsOf(text))
  return isRefused || first === undefined
    ? { _tag: "Refused", carrierId: id, problems: [Problem.make("feature", ["parts"], "the model does not carry this content")] }
    : {
      _tag: "Sendable",
      carrierId: id,
      steps: [step(first, way === "replay"), ...others.map((parts) => step(parts, way === "replay"))],
      losses: []
    }
}

export const make = (
  scenario: Scenario.Scenario,
  policy: Complete
): (send: Scenario.Send, known: Pick<Route.Known, "binding" | "contacts" | "at" | "rollout">) => Route.Route | Route.NoRoute => {
  const carriers = new Map(scenario.vendors.map((plan) => [plan.id, carrierOf(scenario.lines)(plan)]))
  const plans = new Map<number, ReadonlyMap<CarrierId, Plan>>()

  const plansOf = (text: number): ReadonlyMap<CarrierId, Plan> => {
    const known = plans.get(text)
    if (known !== undefined) return known
    const made = new Map(scenario.vendors.map((plan) => [plan.id, planOf(plan, text, scenario.refusalRate > 0)]))
    plans.set(text, made)
    return made
  }

  return ({ index, person, text }, { at, binding, contacts, rollout }) =>
    Route.make(policy, { conversation: person.conversation, draft: Scenario.draftOf(text), fidelity: policy.fidelity }, {
      plans: plansOf(text),
      carriers,
      binding,
      contacts,
      ...(rollout === undefined ? {} : { rollout }),
      at,
      jitter: 0.75 + Random.keyed(scenario.seed, index, 0, 5_000_000).next() / 4
    })
}
