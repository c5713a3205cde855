/** A vendor as it really is: what it takes, what it answers, what it shows, and what reaches the phones. */
import type { CarrierId } from "@interline/core/CarrierId"
import type { MessagingError } from "@interline/core/MessagingError"
import type { Receipt } from "@interline/core/Outcome"
import type { Subject } from "../Model.ts"
import type { Person, Scenario, Stranger, VendorPlan } from "../runs/scenario.ts"
import * as Faults from "./faults.ts"
import type { Queue } from "./queue.ts"
import * as Random from "./random.ts"

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

export type Answer =
  | { readonly _tag: "Took"; readonly row: Row }
  | { readonly _tag: "Failed"; readonly error: MessagingError; readonly ref?: Row }

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

export type Webhook =
  | { readonly _tag: "Status"; readonly id: string; readonly row: Row; readonly keyed: boolean }
  | { readonly _tag: "Wish"; readonly id: string; readonly person: Person; readonly out: boolean; readonly at: number }
  | { readonly _tag: "Line"; readonly id: string; readonly available: boolean; readonly at: number }

export interface Vendor {
  readonly plan: VendorPlan
  readonly errors: Faults.CarrierErrors
  readonly rows: ReadonlyArray<Row>
  readonly rowOf: (id: string) => Row | undefined
  readonly fate: (parcel: Parcel, salt: number, at: number) => Fate
  /** Carries out a request; `answer` is called when, and only if, the client gets one. */
  readonly receive: (parcel: Parcel, fate: Fate, answer: (answer: Answer) => void) => void
  /** Whether the request, sent under its key at `at`, would be answered by a message; and when. Changes nothing. */
  readonly wouldTake: (parcel: Parcel, fate: Fate, at: number) => { readonly at: number; readonly took: boolean } | undefined
  /** The messages to a person that the list shows, earliest first, without those that belong to somebody. */
  readonly list: (parcel: Parcel, at: number) => ReadonlyArray<Row>
  readonly start: () => void
}

const seconds = 1000
const minutes = 60 * seconds

const refusalNames = ["caller", "recipient", "account", "line", "carrier", "not-ready"] as const satisfies ReadonlyArray<Faults.Refusal>

// how long a delay in the vocabulary may last: longer than a try is waited for
const longestDelay = 60 * seconds

const hour = 60 * minutes

export const stepsOf = (plan: Pick<VendorPlan, "way">, parts: number): ReadonlyArray<ReadonlyArray<number>> =>
  (plan.way === "replay" ? whole : apart)[parts - 1] ?? []

const upTo = (count: number) => Array.from({ length: count }, (_, index) => index)
const whole = [1, 2, 3].map((parts) => [upTo(parts)])
const apart = [1, 2, 3].map((parts) => upTo(parts).map((part) => [part]))

