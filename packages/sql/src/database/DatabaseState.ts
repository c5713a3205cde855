/** Looks at a database without changing it: whether it answers, and whether its tables fit this version. */
import * as PgClient from "@effect/sql-pg/PgClient"
import * as SqlClient from "@effect/sql/SqlClient"
import * as DatabaseFault from "@interline/router/DatabaseFault"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import LibsqlDatabase from "libsql"
import * as Fs from "node:fs"
import * as Url from "node:url"
import * as Database from "./Database.ts"
import * as Opening from "./opening.ts"
import * as OpenSqlite from "./openSqlite.ts"

/**
 * The state of a database. `name` is for people and holds no password.
 *
 * - `absent`: there is no such file. The gateway makes it at its start.
 * - `empty`: it has none of our tables. The gateway makes them at its start.
 * - `behind`: it lacks migrations of this version, which the gateway makes at its start.
 * - `ahead`: a newer version has changed it.
 *
 * @category models
 */
export interface State {
  readonly name: string
  readonly state: "absent" | "empty" | "current" | "behind" | "ahead"
  /** The number of the newest migration in the database. 0 if there is none. */
  readonly migration: number
  /** The number of the newest migration of this version. */
  readonly known: number
  /** The path, if it is a file. */
  readonly file: Option.Option<string>
  /** What a sandbox left in it. None if it is not the database of a sandbox. */
  readonly sandbox: Option.Option<SandboxRemains>
}

/**
 * How many messages and opt-outs a sandbox left.
 *
 * @category models
 */
export interface SandboxRemains {
  readonly messages: number
  readonly optOuts: number
}

/** What was read of a database. */
interface Reading {
  readonly migrations: ReadonlyArray<number>
  readonly sandbox: Option.Option<SandboxRemains>
}

const unused: Reading = { migrations: [], sandbox: Option.none() }

const newest = (ids: ReadonlyArray<number>): number => ids.reduce((most, id) => Math.max(most, id), 0)

const toState = (name: string, file: Option.Option<string>, found: Reading | undefined): Effect.Effect<State> =>
  Effect.map(Effect.orDie(Opening.loader), (migrations) => {
    const known = newest(migrations.map(([id]) => id))
    const migration = newest(found?.migrations ?? [])
    const state = found === undefined
      ? "absent"
      : migration === 0
      ? "empty"
      : migration > known
      ? "ahead"
      : migration < known
      ? "behind"
      : "current"
    return { name, state, migration, known, file, sandbox: Option.flatMap(Option.fromNullable(found), ({ sandbox }) => sandbox) }
  })

const pathOf = (url: string): string => url.startsWith("file:/") ? Url.fileURLToPath(url) : url.slice("file:".length)

const toNumbers = (rows: ReadonlyArray<unknown>): ReadonlyArray<number> =>
  rows.flatMap((row) =>
    typeof row === "object" && row !== null && "migration_id" in row && Number.isInteger(Number(row.migration_id))
      ? [Number(row.migration_id)]
      : []
  )

const select = `SELECT migration_id FROM ${Opening.table}`

const selectRemains =
  "SELECT (SELECT COUNT(*) FROM interline_deliveries) + (SELECT COUNT(*) FROM interline_messages) AS messages, (SELECT COUNT(*) FROM interline_suppression) AS opt_outs"

const toRemains = ([row]: ReadonlyArray<unknown>): Option.Option<SandboxRemains> =>
  typeof row === "object" && row !== null && "messages" in row && "opt_outs" in row
    ? Option.some({ messages: Number(row.messages), optOuts: Number(row.opt_outs) })
    : Option.none()

const inspectFile = ({ name, url }: { readonly name: string; readonly url: string }): Effect.Effect<State, Database.DatabaseError> => {
  const path = pathOf(url)
  const unreadable = () => new Database.DatabaseError({ sentence: `the database file ${name} cannot be read as a SQLite database` })
  const read = Effect.acquireUseRelease(
    Effect.try({ try: () => new LibsqlDatabase(path, { readonly: true }), catch: unreadable }),
    (database) =>
      Effect.try({
        try: () => {
          const tables = database.prepare("SELECT name FROM sqlite_master WHERE type = 'table' AND name = ?").all(Opening.table)
          if (tables.length === 0) return unused
          const marked = database.prepare("SELECT 1 FROM pragma_application_id WHERE application_id = ?").all(Opening.sandboxMark.sqlite)
          return {
            migrations: toNumbers(database.prepare(select).all()),
            sandbox: marked.length === 0 ? Option.none() : toRemains(database.prepare(selectRemains).all())
          }
        },
        catch: unreadable
      }),
    (database) => Effect.sync(() => database.close())
  )
  return Effect.flatMap(
    Effect.suspend(() => Fs.existsSync(path) ? read : Effect.succeed(undefined)),
    (found) => toState(name, Option.some(path), found)
  )
}

const inspectServer = (url: Redacted.Redacted<string>): Effect.Effect<State, Database.DatabaseError> => {
  const text = Redacted.value(url)
  if (!URL.canParse(text)) {
    return Effect.fail(
      new Database.DatabaseError({ sentence: "the database URL cannot be read; it must look like postgres://user:password@host:5432/name" })
    )
  }
  const name = DatabaseFault.nameOf(new URL(text))
  const client = PgClient.layer({ url, maxConnections: 1, connectTimeout: Duration.seconds(5), applicationName: "interline doctor" })
  const read = Effect.gen(function*() {
    const sql = yield* SqlClient.SqlClient
    const tables = yield* sql`SELECT 1 AS found WHERE to_regclass(${Opening.table}) IS NOT NULL`
    if (tables.length === 0) return unused
    const marked =
      yield* sql`SELECT 1 AS marked WHERE obj_description(${Opening.table}::regclass, 'pg_class') = ${Opening.sandboxMark.postgres}`
    return {
      migrations: toNumbers(yield* sql.unsafe(select)),
      sandbox: marked.length === 0 ? Option.none<SandboxRemains>() : toRemains(yield* sql.unsafe(selectRemains))
    }
  })
  return Effect.scoped(Effect.flatMap(Layer.build(client), (context) => Effect.provide(read, context))).pipe(
    Effect.mapError((error) => new Database.DatabaseError({ sentence: `${name} cannot be used: ${DatabaseFault.explain(error)}` })),
    Effect.flatMap((found) => toState(name, Option.none(), found))
  )
}

/**
 * Looks at a database. It takes no lock, and makes no file and no table. `url` is that of `Database.layer`.
 *
 * @category constructors
 */
export const inspect = (url: Redacted.Redacted<string>): Effect.Effect<State, Database.DatabaseError> =>
  Database.isPostgres(Redacted.value(url))
    ? inspectServer(url)
    : Option.match(OpenSqlite.fileOf(Redacted.value(url)), {
      onNone: () =>
        Effect.fail(new Database.DatabaseError({ sentence: "the database must be a file (a path, or file:…) or postgres://…" })),
      onSome: inspectFile
    })
