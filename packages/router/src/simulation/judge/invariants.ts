/**
 * Judges each decision when it is made, and each answer at the end of the run. The oracle sees everything: what each vendor took,
 * what reached each phone, and what our side could know at each moment.
 */
import type { CarrierId } from "@interline/core/CarrierId"
import * as Outcome from "@interline/core/Outcome"
import type { Candidate, Event, State } from "../../decision/Decision.ts"
import type { RouterEvent } from "../../decision/RouterEvent.ts"
import type { Turn } from "../../health/engine.ts"
import { mayStillArrive } from "../../ledger/Ledger.ts"
import type { Complete } from "../../policy/Policy.ts"
import * as Route from "../../policy/Route.ts"
import type { Invariant } from "../Model.ts"
import type { Job } from "../runs/job.ts"
import * as Scenario from "../runs/scenario.ts"
import type { Trace } from "../runs/trace.ts"
import type { Fate, Parcel, Row } from "../vendors/fates.ts"
import type { Notice } from "../vendors/newPeople.ts"
import type { Queue } from "../vendors/queue.ts"
import type { Vendor } from "../vendors/vendor.ts"
import * as DeliveryRecord from "./deliveryRecord.ts"
import * as DoubtJudge from "./doubtJudge.ts"
import * as LimitsJudge from "./limitsJudge.ts"

export interface Violated {
  readonly invariant: Invariant
  readonly delivery: number | undefined
  readonly detail: string
}

/** How a request leaves, and what happens to it on its way. */
export interface Leaving {
  readonly as: "send" | "replay"
  readonly fate: Fate
}

export interface Oracle {
  readonly dossiers: ReadonlyArray<DeliveryRecord.Dossier>
  readonly violations: ReadonlyArray<Violated>
  readonly violate: (invariant: Invariant, delivery: number | undefined, detail: string) => void
  readonly verdicts: () => ReadonlyArray<
    { readonly dossier: DeliveryRecord.Dossier; readonly end: DeliveryRecord.End; readonly verdict: DoubtJudge.Verdict }
  >

  // queries about the past
  readonly rowOf: (vendor: CarrierId, id: string) => Row | undefined
  readonly rivals: (job: Job, at: number) => number

  // notices of what happens now
  readonly called: (job: Job) => void
  readonly began: (job: Job, bound: boolean, rolled: Rolled) => void
  readonly left: (job: Job, vendor: Vendor, parcel: Parcel, leaving: Leaving) => void
  readonly decided: (job: Job, before: State, event: Event, turn: Turn) => void
  readonly saved: (job: Job) => void
  readonly told: (job: Job, row: Row) => void
  readonly learned: (person: Scenario.Person, what: "out" | "in" | "error", at: number) => void
  readonly opened: (events: ReadonlyArray<RouterEvent>, byLine: boolean) => void
  readonly crashed: (job: Job) => void
  /** The process learned what a vendor says of its limit of new people. */
  readonly limited: (told: Notice) => void
  readonly forgotHealth: () => void
}

/** Where a conversation was when a delivery of it began, and whether the rollout had been started. */
export interface Rolled {
  readonly home: CarrierId | undefined
  readonly isRolling: boolean
}

interface LineHistory {
  readonly faults: Array<number>
  openedAt: number | undefined
}

interface Wish {
  readonly at: number
  readonly learnedAt: number
  readonly out: boolean
}

/** All records of the oracle. */
interface Books {
  readonly policy: Complete
  readonly queue: Queue
  readonly vendors: ReadonlyMap<CarrierId, Vendor>
  readonly trace: Trace | undefined
  readonly dossiers: Array<DeliveryRecord.Dossier>
  readonly violations: Array<Violated>
  /** The dossiers of equal messages to one person. */
  readonly alike: Map<string, Array<DeliveryRecord.Dossier>>
  readonly wishes: Map<Scenario.Person, Array<Wish>>
  readonly lines: Map<string, LineHistory>
  readonly limits: LimitsJudge.LimitsJudge
}

const never = Number.POSITIVE_INFINITY

const violate = (books: Books, invariant: Invariant, delivery: number | undefined, detail: string): void => {
  books.violations.push({ invariant, delivery, detail })
  books.trace?.violated(books.queue.now(), invariant, delivery, detail)
}

const dossierOf = (books: Books, job: Job): DeliveryRecord.Dossier => {
  const known = books.dossiers[job.send.index]
  if (known !== undefined) return known
  const dossier = DeliveryRecord.make(job)
  books.dossiers[job.send.index] = dossier
  const key = `${job.send.person.index} ${job.send.text}`
  const others = books.alike.get(key)
  if (others === undefined) books.alike.set(key, [dossier])
  else others.push(dossier)
  return dossier
}

