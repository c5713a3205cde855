/** Requests that happen once, in SQL. */
import * as SqlClient from "@effect/sql/SqlClient"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { Begin, Begun, Reply, RequestLogService } from "../RequestLog.ts"
import * as Store from "./store.ts"

interface Row {
  readonly scope: string
  readonly fingerprint: string
  readonly reply: string | null
}

const makeWith = (sql: SqlClient.SqlClient, reply: Schema.Schema<Reply>): RequestLogService => {
  const stored = Schema.parseJson(reply)
  const encode = Schema.encode(stored)
  const decode = Schema.decode(stored)

  /**
   * The id is the caller's if it is new, if its record has had its time, or if whoever had it let the lease go by without an
   * answer. `turn` counts who had it.
   */
  const take = ({ at, expiresAt, fingerprint, id, leaseUntil, scope }: Begin) =>
    sql<{ readonly turn: number }>`INSERT INTO interline_requests AS mine (id, scope, fingerprint, at, lease_until, expires_at, turn)
      VALUES (${Store.indexed(id)}, ${scope}, ${fingerprint}, ${at}, ${leaseUntil}, ${expiresAt}, 1)
      ON CONFLICT (id) DO UPDATE SET
        scope = excluded.scope,
        fingerprint = excluded.fingerprint,
        at = CASE WHEN mine.expires_at <= excluded.at THEN excluded.at ELSE mine.at END,
        lease_until = excluded.lease_until,
        expires_at = excluded.expires_at,
        turn = CASE WHEN mine.expires_at <= excluded.at THEN 1 ELSE mine.turn + 1 END,
        reply = NULL
      WHERE mine.expires_at <= excluded.at
        OR (mine.reply IS NULL AND mine.lease_until <= excluded.at AND mine.scope = excluded.scope AND mine.fingerprint = excluded.fingerprint)
      RETURNING turn`

  const begin = (request: Begin): Effect.Effect<Begun> =>
    Effect.flatMap(Store.run("RequestLog.begin", take(request)), ([taken]) =>
      taken !== undefined ? Effect.succeed<Begun>({ _tag: Number(taken.turn) === 1 ? "Fresh" : "Abandoned" }) : other(request))

  /** Whose it is. It may have been given up since: then it is asked for again. */
  const other = (request: Begin): Effect.Effect<Begun> =>
    Effect.flatMap(
      Store.run(
        "RequestLog.begin",
        Effect.flatMap(
          sql<Row>`SELECT scope, fingerprint, reply FROM interline_requests WHERE id = ${Store.indexed(request.id)}`,
          ([row]): Effect.Effect<Begun | undefined, unknown> =>
            row === undefined
              ? Effect.succeed(undefined)
              : row.scope !== request.scope || row.fingerprint !== request.fingerprint
              ? Effect.succeed({ _tag: "Conflict" })
              : row.reply === null
              ? Effect.succeed({ _tag: "InProgress" })
              : Effect.map(decode(row.reply), (reply) => ({ _tag: "Done", reply }))
        )
      ),
      (begun) => begun === undefined ? begin(request) : Effect.succeed(begun)
    )

  return {
    begin,
    // an answer that was given stays, also against one that comes after its lease
    finish: (id, reply) =>
      Effect.asVoid(Store.run(
        "RequestLog.finish",
        Effect.flatMap(encode(reply), (text) => sql`UPDATE interline_requests SET reply = ${text} WHERE id = ${Store.indexed(id)} AND reply IS NULL`)
      )),
    forget: (id) =>
      Effect.asVoid(Store.run("RequestLog.forget", sql`DELETE FROM interline_requests WHERE id = ${Store.indexed(id)} AND reply IS NULL`)),
    abandon: (id) =>
      Effect.asVoid(Store.run(
        "RequestLog.abandon",
        sql`UPDATE interline_requests SET lease_until = 0 WHERE id = ${Store.indexed(id)} AND reply IS NULL`
      )),
    latest: (scope, fingerprint, since) =>
      Effect.map(
        Store.run(
          "RequestLog.latest",
          sql<{ readonly id: string }>`SELECT id FROM interline_requests WHERE scope = ${scope} AND fingerprint = ${fingerprint} AND at > ${since}
            ORDER BY at DESC, id DESC LIMIT 1`
        ),
        ([row]) => Option.map(Option.fromNullable(row), ({ id }) => id)
      )
  }
}

export const make = (reply: Schema.Schema<Reply>) => Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  yield* Store.forgetting("requests", [
    // once more outside: the row may have been taken again since it was found
    (sql, now) =>
      sql`DELETE FROM interline_requests
        WHERE id IN (SELECT id FROM interline_requests WHERE expires_at <= ${now} LIMIT ${Store.batch}) AND expires_at <= ${now}
        RETURNING 1 AS gone`
  ])
  return makeWith(sql, reply)
})
