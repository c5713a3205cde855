/** Models a vendor: which requests it takes, how it answers, what its list shows, and which messages reach the phones. */
import type { CarrierId } from "@interline/core/CarrierId"
import type { MessagingError } from "@interline/core/MessagingError"
import type { SystemUnderTest } from "../Model.ts"
import type { Person, Stranger, VendorPlan } from "../runs/scenario.ts"
import * as Fates from "./fates.ts"
import * as Faults from "./faults.ts"
import * as NewPeople from "./newPeople.ts"
import * as Notices from "./notices.ts"
import type { Queue } from "./queue.ts"
import * as Random from "./random.ts"

export type Answer =
  | { readonly _tag: "Took"; readonly row: Fates.Row }
  | { readonly _tag: "Failed"; readonly error: MessagingError; readonly ref?: Fates.Row }

export interface Vendor {
  readonly plan: VendorPlan
  readonly errors: Faults.CarrierErrors
  readonly rows: ReadonlyArray<Fates.Row>
  readonly rowOf: (id: string) => Fates.Row | undefined
  readonly fate: (parcel: Fates.Parcel, salt: number, at: number) => Fates.Fate
  /** Carries out a request. Calls `answer` when the client gets an answer, and never if it gets none. */
  readonly receive: (parcel: Fates.Parcel, fate: Fates.Fate, answer: (answer: Answer) => void) => void
  /** When the answer to a request sent at `at` would come, and whether it would name a message. Undefined: no answer. Changes nothing. */
  readonly wouldTake: (parcel: Fates.Parcel, fate: Fates.Fate, at: number) => { readonly at: number; readonly took: boolean } | undefined
  /** Whether the vendor's line knew the person by `at`. Only a vendor that limits new people remembers. */
  readonly knows: (person: Person, at: number) => boolean
  /** The messages to the person that the list shows, oldest first. Those that a recorded delivery owns are left out. */
  readonly list: (parcel: Fates.Parcel, at: number) => ReadonlyArray<Fates.Row>
  readonly start: () => void
}

const seconds = 1000

export const stepsOf = (plan: Pick<VendorPlan, "way">, parts: number): ReadonlyArray<ReadonlyArray<number>> =>
  (plan.way === "replay" ? whole : apart)[parts - 1] ?? []

const upTo = (count: number) => Array.from({ length: count }, (_, index) => index)
const whole = [1, 2, 3].map((parts) => [upTo(parts)])
const apart = [1, 2, 3].map((parts) => upTo(parts).map((part) => [part]))

