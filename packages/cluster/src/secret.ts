/** The secret that the processes of a cluster share. It is in the database, so that nothing has to be configured. */
import * as SqlClient from "@effect/sql/SqlClient"
import type * as SqlError from "@effect/sql/SqlError"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Crypto from "node:crypto"

/** Reads the secret. The first process makes it. */
export const read: Effect.Effect<Redacted.Redacted, SqlError.SqlError, SqlClient.SqlClient> = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const fresh = Crypto.randomBytes(32).toString("base64url")
  yield* sql`CREATE TABLE IF NOT EXISTS interline_cluster_secret (one INTEGER PRIMARY KEY CHECK (one = 1), secret TEXT NOT NULL)`
  yield* sql`INSERT INTO interline_cluster_secret (one, secret) VALUES (1, ${fresh}) ON CONFLICT (one) DO NOTHING`
  const [row] = yield* sql<{ readonly secret: string }>`SELECT secret FROM interline_cluster_secret WHERE one = 1`
  return Redacted.make(row?.secret ?? fresh)
})

const logEvery = Duration.toMillis("1 minute")

/** Logs a call that does not have the secret: the first one, and after that one line a minute with how many were not logged. */
export const makeRefusal: Effect.Effect<Effect.Effect<void>> = Effect.sync(() => {
  let loggedAt: number | undefined
  let unsaid = 0
  return Effect.flatMap(Clock.currentTimeMillis, (now) => {
    if (loggedAt !== undefined && Math.abs(now - loggedAt) < logEvery) {
      unsaid++
      return Effect.void
    }
    const more = unsaid
    loggedAt = now
    unsaid = 0
    return Effect.annotateLogs(
      Effect.logWarning(
        "a call was refused, because it does not have the secret of this cluster; if it came from a process of yours, give all processes the same database and restart that process, "
          + "else let nobody else reach INTERLINE_RUNNER_PORT"
      ),
      more === 0 ? {} : { unsaid: more }
    )
  })
})
