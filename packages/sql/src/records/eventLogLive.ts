/** The event log: one table, read in the order of its ids. */
import * as SqlClient from "@effect/sql/SqlClient"
import type * as SqlErrors from "@effect/sql/SqlError"
import * as DeliveryStatus from "@interline/core/DeliveryStatus"
import * as MessageRef from "@interline/core/MessageRef"
import * as Uuid from "@interline/core/Uuid"
import * as Chunk from "effect/Chunk"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as JsonColumn from "../database/JsonColumn.ts"
import { recordset } from "../database/Recordset.ts"
import * as Store from "../database/Store.ts"
import type { EventLogService, GatewayEvent, NewEvent, Options } from "./EventLog.ts"
import * as EventReaders from "./eventReaders.ts"

interface Row {
  readonly id: number
  readonly source: string
  readonly body: string
  readonly folded: number | null
  readonly corrects: number | null
}

const shown = "id, source, body, folded, corrects"

/**
 * Any number: it only has to be the same in every process. On PostgreSQL an id is drawn before its row can be seen, and a reader that
 * has seen a higher one would pass it over. Whoever appends therefore holds this lock until its rows can be seen: ids become
 * visible in their order. The rows are joined with the lock, so none gets an id before it is held. SQLite has one writer at a time anyway.
 */
const appendLock = 4_846_228

const columns = {
  n: "bigint",
  source: "text",
  at: "bigint",
  body: "text",
  message_ref: "text",
  subject: "text",
  status_rank: "bigint",
  folded: "bigint",
  corrects: "bigint"
} as const

const { ranks } = DeliveryStatus

const byRank: ReadonlyMap<number, DeliveryStatus.DeliveryStatus> = new Map(
  DeliveryStatus.DeliveryStatus.literals.map((status) => [ranks[status], status])
)

/** An entry as its row says it: how the statuses of its message stand is decided in the database. */
const settled = (event: NewEvent, { corrects, folded }: Pick<Row, "corrects" | "folded">): NewEvent => {
  const status = folded === null ? undefined : byRank.get(folded)
  return status === undefined ? event : { ...event, status, ...(corrects === 1 ? { corrected: true } : {}) }
}

interface Ranked {
  readonly message_ref: string
  readonly subject: string
  readonly status_rank: number
  readonly folded: number
}

/** What an entry says of a message's status, if it is folded at all. */
export const ranked = ({ deliveryId, event, status }: NewEvent): Ranked | undefined => {
  if (status === undefined || event.kind !== "carrier" || event.data._tag !== "Status") return undefined
  const { fact } = event.data
  const message = Store.indexed(MessageRef.format(fact.ref))
  return { message_ref: message, subject: deliveryId ?? message, status_rank: ranks[fact.status], folded: ranks[status] }
}

interface Written extends Partial<Ranked> {
  readonly n: number
  readonly source: string
  readonly at: number
  readonly body: string
  readonly corrects?: number
}

/**
 * The rows of one call among themselves, as the database does it with those that are there: a status that says no more than an earlier one is left
 * out, one that comes after a failure takes it back, and a folded status is not lower than one before, unless that was a failure.
 */
const foldedAmong = (rows: ReadonlyArray<Written>): ReadonlyArray<Written> => {
  const told = new Map<string, { readonly rank: number; readonly failed: boolean }>()
  const highest = new Map<string, number>()
  return rows.flatMap((row) => {
    const { folded, message_ref: message, status_rank: rank, subject } = row
    if (message === undefined || rank === undefined || folded === undefined || subject === undefined) return [row]
    const before = told.get(message)
    if (before !== undefined && before.rank >= rank) return []
    told.set(message, { rank, failed: before?.failed === true || rank === ranks.failed })
    const least = Math.max(folded, highest.get(subject) ?? folded)
    if (least !== ranks.failed) highest.set(subject, least)
    return [{ ...row, folded: least, corrects: before?.failed === true ? 1 : 0 }]
  })
}

