/**
 * Requests that must happen once: what was asked under which id, and what was answered, so that asking again gives the same
 * answer, also from another process.
 */
import * as SqlClient from "@effect/sql/SqlClient"
import type * as Statement from "@effect/sql/Statement"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Store from "../database/Store.ts"

/**
 * An answer as it was given.
 *
 * @category models
 */
export const Reply = Schema.Struct({
  status: Schema.Int,
  headers: Schema.Record({ key: Schema.String, value: Schema.String }),
  body: Schema.String
})

/** @category models */
export interface Reply extends Schema.Schema.Type<typeof Reply> {}

/**
 * A request that is to be begun. Times are in epoch milliseconds.
 *
 * @category models
 */
export interface Begin {
  readonly id: string
  /** A hash: whose request it is, and of what kind. */
  readonly scope: string
  /** A hash: what the request means. */
  readonly fingerprint: string
  /** The fingerprint that an earlier version kept, where it differs. A request that was begun by that version is found under it. */
  readonly spelling?: string
  readonly at: number
  /** For how many milliseconds from now on the caller has the request, by the clock of the database. It lasts longer if it is renewed. */
  readonly lease: number
  /** Until when the record is kept. */
  readonly expiresAt: number
}

/**
 * A request that is marked as the `retry`-th retry of its client. It gets `id` if it is begun anew.
 *
 * @category models
 */
export interface Retry extends Begin {
  readonly retry: number
}

/**
 * What became of a request that was to be begun. `Fresh`: the caller has it. `InProgress`: another caller has it. `Abandoned`: another caller had it, and
 * did not end it in time; the caller has it now, and part of it may have happened. `Done`: the answer. `Conflict`: the id belongs to another
 * request; its answer, if it has one.
 *
 * @category models
 */
export type Begun =
  | { readonly _tag: "Fresh" }
  | { readonly _tag: "InProgress" }
  | { readonly _tag: "Abandoned" }
  | { readonly _tag: "Done"; readonly reply: Reply }
  | { readonly _tag: "Conflict"; readonly reply?: Reply }

/**
 * Which request a retry repeats. `Fresh`: none that is kept; the retry is begun under its own id. `Anew`: one that did nothing; the retry took its place,
 * under the retry's own id. `Joined`: the request with this id.
 *
 * @category models
 */
export type Repeated =
  | { readonly _tag: "Fresh" }
  | { readonly _tag: "Anew" }
  | { readonly _tag: "Joined"; readonly id: string }

/**
 * Requests by their ids. Every operation is atomic, also among processes.
 *
 * @category models
 */
export interface RequestLogService {
  /** Begins a request. Of any number of equal ones, one is `Fresh`. */
  readonly begin: (request: Begin) => Effect.Effect<Begun>
  /** `begin` for a request that must exist. `None`: it does not. */
  readonly resume: (request: Begin) => Effect.Effect<Option.Option<Begun>>
  /**
   * Begins a first try. Its own retry may have overtaken it: then it joins that retry, once for each. A retry comes before its first try by ten
   * minutes at most, counted from the last retry that asked for it. Otherwise the first try is begun under its own id. Of a first try and a
   * retry that come at the same moment, one sees the other.
   */
  readonly beginFirst: (request: Begin) => Effect.Effect<Repeated>
  /**
   * Finds the request that a retry repeats, and claims it for this retry, so that another client's retry of an equal request finds another
   * one. Equal requests come in this order: those that no retry of this count has claimed; then those that did something, or whose client is
   * expected back. Within the last ten minutes: those that the retry before this one claimed; then those whose client went away without an
   * answer. Then those whose client was told to come back; then the newest. If all are claimed, the newest that did something is joined.
   */
  readonly repeat: (retry: Retry) => Effect.Effect<Repeated>
  /** Takes the place of a request that did nothing. `false`: another retry was faster. */
  readonly replace: (id: string, retry: Retry) => Effect.Effect<boolean>
  /** Says that a request's client went away without an answer. */
  readonly markUnanswered: (id: string) => Effect.Effect<void>
  /**
   * Keeps the answer, unless there is one already. With `expectedUntil` the request did nothing, and its client was told to come back before
   * that time (0: the client was not told so).
   */
  readonly finish: (id: string, reply: Reply, expectedUntil?: number) => Effect.Effect<void>
  /** Puts one answer in the place of another, unless the answer there is a third one. */
  readonly amend: (id: string, from: Reply, to: Reply) => Effect.Effect<void>
  /** Gives an id up, because nothing happened under it. */
  readonly forget: (id: string) => Effect.Effect<void>
  /** Ends the lease without an answer. */
  readonly abandon: (id: string) => Effect.Effect<void>
  /** Makes leases last `lease` milliseconds from now on. */
  readonly renew: (ids: ReadonlyArray<string>, lease: number) => Effect.Effect<void>
}

