/** Writes a new delivery: its columns, its place in a shard, and the refs that it owns. */
import type * as SqlClient from "@effect/sql/SqlClient"
import type { DeliveryId } from "@interline/core/DeliveryId"
import * as MessageRef from "@interline/core/MessageRef"
import type { Entry } from "@interline/router/Ledger"
import * as Shard from "@interline/router/Shard"
import * as Effect from "effect/Effect"
import * as Store from "../database/Store.ts"
import * as DeliveryRow from "../rows/deliveryRow.ts"

/** Columns by name. */
export type Columns = Readonly<Record<string, string | number | null>>

/**
 * The refs of a state's receipts, in the form in which a trigger of SQLite reads them from the row. In PostgreSQL a separate statement
 * writes them.
 */
export const makeListRefs = (sql: SqlClient.SqlClient) => ({ state }: Entry): { readonly told?: string } => {
  const refs = DeliveryRow.refsOf(state)
  return sql.onDialectOrElse({
    pg: () => ({}),
    orElse: () => refs.length === 0 ? {} : { told: JSON.stringify(refs.map((ref) => Store.toIndexable(MessageRef.format(ref)))) }
  })
}

/** Gives refs their owner. A ref that has an owner keeps it. */
export const makeWriteRefs = (sql: SqlClient.SqlClient) => (refs: ReadonlyArray<MessageRef.MessageRef>, id: DeliveryId, at: number) =>
  sql`INSERT INTO interline_refs ${
    sql.insert(refs.map((ref) => ({ ref: Store.toIndexable(MessageRef.format(ref)), delivery_id: id, at })))
  } ON CONFLICT (ref) DO NOTHING`

export const make = (sql: SqlClient.SqlClient) => {
  const now = Store.now(sql)
  const listRefs = makeListRefs(sql)

  const lock = sql.literal(sql.onDialectOrElse({ pg: () => " FOR SHARE", orElse: () => "" }))

  const templates = new Map<number, TemplateStringsArray>()

  /** The separators `, ` between this many values. One template with all values costs a tenth of one fragment for each value. */
  const templateOf = (count: number): TemplateStringsArray => {
    const known = templates.get(count)
    if (known !== undefined) return known
    const strings = ["", ...Array.from({ length: count - 1 }, () => ", "), ""]
    const made = Object.assign(strings, { raw: strings })
    templates.set(count, made)
    return made
  }

  /**
   * The names of a new row, its values, and the shard that they are read from. There is no shard to read from if its epoch is another one, so
   * nothing is written then. `within`: how long the delivery may still begin, in milliseconds. It is a parameter, because it differs from send
   * to send.
   *
   * In PostgreSQL the row of the shard is locked until the statement is over. Many statements share this lock, but `acquire` waits for it. So
   * whoever has taken a shard sees every delivery that an earlier owner opened. Measured, the lock makes an insert of 60 microseconds about a tenth
   * slower.
   */
  const place = ({ conversation, epoch }: Entry, row: Columns, within: number) => ({
    names: sql.literal(`${Object.keys(row).map((name) => `"${name}"`).join(", ")}, shard, epoch, begin_by`),
    values: sql`${sql(templateOf(Object.keys(row).length), ...Object.values(row))}, owned.shard, owned.epoch, ${now} + ${
      Math.round(within)
    }`,
    owned: sql`SELECT shard, epoch FROM interline_shards WHERE shard = ${Shard.of(conversation)} AND epoch = ${epoch}${lock}`
  })

  /** The columns of a new entry. */
  const columnsOf = (entry: Entry) =>
    Effect.map(
      Effect.zip(DeliveryRow.toOpenedColumns(entry), DeliveryRow.toSavedColumns(entry)),
      ([opened, saved]) => ({ ...opened, ...saved, ...listRefs(entry), version: entry.version })
    )

  return { columnsOf, place }
}
