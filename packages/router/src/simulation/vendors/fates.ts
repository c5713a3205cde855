/** What a vendor is sent, and what becomes of it on its way: drawn from the seed, before anything is known of the vendor's mind. */
import type { CarrierId } from "@interline/core/CarrierId"
import type { Receipt } from "@interline/core/Outcome"
import type { Person, Scenario, VendorPlan } from "../runs/scenario.ts"
import * as Faults from "./faults.ts"
import * as Random from "./random.ts"

/** What a vendor's draws depend on. */
export interface Source {
  readonly scenario: Scenario
  readonly plan: VendorPlan
  /** Its place among the vendors of the scenario. */
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
  /** The list shows it in another spelling than it was sent in. */
  readonly respelled: boolean
  /** It never reaches the phone, and the vendor says so later. */
  readonly failed: boolean
  /** When a delivery's receipts on record first named it. */
  ownedAt: number
}

/** A parcel that a vendor took as its `message`-th message. */
export const rowOf = (
  parcel: Parcel,
  { message, ...taken }: Pick<Row, "vendor" | "takenAt" | "listedAt" | "failed" | "respelled"> & { readonly message: number }
): Row => ({
  ...parcel,
  ...taken,
  receipt: { ref: { carrierId: taken.vendor, id: `${taken.vendor}-${message}` }, parts: parcel.parts, status: "queued" },
  ownedAt: Number.POSITIVE_INFINITY
})

/** What becomes of one request on its way, drawn before anything is known of the vendor's mind. */
export interface Fate {
  readonly kind: Faults.Kind | undefined
  readonly refusal: Faults.Refusal | undefined
  readonly body: Faults.Body
  readonly there: number
  /** How long it lies at the vendor before it is handled. */
  readonly waits: number
  readonly back: number
  readonly lag: number
  /** A list that is asked for is short, or contradicts itself. */
  readonly gap: boolean
  readonly retryAfter: number
  /** How the connection failed, or broke, if it did. */
  readonly unconnected: Faults.Unconnected
  readonly broke: Faults.Break
}

const seconds = 1000
const minutes = 60 * seconds

const refusalNames = ["caller", "recipient", "account", "line", "carrier", "not-ready"] as const satisfies ReadonlyArray<Faults.Refusal>

// how long a delay in the vocabulary may last: longer than a try is waited for
const longestDelay = 60 * seconds

/** Draws what becomes of a request that is sent at `at`. `salt` tells the requests of one step apart. */
export const draw = ({ place, plan, scenario }: Source, parcel: Parcel, salt: number, at: number): Fate => {
  const random = Random.keyed(scenario.seed, place * 4096 + parcel.delivery, parcel.generation * 8 + parcel.step, salt)
  const there = random.between(2, 60)
  const back = random.between(2, 60)
  const outage = plan.outages.find((span) => span.from <= at && at < span.until)
  const drawn = outage !== undefined ? outage.kind : random.chance(scenario.rate) ? random.pick(scenario.kinds) : undefined
  // only the vendor with a list answers 200 and means no
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
