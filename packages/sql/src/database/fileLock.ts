/**
 * Keeps a SQLite file for one process. The lock is on a second file beside the first one, so that backups and other readers of the first one
 * are not locked out. The operating system frees the lock when its process ends, also when it is killed.
 */
import { codeOf } from "@interline/router/DatabaseFault"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import Database from "libsql"
import * as Fs from "node:fs"
import * as Path from "node:path"

/** The lock cannot be taken. `SQLITE_BUSY`: it is taken already, in another process or in this one. */
export class LockFailure extends Data.TaggedError("LockFailure")<{ readonly code: string }> {}

/**
 * How often and how many times a lock that is taken is tried again: for one second. A process that was just killed may still have it, and a
 * program that opens the file anew may not have closed it yet.
 */
const again = Schedule.intersect(Schedule.spaced("50 millis"), Schedule.recurs(20))

/** The depth of a chain of links at which it is taken for a circle. */
const deepest = 40

const attempt = (call: () => string): string | undefined => Either.getOrUndefined(Either.try(call))

/** The one path of a file that may be named by links. The file need not be there yet, nor the end of a link. */
const resolvePath = (path: string, depth = 0): string => {
  const real = attempt(() => Fs.realpathSync.native(path))
  if (real !== undefined) return real
  const link = depth < deepest ? attempt(() => Fs.readlinkSync(path)) : undefined
  const folder = Path.dirname(path)
  return link === undefined
    ? Path.join(attempt(() => Fs.realpathSync.native(folder)) ?? folder, Path.basename(path))
    : resolvePath(Path.resolve(folder, link), depth + 1)
}

const run = <A>(call: () => A): Effect.Effect<A, LockFailure> =>
  Effect.try({ try: call, catch: (cause) => new LockFailure({ code: codeOf(cause) ?? "unknown" }) })

/**
 * Takes the file for this process as long as the scope is open. It does so by a transaction that begins and does not end: it holds SQLite's
 * lock and writes nothing. The second file stays, because somebody else may open it at the moment of its removal.
 */
export const hold = (path: string): Effect.Effect<void, LockFailure, Scope.Scope> =>
  Effect.gen(function*() {
    const file = `${resolvePath(path)}-lock`
    const connection = yield* Effect.acquireRelease(run(() => new Database(file)), (connection) => Effect.sync(() => connection.close()))
    // Without a journal in a file, nothing is left of the transaction when the process is killed.
    yield* run(() => connection.exec("PRAGMA busy_timeout = 0"))
    yield* run(() => connection.exec("PRAGMA journal_mode = MEMORY"))
    yield* Effect.retry(run(() => connection.exec("BEGIN EXCLUSIVE")), { schedule: again, while: ({ code }) => code === "SQLITE_BUSY" })
  })
