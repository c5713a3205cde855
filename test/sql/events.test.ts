/** The event log: one order for all readers, whoever writes. */
import * as SqlClient from "@effect/sql/SqlClient"
import { assert, layer } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import * as CarrierId from "@interline/core/CarrierId"
import * as EventLog from "@interline/sql/EventLog"
import * as EventLogLive from "@interline/sql/EventLogLive"
import * as Chunk from "effect/Chunk"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { connect, type Fresh, overBoth, Postgres } from "./databases.ts"

const open = (url: string, options: EventLogLive.Options = {}) =>
  Effect.map(
    Layer.build(Layer.provideMerge(EventLogLive.layer({ pollEvery: "20 millis", ...options }), connect(url))),
    (context) => ({
      log: Context.get(context, EventLog.EventLog),
      sql: Context.get(context, SqlClient.SqlClient)
    })
  )

const pair = (fresh: Fresh) =>
  Effect.gen(function*() {
    const url = yield* fresh
    return [yield* open(url), yield* open(url)] as const
  })

const linq = CarrierId.make("linq")

const event = (kind: string, more: Partial<EventLog.NewEvent> = {}): EventLog.NewEvent => ({
  at: 1000,
  event: {
    kind: "carrier",
    data: { _tag: "Unrecognized", carrierId: linq, kind, raw: { text: "a \u0000 NUL, half a pair \ud83d, 'quotes' and ü" } }
  },
  ...more
})

const kindOf = ({ event }: EventLog.GatewayEvent): string => event.data._tag === "Unrecognized" ? event.data.kind : event.data._tag

const kinds = (events: Iterable<EventLog.GatewayEvent>) => Array.from(events, kindOf)

overBoth("the event log", (it, fresh) => {
  it.scoped("gives back what was written, in its order, after any place in it", () =>
    Effect.gen(function*() {
      const { log } = yield* Effect.flatMap(fresh, open)
      assert.strictEqual(yield* log.latest, 0)
      deepStrictEqual(yield* log.append([]), [])
      const written = yield* log.append([event("one"), event("two"), event("three", { at: 5 })])
      deepStrictEqual(kinds(written), ["one", "two", "three"])
      deepStrictEqual(yield* log.read(0, 10), written)
      deepStrictEqual(kinds(yield* log.read(0, 2)), ["one", "two"])
      deepStrictEqual(kinds(yield* log.read(written[0]?.id ?? 0, 10)), ["two", "three"])
      assert.strictEqual(yield* log.latest, written[2]?.id)
    }))

  it.scoped("writes once what comes from one place, and answers what was written", () =>
    Effect.gen(function*() {
      const [one, other] = yield* pair(fresh)
      const [first] = yield* one.log.append([event("first")], ["inbox/1"])
      const again = yield* other.log.append([event("second"), event("other than it was", { at: 2000 }), event("third")], [
        "inbox/2",
        "inbox/1",
        "inbox/3"
      ])
      deepStrictEqual(kinds(again), ["second", "first", "third"])
      deepStrictEqual(again[1], first)
      deepStrictEqual(kinds(yield* one.log.read(0, 10)), ["first", "second", "third"])
    }))

  it.scoped("is read whole and in order beside many writers in two processes", () =>
    Effect.gen(function*() {
      const logs = yield* pair(fresh)
      const total = 400
      const reading = yield* logs[0].log.stream(0).pipe(Stream.take(total), Stream.runCollect, Effect.timeout("50 seconds"), Effect.fork)
      yield* Effect.forEach(
        Array.from({ length: total / 2 }, (_, index) => index),
        (index) => logs[index % 2 === 0 ? 0 : 1].log.append([event(`${index} a`), event(`${index} b`)]),
        { concurrency: "unbounded", discard: true }
      )
      const read = Chunk.toReadonlyArray(yield* Fiber.join(reading))
      assert.strictEqual(new Set(kinds(read)).size, total)
      const ids = read.map(({ id }) => id)
      deepStrictEqual(ids, ids.toSorted((left, right) => left - right))
    }))

  it.scoped("streams from now on if no place is given, and what another process writes", () =>
    Effect.gen(function*() {
      const [one, other] = yield* pair(fresh)
      yield* one.log.append([event("before")])
      const seen: Array<string> = []
      const reading = yield* one.log.stream().pipe(
        Stream.tap((entry) => Effect.sync(() => seen.push(kindOf(entry)))),
        Stream.takeUntil((entry) => kindOf(entry) === "another's"),
        Stream.runDrain,
        Effect.fork
      )
      // the stream begins where the log ends when it is first pulled
      yield* Effect.repeat(Effect.zipRight(one.log.append([event("first")]), Effect.sleep("20 millis")), { until: () => seen.length > 0 })
      yield* one.log.append([event("own")])
      yield* other.log.append([event("another's")])
      yield* Effect.timeout(Fiber.join(reading), "30 seconds")
      deepStrictEqual([...new Set(seen)], ["first", "own", "another's"])
    }))

  it.scoped("never gives an id again, and a reader goes on behind what was removed", () =>
    Effect.gen(function*() {
      const { log, sql } = yield* Effect.flatMap(fresh, open)
      const [old] = yield* log.append([event("old")])
      yield* sql`DELETE FROM interline_events`
      assert.strictEqual(yield* log.latest, 0)
      const reading = yield* log.stream(0).pipe(Stream.runHead, Effect.fork)
      yield* Effect.sleep("50 millis")
      const [next] = yield* log.append([event("new")])
      assert.isAbove(next?.id ?? 0, old?.id ?? 0)
      deepStrictEqual(yield* Effect.timeout(Fiber.join(reading), "30 seconds"), Option.fromNullable(next))
    }))
})

layer(Postgres.Default, { excludeTestServices: true, timeout: "60 seconds" })("over PostgreSQL the event log", (it) => {
  it.scoped("shows no id before a lower one, also if that one's writer is slow", () =>
    Effect.gen(function*() {
      const [slow, fast] = yield* pair(Effect.flatMap(Postgres, ({ database }) => database))
      const written = yield* Effect.makeLatch()
      const gate = yield* Effect.makeLatch()
      const reading = yield* fast.log.stream(0).pipe(Stream.take(2), Stream.runCollect, Effect.fork)
      // its id is drawn, and nobody can see it
      yield* Effect.fork(
        slow.sql.withTransaction(Effect.zipRight(slow.log.append([event("slow")]), Effect.zipRight(written.open, gate.await)))
      )
      yield* written.await
      const overtaking = yield* Effect.fork(fast.log.append([event("fast")]))
      yield* Effect.sleep("100 millis")
      yield* gate.open
      yield* Fiber.join(overtaking)
      deepStrictEqual(kinds(yield* Effect.timeout(Fiber.join(reading), "30 seconds")), ["slow", "fast"])
    }))
})
