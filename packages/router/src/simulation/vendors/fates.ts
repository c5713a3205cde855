/** Defines the requests and messages of a vendor, and draws from the seed what happens to each request on its way. */
import type { CarrierId } from "@interline/core/CarrierId"
import type { Receipt } from "@interline/core/Outcome"
import type { Person, Scenario, VendorPlan } from "../runs/scenario.ts"
import * as Faults from "./faults.ts"
import * as Random from "./random.ts"

/** The values on which the draws for a vendor depend. */
export interface Source {
  readonly scenario: Scenario
  readonly plan: VendorPlan
  /** The vendor's index among the vendors of the scenario. */
  readonly place: number
}

/** One request that reaches a person. */
export interface Parcel {
  readonly delivery: number
  readonly generation: number
  readonly step: number
  readonly parts: ReadonlyArray<number>
  readonly person: Person
  readonly text: number
}

/** A message that the vendor took. */
export interface Row extends Parcel {
  readonly vendor: CarrierId
  readonly receipt: Receipt
  readonly takenAt: number
  readonly listedAt: number
  /** The list shows the message in another spelling than ours. */
  readonly respelled: boolean
  /** The message never reaches the phone. The vendor may report this later. */
  readonly failed: boolean
  /** When a recorded receipt of a delivery first named the message. Infinite if none did. */
  ownedAt: number
}

/** Makes the message for a parcel that a vendor took. `message` is its number at the vendor, from 0. */
export const rowOf = (
  parcel: Parcel,
  { message, ...taken }: Pick<Row, "vendor" | "takenAt" | "listedAt" | "failed" | "respelled"> & { readonly message: number }
): Row => ({
  ...parcel,
  ...taken,
  receipt: { ref: { carrierId: taken.vendor, id: `${taken.vendor}-${message}` }, parts: parcel.parts, status: "queued" },
  ownedAt: Number.POSITIVE_INFINITY
})

/** What happens to one request on its way. The draw does not depend on what the vendor decides. Times are in milliseconds. */
export interface Fate {
  readonly kind: Faults.Kind | undefined
  readonly refusal: Faults.Refusal | undefined
  readonly body: Faults.Body
  /** How long the request is on its way to the vendor. */
  readonly there: number
  /** How long the request waits at the vendor before the vendor handles it. */
  readonly waits: number
  /** How long the answer is on its way back. */
  readonly back: number
  /** How long after the vendor took the message the list shows it. */
  readonly lag: number
  /** Whether a list leaves out its second half. */
  readonly gap: boolean
  readonly retryAfter: number
  /** How the connection failed or broke. Used only if `kind` says that it did. */
  readonly unconnected: Faults.Unconnected
  readonly broke: Faults.Break
}

const seconds = 1000
const minutes = 60 * seconds

const refusalNames = ["caller", "recipient", "account", "line", "carrier", "not-ready"] as const satisfies ReadonlyArray<Faults.Refusal>

// the longest drawn delay: longer than a client waits for a try by default, which is 30 seconds
const longestDelay = 60 * seconds

/** Draws what happens to a request that is sent at `at`. `salt` is different for each request of one step. */
export const draw = ({ place, plan, scenario }: Source, parcel: Parcel, salt: number, at: number): Fate => {
  const random = Random.keyed(scenario.seed, place * 4096 + parcel.delivery, parcel.generation * 8 + parcel.step, salt)
  const there = random.between(2, 60)
  const back = random.between(2, 60)
  const outage = plan.outages.find((span) => span.from <= at && at < span.until)
  const drawn = outage !== undefined ? outage.kind : random.chance(scenario.rate) ? random.pick(scenario.kinds) : undefined
  // only the vendor with a list uses an error body with status 200
  const kind = drawn === "200-error-body" && plan.way === "replay" ? undefined : drawn
  const course = kind === undefined ? undefined : Faults.courses[kind]
  const delay = Math.exp(random.between(Math.log(100), Math.log(longestDelay)))
  const before = random.chance(0.5)
  const lost = course !== undefined && course.takes !== false && course.sees !== "answer"
  return {
    kind,
    refusal: random.chance(scenario.refusalRate) ? random.pick(refusalNames) : undefined,
    body: random.pick(Faults.bodyNames),
    there,
    waits: kind === "delay" && before ? delay : lost && random.chance(0.2) ? delay : 0,
    back: kind === "delay" && !before ? back + delay : back,
    lag: kind === "late-listing" || random.chance(0.1) ? Math.exp(random.between(Math.log(100), Math.log(2 * minutes))) : 0,
    retryAfter: random.pick([0, 1, 5, 30, 8549]),
    gap: random.chance(scenario.lists),
    unconnected: random.pick(Faults.unconnectedNames),
    broke: random.pick(Faults.breakNames)
  }
}
