/**
 * Keeps the database of a sandbox apart from the databases of vendors. Over a database of the other kind, a gateway would refuse people who
 * did not opt out, and send to people what was meant for phones that do not exist.
 */
import * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
import * as Fs from "node:fs"
import * as Database from "./database/Database.ts"
import * as DatabaseState from "./database/DatabaseState.ts"
import * as FileLock from "./database/fileLock.ts"
import * as Opening from "./database/opening.ts"

const refuse = (sentence: string): Effect.Effect<never, Database.DatabaseError> => Effect.fail(new Database.DatabaseError({ sentence }))

const isMarked = (sql: SqlClient.SqlClient) =>
  Effect.map(
    sql.onDialectOrElse({
      pg: () => sql`SELECT 1 AS marked WHERE obj_description(${Opening.table}::regclass, 'pg_class') = ${Opening.sandboxMark.postgres}`,
      orElse: () => sql`SELECT 1 AS marked FROM pragma_application_id WHERE application_id = ${Opening.sandboxMark.sqlite}`
    }),
    (rows) => rows.length > 0
  )

const mark = (sql: SqlClient.SqlClient) =>
  sql.onDialectOrElse({
    pg: () => sql.unsafe(`COMMENT ON TABLE ${Opening.table} IS '${Opening.sandboxMark.postgres}'`),
    orElse: () => sql.unsafe(`PRAGMA application_id = ${Opening.sandboxMark.sqlite}`)
  })

/** Whether somebody wrote, was written to, or opted out. */
const isUsed = (sql: SqlClient.SqlClient) =>
  Effect.map(
    sql`
      SELECT 1 AS used WHERE EXISTS (SELECT 1 FROM interline_deliveries) OR EXISTS (SELECT 1 FROM interline_messages)
      OR EXISTS (SELECT 1 FROM interline_suppression)`,
    (rows) => rows.length > 0
  )

/**
 * Takes a database for a sandbox, or for vendors. A sandbox marks an empty database as its own. It fails if a sandbox would get a database in
 * use that is not marked, or vendors one that is.
 *
 * @category constructors
 */
export const claim = (isSandbox: boolean): Effect.Effect<void, Database.DatabaseError, SqlClient.SqlClient> =>
  Effect.gen(function*() {
    const sql = yield* SqlClient.SqlClient
    const marked = yield* isMarked(sql)
    if (marked === isSandbox) return
    if (marked) {
      yield* refuse(
        "this database holds the messages and opt-outs of a sandbox, which belong to no real person; name another database for your vendors"
      )
    }
    if (yield* isUsed(sql)) {
      yield* refuse(
        "this database holds messages or opt-outs that are not of a sandbox, and a sandbox would mix its own with them; name another database for the sandbox"
      )
    }
    yield* mark(sql)
  }).pipe(
    Effect.catchTag("SqlError", () => refuse("whether this database is that of a sandbox could not be found out"))
  )

const cannotRemove = (name: string) => () =>
  new Database.DatabaseError({
    sentence: `the file ${name} of the sandbox cannot be removed; stop the program that uses it, and see that its folder can be written to`
  })

/**
 * Removes the file of a sandbox's database, so that the next start makes it anew. It fails if a program uses the file, if the database is not
 * marked as that of a sandbox, and over PostgreSQL. Without a file there is nothing to do.
 *
 * @category constructors
 */
export const remove = (url: Redacted.Redacted<string>): Effect.Effect<void, Database.DatabaseError> =>
  Effect.gen(function*() {
    const { file, name, sandbox, state } = yield* DatabaseState.inspect(url)
    if (Option.isNone(file)) return yield* refuse(`only a file can be begun anew, and ${name} is none; empty it yourself`)
    if (state === "absent") return
    if (Option.isNone(sandbox)) return yield* refuse(`the file ${name} is not that of a sandbox, so that it is not removed`)
    const path = file.value
    yield* Effect.mapError(FileLock.hold(path), cannotRemove(name))
    yield* Effect.try({
      try: () => ["", "-wal", "-shm"].forEach((ending) => Fs.rmSync(`${path}${ending}`, { force: true })),
      catch: cannotRemove(name)
    })
  }).pipe(Effect.scoped)
