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

/**
 * What is known of one try at a carrier. Times are in epoch milliseconds.
 *
 * - `at`: when the try began.
 * - `outcome`: what came of it. A try with the outcome `unknown` may have gone out.
 * - `reportedAt`: when the carrier last reported something about its message.
 * - `arrivedAt`: when the carrier reported that the message was delivered. On SMS, `sent` is the last word and counts as delivered.
 * - `failed`: the carrier reported that the message failed, and not that it was delivered.
 *
 * @category models
 */
export interface Sample {
  readonly carrierId: CarrierId
  readonly at: number
  readonly outcome: "accepted" | "rejected" | "partial" | "unknown"
  readonly reportedAt?: number
  readonly arrivedAt?: number
  readonly failed: boolean
}

/**
 * What a store knows of the messages since a time: the tries, and how many people opted out at each carrier.
 *
 * @category models
 */
export interface Observed {
  /** The tries. If there are very many, the newest. */
  readonly samples: ReadonlyArray<Sample>
  /** How many people opted out at a carrier. Nobody did where a carrier is missing. */
  readonly optOuts: ReadonlyMap<CarrierId, number>
}

/**
 * The counts of one carrier.
 *
 * - `asked`: the tries. `notSent`: those that were not certainly taken. `accepted`: the others.
 * - `failed`: accepted messages that failed later.
 * - `optedOut`: people who opted out at the carrier.
 * - `due`: accepted messages that are old enough to be late. `late`: those of them that were not delivered in time.
 * - `arrived`: messages that were delivered. `medianMillis`: the median of their times to delivered.
 * - `silentSince`: when the carrier took the first message after which it has reported nothing.
 *
 * @category models
 */
export const Cohort = Schema.Struct({
  carrierId: CarrierId,
  asked: Schema.NonNegativeInt,
  notSent: Schema.NonNegativeInt,
  accepted: Schema.NonNegativeInt,
  failed: Schema.NonNegativeInt,
  optedOut: Schema.NonNegativeInt,
  due: Schema.NonNegativeInt,
  late: Schema.NonNegativeInt,
  arrived: Schema.NonNegativeInt,
  medianMillis: optional(Schema.Number),
  silentSince: optional(EpochMillis)
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
  guardrail: Schema.Literal("notSent", "failed", "optedOut", "late", "slower", "silent"),
  sentence: Schema.String
})

/** @category models */
export interface Crossing extends Schema.Schema.Type<typeof Crossing> {}

type Guardrails = CompleteRollout["guardrails"]

const median = (times: ReadonlyArray<number>): number | undefined => Arr.sort(times, Order.number)[Math.floor(times.length / 2)]

const countWhere = (samples: ReadonlyArray<Sample>, is: (sample: Sample) => boolean): number => samples.filter(is).length

const cohortOf = (id: CarrierId, { optOuts, samples }: Observed, { lateAfter }: Guardrails, at: number): Cohort => {
  const own = samples.filter(({ carrierId }) => carrierId === id)
  const accepted = own.filter(({ outcome }) => outcome === "accepted" || outcome === "partial")
  const due = accepted.filter((sample) => sample.at + lateAfter <= at)
  const times = accepted.flatMap(({ arrivedAt, at }) => arrivedAt === undefined ? [] : [Math.max(0, arrivedAt - at)])
  const lastReport = accepted.reduce((latest, { reportedAt = latest }) => Math.max(latest, reportedAt), Number.NEGATIVE_INFINITY)
  const silentSince = accepted.reduce<number | undefined>(
    (first, { at, reportedAt }) => reportedAt === undefined && at > lastReport ? Math.min(first ?? at, at) : first,
    undefined
  )
  const medianMillis = median(times)
  return {
    carrierId: id,
    asked: own.length,
    notSent: own.length - accepted.length,
    accepted: accepted.length,
    failed: countWhere(accepted, ({ failed }) => failed),
    optedOut: optOuts.get(id) ?? 0,
    due: due.length,
    late: countWhere(due, ({ arrivedAt, at }) => arrivedAt === undefined || arrivedAt > at + lateAfter),
    arrived: times.length,
    ...(medianMillis === undefined ? {} : { medianMillis }),
    ...(silentSince === undefined ? {} : { silentSince })
  }
}

/**
 * Counts both carriers of a rollout. `at` is now, in epoch milliseconds.
 *
 * @category constructors
 */
export const count = ({ from, guardrails, to }: CompleteRollout, observed: Observed, at: number): Cohorts => ({
  from: cohortOf(from, observed, guardrails, at),
  to: cohortOf(to, observed, guardrails, at)
})

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`

/** The least median against which a time is compared, in milliseconds. Below it the times differ by chance. */
const leastMedian = 1_000

/** The four shares: their numerator and denominator in a cohort. */
const shares = [
  ["notSent", "asked", "were not sent"],
  ["failed", "accepted", "failed"],
  ["optedOut", "accepted", "were answered by an opt-out"],
  ["late", "due", "were late"]
] as const

/**
 * The guardrails that are crossed. A share is compared with that of the old carrier, or with 0 if the old carrier has fewer than `minimum`
 * messages. `at` is now, in epoch milliseconds.
 *
 * @category combinators
 */
export const judge = (guardrails: Guardrails, { from, to }: Cohorts, at: number): ReadonlyArray<Crossing> => {
  const { minimum, silentAfter, slower } = guardrails
  const larger = shares.flatMap(([name, of, words]): ReadonlyArray<Crossing> => {
    if (to[of] < minimum) return []
    const share = to[name] / to[of]
    const before = from[of] < minimum ? 0 : from[name] / from[of]
    return share <= before + guardrails[name] ? [] : [{
      guardrail: name,
      sentence: `${to[name]} of ${to[of]} messages by ${to.carrierId} ${words} (${percent(share)}), and ${from[name]} of ${
        from[of]
      } by ${from.carrierId}; at most ${percent(guardrails[name])} more may`
    }]
  })
  const hasTimes = to.arrived >= minimum && from.arrived >= minimum && to.medianMillis !== undefined && from.medianMillis !== undefined
  const isSlower = hasTimes && to.medianMillis > Math.max(from.medianMillis, leastMedian) * slower
  const slow: ReadonlyArray<Crossing> = isSlower
    ? [{
      guardrail: "slower",
      sentence: `half of the messages by ${to.carrierId} took longer than ${to.medianMillis} ms until they were delivered, and ${
        String(from.medianMillis)
      } ms by ${from.carrierId}; at most ${slower} times as long may it take`
    }]
    : []
  const silent: ReadonlyArray<Crossing> = to.silentSince === undefined || to.silentSince + silentAfter > at
    ? []
    : [{
      guardrail: "silent",
      sentence: `${to.carrierId} has reported nothing for ${
        Math.floor((at - to.silentSince) / 1_000)
      } seconds, although it took messages; after ${Math.floor(silentAfter / 1_000)} seconds that is a fault`
    }]
  return [...larger, ...slow, ...silent]
}
