/** Takes shards, and takes over the deliveries that their earlier owners left behind. Each operation is one statement. */
import type * as SqlClient from "@effect/sql/SqlClient"
import type * as SqlError from "@effect/sql/SqlError"
import type * as Ledger from "@interline/router/Ledger"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { recordset } from "../database/recordset.ts"
import * as Store from "../database/Store.ts"
import * as DeliveryRow from "../rows/deliveryRow.ts"

interface EpochRow {
  readonly shard: number
  readonly epoch: number
}

interface TakenRow extends DeliveryRow.Row {
  readonly remaining: number
}

export const make = (sql: SqlClient.SqlClient): Pick<Ledger.LedgerService, "acquire" | "leftBehind" | "adopt"> => {
  const columns = sql.literal(DeliveryRow.columns)
  const now = Store.now(sql)
  const lock = sql.literal(sql.onDialectOrElse({ pg: () => " FOR SHARE", orElse: () => "" }))

  const source = (shards: ReadonlyArray<number>) => recordset(sql, { wanted: "bigint" }, shards.map((wanted) => ({ wanted })))

  // in PostgreSQL the rows are locked in one order, so that two processes that take the same shards do not wait for each other
  const acquire = (shards: ReadonlyArray<number>, who: string | undefined) =>
    Effect.map(
      sql.onDialectOrElse({
        pg: () =>
          sql<EpochRow>`WITH mine AS (
              SELECT known.shard FROM interline_shards AS known JOIN ${
            source(shards)
          } ON known.shard = r.wanted ORDER BY known.shard FOR UPDATE OF known
            )
            UPDATE interline_shards SET epoch = epoch + 1, since = ${now}, who = ${
            who ?? null
          } FROM mine WHERE interline_shards.shard = mine.shard
            RETURNING interline_shards.shard, interline_shards.epoch`,
        orElse: () =>
          sql<EpochRow>`UPDATE interline_shards SET epoch = epoch + 1, since = ${now}, who = ${who ?? null}
            WHERE shard IN (SELECT wanted FROM ${source(shards)}) RETURNING shard, epoch`
      }),
      (rows): ReadonlyMap<number, number> => new Map(rows.map(({ epoch, shard }) => [Number(shard), Number(epoch)]))
    )

  // those that cannot be read stay in the list, so they do not count
  const leftBehind = (
    shards: ReadonlyArray<number>,
    limit: number,
    unread = 0
  ): Effect.Effect<ReadonlyArray<Ledger.Entry>, SqlError.SqlError> =>
    Effect.flatMap(
      sql<DeliveryRow.Row>`SELECT ${columns} FROM ${source(shards)}
        JOIN (SELECT shard AS taken, epoch AS latest FROM interline_shards) AS s ON s.taken = r.wanted
        JOIN interline_deliveries ON shard = s.taken AND epoch < s.latest AND place = 'running'
        ORDER BY created_at, id LIMIT ${limit + unread}`,
      (rows) =>
        Effect.flatMap(DeliveryRow.decodeReadable(rows, DeliveryRow.decode, ({ id }) => id), (entries) =>
          entries.length < limit && rows.length === limit + unread
            ? leftBehind(shards, limit, rows.length - entries.length)
            : Effect.succeed(entries))
    )

  const adopt = ({ id, version }: Ledger.Entry, epoch: number, at: number) =>
    Effect.flatMap(
      sql<TakenRow>`UPDATE interline_deliveries SET epoch = ${epoch}, updated_at = ${at}, version = version + 1
        WHERE id = ${id} AND version = ${version} AND place <> 'done' AND shard = (
          SELECT known.shard FROM interline_shards AS known WHERE known.shard = interline_deliveries.shard AND known.epoch = ${epoch}${lock}
        ) RETURNING ${columns}, begin_by - ${now} AS remaining`,
      ([row]) =>
        row === undefined
          ? Effect.succeed(Option.none<Ledger.TakenOver>())
          : Effect.map(DeliveryRow.decode(row), (entry) => Option.some({ entry, left: Number(row.remaining) }))
    )

  return {
    acquire: (shards, who) => shards.length === 0 ? Effect.succeed(new Map()) : Store.runStatement("Ledger.acquire", acquire(shards, who)),
    leftBehind: (shards, limit) =>
      shards.length === 0 ? Effect.succeed([]) : Store.runStatement("Ledger.leftBehind", leftBehind(shards, limit)),
    adopt: (entry, epoch, at) => Store.runStatement("Ledger.adopt", adopt(entry, epoch, at))
  }
}
