/** A row that cannot be read, for example because a later version wrote it, keeps no other delivery waiting: over both databases. */
import * as SqlClient from "@effect/sql/SqlClient"
import { deepStrictEqual } from "@effect/vitest/utils"
import { type Entry, Ledger } from "@interline/router/Ledger"
import * as Shard from "@interline/router/Shard"
import * as SqlLedger from "@interline/sql/SqlLedger"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { quiet } from "../support/router.ts"
import { connect, overBoth } from "./databases.ts"
import * as Entries from "./entries.ts"

const shard = Shard.of(Entries.idle(1).conversation)

const numbers = (entries: ReadonlyArray<{ readonly id: string }>): ReadonlyArray<number> => entries.map(({ id }) => Number(id.slice(-12)))

overBoth("a delivery that cannot be read", (it, fresh) => {
  /** Four deliveries, of which the first and the third cannot be read. */
  const written = (make: (nth: number, epoch: number) => Entry) =>
    Effect.gen(function*() {
      const stores = yield* Layer.build(Layer.provideMerge(SqlLedger.layer(), connect(yield* fresh, { connections: 2 })))
      const [ledger, sql] = [Context.get(stores, Ledger), Context.get(stores, SqlClient.SqlClient)]
      const epoch = (yield* ledger.acquire([shard])).get(shard) ?? 0
      for (const nth of [1, 2, 3, 4]) yield* ledger.open({ ...make(nth, epoch), createdAt: nth }, 60_000)
      yield* sql`UPDATE interline_deliveries SET state = '{"phase":{"_tag":"OfALaterVersion"}}' WHERE id IN (${Entries.id(1)}, ${
        Entries.id(3)
      })`
      return { ledger, sql }
    })

  it.scoped("is passed over by whoever takes up what was left behind", () =>
    quiet(Effect.gen(function*() {
      const { ledger } = yield* written((nth, epoch) => Entries.idle(nth, { epoch }))
      yield* ledger.acquire([shard])
      deepStrictEqual(numbers(yield* ledger.leftBehind([shard], 1)), [2], "it does not count")
      deepStrictEqual(numbers(yield* ledger.leftBehind([shard], 2)), [2, 4])
      deepStrictEqual(numbers(yield* ledger.leftBehind([shard], 10)), [2, 4])
    })), 60_000)

  it.scoped("is passed over in the list of held ones", () =>
    quiet(Effect.gen(function*() {
      const { ledger } = yield* written((nth, epoch) => Entries.held(Entries.idle(nth, { epoch })))
      deepStrictEqual(numbers(yield* ledger.held(10)), [2, 4])
    })), 60_000)

  it.scoped("is passed over among the absences", () =>
    quiet(Effect.gen(function*() {
      const { ledger, sql } = yield* written((nth, epoch) => Entries.idle(nth, { epoch }))
      for (const nth of [1, 2]) yield* ledger.noteAbsence(Entries.absence(nth, nth))
      yield* sql`UPDATE interline_absences SET progress = '{}' WHERE delivery_id = ${Entries.id(1)}`
      deepStrictEqual(numbers(yield* ledger.absences(10)), [2])
    })), 60_000)
})
