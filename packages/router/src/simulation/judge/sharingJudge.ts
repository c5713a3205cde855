/** Judges a run with several processes: compares what each process did, what each caller was answered, and what reached the phones. */
import type { Delivery } from "@interline/core/Delivery"
import type { DeliveryId } from "@interline/core/DeliveryId"
import type { Outcome } from "@interline/core/Outcome"
import type { SendError } from "@interline/core/SendError"
import type * as Either from "effect/Either"
import * as RecordTurn from "../../delivery/recordTurn.ts"
import type { Entry } from "../../ledger/Ledger.ts"
import type { Complete } from "../../policy/Policy.ts"
import type { Invariant } from "../Model.ts"
import type { Machine } from "../runs/machine.ts"
import * as Scenario from "../runs/scenario.ts"
import type { Trace } from "../runs/trace.ts"
import * as Carrying from "../vendors/carrying.ts"
import type { Row } from "../vendors/fates.ts"
import type { Queue } from "../vendors/queue.ts"
import type { Vendor } from "../vendors/vendor.ts"
import type { Violated } from "./invariants.ts"

/** A request of a caller. `number` is the number of the delivery that is made for it. `send` is the message. A message has one key. */
export interface Call {
  readonly number: number
  readonly send: Scenario.Send
  readonly machine: Machine
  readonly at: number
  answer: Either.Either<Delivery, SendError> | undefined
  answeredAt: number
  /** The record of the answered delivery, as it was at the time of the answer. */
  entry: Entry | undefined
  hasLeft: boolean
}

export interface Judge {
  readonly violations: ReadonlyArray<Violated>
  readonly violate: (invariant: Invariant, message: number | undefined, detail: string) => void
  readonly owns: (owner: string, machine: Machine) => void
  readonly witness: (machine: Machine) => Carrying.Witness
  /** The ledger now has the request that is about to leave. So a process that takes over cannot know whether the request left. */
  readonly intended: (id: DeliveryId) => void
  readonly answered: (call: Call) => void
  readonly settle: (vendors: Iterable<Vendor>, entryOf: (number: number) => Entry | undefined, policy: Complete) => void
}

/** A process got the vendor's confirmation that the vendor took a request. */
interface Word {
  readonly machine: Machine
  readonly at: number
}

const seconds = 1000

// the longest time from a carrier's confirmation to its record, with the slowest answers of the store
const writing = 15 * seconds

/** The longest time that a process is frozen, in milliseconds. */
export const longestFreeze = 60 * seconds

// a renewal of a lease may reach the store after the process ended, and another process needs time to see that the lease ended
const takingOver = 6 * seconds

const nameOf = (delivery: number, generation: number, step: number): string => `${delivery} ${generation} ${step}`

/** Whether the process had time to record the confirmation before the process ended. A freeze delays the record. */
const hadTime = ({ at, machine }: Word): boolean =>
  machine.isUp() || machine.endedAt() > (machine.frozenAt() >= at ? machine.frozenAt() + longestFreeze : at) + writing

const partsOf = (outcome: Outcome): ReadonlyArray<number> =>
  outcome._tag === "Accepted" || outcome._tag === "Partial" ? outcome.receipts.flatMap(({ parts }) => parts) : []

const describe = ({ number, send }: Call, failure: SendError | undefined): string =>
  `call ${number} for message ${send.index}: ${failure === undefined ? "Accepted" : failure._tag}${
    failure?._tag === "Held" ? ` (${failure.evidence.error.reason})` : ""
  }`

