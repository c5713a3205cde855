/** Runs the deliveries of the model process in virtual time: carries out each action of the engine, and gives the result back to it. */
import type { CarrierId } from "@interline/core/CarrierId"
import type { MessagingError } from "@interline/core/MessagingError"
import type { Finding } from "@interline/core/OperationSignatures"
import * as Outcome from "@interline/core/Outcome"
import type * as Decision from "../../decision/Decision.ts"
import type * as Engine from "../../health/engine.ts"
import type { Complete } from "../../policy/Policy.ts"
import type { Oracle } from "../judge/invariants.ts"
import * as LimitsJudge from "../judge/limitsJudge.ts"
import * as Looks from "../judge/looks.ts"
import type { SystemUnderTest } from "../Model.ts"
import type * as Fates from "../vendors/fates.ts"
import type * as People from "../vendors/people.ts"
import type { Queue } from "../vendors/queue.ts"
import * as Vendor from "../vendors/vendor.ts"
import type * as Job from "./job.ts"
import * as Scenario from "./scenario.ts"

/** The parts of our process that a delivery needs. */
export interface Side {
  readonly policy: Complete
  readonly subject: SystemUnderTest
  readonly queue: Queue
  readonly vendors: ReadonlyMap<CarrierId, Vendor.Vendor>
  readonly oracle: Oracle
  readonly people: People.People
  /** Lets the next delivery of the conversation begin. */
  readonly leaveLane: (job: Job.Job) => void
  engine: Engine.Engine
  isUp: boolean
}

// --- the ledger ---

/** How long the lease of a delivery lasts beyond the longest attempt, in milliseconds. */
const leaseAfterAttempt = 60_000

export const save = (side: Side, job: Job.Job): void => {
  const { progress, state } = job
  if (state === undefined) return
  job.saved = { state, progress }
  job.lease = side.queue.now() + side.policy.deadlines.attempt + leaseAfterAttempt
  own(side, job)
  side.oracle.saved(job)
}

/** A message ref belongs to the first delivery that recorded it. */
const own = (side: Side, job: Job.Job): void => {
  const { saved } = job
  if (saved === undefined) return
  for (const receipt of saved.state.taken) claim(side, receipt)
  for (const { receipt } of saved.state.proofs) claim(side, receipt)
  for (const { receipt } of saved.state.behind) if (receipt !== undefined) claim(side, receipt)
}

const claim = (side: Side, { ref }: Outcome.Receipt): void => {
  const row = side.oracle.rowOf(ref.carrierId, ref.id)
  if (row !== undefined && row.ownedAt > side.queue.now()) row.ownedAt = side.queue.now()
}

// --- one delivery ---

export const decide = (side: Side, job: Job.Job, before: Decision.State, event: Decision.Event): Engine.Turn => {
  const turn = side.engine.step(before, event, ({ carrierId }) => job.newContacts.has(carrierId))
  side.oracle.decided(job, before, event, turn)
  return turn
}

export const drive = (side: Side, job: Job.Job, turn: Engine.Turn): void => {
  job.state = turn.state
  job.turn += 1
  if (turn.bound !== undefined) side.people.wroteTo(job.send.person, turn.bound)
  const { action } = turn
  if (action === undefined) return
  switch (action._tag) {
    case "Conclude":
      save(side, job)
      job.runs = false
      side.leaveLane(job)
      return
    case "Rest":
      if (turn.state.doubt !== undefined) save(side, job)
      if (side.subject.limits === "lost" && turn.events.some(LimitsJudge.isStopped)) return
      return after(side, job, action.until, () => ({ _tag: "Woke", at: side.queue.now() }))
    case "Send":
      save(side, job)
      return sendFrom(side, job, action)
    case "Look":
      save(side, job)
      return look(side, job, action)
  }
}

const resume = (side: Side, job: Job.Job, event: Decision.Event): void => {
  if (job.state !== undefined) drive(side, job, decide(side, job, job.state, event))
}

/** Gives the delivery an event at `time`, unless another action of the delivery began before. */
const after = (side: Side, job: Job.Job, time: number, event: () => Decision.Event): void => {
  const { turn } = job
  side.queue.at(time, () => {
    if (job.turn === turn && job.runs) resume(side, job, event())
  })
}

export const stepsAt = (job: Job.Job, vendor: Vendor.Vendor) => Vendor.stepsOf(vendor.plan, Scenario.partsOf(job.send.text))

const parcelOf = (job: Job.Job, vendor: Vendor.Vendor, generation: number, step: number): Fates.Parcel => ({
  delivery: job.send.index,
  generation,
  step,
  parts: stepsAt(job, vendor)[step] ?? [],
  person: job.send.person,
  text: job.send.text
})

/** The outcome of a try that ended with an error after `receipts`. */
export const ended = (
  job: Job.Job,
  { receipts, startedAt, step, vendor }: Job.Progress,
  error: MessagingError,
  row?: Fates.Row
): Outcome.Outcome => {
  const parts = stepsAt(job, vendor)
  const rest = error.certainty === "not-sent"
    ? Outcome.rejected(error)
    : Outcome.unknown({ error, parts: parts[step] ?? [], step, startedAt, ...(row === undefined ? {} : { ref: row.receipt.ref }) })
  const [first, ...others] = receipts
  return first === undefined
    ? rest
    : { _tag: "Partial", receipts: [first, ...others], rest, remaining: parts.slice(step).flat(), losses: [] }
}

