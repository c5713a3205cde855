/** The tables of the two queues, as two processes see them. */
import * as SqlClient from "@effect/sql/SqlClient"
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import type { MessagingEvent } from "@interline/core/MessagingEvent"
import * as Shard from "@interline/router/Shard"
import * as CallbackTable from "@interline/sql/CallbackTable"
import type * as EventLog from "@interline/sql/EventLog"
import * as InboxTable from "@interline/sql/InboxTable"
import type * as Queue from "@interline/sql/Queue"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { connect, type Fresh, overBoth } from "./databases.ts"
import * as Specimens from "./specimens.ts"
import { linq } from "./stores.ts"

const keepFor = 86_400_000

const event = (id: string): MessagingEvent => ({ _tag: "Unrecognized", carrierId: linq, id, kind: "test", raw: {} })

const entry = (id: number): EventLog.GatewayEvent => ({ id, at: 1_000, event: { kind: "carrier", data: event(`event ${id}`) } })

/** A process on the database. */
const process = (url: string) =>
  Effect.map(Layer.build(connect(url, { connections: 2 })), (context) => ({
    context,
    sql: Context.get(context, SqlClient.SqlClient)
  }))

const nothing: Queue.Held = { owned: undefined, ids: [], lanes: [] }

const holding = (...rows: ReadonlyArray<Queue.Row>): Queue.Held => ({
  owned: undefined,
  ids: rows.map(({ id }) => id),
  lanes: rows.flatMap(({ lane }) => lane ?? [])
})

const bodies = (rows: ReadonlyArray<InboxTable.Row>) =>
  Effect.forEach(rows, (row) => Effect.map(InboxTable.readEvent(row), ({ id }) => `${id} ${row.attempts}`))

/** An event in a lane: `lane:name`. */
const row = (id: string, urgency = 1): InboxTable.NewRow => ({ event: event(id), urgency, lane: id.split(":")[0] ?? id })

const inbox = (fresh: Fresh) =>
  Effect.gen(function*() {
    const { context, sql } = yield* Effect.flatMap(fresh, process)
    const table = yield* Effect.provide(InboxTable.make({ keepFor }), context)
    const taken = (held: Queue.Held = nothing, most = 9) => Effect.flatMap(table.take(most, held), bodies)
    return { sql, table, taken }
  })

