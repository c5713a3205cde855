/** A fact for a delivery that runs in this process. It takes effect at once, also while something is under way. */
import * as Effect from "effect/Effect"
import type * as Decision from "../decision/Decision.ts"
import type { Engine, Turn } from "../health/engine.ts"
import * as Job from "./job.ts"

/** Whether the fact says that the request under way was taken. */
const isProof = ({ progress }: Job.Job, state: Decision.State, fact: Decision.Event): boolean =>
  fact._tag === "Observed" && state.phase._tag === "Sending" && fact.generation === state.generation &&
  fact.generation === progress?.generation && fact.step === progress.of.step

/** A fact may overtake what an earlier fact decided. The events of both are published, and the later action is done. */
const mergeTurns = (before: Turn | undefined, turn: Turn): Turn =>
  before === undefined ? turn : { ...turn, events: [...before.events, ...turn.events], bound: turn.bound ?? before.bound }

export const applyFact = (engine: Engine, job: Job.Job, fact: Decision.Event): Effect.Effect<void> => {
  const { state } = job
  const event: Decision.Event = { ...fact, at: Job.now(job) }
  if (state === undefined) {
    // it waits for its lane
    if (event._tag !== "Abandoned") return Effect.void
    job.isAbandoned = true
    return job.stop ?? Effect.void
  }
  const turn = Job.decide(engine, job, job.overtaken?.state ?? state, event)
  job.state = turn.state
  if (turn.action === undefined) {
    job.events.push(...turn.events)
    // what was decided before stands
    if (job.overtaken !== undefined) job.overtaken = { ...job.overtaken, state: turn.state }
    // while it waits for its lane nothing of it is under way here
    if (!job.inLane || !isProof(job, turn.state, event)) return Effect.void
    job.isProven = true
    return job.stop ?? Effect.void
  }
  job.overtaken = mergeTurns(job.overtaken, turn)
  // what goes on needs the lane, and what ends does not
  return job.inLane || turn.action._tag === "Conclude" ? job.stop ?? Effect.void : Effect.void
}