/**
 * The tag of the log of requests and their replies.
 *
 * @category services
 */
export class RequestLog extends Context.Tag("@interline/sql/RequestLog")<RequestLog, RequestLogService>() {}

const stored = Schema.parseJson(Reply)
const encode = Schema.encode(stored)
const decode = Schema.decode(stored)

interface Row {
  readonly scope: string
  readonly fingerprint: string
  readonly reply: string | null
}

interface Candidate {
  readonly id: string
  readonly retried: number
  readonly expected_until: number | null
}

/** For how many milliseconds an earlier retry, or a client that went away, hints at which client asks again. */
const recent = 600_000

/** For how many milliseconds after its last retry a first try may still come, and is recognised. */
const overtaken = 600_000

const spellingsOf = ({ fingerprint, spelling = fingerprint }: Begin): readonly [string, string] => [fingerprint, spelling]

const isOther = ({ fingerprint, scope }: Row, request: Begin): boolean =>
  scope !== request.scope || !spellingsOf(request).includes(fingerprint)

/** Requests that say nothing of being a retry. */
const makeBegin = (sql: SqlClient.SqlClient): Pick<RequestLogService, "begin" | "resume"> => {
  const now = Store.now(sql)

  /** Until when, given how long from now on. */
  const until = Store.until(sql)

  /**
   * The caller gets the id if it is new, if its record has expired, or if its lease ended without an answer. `turn` counts the callers that had it.
   */
  const take = ({ at, expiresAt, fingerprint, id, lease, scope, spelling = fingerprint }: Begin) =>
    sql<
      { readonly turn: number }
    >`INSERT INTO interline_requests AS mine (id, scope, fingerprint, at, lease_until, expires_at, turn)
      VALUES (${Store.toIndexable(id)}, ${scope}, ${fingerprint}, ${at}, ${until(lease)}, ${expiresAt}, 1)
      ON CONFLICT (id) DO UPDATE SET
        scope = excluded.scope,
        fingerprint = excluded.fingerprint,
        at = CASE WHEN mine.expires_at <= excluded.at THEN excluded.at ELSE mine.at END,
        lease_until = excluded.lease_until,
        expires_at = excluded.expires_at,
        turn = CASE WHEN mine.expires_at <= excluded.at THEN 1 ELSE mine.turn + 1 END,
        retried = 0,
        unheard = 0,
        expected_until = NULL,
        awaited_until = NULL,
        reply = NULL
      WHERE mine.expires_at <= excluded.at
        OR (mine.reply IS NULL AND mine.lease_until <= ${now} AND mine.scope = excluded.scope AND mine.fingerprint IN (excluded.fingerprint, ${spelling}))
      RETURNING turn`

  const begin = (request: Begin): Effect.Effect<Begun> =>
    Effect.flatMap(
      Store.runStatement("RequestLog.begin", take(request)),
      ([taken]) =>
        taken !== undefined ? Effect.succeed<Begun>({ _tag: Number(taken.turn) === 1 ? "Fresh" : "Abandoned" }) : findOrBegin(request)
    )

  /** What became of a request that another caller has; `undefined` if it was given up since. */
  const readBegun = (request: Begin): Effect.Effect<Begun | undefined> =>
    Store.runStatement(
      "RequestLog.begin",
      Effect.flatMap(
        sql<Row>`SELECT scope, fingerprint, reply FROM interline_requests WHERE id = ${Store.toIndexable(request.id)}`,
        ([row]): Effect.Effect<Begun | undefined, unknown> =>
          row === undefined
            ? Effect.succeed(undefined)
            : isOther(row, request)
            ? row.reply === null
              ? Effect.succeed({ _tag: "Conflict" })
              : Effect.map(decode(row.reply), (reply) => ({ _tag: "Conflict", reply }))
            : row.reply === null
            ? Effect.succeed({ _tag: "InProgress" })
            : Effect.map(decode(row.reply), (reply) => ({ _tag: "Done", reply }))
      )
    )

  /** As `readBegun`. If the request was given up since, it is begun again. */
  const findOrBegin = (request: Begin): Effect.Effect<Begun> =>
    Effect.flatMap(readBegun(request), (begun) => begun === undefined ? begin(request) : Effect.succeed(begun))

  const resume: RequestLogService["resume"] = (request) =>
    Effect.flatMap(
      Store.runStatement(
        "RequestLog.resume",
        sql`UPDATE interline_requests SET lease_until = ${until(request.lease)}, expires_at = ${request.expiresAt}, turn = turn + 1
          WHERE id = ${Store.toIndexable(request.id)} AND reply IS NULL AND lease_until <= ${now} RETURNING turn`
      ),
      ([taken]) =>
        taken !== undefined ? Effect.succeedSome<Begun>({ _tag: "Abandoned" }) : Effect.map(readBegun(request), Option.fromNullable)
    )

  return { begin, resume }
}

