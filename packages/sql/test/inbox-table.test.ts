/** What the inbox's table does as time passes. */
import * as SqlClient from "@effect/sql/SqlClient"
import { describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import * as CarrierId from "@interline/core/CarrierId"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/TestClock"
import * as InboxTable from "../src/queues/InboxTable.ts"
import { database } from "./temporary-database.ts"

const row = (id: string): InboxTable.NewRow => ({
  event: { _tag: "Unrecognized", carrierId: CarrierId.make("linq"), id, kind: "test", raw: {} },
  urgency: 1,
  lane: id
})

/** Lets the store's own work happen after a step of the clock. */
const settled = Effect.repeat(Effect.promise(() => new Promise<void>((done) => setImmediate(done))), { times: 10 })

describe("the inbox's table", () => {
  it.scoped("forgets what is over and older than it keeps, and nothing that waits", () =>
    Effect.gen(function*() {
      const table = yield* InboxTable.make({ keepFor: 600_000 })
      const sql = yield* SqlClient.SqlClient
      const count = Effect.map(sql<{ readonly id: number }>`SELECT id FROM interline_inbox ORDER BY id`, (rows) => rows.map(({ id }) => id))
      yield* table.put([row("over"), row("waiting")], 0)
      const [over] = yield* table.take(1, { owned: undefined, ids: [], lanes: [] })
      if (over !== undefined) yield* table.finish([over], 0)
      yield* TestClock.adjust("9 minutes")
      yield* settled
      deepStrictEqual(yield* count, [1, 2])
      yield* TestClock.adjust("2 minutes")
      yield* settled
      deepStrictEqual(yield* count, [2])
    }).pipe(Effect.provide(database)))
})
