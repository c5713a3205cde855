/**
 * Records requests that must happen once: the request of an id, and its answer. The same request again gets the same answer, also from
 * another process.
 */
import * as SqlClient from "@effect/sql/SqlClient"
import type * as Statement from "@effect/sql/Statement"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as JsonColumn from "../database/jsonColumn.ts"
import * as Store from "../database/Store.ts"

/**
 * An answer in the form in which it was given.
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
 * A request that is about to begin. Times are in epoch milliseconds.
 *
 * @category models
 */
export interface Begin {
  readonly id: string
  /** A hash of the caller and the kind of the request. */
  readonly scope: string
  /** A hash of the meaning of the request. */
  readonly fingerprint: string
  /**
   * The fingerprint that an earlier version of the gateway stored, if it differs. A request that the earlier version began is found by it.
   */
  readonly spelling?: string
  readonly at: number
  /**
   * How long the caller has the request for itself, in milliseconds from now on the clock of the database. A renewal makes it longer. A
   * request that `join` shares belongs to all its tries; its lease is as long as its record.
   */
  readonly lease: number
  /** The time until which the record is kept. */
  readonly expiresAt: number
}

/**
 * A request that its client marked as retry number `retry`. If it is begun anew, it gets `id`.
 *
 * @category models
 */
export interface Retry extends Begin {
  readonly retry: number
}

/**
 * The result of beginning a request. `Fresh`: the caller has it. `InProgress`: another caller has it. `Abandoned`: another caller had it
 * and did not end it in time. The caller has it now, and a part of it may have happened. `Done`: it has this answer. `Conflict`: the id
 * belongs to another request. The answer of that request is there, if it has one.
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
 * The request that a retry repeats. `Fresh`: no stored request, so the retry begins under its own id. `Anew`: a request that did nothing.
 * The retry replaced it, under the retry's own id. `Joined`: the request with this id.
 *
 * @category models
 */
export type Repeated =
  | { readonly _tag: "Fresh" }
  | { readonly _tag: "Anew" }
  | { readonly _tag: "Joined"; readonly id: string }

/**
 * The answer of a request that did nothing. If its client may try it anew, `expectedUntil` says until when the client was asked to come back,
 * in epoch milliseconds (0: it was not asked). Without it, the answer is given again to every retry.
 *
 * @category models
 */
export interface Refusal {
  readonly reply: Reply
  readonly expectedUntil?: number
}

/**
 * The requests, by their ids. Every operation is atomic, also among processes.
 *
 * @category models
 */
export interface RequestLogService {
  /** Begins a request. If the same request begins several times at once, only one of them is `Fresh`. */
  readonly begin: (request: Begin) => Effect.Effect<Begun>
  /** The same as `begin`, for a request that must exist. `None`: it does not exist. */
  readonly resume: (request: Begin) => Effect.Effect<Option.Option<Begun>>
  /**
   * Begins a first try. Its own retry may have come before it. Then the first try joins that retry, but each retry is joined only once.
   * This works for ten minutes after the last retry that asked for it. Otherwise the first try begins under its own id. If a first try and
   * a retry come at the same moment, one of them sees the other.
   */
  readonly beginFirst: (request: Begin) => Effect.Effect<Repeated>
  /**
   * Finds the request that a retry repeats, and claims it for this retry. So the retry of another client with an equal request finds
   * another request. The order among equal requests is: first, requests that no retry with this count has claimed. Next, requests that did
   * something, or whose client is expected back. Next, within the last ten minutes: requests that the retry before this one claimed, then
   * requests whose client went away without an answer. Next, requests whose client was asked to come back. Last, the newest. If all are
   * claimed, the retry joins the newest request that did something.
   */
  readonly repeat: (retry: Retry) => Effect.Effect<Repeated>
  /** Replaces a request that did nothing by this retry. `false`: another retry was faster. */
  readonly replace: (id: string, retry: Retry) => Effect.Effect<boolean>
  /** Records that the client of a request went away without an answer. */
  readonly markUnanswered: (id: string) => Effect.Effect<void>
  /**
   * Counts one more try of a request that is in progress, and gives the number of tries that may have done something, with this one. 0: the
   * request is not in progress any more.
   */
  readonly join: (id: string) => Effect.Effect<number>
  /** Records the answer, unless there is one. Then the result is that one. */
  readonly finish: (id: string, reply: Reply) => Effect.Effect<Option.Option<Reply>>
  /** Replaces the answer `from` by `to`. If the stored answer is a third one, it stays. */
  readonly amend: (id: string, from: Reply, to: Reply) => Effect.Effect<void>
  /**
   * Ends a try that did nothing. If it was the last one that may have done something, the request did nothing: then the id is free, or the
   * answer is recorded if one is given. `false`: another try may have done something, and the request stays as it is.
   */
  readonly withdraw: (id: string, refusal?: Refusal) => Effect.Effect<boolean>
  /** The answer of a request, `undefined` while it is in progress. `None`: the request does not exist. */
  readonly find: (id: string) => Effect.Effect<Option.Option<Reply | undefined>>
  /** Ends the lease without an answer. */
  readonly abandon: (id: string) => Effect.Effect<void>
  /** Makes leases end `lease` milliseconds from now. */
  readonly renew: (ids: ReadonlyArray<string>, lease: number) => Effect.Effect<void>
}