export const make = (calls: ReadonlyArray<Call>, queue: Queue, trace: Trace | undefined): Judge => {
  const violations: Array<Violated> = []
  const owners = new Map<string, Machine>()
  const intents = new Set<number>()
  const words = new Map<string, Word>()
  const firstLeft = new Map<string, number>()

  const violate: Judge["violate"] = (invariant, message, detail) => {
    violations.push({ invariant, delivery: message, detail: `over a shared ledger: ${detail}` })
    trace?.violated(queue.now(), invariant, message, detail)
  }

  const messageOf = (number: number): number => calls[number]?.send.index ?? -1

  const witness = (machine: Machine): Carrying.Witness => ({
    left: ({ plan }, parcel, fate) => {
      const { delivery, generation, step } = parcel
      const at = queue.now()
      trace?.left(at, plan.id, parcel, "send", fate)
      const name = nameOf(delivery, generation, step)
      const first = firstLeft.get(name)
      if (first === undefined) firstLeft.set(name, at)
      else if (at - first > Scenario.replayFor + seconds) {
        violate(
          "replayed-too-late",
          messageOf(delivery),
          `a request was repeated ${Math.round((at - first) / seconds)} s after it first left`
        )
      }
    },
    answered: ({ delivery, generation, step }) => words.set(nameOf(delivery, generation, step), { machine, at: queue.now() })
  })

  /** Whether a process may still run the delivery: the owner is up, or the owner's lease may not have ended yet. */
  const isInHand = ({ owner }: Entry, at: number): boolean => at <= (owners.get(owner)?.endedAt() ?? 0) + RecordTurn.lease + takingOver

  const answered = (call: Call): void => {
    const { answer, answeredAt, entry, send } = call
    const left = answer?._tag === "Left" ? answer.left : undefined
    trace?.happened(queue.now(), describe(call, left))
    if (left?._tag !== "Held") return
    const isOpen = entry?.state.result === undefined
    if (isOpen) {
      if (entry !== undefined && !isInHand(entry, answeredAt)) {
        violate("held-although-decidable", send.index, `call ${call.number} was told to wait for a process that is gone`)
      }
    } else if (!intents.has(send.index) && left.evidence.error.reason !== "Conflict") {
      violate("held-although-decidable", send.index, `call ${call.number} was told that nobody knows, and nothing was ever about to leave`)
    }
  }

  const settle: Judge["settle"] = (vendors, entryOf, policy) => {
    const rows = new Map<number, Array<Row>>()
    for (const vendor of vendors) {
      for (const row of vendor.rows) {
        const message = messageOf(row.delivery)
        rows.set(message, [...(rows.get(message) ?? []), row])
      }
    }
    for (const [message, all] of rows) {
      const arrived = all.filter(({ failed }) => !failed).flatMap(({ parts }) => parts)
      if (new Set(arrived).size < arrived.length) {
        violate("received-twice", message, `${arrived.length} parts of one key's message arrived, and not one of each`)
      }
    }
    for (const call of calls) checkCall(call, rows.get(call.send.index) ?? [], policy)
    for (const { number, send } of calls) {
      checkEntry(
        send.index,
        entryOf(number),
        (rows.get(send.index) ?? []).filter(({ delivery }) => delivery === number)
      )
    }
  }

  const checkCall = (call: Call, rows: ReadonlyArray<Row>, { deadlines }: Complete): void => {
    const { answer, answeredAt, hasLeft, machine, number, send } = call
    if (answer === undefined) {
      if (machine.isUp() && !hasLeft) violate("no-answer", send.index, `call ${number} was never answered`)
      return
    }
    if (answeredAt > call.at + 2 * deadlines.send + deadlines.attempt + 60 * seconds + takingOver) {
      violate("unbounded", send.index, `call ${number} was answered after ${Math.round((answeredAt - call.at) / seconds)} s`)
    }
    if (answer._tag === "Right") {
      const taken = new Set(rows.flatMap(({ parts }) => parts))
      if (taken.size < Scenario.partsOf(send.text)) {
        violate("accepted-but-not-received", send.index, `call ${number} was told that it was accepted`)
      }
    } else if (answer.left._tag === "NotSent") {
      const delivery = Carrying.numberOf(answer.left.deliveryId)
      const copy = rows.find((row) => !row.failed && (row.delivery === delivery || row.takenAt <= answeredAt))
      if (copy !== undefined) violate("not-sent-but-received", send.index, `call ${number} was told that it was not sent`)
    }
  }

  /** Checks the record of a delivery at the end of the run, long after the last call. */
  const checkEntry = (message: number, entry: Entry | undefined, rows: ReadonlyArray<Row>): void => {
    if (entry === undefined) {
      if (rows.length > 0) violate("no-answer", message, "a delivery that has left is not on record")
      return
    }
    const { doubt, generation, phase, result } = entry.state
    if (result === undefined) return violate("no-answer", message, `a delivery is ${phase._tag} for ever`)
    const said = partsOf(result.outcome)
    const taken = rows.flatMap(({ parts }) => parts)
    if (said.some((part) => !taken.includes(part))) {
      violate("accepted-but-not-received", message, "what is on record as accepted no vendor ever had")
    }
    if (result.outcome._tag === "Rejected" && rows.some(({ failed }) => !failed)) {
      violate("not-sent-but-received", message, "what is on record as not sent the phone has")
    }
    if (phase._tag !== "Held" || doubt === undefined) return
    const word = words.get(nameOf(Carrying.numberOf(entry.id), generation, doubt.evidence.step))
    if (word !== undefined && hadTime(word)) {
      violate("held-although-decidable", message, "a process has the vendor's word that it was taken")
    }
  }

  return {
    violations,
    violate,
    owns: (owner, machine) => owners.set(owner, machine),
    witness,
    intended: (id) => intents.add(messageOf(Carrying.numberOf(id))),
    answered,
    settle
  }
}
