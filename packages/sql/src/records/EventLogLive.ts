/** The event log in the database: one table, read in the order of its ids. */
import * as SqlClient from "@effect/sql/SqlClient"
import type * as SqlError from "@effect/sql/SqlError"
import * as Defect from "@interline/core/Defect"
import * as DeliveryStatus from "@interline/core/DeliveryStatus"
import * as Uuid from "@interline/core/Uuid"
import * as Chunk from "effect/Chunk"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { recordset } from "../database/recordset.ts"
import * as Store from "../database/Store.ts"
import * as EventLog from "./EventLog.ts"
import * as EventReaders from "./eventReaders.ts"
import * as EventRows from "./eventRows.ts"
import type * as SharedEntries from "./sharedEntries.ts"

/**
 * How the log is kept.
 *
 * @category models
 */
export interface Options {
  /** How long an entry can be read (default: 30 days). Older entries are removed in the background. */
  readonly keepFor?: Duration.DurationInput
  /** How soon a reader sees what another process wrote (default: 500 milliseconds). What this process writes it sees at once. */
  readonly pollEvery?: Duration.DurationInput
}

/**
 * The number of the lock. Any number works, but it must be the same in every process. The lock is needed because PostgreSQL gives a row its
 * id before the row is visible. A reader that has seen a higher id would miss the row. So a process that appends holds this lock until its
 * rows are visible, and ids become visible in their order. The rows are joined with the lock, so that no row gets an id before the lock is
 * held. SQLite has only one writer at a time.
 */
const appendLock = 4_846_228

/** Inserts rows. The result is the rows that were written. */
const makeInsert = (sql: SqlClient.SqlClient) => {
  const columns = sql.literal(EventRows.columns)
  const failed = sql.literal(String(DeliveryStatus.ranks.failed))
  const greatest = sql.literal(sql.onDialectOrElse({ pg: () => "GREATEST", orElse: () => "MAX" }))

  /** The columns of new rows, in the form in which they are written. */
  const fresh = sql`r.source, r.at, r.body, r.message_ref, r.subject, r.status_rank,
    ${greatest}(r.folded, COALESCE((
      SELECT MAX(e.folded) FROM interline_events e WHERE e.subject = r.subject AND e.folded <> ${failed}
    ), r.folded)),
    ${greatest}(r.corrects, CASE WHEN EXISTS (
      SELECT 1 FROM interline_events e WHERE e.message_ref = r.message_ref AND e.status_rank = ${failed}
    ) THEN 1 ELSE 0 END)`

  const isNews = sql`(r.message_ref IS NULL OR NOT EXISTS (
    SELECT 1 FROM interline_events e WHERE e.message_ref = r.message_ref AND e.status_rank >= r.status_rank
  ))`

  const into = sql.literal("INSERT INTO interline_events (source, at, body, message_ref, subject, status_rank, folded, corrects)")

  const lock = sql`SELECT pg_advisory_xact_lock(${sql.literal(String(appendLock))})`

  return (rows: ReadonlyArray<EventRows.NewRow>): Effect.Effect<ReadonlyArray<EventRows.Row>, SqlError.SqlError> => {
    const given = recordset(sql, EventRows.newColumns, rows)
    const folding = sql<EventRows.Row>`${into} SELECT ${fresh} FROM ${given} WHERE ${isNews} ORDER BY r.n
      ON CONFLICT (source) DO NOTHING RETURNING ${columns}`
    return sql.onDialectOrElse({
      pg: () =>
        rows.some(({ message_ref: message }) => message !== undefined)
          // A statement does not see rows that were written while it waited for the lock. The next statement sees them.
          ? sql.withTransaction(Effect.zipRight(lock, folding))
          : sql<EventRows.Row>`WITH guard AS MATERIALIZED (SELECT pg_advisory_xact_lock(${appendLock}))
            INSERT INTO interline_events (source, at, body)
            SELECT r.source, r.at, r.body FROM guard CROSS JOIN ${given} ORDER BY r.n
            ON CONFLICT (source) DO NOTHING RETURNING ${columns}`,
      orElse: () => folding
    })
  }
}

