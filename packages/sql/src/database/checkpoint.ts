/**
 * Moves SQLite's write-ahead log into the file from time to time. That waits for the disk. If the writing connection did it, every request
 * would wait too. So a separate connection does it, on the driver's threads.
 */
import * as SqlClient from "@effect/sql/SqlClient"
import { codeOf } from "@interline/router/DatabaseFault"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import Database from "libsql/promise"

/**
 * In pages of 4 KiB. When the log has this many pages, it starts again from its beginning, and writers wait for a moment. Without that, the
 * log grows as long as there are writes all the time.
 */
const restartFrom = 16_000

/** In pages. At this size the writing connection moves the log, if this module has not done so. */
const backstop = 4 * restartFrom

const pause = "1 second"

// In milliseconds. Other connections release the lock soon.
const patience = 1_000

/** The answer of a checkpoint: the length of the log, in pages. */
interface Moved {
  readonly log: number
}

/** A prepared statement. The driver has no types for it. */
interface Statement {
  readonly all: () => PromiseLike<ReadonlyArray<Moved>>
}

class CheckpointFailure extends Data.TaggedError("CheckpointFailure")<{ readonly code: string }> {}

// A running call cannot be cancelled, and the connection must not be closed during it.
const asked = <A>(call: () => PromiseLike<A>): Effect.Effect<A, CheckpointFailure> =>
  Effect.uninterruptible(Effect.tryPromise({ try: call, catch: (cause) => new CheckpointFailure({ code: codeOf(cause) ?? "unknown" }) }))

const connected = (path: string) =>
  Effect.acquireRelease(
    Effect.tap(Effect.sync(() => new Database(path, {})), (database) => asked(() => database.exec(`PRAGMA busy_timeout = ${patience}`))),
    (database) => Effect.sync(() => database.close())
  )

/** Moves the log of the file behind `sql` as long as the scope is open. */
export const keepUp = (path: string): Effect.Effect<void, CheckpointFailure, SqlClient.SqlClient | Scope.Scope> =>
  Effect.gen(function*() {
    const sql = yield* SqlClient.SqlClient
    const database = yield* connected(path)
    const prepared = (mode: "PASSIVE" | "RESTART") => asked<Statement>(() => database.prepare(`PRAGMA wal_checkpoint(${mode})`))
    const [passive, restart] = [yield* prepared("PASSIVE"), yield* prepared("RESTART")]
    const move = (statement: Statement) => asked(() => statement.all())
    // Most of the log is moved while others write. So they wait only for the rest.
    const round = Effect.flatMap(move(passive), ([moved]) =>
      moved === undefined || moved.log < restartFrom ? Effect.void : Effect.zipRight(move(passive), move(restart)))
    const once = Effect.catchAll(round, ({ code }) =>
      Effect.zipRight(Effect.logWarning("the database's log was not moved", { code }), Effect.sleep("10 seconds")))
    yield* Effect.orDie(sql.unsafe(`PRAGMA wal_autocheckpoint = ${backstop}`))
    yield* Effect.forkScoped(Effect.withTracerEnabled(Effect.repeat(once, Schedule.spaced(pause)), false))
  })
