/** Draws from a seed when the rollout of a policy is started in a run, and how it changes after that. */
import * as Either from "effect/Either"
import * as Rollout from "../../policy/Rollout.ts"
import * as Random from "../vendors/random.ts"
import * as Scenario from "./scenario.ts"

interface Change {
  readonly at: number
  readonly state: Rollout.State
}

const seconds = 1000

/** What is stored of the rollout at each time of a run. Undefined: the policy has no rollout. */
export type States = ((at: number) => Rollout.Stored) | undefined

const actions = ["advance", "advance", "pause", "resume", "resume", "back"] as const satisfies ReadonlyArray<Rollout.Action>

export const make = (seed: number, rollout: Rollout.Complete | undefined): States => {
  if (rollout === undefined) return undefined
  const random = Random.keyed(seed, 0, 0, 5_200_000)
  const changes: Array<Change> = []
  let at = Scenario.start + random.between(-60 * seconds, 20 * seconds)
  for (let count = 0; count < 6; count += 1) {
    const action = count === 0 ? "start" : random.pick(actions)
    const state = Rollout.change(rollout, changes.at(-1)?.state, { action, anyway: true }, at)
    if (Either.isRight(state)) changes.push({ at, state: state.right })
    at += random.between(0, 30 * seconds)
  }
  return (time) => ({ state: changes.findLast((change) => change.at <= time)?.state, assigned: undefined })
}
