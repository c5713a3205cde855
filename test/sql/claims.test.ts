import * as SqlClient from "@effect/sql/SqlClient"
import { assert, layer } from "@effect/vitest"
import * as Database from "@interline/gateway/Database"
import * as LedgerSql from "@interline/gateway/LedgerSql"
import { Ledger } from "@interline/router/Ledger"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import { Postgres } from "./databases.ts"
import { idle } from "./entries.ts"

const process = (url: string) =>
  Effect.map(Layer.build(Layer.provideMerge(LedgerSql.layer(), Database.layer(url, { connections: 4 }))), (context) => ({
    ledger: Context.get(context, Ledger),
    sql: Context.get(context, SqlClient.SqlClient)
  }))

const claim = { key: "order-17", fingerprint: "hello", expiresAt: 1000 }
const mine = idle(1, { key: claim.key })
const next = idle(2, { key: claim.key })

layer(Postgres.Default, { excludeTestServices: true, timeout: "30 seconds" })("a key that has ended, over PostgreSQL", (it) => {
  for (const first of ["open", "claim"] as const) {
    it.scoped(`is opened under or taken, never both, when both wait for its row (${first} first)`, () =>
      Effect.gen(function*() {
        const url = yield* Effect.flatMap(Postgres, ({ database }) => database)
        const [left, right] = [yield* process(url), yield* process(url)]
        yield* left.ledger.claim({ ...claim, deliveryId: mine.id, at: 0 })
        // what runs outside of a transaction that is open
        const outside = <A, E>(effect: Effect.Effect<A, E>): Effect.Effect<A, E> => Effect.mapInputContext(effect, () => Context.empty())
        const waiting = (count: number) =>
          Effect.repeat(
            outside(right.sql<{ readonly n: number }>`SELECT count(*) AS n FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`),
            { until: ([row]) => row?.n === count, schedule: Schedule.intersect(Schedule.spaced("10 millis"), Schedule.recurs(500)) }
          )
        const opening = left.ledger.open(mine)
        const taking = Effect.map(right.ledger.claim({ ...claim, deliveryId: next.id, at: 1000, expiresAt: 2000 }), ({ _tag }) => _tag)
        const [opened, taken] = yield* left.sql.withTransaction(Effect.gen(function*() {
          yield* left.sql`SELECT 1 FROM interline_claims WHERE key = ${claim.key} FOR UPDATE`
          // each statement begins while the row is as it was, and goes on when the one before has changed it
          const [opened, taken] = first === "open"
            ? [yield* Effect.forkDaemon(outside(opening)), yield* Effect.zipRight(waiting(1), Effect.forkDaemon(outside(taking)))]
            : yield* Effect.map(
              Effect.all([Effect.forkDaemon(outside(taking)), Effect.zipRight(waiting(1), Effect.forkDaemon(outside(opening)))]),
              ([taken, opened]) => [opened, taken] as const
            )
          yield* waiting(2)
          return [opened, taken] as const
        }))
        assert.deepStrictEqual([yield* Fiber.join(opened), yield* Fiber.join(taken)], first === "open" ? [true, "InFlight"] : [false, "Owned"])
        assert.strictEqual(yield* right.ledger.open(next), first === "claim")
      }), 30_000)
  }
})