const sent = (side: Side, job: Job.Job, vendor: Vendor.Vendor, outcome: Outcome.Outcome): Decision.Event => ({
  _tag: "Sent",
  at: side.queue.now(),
  outcome,
  steps: stepsAt(job, vendor)
})

const mayLeave = (side: Side, job: Job.Job): boolean =>
  side.subject.fence === "before" ? job.cleared : !side.people.isSuppressed(job.send.person)

const sendFrom = (
  side: Side,
  job: Job.Job,
  { candidate, generation, step, taken, until }: Engine.Action & { readonly _tag: "Send" }
): void => {
  const vendor = side.vendors.get(candidate.carrierId)
  if (vendor === undefined) return
  const { turn } = job
  perform(side, job, turn, { generation, vendor, step, receipts: taken, startedAt: side.queue.now() })
  const ours = until < (job.state?.triedAt ?? side.queue.now()) + side.policy.deadlines.attempt
  side.queue.at(until, () => {
    const { progress } = job
    if (job.turn === turn && job.runs && progress !== undefined) {
      resume(side, job, sent(side, job, vendor, ended(job, progress, vendor.errors.late("unknown", ours ? "caller" : "network"))))
    }
  })
}

const perform = (side: Side, job: Job.Job, turn: number, progress: Job.Progress): void => {
  const { generation, receipts, step, vendor } = progress
  const [first, ...others] = receipts
  if (step >= stepsAt(job, vendor).length && first !== undefined) {
    return resume(side, job, sent(side, job, vendor, Outcome.accepted([first, ...others])))
  }
  job.progress = progress
  save(side, job)
  if (!mayLeave(side, job)) return resume(side, job, sent(side, job, vendor, ended(job, progress, vendor.errors.suppressed)))
  const parcel = parcelOf(job, vendor, generation, step)
  job.tries += 1
  const fate = vendor.fate(parcel, job.tries, side.queue.now())
  side.oracle.left(job, vendor, parcel, { as: "send", fate })
  vendor.receive(parcel, fate, (answer) => {
    if (job.turn !== turn || !job.runs) return
    if (answer._tag === "Failed") {
      learn(side, job, answer.error)
      return resume(side, job, sent(side, job, vendor, ended(job, progress, answer.error, answer.ref)))
    }
    perform(side, job, turn, {
      generation,
      vendor,
      step: step + 1,
      receipts: [...receipts, answer.row.receipt],
      startedAt: side.queue.now()
    })
  })
}

/** If a carrier refuses because the person opted out, no other carrier may write to the person either. */
const learn = (side: Side, job: Job.Job, error: MessagingError): void => {
  if (error.reason !== "OptedOut") return
  side.people.refused(job.send.person)
  side.oracle.learned(
    job.send.person,
    "error",
    job.send.person.wishes.reduce((last, { at, out }) => out && at <= side.queue.now() ? Math.max(last, at) : last, 0)
  )
}

// --- looks ---

const look = (side: Side, job: Job.Job, { candidate, doubt, generation, until }: Engine.Action & { readonly _tag: "Look" }): void => {
  const vendor = side.vendors.get(candidate.carrierId)
  const { progress } = job
  const { turn } = job
  const looked = (finding: Finding) => {
    if (job.turn === turn && job.runs) resume(side, job, { _tag: "Looked", at: side.queue.now(), finding })
  }
  after(side, job, until, () => ({ _tag: "Looked", at: side.queue.now(), finding: Looks.unproven }))
  if (vendor === undefined || progress === undefined || progress.generation !== generation) return looked(Looks.unproven)
  const parcel = parcelOf(job, vendor, generation, progress.step)
  const fate = vendor.fate(parcel, Looks.salt + doubt.looks, side.queue.now())
  if (vendor.plan.way === "replay") {
    if (!mayLeave(side, job)) return looked({ _tag: "Unproven", why: "suppressed", error: vendor.errors.suppressed })
    if (side.subject.replays !== "always" && side.queue.now() - progress.startedAt > Scenario.replayFor) return looked(Looks.unproven)
    side.oracle.left(job, vendor, parcel, { as: "replay", fate })
    return vendor.receive(
      parcel,
      fate,
      (answer) =>
        looked(
          answer._tag === "Took"
            ? { _tag: "Found", receipt: answer.row.receipt }
            : { _tag: "Unproven", why: "refused", error: answer.error }
        )
    )
  }
  const rivals = side.subject.rivals === "ignored" ? 0 : side.oracle.rivals(job, side.queue.now())
  const times = Looks.times(fate, side.queue.now())
  if (times === undefined) return
  side.queue.at(times.shown, () => {
    const finding = Looks.read(
      { vendor, parcel, fate, startedAt: progress.startedAt, times },
      { rivals, named: doubt.evidence.ref?.id },
      side.subject
    )
    side.queue.at(times.answered, () => looked(finding))
  })
}
