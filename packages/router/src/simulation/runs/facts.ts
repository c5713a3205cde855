/** Feeds facts from outside to a delivery of the model process, and ends a delivery whose process is gone. */
import * as Outcome from "@interline/core/Outcome"
import type * as Decision from "../../decision/Decision.ts"
import type * as Engine from "../../health/engine.ts"
import * as Looks from "../judge/looks.ts"
import * as Faults from "../vendors/faults.ts"
import type * as Job from "./job.ts"
import * as Steps from "./steps.ts"

type Side = Steps.Side

export const feed = (side: Side, job: Job.Job, event: Decision.Event): void => {
  const { saved, state } = job
  if (job.runs && state !== undefined) {
    const turn = Steps.decide(side, job, state, event)
    if (turn.action === undefined) job.state = turn.state
    else Steps.drive(side, job, turn)
    return
  }
  if (saved === undefined || !side.isUp) return
  const { phase } = saved.state
  const isOver = phase._tag === "Held" || phase._tag === "Done"
  // another process may run this delivery: record the fact, so that this process finds it, and take no action here
  const before: Decision.State = isOver ? saved.state : { ...saved.state, phase: { _tag: "Sending" } }
  const turn = Steps.decide(side, job, before, event)
  if (turn.state !== before) record(side, job, isOver ? turn : { ...turn, state: { ...turn.state, phase } })
}

/** Records a decision about a delivery that no process runs. */
const record = (side: Side, job: Job.Job, turn: Engine.Turn): void => {
  job.state = turn.state
  job.progress = job.saved?.progress
  Steps.save(side, job)
  if (turn.bound !== undefined) side.people.wroteTo(job.send.person, turn.bound)
}

/** The process of a delivery is gone. If the delivery is on record, another process takes it over when the lease has ended. */
export const lose = (side: Side, job: Job.Job): void => {
  job.runs = false
  job.state = job.saved?.state
  job.progress = job.saved?.progress
  side.oracle.crashed(job)
  if (job.saved !== undefined) side.queue.at(job.lease, () => adopt(side, job))
}

/**
 * Ends a delivery whose process is gone. If a request was under way, its result is unknown, because only the lost process could get
 * the answer. The caller is gone too, so nothing more is sent.
 */
const adopt = (side: Side, job: Job.Job): void => {
  const { saved } = job
  if (saved === undefined || saved.state.phase._tag === "Done" || saved.state.phase._tag === "Held") return
  if (!side.isUp) return side.queue.at(side.queue.now() + 1000, () => adopt(side, job))
  const at = side.queue.now()
  const { progress, state } = saved
  const candidate = state.route[state.position] ?? state.route[0]
  const vendor = side.vendors.get(candidate.carrierId)
  const mine = progress !== undefined && progress.vendor === vendor
  const outcome = mine
    ? Steps.ended(job, progress, progress.vendor.errors.late("unknown", "caller"))
    : Outcome.rejected(Faults.errorsOf(candidate.carrierId).late("not-sent", "caller"))
  const end: Decision.Event | undefined = state.phase._tag === "Sending"
    ? { _tag: "Sent", at, outcome, steps: mine ? Steps.stepsAt(job, progress.vendor) : state.steps }
    : state.phase._tag === "Looking"
    ? { _tag: "Looked", at, finding: Looks.unproven }
    : undefined
  const left = Steps.decide(side, job, state, { _tag: "Abandoned", at })
  record(side, job, end === undefined ? left : Steps.decide(side, job, left.state, end))
}
