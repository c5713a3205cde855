/** Whether two connections lead to one database: a lock that is taken over one of them must be seen over the other. */
import type * as SqlClient from "@effect/sql/SqlClient"
import type * as SqlError from "@effect/sql/SqlError"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Crypto from "node:crypto"

/** A key that nobody else uses: a random one, above those of the engine. */
const anyKey = Effect.sync(() => Crypto.randomInt(2 ** 40, 2 ** 48 - 1))

/**
 * Takes a lock over `locks` and asks over `ledger` for the same one. It is refused only in the same database of the same server: a standby keeps locks
 * of its own, and another user, host name or schema makes no difference. The lock is held by a transaction, so that a pooler keeps one connection for it.
 */
export const isSame = (locks: SqlClient.SqlClient, ledger: SqlClient.SqlClient): Effect.Effect<boolean, SqlError.SqlError, Scope.Scope> =>
  Effect.gen(function*() {
    const key = yield* anyKey
    const connection = yield* locks.reserve
    yield* Effect.acquireRelease(
      connection.executeRaw("BEGIN", []),
      () => Effect.ignore(connection.executeRaw("ROLLBACK", []))
    )
    yield* connection.executeRaw(`SELECT pg_advisory_xact_lock(${key})`, [])
    const [row] = yield* ledger<{ readonly taken: number }>`SELECT pg_try_advisory_xact_lock(${key}::bigint)::integer AS taken`
    return row?.taken === 0
  })
