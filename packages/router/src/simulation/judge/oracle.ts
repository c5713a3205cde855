/**
 * Sees everything: what each vendor took, what reached each phone, and what our side could know at each moment. Judges each
 * decision as it is made, and each answer at the end.
 */
import type { CarrierId } from "@interline/core/CarrierId"
import type { MessagingError, ReasonTag } from "@interline/core/MessagingError"
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
import type { Queue } from "../vendors/queue.ts"
import type { Fate, Parcel, Row, Vendor } from "../vendors/vendor.ts"
import * as Judge from "./judge.ts"

export interface Violated {
  readonly invariant: Invariant
  readonly delivery: number | undefined
  readonly detail: string
}

/** How a doubt ended. `overtaken`: an earlier copy turned out to have arrived. `dropped`: for no reason that was given. */
type End = "found" | "absent" | "risk" | "held" | "overtaken" | "dropped"

interface DoubtRecord extends Judge.Doubt {
  end: End | undefined
}

interface Told {
  readonly generation: number
  readonly step: number
  readonly at: number
  readonly asProof: boolean
  lost: boolean
}

/** What the oracle keeps of a delivery. */
export interface Dossier {
  readonly job: Job
  readonly doubts: Array<DoubtRecord>
  readonly told: Array<Told>
  /** Generations that were left behind without a certain refusal: at which step, and when. */
  readonly moved: Map<number, { readonly step: number; readonly at: number }>
  readonly late: Set<number>
  /** Generations of which it was said that they arrived after all. */
  readonly reported: Set<number>
  /** What the answers, not the decisions, said of each generation. */
  readonly answers: Map<number, Outcome.Outcome["_tag"]>
  readonly askedAs: Map<CarrierId, number>
  /** Whether the last request had no connection, so that nothing of it left. */
  unconnected: boolean
  /** When its unsettled state could be taken for another's: pairs of begin and end. */
  readonly unsettled: Array<number>
  pinnedTo: CarrierId | undefined
  mayRisk: boolean
  startedAt: number
  savedAt: number
  requests: number
  abandonedAt: number
  crashedAt: number
  adoptedAt: number
  failedOver: boolean
  concludedAt: number
  atConclusion: Outcome.Outcome | undefined
}

interface LineHistory {
  readonly faults: Array<number>
  openedAt: number | undefined
}

/** Which reasons are the carrier's or its line's own failing; the oracle's own opinion, not the router's table. */
const own = {
  InvalidInput: false,
  Unsupported: false,
  Suppressed: false,
  OptedOut: false,
  RecipientNotAllowed: false,
  RecipientBlocked: false,
  RecipientUnreachable: false,
  Authentication: false,
  Permission: false,
  LineNotAllowed: true,
  LineUnavailable: true,
  NotFound: false,
  NotReady: true,
  Conflict: false,
  RateLimited: false,
  MediaRejected: false,
  Unavailable: true,
  ConnectionFailed: true,
  Transport: true,
  Timeout: true,
  Cancelled: false,
  BadResponse: true,
  Failed: true,
  Unrecognized: true
} as const satisfies Record<ReasonTag, boolean>

const isOwn = ({ blame, reason }: MessagingError): boolean => own[reason] && blame !== "caller"

export interface Oracle {
  readonly dossiers: ReadonlyArray<Dossier>
  readonly violations: ReadonlyArray<Violated>
  readonly violate: (invariant: Invariant, delivery: number | undefined, detail: string) => void
  readonly verdicts: () => ReadonlyArray<{ readonly dossier: Dossier; readonly end: End; readonly verdict: Judge.Verdict }>

  // what is known of the past
  readonly rowOf: (vendor: CarrierId, id: string) => Row | undefined
  readonly rivals: (job: Job, at: number) => number

