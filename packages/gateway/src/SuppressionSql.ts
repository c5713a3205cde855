/**
 * The suppression list in SQL: it survives a restart, and what one process learns holds for all that share the database from the next request on.
 *
 * @since 0.1.0
 */
import * as SqlClient from "@effect/sql/SqlClient"
import type { CarrierId } from "@interline/core/CarrierId"
import type { Handle } from "@interline/core/Handle"
import type { Source, SuppressionService } from "@interline/core/Suppression"
import { Entry, Suppression } from "@interline/core/Suppression"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Store from "./internal/store.ts"

const decode = Schema.decodeUnknown(Entry)

interface Row {
  readonly handle: string
  readonly since: number
  readonly source: string
  readonly carrier_id: string | null
}

const entryOf = ({ carrier_id, handle, since, source }: Row) =>
  decode({ handle, since: Number(since), source, ...(carrier_id === null ? {} : { carrierId: carrier_id }) })

/**
 * Every `find` asks the database: an opt-out that another process learned must hold at once.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make: Effect.Effect<SuppressionService, never, SqlClient.SqlClient> = Effect.map(SqlClient.SqlClient, (sql) => ({
  find: (handle: Handle) =>
    Store.run(
      "Suppression.find",
      Effect.flatMap(
        sql<Row>`SELECT handle, since, source, carrier_id FROM interline_suppression WHERE handle = ${handle}`,
        ([row]) => row === undefined ? Effect.succeedNone : Effect.map(entryOf(row), Option.some)
      )
    ),
  add: (handle: Handle, source: Source, carrierId?: CarrierId) =>
    Effect.asVoid(Store.run(
      "Suppression.add",
      Effect.flatMap(Clock.currentTimeMillis, (since) =>
        sql`INSERT INTO interline_suppression (handle, since, source, carrier_id) VALUES (${handle}, ${since}, ${source}, ${carrierId ?? null})
          ON CONFLICT (handle) DO NOTHING`)
    )),
  remove: (handle: Handle) => Effect.asVoid(Store.run("Suppression.remove", sql`DELETE FROM interline_suppression WHERE handle = ${handle}`)),
  list: Store.run(
    "Suppression.list",
    Effect.flatMap(
      sql<Row>`SELECT handle, since, source, carrier_id FROM interline_suppression ORDER BY since, handle`,
      (rows) => Effect.forEach(rows, entryOf)
    )
  )
}))

/**
 * @since 0.1.0
 * @category layers
 */
export const layer: Layer.Layer<Suppression, never, SqlClient.SqlClient> = Layer.effect(Suppression, make)
