/**
 * Compares carriers by what became of their sends: of all of them, by line, and by conversations that began at the carrier or moved to it. It
 * reads only what is on record, and asks nobody.
 */
import * as SqlClient from "@effect/sql/SqlClient"
import { CarrierId } from "@interline/core/CarrierId"
import { LineName } from "@interline/core/Line"
import { LossKind } from "@interline/core/Loss"
import { optional } from "@interline/core/Optional"
import { EpochMillis } from "@interline/core/Time"
import * as SendResult from "@interline/router/SendResult"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as Store from "../database/Store.ts"
import * as Quantiles from "./quantiles.ts"
import * as StoredSends from "./storedSends.ts"
import * as Wilson from "./wilson.ts"

/**
 * A part of a number, with Wilson's interval for 95 %: if very many such sends were made, their share would probably lie between `low` and
 * `high`.
 *
 * @category models
 */
export const Share = Wilson.Share

/** @category models */
export type Share = Wilson.Share

/**
 * The sends that belong together. `all`: every send of the carrier. `line`: those of one line. `bound`: those of conversations whose first message
 * on record went by this carrier. `moved`: those of conversations that were at another carrier before.
 *
 * @category models
 */
export const Cohort = Schema.Literal("all", "line", "bound", "moved")

/** @category models */
export type Cohort = typeof Cohort.Type

/**
 * What became of the sends of one cohort at one carrier, in the words of `SendResult`.
 *
 * - `sends`: how often the carrier was asked for a message. A message that went on to another carrier counts at both.
 * - `accepted`: those that the carrier took, as a whole or in part.
 * - `notSent`, `held`: the parts of `sends` that were certainly not sent, or may have been sent.
 * - `unreported`: those of `accepted` that went to groups and were reported neither as delivered nor as failed. Vendors do not report a delivery to a group.
 * - `delivered`: the part of `accepted` without `unreported` that the carrier reported as delivered.
 * - `failed`: the part of `accepted` that the carrier reported as failed.
 * - `optOuts`: people who opted out, each counted for the last message before it. The part of `accepted`.
 * - `timeToDelivered`: from when the carrier was asked to its report. Absent if nothing was reported.
 * - `losses`: the parts of `accepted` that lost something, by kind.
 *
 * @category models
 */
export const CohortResult = Schema.Struct({
  carrierId: CarrierId,
  cohort: Cohort,
  line: optional(LineName),
  sends: Schema.Number,
  accepted: Schema.Number,
  notSent: Share,
  held: Share,
  unreported: Schema.Number,
  delivered: Share,
  failed: Share,
  optOuts: Share,
  timeToDelivered: optional(Schema.Struct({ count: Schema.Number, p50Seconds: Schema.Number, p95Seconds: Schema.Number })),
  losses: Schema.Array(Schema.Struct({ kind: LossKind, ...Share.fields }))
})

/** @category models */
export interface CohortResult extends Schema.Schema.Type<typeof CohortResult> {}

/**
 * The comparison of a time. `until` is not included.
 *
 * @category models
 */
export const Result = Schema.Struct({ since: EpochMillis, until: EpochMillis, cohorts: Schema.Array(CohortResult) })

/** @category models */
export interface Result extends Schema.Schema.Type<typeof Result> {}

/**
 * Compares the sends of all carriers.
 *
 * @category models
 */
export interface CohortComparisonService {
  /** Reads the sends that were begun from `since` on and before `until` and have a result, in batches. Times are in epoch milliseconds. */
  readonly compare: (since: number, until: number) => Effect.Effect<Result>
}

/**
 * The tag of the comparison.
 *
 * @category services
 */
export class CohortComparison extends Context.Tag("@interline/sql/CohortComparison")<CohortComparison, CohortComparisonService>() {}

interface Tally {
  readonly carrierId: CarrierId
  readonly cohort: Cohort
  readonly line: LineName | undefined
  readonly counts: SendResult.Counts
  readonly times: Quantiles.Quantiles
  readonly losses: Map<LossKind, number>
}

const makeTally = (carrierId: CarrierId, cohort: Cohort, line?: LineName): Tally => ({
  carrierId,
  cohort,
  line,
  counts: SendResult.makeCounts(),
  times: Quantiles.make(),
  losses: new Map()
})

const addSend = ({ counts, losses: lost, times }: Tally, send: SendResult.SendResult): void => {
  const { at, deliveredAt, losses } = send
  SendResult.count(counts, send)
  if (deliveredAt !== undefined) times.add(deliveredAt - at)
  for (const kind of losses) lost.set(kind, (lost.get(kind) ?? 0) + 1)
}

const toSeconds = (millis: number): number => Math.round(millis / 10) / 100

const toResult = (tally: Tally): CohortResult => {
  const { carrierId, cohort, counts: { accepted, delivered, failed, held, notSent, optOuts, sends, unreported }, line, losses, times } =
    tally
  const [p50, p95] = [times.at(0.5), times.at(0.95)]
  return {
    carrierId,
    cohort,
    ...(line === undefined ? {} : { line }),
    sends,
    accepted,
    notSent: Wilson.make(notSent, sends),
    held: Wilson.make(held, sends),
    unreported,
    delivered: Wilson.make(delivered, accepted - unreported),
    failed: Wilson.make(failed, accepted),
    optOuts: Wilson.make(optOuts, accepted),
    ...(p50 === undefined || p95 === undefined
      ? {}
      : { timeToDelivered: { count: times.count(), p50Seconds: toSeconds(p50), p95Seconds: toSeconds(p95) } }),
    losses: Array.from(losses, ([kind, count]) => ({ kind, ...Wilson.make(count, accepted) })).sort((one, other) => other.count - one.count)
  }
}

const order = { all: 0, line: 1, bound: 2, moved: 3 } as const satisfies Record<Cohort, number>

const inOrder = (one: Tally, other: Tally): number =>
  order[one.cohort] - order[other.cohort] || (one.line ?? "").localeCompare(other.line ?? "") ||
  one.carrierId.localeCompare(other.carrierId)

/**
 * The comparison over the tables of the ledger, the archive and the suppression list.
 *
 * @category layers
 */
export const layer: Layer.Layer<CohortComparison, never, SqlClient.SqlClient> = Layer.effect(
  CohortComparison,
  Effect.map(SqlClient.SqlClient, (sql) => ({
    compare: (since, until) =>
      Store.runStatement(
        "CohortComparison.compare",
        Effect.gen(function*() {
          const tallies = new Map<string, Tally>()
          const tallyOf = (carrierId: CarrierId, cohort: Cohort, line?: LineName): Tally => {
            const key = `${carrierId}|${cohort}|${line ?? ""}`
            const tally = tallies.get(key) ?? makeTally(carrierId, cohort, line)
            tallies.set(key, tally)
            return tally
          }
          yield* StoredSends.make(sql).forEach({ since, until, withOrigins: true }, (send) => {
            addSend(tallyOf(send.carrierId, "all"), send)
            addSend(tallyOf(send.carrierId, "line", send.line), send)
            addSend(tallyOf(send.carrierId, send.isMoved ? "moved" : "bound"), send)
          })
          return { since, until, cohorts: Array.from(tallies.values()).sort(inOrder).map(toResult) }
        })
      )
  }))
)
