/** Opens a SQLite file, for this process alone. */
import * as LibsqlClient from "@effect/sql-libsql/LibsqlClient"
import * as SqlClient from "@effect/sql/SqlClient"
import { codeOf } from "@interline/router/DatabaseFault"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import * as Path from "node:path"
import * as Url from "node:url"
import * as Checkpoint from "./checkpoint.ts"
import * as FileLock from "./fileLock.ts"
import * as Opening from "./opening.ts"
import * as Outage from "./outage.ts"
import * as SqliteDriver from "./sqliteDriver.ts"
import * as Statements from "./statements.ts"

/**
 * Works with a client of its own and closes it afterwards. The lasting client must not be used, because a transaction would change its
 * settings.
 */
const briefly = <E>(client: Layer.Layer<SqlClient.SqlClient, E>, work: Effect.Effect<unknown, unknown, SqlClient.SqlClient>) =>
  Effect.asVoid(Effect.scoped(Effect.flatMap(Layer.build(client), (context) => Effect.provide(work, context))))

export interface Sqlite {
  readonly url: string
  readonly name: string
  readonly synchronous: "normal" | "full"
}

/** The path in the form of the driver. `file:a.db` is a file in the working folder. `file:///a.db` is a full path. */
const pathOf = (url: string): string => url.startsWith("file:/") ? Url.fileURLToPath(url) : url.slice("file:".length)

/**
 * Sets up one connection. SQLite itself waits `busyFor` milliseconds for another program's write. With a write-ahead log (WAL), readers do
 * not wait.
 */
const pragmas = ({ synchronous }: Pick<Sqlite, "synchronous">, busyFor: number) =>
  Effect.gen(function*() {
    const sql = yield* SqlClient.SqlClient
    yield* sql.unsafe(`PRAGMA busy_timeout = ${busyFor}`)
    yield* sql.unsafe("PRAGMA journal_mode = WAL")
    yield* sql.unsafe(`PRAGMA synchronous = ${synchronous}`)
    yield* sql.unsafe("PRAGMA temp_store = MEMORY")
  })

const noTransactions = Effect.dieMessage("a transaction over SQLite would take the connection with it; use one statement")

export const layer = (options: Sqlite): Layer.Layer<SqlClient.SqlClient, Opening.Sentence> => {
  const client = LibsqlClient.layer({ url: options.url })
  const prepared = Layer.scopedContext(
    Effect.gen(function*() {
      // The library's own connection builds the statements. Our connection runs them.
      const library = Context.get(yield* Layer.build(client), LibsqlClient.LibsqlClient)
      const path = pathOf(options.url)
      yield* FileLock.hold(path)
      // Another program, for example a backup, may read or write the file at the same time. Wait for it here, for two reasons: SQLite's own
      // waiting stops the whole process; and SQLite does not wait while a new file changes its journal mode.
      yield* Effect.retry(Effect.catchAllDefect(briefly(client, Effect.zipRight(pragmas(options, 10), Opening.migrate)), Effect.fail), {
        schedule: Schedule.spaced(Duration.millis(50)),
        times: 200,
        while: (error) => codeOf(error)?.startsWith("SQLITE_BUSY") === true
      })
      const driver = yield* Effect.acquireRelease(Effect.try(() => SqliteDriver.open(path)), ({ close }) => Effect.sync(close))
      const sql = Object.assign(Statements.direct(library, driver, Outage.make(`the database file ${options.name}`)), {
        withTransaction: () => noTransactions
      })
      const context = Context.make(SqlClient.SqlClient, sql)
      // `statements.ts` does the waiting, not SQLite.
      yield* Effect.provide(pragmas(options, 0), context)
      yield* Effect.provide(Checkpoint.keepUp(path), context)
      return context
    })
  )
  return Layer.scopedContext(Opening.explain(Layer.build(prepared), (code, error) => {
    if (isTaken(error)) return `the database file ${options.name} is in use: ${onlyOne}`
    const why = code === undefined ? undefined : fileReasons[code]
    return why === undefined
      ? `the database file ${options.name} cannot be used${
        code === undefined ? "" : ` (${code})`
      }: its folder must exist, and the program must be allowed to write there`
      : `the database file ${options.name} cannot be used: ${why}`
  }))
}

const isTaken = (error: unknown): boolean => error instanceof FileLock.LockFailure && error.code === "SQLITE_BUSY"

const onlyOne = "only one process at a time can use a SQLite file; for several processes, use PostgreSQL " +
  "(DATABASE_URL=postgres://…; a program of its own also needs @interline/cluster)"

const nodeOnly = "the SQLite driver does not run on this runtime; use Node, or PostgreSQL by a postgres: URL"

const noBuild =
  "the SQLite driver has no build for this machine, or optional packages were left out at install; use PostgreSQL by a postgres: URL there"

/** Reasons other than the folder and its permissions. */
const fileReasons: Readonly<Record<string, string>> = {
  // The driver's web build was loaded, and it cannot open files.
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

/** The file of a `file:` URL or a path. `None` if the text names no file. */
export const fileOf = (text: string): Option.Option<{ readonly url: string; readonly name: string }> => {
  if (text.includes(":memory:") || text.trim() === "") return Option.none()
  if (text.startsWith("file:")) return Option.some({ url: text, name: text.slice("file:".length) })
  if (/^[a-z][a-z0-9+.-]+:/i.test(text)) return Option.none()
  return Option.some({ url: Url.pathToFileURL(Path.resolve(text)).href, name: text })
}
