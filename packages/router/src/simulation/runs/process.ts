/**
 * Our side: the production's engine, health, routing and affinity, with the effects of the loop carried out on model
 * carriers in virtual time. What is on record survives a crash, the rest does not.
 */
import type { CarrierId } from "@interline/core/CarrierId"
import type { MessagingError } from "@interline/core/MessagingError"
import * as Outcome from "@interline/core/Outcome"
import * as Decide from "../../decision/Decide.ts"
import type * as Decision from "../../decision/Decision.ts"
import * as Engine from "../../health/engine.ts"
import * as Limits from "../../health/Limits.ts"
import * as LineHealth from "../../health/lineHealth.ts"
import type { Complete } from "../../policy/Policy.ts"
import * as Looks from "../judge/looks.ts"
import type { Oracle } from "../judge/oracle.ts"
import type { Subject } from "../Model.ts"
import * as Faults from "../vendors/faults.ts"
import * as People from "../vendors/people.ts"
import type { Queue } from "../vendors/queue.ts"
import * as Vendor from "../vendors/vendor.ts"
import * as Job from "./job.ts"
import * as Routing from "./routing.ts"
import * as Scenario from "./scenario.ts"

export interface Process {
  readonly jobs: ReadonlyArray<Job.Job>
  readonly call: (send: Scenario.Send) => void
  readonly leave: (send: Scenario.Send) => void
  readonly observe: (vendor: Vendor.Vendor, webhook: Vendor.Webhook) => void
  readonly hear: (vendor: Vendor.Vendor, person: Scenario.Person) => void
  readonly crash: () => void
  readonly restart: () => void
}

