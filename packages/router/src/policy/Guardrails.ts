/**
 * Counts what became of messages at both carriers of a rollout, and says which guardrails are crossed. It is pure. A carrier that reports
 * nothing crosses a guardrail too.
 */
import { CarrierId } from "@interline/core/CarrierId"
import { optional } from "@interline/core/Optional"
import { EpochMillis } from "@interline/core/Time"
import * as Arr from "effect/Array"
import * as Order from "effect/Order"
import * as Schema from "effect/Schema"
import type { CompleteRollout } from "./completePolicy.ts"
import * as SendResult from "./SendResult.ts"

/**
 * The counts of one carrier, as `SendResult` defines them, and those that need a time.
 *
 * - `due`: accepted sends that are old enough to be late, without those to groups of which nobody says whether they were delivered. `late`: those of them that were not delivered in time.
 * - `medianMillis`: the median of the times to delivered. Absent if nothing was delivered.
 * - `silentSince`: when the carrier took the first message after which it has reported nothing.
 * - `failingSince`: when the carrier was asked for the first of several messages that it did not take, if it has taken none since.
 *
 * @category models
 */
export const Cohort = Schema.Struct({
  carrierId: CarrierId,
  sends: Schema.NonNegativeInt,
  accepted: Schema.NonNegativeInt,
  notSent: Schema.NonNegativeInt,
  held: Schema.NonNegativeInt,
  delivered: Schema.NonNegativeInt,
  failed: Schema.NonNegativeInt,
  optOuts: Schema.NonNegativeInt,
  due: Schema.NonNegativeInt,
  late: Schema.NonNegativeInt,
  medianMillis: optional(Schema.Number),
  silentSince: optional(EpochMillis),
  failingSince: optional(EpochMillis)
})

/** @category models */
export interface Cohort extends Schema.Schema.Type<typeof Cohort> {}

/**
 * The counts of both carriers over the same time.
 *
 * @category models
 */
export const Cohorts = Schema.Struct({ from: Cohort, to: Cohort })

/** @category models */
export interface Cohorts extends Schema.Schema.Type<typeof Cohorts> {}

/**
 * A guardrail that is crossed, with a sentence that gives the numbers.
 *
 * @category models
 */
export const Crossing = Schema.Struct({
  guardrail: Schema.Literal("notSent", "failed", "optedOut", "late", "slower", "silent", "unavailable"),
  sentence: Schema.String
})

/** @category models */
export interface Crossing extends Schema.Schema.Type<typeof Crossing> {}

type Guardrails = CompleteRollout["guardrails"]

/** The time that half of all times do not exceed. */
const median = (times: ReadonlyArray<number>): number | undefined => Arr.sort(times, Order.number)[Math.ceil(times.length / 2) - 1]

/** So many messages may be at fault themselves. */
const leastFailures = 3

/** A carrier that takes nothing is soon asked only now and then, so its failures are few. */
const failingSinceOf = (own: ReadonlyArray<SendResult.SendResult>): number | undefined => {
  const lastTaken = own.reduce((latest, send) => SendResult.isAccepted(send) ? Math.max(latest, send.at) : latest, Number.NEGATIVE_INFINITY)
  const failures = own.flatMap((send) => !SendResult.isAccepted(send) && send.at > lastTaken ? [send.at] : [])
  return failures.length < leastFailures ? undefined : Math.min(...failures)
}

const cohortOf = (id: CarrierId, sends: ReadonlyArray<SendResult.SendResult>, { lateAfter }: Guardrails, at: number): Cohort => {
  const own = sends.filter(({ carrierId }) => carrierId === id)
  const { unreported: _, ...counts } = SendResult.countAll(own)
  const accepted = own.filter(SendResult.isAccepted)
  const due = accepted.filter((send) => send.at + lateAfter <= at && !SendResult.isUnreported(send))
  const times = accepted.flatMap(({ at, deliveredAt }) => deliveredAt === undefined ? [] : [Math.max(0, deliveredAt - at)])
  const lastReport = accepted.reduce((latest, { reportedAt = latest }) => Math.max(latest, reportedAt), Number.NEGATIVE_INFINITY)
  const silentSince = accepted.reduce<number | undefined>(
    (first, { at, reportedAt }) => reportedAt === undefined && at > lastReport ? Math.min(first ?? at, at) : first,
    undefined
  )
  const medianMillis = median(times)
  const failingSince = failingSinceOf(own)
  return {
    carrierId: id,
    ...counts,
    due: due.length,
    late: due.filter(({ at, deliveredAt, status }) => status !== "delivered" || (deliveredAt !== undefined && deliveredAt > at + lateAfter))
      .length,
    ...(medianMillis === undefined ? {} : { medianMillis }),
    ...(silentSince === undefined ? {} : { silentSince }),
    ...(failingSince === undefined ? {} : { failingSince })
  }
}