/** Each line at each carrier has its own breaker, so each has its own history. */
const lineOf = (books: Books, { carrierId, line }: Pick<Candidate, "carrierId" | "line">): LineHistory => {
  const id = `${carrierId} ${line}`
  const known = books.lines.get(id)
  if (known !== undefined) return known
  const fresh: LineHistory = { faults: [], openedAt: undefined }
  books.lines.set(id, fresh)
  return fresh
}

/** Whether our side knew at that time that the person wants no messages. The newest wish that our side had learned decides. */
const isOut = (books: Books, person: Scenario.Person, at: number): boolean => {
  let newest = 0
  let out = false
  for (const wish of books.wishes.get(person) ?? []) {
    if (wish.learnedAt <= at && wish.at >= newest) {
      newest = wish.at
      out = wish.out
    }
  }
  return out
}

const rivals = (books: Books, job: Job, at: number): number => {
  let count = 0
  for (const other of books.alike.get(`${job.send.person.index} ${job.send.text}`) ?? []) {
    if (other.job !== job && isWithin(other.unsettled, at)) count += 1
  }
  return count
}

/** Checks a request when it leaves. */
const left = (books: Books, job: Job, vendor: Vendor, parcel: Parcel, { as, fate }: Leaving): void => {
  const dossier = dossierOf(books, job)
  const { id } = vendor.plan
  const { delivery, generation, person } = parcel
  const at = books.queue.now()
  books.trace?.left(at, id, parcel, as, fate)
  dossier.requests += 1
  if (isOut(books, person, at)) violate(books, "written-to-after-opt-out", delivery, `a ${as} left to ${id} although the opt-out was known`)
  if (as === "replay") return
  dossier.unconnected = fate.kind === "refused"
  const before = dossier.askedAs.get(id)
  if (before !== undefined && before !== generation) {
    violate(books, "asked-twice", delivery, `${id} was asked as generation ${before} and as generation ${generation}`)
  }
  dossier.askedAs.set(id, generation)
  for (let earlier = 1; earlier < generation; earlier += 1) {
    if (dossier.answers.get(earlier) !== "Rejected" && !dossier.moved.has(earlier)) {
      violate(
        books,
        "moved-without-certainty",
        delivery,
        `generation ${generation} left while generation ${earlier} was ${dossier.answers.get(earlier) ?? "under way"}`
      )
    }
  }
  const refusal = dossier.refusals.get(generation - 1)
  if (refusal !== undefined && !DeliveryRecord.mayGoOn(dossier, generation - 1, refusal)) {
    violate(books, "moved-against-blame", delivery, `${id} was asked after a refusal that every carrier would give: ${refusal.reason}`)
  }
  if (dossier.pinnedTo !== undefined && dossier.pinnedTo !== id) {
    violate(books, "pinned-moved", delivery, `it belongs to ${dossier.pinnedTo} and went to ${id}`)
  }
}

const openDoubt = (books: Books, dossier: DeliveryRecord.Dossier, before: State, { evidence }: typeof Outcome.Unknown.Type): void => {
  const { job } = dossier
  const candidate = before.route[before.position] ?? before.route[0]
  const vendor = books.vendors.get(candidate.carrierId)
  if (vendor === undefined) return
  // without a connection nothing left, so the result is known; a timeout is excepted: the client stopped waiting before it saw the failure
  if (dossier.unconnected && evidence.error.reason !== "Timeout") {
    violate(
      books,
      "held-although-decidable",
      job.send.index,
      `${candidate.carrierId} was never connected, and what it got was called unknown`
    )
  }
  dossier.doubts.push({
    vendor,
    parcel: {
      delivery: job.send.index,
      generation: before.generation,
      step: evidence.step,
      parts: evidence.parts,
      person: job.send.person,
      text: job.send.text
    },
    startedAt: evidence.startedAt,
    openedAt: books.queue.now(),
    deadline: job.send.calledAt + books.policy.deadlines.send,
    replayFor: Scenario.replayFor,
    named: evidence.ref?.id,
    proven: dossier.told.some((told) => told.asProof && !told.lost && told.generation === before.generation && told.step === evidence.step),
    end: undefined
  })
}

const endOf = ({ events, state }: Turn): DeliveryRecord.End | undefined => {
  for (const event of events) {
    if (event._tag === "AbsenceTaken") return "absent"
    if (event._tag === "RiskTaken") return "risk"
    if (event._tag === "LateArrival" && state.result !== undefined) return "overtaken"
    if (event._tag === "Reconciled" && event.finding === "found") return "found"
  }
  return state.result !== undefined
    ? unknownOf(state.result.outcome) === undefined ? "dropped" : "held"
    : state.doubt === undefined
    ? "dropped"
    : undefined
}

