/** The production's routing over the model's carriers. */
import type { CarrierId } from "@interline/core/CarrierId"
import * as Phones from "@interline/core/Handle"
import type { Plan, Step } from "@interline/core/Plan"
import * as Problem from "@interline/core/Problem"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { Known, NoRoute, Route } from "../../policy/Route.ts"
import * as Routes from "../../policy/Route.ts"
import type { Complete } from "../../policy/Policy.ts"
import * as Randoms from "../vendors/random.ts"
import type { Scenario, Send, VendorPlan } from "./scenario.ts"
import * as Scenarios from "./scenario.ts"
import * as Vendors from "../vendors/vendor.ts"

const number = Phones.phone("+12025550200")

const carrierOf = (lines: Scenarios.Lines) => ({ way }: VendorPlan): Known["carriers"] extends ReadonlyMap<CarrierId, infer Carrier> ? Carrier : never => ({
  lines: new Map(lines.map((line) => [line, number])),
  reconciliation: {
    send: {
      way,
      replayFor: Duration.millis(way === "replay" ? Scenarios.replayFor : 0),
      // the model looks by itself
      find: () => Effect.succeed({ _tag: "Unproven", why: "a model" } as const)
    }
  }
})

const step = (parts: ReadonlyArray<number>, keyed: boolean): Step => ({ operation: "send", method: "POST", path: "/", body: {}, parts, keyed })

/** Some contents are refused by the plan of one vendor, others by that of the other. */
const planOf = ({ id, way }: VendorPlan, text: number, refuses: boolean): Plan => {
  const isRefused = refuses && text % 29 === (way === "replay" ? 11 : 17)
  const [first, ...others] = Vendors.stepsOf({ way }, Scenarios.partsOf(text))
  return isRefused || first === undefined
    ? { _tag: "Refused", carrierId: id, problems: [Problem.make("feature", ["parts"], "the model does not carry this content")] }
    : { _tag: "Sendable", carrierId: id, steps: [step(first, way === "replay"), ...others.map((parts) => step(parts, way === "replay"))], losses: [] }
}

export const make = (
  scenario: Scenario,
  policy: Complete
): (send: Send, known: Pick<Known, "binding" | "contacts" | "at">) => Route | NoRoute => {
  const carriers = new Map(scenario.vendors.map((plan) => [plan.id, carrierOf(scenario.lines)(plan)]))
  const plans = new Map<number, ReadonlyMap<CarrierId, Plan>>()

  const plansOf = (text: number): ReadonlyMap<CarrierId, Plan> => {
    const known = plans.get(text)
    if (known !== undefined) return known
    const made = new Map(scenario.vendors.map((plan) => [plan.id, planOf(plan, text, scenario.refusalRate > 0)]))
    plans.set(text, made)
    return made
  }

  return ({ index, person, text }, { at, binding, contacts }) =>
    Routes.make(policy, { conversation: person.conversation, draft: Scenarios.draftOf(text), fidelity: policy.fidelity }, {
      plans: plansOf(text),
      carriers,
      binding,
      contacts,
      at,
      jitter: 0.75 + Randoms.keyed(scenario.seed, index, 0, 5_000_000).next() / 4
    })
}
