/** Finds messages of a conversation that left in the wrong order. */
import type { Machine } from "../processes/machine.ts"
import type { Send } from "../runs/scenario.ts"

/** A call for a message, at the process `machine`. Its delivery has the same number. */
export interface Call {
  readonly number: number
  readonly send: Send
  readonly machine: Machine
  readonly at: number
  /** How long the caller waits, in milliseconds. */
  readonly within: number
  readonly answeredAt: number
  /** The caller went away. */
  readonly hasLeft: boolean
}

/** When the first request of a message left, for which delivery, and when that was opened. */
export interface Departure {
  readonly at: number
  readonly delivery: number
  readonly openedAt: number
  /** When it was opened, as the process that opened it saw it. */
  readonly createdAt: number
  /** The process that it left from. */
  readonly machine: Machine
}

/** What the order depends on. */
export interface Past {
  /** When the first call for a delivery came to a process that owned its shard. Infinite if none came. */
  readonly cameAt: (delivery: number, owner: Machine) => number
  /** When the shard of a person was taken by a process. */
  readonly takenAt: (person: Send["person"]) => ReadonlyArray<number>
}

export interface Misplaced {
  readonly before: number
  readonly after: number
}

/** A call that a front gives up so soon after its delivery was opened may not have its lane yet. In milliseconds. */
const entering = 5_000

/** How long an owner waits for the send in front, in milliseconds. */
const longestGap = 15_000

interface Left {
  readonly call: Call
  readonly departure: Departure
}

/**
 * Whether the first call must leave first: both came to one process, or the second came after the answer to the first. Nothing is promised for a
 * call whose caller went away, or stopped waiting before the delivery was opened.
 */
const isFirst = ({ call: before, departure }: Left, { call: after }: Left): boolean =>
  before.send.person === after.send.person && before.send !== after.send && before.at <= after.at && before.number < after.number &&
  !before.hasLeft && departure.openedAt <= Math.min(before.answeredAt, before.at + before.within - entering) &&
  (before.machine === after.machine || before.answeredAt <= after.at)

/**
 * The owner of the second one had waited in vain for the first one. Or the second one was taken up when the first one was not on record, or when the
 * first one was on record as the later one, because wall clocks differ.
 */
const isTooLate = ({ cameAt, takenAt }: Past, { call, departure }: Left, { call: { number }, departure: after }: Left): boolean => {
  const waitedUntil = cameAt(number, after.machine) + longestGap
  return (departure.openedAt > waitedUntil && cameAt(call.number, after.machine) > waitedUntil) ||
    takenAt(call.send.person).some((at) =>
      after.openedAt <= at && at < departure.at && (at < departure.openedAt || after.createdAt <= departure.createdAt)
    )
}

/**
 * Compares only the first calls for each message. If a message left for a later call, the two calls raced, and nothing can be said about the
 * order.
 */
export const find = (calls: ReadonlyArray<Call>, departures: ReadonlyMap<number, Departure>, past: Past): ReadonlyArray<Misplaced> => {
  const firsts = new Map<number, Call>()
  for (const call of calls) if (!firsts.has(call.send.index)) firsts.set(call.send.index, call)
  const left = Array.from(firsts.values()).flatMap((call) => {
    const departure = departures.get(call.send.index)
    return departure?.delivery === call.number ? [{ call, departure }] : []
  })
  // what follows one that may leave first may leave first, too
  const overtakes = (before: Left, after: Left): boolean =>
    left.some((between) =>
      between.call.send.person === after.call.send.person && before.call.number < between.call.number &&
      between.call.number <= after.call.number && between.departure.at < before.departure.at && isTooLate(past, before, between)
    )
  return left.flatMap((before) =>
    left.flatMap((after) =>
      isFirst(before, after) && after.departure.at < before.departure.at && !overtakes(before, after)
        ? [{ before: before.call.send.index, after: after.call.send.index }]
        : []
    )
  )
}