/**
 * Counts the sends of both carriers of a rollout. `at` is now, in epoch milliseconds.
 *
 * @category constructors
 */
export const count = ({ from, guardrails, to }: CompleteRollout, sends: ReadonlyArray<SendResult.SendResult>, at: number): Cohorts => ({
  from: cohortOf(from, sends, guardrails, at),
  to: cohortOf(to, sends, guardrails, at)
})

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`

/** The least median against which a time is compared, in milliseconds. Below it the times differ by chance. */
const leastMedian = 1_000

/** The four shares: what is counted in a cohort, and of how many. */
const shares: ReadonlyArray<{
  readonly guardrail: "notSent" | "failed" | "optedOut" | "late"
  readonly countOf: (cohort: Cohort) => number
  readonly of: "sends" | "accepted" | "due"
  readonly words: string
}> = [
  { guardrail: "notSent", countOf: ({ held, notSent }) => notSent + held, of: "sends", words: "were not sent, or are held" },
  { guardrail: "failed", countOf: ({ failed }) => failed, of: "accepted", words: "failed" },
  { guardrail: "optedOut", countOf: ({ optOuts }) => optOuts, of: "accepted", words: "were answered by an opt-out" },
  { guardrail: "late", countOf: ({ late }) => late, of: "due", words: "were late" }
]

/**
 * The guardrails that are crossed. A share is compared with that of the old carrier, or with 0 if the old carrier has fewer than `minimum`
 * messages. `at` is now, in epoch milliseconds.
 *
 * @category combinators
 */
export const judge = (guardrails: Guardrails, { from, to }: Cohorts, at: number): ReadonlyArray<Crossing> => {
  const { minimum, silentAfter, slower } = guardrails
  const larger = shares.flatMap(({ countOf, guardrail, of, words }): ReadonlyArray<Crossing> => {
    if (to[of] < minimum) return []
    const share = countOf(to) / to[of]
    const before = from[of] < minimum ? 0 : countOf(from) / from[of]
    return share <= before + guardrails[guardrail] ? [] : [{
      guardrail,
      sentence: `${countOf(to)} of ${to[of]} messages by ${to.carrierId} ${words} (${percent(share)}), and ${countOf(from)} of ${
        from[of]
      } by ${from.carrierId}; at most ${percent(guardrails[guardrail])} more may`
    }]
  })
  const hasTimes = to.delivered >= minimum && from.delivered >= minimum && to.medianMillis !== undefined && from.medianMillis !== undefined
  const isSlower = hasTimes && to.medianMillis > Math.max(from.medianMillis, leastMedian) * slower
  const slow: ReadonlyArray<Crossing> = isSlower
    ? [{
      guardrail: "slower",
      sentence: `half of the messages by ${to.carrierId} took longer than ${to.medianMillis} ms until they were delivered, and ${
        String(from.medianMillis)
      } ms by ${from.carrierId}; at most ${slower} times as long may it take`
    }]
    : []
  const isOver = (since: number | undefined): since is number => since !== undefined && since + silentAfter <= at
  const secondsSince = (since: number): number => Math.floor((at - since) / 1_000)
  const limit = `after ${Math.floor(silentAfter / 1_000)} seconds that is a fault`
  const silent: ReadonlyArray<Crossing> = isOver(to.silentSince)
    ? [{
      guardrail: "silent",
      sentence: `${to.carrierId} has reported nothing for ${secondsSince(to.silentSince)} seconds, although it took messages; ${limit}`
    }]
    : []
  const unavailable: ReadonlyArray<Crossing> = isOver(to.failingSince)
    ? [{
      guardrail: "unavailable",
      sentence: `${to.carrierId} has taken no message for ${secondsSince(to.failingSince)} seconds, although it was asked; ${limit}`
    }]
    : []
  return [...larger, ...slow, ...silent, ...unavailable]
}
