/** The database: a SQLite file of one process, or a PostgreSQL server that several processes share. */
import type * as SqlClient from "@effect/sql/SqlClient"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as OpenPostgres from "./openPostgres.ts"
import * as OpenSqlite from "./openSqlite.ts"

/**
 * The database cannot be used. The sentence says which and why, and holds no password.
 *
 * @category errors
 */
export class DatabaseError extends Schema.TaggedError<DatabaseError>("@interline/sql/DatabaseError")("DatabaseError", {
  sentence: Schema.String
}) {
  override get message(): string {
    return this.sentence
  }
}

/**
 * How the database is used.
 *
 * @category models
 */
export interface Options {
  /**
   * When SQLite waits for the disk. `normal` (default) loses nothing when the program dies, but may lose the latest writes when the machine loses
   * power. `full` waits at every write.
   */
  readonly synchronous?: "normal" | "full"
  /** How many connections to PostgreSQL a process holds at most (default: 10). */
  readonly connections?: number
}

/**
 * Whether a URL names a PostgreSQL database.
 *
 * @category getters
 */
export const isPostgres = (url: string): boolean => /^postgres(ql)?:/i.test(url)

/**
 * Opens the database and brings its tables up to date. Processes that start at once over PostgreSQL wait for each other. A SQLite file that
 * another process has is refused. `url` is a path, a `file:` URL, or
 * `postgres://user:password@host:port/name`, which may carry parameters of the `pg` client. A file that is not there is created, its folder is not.
 *
 * Stores over it use one statement per operation; over SQLite a transaction is a defect.
 *
 * @category layers
 */
export const layer = (url: string | Redacted.Redacted, options: Options = {}): Layer.Layer<SqlClient.SqlClient, DatabaseError> => {
  const text = typeof url === "string" ? url : Redacted.value(url)
  const opened = isPostgres(text)
    ? OpenPostgres.layer({ url: Redacted.make(text), connections: options.connections ?? 10 })
    : Option.match(OpenSqlite.fileOf(text), {
      onNone: () => Layer.fail("the database must be a file (a path, or file:…) or postgres://…"),
      onSome: (file) => OpenSqlite.layer({ ...file, synchronous: options.synchronous ?? "normal" })
    })
  return Layer.mapError(opened, (sentence) => new DatabaseError({ sentence }))
}
