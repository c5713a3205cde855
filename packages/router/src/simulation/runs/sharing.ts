/**
 * Runs a seed with several processes that share a ledger. Callers send under keys, and ask again under the same key. Production's
 * runners and carriers run here unchanged. Their fibers can freeze or end between any two steps. Only vendors, network and time are
 * models.
 */
import type { Prepared } from "@interline/core/Backend"
import type { CarrierId } from "@interline/core/CarrierId"
import * as Suppression from "@interline/core/Suppression"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import * as FiberId from "effect/FiberId"
import * as Option from "effect/Option"
import * as MemoryLedger from "../../ledger/MemoryLedger.ts"
import type { Complete } from "../../policy/Policy.ts"
import type { Violated } from "../judge/invariants.ts"
import * as SharingJudge from "../judge/sharingJudge.ts"
import type { Faults, SystemUnderTest } from "../Model.ts"
import type { Way } from "../vendors/faults.ts"
import type * as Notices from "../vendors/notices.ts"
import * as Queue from "../vendors/queue.ts"
import * as Random from "../vendors/random.ts"
import * as Vendor from "../vendors/vendor.ts"
import * as Job from "./job.ts"
import * as Machine from "./machine.ts"
import * as Scenario from "./scenario.ts"
import * as SharedProcess from "./sharedProcess.ts"
import * as Store from "./store.ts"
import type { Trace } from "./trace.ts"

export interface Parts {
  readonly seed: number
  readonly policy: Complete
  readonly carriers: ReadonlyArray<{ readonly id: CarrierId; readonly way: Way }>
  readonly lines: Scenario.Lines
  readonly faults: Faults
  readonly subject: SystemUnderTest
}

const seconds = 1000
const minutes = 60 * seconds

const messages = 6

// a run that needs more steps will never end
const mostSteps = 200_000

/** Removes every setting that allows a second copy. So at most one copy is right in every run. */
const withoutRisks = (policy: Complete): Complete => ({
  ...policy,
  onUnknown: policy.onUnknown === "send-anyway" ? "hold" : policy.onUnknown,
  carriers: Object.fromEntries(Object.entries(policy.carriers).map(([id, { absenceProof: _, ...rest }]) => [id, rest]))
})

const around = (random: Random.Random, time: number, longest: number): number => time + Math.exp(random.between(0, Math.log(longest)))

type VendorOutage = Scenario.VendorPlan["outages"][number]

const scenarioOf = (seed: number, { carriers, faults, lines }: Pick<Parts, "carriers" | "faults" | "lines">): Scenario.Scenario => {
  const scenario = Scenario.make(seed, carriers, { ...faults, crashes: 0, optOuts: 0, lists: 0, departures: 0.1 }, messages, lines)
  // the calls come close together, so that deliveries overlap; no two texts are equal, because the other runs test equal texts
  const horizon = seed % 2 === 0 ? 2 * seconds : 30 * seconds
  const sends = scenario.sends.map((send, text): Scenario.Send => {
    const calledAt = Scenario.start + (send.calledAt - Scenario.start) % horizon
    return { ...send, text, calledAt, leavesAt: send.leavesAt === undefined ? undefined : calledAt + send.leavesAt - send.calledAt }
  })
  // an outage of 5 to 30 minutes: it can last longer than a request may be repeated, which is 10 minutes
  const [first, ...others] = scenario.vendors
  const random = Random.keyed(seed, 0, 0, 6_200_000)
  if (first === undefined || !random.chance(faults.outages / 3)) return { ...scenario, sends }
  const from = Scenario.start + random.between(0, 10 * seconds)
  const outage: VendorOutage = {
    from,
    until: from + random.between(5 * minutes, 30 * minutes),
    kind: random.pick(["ack-lost-502", "ack-lost-hang", "5xx-before"])
  }
  return { ...scenario, sends, vendors: [{ ...first, outages: [outage] }, ...others] }
}

const prepare = (send: Scenario.Send, { fidelity }: Complete): Prepared => ({
  conversation: send.person.conversation,
  draft: Scenario.draftOf(send.text),
  fidelity,
  key: `key ${send.index}`
})

