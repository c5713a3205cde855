/** Runs one seed, from its scenario to its report. */
import type { CarrierId } from "@interline/core/CarrierId"
import type { Complete } from "../../policy/Policy.ts"
import type * as DeliveryRecord from "../judge/deliveryRecord.ts"
import * as Invariants from "../judge/invariants.ts"
import type { Faults, Report, SystemUnderTest } from "../Model.ts"
import * as Accounts from "../vendors/accounts.ts"
import type { Way } from "../vendors/faults.ts"
import type * as Notices from "../vendors/notices.ts"
import * as Queue from "../vendors/queue.ts"
import * as Vendor from "../vendors/vendor.ts"
import * as Process from "./process.ts"
import * as Scenario from "./scenario.ts"
import type { Trace } from "./trace.ts"

export interface Parts {
  readonly seed: number
  readonly policy: Complete
  readonly carriers: ReadonlyArray<{ readonly id: CarrierId; readonly way: Way }>
  readonly lines: Scenario.Lines
  readonly faults: Faults
  readonly sends: number
  readonly subject: SystemUnderTest
}

// a run that needs more steps will never end
const mostSteps = 200_000

export const run = ({ carriers, faults, lines, policy, seed, sends, subject }: Parts, trace?: Trace): Report => {
  const scenario = Scenario.make(seed, carriers, faults, sends, lines)
  const queue = Queue.make(Scenario.start)
  const vendors = new Map<CarrierId, Vendor.Vendor>()
  const oracle = Invariants.make(policy, queue, vendors, trace)
  const { crash } = scenario

  const deliver = (vendor: Vendor.Vendor, webhook: Notices.Webhook): void => {
    // vendors repeat a webhook until somebody takes it
    if (crash !== undefined && crash.from <= queue.now() && queue.now() < crash.until) {
      queue.at(crash.until + 1 + (queue.now() - crash.from) / 10, () => process.observe(vendor, webhook))
    } else process.observe(vendor, webhook)
  }
  scenario.vendors.forEach((plan, place) =>
    vendors.set(
      plan.id,
      Vendor.make({
        scenario,
        plan,
        place,
        queue,
        arrive: (row) => trace?.arrived(queue.now(), row),
        notify: deliver,
        tell: (told) => process.limited(told),
        handshakes: subject.handshakes
      })
    )
  )
  const process = Process.make({ scenario, policy, subject, queue, vendors, oracle })

  for (const vendor of vendors.values()) {
    vendor.start()
    for (const { from, kind, until } of vendor.plan.outages) {
      trace?.happened(from, `${vendor.plan.id} has an outage until ${((until - Scenario.start) / 1000).toFixed(3)} s: ${kind}`)
    }
  }
  for (const send of scenario.sends) {
    queue.at(send.calledAt, () => process.call(send))
    if (send.leavesAt !== undefined) queue.at(send.leavesAt, () => process.leave(send))
  }
  for (const { at, person, vendor: id } of scenario.inbound) {
    const vendor = vendors.get(id)
    if (vendor !== undefined) queue.at(at, () => process.hear(vendor, person))
  }
  if (crash !== undefined) {
    queue.at(crash.from, () => {
      trace?.happened(queue.now(), "the process goes down")
      process.crash()
    })
    queue.at(crash.until, () => {
      trace?.happened(queue.now(), "another process is up")
      process.restart()
    })
  }

  if (!queue.run(mostSteps)) oracle.violate("unbounded", undefined, `it had not ended after ${mostSteps} steps`)
  const verdicts = oracle.verdicts()
  for (const { dossier, end, verdict } of verdicts) {
    if (end === "overtaken" || verdict === (end === "held" || end === "risk" ? "open" : end)) continue
    oracle.violate(
      end === "held" ? "held-although-decidable" : "answered-without-proof",
      dossier.job.send.index,
      `the doubt ended as ${end}, and is ${verdict === "open" ? "undecidable" : `decidable as ${verdict}`}`
    )
  }
  const reckoned = Accounts.settle(oracle, policy, vendors.values())
  return {
    seed,
    ...countAnswers(oracle.dossiers),
    ...reckoned,
    undecidable: verdicts.filter(({ verdict }) => verdict === "open").length,
    violations: oracle.violations
  }
}

type Counted = Pick<
  Report,
  "sends" | "accepted" | "rejected" | "partial" | "held" | "settledLater" | "lateArrivals" | "failovers" | "requests"
>

const countAnswers = (dossiers: ReadonlyArray<DeliveryRecord.Dossier>): Counted => {
  const counts = { sends: dossiers.length, accepted: 0, rejected: 0, partial: 0, held: 0, settledLater: 0, lateArrivals: 0, requests: 0 }
  const failovers: Array<number> = []
  for (const { atConclusion, concludedAt, failedOver, job, late, requests, startedAt } of dossiers) {
    counts.requests += requests
    counts.lateArrivals += late.size
    if (atConclusion === undefined) continue
    if (atConclusion._tag === "Accepted") counts.accepted += 1
    if (atConclusion._tag === "Rejected") counts.rejected += 1
    if (atConclusion._tag === "Partial") counts.partial += 1
    if (atConclusion._tag === "Unknown") {
      counts.held += 1
      if (job.state?.result?.outcome._tag !== "Unknown") counts.settledLater += 1
    }
    if (failedOver && atConclusion._tag === "Accepted") failovers.push(concludedAt - startedAt)
  }
  return { ...counts, failovers }
}
