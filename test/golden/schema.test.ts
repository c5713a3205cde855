/** Tables, columns, indices, triggers and migrations are as they were: databases of before must go on working. */
import * as SqlClient from "@effect/sql/SqlClient"
import * as Database from "@interline/sql/Database"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { overBoth } from "../sql/databases.ts"
import { compare } from "./golden.ts"

const onOneLine = (text: string | null): string => (text ?? "").replace(/\s+/g, " ")

const migrations = (sql: SqlClient.SqlClient) =>
  Effect.map(
    sql<
      { readonly migration_id: number; readonly name: string }
    >`SELECT migration_id, name FROM interline_migrations ORDER BY migration_id`,
    (rows) => rows.map(({ migration_id, name }) => `${migration_id}_${name}`)
  )

const ofSqlite = (sql: SqlClient.SqlClient) =>
  Effect.map(
    sql<
      { readonly type: string; readonly name: string; readonly sql: string | null }
    >`SELECT type, name, sql FROM sqlite_master ORDER BY type, name`,
    (rows) => Object.fromEntries(rows.map(({ name, sql, type }) => [`${type} ${name}`, onOneLine(sql)]))
  )

interface Column {
  readonly table_name: string
  readonly column_name: string
  readonly data_type: string
  readonly is_nullable: string
  readonly column_default: string | null
  readonly is_identity: string
}

const ofPostgres = (sql: SqlClient.SqlClient) =>
  Effect.gen(function*() {
    const columns = yield* sql<Column>`SELECT table_name, column_name, data_type, is_nullable, column_default, is_identity
      FROM information_schema.columns WHERE table_schema = 'public' ORDER BY table_name, column_name`
    const indices = yield* sql<
      { readonly indexname: string; readonly indexdef: string }
    >`SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY indexname`
    return {
      ...Object.fromEntries(columns.map((column) => [
        `column ${column.table_name}.${column.column_name}`,
        [
          column.data_type,
          ...(column.is_nullable === "NO" ? ["not null"] : []),
          ...(column.column_default === null ? [] : [`default ${column.column_default}`]),
          ...(column.is_identity === "YES" ? ["identity"] : [])
        ].join(", ")
      ])),
      ...Object.fromEntries(indices.map(({ indexdef, indexname }) => [`index ${indexname}`, onOneLine(indexdef)]))
    }
  })

overBoth("the database's schema", (it, fresh) => {
  it.scoped("has the same tables, columns, indices, triggers and migrations", () =>
    Effect.gen(function*() {
      const sql = Context.get(yield* Layer.build(Database.layer(yield* fresh)), SqlClient.SqlClient)
      const isPostgres = sql.onDialectOrElse({ pg: () => true, orElse: () => false })
      const found = yield* (isPostgres ? ofPostgres(sql) : ofSqlite(sql))
      compare(`schema-${isPostgres ? "postgres" : "sqlite"}`, { migrations: yield* migrations(sql), found })
    }))
})
