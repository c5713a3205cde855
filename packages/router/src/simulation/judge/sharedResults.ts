/** Checks the end of a run with several processes: what each caller was answered, what is on record, and what reached the phones. */
import type { Delivery } from "@interline/core/Delivery"
import type { Outcome } from "@interline/core/Outcome"
import type { SendError } from "@interline/core/SendError"
import type * as Either from "effect/Either"
import type { Entry } from "../../ledger/Ledger.ts"
import type { Complete } from "../../policy/Policy.ts"
import type { Invariant } from "../Model.ts"
import type { Machine } from "../processes/machine.ts"
import * as Scenario from "../runs/scenario.ts"
import * as Carrying from "../vendors/carrying.ts"
import type { Row } from "../vendors/fates.ts"
import type { Vendor } from "../vendors/vendor.ts"
import * as Order from "./order.ts"

/** A request of a caller. `number` is the number of the delivery that is made for it. `send` is the message. */
export interface Call {
  readonly number: number
  readonly send: Scenario.Send
  /** The process that was called. */
  readonly machine: Machine
  readonly at: number
  /** How long the caller waits for an answer, in milliseconds. */
  readonly within: number
  answer: Either.Either<Delivery, SendError> | undefined
  answeredAt: number
  /** The record of the answered delivery, as it was at the time of the answer. */
  entry: Entry | undefined
  hasLeft: boolean
}

/** A process got the vendor's confirmation that the vendor took a request. */
export interface Word {
  readonly machine: Machine
  readonly at: number
}

/** What was found during the run. */
export interface Found {
  readonly calls: ReadonlyArray<Call>
  readonly policy: Complete
  readonly violate: (invariant: Invariant, message: number | undefined, detail: string) => void
  /** For each message: when its first request left. */
  readonly departures: ReadonlyMap<number, Order.Departure>
  readonly past: Order.Past
  /** For each request: who has the vendor's confirmation, and who was told by a webhook. */
  readonly words: ReadonlyMap<string, Word>
  readonly heard: ReadonlyMap<string, ReadonlyArray<ReadonlyArray<Word>>>
}

const seconds = 1000

// the longest time from a carrier's confirmation to its record: a process that lost the delivery tells the new owner
const writing = 70 * seconds

/** The longest time that a process is frozen, in milliseconds. */
export const longestFreeze = 60 * seconds

export const nameOf = (delivery: number, generation: number, step: number): string => `${delivery} ${generation} ${step}`

/** Whether the process had time to record the confirmation before the process ended. A freeze delays the record. */
const hadTime = ({ at, machine }: Word): boolean =>
  machine.isUp() || machine.endedAt() > (machine.frozenAt() >= at ? machine.frozenAt() + longestFreeze : at) + writing

const partsOf = (outcome: Outcome): ReadonlyArray<number> =>
  outcome._tag === "Accepted" || outcome._tag === "Partial" ? outcome.receipts.flatMap(({ parts }) => parts) : []

export const check = (found: Found, vendors: Iterable<Vendor>, entryOf: (number: number) => Entry | undefined): void => {
  const { calls, departures, past, violate } = found
  const rows = new Map<number, Array<Row>>()
  for (const vendor of vendors) {
    for (const row of vendor.rows) {
      const message = calls[row.delivery]?.send.index ?? -1
      rows.set(message, [...(rows.get(message) ?? []), row])
    }
  }
  for (const [message, all] of rows) {
    const arrived = all.filter(({ failed }) => !failed).flatMap(({ parts }) => parts)
    if (new Set(arrived).size < arrived.length) {
      violate("received-twice", message, `${arrived.length} parts of one message arrived, and not one of each`)
    }
  }
  for (const call of calls) checkCall(found, call, rows.get(call.send.index) ?? [])
  for (const { number, send } of calls) {
    checkEntry(
      found,
      send.index,
      entryOf(number),
      (rows.get(send.index) ?? []).filter(({ delivery }) => delivery === number)
    )
  }
  for (const { after, before } of Order.find(calls, departures, past)) {
    violate("out-of-order", after, `it left before message ${before}, which came first`)
  }
}

const checkCall = ({ policy, violate }: Found, call: Call, rows: ReadonlyArray<Row>): void => {
  const { answer, answeredAt, hasLeft, machine, number, send, within } = call
  if (answer === undefined) {
    if (machine.isUp() && !hasLeft) violate("no-answer", send.index, `call ${number} was never answered`)
    return
  }
  const frozen = machine.frozenAt() + longestFreeze >= call.at ? 2 * longestFreeze : 0
  if (answeredAt > call.at + within + policy.deadlines.attempt + frozen + 10 * seconds) {
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
const checkEntry = ({ heard, violate, words }: Found, message: number, entry: Entry | undefined, rows: ReadonlyArray<Row>): void => {
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
  const name = nameOf(Carrying.numberOf(entry.id), generation, doubt.evidence.step)
  const word = words.get(name)
  if (word !== undefined && hadTime(word)) {
    violate("held-although-decidable", message, "a process has the vendor's word that it was taken")
  }
  if (heard.get(name)?.some((words) => words.every(hadTime)) === true) {
    violate("held-although-decidable", message, "a process was told by the vendor that it was taken")
  }
}