/** First tries and retries, which find each other by what they mean. */
const makeRetries = (sql: SqlClient.SqlClient): Pick<RequestLogService, "beginFirst" | "repeat" | "replace"> => {
  const until = Store.until(sql)

  /** Holds for equal requests that only retries have asked for. */
  const isAwaited = ({ at, fingerprint, scope }: Begin) => sql`scope = ${scope} AND fingerprint = ${fingerprint} AND awaited_until > ${at}`

  const isAlike = (request: Begin) => {
    const [fingerprint, spelling] = spellingsOf(request)
    return sql`scope = ${request.scope} AND fingerprint IN (${fingerprint}, ${spelling}) AND expires_at > ${request.at}`
  }

  /** Writes a request down under a new id, unless there is one like that. */
  const insertUnless = (
    like: Statement.Fragment,
    { at, expiresAt, fingerprint, id, lease, scope }: Begin,
    retried: number,
    awaitedUntil: number | null
  ) =>
    sql<{ readonly begun: number }>`INSERT INTO interline_requests
        (id, scope, fingerprint, at, lease_until, expires_at, turn, retried, awaited_until)
      SELECT ${Store.toIndexable(id)}, ${scope}, ${fingerprint}, ${at}, ${until(lease)}, ${expiresAt}, 1, ${retried}, ${awaitedUntil}
      WHERE NOT EXISTS (SELECT 1 FROM interline_requests WHERE ${like}) RETURNING 1 AS begun`

  const beginFirst = (request: Begin): Effect.Effect<Repeated> =>
    Effect.flatMap(
      Store.runStatement("RequestLog.beginFirst", insertUnless(isAwaited(request), request, 0, null)),
      ([begun]) =>
        begun !== undefined ? Effect.succeed<Repeated>({ _tag: "Fresh" }) : Effect.flatMap(
          Store.runStatement(
            "RequestLog.beginFirst",
            sql<{ readonly id: string }>`UPDATE interline_requests SET awaited_until = NULL
            WHERE id = (SELECT id FROM interline_requests WHERE ${isAwaited(request)} ORDER BY at DESC, id DESC LIMIT 1)
              AND awaited_until IS NOT NULL
            RETURNING id`
          ),
          // another first try may have been faster
          ([joined]) => joined === undefined ? beginFirst(request) : Effect.succeed<Repeated>({ _tag: "Joined", id: joined.id })
        )
    )

  /**
   * A retry becomes the request, unless one like it has come meanwhile. SQLite runs one statement that writes at a time. In PostgreSQL a first try that is being
   * written down is not seen, so all are waited for, and those that come later wait and see the retry.
   */
  const beginRetry = (retry: Retry) => {
    const insert = insertUnless(isAlike(retry), retry, retry.retry, retry.at + overtaken)
    return sql.onDialectOrElse({
      pg: () => sql.withTransaction(Effect.zipRight(sql`LOCK TABLE interline_requests IN SHARE ROW EXCLUSIVE MODE`, insert)),
      orElse: () => insert
    })
  }

  /** Until when a first try is expected, counted from the last retry. */
  const toAwaitedUntil = (at: number) => sql`CASE WHEN awaited_until IS NULL THEN NULL ELSE CAST(${at + overtaken} AS BIGINT) END`

  /** The request that a retry repeats. `RequestLogService.repeat` describes the order. */
  const findCandidate = (retry: Retry) =>
    sql<Candidate>`SELECT id, retried, expected_until FROM interline_requests
      WHERE ${isAlike(retry)}
      ORDER BY
        CASE WHEN retried < ${retry.retry} THEN 0 ELSE 1 END,
        CASE WHEN expected_until IS NULL OR (retried < ${retry.retry} AND expected_until > ${retry.at}) THEN 0 ELSE 1 END,
        CASE WHEN retried < ${retry.retry} AND at > ${retry.at - recent} THEN -retried ELSE 0 END,
        CASE WHEN expected_until IS NULL AND at > ${retry.at - recent} THEN -unheard ELSE 0 END,
        CASE WHEN expected_until IS NULL THEN 1 ELSE 0 END,
        at DESC, id DESC
      LIMIT 1`

  /** By one statement, so that of two that saw the same only one gets it. A record of a request that did nothing becomes the retry's own. */
  const claim = ({ expected_until, id, retried }: Candidate, retry: Retry) =>
    expected_until === null
      ? sql`UPDATE interline_requests SET retried = ${Math.max(retried, retry.retry)}, unheard = 0,
          awaited_until = ${toAwaitedUntil(retry.at)}
        WHERE id = ${id} AND retried = ${retried} AND expected_until IS NULL RETURNING 1 AS claimed`
      : replace(id, retry)

  const replace = (id: string, { at, expiresAt, id: anew, lease, retry }: Retry) =>
    sql`UPDATE interline_requests SET id = ${Store.toIndexable(anew)}, at = ${at}, lease_until = ${
      until(lease)
    }, expires_at = ${expiresAt}, turn = 1,
        retried = ${retry}, unheard = 0, expected_until = NULL, awaited_until = ${toAwaitedUntil(at)}, reply = NULL
      WHERE id = ${Store.toIndexable(id)} AND reply IS NOT NULL RETURNING 1 AS claimed`

  const repeat = (retry: Retry): Effect.Effect<Repeated> =>
    Effect.flatMap(Store.runStatement("RequestLog.repeat", findCandidate(retry)), ([candidate]) =>
      candidate === undefined
        ? Effect.flatMap(
          Store.runStatement("RequestLog.repeat", beginRetry(retry)),
          ([begun]) => begun === undefined ? repeat(retry) : Effect.succeed<Repeated>({ _tag: "Fresh" })
        )
        : Effect.flatMap(Store.runStatement("RequestLog.repeat", claim(candidate, retry)), ([claimed]) =>
          claimed === undefined
            ? repeat(retry)
            : Effect.succeed<Repeated>(candidate.expected_until === null ? { _tag: "Joined", id: candidate.id } : { _tag: "Anew" })))

  return {
    beginFirst,
    repeat,
    replace: (id, retry) => Effect.map(Store.runStatement("RequestLog.replace", replace(id, retry)), ([claimed]) => claimed !== undefined)
  }
}

