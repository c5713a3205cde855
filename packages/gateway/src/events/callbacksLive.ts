/** The queue of what endpoints are to be told, and who tells them. */
import * as SqlClient from "@effect/sql/SqlClient"
import type * as EventLog from "@interline/sql/EventLog"
import * as EventLogLive from "@interline/sql/EventLogLive"
import { recordset } from "@interline/sql/Recordset"
import * as Store from "@interline/sql/Store"
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as FiberSet from "effect/FiberSet"
import * as Metric from "effect/Metric"
import * as MetricLabel from "effect/MetricLabel"
import * as Option from "effect/Option"
import * as Random from "effect/Random"
import type * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import type { Reporting } from "../config/ownLines.ts"
import * as Metrics from "../server/Metrics.ts"
import * as CallbackEndpoints from "./callbackEndpoints.ts"
import type { CallbacksService, DeadLetter, Dialect, Endpoint, Options, Renderer } from "./Callbacks.ts"
import * as EventLine from "./eventLine.ts"

/** When it is tried again after a first, second, … try that failed; each about that, so that not all come back at once. */
const waits = ["5 seconds", "30 seconds", "2 minutes", "10 minutes", "1 hour", "6 hours", "24 hours"] as const
const jitter = 0.2

// longer than any call takes: whoever took a row has told or failed by then, or is dead
const lease = 60_000

// how many calls to one endpoint at once, so that one that hangs does not keep the others waiting
const perEndpoint = 4

// of a long queue only the front is looked at for endpoints that are free
const front = 2_000

export interface Setup<E, I> extends CallbackEndpoints.Setup<E> {
  readonly renderers: Readonly<Record<Dialect, Renderer>>
  readonly carriers: ReadonlyArray<Reporting>
  readonly event: Schema.Schema<EventLog.NewEvent, I>
  readonly options: Options | undefined
}

interface Queued {
  readonly id: number
  readonly endpoint_id: string
  readonly event_id: number
  readonly attempts: number
  readonly message_ref: string | null
  readonly subject: string | null
}

interface Receiver {
  readonly id: string
  readonly endpoint: Endpoint
  readonly failing: boolean
}

/** `Silent`: nobody was called, because there is nothing to say to this endpoint. */
type Verdict =
  | { readonly _tag: "Told" }
  | { readonly _tag: "Silent" }
  | { readonly _tag: "Again"; readonly why: string }
  | { readonly _tag: "Gone"; readonly why: string }

type Called = Exclude<Verdict["_tag"], "Silent">

const results = { Told: "taken", Again: "failed", Gone: "gone" } as const satisfies Record<Called, string>

const counted = (dialect: Dialect, verdict: Called) =>
  Metric.taggedWithLabels(Metrics.callbacks, [MetricLabel.make("dialect", dialect), MetricLabel.make("result", results[verdict])])

const told: Verdict = { _tag: "Told" }
const silent: Verdict = { _tag: "Silent" }