overBoth("the inbox's table", (it, fresh) => {
  it.scoped("gives what is urgent first, else what came first, and changes nothing by that", () =>
    Effect.gen(function*() {
      const { sql, table, taken } = yield* inbox(fresh)
      yield* table.put([row("a"), row("b"), row("out", 0), row("a")], 1_000)
      const before = yield* sql`SELECT * FROM interline_inbox`
      deepStrictEqual(yield* taken(nothing, 2), ["out 1", "a 1"])
      const [out, a] = yield* table.take(2, nothing)
      if (out === undefined || a === undefined) return yield* Effect.dieMessage("three were put")
      deepStrictEqual(yield* taken(holding(out, a)), ["b 1"])
      deepStrictEqual(yield* sql`SELECT * FROM interline_inbox`, before)
      deepStrictEqual([yield* table.isWaiting, (yield* table.state).waiting], [true, 3])
    }))

  it.scoped("gives a process only rows of the shards that it owns", () =>
    Effect.gen(function*() {
      const { table, taken } = yield* inbox(fresh)
      const names = ["a", "b", "c", "d", "e"]
      yield* table.put(names.map((name) => row(`${name}:1`)), 1_000)
      const halves = [0, 1].map((rest) => new Set(Shard.all.filter((shard) => shard % 2 === rest)))
      for (const owned of halves) {
        deepStrictEqual(yield* taken({ ...nothing, owned }), names.filter((name) => owned.has(Shard.of(name))).map((name) => `${name}:1 1`))
      }
      deepStrictEqual(yield* taken({ ...nothing, owned: new Set() }), [])
      deepStrictEqual((yield* taken({ ...nothing, owned: new Set(Shard.all) })).length, 5)
    }))

  it.scoped("gives no row of a lane that is in hand, or after one that was put off, unless it is urgent", () =>
    Effect.gen(function*() {
      const { table, taken } = yield* inbox(fresh)
      yield* table.put([row("a:1"), row("a:2"), row("b:1"), row("b:2"), row("out:1", 0), row("out:2", 0)], 1_000)
      const [, , first, , other] = yield* table.take(9, nothing)
      if (first === undefined || other === undefined) return yield* Effect.dieMessage("six were put")
      deepStrictEqual([first.lane, other.lane], ["a", "b"])
      deepStrictEqual(yield* taken(holding(first)), ["out:1 1", "out:2 1", "b:1 1", "b:2 1"])
      yield* table.putOff([first], 60_000, "it failed")
      deepStrictEqual(yield* taken(), ["out:1 1", "out:2 1", "b:1 1", "b:2 1"])
      const [out] = yield* table.take(1, nothing)
      if (out !== undefined) yield* table.putOff([out], 60_000)
      deepStrictEqual(yield* taken(), ["out:2 1", "b:1 1", "b:2 1"])
      yield* table.giveUp(first, 2_000, "it failed")
      deepStrictEqual(yield* taken(), ["out:2 1", "a:2 1", "b:1 1", "b:2 1"])
    }))

  it.scoped("keeps what was given up, and gives what was put off when it is due", () =>
    Effect.gen(function*() {
      const { sql, table, taken } = yield* inbox(fresh)
      yield* table.put(["a", "b", "c"].map((id) => row(id)), 1_000)
      const [a, b, c] = yield* table.take(3, nothing)
      if (a === undefined || b === undefined || c === undefined) return yield* Effect.dieMessage("three were put")
      yield* table.finish([a], 2_000)
      yield* table.giveUp(b, 2_000, "StoreFailure")
      yield* table.putOff([c], -1)
      const { dead, oldestDueAt = 0, oldestDueFor, waiting } = yield* table.state
      deepStrictEqual([waiting, dead, oldestDueAt > 0, oldestDueFor < 60_000], [1, 1, true, true])
      deepStrictEqual(yield* taken(), ["c 2"])
      yield* table.put([row("a")], 3_000)
      deepStrictEqual(yield* taken(), ["c 2"], "the id of what is done is remembered")
      yield* table.putOff([a], 0)
      deepStrictEqual(yield* taken(), ["c 2"], "what is done stays done, also if its former owner says otherwise")
      deepStrictEqual(yield* table.failed(9), [
        { id: String(b.id), carrierId: linq, kind: "Unrecognized", attempts: 1, why: "StoreFailure", receivedAt: 1_000, at: 2_000 }
      ])
      deepStrictEqual([yield* table.retry(String(a.id)), yield* table.retry("x"), yield* table.retry(String(b.id))], [false, false, true])
      deepStrictEqual(yield* taken(), ["b 1", "c 2"])
      yield* table.giveUp(b, 2_000, "StoreFailure")
      deepStrictEqual([yield* table.retryAll, yield* table.retryAll], [1, 0])
      yield* table.giveUp(b, 2_000, "StoreFailure")
      deepStrictEqual([yield* table.drop(String(b.id)), yield* table.drop(String(b.id)), (yield* table.state).dead], [true, false, 0])
      deepStrictEqual(yield* sql`SELECT body, lane FROM interline_inbox WHERE due_at IS NULL`, [
        { body: null, lane: null },
        { body: null, lane: null }
      ])
      yield* table.put([row("b")], 3_000)
      deepStrictEqual(yield* taken(), ["c 2"], "the id of what was dropped is remembered")
    }))

  it.scoped("gives nothing while it is paused, to any process", () =>
    Effect.gen(function*() {
      const url = yield* fresh
      const [one, two] = yield* Effect.forEach([1, 2], () =>
        Effect.flatMap(process(url), ({ context }) => Effect.provide(InboxTable.make({ keepFor }), context)))
      if (one === undefined || two === undefined) {
        return yield* Effect.dieMessage("two were made")
      }
      yield* one.put([row("a")], 1_000)
      yield* one.pause
      yield* two.pause
      deepStrictEqual([yield* one.take(9, nothing), yield* two.take(9, nothing)], [[], []])
      strictEqual(((yield* two.state).pausedAt ?? 0) > 0, true)
      yield* two.resume
      deepStrictEqual([(yield* one.take(9, nothing)).length, (yield* one.state).pausedAt], [1, undefined])
    }))

  it.scoped("counts the tries that began and did not end, until the row ends or is put off", () =>
    Effect.gen(function*() {
      const { table } = yield* inbox(fresh)
      yield* table.put([row("a"), row("b")], 1_000)
      const unfinished = Effect.map(table.take(9, nothing), (rows) => rows.map((row) => row.unfinished))
      strictEqual(yield* table.newest, 2)
      const rows = yield* table.take(9, nothing)
      yield* table.begin(rows)
      yield* table.begin(rows.slice(1))
      deepStrictEqual(yield* unfinished, [1, 2])
      yield* table.putOff(rows.slice(1), 0)
      deepStrictEqual(yield* unfinished, [1, 0])
      yield* table.clear(rows)
      deepStrictEqual(yield* unfinished, [0, 0])
    }))
})