const makeWith = (sql: SqlClient.SqlClient): RequestLogService => {
  const until = Store.until(sql)

  return {
    ...makeBegin(sql),
    ...makeRetries(sql),
    markUnanswered: (id) =>
      Effect.asVoid(
        Store.runStatement("RequestLog.unheard", sql`UPDATE interline_requests SET unheard = 1 WHERE id = ${Store.toIndexable(id)}`)
      ),
    // an answer that was given stays, also against one that comes after its lease
    finish: (id, reply, expectedUntil) =>
      Effect.asVoid(Store.runStatement(
        "RequestLog.finish",
        Effect.flatMap(encode(reply), (text) =>
          sql`UPDATE interline_requests SET reply = ${text}, expected_until = ${expectedUntil ?? null} WHERE id = ${
            Store.toIndexable(id)
          } AND reply IS NULL`)
      )),
    amend: (id, from, to) =>
      Effect.asVoid(Store.runStatement(
        "RequestLog.amend",
        Effect.flatMap(Effect.all([encode(from), encode(to)]), ([before, after]) =>
          sql`UPDATE interline_requests SET reply = ${after} WHERE id = ${Store.toIndexable(id)} AND reply = ${before}`)
      )),
    forget: (id) =>
      Effect.asVoid(
        Store.runStatement("RequestLog.forget", sql`DELETE FROM interline_requests WHERE id = ${Store.toIndexable(id)} AND reply IS NULL`)
      ),
    abandon: (id) =>
      Effect.asVoid(Store.runStatement(
        "RequestLog.abandon",
        sql`UPDATE interline_requests SET lease_until = 0 WHERE id = ${Store.toIndexable(id)} AND reply IS NULL`
      )),
    renew: (ids, lease) =>
      ids.length === 0 ? Effect.void : Effect.asVoid(Store.runStatement(
        "RequestLog.renew",
        sql`UPDATE interline_requests SET lease_until = ${until(lease)} WHERE ${sql.in("id", ids.map(Store.toIndexable))} AND reply IS NULL`
      ))
  }
}

/**
 * The requests in SQL. A record is removed when its time is over.
 *
 * @category constructors
 */
export const make: Effect.Effect<RequestLogService, never, SqlClient.SqlClient | Scope.Scope> = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  yield* Store.forgetOldRows("requests", [
    // once more outside: the row may have been taken again since it was found
    (sql, now) =>
      sql`DELETE FROM interline_requests
        WHERE id IN (SELECT id FROM interline_requests WHERE expires_at <= ${now} LIMIT ${Store.batch}) AND expires_at <= ${now}
        RETURNING 1 AS gone`
  ])
  return makeWith(sql)
})

/**
 * The log as a layer.
 *
 * @category layers
 */
export const layer: Layer.Layer<RequestLog, never, SqlClient.SqlClient> = Layer.scoped(RequestLog, make)