export const make = <I>(
  schema: Schema.Schema<NewEvent, I>,
  options: Options = {}
): Effect.Effect<EventLogService, never, SqlClient.SqlClient | Scope.Scope> =>
  Effect.gen(function*() {
    const sql = yield* SqlClient.SqlClient
    const encode = JsonColumn.encoder(schema)
    const decode = Schema.decodeUnknown(Schema.parseJson(schema))
    const keepFor = Duration.toMillis(options.keepFor ?? "30 days")
    const pollEvery = Duration.decode(options.pollEvery ?? "500 millis")

    const entry = (row: Row) => Effect.map(decode(row.body), (event): GatewayEvent => ({ id: row.id, ...settled(event, row) }))

    const fetch = (after: number, limit: number): Effect.Effect<ReadonlyArray<EventReaders.Shared>> =>
      Store.run(
        "EventLog.read",
        Effect.flatMap(
          sql<Row>`SELECT ${sql.literal(shown)} FROM interline_events WHERE id > ${after} ORDER BY id LIMIT ${limit}`,
          (rows) => Effect.forEach(rows, (row) => Effect.map(entry(row), (entry) => ({ entry, size: row.body.length })))
        )
      )

    const latest = Store.run(
      "EventLog.latest",
      Effect.map(sql<{ readonly id: number | null }>`SELECT MAX(id) AS id FROM interline_events`, ([row]) => row?.id ?? 0)
    )

    const readers = yield* EventReaders.make(fetch, latest)

    // --- operations ---

    const greatest = sql.literal(sql.onDialectOrElse({ pg: () => "GREATEST", orElse: () => "MAX" }))

    /** The rows that say something that no row before them said, as they are to be written. */
    const fresh = sql`r.source, r.at, r.body, r.message_ref, r.subject, r.status_rank,
      ${greatest}(r.folded, COALESCE((
        SELECT MAX(e.folded) FROM interline_events e WHERE e.subject = r.subject AND e.folded <> ${sql.literal(String(ranks.failed))}
      ), r.folded)),
      ${greatest}(r.corrects, CASE WHEN EXISTS (
        SELECT 1 FROM interline_events e WHERE e.message_ref = r.message_ref AND e.status_rank = ${sql.literal(String(ranks.failed))}
      ) THEN 1 ELSE 0 END)`

    const isNews = sql`(r.message_ref IS NULL OR NOT EXISTS (
      SELECT 1 FROM interline_events e WHERE e.message_ref = r.message_ref AND e.status_rank >= r.status_rank
    ))`

    const into = sql.literal("INSERT INTO interline_events (source, at, body, message_ref, subject, status_rank, folded, corrects)")

    const lock = sql`SELECT pg_advisory_xact_lock(${sql.literal(String(appendLock))})`

    const insert = (rows: ReadonlyArray<Written>): Effect.Effect<ReadonlyArray<Row>, SqlErrors.SqlError> => {
      const folding = sql<Row>`${into} SELECT ${fresh} FROM ${recordset(sql, columns, rows)} WHERE ${isNews} ORDER BY r.n
        ON CONFLICT (source) DO NOTHING RETURNING ${sql.literal(shown)}`
      return sql.onDialectOrElse({
        pg: () =>
          rows.some(({ message_ref: message }) => message !== undefined)
            // a statement does not see what was written while it waited for the lock; the one after it does
            ? sql.withTransaction(Effect.zipRight(lock, folding))
            : sql<Row>`WITH guard AS MATERIALIZED (SELECT pg_advisory_xact_lock(${appendLock}))
              INSERT INTO interline_events (source, at, body)
              SELECT r.source, r.at, r.body FROM guard CROSS JOIN ${recordset(sql, columns, rows)} ORDER BY r.n
              ON CONFLICT (source) DO NOTHING RETURNING ${sql.literal(shown)}`,
        orElse: () => folding
      })
    }

    const append: EventLogService["append"] = (events, sources) =>
      Store.run(
        "EventLog.append",
        Effect.gen(function*() {
          if (events.length === 0) return []
          const rows = yield* Effect.forEach(events, (event, n) =>
            Effect.zipWith(
              encode(event),
              sources?.[n] === undefined ? Uuid.mint : Effect.succeed(Store.indexed(sources[n])),
              (body, source): Written => ({ n, source, at: event.at, body, ...ranked(event) })
            ))
          const written = new Map((yield* insert(foldedAmong(rows))).map((row) => [row.source, row]))
          const known = rows.filter(({ source }) => !written.has(source)).map(({ source }) => source)
          if (known.length > 0) {
            for (const row of yield* sql<Row>`SELECT ${sql.literal(shown)} FROM interline_events WHERE ${sql.in("source", known)}`) {
              written.set(row.source, row)
            }
          }
          const entries = (yield* Effect.forEach(rows, ({ message_ref: message, n, source }) => {
            const row = written.get(source)
            const event = events[n]
            // it was no news
            if (row === undefined && message !== undefined) return Effect.succeed([])
            if (row === undefined || event === undefined) return Effect.dieMessage("an event was neither written nor there")
            return Effect.map(
              known.includes(source) ? entry(row) : Effect.succeed<GatewayEvent>({ id: row.id, ...settled(event, row) }),
              (found) => [found]
            )
          })).flat()
          yield* readers.wake(entries.reduce((most, { id }) => Math.max(most, id), 0))
          return entries
        })
      )

    const read: EventLogService["read"] = (after, limit) => Effect.map(fetch(after, limit), (found) => found.map(({ entry }) => entry))

    // --- readers ---

    const stream: EventLogService["stream"] = (after) =>
      Stream.unwrapScoped(
        Effect.map(readers.reader(after), ({ next }) => Stream.repeatEffectChunk(Effect.map(next, Chunk.unsafeFromArray)))
      )

    // one look for all readers at what other processes wrote
    const poll = Effect.suspend(() => readers.count() === 0 ? Effect.void : Effect.flatMap(latest, readers.wake))
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

    return { append, read, reader: readers.reader, stream, latest }
  })

/** Entries by id, for readers that know which they want. */
export const byIds = <I>(sql: SqlClient.SqlClient, schema: Schema.Schema<NewEvent, I>, ids: ReadonlyArray<number>) => {
  const decode = Schema.decodeUnknown(Schema.parseJson(schema))
  return Effect.flatMap(
    ids.length === 0 ? Effect.succeed([]) : sql<Row>`SELECT ${sql.literal(shown)} FROM interline_events WHERE ${sql.in("id", ids)}`,
    (rows) =>
      Effect.map(
        Effect.forEach(rows, (row) =>
          Effect.map(decode(row.body), (event): readonly [number, GatewayEvent] => [row.id, { id: row.id, ...settled(event, row) }])),
        (entries): ReadonlyMap<number, GatewayEvent> =>
          new Map(entries)
      )
  )
}