export const make = (
  scenario: Scenario.Scenario,
  policy: Complete,
  subject: Subject,
  queue: Queue,
  vendors: ReadonlyMap<CarrierId, Vendor.Vendor>,
  oracle: Oracle
): Process => {
  const people = People.make(scenario, policy, queue)
  const route = Routing.make(scenario, policy)
  const jobs: Array<Job.Job> = []
  const lanes = new Map<string, Array<Job.Job>>()
  const seen = new Set<string>()
  const lease = policy.deadlines.attempt + 60_000
  let health = LineHealth.make(policy)
  let engine = Engine.make(subject.decide ?? Decide.decide, health)
  let isUp = true

  // --- the ledger ---

  const save = (job: Job.Job): void => {
    const { progress, state } = job
    if (state === undefined) return
    job.saved = { state, progress }
    job.lease = queue.now() + lease
    own(job)
    oracle.saved(job)
  }

  /** Refs belong to whoever had them first. */
  const own = (job: Job.Job): void => {
    const { saved } = job
    if (saved === undefined) return
    for (const receipt of saved.state.taken) claim(receipt)
    for (const { receipt } of saved.state.proofs) claim(receipt)
    for (const { receipt } of saved.state.behind) if (receipt !== undefined) claim(receipt)
  }

  const claim = ({ ref }: Outcome.Receipt): void => {
    const row = oracle.rowOf(ref.carrierId, ref.id)
    if (row !== undefined && row.ownedAt > queue.now()) row.ownedAt = queue.now()
  }

  // --- one delivery ---

  const isFresh = (job: Job.Job) => (candidate: Decision.Candidate): boolean => job.fresh.has(candidate.carrierId)

  const decide = (job: Job.Job, before: Decision.State, event: Decision.Event): Engine.Turn => {
    const turn = engine.step(before, event, isFresh(job))
    oracle.decided(job, before, event, turn)
    return turn
  }

  const drive = (job: Job.Job, turn: Engine.Turn): void => {
    job.state = turn.state
    job.turn += 1
    if (turn.bound !== undefined) people.wroteTo(job.send.person, turn.bound)
    const { action } = turn
    if (action === undefined) return
    switch (action._tag) {
      case "Conclude":
        save(job)
        job.runs = false
        leaveLane(job)
        return
      case "Rest":
        if (turn.state.doubt !== undefined) save(job)
        return after(job, action.until, () => ({ _tag: "Woke", at: queue.now() }))
      case "Send":
        save(job)
        return sendFrom(job, action)
      case "Look":
        save(job)
        return look(job, action)
    }
  }

  const resume = (job: Job.Job, event: Decision.Event): void => {
    if (job.state !== undefined) drive(job, decide(job, job.state, event))
  }

  /** Goes on at `time`, unless something else happened to the delivery before. */
  const after = (job: Job.Job, time: number, event: () => Decision.Event): void => {
    const { turn } = job
    queue.at(time, () => {
      if (job.turn === turn && job.runs) resume(job, event())
    })
  }

  const stepsAt = (job: Job.Job, vendor: Vendor.Vendor) => Vendor.stepsOf(vendor.plan, Scenario.partsOf(job.send.text))

  const parcelOf = (job: Job.Job, vendor: Vendor.Vendor, generation: number, step: number): Vendor.Parcel => ({
    delivery: job.send.index,
    generation,
    step,
    parts: stepsAt(job, vendor)[step] ?? [],
    person: job.send.person,
    text: job.send.text
  })

  /** What a try says when it ended with an error after `receipts`. */
  const ended = (
    job: Job.Job,
    { receipts, startedAt, step, vendor }: Job.Progress,
    error: MessagingError,
    row?: Vendor.Row
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

  const sent = (job: Job.Job, vendor: Vendor.Vendor, outcome: Outcome.Outcome): Decision.Event => ({
    _tag: "Sent",
    at: queue.now(),
    outcome,
    steps: stepsAt(job, vendor)
  })

  const mayLeave = (job: Job.Job): boolean => subject.fence === "before" ? job.cleared : !people.isSuppressed(job.send.person)

  const sendFrom = (job: Job.Job, { candidate, generation, step, taken, until }: Engine.Action & { readonly _tag: "Send" }): void => {
    const vendor = vendors.get(candidate.carrierId)
    if (vendor === undefined) return
    const { turn } = job
    perform(job, turn, { generation, vendor, step, receipts: taken, startedAt: queue.now() })
    const ours = until < (job.state?.triedAt ?? queue.now()) + policy.deadlines.attempt
    queue.at(until, () => {
      const { progress } = job
      if (job.turn === turn && job.runs && progress !== undefined) {
        resume(job, sent(job, vendor, ended(job, progress, vendor.errors.late("unknown", ours ? "caller" : "network"))))
      }
    })
  }

  const perform = (job: Job.Job, turn: number, progress: Job.Progress): void => {
    const { generation, receipts, step, vendor } = progress
    const [first, ...others] = receipts
    if (step >= stepsAt(job, vendor).length && first !== undefined) {
      return resume(job, sent(job, vendor, Outcome.accepted([first, ...others])))
    }
    job.progress = progress
    save(job)
    if (!mayLeave(job)) return resume(job, sent(job, vendor, ended(job, progress, vendor.errors.suppressed)))
    const parcel = parcelOf(job, vendor, generation, step)
    job.tries += 1
    const fate = vendor.fate(parcel, job.tries, queue.now())
    oracle.left(job, vendor, parcel, fate, "send")
    vendor.receive(parcel, fate, (answer) => {
      if (job.turn !== turn || !job.runs) return
      if (answer._tag === "Failed") {
        learn(job, answer.error)
        return resume(job, sent(job, vendor, ended(job, progress, answer.error, answer.ref)))
      }
      perform(job, turn, { generation, vendor, step: step + 1, receipts: [...receipts, answer.row.receipt], startedAt: queue.now() })
    })
  }

  /** A carrier that refuses because the person opted out teaches every other carrier. */
  const learn = (job: Job.Job, error: MessagingError): void => {
    if (error.reason !== "OptedOut") return
    people.refused(job.send.person)
    oracle.learned(
      job.send.person,
      "error",
      job.send.person.wishes.reduce((last, { at, out }) => out && at <= queue.now() ? Math.max(last, at) : last, 0)
    )
  }

  // --- looks ---

  const look = (job: Job.Job, { candidate, doubt, generation, until }: Engine.Action & { readonly _tag: "Look" }): void => {
    const vendor = vendors.get(candidate.carrierId)
    const { progress } = job
    const { turn } = job
    const looked = (finding: Decision.Found) => {
      if (job.turn === turn && job.runs) resume(job, { _tag: "Looked", at: queue.now(), finding })
    }
    after(job, until, () => ({ _tag: "Looked", at: queue.now(), finding: Looks.unproven }))
    if (vendor === undefined || progress === undefined || progress.generation !== generation) return looked(Looks.unproven)
    const parcel = parcelOf(job, vendor, generation, progress.step)
    const fate = vendor.fate(parcel, Looks.salt + doubt.looks, queue.now())
    if (vendor.plan.way === "replay") {
      if (!mayLeave(job)) return looked({ _tag: "Unproven", why: "suppressed", error: vendor.errors.suppressed })
      if (subject.replays !== "always" && queue.now() - progress.startedAt > Scenario.replayFor) return looked(Looks.unproven)
      oracle.left(job, vendor, parcel, fate, "replay")
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
    const rivals = subject.rivals === "ignored" ? 0 : oracle.rivals(job, queue.now())
    const times = Looks.times(fate, queue.now())
    if (times === undefined) return
    queue.at(times.shown, () => {
      const finding = Looks.read(vendor, parcel, fate, progress.startedAt, times, rivals, doubt.evidence.ref?.id, subject)
      queue.at(times.answered, () => looked(finding))
    })
  }

  // --- turns in a conversation ---

  const leaveLane = (job: Job.Job): void => {
    const { key } = job.send.person
    const lane = lanes.get(key)
    if (lane === undefined || lane[0] !== job) return
    lane.shift()
    const [next] = lane
    if (next === undefined) lanes.delete(key)
    else queue.at(queue.now(), () => begin(next))
  }

  const begin = (job: Job.Job): void => {
    if (!job.waits || !isUp) return
    job.waits = false
    job.runs = true
    const at = queue.now()
    const { person } = job.send
    const contacts = people.contactsOf(person)
    job.fresh = new Set(Array.from(contacts).flatMap(([id, contact]) => Limits.isNew(contact, at) ? [id] : []))
    job.cleared = !people.isSuppressed(person)
    const routed = route(job.send, { binding: people.bindingOf(person), contacts, at })
    if ("problems" in routed) {
      job.runs = false
      return leaveLane(job)
    }
    const state = Decide.initial(job.id, routed.route, { ...routed.settings, deadline: job.send.calledAt + policy.deadlines.send })
    job.state = state
    oracle.began(job, routed.bound)
    drive(job, decide(job, state, job.gone ? { _tag: "Abandoned", at } : { _tag: "Started", at }))
  }

  const call: Process["call"] = (send) => {
    const job = Job.make(send)
    jobs[send.index] = job
    oracle.called(job)
    if (!isUp) {
      job.waits = false
      return
    }
    const lane = lanes.get(send.person.key)
    if (lane === undefined) {
      lanes.set(send.person.key, [job])
      return begin(job)
    }
    lane.push(job)
    // it is answered in time, also if those before it take longer
    queue.at(send.calledAt + policy.deadlines.send, () => {
      if (job.waits) unqueue(job)
    })
  }

  const unqueue = (job: Job.Job): void => {
    const lane = lanes.get(job.send.person.key)
    const place = lane?.indexOf(job) ?? -1
    if (place > 0) lane?.splice(place, 1)
    begin(job)
  }

  const feed = (job: Job.Job, event: Decision.Event): void => {
    const { saved, state } = job
    if (job.runs && state !== undefined) {
      const turn = decide(job, state, event)
      if (turn.action === undefined) job.state = turn.state
      else drive(job, turn)
      return
    }
    if (saved === undefined || !isUp) return
    const { phase } = saved.state
    const isOver = phase._tag === "Held" || phase._tag === "Done"
    // another process may be at work on it: the fact is put where that finds it, and nothing is done about it here
    const before: Decision.State = isOver ? saved.state : { ...saved.state, phase: { _tag: "Sending" } }
    const turn = decide(job, before, event)
    if (turn.state !== before) record(job, isOver ? turn : { ...turn, state: { ...turn.state, phase } })
  }

  /** What was decided of a delivery that nobody runs. */
  const record = (job: Job.Job, turn: Engine.Turn): void => {
    job.state = turn.state
    job.progress = job.saved?.progress
    save(job)
    if (turn.bound !== undefined) people.wroteTo(job.send.person, turn.bound)
  }

  const leave: Process["leave"] = (send) => {
    const job = jobs[send.index]
    if (job === undefined || !isUp) return
    if (job.waits) {
      job.gone = true
      return unqueue(job)
    }
    if (job.runs) feed(job, { _tag: "Abandoned", at: queue.now() })
  }

  // --- what carriers and people say unasked ---

  const isFirst = (vendor: Vendor.Vendor, id: string): boolean => {
    const key = `${vendor.plan.id} ${id}`
    if (seen.has(key)) return false
    seen.add(key)
    return true
  }

  const observe: Process["observe"] = (vendor, webhook) => {
    const at = queue.now()
    if (!isFirst(vendor, webhook.id)) return
    switch (webhook._tag) {
      case "Wish":
        oracle.learned(webhook.person, webhook.out ? "out" : "in", webhook.at)
        return people.wished(webhook.person, webhook.out, webhook.at)
      case "Line":
        for (const line of scenario.lines) {
          oracle.opened(health.lineChanged(vendor.plan.id, line, webhook.available, at, "the carrier says so"), true)
        }
        return
      case "Status": {
        const { keyed, row } = webhook
        const job = jobs[row.delivery]
        if (!keyed || job === undefined) return
        oracle.told(job, row)
        feed(job, { _tag: "Observed", at, generation: row.generation, step: row.step, receipt: row.receipt, by: "event" })
      }
    }
  }

  // --- the end of a process, and another that takes over ---

  const crash = (): void => {
    isUp = false
    lanes.clear()
    for (const job of jobs) {
      if (job === undefined) continue
      job.waits = false
      if (!job.runs) continue
      job.runs = false
      job.state = job.saved?.state
      job.progress = job.saved?.progress
      oracle.crashed(job)
      const { saved } = job
      if (saved !== undefined) queue.at(job.lease, () => adopt(job))
    }
  }

  const restart = (): void => {
    isUp = true
    health = LineHealth.make(policy)
    engine = Engine.make(subject.decide ?? Decide.decide, health)
    oracle.forgotHealth()
  }

  /** What the process that is gone cannot say is not known; nobody waits for the rest. */
  const adopt = (job: Job.Job): void => {
    const { saved } = job
    if (saved === undefined || saved.state.phase._tag === "Done" || saved.state.phase._tag === "Held") return
    if (!isUp) return queue.at(queue.now() + 1000, () => adopt(job))
    const at = queue.now()
    const { progress, state } = saved
    const candidate = state.route[state.at] ?? state.route[0]
    const vendor = vendors.get(candidate.carrierId)
    const mine = progress !== undefined && progress.vendor === vendor
    const outcome = mine
      ? ended(job, progress, progress.vendor.errors.late("unknown", "caller"))
      : Outcome.rejected(Faults.errorsOf(candidate.carrierId).late("not-sent", "caller"))
    const end: Decision.Event | undefined = state.phase._tag === "Sending"
      ? { _tag: "Sent", at, outcome, steps: mine ? stepsAt(job, progress.vendor) : state.steps }
      : state.phase._tag === "Looking"
      ? { _tag: "Looked", at, finding: Looks.unproven }
      : undefined
    const left = decide(job, state, { _tag: "Abandoned", at })
    record(job, end === undefined ? left : decide(job, left.state, end))
  }

  return { jobs, call, leave, observe, hear: (vendor, person) => people.heardFrom(person, vendor.plan.id), crash, restart }
}
