import * as SqlClient from "@effect/sql/SqlClient"
import { deepStrictEqual } from "@effect/vitest/utils"
import * as MessageRef from "@interline/core/MessageRef"
import { Ledger } from "@interline/router/Ledger"
import * as RequestLog from "@interline/sql/RequestLog"
import * as SqlLedger from "@interline/sql/SqlLedger"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import * as TestClock from "effect/TestClock"
import * as TestContext from "effect/TestContext"
import { connect, overBoth } from "./databases.ts"
import { absence, done, held, id, idle, linq } from "./entries.ts"

const stores = Layer.mergeAll(SqlLedger.layer({ deliveries: "10 days", seen: "10 days" }), RequestLog.layer)

const days = (count: number) => Duration.toMillis(Duration.days(count))

/** Time goes on in steps until something holds: the work in the background waits for a real database. */
const until = <E>(what: Effect.Effect<boolean, E>) =>
  Effect.repeat(Effect.zipRight(Effect.zipRight(TestClock.adjust("1 minute"), Effect.yieldNow()), what), {
    until: (holds) => holds,
    schedule: Schedule.recurs(200)
  })

overBoth("what is old", (it, fresh) => {
  it.scoped("is forgotten once it is done and its key has had its time, and nothing else is", () =>
    Effect.provide(
      Effect.gen(function*() {
        const url = yield* fresh
        yield* TestClock.setTime(days(11))
        const context = yield* Layer.build(Layer.provideMerge(stores, connect(url)))
        const ledger = Context.get(context, Ledger)
        const requests = Context.get(context, RequestLog.RequestLog)
        const sql = Context.get(context, SqlClient.SqlClient)
        const rows = (table: string) =>
          Effect.map(sql<{ readonly n: number }>`SELECT COUNT(*) AS n FROM ${sql(table)}`, ([row]) => Number(row?.n))

        const write = (nth: number, key?: string, keepFor = -1) =>
          Effect.gen(function*() {
            yield* key === undefined
              ? ledger.open(idle(nth), 60_000)
              : ledger.claim({ entry: { ...idle(nth), key }, fingerprint: "hello", keepFor, within: 60_000 })
            yield* ledger.append(id(nth), [{ _tag: "Abandoned", deliveryId: id(nth), at: 0 }])
          })
        // more than what one statement takes away
        yield* Effect.forEach(Array.from({ length: 250 }, (_, index) => 1000 + index), (nth) =>
          Effect.zipRight(write(nth), ledger.save(done(idle(nth), `m-${nth}`))), { concurrency: 8 })
        yield* write(1)
        yield* write(2)
        yield* ledger.save(held(idle(2)))
        yield* write(3, "short")
        yield* ledger.save(done(idle(3, { key: "short" }), "m-3"))
        yield* write(4, "long", days(30))
        yield* ledger.save(done(idle(4, { key: "long" }), "m-4"))
        yield* write(5, "held")
        yield* ledger.save(held(idle(5, { key: "held" })))
        yield* write(6)
        yield* ledger.save(done(idle(6, { updatedAt: days(8) }), "m-6"))
        yield* ledger.first(linq, "event-1", 0)
        yield* ledger.first(linq, "event-2", days(2))
        yield* ledger.noteAbsence(absence(3, 0))
        yield* ledger.noteAbsence(absence(2, days(8)))
        yield* requests.begin({ id: "r-1", scope: "s", fingerprint: "f", at: 0, lease: -1, expiresAt: days(1) })
        yield* requests.begin({ id: "r-2", scope: "s", fingerprint: "f", at: 0, lease: -1, expiresAt: days(30) })

        const kept = [1, 2, 4, 5, 6]
        yield* until(Effect.map(rows("interline_history"), (count) =>
          count <= kept.length))
        yield* until(Effect.map(rows("interline_absences"), (count) =>
          count <= 1))
        yield* until(Effect.map(rows("interline_requests"), (count) => count <= 1))
        deepStrictEqual(
          (yield* sql<{ readonly id: string }>`SELECT id FROM interline_deliveries ORDER BY id`).map((row) => row.id),
          kept.map(id)
        )
        deepStrictEqual((yield* sql<{ readonly key: string }>`SELECT key FROM interline_claims ORDER BY key`).map(({ key }) => key), [
          "held",
          "long"
        ])
        const refs = [3, 4, 6, 1000, 1249].map((nth) => MessageRef.make(linq, `m-${nth}`))
        deepStrictEqual(Array.from(yield* ledger.owners(refs)).sort(), [["linq:m-4", id(4)], ["linq:m-6", id(6)]])
        deepStrictEqual(yield* Effect.forEach(kept, (nth) => Effect.map(ledger.history(id(nth)), (events) => events.length)), [
          1,
          1,
          1,
          1,
          1
        ])
        deepStrictEqual([yield* ledger.seen(linq, "event-1"), yield* ledger.seen(linq, "event-2")], [false, true])
        deepStrictEqual((yield* ledger.absences(10)).map((absence) => absence.id), [id(2)])
      }),
      TestContext.TestContext
    ))
})
