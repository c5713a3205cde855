/** Deliveries of a database whose tables still have an owner and a lease for each delivery. */
import * as SqlClient from "@effect/sql/SqlClient"
import { deepStrictEqual } from "@effect/vitest/utils"
import { Ledger } from "@interline/router/Ledger"
import * as Shard from "@interline/router/Shard"
import * as Stores from "@interline/sql/Stores"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { openBeside, overBoth } from "./databases.ts"
import { done, held, id, idle } from "./entries.ts"

/** Makes the tables what they were before shards had epochs. */
const goBack = (sql: SqlClient.SqlClient) =>
  Effect.gen(function*() {
    yield* sql`DROP TABLE interline_shards`
    yield* sql`DROP TABLE interline_absences`
    yield* sql`DROP INDEX interline_deliveries_running`
    for (const column of ["shard", "epoch", "begin_by"]) yield* sql`ALTER TABLE interline_deliveries DROP COLUMN ${sql.literal(column)}`
    yield* sql`ALTER TABLE interline_deliveries ADD COLUMN owner TEXT NOT NULL DEFAULT 'process-1'`
    yield* sql`ALTER TABLE interline_deliveries ADD COLUMN lease_until BIGINT NOT NULL DEFAULT 0`
    yield* sql`CREATE INDEX interline_deliveries_running ON interline_deliveries (lease_until, id) WHERE place = 'running'`
    // what came later is made anew too: tables are brought up to date from the latest migration on
    for (
      const table of [
        "shadow",
        "shadow_chats",
        "rollout_changes",
        "rollout_places",
        "imports",
        "opt_ins",
        "notices",
        "api_keys",
        "audit",
        "sessions"
      ]
    ) {
      yield* sql`DROP TABLE interline_${sql.literal(table)}`
    }
    for (const name of ["not_accepted", "lossy", "moved_on", "line", "person", "people", "carrier", "key", "kept"]) {
      yield* sql`DROP INDEX interline_deliveries_${sql.literal(name)}`
    }
    for (const name of ["line", "person", "people", "carrier"]) yield* sql`DROP INDEX interline_messages_${sql.literal(name)}`
    for (const table of ["deliveries", "messages"]) yield* sql`DROP INDEX IF EXISTS interline_${sql.literal(table)}_people_apart`
    yield* sql`ALTER TABLE interline_ids DROP COLUMN known`
    yield* sql`ALTER TABLE interline_contacts DROP COLUMN sent`
    for (const column of ["feed_at", "feed_seen_at", "gap_until"]) {
      yield* sql`ALTER TABLE interline_catch_up DROP COLUMN ${sql.literal(column)}`
    }
    yield* sql`DELETE FROM interline_migrations WHERE migration_id >= (SELECT migration_id FROM interline_migrations WHERE name = 'shards')`
  })

overBoth("a delivery of an earlier version", (it, fresh) => {
  it.scoped("is taken up by the first owner of its shard, and may begin as long as it was promised", () =>
    Effect.gen(function*() {
      const url = yield* fresh
      const open = Effect.map(Layer.build(Stores.layer(url)), Context.get(Ledger))
      // the deadline of this state is 121 seconds after the beginning of the epoch
      const running = idle(1)
      yield* Effect.scoped(Effect.gen(function*() {
        const ledger = yield* open
        yield* Effect.forEach([running, held(idle(2)), done(idle(3), "m-3")], (entry) => ledger.open(entry, 60_000))
      }))
      yield* Effect.scoped(Effect.flatMap(Layer.build(openBeside(url)), (context) => goBack(Context.get(context, SqlClient.SqlClient))))

      const ledger = yield* open
      const shard = Shard.of(running.conversation)
      deepStrictEqual(yield* ledger.leftBehind([shard], 10), [], "nobody has taken the shard")
      deepStrictEqual(Array.from(yield* ledger.acquire([shard])), [[shard, 1]])
      deepStrictEqual((yield* ledger.leftBehind([shard], 10)).map((entry) => [entry.id, entry.epoch]), [[id(1), 0]])
      deepStrictEqual((yield* ledger.held(10, new Set([shard]))).map((entry) => entry.id), [id(2)])
      const { entry, left } = Option.getOrThrow(yield* ledger.adopt(running, 1, 0))
      const now = yield* Effect.clockWith((clock) => clock.currentTimeMillis)
      deepStrictEqual([entry.epoch, Math.abs(left + now - 121_000) < 60_000], [1, true])
      deepStrictEqual(Option.map(yield* ledger.read(id(3)), ({ state }) => state.phase._tag), Option.some("Done"))
    }), 60_000)
})
