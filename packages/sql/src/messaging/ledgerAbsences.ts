/** Keeps the messages that were taken for not sent, until they are not looked for any more. Each operation is one statement. */
import type * as SqlClient from "@effect/sql/SqlClient"
import type * as Ledger from "@interline/router/Ledger"
import * as Effect from "effect/Effect"
import type * as ParseResult from "effect/ParseResult"
import { recordset } from "../database/recordset.ts"
import * as Store from "../database/Store.ts"
import * as DeliveryRow from "../rows/deliveryRow.ts"

interface Row {
  readonly delivery_id: string
  readonly generation: number
  readonly shard: number
  readonly since: number
  readonly progress: string
}

const decode = (row: Row): Effect.Effect<Ledger.Absence, ParseResult.ParseError> =>
  Effect.map(Effect.all([DeliveryRow.decodeId(row.delivery_id), DeliveryRow.decodeProgress(row.progress)]), ([id, progress]) => ({
    id,
    shard: Number(row.shard),
    generation: Number(row.generation),
    progress,
    since: Number(row.since)
  }))

export const make = (sql: SqlClient.SqlClient): Pick<Ledger.LedgerService, "noteAbsence" | "absences" | "endAbsence"> => {
  const isIn = (shards: ReadonlySet<number>) =>
    sql`WHERE shard IN (SELECT wanted FROM ${recordset(sql, { wanted: "bigint" }, Array.from(shards, (wanted) => ({ wanted })))})`

  const note = ({ generation, id, progress, shard, since }: Ledger.Absence) =>
    Effect.flatMap(
      DeliveryRow.encodeProgress(progress),
      (text) =>
        sql`INSERT INTO interline_absences (delivery_id, generation, shard, since, progress)
        VALUES (${id}, ${generation}, ${shard}, ${since}, ${text}) ON CONFLICT (delivery_id, generation) DO NOTHING`
    )

  const list = (limit: number, shards: ReadonlySet<number> | undefined) =>
    Effect.flatMap(
      sql<Row>`SELECT delivery_id, generation, shard, since, progress FROM interline_absences ${
        shards === undefined ? sql`` : isIn(shards)
      } ORDER BY since, delivery_id, generation LIMIT ${limit}`,
      (rows) => DeliveryRow.decodeReadable(rows, decode, ({ delivery_id }) => delivery_id)
    )

  return {
    noteAbsence: (absence) => Effect.asVoid(Store.runStatement("Ledger.noteAbsence", note(absence))),
    absences: (limit, shards) => Store.runStatement("Ledger.absences", list(limit, shards)),
    endAbsence: (id, generation) =>
      Effect.asVoid(
        Store.runStatement(
          "Ledger.endAbsence",
          sql`DELETE FROM interline_absences WHERE delivery_id = ${id} AND generation = ${generation}`
        )
      )
  }
}