export const run = ({ carriers, faults, lines, policy: wanted, seed, subject }: Parts, trace?: Trace): ReadonlyArray<Violated> => {
  const policy = withoutRisks(wanted)
  const scenario = scenarioOf(seed, { carriers, faults, lines })
  const random = Random.keyed(seed, 0, 0, 6_000_000)
  const queue = Queue.make(Scenario.start)
  const ledger = Machine.atOnce(MemoryLedger.make())
  const calls: Array<SharingJudge.Call> = []
  const judge = SharingJudge.make(calls, queue, trace)
  const vendors = new Map<CarrierId, Vendor.Vendor>()
  const places: Array<SharedProcess.Place> = []
  const lastCall = Scenario.start + 90 * seconds
  const say = (what: string) => trace?.happened(queue.now(), what)
  const shared: SharedProcess.Shared = {
    seed,
    policy,
    scenario,
    subject,
    random,
    queue,
    ledger,
    storeClock: Store.clockOf(queue),
    suppression: Machine.atOnce(Suppression.makeMemory),
    vendors,
    judge,
    places,
    endsAt: lastCall + 2 * policy.deadlines.send + policy.deadlines.attempt + 3 * minutes,
    say,
    owners: 0
  }

  // --- webhooks of vendors ---

  const notify = (_: Vendor.Vendor, webhook: Notices.Webhook): void => {
    if (webhook._tag !== "Status" || !webhook.keyed) return
    const up = places.filter(({ machine }) => machine.isUp())
    const place = up[random.int(up.length)]
    // vendors repeat a webhook until somebody takes it
    if (place === undefined) return queue.at(queue.now() + 5 * seconds, () => notify(_, webhook))
    const { generation, receipt, step } = webhook.row
    const { machine, runner } = place
    machine.run(
      Effect.asVoid(
        runner.tell(
          Job.idOf(webhook.row.delivery),
          () => ({ _tag: "Observed", at: machine.clock.unsafeCurrentTimeMillis(), generation, step, receipt, by: "event" })
        )
      )
    )
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
        notify,
        handshakes: subject.handshakes
      })
    )
  )
  for (const vendor of vendors.values()) vendor.start()

  // --- callers ---

  const call = (send: Scenario.Send, leavesAt: number | undefined): void => {
    const place = places[random.int(places.length)]
    // no process is up in this place, so the caller knows that nothing was sent
    if (place === undefined || !place.machine.isUp()) return
    const { machine, runner } = place
    const number = calls.length
    const made: SharingJudge.Call = {
      number,
      send,
      machine,
      at: queue.now(),
      answer: undefined,
      answeredAt: Number.POSITIVE_INFINITY,
      entry: undefined,
      hasLeft: false
    }
    calls.push(made)
    trouble(place)
    say(`call ${number} for message ${send.index} at place ${places.indexOf(place)}`)
    const delivering = Effect.map(Effect.either(runner.run(Job.idOf(number), prepare(send, policy))), (answer) => {
      made.answer = answer
      made.answeredAt = queue.now()
      const id = answer._tag === "Right" ? answer.right.id : answer.left.deliveryId
      made.entry = Option.getOrUndefined(Machine.atOnce(ledger.read(id)))
      judge.answered(made)
    })
    const fiber: Fiber.RuntimeFiber<void> = machine.run(delivering)
    if (leavesAt !== undefined) {
      queue.at(leavesAt, () => {
        if (made.answer !== undefined || !machine.isUp()) return
        made.hasLeft = true
        fiber.unsafeInterruptAsFork(FiberId.none)
      })
    }
  }

  // --- troubles of processes and their clocks ---

  // a trouble comes soon after a call, so mostly while a claim, a request or an answer of the call is under way
  let troubles: ReadonlyArray<(shared: SharedProcess.Shared, place: SharedProcess.Place) => void> = [
    SharedProcess.lose,
    SharedProcess.freeze,
    SharedProcess.setClock,
    random.chance(0.5) ? SharedProcess.lose : SharedProcess.freeze
  ]
  const trouble = (place: SharedProcess.Place): void => {
    const [first, ...others] = troubles
    if (first === undefined || !random.chance(0.5)) return
    troubles = others
    queue.at(around(random, queue.now(), random.chance(0.5) ? 100 : 5 * seconds), () => first(shared, place))
  }

  for (let place = 0; place < 2; place += 1) SharedProcess.begin(shared, place)
  for (const send of scenario.sends) {
    queue.at(send.calledAt, () => call(send, send.leavesAt))
    for (let retries = random.int(3); retries > 0; retries -= 1) {
      queue.at(around(random, send.calledAt, 60 * seconds), () => call(send, undefined))
    }
  }

  if (!queue.run(mostSteps)) judge.violate("unbounded", undefined, `it had not ended after ${mostSteps} steps`)
  judge.settle(vendors.values(), (number) => Option.getOrUndefined(Machine.atOnce(ledger.read(Job.idOf(number)))), policy)
  return judge.violations
}
