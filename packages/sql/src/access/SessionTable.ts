/** The table `interline_sessions`: the sessions of browsers, without their tokens. */
import * as SqlClient from "@effect/sql/SqlClient"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Store from "../database/Store.ts"

/**
 * A session. `digest` is the SHA-256 of its token. `keyName` and `keyProof` name the key that it was made from. From `endsAt` on it is refused.
 * Times are in epoch milliseconds.
 *
 * @category models
 */
export interface StoredSession {
  readonly digest: string
  readonly keyName: string
  readonly keyProof: string
  readonly createdAt: number
  readonly endsAt: number
}

/**
 * The sessions in the database.
 *
 * @category models
 */
export interface SessionTableService {
  /** Adds a session. */
  readonly insert: (session: StoredSession) => Effect.Effect<void>
  /** The session with this digest. Its time may be over. */
  readonly find: (digest: string) => Effect.Effect<Option.Option<StoredSession>>
  /** Removes a session for good, for every process at once. `false`: there is none. */
  readonly remove: (digest: string) => Effect.Effect<boolean>
}

/**
 * The tag of the sessions in the database.
 *
 * @category services
 */
export class SessionTable extends Context.Tag("@interline/sql/SessionTable")<SessionTable, SessionTableService>() {}

interface Row {
  readonly digest: string
  readonly key_name: string
  readonly key_proof: string
  readonly created_at: number
  readonly ends_at: number
}

const fromRow = ({ created_at, digest, ends_at, key_name, key_proof }: Row): StoredSession => ({
  digest,
  keyName: key_name,
  keyProof: key_proof,
  createdAt: created_at,
  endsAt: ends_at
})

/**
 * The sessions over tables that `Database.layer` made. Sessions that are over are removed in the background.
 *
 * @category constructors
 */
export const make: Effect.Effect<SessionTableService, never, SqlClient.SqlClient | Scope.Scope> = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient

  yield* Store.forgetOldRows("sessions", [
    (sql, now) =>
      sql`DELETE FROM interline_sessions WHERE digest IN
        (SELECT digest FROM interline_sessions WHERE ends_at <= ${now} ORDER BY ends_at LIMIT ${Store.batch}) RETURNING digest`
  ])

  return {
    insert: ({ createdAt, digest, endsAt, keyName, keyProof }) =>
      Store.runStatement(
        "Sessions.insert",
        Effect.asVoid(
          sql`INSERT INTO interline_sessions ${
            sql.insert({ digest, key_name: keyName, key_proof: keyProof, created_at: createdAt, ends_at: endsAt })
          }`
        )
      ),
    find: (digest) =>
      Store.runStatement(
        "Sessions.find",
        Effect.map(
          sql<Row>`SELECT * FROM interline_sessions WHERE digest = ${digest}`,
          ([row]) => Option.map(Option.fromNullable(row), fromRow)
        )
      ),
    remove: (digest) =>
      Store.runStatement(
        "Sessions.remove",
        Effect.map(sql`DELETE FROM interline_sessions WHERE digest = ${digest} RETURNING digest`, (removed) => removed.length > 0)
      )
  }
})

/**
 * The sessions in the database, as a layer.
 *
 * @category layers
 */
export const layer: Layer.Layer<SessionTable, never, SqlClient.SqlClient> = Layer.scoped(SessionTable, make)
