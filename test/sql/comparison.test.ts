/** The comparison of carriers by what became of their sends, out of what is on record. */
import * as SqlClient from "@effect/sql/SqlClient"
import { assertTrue, deepStrictEqual } from "@effect/vitest/utils"
import { make as handle } from "@interline/core/Handle"
import * as Loss from "@interline/core/Loss"
import * as CohortComparison from "@interline/sql/CohortComparison"
import * as SqlSuppression from "@interline/sql/SqlSuppression"
import * as Effect from "effect/Effect"
import { overBoth } from "./databases.ts"
import * as Ended from "./ended.ts"
import * as Entries from "./entries.ts"
import { ada, bob, linq, open, sales, sendblue, support } from "./stores.ts"

type Process = Effect.Effect.Success<ReturnType<typeof open>>

const compare = ({ sql }: Process, since: number, until: number) =>
  Effect.flatMap(CohortComparison.CohortComparison, ({ compare }) => compare(since, until)).pipe(
    Effect.provide(CohortComparison.layer),
    Effect.provideService(SqlClient.SqlClient, sql),
    Effect.map(({ cohorts }) => cohorts)
  )

/** sends, accepted, not sent, held, delivered, failed, opted out */
const short = ({ accepted, carrierId, cohort, delivered, failed, held, line, notSent, optOuts, sends }: CohortComparison.CohortResult) => [
  `${carrierId} ${cohort}${line === undefined ? "" : ` ${line}`}`,
  sends,
  accepted,
  notSent.count,
  held.count,
  delivered.count,
  failed.count,
  optOuts.count
]

const cleo = handle("+12025550126")
const dan = handle("+12025550127")

const cases: ReadonlyArray<Ended.Case> = [
  { at: 1_000, person: ada, tried: [[sendblue, "accepted"]], losses: [Loss.certain("effect-dropped", "for a test")] },
  { at: 2_000, person: ada, tried: [[sendblue, "rejected"], [linq, "accepted"]] },
  { at: 3_000, person: bob, tried: [[linq, "skipped"], [linq, "accepted"]] },
  { at: 4_000, person: bob, tried: [[linq, "unknown"]], isHeld: true },
  { at: 5_000, person: cleo, tried: [[linq, "rejected"]], line: sales },
  // our own fence, so no carrier was asked
  { at: 6_000, person: dan, tried: [[linq, "fenced"]] },
  { at: 7_000, person: ada, tried: [[linq, "accepted"]] },
  // outside of the time
  { at: 9_000, person: bob, tried: [[linq, "accepted"]] }
]

