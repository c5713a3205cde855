/** The shared part of the SQL stores: their failures, their index keys, and the removal of old rows. */
import * as SqlClient from "@effect/sql/SqlClient"
import type * as SqlError from "@effect/sql/SqlError"
import type * as Statement from "@effect/sql/Statement"
import * as Defect from "@interline/core/Defect"
import { isBroken } from "@interline/core/VendorId"
import * as DatabaseFault from "@interline/router/DatabaseFault"
import { Ownership } from "@interline/router/Ownership"
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Data from "effect/Data"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import * as Crypto from "node:crypto"
import * as Timers from "node:timers"

/**
 * An operation of a store failed. The message of the database may repeat the data, so only its code is kept: SQLSTATE, SQLite's word, or
 * `unreadable` for a row that cannot be decoded.
 *
 * @category errors
 */
export class StoreFailure extends Data.TaggedError("StoreFailure")<{ readonly operation: string; readonly code: string }> {
  override get message(): string {
    return `the database did not do ${this.operation} (${this.code})`
  }

  /** Logs leave out messages, because a driver's message may quote data. The name says which operation failed. */
  override get name(): string {
    return `StoreFailure ${this.operation} ${this.code}`
  }
}

const isSqlError = Predicate.isTagged("SqlError")

const failureOf = (operation: string, error: unknown): StoreFailure => {
  const failure = new StoreFailure({ operation, code: DatabaseFault.codeOf(error) ?? (isSqlError(error) ? "unknown" : "unreadable") })
  if (Defect.isSaid(error)) Defect.noteSaid(failure)
  return failure
}

/**
 * Runs an operation of a store. A failure becomes a defect (`StoreFailure`) without any content. The operation is not interrupted, because
 * a cancelled statement may still have happened. It has no span, because the operation that calls it has one.
 *
 * @category combinators
 */
export const runStatement = <A, E, R>(operation: string, effect: Effect.Effect<A, E, R>): Effect.Effect<A, never, R> =>
  Effect.uninterruptible(Effect.catchAll(effect, (error) => Effect.die(failureOf(operation, error))))

/**
 * Writes a record that is needed only if the caller asks again. If the write fails, gives `otherwise`, so that the caller still gets its
 * answer.
 *
 * @category combinators
 */
export const writeOr = <A>(what: string, write: Effect.Effect<A>, otherwise: A): Effect.Effect<A> =>
  Effect.catchAllDefect(
    write,
    (defect) =>
      Effect.as(
        Defect.logUnlessSaid(defect, Effect.logError(`${what} could not be written down`, { defect: Defect.nameOf(defect) })),
        otherwise
      )
  )

/**
 * The same, but after a failure `otherwise` runs. A record without an end counts as given up when its lease is over, and the ledger joins a
 * send that is repeated.
 *
 * @category combinators
 */
export const writeOrAbandon = (
  what: string,
  write: Effect.Effect<void>,
  otherwise: Effect.Effect<void> = Effect.void
): Effect.Effect<void> =>
  Effect.flatMap(
    writeOr(what, Effect.as(write, true), false),
    (isWritten) => isWritten ? Effect.void : Effect.catchAllDefect(otherwise, () => Effect.void)
  )

const digest = (text: string): string => Crypto.createHash("sha256").update(text, "utf16le").digest("hex")

/**
 * Makes a text into a key of a row. The key is the text itself. It is a digest if the text is too long for an index of PostgreSQL, or has
 * characters that PostgreSQL cannot store.
 *
 * @category combinators
 */
export const toIndexable = (text: string): string => text.length > 512 || isBroken(text) ? `sha256:${digest(text)}` : text

/**
 * Lets other work of the process run: ends after the event loop has had a turn.
 *
 * @category constants
 */
export const turn: Effect.Effect<void> = Effect.async<void>((resume) => {
  const immediate = Timers.setImmediate(() => resume(Effect.void))
  return Effect.sync(() => Timers.clearImmediate(immediate))
})

/**
 * Makes a UUID (version 8) from a text. It is the same in every process.
 *
 * @category constructors
 */
export const deriveId = (name: string): string => {
  const hex = digest(`interline/${name}`)
  const variant = ((Number.parseInt(hex.slice(16, 17), 16) & 0b0011) | 0b1000).toString(16)
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}

/**
 * The time of the database, in epoch milliseconds. The clocks of processes may differ, but a lease must end for all of them at once. In
 * PostgreSQL it is the time at which the statement began.
 *
 * @category constructors
 */
export const now = (sql: SqlClient.SqlClient): Statement.Fragment =>
  sql.onDialectOrElse({
    pg: () => sql.literal("CAST(extract(epoch FROM now()) * 1000 AS BIGINT)"),
    orElse: () => sql.literal("CAST(unixepoch('subsec') * 1000 AS INTEGER)")
  })

/**
 * The time of the database after this many milliseconds.
 *
 * @category constructors
 */
export const until = (sql: SqlClient.SqlClient) => {
  const at = now(sql)
  return (millis: number): Statement.Fragment => sql`${at} + ${sql.literal(String(Math.round(millis)))}`
}

/**
 * The largest number of rows that one statement of `forgetOldRows` removes, so that it does not delay other statements for long.
 *
 * @category constants
 */
export const batch = 200

/**
 * Deletes one batch of old rows. The result is the deleted rows.
 *
 * @category models
 */
export type Forget = (sql: SqlClient.SqlClient, now: number) => Effect.Effect<ReadonlyArray<unknown>, SqlError.SqlError>

/**
 * Removes old rows in the background, every minute, in small batches, in one of all processes. Each statement returns the rows that it removed. After a full batch
 * it runs again. If the database cannot be reached, the next try is a minute later.
 *
 * @category combinators
 */
export const forgetOldRows = (
  store: string,
  statements: ReadonlyArray<Forget>
): Effect.Effect<void, never, SqlClient.SqlClient | Scope.Scope> =>
  Effect.gen(function*() {
    const sql = yield* SqlClient.SqlClient
    const once = (forget: Forget): Effect.Effect<void, SqlError.SqlError> =>
      Effect.flatMap(Effect.flatMap(Clock.currentTimeMillis, (now) => forget(sql, now)), (gone) =>
        gone.length < batch ? Effect.void : Effect.zipRight(Effect.sleep(Duration.millis(100)), once(forget)))
    const all = Effect.forEach(statements, once, { discard: true }).pipe(
      Effect.withTracerEnabled(false),
      Effect.catchAllCause((cause) =>
        Defect.logUnlessSaid(
          cause,
          Effect.logWarning("old rows were not removed", { store, code: DatabaseFault.codeOf(Cause.squash(cause)) ?? "unknown" })
        )
      )
    )
    const { runInOne } = yield* Ownership
    yield* runInOne(
      `old rows of ${store} are removed`,
      Effect.zipRight(Effect.schedule(all, Schedule.spaced(Duration.minutes(1))), Effect.never)
    )
  })
