/** Gives each waiting row the shard whose owner works on it, and adds the pauses of the queues. */
import * as SqlClient from "@effect/sql/SqlClient"
import * as Shard from "@interline/router/Shard"
import * as Effect from "effect/Effect"
import { recordset } from "../recordset.ts"

/** Gives the calls that wait or were given up the shards of their endpoints, a part at a time. */
const shardCallbacks = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const found = yield* sql<{ readonly endpoint_id: string }>`SELECT DISTINCT endpoint_id FROM interline_callbacks
    WHERE due_at IS NOT NULL OR dead_at IS NOT NULL`
  for (let position = 0; position < found.length; position += 1_000) {
    const part = found.slice(position, position + 1_000).map(({ endpoint_id }) => ({ endpoint_id, shard: Shard.of(endpoint_id) }))
    yield* sql`UPDATE interline_callbacks SET shard = r.shard FROM ${recordset(sql, { endpoint_id: "text", shard: "bigint" }, part)}
      WHERE interline_callbacks.endpoint_id = r.endpoint_id`
  }
})

/**
 * `shard`: the owner of this shard works on the row. `lane`: the rows of a lane go in order. The lane of a callback is its endpoint and its
 * subject. `unfinished`: how many tries of the row began without an end that is known. `why`, in the inbox: the reason of the last failure.
 * While `interline_pauses` has a queue, no row of the queue is taken.
 *
 * The lane of an event from before is not known. So the waiting events of a carrier go in the order in which they came, in one shard.
 */
const shards = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  for (const column of ["shard INTEGER NOT NULL DEFAULT 1", "unfinished INTEGER NOT NULL DEFAULT 0"]) {
    yield* sql`ALTER TABLE interline_inbox ADD COLUMN ${sql.literal(column)}`
    yield* sql`ALTER TABLE interline_callbacks ADD COLUMN ${sql.literal(column)}`
  }
  yield* sql`ALTER TABLE interline_inbox ADD COLUMN lane TEXT`
  yield* sql`ALTER TABLE interline_inbox ADD COLUMN why TEXT`
  yield* sql`UPDATE interline_inbox SET lane = 'before ' || carrier_id WHERE due_at IS NOT NULL OR failed_at IS NOT NULL`
  // A row that was taken is due again when its lease ends. There are no leases any more.
  yield* sql`UPDATE interline_callbacks SET due_at = 0 WHERE due_at IS NOT NULL AND taken_until IS NOT NULL`
  yield* shardCallbacks
  yield* sql`ALTER TABLE interline_callbacks DROP COLUMN taken_until`

  yield* sql`DROP INDEX interline_inbox_waiting`
  yield* sql`CREATE INDEX interline_inbox_waiting ON interline_inbox (urgency, id, due_at, shard) WHERE due_at IS NOT NULL`
  yield* sql`CREATE INDEX interline_inbox_lane ON interline_inbox (lane, id, due_at) WHERE due_at IS NOT NULL`
  yield* sql`CREATE INDEX interline_inbox_failed ON interline_inbox (failed_at) WHERE failed_at IS NOT NULL`
  yield* sql`DROP INDEX interline_callbacks_due`
  yield* sql`CREATE INDEX interline_callbacks_due ON interline_callbacks (due_at, shard) WHERE due_at IS NOT NULL`

  yield* sql`CREATE TABLE interline_pauses (queue TEXT NOT NULL PRIMARY KEY, at BIGINT NOT NULL)`
})

export const migrations = { "50_queues": shards }