const opened = (books: Books, events: ReadonlyArray<RouterEvent>, byLine: boolean): void => {
  for (const event of events) {
    if (event._tag === "BreakerClosed") lineOf(books, event).openedAt = undefined
    if (event._tag !== "BreakerOpened") continue
    const history = lineOf(books, event)
    const since = history.openedAt
    const recent = history.faults.filter((time) => time > event.at - books.policy.breaker.window).length
    const failedProbe = since !== undefined && history.faults.some((time) => time > since)
    if (!byLine && !failedProbe && recent < books.policy.breaker.failures) {
      violate(books, "breaker-without-faults", undefined, `${event.carrierId} was put to rest after ${recent} faults of its own`)
    }
    history.openedAt = event.at
  }
}

const decided = (books: Books, job: Job, before: State, event: Event, turn: Turn): void => {
  const dossier = dossierOf(books, job)
  const { action, events, state } = turn
  const delivery = job.send.index
  books.trace?.decided(books.queue.now(), delivery, event, turn)
  if (event._tag === "Abandoned" && dossier.abandonedAt === never) dossier.abandonedAt = books.queue.now()
  if (event._tag === "Abandoned" && dossier.crashedAt !== never && dossier.adoptedAt === never) dossier.adoptedAt = books.queue.now()
  if (event._tag === "Sent" && before.phase._tag === "Sending") {
    dossier.answers.set(before.generation, event.outcome._tag)
    const error = Outcome.error(event.outcome)
    if (event.outcome._tag === "Rejected") dossier.refusals.set(before.generation, event.outcome.error)
    else dossier.refusals.delete(before.generation)
    if (error !== undefined && DeliveryRecord.isOwn(error)) {
      lineOf(books, before.route[before.position] ?? before.route[0]).faults.push(books.queue.now())
    }
    const unknown = unknownOf(event.outcome)
    if (unknown !== undefined) openDoubt(books, dossier, before, unknown)
  }
  const doubt = dossier.doubts.at(-1)
  if (doubt !== undefined && doubt.end === undefined) doubt.end = endOf(turn)
  for (const said of events) {
    if (said._tag === "AbsenceTaken" || said._tag === "RiskTaken") {
      dossier.moved.set(before.generation, { step: before.doubt?.evidence.step ?? 0, at: books.queue.now() })
    }
    if (said._tag === "RiskTaken" && !dossier.mayRisk) {
      violate(books, "answered-without-proof", delivery, "a risk was taken that the policy does not allow")
    }
    if (said._tag === "LateArrival") dossier.late.add(said.generation)
    if (event._tag === "Observed" && (said._tag === "LateArrival" || said._tag === "Settled")) dossier.reported.add(event.generation)
    if (said._tag === "FailedOver") dossier.failedOver = true
    const wrong = books.limits.findFault(said, job.send.person, dossier.startedAt)
    if (wrong !== undefined) violate(books, "stopped-without-limit", delivery, wrong)
  }
  opened(books, events, false)
  if (action?._tag === "Send" && dossier.abandonedAt !== never) {
    violate(books, "sent-for-nobody", delivery, "it was sent on although nobody waits for it")
  }
  if (state.result !== undefined && dossier.atConclusion === undefined) {
    dossier.atConclusion = state.result.outcome
    checkFallback(books, dossier, state)
    dossier.concludedAt = books.queue.now()
    const bound = job.send.calledAt + books.policy.deadlines.send + books.policy.deadlines.attempt + books.policy.reconcile.every
    if (dossier.crashedAt === never && books.queue.now() > bound) {
      violate(books, "unbounded", delivery, `it was answered ${Math.round(books.queue.now() - bound)} ms too late`)
    }
  }
}

/** The carrier that a rollout chose does not accept our account, so the delivery must not end before the other carrier has come up. */
const checkFallback = (books: Books, { abandonedAt, fallback, job, refusals }: DeliveryRecord.Dossier, state: State): void => {
  const refusal = refusals.get(state.generation)
  const cameUp = state.attempts.some(({ carrierId }) => carrierId === fallback)
  const isInTime = abandonedAt === never && books.queue.now() < state.settings.deadline
  if (fallback !== undefined && refusal !== undefined && DeliveryRecord.isOfAccount(refusal) && !cameUp && isInTime) {
    violate(books, "lost-in-rollout", job.send.index, `it ended at a fault of our account, and ${fallback} was not asked`)
  }
}

/** The carrier that must be asked after a fault of our account, as the oracle reads the promise of a rollout. */
const findFallback = ({ rollout }: Complete, { route: [first, second] }: State, { home, isRolling }: Rolled): CarrierId | undefined => {
  if (rollout === undefined || !isRolling || second === undefined) return undefined
  const { from, to } = rollout
  const isNew = first.carrierId === to && second.carrierId === from
  const isBack = home === to && first.carrierId === from && second.carrierId === to
  return isNew || isBack ? second.carrierId : undefined
}

