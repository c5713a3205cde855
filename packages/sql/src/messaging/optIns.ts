/** When people last opted in, so that an older entry of a vendor's list is not taken over. */
import type * as SqlClient from "@effect/sql/SqlClient"
import { type Handle, variants } from "@interline/core/Handle"
import type { OptOut } from "@interline/core/Suppression"
import * as Effect from "effect/Effect"

export const make = (sql: SqlClient.SqlClient) => {
  const greatest = sql.literal(sql.onDialectOrElse({ pg: () => "GREATEST", orElse: () => "MAX" }))

  /** When the people on a vendor's list last opted in here. */
  const read = (optOuts: ReadonlyArray<OptOut>) => {
    const listed = optOuts.flatMap(({ handle, source }) => source === "list" ? [handle] : [])
    return listed.length === 0 ? Effect.succeed(new Map<string, number>()) : Effect.map(
      sql<{ readonly handle: string; readonly said_at: number }>`SELECT handle, said_at FROM interline_opt_ins WHERE ${
        sql.in("handle", listed)
      }`,
      (rows) => new Map(rows.map(({ handle, said_at }) => [handle, Number(said_at)]))
    )
  }

  /** Records when a person opted in, under each spelling of the number. */
  const write = (handle: Handle, saidAt: number) =>
    sql`INSERT INTO interline_opt_ins ${sql.insert(variants(handle).map((handle) => ({ handle, said_at: Math.round(saidAt) })))}
      ON CONFLICT (handle) DO UPDATE SET said_at = ${greatest}(interline_opt_ins.said_at, excluded.said_at)`

  return { read, write }
}