overBoth("a comparison of carriers", (it, fresh) => {
  it.scoped("counts each send at every carrier that was asked, by line and by where its conversation began", () =>
    Effect.gen(function*() {
      const process = yield* Effect.flatMap(fresh, open)
      yield* Ended.write(process, cases)
      const { archive } = process
      yield* archive.recordStatus(Entries.id(1), { ref: Ended.refOf(sendblue, 1), status: "delivered" }, undefined, 4_000)
      yield* archive.recordStatus(Entries.id(2), { ref: Ended.refOf(linq, 2), status: "failed" }, undefined, 4_000)
      // known by its message only, and reported twice
      yield* archive.recordStatus(undefined, { ref: Ended.refOf(linq, 3), status: "delivered" }, undefined, 5_000)
      yield* archive.recordStatus(undefined, { ref: Ended.refOf(linq, 3), status: "read" }, undefined, 8_500)
      const cohorts = yield* compare(process, 1_000, 9_000)
      deepStrictEqual(cohorts.map(short), [
        ["linq all", 5, 3, 1, 1, 1, 1, 0],
        ["sendblue all", 2, 1, 1, 0, 1, 0, 0],
        ["linq line sales", 1, 0, 1, 0, 0, 0, 0],
        ["linq line support", 4, 3, 0, 1, 1, 1, 0],
        ["sendblue line support", 2, 1, 1, 0, 1, 0, 0],
        ["linq bound", 3, 1, 1, 1, 1, 0, 0],
        ["sendblue bound", 2, 1, 1, 0, 1, 0, 0],
        ["linq moved", 2, 2, 0, 0, 0, 1, 0]
      ])
      const [atLinq, atSendblue] = cohorts
      deepStrictEqual(atSendblue?.losses.map(({ count, kind, of }) => [kind, count, of]), [["effect-dropped", 1, 1]])
      const p50 = atLinq?.timeToDelivered?.p50Seconds ?? 0
      assertTrue(Math.abs(p50 - 2) <= 0.04, String(p50))
      // one of three says little
      const { high = 0, low = 0, share = 0 } = atLinq?.failed ?? {}
      deepStrictEqual([share, low, high].map((number) => number.toFixed(3)), ["0.333", "0.061", "0.792"])
      deepStrictEqual(yield* compare(process, 100_000, 200_000), [])
    }))

  it.scoped("does not count messages to groups as not delivered, of which nobody says it, and counts what is said of them", () =>
    Effect.gen(function*() {
      const process = yield* Effect.flatMap(fresh, open)
      const toGroup: Ended.Case = { at: 1_000, person: ada, tried: [[linq, "accepted"]], isGroup: true }
      yield* Ended.write(process, [{ ...toGroup, isGroup: false }, toGroup, toGroup, toGroup])
      yield* process.archive.recordStatus(undefined, { ref: Ended.refOf(linq, 2), status: "failed" }, undefined, 2_000)
      yield* process.archive.recordStatus(undefined, { ref: Ended.refOf(linq, 3), status: "delivered" }, undefined, 2_000)
      const [{ accepted, delivered, failed, unreported } = yield* Effect.dieMessage("there is no cohort")] = yield* compare(
        process,
        1_000,
        9_000
      )
      deepStrictEqual([accepted, unreported, failed.count, delivered.count, delivered.of], [4, 1, 1, 1, 3])
    }))

  it.scoped("counts an opt-out for the last message before it, and not what the application asked for", () =>
    Effect.gen(function*() {
      const process = yield* Effect.flatMap(fresh, open)
      yield* Ended.write(process, cases)
      const suppression = yield* Effect.provideService(SqlSuppression.make, SqlClient.SqlClient, process.sql)
      yield* suppression.add(ada, "event", linq, 6_500)
      yield* suppression.add(bob, "explicit", undefined, 6_500)
      deepStrictEqual((yield* compare(process, 1_000, 9_000)).map(short).filter((row) => row.at(-1) !== 0), [
        ["linq all", 5, 3, 1, 1, 0, 0, 1],
        ["linq line support", 4, 3, 0, 1, 0, 0, 1],
        ["linq moved", 2, 2, 0, 0, 0, 0, 1]
      ])
    }))

  it.scoped("takes a conversation for moved whose first message here took it from another carrier, and one from before the time", () =>
    Effect.gen(function*() {
      const process = yield* Effect.flatMap(fresh, open)
      yield* Ended.write(process, [
        { at: 500, person: bob, tried: [[sendblue, "accepted"]] },
        { at: 2_000, person: ada, tried: [[linq, "accepted"]] },
        { at: 3_000, person: bob, tried: [[linq, "accepted"]] },
        { at: 4_000, person: cleo, tried: [[linq, "accepted"]] }
      ])
      yield* process.ledger.append(Entries.id(2), [
        { _tag: "Bound", deliveryId: Entries.id(2), at: 2_000, carrierId: linq, line: support, from: sendblue }
      ])
      yield* process.ledger.append(Entries.id(4), [{ _tag: "Bound", deliveryId: Entries.id(4), at: 4_000, carrierId: linq, line: support }])
      deepStrictEqual((yield* compare(process, 1_000, 9_000)).map(short).map(([name, sends]) => [name, sends]), [
        ["linq all", 3],
        ["linq line support", 3],
        ["linq bound", 1],
        ["linq moved", 2]
      ])
    }))

  it.scoped("reads more sends than fit in one batch, also if many have the same time", () =>
    Effect.gen(function*() {
      const process = yield* Effect.flatMap(fresh, open)
      yield* Ended.write(
        process,
        Array.from({ length: 1_100 }, (_, nth): Ended.Case => ({ at: 1_000 + (nth % 3), person: ada, tried: [[linq, "accepted"]] }))
      )
      const [all] = yield* compare(process, 1_000, 9_000)
      deepStrictEqual(all?.sends, 1_100)
    }))
})
