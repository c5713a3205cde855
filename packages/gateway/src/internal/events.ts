/** The event log: one table, read in the order of its ids. */
import * as SqlClient from "@effect/sql/SqlClient"
import * as Uuid from "@interline/core/Uuid"
import * as Chunk from "effect/Chunk"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { EventLogService, GatewayEvent, NewEvent, Options } from "../EventLog.ts"
import { recordset } from "./recordset.ts"
import * as Store from "./store.ts"
import * as Text from "./text.ts"

interface Row {
  readonly id: number
  readonly source: string
  readonly body: string
}

/**
 * Any number: it only has to be the same in every process. On PostgreSQL an id is drawn before its row can be seen, and a reader that
 * has seen a higher one would pass it over. Whoever appends therefore holds this lock until its rows can be seen: ids become
 * visible in their order. The rows are joined with the lock, so none gets an id before it is held. SQLite has one writer at a time anyway.
 */
const appendLock = 4_846_228

const columns = { n: "bigint", source: "text", at: "bigint", body: "text" } as const

// what a slow reader keeps in memory at most
const pageSize = 64

export const make = <I>(
  schema: Schema.Schema<NewEvent, I>,
  options: Options = {}
): Effect.Effect<EventLogService, never, SqlClient.SqlClient | Scope.Scope> =>
  Effect.gen(function*() {
    const sql = yield* SqlClient.SqlClient
    const encode = Text.encoder(schema)
    const decode = Schema.decodeUnknown(Schema.parseJson(schema))
    const keepFor = Duration.toMillis(options.keepFor ?? "30 days")
    const pollEvery = Duration.decode(options.pollEvery ?? "500 millis")

    const entry = ({ body, id }: Row) => Effect.map(decode(body), (event): GatewayEvent => ({ id, ...event }))

    // --- what wakes readers ---

    let newest = 0
    let readers = 0
    const woken = yield* Effect.makeLatch(false)
    const wake = (id: number): Effect.Effect<void> =>
      Effect.suspend(() => {
        if (id <= newest) return Effect.void
        newest = id
        return Effect.asVoid(woken.release)
      })

    // --- operations ---

    const insert = (rows: ReadonlyArray<{ readonly n: number; readonly source: string; readonly at: number; readonly body: string }>) =>
      sql.onDialectOrElse({
        pg: () =>
          sql<Row>`WITH guard AS MATERIALIZED (SELECT pg_advisory_xact_lock(${appendLock}))
            INSERT INTO interline_events (source, at, body)
            SELECT r.source, r.at, r.body FROM guard CROSS JOIN ${recordset(sql, columns, rows)} ORDER BY r.n
            ON CONFLICT (source) DO NOTHING RETURNING id, source, body`,
        orElse: () =>
          sql<Row>`INSERT INTO interline_events (source, at, body)
            SELECT r.source, r.at, r.body FROM ${recordset(sql, columns, rows)} WHERE true ORDER BY r.n
            ON CONFLICT (source) DO NOTHING RETURNING id, source, body`
      })

    const append: EventLogService["append"] = (events, sources) =>
      Store.run(
        "EventLog.append",
        Effect.gen(function*() {
          if (events.length === 0) return []
          const rows = yield* Effect.forEach(events, (event, n) =>
            Effect.zipWith(
              encode(event),
              sources?.[n] === undefined ? Uuid.mint : Effect.succeed(Store.indexed(sources[n])),
              (body, source) => ({ n, source, at: event.at, body })
            ))
          const written = new Map((yield* insert(rows)).map((row) => [row.source, row]))
          const known = rows.filter(({ source }) => !written.has(source)).map(({ source }) => source)
          if (known.length > 0) {
            for (const row of yield* sql<Row>`SELECT id, source, body FROM interline_events WHERE ${sql.in("source", known)}`) written.set(row.source, row)
          }
          const entries = yield* Effect.forEach(rows, ({ n, source }) => {
            const row = written.get(source)
            const event = events[n]
            if (row === undefined || event === undefined) return Effect.dieMessage("an event was neither written nor there")
            return known.includes(source) ? entry(row) : Effect.succeed<GatewayEvent>({ id: row.id, ...event })
          })
          yield* wake(entries.reduce((most, { id }) => Math.max(most, id), 0))
          return entries
        })
      )

    const read: EventLogService["read"] = (after, limit) =>
      Store.run(
        "EventLog.read",
        Effect.flatMap(
          sql<Row>`SELECT id, source, body FROM interline_events WHERE id > ${after} ORDER BY id LIMIT ${limit}`,
          (rows) => Effect.forEach(rows, entry)
        )
      )

    const latest = Store.run(
      "EventLog.latest",
      Effect.map(sql<{ readonly id: number | null }>`SELECT MAX(id) AS id FROM interline_events`, ([row]) => row?.id ?? 0)
    )

    // --- readers ---

    const page = (after: number): Effect.Effect<Option.Option<readonly [Chunk.Chunk<GatewayEvent>, number]>> =>
      Effect.suspend(() => {
        // what is not found up to here has been removed
        const reach = Math.max(after, newest)
        return Effect.flatMap(read(after, pageSize), (entries) => {
          const last = entries.at(-1)
          return last === undefined
            ? Effect.zipRight(newest > reach ? Effect.void : woken.await, page(reach))
            : Effect.succeedSome([Chunk.unsafeFromArray(entries), last.id] as const)
        })
      })

    const reading = Effect.acquireRelease(
      Effect.sync(() => {
        readers += 1
      }),
      () =>
        Effect.sync(() => {
          readers -= 1
        })
    )

    const stream: EventLogService["stream"] = (after) =>
      Stream.unwrapScoped(
        Effect.zipRight(
          reading,
          Effect.map(after === undefined ? latest : Effect.succeed(after), (start) => Stream.unfoldChunkEffect(start, page))
        )
      )

    // one look for all readers at what other processes wrote
    const poll = Effect.suspend(() => readers === 0 ? Effect.void : Effect.flatMap(latest, wake))
    yield* poll.pipe(
      Effect.catchAllCause(() => Effect.logWarning("the event log cannot be read")),
      Effect.zipRight(Effect.sleep(pollEvery)),
      Effect.forever,
      Effect.interruptible,
      Effect.forkScoped
    )

    yield* Store.forgetting("events", [
      (sql, now) =>
        sql`DELETE FROM interline_events WHERE id IN
          (SELECT id FROM interline_events WHERE at < ${now - keepFor} ORDER BY at LIMIT ${Store.batch}) RETURNING id`
    ])

    return { append, read, stream, latest }
  })

/** Entries by id, for readers that know which they want. */
export const byIds = <I>(sql: SqlClient.SqlClient, schema: Schema.Schema<NewEvent, I>, ids: ReadonlyArray<number>) => {
  const decode = Schema.decodeUnknown(Schema.parseJson(schema))
  return Effect.flatMap(
    ids.length === 0 ? Effect.succeed([]) : sql<Row>`SELECT id, source, body FROM interline_events WHERE ${sql.in("id", ids)}`,
    (rows) =>
      Effect.map(
        Effect.forEach(rows, ({ body, id }) => Effect.map(decode(body), (event): readonly [number, GatewayEvent] => [id, { id, ...event }])),
        (entries): ReadonlyMap<number, GatewayEvent> => new Map(entries)
      )
  )
}