export const make = <E, I>(setup: Setup<E, I>): Effect.Effect<CallbacksService, never, SqlClient.SqlClient | Scope.Scope> =>
  Effect.gen(function*() {
    const { carriers, egress, options = {}, renderers } = setup
    const sql = yield* SqlClient.SqlClient
    const { fromRow, ...endpoints } = yield* CallbackEndpoints.make(setup)
    const lineOf = EventLine.lineOf(carriers)
    const concurrency = options.concurrency ?? 32
    const keepFor = Duration.toMillis(options.keepFor ?? "30 days")
    const pollEvery = Duration.decode(options.pollEvery ?? "1 second")
    const now = Store.now(sql)
    const until = Store.until(sql)
    const queued = yield* Effect.makeLatch(false)

    // --- the queue ---

    const wants = (endpoint: Endpoint, event: EventLog.GatewayEvent): boolean => {
      if (endpoint.deliveryId !== undefined && endpoint.deliveryId !== event.deliveryId) return false
      if (endpoint.lines.length > 0) {
        const line = lineOf(event)
        if (line === undefined || !endpoint.lines.includes(line)) return false
      }
      // another dialect's word is known only when the event is told
      return endpoint.dialect !== "neutral" || endpoint.events.length === 0 || endpoint.events.includes(event.event.data._tag)
    }

    const published: CallbacksService["published"] = (events) =>
      Effect.flatMap(Clock.currentTimeMillis, (at) =>
        Store.runStatement(
          "Callbacks.published",
          Effect.gen(function*() {
            if (events.length === 0) return
            const deliveries = Array.from(new Set(events.flatMap(({ deliveryId }) => deliveryId ?? [])))
            const whose = deliveries.length === 0
              ? sql`delivery_id IS NULL`
              : sql`(delivery_id IS NULL OR ${sql.in("delivery_id", deliveries)})`
            const rows = yield* sql<CallbackEndpoints.EndpointRow>`SELECT * FROM interline_endpoints
              WHERE active = 1 AND ${whose} AND (expires_at IS NULL OR expires_at > ${at})`
            const receivers = yield* Effect.forEach(rows, fromRow)
            const wanted = receivers.flatMap((endpoint) =>
              events.flatMap((event) => {
                if (!wants(endpoint, event)) return []
                const { message_ref, subject } = EventLogLive.rank(event) ?? {}
                return [{ endpoint_id: endpoint.id, event_id: event.id, at, message_ref: message_ref ?? null, subject: subject ?? null }]
              })
            )
            if (wanted.length === 0) return
            const columns = { endpoint_id: "text", event_id: "bigint", at: "bigint", message_ref: "text", subject: "text" } as const
            yield* sql`INSERT INTO interline_callbacks (endpoint_id, event_id, at, attempts, due_at, message_ref, subject)
              SELECT r.endpoint_id, r.event_id, r.at, 0, ${now}, r.message_ref, r.subject FROM ${recordset(sql, columns, wanted)}
              WHERE true ON CONFLICT (endpoint_id, event_id) DO NOTHING`
            yield* queued.release
          })
        ))

    // --- telling ---

    /** How many calls are under way, by endpoint. */
    const busy = new Map<string, number>()
    let calls = 0
    const enter = (id: string): void => {
      calls += 1
      busy.set(id, (busy.get(id) ?? 0) + 1)
    }
    const leave = (id: string): void => {
      calls -= 1
      const left = (busy.get(id) ?? 1) - 1
      if (left > 0) busy.set(id, left)
      else busy.delete(id)
    }

    // Statuses of one delivery are told to one endpoint one after another, so that none overtakes another on its way: while one is under way the next
    // waits. One that failed and is to be tried later holds up nobody: a later status is told before it, and it is left out then.
    const inTurn = sql`(c.subject IS NULL OR NOT EXISTS (
      SELECT 1 FROM interline_callbacks o WHERE o.endpoint_id = c.endpoint_id AND o.subject = c.subject AND o.id <> c.id
        AND (o.taken_until > ${now} OR (o.due_at <= ${now} AND o.id < c.id))
    ))`

    // a row that two processes find is taken by one: the other finds it moved when it comes to write it
    const take = Effect.suspend(() => {
      const full = Array.from(busy).flatMap(([id, count]) => count >= perEndpoint ? [id] : [])
      const free = full.length === 0 ? sql`true` : sql`NOT ${sql.in("endpoint_id", full)}`
      const taken = sql<Queued>`UPDATE interline_callbacks SET due_at = ${until(lease)}, taken_until = ${
        until(lease)
      }, attempts = attempts + 1
        WHERE due_at <= ${now} AND id IN (
          SELECT id FROM (
            SELECT id, due_at, ROW_NUMBER() OVER (PARTITION BY endpoint_id ORDER BY due_at, id) AS nth
            FROM (
              SELECT id, endpoint_id, due_at FROM interline_callbacks c WHERE due_at <= ${now} AND ${free} AND ${inTurn} ORDER BY due_at LIMIT ${front}
            ) AS waiting
          ) AS ranked WHERE nth <= ${perEndpoint} ORDER BY due_at, id LIMIT ${concurrency - calls}
        ) RETURNING id, endpoint_id, event_id, attempts, message_ref, subject`
      // a database answers changed rows in any order
      return Effect.map(taken, (rows) => rows.toSorted((left, right) => left.id - right.id))
    })

    /** Whether the endpoint took a later status of the same message already. */
    const isOvertaken = ({ endpoint_id: endpoint, id, message_ref: message, subject }: Queued) =>
      message === null ? Effect.succeed(false) : Effect.map(
        sql`SELECT 1 AS one FROM interline_callbacks WHERE endpoint_id = ${endpoint} AND subject = ${subject} AND message_ref = ${message}
          AND id > ${id} AND told_at IS NOT NULL LIMIT 1`,
        (rows) => rows.length > 0
      )

    /** `again`: in how many milliseconds it is tried again, if it is. */
    const end = ({ id }: Queued, change: { readonly told_at?: number; readonly dead_at?: number; readonly why?: string }, again?: number) =>
      sql`UPDATE interline_callbacks SET ${sql.update({ ...change, taken_until: null })}, due_at = ${
        again === undefined ? sql.literal("NULL") : until(again)
      }
        WHERE id = ${id}`

    /** What an operator reads of an endpoint. That it has begun to fail is said once, and again after it took something. */
    const noted = ({ failing, id }: Receiver, verdict: Verdict, at: number) => {
      if (verdict._tag === "Told") return failing ? sql`UPDATE interline_endpoints SET failures = 0 WHERE id = ${id}` : Effect.void
      return verdict._tag === "Silent"
        ? Effect.void
        : Effect.flatMap(
          sql<
            { readonly failures: number }
          >`UPDATE interline_endpoints SET failures = failures + 1, failed_at = ${at}, failure = ${verdict.why}
            WHERE id = ${id} RETURNING failures`,
          ([row]) =>
            row?.failures === 1
              ? Effect.logWarning("a callback address does not take events").pipe(Effect.annotateLogs({ endpoint: id, why: verdict.why }))
              : Effect.void
        )
    }

    const call = (endpoint: Endpoint, event: EventLog.GatewayEvent, at: number): Effect.Effect<Verdict> =>
      Effect.flatMap(renderers[endpoint.dialect](event, endpoint, { messageId: `${endpoint.id}.${event.id}`, at }), (rendered) => {
        if (Option.isNone(rendered)) return Effect.succeed(silent)
        const { body, headers, type } = rendered.value
        if (endpoint.events.length > 0 && !endpoint.events.includes(type)) return Effect.succeed(silent)
        return Effect.map(
          Effect.either(
            egress.post({ url: endpoint.url, headers: { "content-type": "application/json", "user-agent": "interline", ...headers }, body })
          ),
          Either.match({
            onLeft: ({ why }): Verdict => ({ _tag: "Again", why }),
            onRight: (status): Verdict =>
              status >= 200 && status < 300
                ? told
                : { _tag: status === 410 ? "Gone" : "Again", why: `the endpoint answered ${status}` }
          })
        )
      })

    const conclude = (row: Queued, receiver: Receiver, verdict: Verdict) =>
      Effect.gen(function*() {
        if (verdict._tag === "Silent") return yield* end(row, {})
        yield* Metric.increment(counted(receiver.endpoint.dialect, verdict._tag))
        const at = yield* Clock.currentTimeMillis
        yield* noted(receiver, verdict, at)
        if (verdict._tag === "Told") return yield* end(row, { told_at: at })
        const wait = verdict._tag === "Gone" ? undefined : waits[row.attempts - 1]
        if (verdict._tag === "Gone") yield* sql`UPDATE interline_endpoints SET active = 0, updated_at = ${at} WHERE id = ${row.endpoint_id}`
        if (wait === undefined) {
          yield* Effect.logWarning("a callback was given up").pipe(
            Effect.annotateLogs({ endpoint: row.endpoint_id, event: row.event_id, why: verdict.why })
          )
          return yield* end(row, { dead_at: at, why: verdict.why })
        }
        const factor = yield* Random.nextRange(1 - jitter, 1 + jitter)
        return yield* end(row, { why: verdict.why }, Duration.toMillis(wait) * factor)
      })

    const tell = (row: Queued, receiver: Receiver | undefined, event: EventLog.GatewayEvent | undefined) =>
      Effect.gen(function*() {
        const endpoint = receiver?.endpoint
        const at = yield* Clock.currentTimeMillis
        const ended = endpoint === undefined || !endpoint.active || (endpoint.expiresAt !== undefined && endpoint.expiresAt <= at)
        const verdict: Verdict = endpoint === undefined || ended
          ? { _tag: "Gone", why: "the endpoint does not take events any more" }
          : event === undefined
          ? { _tag: "Gone", why: "the event is older than what is kept" }
          : (yield* isOvertaken(row))
          ? silent
          : yield* Effect.interruptible(call(endpoint, event, at))
        // an endpoint that has ended, or an event that is gone, is nobody's fault
        if (verdict._tag === "Gone" && (ended || event === undefined)) yield* end(row, { dead_at: at, why: verdict.why })
        else if (receiver !== undefined) yield* conclude(row, receiver, verdict)
      }).pipe(
        // its row comes up again when the lease ends, also after a call that was cut off; what the cause says may quote the event
        Effect.catchAllCause((cause) =>
          Cause.isInterruptedOnly(cause)
            ? Effect.void
            : Effect.logError("a callback could not be made").pipe(Effect.annotateLogs({ endpoint: row.endpoint_id, event: row.event_id }))
        ),
        Effect.ensuring(Effect.suspend(() => {
          leave(row.endpoint_id)
          return queued.release
        }))
      )

    const calling = yield* FiberSet.make()

    const round = Effect.gen(function*() {
      if (calls >= concurrency) return false
      const rows = yield* take
      if (rows.length === 0) return false
      const receivers = new Map((yield* Effect.forEach(
        yield* sql<CallbackEndpoints.EndpointRow>`SELECT * FROM interline_endpoints WHERE ${
          sql.in("id", Array.from(new Set(rows.map(({ endpoint_id }) => endpoint_id))))
        }`,
        (row) => Effect.map(fromRow(row), (endpoint): Receiver => ({ id: endpoint.id, endpoint, failing: row.failures > 0 }))
      )).map((receiver) => [receiver.id, receiver]))
      const events = yield* EventLogLive.findAll(sql, Array.from(new Set(rows.map(({ event_id }) => event_id))))
      for (const row of rows) {
        enter(row.endpoint_id)
        yield* FiberSet.run(calling, tell(row, receivers.get(row.endpoint_id), events.get(row.event_id)))
      }
      return true
    }).pipe(
      Effect.uninterruptible,
      Effect.catchAllCause(() => Effect.as(Effect.logWarning("the queue of callbacks cannot be read"), false))
    )

    yield* Effect.flatMap(round, (more) => more ? Effect.void : Effect.race(queued.await, Effect.sleep(pollEvery))).pipe(
      Effect.withTracerEnabled(false),
      Effect.forever,
      Effect.interruptible,
      Effect.forkScoped
    )

    // --- dead letters ---

    const deadLetters: CallbacksService["deadLetters"] = (limit) =>
      Store.runStatement(
        "Callbacks.deadLetters",
        Effect.map(
          sql<
            Omit<Queued, "message_ref" | "subject"> & { readonly dead_at: number; readonly why: string }
          >`SELECT id, endpoint_id, event_id, attempts, dead_at, why
            FROM interline_callbacks WHERE dead_at IS NOT NULL ORDER BY dead_at DESC, id DESC LIMIT ${limit}`,
          (rows) =>
            rows.map((row): DeadLetter => ({
              id: String(row.id),
              endpointId: row.endpoint_id,
              eventId: row.event_id,
              attempts: row.attempts,
              why: row.why,
              at: row.dead_at
            }))
        )
      )

    const redeliver: CallbacksService["redeliver"] = (id) =>
      /^[1-9][0-9]{0,14}$/.test(id)
        ? Store.runStatement(
          "Callbacks.redeliver",
          Effect.flatMap(
            sql`UPDATE interline_callbacks SET dead_at = NULL, due_at = ${now}, attempts = 0 WHERE id = ${
              Number(id)
            } AND dead_at IS NOT NULL RETURNING id`,
            (rows) => Effect.as(queued.release, rows.length > 0)
          )
        )
        : Effect.succeed(false)

    const depth = Store.runStatement(
      "Callbacks.depth",
      Effect.map(
        sql<{ readonly waiting: number; readonly dead: number }>`SELECT
          (SELECT count(*) FROM interline_callbacks WHERE due_at IS NOT NULL) AS waiting,
          (SELECT count(*) FROM interline_callbacks WHERE dead_at IS NOT NULL) AS dead`,
        ([row]) => ({ waiting: Number(row?.waiting), dead: Number(row?.dead) })
      )
    )

    yield* Store.forgetOldRows("callbacks", [
      (sql, now) =>
        sql`DELETE FROM interline_callbacks WHERE id IN
          (SELECT id FROM interline_callbacks WHERE at < ${now - keepFor} ORDER BY at LIMIT ${Store.batch}) RETURNING id`,
      // an hour for what is under way when an endpoint ends
      (sql, now) =>
        sql`DELETE FROM interline_endpoints WHERE id IN
          (SELECT id FROM interline_endpoints WHERE expires_at < ${now - 3_600_000} ORDER BY expires_at LIMIT ${Store.batch}) RETURNING id`
    ])

    return { ...endpoints, published, deadLetters, redeliver, depth }
  })