/** The error that the client sees if a request has no usable answer. */
const failed = (
  errors: Faults.CarrierErrors,
  handshakes: SystemUnderTest["handshakes"],
  sees: "refused" | "reset" | "server-error" | "limited",
  { broke, retryAfter, unconnected }: Fates.Fate
): MessagingError => {
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

const keyOf = ({ delivery, generation, step }: Fates.Parcel): number => (delivery * 64 + generation) * 8 + step

/** Whether the person had opted out at this vendor by `at`. */
const isOut = (id: CarrierId, person: Person, at: number): boolean => {
  let out = false
  for (const wish of person.wishes) if (wish.vendor === id && wish.at <= at) out = wish.out
  return out
}

/** Why the vendor would refuse the request at `at`. Undefined if it would take it. A request with a known key is not checked here. */
const objectionTo =
  ({ id, way }: VendorPlan, isFlagged: (at: number) => boolean) =>
  (parcel: Fates.Parcel, { kind, refusal }: Fates.Fate, at: number): Faults.Refusal | undefined =>
    refusal !== undefined
      ? refusal
      : isOut(id, parcel.person, at)
      ? "opted-out"
      : way === "replay" && (kind === "line-flagged" || isFlagged(at))
      ? "flagged"
      : undefined

/** Answers each time that the process asks for the usage of the lines. */
const readUsage = (
  { limit }: VendorPlan,
  queue: Queue,
  newPeople: NewPeople.NewPeople | undefined,
  tell: (notice: NewPeople.Notice) => void
): void => {
  for (const reading of limit?.readings ?? []) {
    queue.at(reading.at, () => {
      for (const notice of newPeople?.read(reading) ?? []) queue.at(notice.at, () => tell(notice))
    })
  }
}

export interface Parts extends Fates.Source {
  readonly queue: Queue
  readonly arrive: (row: Fates.Row) => void
  readonly notify: (vendor: Vendor, webhook: Notices.Webhook) => void
  /** The process learns what the vendor says of its limit. */
  readonly tell?: (told: NewPeople.Notice) => void
  readonly handshakes?: SystemUnderTest["handshakes"]
}

export const make = ({ arrive, handshakes, notify, tell, ...source }: Parts): Vendor => {
  const { place, plan, queue, scenario } = source
  const { id, way } = plan
  const parts: Notices.Parts = { ...source, notify: (webhook) => notify(vendor, webhook) }
  const errors = Faults.errorsOf(id)
  const rows: Array<Fates.Row> = []
  const byKey = new Map<number, Fates.Row>()
  const byId = new Map<string, Fates.Row>()
  const flags: Array<Notices.Span> = [...plan.flagged]
  const newPeople = plan.limit === undefined ? undefined : NewPeople.make(scenario, id, plan.limit)

  const isFlagged = (at: number): boolean => flags.some((span) => span.from <= at && at < span.until)

  const findKept = (parcel: Fates.Parcel, at: number): Fates.Row | undefined => {
    if (way !== "replay") return undefined
    const row = byKey.get(keyOf(parcel))
    return row !== undefined && row.takenAt <= at && at < row.takenAt + plan.keepsKeys ? row : undefined
  }

  const findObjection = objectionTo(plan, isFlagged)

  const handle = (parcel: Fates.Parcel, fate: Fates.Fate): Answer => {
    const at = queue.now()
    if (fate.kind === "line-flagged" && !isFlagged(at)) flag({ from: at, until: at + fate.there * 2 * seconds })
    const known = findKept(parcel, at)
    if (known !== undefined) return { _tag: "Took", row: known }
    const why = findObjection(parcel, fate, at)
    if (why !== undefined) return { _tag: "Failed", error: errors.refusal(why) }
    const random = Random.keyed(scenario.seed, place * 4096 + parcel.delivery, parcel.generation * 8 + parcel.step, 2_000_000 + rows.length)
    const row = Fates.rowOf(parcel, {
      vendor: id,
      message: rows.length,
      takenAt: at,
      listedAt: at + fate.lag,
      failed: (way === "list" && isFlagged(at)) || random.chance(0.03),
      respelled: random.chance(scenario.lists)
    })
    rows.push(row)
    newPeople?.took(parcel.person, at)
    byId.set(row.receipt.ref.id, row)
    byKey.set(keyOf(parcel), row)
    if (!row.failed) arrive(row)
    Notices.report(parts, row, fate, rows.length)
    return { _tag: "Took", row }
  }

  const flag = (span: Notices.Span): void => {
    flags.push(span)
    Notices.announce(parts, span, flags.length)
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
    told(left + there + back, { _tag: "Failed", error: failed(errors, handshakes, course.sees, fate) })
  }

  const wouldTake: Vendor["wouldTake"] = (parcel, fate, at) => {
    const course = fate.kind === undefined ? undefined : Faults.courses[fate.kind]
    if (course?.sees === "nothing") return undefined
    const handled = at + fate.there + fate.waits
    const took = course === undefined || course.sees === "answer"
      ? findKept(parcel, handled) !== undefined || findObjection(parcel, fate, handled) === undefined
      : false
    return {
      at: (course === undefined || course.sees === "answer" || course.sees === "bad-answer" ? handled : at + fate.there) + fate.back,
      took
    }
  }

  const list: Vendor["list"] = ({ person }, at) => rows.filter((row) => row.person === person && row.listedAt <= at && row.ownedAt > at)

  /** Adds a message that another program, or an operator by hand, sent to the person from the same line. */
  const write = ({ at, person, text }: Stranger): void => {
    const row = Fates.rowOf(
      { delivery: -1, generation: 0, step: 0, parts: [0], person, text },
      { vendor: id, message: rows.length, takenAt: at, listedAt: at, failed: false, respelled: false }
    )
    rows.push(row)
    newPeople?.took(person, at)
    byId.set(row.receipt.ref.id, row)
  }

  const vendor: Vendor = {
    plan,
    errors,
    rows,
    rowOf: (id) => byId.get(id),
    fate: (parcel, salt, at) => Fates.draw(source, parcel, salt, at),
    receive,
    wouldTake,
    list,
    knows: (person, at) => newPeople?.knows(person, at) === true,
    start: () => {
      if (tell !== undefined) readUsage(plan, queue, newPeople, tell)
      plan.flagged.forEach((span, index) => Notices.announce(parts, span, index))
      for (const stranger of scenario.strangers) {
        if (stranger.vendor === id) {
          queue.at(Math.max(stranger.at, queue.now()), () => write(stranger))
        }
      }
      Notices.wishes(parts)
    }
  }
  return vendor
}
