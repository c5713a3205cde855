/** What is known of lines, in SQL: caps of new contacts, pauses and flags survive a restart, and another process goes on with them. */
import * as SqlClient from "@effect/sql/SqlClient"
import { CarrierId } from "@interline/core/CarrierId"
import { LineName } from "@interline/core/Line"
import { HealthStore, type HealthStoreService, type Stored } from "@interline/router/HealthStore"
import { Snapshot } from "@interline/router/LineSnapshot"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import * as JsonColumn from "../database/jsonColumn.ts"
import * as Store from "../database/Store.ts"

const encode = JsonColumn.makeEncoder(Snapshot)

const decode = Schema.decodeUnknown(Schema.Struct({
  carrierId: CarrierId,
  line: LineName,
  snapshot: Schema.parseJson(Snapshot),
  version: Schema.Number,
  age: Schema.Number
}))

interface Row {
  readonly carrier_id: string
  readonly line: string
  readonly state: string
  readonly version: number
  readonly age: number
}

// The clock of the database may have been set back since.
const toStored = ({ age, carrier_id, line, state, version }: Row): Effect.Effect<Stored, ParseResult.ParseError> =>
  decode({ carrierId: carrier_id, line, snapshot: state, version: Number(version), age: Math.max(0, Number(age)) })

/**
 * The store over tables that `Database.layer` made.
 *
 * @category constructors
 */
export const make: Effect.Effect<HealthStoreService, never, SqlClient.SqlClient> = Effect.map(SqlClient.SqlClient, (sql) => {
  const now = Store.now(sql)
  const columns = sql`carrier_id, line, state, version, ${now} - saved_at AS age`
  return {
    load: ({ carrierId, line }) =>
      Store.runStatement(
        "HealthStore.load",
        Effect.flatMap(
          sql<Row>`SELECT ${columns} FROM interline_lines WHERE carrier_id = ${carrierId} AND line = ${line}`,
          ([row]) => row === undefined ? Effect.succeed(undefined) : toStored(row)
        )
      ),
    all: Store.runStatement(
      "HealthStore.all",
      Effect.flatMap(sql<Row>`SELECT ${columns} FROM interline_lines ORDER BY carrier_id, line`, (rows) => Effect.forEach(rows, toStored))
    ),
    save: ({ carrierId, line }, snapshot, version) =>
      Store.runStatement(
        "HealthStore.save",
        Effect.flatMap(encode(snapshot), (state) =>
          Effect.map(
            version === 0
              ? sql`INSERT INTO interline_lines (carrier_id, line, state, version, saved_at)
                VALUES (${carrierId}, ${line}, ${state}, 1, ${now}) ON CONFLICT DO NOTHING RETURNING version`
              : sql`UPDATE interline_lines SET state = ${state}, version = version + 1, saved_at = ${now}
                WHERE carrier_id = ${carrierId} AND line = ${line} AND version = ${version} RETURNING version`,
            (rows) => rows.length > 0
          ))
      )
  }
})

/**
 * The store of lines in the database, as a layer.
 *
 * @category layers
 */
export const layer: Layer.Layer<HealthStore, never, SqlClient.SqlClient> = Layer.effect(HealthStore, make)
