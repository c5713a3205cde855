/**
 * Models our process. It uses production's engine, health, routing and affinity. It sends to model carriers in virtual time. The
 * ledger's records survive a crash, and so do bindings, contacts and opt-outs. The rest does not survive it.
 */
import type { CarrierId } from "@interline/core/CarrierId"
import * as Option from "effect/Option"
import * as Decide from "../../decision/Decide.ts"
import * as Engine from "../../health/engine.ts"
import * as Limits from "../../health/Limits.ts"
import * as LineFacts from "../../health/lineFacts.ts"
import * as LineHealth from "../../health/lineHealth.ts"
import type * as NewPeople from "../vendors/newPeople.ts"
import type * as Notices from "../vendors/notices.ts"
import * as People from "../vendors/people.ts"
import type * as Vendor from "../vendors/vendor.ts"
import * as Facts from "./facts.ts"
import * as Job from "./job.ts"
import * as Rollouts from "./rollouts.ts"
import * as Routing from "./routing.ts"
import type * as Scenario from "./scenario.ts"
import * as Steps from "./steps.ts"

export interface Process {
  readonly jobs: ReadonlyArray<Job.Job>
  readonly call: (send: Scenario.Send) => void
  readonly leave: (send: Scenario.Send) => void
  readonly observe: (vendor: Vendor.Vendor, webhook: Notices.Webhook) => void
  /** A vendor says how many new people our line may still write to. */
  readonly limited: (told: NewPeople.Notice) => void
  readonly hear: (vendor: Vendor.Vendor, person: Scenario.Person) => void
  readonly crash: () => void
  readonly restart: () => void
}

/** The parts that the process needs. */
export interface Parts extends Pick<Steps.Side, "policy" | "subject" | "queue" | "vendors" | "oracle"> {
  readonly scenario: Scenario.Scenario
}

/** The carriers at which the person is new, as far as it matters: as production decides it. */
const newAt = (
  { health, people, scenario, subject, vendors }: Parts & { readonly people: People.People; readonly health: LineHealth.Health },
  person: Scenario.Person,
  at: number
): ReadonlyArray<CarrierId> => {
  const contacts = people.contactsOf(person)
  return scenario.vendors.flatMap(({ id, limit }) => {
    const place = { carrierId: id, line: person.conversation.line }
    const contact = contacts.get(id)
    if (!health.restsForNew(place, at)) return contact !== undefined && Limits.isNew(contact, at) ? [id] : []
    if (subject.limits === "for-everybody") return [id]
    const isKnown = contact === undefined
      ? !LineFacts.isNewTo(place, Option.getOrUndefined(people.bindingOf(person)), at)
      : !Limits.isNew(contact, at)
    return isKnown || (limit?.tellsOfPeople === true && vendors.get(id)?.knows(person, at) === true) ? [] : [id]
  })
}

/** The process learns what a vendor says of a line. */
const noteUsage = (
  { health, oracle, subject }: Parts & { readonly health: LineHealth.Health },
  notice: NewPeople.Notice
): void => {
  const { place, usage } = notice
  oracle.limited(notice)
  if (subject.limits !== "kept") return health.told(place, usage)
  const { availableAt } = usage
  if (availableAt !== undefined) health.told(place, { ...usage, availableAt: availableAt + 600_000 })
}

export const make = (parts: Parts): Process => {
  const { oracle, policy, queue, scenario, subject } = parts
  const people = People.make(scenario, policy, queue)
  const route = Routing.make(scenario, policy)
  const storedAt = Rollouts.make(scenario.seed, policy.rollout)
  const jobs: Array<Job.Job> = []
  const lanes = new Map<string, Array<Job.Job>>()
  const seen = new Set<string>()
  let health = LineHealth.make(policy)

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

  const side: Steps.Side = {
    ...parts,
    people,
    leaveLane,
    engine: Engine.make(subject.decide ?? Decide.decide, health),
    isUp: true
  }

  const begin = (job: Job.Job): void => {
    if (!job.waits || !side.isUp) return
    job.waits = false
    job.runs = true
    const at = queue.now()
    const { person } = job.send
    const contacts = people.contactsOf(person)
    job.newContacts = new Set(newAt({ ...parts, people, health }, person, at))
    job.cleared = !people.isSuppressed(person)
    const binding = people.bindingOf(person)
    const rollout = storedAt?.(at)
    const routed = route(job.send, { binding, contacts, at, ...(rollout === undefined ? {} : { rollout }) })
    if ("problems" in routed) {
      job.runs = false
      return leaveLane(job)
    }
    const state = Decide.initial(job.id, routed.route, { ...routed.settings, deadline: job.send.calledAt + policy.deadlines.send })
    job.state = state
    oracle.began(job, routed.bound, { home: Option.getOrUndefined(binding)?.carrierId, isRolling: rollout?.state !== undefined })
    Steps.drive(side, job, Steps.decide(side, job, state, job.isAbandoned ? { _tag: "Abandoned", at } : { _tag: "Started", at }))
  }

  const call: Process["call"] = (send) => {
    const job = Job.make(send)
    jobs[send.index] = job
    oracle.called(job)
    if (!side.isUp) {
      job.waits = false
      return
    }
    const lane = lanes.get(send.person.key)
    if (lane === undefined) {
      lanes.set(send.person.key, [job])
      return begin(job)
    }
    lane.push(job)
    // the send is answered at its deadline, even if the sends before it in the lane take longer
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

  const leave: Process["leave"] = (send) => {
    const job = jobs[send.index]
    if (job === undefined || !side.isUp) return
    if (job.waits) {
      job.isAbandoned = true
      return unqueue(job)
    }
    if (job.runs) Facts.feed(side, job, { _tag: "Abandoned", at: queue.now() })
  }

  // --- webhooks of carriers ---

  const observe: Process["observe"] = (vendor, webhook) => {
    const at = queue.now()
    const key = `${vendor.plan.id} ${webhook.id}`
    if (seen.has(key)) return
    seen.add(key)
    switch (webhook._tag) {
      case "Wish":
        oracle.learned(webhook.person, webhook.out ? "out" : "in", webhook.at)
        return people.wished(webhook.person, webhook.out, webhook.at)
      case "Line":
        for (const line of scenario.lines) {
          oracle.opened(health.lineChanged({ carrierId: vendor.plan.id, line }, webhook, at, "the carrier says so"), true)
        }
        return
      case "Status": {
        const { keyed, row } = webhook
        const job = jobs[row.delivery]
        if (!keyed || job === undefined) return
        oracle.told(job, row)
        Facts.feed(side, job, { _tag: "Observed", at, generation: row.generation, step: row.step, receipt: row.receipt, by: "event" })
      }
    }
  }

  const limited: Process["limited"] = (notice) => side.isUp ? noteUsage({ ...parts, health }, notice) : undefined

  // --- the end of a process, and the takeover by another process ---

  const crash = (): void => {
    side.isUp = false
    lanes.clear()
    for (const job of jobs) {
      if (job === undefined) continue
      job.waits = false
      if (job.runs) Facts.lose(side, job)
    }
  }

  const restart = (): void => {
    side.isUp = true
    health = LineHealth.make(policy)
    side.engine = Engine.make(subject.decide ?? Decide.decide, health)
    oracle.forgotHealth()
  }

  return { jobs, call, leave, observe, limited, hear: (vendor, person) => people.heardFrom(person, vendor.plan.id), crash, restart }
}