const makeAppend = (
  sql: SqlClient.SqlClient,
  wake: EventReaders.Readers["wake"]
): EventLog.EventLogService["append"] => {
  const insert = makeInsert(sql)
  const columns = sql.literal(EventRows.columns)

  return (events, sources) =>
    Store.runStatement(
      "EventLog.append",
      Effect.gen(function*() {
        if (events.length === 0) return []
        const rows = yield* Effect.forEach(events, (event, n) =>
          Effect.zipWith(
            EventRows.encode(event),
            sources?.[n] === undefined ? Uuid.mint : Effect.succeed(Store.toIndexable(sources[n])),
            (body, source): EventRows.NewRow => ({ n, source, at: event.at, body, ...EventRows.rank(event) })
          ))
        const written = new Map((yield* insert(EventRows.foldAmong(rows))).map((row) => [row.source, row]))
        const known = rows.filter(({ source }) => !written.has(source)).map(({ source }) => source)
        if (known.length > 0) {
          for (const row of yield* sql<EventRows.Row>`SELECT ${columns} FROM interline_events WHERE ${sql.in("source", known)}`) {
            written.set(row.source, row)
          }
        }
        const entries = (yield* Effect.forEach(rows, ({ message_ref: message, n, source }) => {
          const row = written.get(source)
          const event = events[n]
          // The status said nothing new, so no row was written.
          if (row === undefined && message !== undefined) return Effect.succeed([])
          if (row === undefined || event === undefined) return Effect.dieMessage("an event was neither written nor there")
          return Effect.map(
            known.includes(source) ? EventRows.decode(row) : Effect.succeed(EventRows.toEntry(event, row)),
            (found) => [found]
          )
        })).flat()
        yield* wake(entries.reduce((most, { id }) => Math.max(most, id), 0))
        return entries
      })
    )
}

/**
 * The log in the database. All gateways on the database share it.
 *
 * @category constructors
 */
export const make = (options: Options = {}): Effect.Effect<EventLog.EventLogService, never, SqlClient.SqlClient | Scope.Scope> =>
  Effect.gen(function*() {
    const sql = yield* SqlClient.SqlClient
    const keepFor = Duration.toMillis(options.keepFor ?? "30 days")
    const pollEvery = Duration.decode(options.pollEvery ?? "500 millis")

    const fetch = (after: number, limit: number): Effect.Effect<ReadonlyArray<SharedEntries.Shared>> =>
      Store.runStatement(
        "EventLog.read",
        Effect.flatMap(
          sql<EventRows.Row>`SELECT ${sql.literal(EventRows.columns)} FROM interline_events WHERE id > ${after} ORDER BY id LIMIT ${limit}`,
          (rows) => Effect.forEach(rows, (row) => Effect.map(EventRows.decode(row), (entry) => ({ entry, size: row.body.length })))
        )
      )

    const latest = Store.runStatement(
      "EventLog.latest",
      Effect.map(sql<{ readonly id: number | null }>`SELECT MAX(id) AS id FROM interline_events`, ([row]) => row?.id ?? 0)
    )

    const readers = yield* EventReaders.make(fetch, latest)

    const stream: EventLog.EventLogService["stream"] = (after) =>
      Stream.unwrapScoped(
        Effect.map(readers.reader(after), ({ next }) => Stream.repeatEffectChunk(Effect.map(next, Chunk.unsafeFromArray)))
      )

    // One look for all readers finds entries that other processes wrote.
    const poll = Effect.suspend(() => readers.count() === 0 ? Effect.void : Effect.flatMap(latest, readers.wake))
    yield* poll.pipe(
      Effect.catchAllCause((cause) => Defect.logUnlessSaid(cause, Effect.logWarning("the event log cannot be read"))),
      Effect.zipRight(Effect.sleep(pollEvery)),
      Effect.forever,
      Effect.interruptible,
      Effect.forkScoped
    )

    yield* Store.forgetOldRows("events", [
      (sql, now) =>
        sql`DELETE FROM interline_events WHERE id IN
          (SELECT id FROM interline_events WHERE at < ${now - keepFor} ORDER BY at LIMIT ${Store.batch}) RETURNING id`
    ])

    return {
      append: makeAppend(sql, readers.wake),
      read: (after, limit) => Effect.map(fetch(after, limit), (found) => found.map(({ entry }) => entry)),
      reader: readers.reader,
      stream,
      latest
    }
  })

/**
 * The event log as a layer. It forgets old events until its scope ends.
 *
 * @category layers
 */
export const layer = (options?: Options): Layer.Layer<EventLog.EventLog, never, SqlClient.SqlClient> =>
  Layer.scoped(EventLog.EventLog, make(options))
