/** Tests that run over every database, each with a new one. */
import * as LibsqlClient from "@effect/sql-libsql/LibsqlClient"
import * as SqlClient from "@effect/sql/SqlClient"
import { describe, layer, type Vitest } from "@effect/vitest"
import * as Database from "@interline/sql/Database"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as RcMap from "effect/RcMap"
import * as Scope from "effect/Scope"
import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"
import { make } from "../support/postgres.ts"

/** Opens a database once, which makes its tables. Whoever is the first to need them must not find it in their log. */
const bringUpToDate = (url: string) =>
  Effect.flatMap(Layer.build(Database.layer(url)), (context) => {
    const sql = Context.get(context, SqlClient.SqlClient)
    // until then most of a SQLite file is in a second one
    return sql.onDialectOrElse({ pg: () => Effect.void, orElse: () => sql`PRAGMA wal_checkpoint(TRUNCATE)` })
  }).pipe(Effect.scoped, Effect.orDie, Logger.withMinimumLogLevel(LogLevel.None))

/** The server that the tests of one file share, and a database with the tables of today, which is copied: to make them takes a second. */
export class Postgres extends Effect.Service<Postgres>()("test/Postgres", {
  scoped: Effect.gen(function*() {
    const server = yield* make
    const model = yield* Effect.cached(Effect.tap(server.database, bringUpToDate))
    return { ...server, upToDate: Effect.flatMap(model, server.copy) }
  })
}) {}

/** The URL of a new database. It has nothing but the tables of today. */
export type Fresh = Effect.Effect<string, never, Postgres | Scope.Scope>

const folder = Effect.acquireRelease(
  Effect.sync(() => Fs.mkdtempSync(Path.join(Os.tmpdir(), "interline-sql-"))),
  (folder) => Effect.sync(() => Fs.rmSync(folder, { recursive: true, force: true }))
)

const pathIn = (folder: string) => Path.join(folder, "interline.db")

/** The bytes of a file with the tables of today. */
const model = Effect.runSync(Effect.cached(Effect.scoped(Effect.flatMap(
  folder,
  (folder) => Effect.map(bringUpToDate(`file:${pathIn(folder)}`), () => Fs.readFileSync(pathIn(folder)))
))))

/** The URL of a new file. It has nothing but the tables of today. */
export const file = Effect.zipWith(folder, model, (folder, bytes) => {
  Fs.writeFileSync(pathIn(folder), bytes)
  return `file:${pathIn(folder)}`
})

const databases = {
  SQLite: file,
  PostgreSQL: Effect.flatMap(Postgres, ({ upToDate }) => upToDate)
} as const satisfies Record<string, Fresh>

/** The open SQLite files, each with the one connection that its process may have. */
const files = Effect.runSync(
  Effect.flatMap(Scope.make(), (scope) => Scope.extend(RcMap.make({ lookup: (url: string) => Layer.build(Database.layer(url)) }), scope))
)

/**
 * Connects one user of a database. Over PostgreSQL each user is a process, as far as the server can tell. Over SQLite all users are in the
 * one process that may have the file, and share its connection.
 */
export const connect = (url: string, options?: Database.Options): Layer.Layer<SqlClient.SqlClient, Database.DatabaseError> =>
  url.startsWith("file:") ? Layer.scopedContext(RcMap.get(files, url)) : Database.layer(url, options)

/** Opens a database beside a gateway that has it, as a backup does. A SQLite file may be read and written beside its one process. */
export const openBeside = (url: string): Layer.Layer<SqlClient.SqlClient, unknown> =>
  url.startsWith("file:") ? LibsqlClient.layer({ url }) : Database.layer(url)

/** Describes something once per kind of database. Time is real. */
export const overBoth = (what: string, tests: (it: Vitest.MethodsNonLive<Postgres, true>, fresh: Fresh) => void): void =>
  layer(Postgres.Default, { excludeTestServices: true, timeout: "2 minutes" })(what, (it) => {
    for (const [name, fresh] of Object.entries(databases)) describe(`over ${name}`, () => tests(it, fresh))
  })
