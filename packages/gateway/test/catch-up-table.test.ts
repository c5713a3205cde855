/** What the table of gaps lets one process write over what another one has written. */
import { describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import * as CarrierId from "@interline/core/CarrierId"
import * as Effect from "effect/Effect"
import * as CatchUpTable from "../src/catchup/catchUpTable.ts"
import { database } from "./database.ts"

const linq = CarrierId.make("linq")

const withTable = <A>(use: (table: CatchUpTable.CatchUpTable) => Effect.Effect<A>) =>
  Effect.flatMap(CatchUpTable.make, use).pipe(Effect.provide(database))

const read = (table: CatchUpTable.CatchUpTable) => Effect.map(table.find(linq), (row) => [row?.heard_at, row?.gap_at, row?.gap_until])

describe("the table of gaps", () => {
  it.effect("keeps a gap while a process that does not know of it says that everything is known", () =>
    withTable((table) =>
      Effect.gen(function*() {
        yield* table.recordHeard(linq, 1000)
        yield* table.recordGap(linq, 2000, 3000)
        yield* table.recordHeard(linq, 4000)
        deepStrictEqual(yield* read(table), [1000, 2000, 3000])
        yield* table.recordRead(linq, 1500, 5000)
        yield* table.recordHeard(linq, 6000)
        deepStrictEqual((yield* read(table)).slice(0, 2), [6000, null])
      })
    ))

  it.effect("ends only a gap that goes on", () =>
    withTable((table) =>
      Effect.gen(function*() {
        yield* table.recordGap(linq, 2000, 3000)
        yield* table.endGap(linq, 9000)
        deepStrictEqual(yield* read(table), [null, 2000, 3000])
        yield* table.recordGap(linq, 2500, CatchUpTable.open)
        yield* table.endGap(linq, 9000)
        deepStrictEqual(yield* read(table), [null, 2000, 9000])
      })
    ))

  it.effect("keeps what a reading did not reach", () =>
    withTable((table) =>
      Effect.gen(function*() {
        yield* table.recordGap(linq, 2000, CatchUpTable.open)
        // it began after the gap
        yield* table.recordRead(linq, 2001, 4000)
        deepStrictEqual((yield* read(table)).slice(0, 2), [4000, 2000])
        // the gap goes on after it
        yield* table.recordRead(linq, 2000, 5000)
        deepStrictEqual((yield* read(table)).slice(0, 2), [5000, 5000])
        // it ended before the gap
        yield* table.recordRead(linq, 1000, 4500)
        deepStrictEqual((yield* read(table)).slice(0, 2), [4500, 5000])
      })
    ))
})