const unknownOf = (outcome: Outcome.Outcome): typeof Outcome.Unknown.Type | undefined =>
  outcome._tag === "Unknown" ? outcome : outcome._tag === "Partial" && outcome.rest._tag === "Unknown" ? outcome.rest : undefined

const isWithin = (bounds: ReadonlyArray<number>, at: number): boolean => {
  let within = false
  for (const bound of bounds) if (bound <= at) within = !within
  return within
}

export const make = (
  policy: Complete,
  queue: Queue,
  vendors: ReadonlyMap<CarrierId, Vendor>,
  trace: Trace | undefined
): Oracle => {
  const books: Books = {
    policy,
    queue,
    vendors,
    trace,
    dossiers: [],
    violations: [],
    alike: new Map(),
    wishes: new Map(),
    lines: new Map(),
    limits: LimitsJudge.make(vendors)
  }
  return {
    dossiers: books.dossiers,
    violations: books.violations,
    violate: (...found) => violate(books, ...found),
    verdicts: () =>
      books.dossiers.flatMap((dossier) =>
        dossier.doubts.flatMap((doubt) => {
          if (doubt.end === undefined) return []
          const { job } = dossier
          const facts = dossier.told.filter(({ at, generation, lost, step }) =>
            !lost && at > doubt.openedAt && generation === doubt.parcel.generation && step === doubt.parcel.step
          )
          const verdict = DoubtJudge.judge(doubt, books.policy, {
            factAt: facts.reduce((first, { at }) => Math.min(first, at), never),
            abandonedAt: dossier.abandonedAt,
            crashedAt: dossier.crashedAt >= doubt.openedAt ? dossier.crashedAt : never,
            adoptedAt: dossier.adoptedAt,
            suppressed: (at) => isOut(books, job.send.person, at),
            rivals: (at) => rivals(books, job, at)
          })
          return [{ dossier, end: doubt.end, verdict }]
        })
      ),
    rowOf: (vendor, id) => books.vendors.get(vendor)?.rowOf(id),
    rivals: (job, at) => rivals(books, job, at),
    called: (job) => {
      dossierOf(books, job)
      books.trace?.called(books.queue.now(), job.send)
    },
    began: (job, bound, rolled) => {
      const dossier = dossierOf(books, job)
      dossier.startedAt = books.queue.now()
      const candidate = job.state?.route[0]
      dossier.fallback = job.state === undefined ? undefined : findFallback(books.policy, job.state, rolled)
      dossier.mayRisk = job.state?.settings.onUnknown === "send-anyway"
      if (bound && Route.modeOf(books.policy, job.send.person.conversation) === "pinned") dossier.pinnedTo = candidate?.carrierId
    },
    left: (job, vendor, parcel, leaving) => left(books, job, vendor, parcel, leaving),
    decided: (...decision) => decided(books, ...decision),
    saved: (job) => {
      const dossier = dossierOf(books, job)
      dossier.savedAt = books.queue.now()
      const isUnsettled = job.saved !== undefined && mayStillArrive(job.saved.state)
      if (isUnsettled !== (dossier.unsettled.length % 2 === 1)) dossier.unsettled.push(books.queue.now())
    },
    told: (job, row) => {
      books.trace?.told(books.queue.now(), job.send.index, row)
      const { state } = job
      const phase = state?.phase._tag
      const asProof = state?.generation === row.generation && (phase === "Sending" || phase === "Resting" || phase === "Looking")
      dossierOf(books, job).told.push({ generation: row.generation, step: row.step, at: books.queue.now(), asProof, lost: false })
    },
    learned: (person, what, at) => {
      books.trace?.learned(books.queue.now(), person.index, what)
      const known = books.wishes.get(person) ?? []
      known.push({ at, learnedAt: books.queue.now(), out: what !== "in" })
      books.wishes.set(person, known)
    },
    opened: (events, byLine) => opened(books, events, byLine),
    crashed: (job) => {
      const dossier = dossierOf(books, job)
      dossier.crashedAt = books.queue.now()
      for (const told of dossier.told) if (told.asProof && told.at > dossier.savedAt) told.lost = true
      books.trace?.crashed(books.queue.now(), job.send.index)
    },
    limited: (told) => {
      books.trace?.happened(books.queue.now(), `${told.place.carrierId} says of ${told.place.line}: ${told.usage.state}`)
      books.limits.told(told)
    },
    forgotHealth: () => {
      books.lines.clear()
      books.limits.forgot()
    }
  }
}
