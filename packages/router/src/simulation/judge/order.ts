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
}

export interface Misplaced {
  readonly before: number
  readonly after: number
}

/** A call that a front gives up so soon after its delivery was opened may not have its lane yet. In milliseconds. */
const entering = 5_000

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
 * Compares only the first calls for each message. If a message left for a later call, the two calls raced, and nothing can be said about the
 * order.
 */
export const find = (calls: ReadonlyArray<Call>, departures: ReadonlyMap<number, Departure>): ReadonlyArray<Misplaced> => {
  const firsts = new Map<number, Call>()
  for (const call of calls) if (!firsts.has(call.send.index)) firsts.set(call.send.index, call)
  const left = Array.from(firsts.values()).flatMap((call) => {
    const departure = departures.get(call.send.index)
    return departure?.delivery === call.number ? [{ call, departure }] : []
  })
  return left.flatMap((before) =>
    left.flatMap((after) =>
      isFirst(before, after) && after.departure.at < before.departure.at
        ? [{ before: before.call.send.index, after: after.call.send.index }]
        : []
    )
  )
}
