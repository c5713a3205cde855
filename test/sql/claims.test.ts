import * as SqlClient from "@effect/sql/SqlClient"
import { layer } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import { Ledger } from "@interline/router/Ledger"
import * as Shard from "@interline/router/Shard"
import * as Database from "@interline/sql/Database"
import * as SqlLedger from "@interline/sql/SqlLedger"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import { Postgres } from "./databases.ts"
import { done, idle } from "./entries.ts"

const process = (url: string) =>
  Effect.map(Layer.build(Layer.provideMerge(SqlLedger.layer(), Database.layer(url, { connections: 4 }))), (context) => ({
    ledger: Context.get(context, Ledger),
    sql: Context.get(context, SqlClient.SqlClient)
  }))

const claim = (nth: number, keepFor: number) => ({
  entry: { ...idle(nth), key: "order-17" },
  fingerprint: "hello",
  keepFor,
  within: 60_000
})

// what runs outside of a transaction that is open
const outside = <A, E>(effect: Effect.Effect<A, E>): Effect.Effect<A, E> => Effect.mapInputContext(effect, () => Context.empty())

/** So many statements wait for a row. */
const waiting = ({ sql }: Effect.Effect.Success<ReturnType<typeof process>>, count: number) =>
  Effect.repeat(
    outside(
      sql<
        { readonly n: number }
      >`SELECT count(*) AS n FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`
    ),
    { until: ([row]) => row?.n === count, schedule: Schedule.intersect(Schedule.spaced("10 millis"), Schedule.recurs(500)) }
  )

layer(Postgres.Default, { excludeTestServices: true, timeout: "60 seconds" })("a key that has ended, over PostgreSQL", (it) => {
  for (const keepFor of [60_000, -1]) {
    it.scoped(`is taken once, when two wait for its row (kept for ${keepFor} ms)`, () =>
      Effect.gen(function*() {
        const url = yield* Effect.flatMap(Postgres, ({ database }) => database)
        const [left, right] = [yield* process(url), yield* process(url)]
        const first = claim(1, -1)
        yield* left.ledger.claim(first)
        yield* left.ledger.save(done(first.entry, "m-1"))
        const fibers = yield* left.sql.withTransaction(Effect.gen(function*() {
          yield* left.sql`SELECT 1 FROM interline_claims WHERE key = ${first.entry.key} FOR UPDATE`
          // each statement begins while the row is as it was, and goes on when the one before has changed it
          const one = yield* Effect.forkDaemon(outside(left.ledger.claim(claim(2, keepFor))))
          yield* waiting(right, 1)
          const two = yield* Effect.forkDaemon(outside(right.ledger.claim(claim(3, keepFor))))
          yield* waiting(right, 2)
          return [one, two] as const
        }))
        const answers = yield* Effect.forEach(fibers, Fiber.join)
        deepStrictEqual(answers.map(({ _tag }) => _tag).sort(), ["InFlight", "Owned"])
        const written = yield* Effect.forEach([2, 3], (nth) => Effect.map(left.ledger.read(idle(nth).id), Option.isSome))
        deepStrictEqual(written, answers.map(({ _tag }) => _tag === "Owned"))
      }))
  }
})

layer(Postgres.Default, { excludeTestServices: true, timeout: "60 seconds" })("a key that is given back, over PostgreSQL", (it) => {
  for (const goesOn of [true, false]) {
    it.scoped(
      `${goesOn ? "stays with its delivery, if another process goes on with that" : "is free"} at the same moment`,
      () =>
        Effect.gen(function*() {
          const url = yield* Effect.flatMap(Postgres, ({ database }) => database)
          const [left, right] = [yield* process(url), yield* process(url)]
          const { entry, ...others } = claim(1, 60_000)
          yield* left.ledger.claim({ entry, ...others })
          const release = yield* left.sql.withTransaction(Effect.gen(function*() {
            if (goesOn) yield* left.ledger.save({ ...entry, updatedAt: entry.updatedAt + 1 })
            else yield* left.sql`SELECT 1 FROM interline_deliveries WHERE id = ${entry.id} FOR UPDATE`
            // the statement begins while the row is as it was, and goes on when the other process has changed it
            const release = yield* Effect.forkDaemon(outside(right.ledger.release(entry)))
            yield* waiting(right, 1)
            return release
          }))
          yield* Fiber.join(release)
          deepStrictEqual(
            [yield* left.ledger.keyed(entry.key), Option.isSome(yield* left.ledger.read(entry.id))],
            goesOn ? [Option.some(entry.id), true] : [Option.none(), false]
          )
        }),
      30_000
    )
  }
})

layer(Postgres.Default, { excludeTestServices: true, timeout: "60 seconds" })("a shard, over PostgreSQL", (it) => {
  it.scoped("is not taken while a delivery of its earlier owner is opened, and then none is opened any more", () =>
    Effect.gen(function*() {
      const url = yield* Effect.flatMap(Postgres, ({ database }) => database)
      const [left, right] = [yield* process(url), yield* process(url)]
      const shard = Shard.of(idle(1).conversation)
      const taking = yield* left.sql.withTransaction(Effect.gen(function*() {
        yield* left.ledger.open(idle(1), 60_000)
        const taking = yield* Effect.forkDaemon(outside(right.ledger.acquire([shard])))
        yield* waiting(right, 1)
        return taking
      }))
      deepStrictEqual(Array.from(yield* Fiber.join(taking)), [[shard, 1]])
      deepStrictEqual((yield* right.ledger.leftBehind([shard], 10)).map((entry) => entry.id), [idle(1).id], "the new owner sees it")

      const opening = yield* left.sql.withTransaction(Effect.gen(function*() {
        yield* left.ledger.acquire([shard])
        // they begin while the epoch is theirs
        const opening = yield* Effect.forkDaemon(outside(right.ledger.open(idle(2, { epoch: 1 }), 60_000)))
        yield* waiting(right, 1)
        const { entry, ...request } = claim(3, 60_000)
        const claiming = yield* Effect.forkDaemon(outside(right.ledger.claim({ ...request, entry: { ...entry, epoch: 1 } })))
        yield* waiting(right, 2)
        const adopting = yield* Effect.forkDaemon(outside(right.ledger.adopt(idle(1), 1, 0)))
        yield* waiting(right, 3)
        return Fiber.zip(Fiber.zip(opening, claiming), adopting)
      }))
      deepStrictEqual(yield* Fiber.join(opening), [["Fenced", { _tag: "Fenced" }], Option.none()])
      const written = yield* Effect.forEach([2, 3], (nth) => right.ledger.read(idle(nth).id))
      deepStrictEqual(written, [Option.none(), Option.none()])
    }))
})
