/**
 * Runs a seed with several processes that share a ledger. Each conversation belongs to one of them, and any of them can be called. Callers send
 * under keys, and ask again under the same key. Production's runners and carriers run here unchanged. Their fibers can freeze or end between any
 * two steps. Vendors, network, placement and time are models.
 */
import type { CarrierId } from "@interline/core/CarrierId"
import * as Suppression from "@interline/core/Suppression"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Fact from "../../decision/Fact.ts"
import * as MemoryLedger from "../../ledger/MemoryLedger.ts"
import * as Shard from "../../ledger/Shard.ts"
import type { Complete } from "../../policy/Policy.ts"
import type { Violated } from "../judge/invariants.ts"
import type * as SharedResults from "../judge/sharedResults.ts"
import * as SharingJudge from "../judge/sharingJudge.ts"
import type { Faults, SystemUnderTest } from "../Model.ts"
import * as Job from "../runs/job.ts"
import * as Scenario from "../runs/scenario.ts"
import type { Trace } from "../runs/trace.ts"
import type { Way } from "../vendors/faults.ts"
import type * as Notices from "../vendors/notices.ts"
import * as Queue from "../vendors/queue.ts"
import * as Random from "../vendors/random.ts"
import * as Vendor from "../vendors/vendor.ts"
import * as Callers from "./callers.ts"
import * as Front from "./front.ts"
import * as Machine from "./machine.ts"
import * as Placement from "./placement.ts"
import * as SharedProcess from "./sharedProcess.ts"
import * as Store from "./store.ts"

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

const messages = 8

// a run that needs more steps will never end
const mostSteps = 200_000

/** Removes every setting that allows a second copy. So at most one copy is right in every run. */
const withoutRisks = (policy: Complete): Complete => ({
  ...policy,
  onUnknown: policy.onUnknown === "send-anyway" ? "hold" : policy.onUnknown,
  carriers: Object.fromEntries(Object.entries(policy.carriers).map(([id, { absenceProof: _, ...rest }]) => [id, rest]))
})

type VendorOutage = Scenario.VendorPlan["outages"][number]

const scenarioOf = (seed: number, { carriers, faults, lines }: Pick<Parts, "carriers" | "faults" | "lines">): Scenario.Scenario => {
  const scenario = Scenario.make(seed, carriers, { ...faults, crashes: 0, optOuts: 0, lists: 0, departures: 0.1 }, messages, lines)
  // the calls come close together, so that deliveries overlap; no two texts are equal, because the other runs test equal texts
  const horizon = seed % 2 === 0 ? 2 * seconds : 30 * seconds
  const people = scenario.people.slice(0, 2 + seed % 3)
  const sends = scenario.sends.map((send, text): Scenario.Send => {
    const person = people[text % people.length] ?? send.person
    const calledAt = Scenario.start + (send.calledAt - Scenario.start) % horizon
    return { ...send, person, text, calledAt, leavesAt: send.leavesAt === undefined ? undefined : calledAt + send.leavesAt - send.calledAt }
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

/** How the messages of a conversation are sent. */
type Style = "burst" | "chain" | "apart"

export const run = ({ carriers, faults, lines, policy: wanted, seed, subject }: Parts, trace?: Trace): ReadonlyArray<Violated> => {
  const policy = withoutRisks(wanted)
  const scenario = scenarioOf(seed, { carriers, faults, lines })
  const random = Random.keyed(seed, 0, 0, 6_000_000)
  const queue = Queue.make(Scenario.start)
  const ledger = Machine.atOnce(MemoryLedger.make())
  const say = (what: string) => trace?.happened(queue.now(), what)
  const shards = Array.from(new Set(scenario.people.map(({ key }) => Shard.of(key))))
  const placement = Placement.make<Front.Peer>(queue, Random.keyed(seed, 0, 0, 6_300_000), shards, say)
  const network: Front.Network = {
    queue,
    random: Random.keyed(seed, 0, 0, 6_400_000),
    placement,
    subject,
    onCome: (machine, id) => judge.came(machine, id),
    arrivals: new Map()
  }
  const calls: Array<SharedResults.Call> = []
  const judge = SharingJudge.make({ calls, queue, policy, wasForced: placement.wasForced }, trace)
  const vendors = new Map<CarrierId, Vendor.Vendor>()
  const places: Array<Front.Peer> = []
  const lastCall = Scenario.start + 90 * seconds
  const shared: SharedProcess.Shared = {
    seed,
    policy,
    scenario,
    subject,
    random,
    queue,
    ledger,
    epochs: new Map(),
    storeClock: Store.clockOf(queue),
    suppression: Machine.atOnce(Suppression.makeMemory),
    vendors,
    judge,
    placement,
    network,
    places,
    endsAt: lastCall + 2 * policy.deadlines.send + policy.deadlines.attempt + 5 * minutes,
    say,
    begun: 0
  }

  const somewhere = (): Front.Peer | undefined => {
    const place = places[random.int(places.length)]
    return place?.machine.isUp() === true ? place : undefined
  }

  // --- webhooks of vendors ---

  const notify = (vendor: Vendor.Vendor, webhook: Notices.Webhook): void => {
    if (webhook._tag !== "Status" || !webhook.keyed) return
    const place = somewhere()
    let isTaken = false
    // vendors repeat a webhook until somebody takes it
    const repeat = (after: number) =>
      queue.at(queue.now() + after, () => {
        if (!isTaken && queue.now() < shared.endsAt) notify(vendor, webhook)
      })
    if (place === undefined) return repeat(5 * seconds)
    const { row } = webhook
    const { generation, receipt, step } = row
    const fact: Fact.Fact = {
      _tag: "Reported",
      carrierId: vendor.plan.id,
      generation,
      step,
      receipt: { ref: receipt.ref, status: receipt.status }
    }
    place.machine.run(
      Effect.map(Front.tell(network, place, Job.idOf(row.delivery), fact), () => {
        isTaken = true
        const owner = placement.findOwner(Shard.of(row.person.key))
        judge.heard(owner === undefined ? [place.machine] : [place.machine, owner.machine], row)
      })
    )
    repeat(90 * seconds)
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

  const unkeyed = new Set(scenario.sends.filter(() => random.chance(0.25)))
  const { burst, call, chain } = Callers.make({ shared, calls, unkeyed, lastCall, somewhere })

  const count = 2 + random.int(2)
  for (let place = 0; place < count; place += 1) SharedProcess.begin(shared, place)
  for (const person of scenario.people) {
    const sends = scenario.sends.filter((send) => send.person === person)
    const [first] = sends
    if (first === undefined) continue
    const style = random.pick<Style>(["burst", "chain", "apart"])
    if (style === "apart") {
      for (const send of sends) {
        queue.at(send.calledAt, () => call(send, send.leavesAt))
      }
    } else queue.at(first.calledAt, () => style === "burst" ? burst(sends) : chain(sends))
    for (const send of style === "chain" ? [] : sends) {
      for (let retries = unkeyed.has(send) ? 0 : random.int(3); retries > 0; retries -= 1) {
        queue.at(Callers.around(random, send.calledAt, 60 * seconds), () => call(send, undefined))
      }
    }
  }

  if (!queue.run(mostSteps)) judge.violate("unbounded", undefined, `it had not ended after ${mostSteps} steps`)
  judge.settle(vendors.values(), (number) => Option.getOrUndefined(Machine.atOnce(ledger.read(Job.idOf(number)))))
  return judge.violations
}
