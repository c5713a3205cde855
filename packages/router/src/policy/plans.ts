/** Plans a draft: at the carriers in use for a send, and at any configured carrier for a caller that asks for a plan. */
import type { Prepared } from "@interline/core/Backend"
import type { Planner } from "@interline/core/Carrier"
import type { CarrierId } from "@interline/core/CarrierId"
import type { Plan } from "@interline/core/Plan"
import * as Effect from "effect/Effect"

type Fidelity = Prepared["fidelity"]

export interface Plans {
  /** The planner of a carrier, also of one that is not in use. */
  readonly find: (id: CarrierId) => Planner | undefined
  /** The plans of the carriers in use that have the line. */
  readonly forSend: (prepared: Prepared, fidelity: Fidelity) => Effect.Effect<ReadonlyMap<CarrierId, Plan>>
  /** The plans of exactly these carriers. The plan of a carrier without the line says so. */
  readonly of: (ids: ReadonlyArray<CarrierId>, prepared: Prepared, fidelity: Fidelity) => Effect.Effect<ReadonlyArray<Plan>>
}

export const make = (used: ReadonlyArray<Planner>, idle: ReadonlyArray<Planner>): Plans => {
  const planners = new Map<CarrierId, Planner>([...idle, ...used].map((planner) => [planner.id, planner]))
  return {
    find: (id) => planners.get(id),
    forSend: (prepared, fidelity) => {
      const request = { ...prepared, fidelity }
      const plans = new Map<CarrierId, Plan>()
      const from = (index: number): Effect.Effect<ReadonlyMap<CarrierId, Plan>> => {
        const carrier = used[index]
        if (carrier === undefined) return Effect.succeed(plans)
        return !carrier.lines.has(prepared.conversation.line) ? from(index + 1) : Effect.flatMap(carrier.plan(request), (plan) => {
          plans.set(carrier.id, plan)
          return from(index + 1)
        })
      }
      return from(0)
    },
    of: (ids, prepared, fidelity) =>
      Effect.forEach(ids.flatMap((id) => planners.get(id) ?? []), (planner) => planner.plan({ ...prepared, fidelity }))
  }
}