/**
 * The tag of the log of requests and their replies.
 *
 * @category services
 */
export class RequestLog extends Context.Tag("@interline/sql/RequestLog")<RequestLog, RequestLogService>() {}

const write = JsonColumn.makeEncoder(Reply)

/** Writes the fields in the order in which they are always stored, because a stored answer is found again by its text. */
const encode = ({ body, headers, status }: Reply) => write({ status, headers, body })

const decode = Schema.decode(Schema.parseJson(Reply))

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

/** In milliseconds: 10 minutes. In this time, an earlier retry or a client that went away is a hint about the client of a new retry. */
const recent = 600_000

/** In milliseconds: 10 minutes. In this time after its last retry, a late first try is recognised. */
const overtaken = 600_000

const spellingsOf = ({ fingerprint, spelling = fingerprint }: Begin): readonly [string, string] => [fingerprint, spelling]

const isOther = ({ fingerprint, scope }: Row, request: Begin): boolean =>
  scope !== request.scope || !spellingsOf(request).includes(fingerprint)

/** Operations for requests that are not marked as a retry. */
const makeBegin = (sql: SqlClient.SqlClient): Pick<RequestLogService, "begin" | "resume"> => {
  const now = Store.now(sql)

  /** Makes the end time from a duration that starts now. */
  const until = Store.until(sql)

  /**
   * The caller gets the id if it is new, if its record has expired, or if its lease ended without an answer. `turn` counts the callers that
   * have had the id.
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

  /** The state of a request that another caller has. `undefined` if it was given up meanwhile. */
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

  /** The same as `readBegun`. If the request was given up meanwhile, it is begun again. */
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

/** Operations for first tries and retries. They find each other by the meaning of the request. */
const makeRetries = (sql: SqlClient.SqlClient): Pick<RequestLogService, "beginFirst" | "repeat" | "replace"> => {
  const until = Store.until(sql)

  /** The condition for equal requests that only retries have asked for. */
  const isAwaited = ({ at, fingerprint, scope }: Begin) => sql`scope = ${scope} AND fingerprint = ${fingerprint} AND awaited_until > ${at}`

  const isAlike = (request: Begin) => {
    const [fingerprint, spelling] = spellingsOf(request)
    return sql`scope = ${request.scope} AND fingerprint IN (${fingerprint}, ${spelling}) AND expires_at > ${request.at}`
  }

  /** Records a request under a new id, unless there is already a matching one. */
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
          // Another first try may have been faster. Then try again.
          ([joined]) => joined === undefined ? beginFirst(request) : Effect.succeed<Repeated>({ _tag: "Joined", id: joined.id })
        )
    )

  /**
   * Makes the retry the request, unless a matching one has come meanwhile. SQLite runs one writing statement at a time. In PostgreSQL, a
   * first try that is being written is not visible. So this statement waits for all such first tries, and later first tries wait for it and
   * see the retry.
   */
  const beginRetry = (retry: Retry) => {
    const insert = insertUnless(isAlike(retry), retry, retry.retry, retry.at + overtaken)
    return sql.onDialectOrElse({
      pg: () => sql.withTransaction(Effect.zipRight(sql`LOCK TABLE interline_requests IN SHARE ROW EXCLUSIVE MODE`, insert)),
      orElse: () => insert
    })
  }

  /** The time until which a first try is expected, counted from the last retry. */
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

  /**
   * Claims a request in one statement. If two retries saw the same request, only one gets it. A record of a request that did nothing
   * becomes the record of the retry.
   */
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

