/** Connections, and the tables that every connection finds. */
import * as LibsqlClient from "@effect/sql-libsql/LibsqlClient"
import * as PgClient from "@effect/sql-pg/PgClient"
import * as Migrator from "@effect/sql/Migrator"
import * as SqlClient from "@effect/sql/SqlClient"
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import * as Path from "node:path"
import * as Url from "node:url"
import * as Checkpoint from "./checkpoint.ts"
import { migrations as consent } from "./migrations/consent.ts"
import { migrations as events } from "./migrations/events.ts"
import { migrations as files } from "./migrations/files.ts"
import { migrations as ledger } from "./migrations/ledger.ts"
import { migrations as retries } from "./migrations/retries.ts"
import { migrations as statuses } from "./migrations/statuses.ts"
import { migrations as stores } from "./migrations/stores.ts"
import * as SqliteDriver from "./sqliteDriver.ts"
import * as Statements from "./statements.ts"
import { codeOf } from "./Store.ts"

const table = "interline_migrations"

const migrate = Migrator.make({})({
  loader: Migrator.fromRecord({ ...ledger, ...stores, ...events, ...files, ...retries, ...statuses, ...consent }),
  table
})

/** What a layer of this module fails with: a sentence for the person who starts the program. */
export type Sentence = string

/** A client of its own that ends when its work is done, so that the one that stays never loses its settings to a transaction. */
const briefly = <E>(client: Layer.Layer<SqlClient.SqlClient, E>, work: Effect.Effect<unknown, unknown, SqlClient.SqlClient>) =>
  Effect.asVoid(Effect.scoped(Effect.flatMap(Layer.build(client), (context) => Effect.provide(work, context))))

/** Failures and defects alike: the drivers throw some of theirs. */
const explained = <A, R>(
  effect: Effect.Effect<A, unknown, R>,
  sentence: (code: string | undefined, error: unknown) => Sentence
): Effect.Effect<A, Sentence, R> =>
  Effect.catchAllCause(effect, (cause) =>
    Cause.isInterruptedOnly(cause)
      ? Effect.interrupt
      : Effect.fail(sentence(codeOf(Cause.squash(cause)), Cause.squash(cause))))

// --- SQLite ---

export interface Sqlite {
  readonly url: string
  readonly name: string
  readonly synchronous: "normal" | "full"
}

/** As the driver takes it; `file:a.db` is a file here, `file:///a.db` one by its whole path. */
const pathOf = (url: string): string => url.startsWith("file:/") ? Url.fileURLToPath(url) : url.slice("file:".length)

/** Settings of one connection. `busyFor`: how many milliseconds SQLite itself waits for another program's write; the log of writes is what readers do not wait for. */
const pragmas = ({ synchronous }: Pick<Sqlite, "synchronous">, busyFor: number) =>
  Effect.gen(function*() {
    const sql = yield* SqlClient.SqlClient
    yield* sql.unsafe(`PRAGMA busy_timeout = ${busyFor}`)
    yield* sql.unsafe("PRAGMA journal_mode = WAL")
    yield* sql.unsafe(`PRAGMA synchronous = ${synchronous}`)
    yield* sql.unsafe("PRAGMA temp_store = MEMORY")
  })

const noTransactions = Effect.dieMessage("a transaction over SQLite would take the connection with it; use one statement")

export const sqlite = (options: Sqlite): Layer.Layer<SqlClient.SqlClient, Sentence> => {
  const client = LibsqlClient.layer({ url: options.url })
  const prepared = Layer.scopedContext(
    Effect.gen(function*() {
      // whoever opens the file at the same time is waited for here: SQLite's own waiting stops the whole program, also one that is about to
      // finish its migration in this very process, and there is none while a new file changes its journal mode
      yield* Effect.retry(Effect.catchAllDefect(briefly(client, Effect.zipRight(pragmas(options, 10), migrate)), Effect.fail), {
        schedule: Schedule.spaced(Duration.millis(50)),
        times: 200,
        while: (error) => codeOf(error)?.startsWith("SQLITE_BUSY") === true
      })
      const path = pathOf(options.url)
      const driver = yield* Effect.acquireRelease(Effect.try(() => SqliteDriver.open(path)), ({ close }) => Effect.sync(close))
      // the library's own connection makes the statements; ours runs them
      const library = Context.get(yield* Layer.build(client), LibsqlClient.LibsqlClient)
      const sql = Object.assign(Statements.direct(library, driver), { withTransaction: () => noTransactions })
      const context = Context.make(SqlClient.SqlClient, sql)
      // what waits does so outside of SQLite: `internal/statements.ts`
      yield* Effect.provide(pragmas(options, 0), context)
      yield* Effect.provide(Checkpoint.keepUp(path), context)
      return context
    })
  )
  return Layer.scopedContext(explained(Layer.build(prepared), (code) => {
    const why = code === undefined ? undefined : fileReasons[code]
    return why === undefined
      ? `the database file ${options.name} cannot be used${
        code === undefined ? "" : ` (${code})`
      }: its folder must exist, and the program must be allowed to write there`
      : `the database file ${options.name} cannot be used: ${why}`
  }))
}

