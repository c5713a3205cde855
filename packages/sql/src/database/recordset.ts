/** Passes any number of rows to a statement, as one JSON parameter in both databases. */
import type * as SqlClient from "@effect/sql/SqlClient"
import type * as Statement from "@effect/sql/Statement"

/** @category models */
export type Columns = Readonly<Record<string, "text" | "bigint">>

/**
 * The source for a `FROM`, as `r` with the named columns. A missing field of a row is null. JSON keeps every text whole. But PostgreSQL
 * cannot store some texts. Such a text must be JSON inside the JSON, because it is escaped there.
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
