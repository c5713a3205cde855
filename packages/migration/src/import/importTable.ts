/** The table `interline_imports`: for each carrier, how far its account was imported. */
import * as SqlClient from "@effect/sql/SqlClient"
import type { CarrierId } from "@interline/core/CarrierId"
import * as Store from "@interline/sql/Store"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as ImportReport from "./ImportReport.ts"

/** How far an import is. `place`: the next page of the list, none at its beginning. */
export interface Progress {
  readonly version: number
  readonly list: string
  readonly place: string | undefined
  readonly tally: ImportReport.Tally
  /** Whether the import is over. */
  readonly ended: boolean
}

export interface ImportTable {
  readonly find: (carrierId: CarrierId) => Effect.Effect<Progress | undefined>
  /**
   * Writes the progress if the stored version is `progress.version`, and stores it with the next version. 0: there is none yet. False if
   * another import was faster.
   */
  readonly save: (carrierId: CarrierId, progress: Progress, begins: boolean) => Effect.Effect<boolean>
}

interface Row {
  readonly version: number
  readonly list: string
  readonly place: string | null
  readonly tally: string
  readonly ended_at: number | null
}

const Stored = Schema.parseJson(ImportReport.Tally)
const decode = Schema.decode(Stored)
const encode = Schema.encode(Stored)

export const make: Effect.Effect<ImportTable, never, SqlClient.SqlClient> = Effect.map(SqlClient.SqlClient, (sql) => ({
  find: (carrierId) =>
    Store.runStatement(
      "Import.read",
      Effect.flatMap(
        sql<Row>`SELECT version, list, place, tally, ended_at FROM interline_imports WHERE carrier_id = ${carrierId}`,
        ([row]) =>
          row === undefined ? Effect.succeed(undefined) : Effect.map(decode(row.tally), (tally): Progress => ({
            version: Number(row.version),
            list: row.list,
            place: row.place ?? undefined,
            tally,
            ended: row.ended_at !== null
          }))
      )
    ),
  save: (carrierId, { ended, list, place, tally, version }, begins) =>
    Store.runStatement(
      "Import.write",
      Effect.gen(function*() {
        const at = yield* Clock.currentTimeMillis
        const changed = {
          version: version + 1,
          list,
          place: place ?? null,
          tally: yield* encode(tally),
          updated_at: at,
          ended_at: ended ? at : null,
          ...(begins ? { started_at: at } : {})
        }
        const written = version === 0
          ? yield* sql`INSERT INTO interline_imports ${sql.insert({ carrier_id: carrierId, started_at: at, ...changed })}
              ON CONFLICT (carrier_id) DO NOTHING RETURNING 1 AS written`
          : yield* sql`UPDATE interline_imports SET ${
            sql.update(changed)
          } WHERE carrier_id = ${carrierId} AND version = ${version} RETURNING 1 AS written`
        return written.length > 0
      })
    )
}))
