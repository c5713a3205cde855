/** Creates the table of the shards' epochs, and gives each delivery its shard and its epoch instead of an owner and a lease. */
import * as SqlClient from "@effect/sql/SqlClient"
import * as Shard from "@interline/router/Shard"
import * as Effect from "effect/Effect"
import { recordset } from "../recordset.ts"

const batch = 1_000

/** Gives the deliveries that are not done their shards. Nobody asks for the shard of one that is done. */
const placeDeliveries = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const conversations = yield* sql<
    { readonly conversation: string }
  >`SELECT DISTINCT conversation FROM interline_deliveries WHERE place <> 'done'`
  for (let position = 0; position < conversations.length; position += batch) {
    const placed = conversations.slice(position, position + batch).map(({ conversation }) => ({
      name: conversation,
      number: Shard.of(conversation)
    }))
    yield* sql`UPDATE interline_deliveries SET shard = r.number FROM ${recordset(sql, { name: "text", number: "bigint" }, placed)}
      WHERE conversation = r.name AND place <> 'done'`
  }
})

/**
 * In `interline_deliveries`: `epoch` is the epoch under which the delivery was opened or last taken over, and `begin_by` is the time, on the
 * database's clock, until which it may begin. Deliveries from before have epoch 0, so the first owner of their shard takes them up. Their
 * state says until when they may begin.
 *
 * In `interline_shards`: `epoch` is the latest epoch of a shard. It is 0 if nobody has taken the shard yet. `since` is the time at which it was
 * taken, on the database's clock. `who` may name the process that took it.
 */
const shards = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  yield* sql`CREATE TABLE interline_shards (shard INTEGER NOT NULL PRIMARY KEY, epoch BIGINT NOT NULL, since BIGINT, who TEXT)`
  yield* sql`INSERT INTO interline_shards (shard, epoch)
    SELECT r.shard, 0 FROM ${recordset(sql, { shard: "bigint" }, Shard.all.map((shard) => ({ shard })))}`

  yield* sql`DROP INDEX interline_deliveries_running`
  for (const column of ["shard INTEGER NOT NULL DEFAULT 0", "epoch BIGINT NOT NULL DEFAULT 0", "begin_by BIGINT NOT NULL DEFAULT 0"]) {
    yield* sql`ALTER TABLE interline_deliveries ADD COLUMN ${sql.literal(column)}`
  }
  yield* placeDeliveries
  const deadline = sql.onDialectOrElse({
    pg: () => sql.literal("round((state::json #>> '{settings,deadline}')::numeric)"),
    orElse: () => sql.literal("round(json_extract(state, '$.settings.deadline'))")
  })
  yield* sql`UPDATE interline_deliveries SET begin_by = ${deadline} WHERE place <> 'done'`
  yield* sql`ALTER TABLE interline_deliveries DROP COLUMN owner`
  yield* sql`ALTER TABLE interline_deliveries DROP COLUMN lease_until`
  yield* sql`CREATE INDEX interline_deliveries_running ON interline_deliveries (shard, epoch) WHERE place = 'running'`
})

export const migrations = { "56_shards": shards }