  // what happens
  readonly called: (job: Job) => void
  readonly began: (job: Job, bound: boolean) => void
  readonly left: (job: Job, vendor: Vendor, parcel: Parcel, fate: Fate, as: "send" | "replay") => void
  readonly decided: (job: Job, before: State, event: Event, turn: Turn) => void
  readonly saved: (job: Job) => void
  readonly told: (job: Job, row: Row) => void
  readonly learned: (person: Scenario.Person, what: "out" | "in" | "error", at: number) => void
  readonly opened: (events: ReadonlyArray<RouterEvent>, byLine: boolean) => void
  readonly crashed: (job: Job) => void
  readonly forgotHealth: () => void
}

const never = Number.POSITIVE_INFINITY

export const make = (
  policy: Complete,
  queue: Queue,
  vendors: ReadonlyMap<CarrierId, Vendor>,
  trace: Trace | undefined
): Oracle => {
  const dossiers: Array<Dossier> = []
  const violations: Array<Violated> = []
  const alike = new Map<string, Array<Dossier>>()
  const wishes = new Map<Scenario.Person, Array<{ readonly at: number; readonly learnedAt: number; readonly out: boolean }>>()
  const lines = new Map<string, LineHistory>()

  const violate: Oracle["violate"] = (invariant, delivery, detail) => {
    violations.push({ invariant, delivery, detail })
    trace?.violated(queue.now(), invariant, delivery, detail)
  }

  const of = (job: Job): Dossier => {
    const known = dossiers[job.send.index]
    if (known !== undefined) return known
    const dossier: Dossier = {
      job,
      doubts: [],
      told: [],
      moved: new Map(),
      late: new Set(),
      reported: new Set(),
      answers: new Map(),
      askedAs: new Map(),
      unconnected: false,
      unsettled: [],
      pinnedTo: undefined,
      mayRisk: false,
      startedAt: never,
      savedAt: 0,
      requests: 0,
      abandonedAt: never,
      crashedAt: never,
      adoptedAt: never,
      failedOver: false,
      concludedAt: never,
      atConclusion: undefined
    }
    dossiers[job.send.index] = dossier
    const key = `${job.send.person.index} ${job.send.text}`
    const others = alike.get(key)
    if (others === undefined) alike.set(key, [dossier])
    else others.push(dossier)
    return dossier
  }

  /** A breaker is one line's at one carrier. */
  const lineOf = ({ carrierId, line }: Pick<Candidate, "carrierId" | "line">): LineHistory => {
    const id = `${carrierId} ${line}`
    const known = lines.get(id)
    if (known !== undefined) return known
    const fresh: LineHistory = { faults: [], openedAt: undefined }
    lines.set(id, fresh)
    return fresh
  }

  /** Whether our side knew at that time that the person wants no messages: by the newest wish that it had heard of. */
  const isOut = (person: Scenario.Person, at: number): boolean => {
    let newest = 0
    let out = false
    for (const wish of wishes.get(person) ?? []) {
      if (wish.learnedAt <= at && wish.at >= newest) {
        newest = wish.at
        out = wish.out
      }
    }
    return out
  }

  const rivals: Oracle["rivals"] = (job, at) => {
    let count = 0
    for (const other of alike.get(`${job.send.person.index} ${job.send.text}`) ?? []) {
      if (other.job !== job && isWithin(other.unsettled, at)) count += 1
    }
    return count
  }

  const left: Oracle["left"] = (job, vendor, parcel, fate, as) => {
    const dossier = of(job)
    const { id } = vendor.plan
    const { delivery, generation, person, step } = parcel
    const at = queue.now()
    trace?.left(at, delivery, id, generation, step, as, fate)
    dossier.requests += 1
    if (isOut(person, at)) violate("written-to-after-opt-out", delivery, `a ${as} left to ${id} although the opt-out was known`)
    if (as === "replay") return
    dossier.unconnected = fate.kind === "refused"
    const before = dossier.askedAs.get(id)
    if (before !== undefined && before !== generation) {
      violate("asked-twice", delivery, `${id} was asked as generation ${before} and as generation ${generation}`)
    }
    dossier.askedAs.set(id, generation)
    for (let earlier = 1; earlier < generation; earlier += 1) {
      if (dossier.answers.get(earlier) !== "Rejected" && !dossier.moved.has(earlier)) {
        violate(
          "moved-without-certainty",
          delivery,
          `generation ${generation} left while generation ${earlier} was ${dossier.answers.get(earlier) ?? "under way"}`
        )
      }
    }
    if (dossier.pinnedTo !== undefined && dossier.pinnedTo !== id) {
      violate("pinned-moved", delivery, `it belongs to ${dossier.pinnedTo} and went to ${id}`)
    }
  }

  const openDoubt = (dossier: Dossier, before: State, { evidence }: typeof Outcome.Unknown.Type): void => {
    const { job } = dossier
    const candidate = before.route[before.at] ?? before.route[0]
    const vendor = vendors.get(candidate.carrierId)
    if (vendor === undefined) return
    // an answer that nobody waited for any more cannot be known
    if (dossier.unconnected && evidence.error.reason !== "Timeout") {
      violate("held-although-decidable", job.send.index, `${candidate.carrierId} was never connected, and what it got was called unknown`)
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
      openedAt: queue.now(),
      deadline: job.send.calledAt + policy.deadlines.send,
      replayFor: Scenario.replayFor,
      named: evidence.ref?.id,
      proven: dossier.told.some((told) =>
        told.asProof && !told.lost && told.generation === before.generation && told.step === evidence.step
      ),
      end: undefined
    })
  }

  const endOf = ({ events, state }: Turn): End | undefined => {
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

  const opened: Oracle["opened"] = (events, byLine) => {
    for (const event of events) {
      if (event._tag === "BreakerClosed") lineOf(event).openedAt = undefined
      if (event._tag !== "BreakerOpened") continue
      const history = lineOf(event)
      const since = history.openedAt
      const recent = history.faults.filter((time) => time > event.at - policy.breaker.window).length
      const failedProbe = since !== undefined && history.faults.some((time) => time > since)
      if (!byLine && !failedProbe && recent < policy.breaker.failures) {
        violate("breaker-without-faults", undefined, `${event.carrierId} was put to rest after ${recent} faults of its own`)
      }
      history.openedAt = event.at
    }
  }

  const decided: Oracle["decided"] = (job, before, event, turn) => {
    const dossier = of(job)
    const { action, events, state } = turn
    const delivery = job.send.index
    trace?.decided(queue.now(), delivery, event, turn)
    if (event._tag === "Abandoned" && dossier.abandonedAt === never) dossier.abandonedAt = queue.now()
    if (event._tag === "Abandoned" && dossier.crashedAt !== never && dossier.adoptedAt === never) dossier.adoptedAt = queue.now()
    if (event._tag === "Sent" && before.phase._tag === "Sending") {
      dossier.answers.set(before.generation, event.outcome._tag)
      const error = Outcome.error(event.outcome)
      if (error !== undefined && isOwn(error)) lineOf(before.route[before.at] ?? before.route[0]).faults.push(queue.now())
      const unknown = unknownOf(event.outcome)
      if (unknown !== undefined) openDoubt(dossier, before, unknown)
    }
    const doubt = dossier.doubts.at(-1)
    if (doubt !== undefined && doubt.end === undefined) doubt.end = endOf(turn)
    for (const said of events) {
      if (said._tag === "AbsenceTaken" || said._tag === "RiskTaken") {
        dossier.moved.set(before.generation, { step: before.doubt?.evidence.step ?? 0, at: queue.now() })
      }
      if (said._tag === "RiskTaken" && !dossier.mayRisk) {
        violate("answered-without-proof", delivery, "a risk was taken that the policy does not allow")
      }
      if (said._tag === "LateArrival") dossier.late.add(said.generation)
      if (event._tag === "Observed" && (said._tag === "LateArrival" || said._tag === "Settled")) dossier.reported.add(event.generation)
      if (said._tag === "FailedOver") dossier.failedOver = true
    }
    opened(events, false)
    if (action?._tag === "Send" && dossier.abandonedAt !== never) {
      violate("sent-for-nobody", delivery, "it was sent on although nobody waits for it")
    }
    if (state.result !== undefined && dossier.atConclusion === undefined) {
      dossier.atConclusion = state.result.outcome
      dossier.concludedAt = queue.now()
      const bound = job.send.calledAt + policy.deadlines.send + policy.deadlines.attempt + policy.reconcile.every
      if (dossier.crashedAt === never && queue.now() > bound) {
        violate("unbounded", delivery, `it was answered ${Math.round(queue.now() - bound)} ms too late`)
      }
    }
  }

  return {
    dossiers,
    violations,
    violate,
    verdicts: () =>
      dossiers.flatMap((dossier) =>
        dossier.doubts.flatMap((doubt) => {
          if (doubt.end === undefined) return []
          const { job } = dossier
          const facts = dossier.told.filter(({ at, generation, lost, step }) =>
            !lost && at > doubt.openedAt && generation === doubt.parcel.generation && step === doubt.parcel.step
          )
          const verdict = Judge.judge(doubt, policy, {
            factAt: facts.reduce((first, { at }) => Math.min(first, at), never),
            abandonedAt: dossier.abandonedAt,
            crashedAt: dossier.crashedAt >= doubt.openedAt ? dossier.crashedAt : never,
            adoptedAt: dossier.adoptedAt,
            suppressed: (at) => isOut(job.send.person, at),
            rivals: (at) => rivals(job, at)
          })
          return [{ dossier, end: doubt.end, verdict }]
        })
      ),
    rowOf: (vendor, id) => vendors.get(vendor)?.rowOf(id),
    rivals,
    called: (job) => {
      of(job)
      trace?.called(queue.now(), job.send)
    },
    began: (job, bound) => {
      const dossier = of(job)
      dossier.startedAt = queue.now()
      const candidate = job.state?.route[0]
      dossier.mayRisk = job.state?.settings.onUnknown === "send-anyway"
      if (bound && Route.modeOf(policy, job.send.person.conversation) === "pinned") dossier.pinnedTo = candidate?.carrierId
    },
    left,
    decided,
    saved: (job) => {
      const dossier = of(job)
      dossier.savedAt = queue.now()
      const isUnsettled = job.saved !== undefined && mayStillArrive(job.saved.state)
      if (isUnsettled !== (dossier.unsettled.length % 2 === 1)) dossier.unsettled.push(queue.now())
    },
    told: (job, row) => {
      trace?.told(queue.now(), job.send.index, row)
      const { state } = job
      const phase = state?.phase._tag
      const asProof = state?.generation === row.generation && (phase === "Sending" || phase === "Resting" || phase === "Looking")
      of(job).told.push({ generation: row.generation, step: row.step, at: queue.now(), asProof, lost: false })
    },
    learned: (person, what, at) => {
      trace?.learned(queue.now(), person.index, what)
      const known = wishes.get(person) ?? []
      known.push({ at, learnedAt: queue.now(), out: what !== "in" })
      wishes.set(person, known)
    },
    opened,
    crashed: (job) => {
      const dossier = of(job)
      dossier.crashedAt = queue.now()
      for (const told of dossier.told) if (told.asProof && told.at > dossier.savedAt) told.lost = true
      trace?.crashed(queue.now(), job.send.index)
    },
    forgotHealth: () => lines.clear()
  }
}

const unknownOf = (outcome: Outcome.Outcome): typeof Outcome.Unknown.Type | undefined =>
  outcome._tag === "Unknown" ? outcome : outcome._tag === "Partial" && outcome.rest._tag === "Unknown" ? outcome.rest : undefined

const isWithin = (bounds: ReadonlyArray<number>, at: number): boolean => {
  let within = false
  for (const bound of bounds) if (bound <= at) within = !within
  return within
}