/** Operations that count the tries of a request, and record how it ended. `turn` is the number of tries that may have done something. */
const makeEndings = (sql: SqlClient.SqlClient): Pick<RequestLogService, "join" | "finish" | "amend" | "withdraw" | "find"> => {
  const isOpen = (id: string) => sql`id = ${Store.toIndexable(id)} AND reply IS NULL`

  const find: RequestLogService["find"] = (id) =>
    Store.runStatement(
      "RequestLog.find",
      Effect.flatMap(
        sql<Pick<Row, "reply">>`SELECT reply FROM interline_requests WHERE id = ${Store.toIndexable(id)}`,
        ([row]): Effect.Effect<Option.Option<Reply | undefined>, unknown> =>
          row === undefined ? Effect.succeedNone : row.reply === null ? Effect.succeedSome(undefined) : Effect.asSome(decode(row.reply))
      )
    )

  const runEnding = (statement: Effect.Effect<ReadonlyArray<unknown>, unknown>): Effect.Effect<boolean> =>
    Effect.map(Store.runStatement("RequestLog.withdraw", statement), (rows) => rows.length > 0)

  /** Ends a request whose only try did nothing. */
  const endLast = (id: string, refusal: Refusal | undefined): Effect.Effect<boolean> =>
    refusal === undefined
      ? runEnding(sql`DELETE FROM interline_requests WHERE ${isOpen(id)} AND turn <= 1 RETURNING 1 AS ended`)
      : runEnding(Effect.flatMap(encode(refusal.reply), (text) =>
        sql`UPDATE interline_requests SET reply = ${text}, expected_until = ${refusal.expectedUntil ?? null}
          WHERE ${isOpen(id)} AND turn <= 1 RETURNING 1 AS ended`))

  const endOneOfSeveral = (id: string): Effect.Effect<boolean> =>
    runEnding(sql`UPDATE interline_requests SET turn = turn - 1 WHERE ${isOpen(id)} AND turn > 1 RETURNING 1 AS ended`)

  return {
    find,
    join: (id) =>
      Effect.map(
        Store.runStatement(
          "RequestLog.join",
          sql<{ readonly turn: number }>`UPDATE interline_requests SET turn = turn + 1 WHERE ${isOpen(id)} RETURNING turn`
        ),
        ([joined]) => joined === undefined ? 0 : Number(joined.turn)
      ),
    finish: (id, reply) =>
      Effect.flatMap(
        Store.runStatement(
          "RequestLog.finish",
          Effect.flatMap(encode(reply), (text) =>
            sql`UPDATE interline_requests SET reply = ${text}, expected_until = NULL WHERE ${isOpen(id)} RETURNING 1 AS finished`)
        ),
        ([finished]) =>
          finished === undefined ? Effect.map(find(id), Option.filterMap(Option.fromNullable)) : Effect.succeedNone
      ),
    amend: (id, from, to) =>
      Effect.asVoid(Store.runStatement(
        "RequestLog.amend",
        Effect.flatMap(Effect.all([encode(from), encode(to)]), ([before, after]) =>
          sql`UPDATE interline_requests SET reply = ${after}, expected_until = NULL
            WHERE id = ${Store.toIndexable(id)} AND reply = ${before}`)
      )),
    withdraw: (id, refusal) =>
      Effect.gen(function*() {
        if (yield* endLast(id, refusal)) return true
        if (yield* endOneOfSeveral(id)) return false
        // The other try may have withdrawn in between. Then this one was the last.
        return yield* endLast(id, refusal)
      })
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
    ...makeEndings(sql),
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
 * The requests in SQL. A record is removed after its `expiresAt`.
 *
 * @category constructors
 */
export const make: Effect.Effect<RequestLogService, never, SqlClient.SqlClient | Scope.Scope> = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  yield* Store.forgetOldRows("requests", [
    // The condition is repeated outside the subquery, because the row may have been taken again since it was found.
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
