/** The tables of the two queues, as two processes see them. */
import * as SqlClient from "@effect/sql/SqlClient"
import { deepStrictEqual } from "@effect/vitest/utils"
import type { MessagingEvent } from "@interline/core/MessagingEvent"
import * as CallbackTable from "@interline/sql/CallbackTable"
import type * as EventLog from "@interline/sql/EventLog"
import * as InboxTable from "@interline/sql/InboxTable"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { connect, type Fresh, overBoth } from "./databases.ts"
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

const bodies = (rows: ReadonlyArray<InboxTable.Row>) =>
  Effect.forEach(rows, (row) => Effect.map(InboxTable.readEvent(row), ({ id }) => `${id} ${row.attempts}`))

const inboxes = (fresh: Fresh) =>
  Effect.gen(function*() {
    const url = yield* fresh
    const [left, right] = [yield* process(url), yield* process(url)]
    return {
      sql: left.sql,
      context: left.context,
      one: yield* Effect.provide(InboxTable.make({ keepFor }), left.context),
      two: yield* Effect.provide(InboxTable.make({ keepFor }), right.context)
    }
  })

overBoth("the inbox's table", (it, fresh) => {
  it.scoped("gives what is urgent first, else what came first, and each event to one process", () =>
    Effect.gen(function*() {
      const { one, two } = yield* inboxes(fresh)
      yield* one.put([
        { event: event("a"), urgency: 1 },
        { event: event("b"), urgency: 1 },
        { event: event("out"), urgency: 0 },
        { event: event("a"), urgency: 1 }
      ], 1_000)
      deepStrictEqual(yield* Effect.flatMap(one.take(2), bodies), ["out 1", "a 1"])
      deepStrictEqual(yield* Effect.flatMap(two.take(2), bodies), ["b 1"])
      deepStrictEqual(yield* Effect.flatMap(two.take(2), bodies), [])
      deepStrictEqual([yield* one.isWaiting, yield* one.depth], [true, 3])
    }))

  it.scoped("gives an event to another process when its lease is over, and the first one cannot renew it any more", () =>
    Effect.gen(function*() {
      const { one, sql, two } = yield* inboxes(fresh)
      yield* one.put([{ event: event("a"), urgency: 1 }], 1_000)
      const lost = yield* one.take(1)
      yield* sql`UPDATE interline_inbox SET due_at = 1`
      yield* one.renew(lost)
      deepStrictEqual(yield* two.take(1), [], "it was renewed in time")
      yield* sql`UPDATE interline_inbox SET due_at = 1`
      const taken = yield* two.take(1)
      deepStrictEqual(yield* bodies(taken), ["a 2"])
      yield* sql`UPDATE interline_inbox SET due_at = 1`
      yield* one.renew(lost)
      deepStrictEqual(yield* Effect.flatMap(one.take(1), bodies), ["a 3"], "only who took it last renews it")
    }))

  it.scoped("keeps what was given up, and takes what is put off when it is due", () =>
    Effect.gen(function*() {
      const { one } = yield* inboxes(fresh)
      yield* one.put(["a", "b", "c"].map((id) => ({ event: event(id), urgency: 1 })), 1_000)
      const [a, b, c] = yield* one.take(3)
      if (a === undefined || b === undefined || c === undefined) return yield* Effect.dieMessage("three were put")
      yield* one.finish([a])
      yield* one.giveUp(b, 2_000)
      yield* one.putOff([c], -1)
      deepStrictEqual([yield* one.depth, yield* one.failures], [1, 1])
      deepStrictEqual(yield* Effect.flatMap(one.take(3), bodies), ["c 2"])
      yield* one.put([{ event: event("a"), urgency: 1 }], 3_000)
      deepStrictEqual(yield* one.take(3), [], "the id of what is done is remembered")
    }))

  it.scoped("gives a process only its share", () =>
    Effect.gen(function*() {
      const { context, one, sql } = yield* inboxes(fresh)
      let mine = 1
      const share = Effect.sync(() => sql`id % 2 = ${mine}`)
      const part = yield* Effect.provide(InboxTable.make({ keepFor, share }), context)
      yield* one.put(["a", "b", "c"].map((id) => ({ event: event(id), urgency: 1 })), 1_000)
      deepStrictEqual(yield* Effect.flatMap(part.take(9), bodies), ["a 1", "c 1"])
      deepStrictEqual(yield* part.take(9), [])
      mine = 0
      deepStrictEqual(yield* Effect.flatMap(part.take(9), bodies), ["b 1"], "it is asked before each take")
    }))
})

overBoth("the callbacks' table", (it, fresh) => {
  it.scoped("gives each endpoint its part, leaves out those that are full, and renews what is taken", () =>
    Effect.gen(function*() {
      const { context, sql } = yield* Effect.flatMap(fresh, process)
      const table = yield* Effect.provide(CallbackTable.make({ keepFor }), context)
      const names = (rows: ReadonlyArray<CallbackTable.Row>) =>
        rows.map(({ attempts, endpoint_id, event_id }) => `${endpoint_id} ${event_id} ${attempts}`)
      yield* table.put([
        ...[1, 2, 3].map((id) => ({ endpointId: "x", event: entry(id) })),
        { endpointId: "y", event: entry(1) },
        { endpointId: "x", event: entry(1) }
      ], 1_000)
      const first = yield* table.take({ perEndpoint: 2, total: 9, full: [] })
      deepStrictEqual(names(first), ["x 1 1", "x 2 1", "y 1 1"])
      deepStrictEqual(yield* table.take({ perEndpoint: 2, total: 9, full: ["x"] }), [])
      deepStrictEqual(yield* table.depth, { waiting: 4, dead: 0 })
      yield* sql`UPDATE interline_callbacks SET due_at = 1, taken_until = 1`
      yield* table.renew(first)
      deepStrictEqual(names(yield* table.take({ perEndpoint: 9, total: 9, full: [] })), ["x 3 1"])
    }))

  it.scoped("gives a process only its share", () =>
    Effect.gen(function*() {
      const { context, sql } = yield* Effect.flatMap(fresh, process)
      const table = yield* Effect.provide(CallbackTable.make({ keepFor, share: Effect.sync(() => sql`endpoint_id = 'y'`) }), context)
      yield* table.put(["x", "y"].map((endpointId) => ({ endpointId, event: entry(1) })), 1_000)
      const taken = yield* table.take({ perEndpoint: 9, total: 9, full: [] })
      deepStrictEqual(taken.map(({ endpoint_id }) => endpoint_id), ["y"])
    }))
})
