/** What becomes of rows that were put before the queues had shards. */
import * as SqlClient from "@effect/sql/SqlClient"
import { describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import * as Shard from "@interline/router/Shard"
import * as Effect from "effect/Effect"
import { migrations } from "../src/database/migrations/queues.ts"
import { database } from "./temporary-database.ts"

/** Takes the tables back to what they were. */
const before = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  for (
    const statement of [
      "DROP TABLE interline_pauses",
      "DROP INDEX interline_inbox_waiting",
      "DROP INDEX interline_inbox_lane",
      "DROP INDEX interline_inbox_failed",
      "DROP INDEX interline_callbacks_due",
      ...["shard", "unfinished", "lane", "why"].map((column) => `ALTER TABLE interline_inbox DROP COLUMN ${column}`),
      ...["shard", "unfinished"].map((column) => `ALTER TABLE interline_callbacks DROP COLUMN ${column}`),
      "ALTER TABLE interline_callbacks ADD COLUMN taken_until BIGINT",
      "CREATE INDEX interline_inbox_waiting ON interline_inbox (urgency, id) WHERE due_at IS NOT NULL",
      "CREATE INDEX interline_callbacks_due ON interline_callbacks (due_at) WHERE due_at IS NOT NULL"
    ]
  ) yield* sql.unsafe(statement)
})

describe("rows from before the queues had shards", () => {
  it.scoped("keep their order by carrier, have the shards of their endpoints, and are due if they were taken", () =>
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      yield* before
      const inbox = (due_at: number | null, failed_at: number | null) =>
        sql`INSERT INTO interline_inbox ${
          sql.insert({ carrier_id: "linq", at: 1, urgency: 1, attempts: 1, due_at, failed_at, body: "{}" })
        }`
      yield* inbox(5, null)
      yield* inbox(null, 6)
      yield* inbox(null, null)
      const endpoints = Array.from({ length: 1_200 }, (_, nth) => `e${nth}`)
      const callback = (endpoint_id: string, more: Readonly<Record<string, number>>) =>
        sql`INSERT INTO interline_callbacks ${sql.insert({ endpoint_id, event_id: 1, at: 1, attempts: 1, ...more })}`
      yield* Effect.forEach(
        endpoints,
        (endpoint, nth) => callback(endpoint, nth === 0 ? { due_at: 9, taken_until: 9 } : nth === 1 ? { due_at: 7 } : { dead_at: 8 })
      )
      yield* callback("told", { told_at: 9 })
      yield* migrations["50_queues"]
      deepStrictEqual(yield* sql`SELECT shard, lane, unfinished, due_at, failed_at FROM interline_inbox ORDER BY id`, [
        { shard: 1, lane: "before linq", unfinished: 0, due_at: 5, failed_at: null },
        { shard: 1, lane: "before linq", unfinished: 0, due_at: null, failed_at: 6 },
        { shard: 1, lane: null, unfinished: 0, due_at: null, failed_at: null }
      ])
      deepStrictEqual(
        yield* sql`SELECT endpoint_id, shard FROM interline_callbacks ORDER BY id`,
        [...endpoints.map((endpoint_id) => ({ endpoint_id, shard: Shard.of(endpoint_id) })), { endpoint_id: "told", shard: 1 }]
      )
      deepStrictEqual(yield* sql`SELECT due_at FROM interline_callbacks WHERE due_at IS NOT NULL ORDER BY id`, [{ due_at: 0 }, {
        due_at: 7
      }])
    }).pipe(Effect.provide(database)))
})