overBoth("the callbacks' table", (it, fresh) => {
  const tables = Effect.gen(function*() {
    const { context, sql } = yield* Effect.flatMap(fresh, process)
    return { sql, table: yield* Effect.provide(CallbackTable.make({ keepFor }), context) }
  })

  const names = (rows: ReadonlyArray<CallbackTable.Row>) =>
    rows.map(({ attempts, endpoint_id, event_id }) => `${endpoint_id} ${event_id} ${attempts}`)

  it.scoped("gives each endpoint its part, beside the calls that it has", () =>
    Effect.gen(function*() {
      const { table } = yield* tables
      yield* table.put([
        ...[1, 2, 3].map((id) => ({ endpointId: "x", event: entry(id) })),
        { endpointId: "y", event: entry(1) },
        { endpointId: "x", event: entry(1) }
      ], 1_000)
      const take = (perEndpoint: number, busy: Readonly<Record<string, number>>, held: Queue.Held = nothing) =>
        table.take({ perEndpoint, total: 9, busy: new Map(Object.entries(busy)) }, held)
      const first = yield* take(2, {})
      deepStrictEqual(names(first), ["x 1 1", "x 2 1", "y 1 1"])
      deepStrictEqual(names(yield* take(2, { x: 2 })), ["y 1 1"])
      deepStrictEqual(names(yield* take(2, { x: 1 })), ["x 1 1", "y 1 1"])
      deepStrictEqual(names(yield* take(2, { x: 1 }, holding(...first))), ["x 3 1"])
      strictEqual((yield* table.state).waiting, 4)
    }))

  it.scoped("gives the owner of an endpoint's shard all its calls", () =>
    Effect.gen(function*() {
      const { table } = yield* tables
      yield* table.put(["x", "y"].flatMap((endpointId) => [1, 2].map((id) => ({ endpointId, event: entry(id) }))), 1_000)
      const taken = yield* table.take({ perEndpoint: 9, total: 9, busy: new Map() }, { ...nothing, owned: new Set([Shard.of("y")]) })
      deepStrictEqual(names(taken), ["y 1 1", "y 2 1"])
    }))

  it.scoped("gives the statuses of one delivery one after another, and lets a later one pass one that was put off", () =>
    Effect.gen(function*() {
      const { table } = yield* tables
      const status = (id: number, word: "sent" | "delivered"): EventLog.GatewayEvent => ({
        id,
        at: 1_000,
        deliveryId: Specimens.id(1),
        status: word,
        event: { kind: "carrier", data: { _tag: "Status", carrierId: linq, fact: { ref: { carrierId: linq, id: "m" }, status: word } } }
      })
      yield* table.put([{ endpointId: "x", event: status(1, "sent") }, { endpointId: "x", event: status(2, "delivered") }], 1_000)
      const take = (held: Queue.Held) => table.take({ perEndpoint: 9, total: 9, busy: new Map() }, held)
      const [sent] = yield* take(nothing)
      if (sent === undefined) return yield* Effect.dieMessage("two were put")
      deepStrictEqual([sent.event_id, sent.lane], [1, `x ${Specimens.id(1)}`])
      deepStrictEqual(yield* take(holding(sent)), [])
      yield* table.putOff([sent], 60_000, "the endpoint answered 500")
      const [delivered] = yield* take(nothing)
      if (delivered === undefined) return yield* Effect.dieMessage("nothing holds it back")
      strictEqual(delivered.event_id, 2)
      yield* table.finish([delivered], 2_000)
      strictEqual(yield* table.isOvertaken(sent), true)
    }))
})