export const make = (
  scenario: Scenario,
  plan: VendorPlan,
  place: number,
  queue: Queue,
  arrive: (row: Row) => void,
  notify: (vendor: Vendor, webhook: Webhook) => void,
  handshakes?: Subject["handshakes"]
): Vendor => {
  const { id, way } = plan
  const errors = Faults.errorsOf(id)
  const rows: Array<Row> = []
  const byKey = new Map<number, Row>()
  const byId = new Map<string, Row>()
  const flags: Array<{ readonly from: number; readonly until: number }> = [...plan.flagged]

  const keyOf = ({ delivery, generation, step }: Parcel): number => (delivery * 64 + generation) * 8 + step

  const fate: Vendor["fate"] = (parcel, salt, at) => {
    const random = Random.keyed(scenario.seed, place * 4096 + parcel.delivery, parcel.generation * 8 + parcel.step, salt)
    const there = random.between(2, 60)
    const back = random.between(2, 60)
    const outage = plan.outages.find((span) => span.from <= at && at < span.until)
    const drawn = outage !== undefined ? outage.kind : random.chance(scenario.rate) ? random.pick(scenario.kinds) : undefined
    // only the vendor with a list answers 200 and means no
    const kind = drawn === "200-error-body" && way === "replay" ? undefined : drawn
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

  const isOut = (person: Person, at: number): boolean => {
    let out = false
    for (const wish of person.wishes) if (wish.vendor === id && wish.at <= at) out = wish.out
    return out
  }

  const isFlagged = (at: number): boolean => flags.some((span) => span.from <= at && at < span.until)

  const kept = (parcel: Parcel, at: number): Row | undefined => {
    if (way !== "replay") return undefined
    const row = byKey.get(keyOf(parcel))
    return row !== undefined && row.takenAt <= at && at < row.takenAt + plan.keepsKeys ? row : undefined
  }

  /** Why it would be refused at that time, if it is not known by its key. */
  const objection = (parcel: Parcel, { kind, refusal }: Fate, at: number): Faults.Refusal | undefined =>
    refusal !== undefined
      ? refusal
      : isOut(parcel.person, at)
      ? "opted-out"
      : way === "replay" && (kind === "line-flagged" || isFlagged(at))
      ? "flagged"
      : undefined

  const webhooksOf = (row: Row, { kind }: Fate): void => {
    const random = Random.keyed(scenario.seed, place * 4096 + row.delivery, row.generation * 8 + row.step, 1_000_000 + rows.length)
    const first = random.between(50, 3 * seconds)
    const words = row.failed ? ["failed"] : ["sent", "delivered"]
    words.forEach((word, index) => {
      if (!random.chance(plan.webhooks)) return
      const late = kind === "webhook-late" || random.chance(0.05) ? random.between(seconds, 3 * minutes) : 0
      // the one that follows comes first
      const order = kind === "webhook-reorder" ? words.length - index : index
      const at = row.takenAt + first + order * random.between(10, 2 * seconds) + late
      const webhook: Webhook = { _tag: "Status", id: `${row.receipt.ref.id} ${word}`, row, keyed: random.chance(0.9) }
      queue.at(at, () => notify(vendor, webhook))
      if (kind === "webhook-duplicate" || random.chance(0.05)) queue.at(at + random.between(1, minutes), () => notify(vendor, webhook))
    })
  }

  const handle = (parcel: Parcel, fate: Fate): Answer => {
    const at = queue.now()
    if (fate.kind === "line-flagged" && !isFlagged(at)) flag({ from: at, until: at + fate.there * 2 * seconds })
    const known = kept(parcel, at)
    if (known !== undefined) return { _tag: "Took", row: known }
    const why = objection(parcel, fate, at)
    if (why !== undefined) return { _tag: "Failed", error: errors.refusal(why) }
    const random = Random.keyed(scenario.seed, place * 4096 + parcel.delivery, parcel.generation * 8 + parcel.step, 2_000_000 + rows.length)
    const row: Row = {
      delivery: parcel.delivery,
      generation: parcel.generation,
      step: parcel.step,
      parts: parcel.parts,
      person: parcel.person,
      text: parcel.text,
      vendor: id,
      receipt: { ref: { carrierId: id, id: `${id}-${rows.length}` }, parts: parcel.parts, status: "queued" },
      takenAt: at,
      listedAt: at + fate.lag,
      failed: (way === "list" && isFlagged(at)) || random.chance(0.03),
      respelled: random.chance(scenario.lists),
      ownedAt: Number.POSITIVE_INFINITY
    }
    rows.push(row)
    byId.set(row.receipt.ref.id, row)
    byKey.set(keyOf(parcel), row)
    if (!row.failed) arrive(row)
    webhooksOf(row, fate)
    return { _tag: "Took", row }
  }

  const flag = (span: { readonly from: number; readonly until: number }): void => {
    flags.push(span)
    announce(span, flags.length)
  }

  const announce = ({ from, until }: { readonly from: number; readonly until: number }, count: number): void => {
    const random = Random.keyed(scenario.seed, place, count, 3_000_000)
    for (const [available, at] of [[false, from], [true, until]] as const) {
      if (random.chance(plan.webhooks)) {
        queue.at(
          at + random.between(10, 20 * seconds),
          () => notify(vendor, { _tag: "Line", id: `line ${count} ${String(available)}`, available, at })
        )
      }
    }
  }

  const failed = (sees: "refused" | "reset" | "server-error" | "limited", { broke, retryAfter, unconnected }: Fate): MessagingError => {
    switch (sees) {
      case "refused":
        return handshakes === "unknown" && Faults.inHandshake.has(unconnected) ? errors.broke("reset") : errors.unconnected(unconnected)
      case "reset":
        return errors.broke(broke)
      case "limited":
        return errors.limited(retryAfter)
      case "server-error":
        return errors.seen("server-error")
    }
  }

  const receive: Vendor["receive"] = (parcel, fate, answer) => {
    const { back, body, kind, there, waits } = fate
    const left = queue.now()
    const course = kind === undefined ? undefined : Faults.courses[kind]
    const told = (at: number, what: Answer) => queue.at(at, () => answer(what))
    if (course === undefined || course.sees === "answer" || course.sees === "bad-answer") {
      queue.at(left + there + waits, () => {
        const result = handle(parcel, fate)
        told(
          queue.now() + back,
          course?.sees === "bad-answer" && result._tag === "Took" ? { _tag: "Failed", error: errors.seen("bad-answer") } : result
        )
      })
      return
    }
    if (course.sees === "error-body") {
      const { accepted, named } = Faults.bodies[body]
      queue.at(left + there, () => {
        const result = accepted ? handle(parcel, { ...fate, refusal: undefined }) : undefined
        const ref = named && result?._tag === "Took" ? { ref: result.row } : {}
        told(queue.now() + back, { _tag: "Failed", error: errors.body(body), ...ref })
      })
      return
    }
    if (course.takes === true) queue.at(left + there + waits, () => handle(parcel, fate))
    if (course.sees === "nothing") return
    told(left + there + back, { _tag: "Failed", error: failed(course.sees, fate) })
  }

  const wouldTake: Vendor["wouldTake"] = (parcel, fate, at) => {
    const course = fate.kind === undefined ? undefined : Faults.courses[fate.kind]
    if (course?.sees === "nothing") return undefined
    const handled = at + fate.there + fate.waits
    const took = course === undefined || course.sees === "answer"
      ? kept(parcel, handled) !== undefined || objection(parcel, fate, handled) === undefined
      : false
    return {
      at: (course === undefined || course.sees === "answer" || course.sees === "bad-answer" ? handled : at + fate.there) + fate.back,
      took
    }
  }

  const list: Vendor["list"] = ({ person }, at) => rows.filter((row) => row.person === person && row.listedAt <= at && row.ownedAt > at)

  /** Somebody else writes to the person from the same line, with another program or by hand. */
  const write = ({ at, person, text }: Stranger): void => {
    const row: Row = {
      delivery: -1,
      generation: 0,
      step: 0,
      parts: [0],
      person,
      text,
      vendor: id,
      receipt: { ref: { carrierId: id, id: `${id}-${rows.length}` }, parts: [0], status: "queued" },
      takenAt: at,
      listedAt: at,
      respelled: false,
      failed: false,
      ownedAt: Number.POSITIVE_INFINITY
    }
    rows.push(row)
    byId.set(row.receipt.ref.id, row)
  }

  const vendor: Vendor = {
    plan,
    errors,
    rows,
    rowOf: (id) => byId.get(id),
    fate,
    receive,
    wouldTake,
    list,
    start: () => {
      plan.flagged.forEach(announce)
      for (const stranger of scenario.strangers) {
        if (stranger.vendor === id) {
          queue.at(Math.max(stranger.at, queue.now()), () => write(stranger))
        }
      }
      for (const person of scenario.people) {
        person.wishes.forEach((wish, index) => {
          if (wish.vendor !== id) return
          const random = Random.keyed(scenario.seed, person.index, index, 4_000_000)
          const webhook: Webhook = { _tag: "Wish", id: `wish ${person.index} ${index}`, person, out: wish.out, at: wish.at }
          // vendors repeat an event until it is taken, so an opt-out comes at some time
          const at = wish.at + Math.exp(random.between(Math.log(20), Math.log(random.chance(0.9) ? minutes : hour)))
          queue.at(at, () => notify(vendor, webhook))
          if (random.chance(0.2)) queue.at(at + random.between(1, 10 * minutes), () => notify(vendor, webhook))
        })
      }
    }
  }
  return vendor
}