const nodeOnly = "the SQLite driver does not run on this runtime; use Node, or PostgreSQL by a postgres: URL"

const noBuild =
  "the SQLite driver has no build for this machine, or optional packages were left out at install; use PostgreSQL by a postgres: URL there"

/** What is neither the folder nor who may write there. */
const fileReasons: Readonly<Record<string, string>> = {
  // the driver's build for the web was loaded, which knows no files
  URL_SCHEME_NOT_SUPPORTED: nodeOnly,
  ERR_DLOPEN_FAILED: noBuild,
  MODULE_NOT_FOUND: noBuild,
  ERR_MODULE_NOT_FOUND: noBuild,
  SQLITE_NOTADB: "it is something else than a SQLite database",
  SQLITE_CORRUPT: "it is damaged; restore it from a copy",
  SQLITE_FULL: "the disk is full",
  SQLITE_BUSY: "another program has held it for too long",
  SQLITE_READONLY: "the program may read it, and not write to it"
}

/** The file of a `file:` URL or a path; `None` for what is not a file. */
export const fileOf = (text: string): Option.Option<{ readonly url: string; readonly name: string }> => {
  if (text.includes(":memory:") || text.trim() === "") return Option.none()
  if (text.startsWith("file:")) return Option.some({ url: text, name: text.slice("file:".length) })
  if (/^[a-z][a-z0-9+.-]+:/i.test(text)) return Option.none()
  return Option.some({ url: Url.pathToFileURL(Path.resolve(text)).href, name: text })
}

// --- PostgreSQL ---

export interface Postgres {
  readonly url: Redacted.Redacted
  readonly connections: number
}

const numeric: ReadonlySet<number> = new Set([20, 21, 23]) // int8, int2, int4

// a BIGINT comes as text; all of ours are times, versions and counts, far below 2^53
const types = { getTypeParser: (oid: number) => (value: string): unknown => numeric.has(oid) ? Number(value) : value }

// what a statement of ours waits for at most, at the server (a lock) and here (a server that is gone)
const patience = { statement_timeout: "10000", query_timeout: "15000" }

const patient = (url: URL): Redacted.Redacted => {
  const copy = new URL(url)
  for (const [name, value] of Object.entries(patience)) if (!copy.searchParams.has(name)) copy.searchParams.set(name, value)
  return Redacted.make(copy.href)
}

// any number: it only has to be the same in every process
const migrationLock = 4_846_227

/** One process at a time. The migrator's own table is made here, because making it is what two processes would meet at. */
const migratePostgres = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  yield* sql.withTransaction(
    Effect.gen(function*() {
      yield* sql`SELECT pg_advisory_xact_lock(${migrationLock})`
      yield* sql`CREATE TABLE IF NOT EXISTS ${sql(table)} (
        migration_id integer PRIMARY KEY,
        created_at timestamptz NOT NULL DEFAULT now(),
        name text NOT NULL
      )`
      yield* migrate
    })
  )
})

const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nothing answers there",
  ENOTFOUND: "there is no such host",
  EAI_AGAIN: "the host's name cannot be looked up",
  ETIMEDOUT: "it does not answer in time",
  "28P01": "it refuses the user or the password",
  "28000": "it refuses the user",
  "3D000": "there is no database of that name",
  "53300": "it has no connection left",
  "42501": "the user may not create tables there"
}

export const postgres = ({ connections, url }: Postgres): Layer.Layer<SqlClient.SqlClient, Sentence> => {
  const text = Redacted.value(url)
  if (!URL.canParse(text)) return Layer.fail("the database URL cannot be read; it must look like postgres://user:password@host:5432/name")
  const parsed = new URL(text)
  const place = `the database ${parsed.pathname.slice(1)} at ${parsed.host}`
  const client = PgClient.layer({
    url: patient(parsed),
    maxConnections: connections,
    connectTimeout: Duration.seconds(5),
    idleTimeout: Duration.minutes(1),
    applicationName: "interline",
    types
  })
  return Layer.scopedContext(
    explained(
      Effect.flatMap(
        Layer.build(client),
        (context) =>
          Effect.as(
            Effect.provide(migratePostgres, context),
            Context.make(SqlClient.SqlClient, Statements.unspanned(Context.get(context, SqlClient.SqlClient)))
          )
      ),
      (code) => `${place} cannot be used: ${code === undefined ? "it does not answer in time" : reasons[code] ?? `code ${code}`}`
    )
  )
}
