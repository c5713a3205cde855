/**
 * Moves SQLite's log of writes into the file now and then. That waits for the disk. If the connection that writes did it, every request would
 * wait too. So a connection of its own does it, on the driver's threads.
 */
import * as SqlClient from "@effect/sql/SqlClient"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import Database from "libsql/promise"
import { codeOf } from "./Store.ts"

/**
 * From how many pages (of 4 KiB) on the log begins anew, for which writers wait a moment. Moving alone lets the log grow while there are writes
 * all the time.
 */
const restartFrom = 16_000

/** From how many pages on the writing connection moves the log, if this module has not done it. */
const backstop = 4 * restartFrom

const pause = "1 second"

// milliseconds; other connections give the lock back soon
const patience = 1_000

/** What a checkpoint answers: how long the log is, in pages. */
interface Moved {
  readonly log: number
}

/** A prepared statement; the driver has no types for it. */
interface Statement {
  readonly all: () => PromiseLike<ReadonlyArray<Moved>>
}

class CheckpointFailure extends Data.TaggedError("CheckpointFailure")<{ readonly code: string }> {}

// a call that has begun cannot be cancelled, and the connection must not be closed meanwhile
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
    // most is moved while others write, so that they wait only for the rest
    const round = Effect.flatMap(move(passive), ([moved]) =>
      moved === undefined || moved.log < restartFrom ? Effect.void : Effect.zipRight(move(passive), move(restart)))
    const once = Effect.catchAll(round, ({ code }) =>
      Effect.zipRight(Effect.logWarning("the database's log was not moved", { code }), Effect.sleep("10 seconds")))
    yield* Effect.orDie(sql.unsafe(`PRAGMA wal_autocheckpoint = ${backstop}`))
    yield* Effect.forkScoped(Effect.withTracerEnabled(Effect.repeat(once, Schedule.spaced(pause)), false))
  })
