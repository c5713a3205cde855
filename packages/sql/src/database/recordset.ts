/** Rows that come with a statement, however many: one parameter of JSON in both databases. */
import type * as SqlClient from "@effect/sql/SqlClient"
import type * as Statement from "@effect/sql/Statement"

/** @category models */
export type Columns = Readonly<Record<string, "text" | "bigint">>

/**
 * `FROM` this, as `r` with the named columns. What a row leaves out is null. JSON keeps every text whole; a text that PostgreSQL
 * cannot store must be inside JSON of its own, where it is written in letters that it can.
 *
 * @category constructors
 */
export const recordset = <C extends Columns>(
  sql: SqlClient.SqlClient,
  columns: C,
  rows: ReadonlyArray<{ readonly [name in keyof C]?: string | number | null }>
): Statement.Fragment => {
  const json = JSON.stringify(rows)
  const names = Object.entries(columns)
  return sql.onDialectOrElse({
    pg: () => sql`json_to_recordset(${json}::json) AS r(${sql.literal(names.map(([name, type]) => `${name} ${type}`).join(", "))})`,
    orElse: () =>
      sql`(SELECT ${
        sql.literal(names.map(([name]) => `json_extract(value, '$.${name}') AS ${name}`).join(", "))
      } FROM json_each(${json})) AS r`
  })
}
