/** The queue of webhooks' events, and the one who works it off. */
import * as SqlClient from "@effect/sql/SqlClient"
import type { DeliveryId } from "@interline/core/DeliveryId"
import type { DeliveryStatus } from "@interline/core/DeliveryStatus"
import * as Message from "@interline/core/Message"
import * as MessagingEvent from "@interline/core/MessagingEvent"
import type { RouterService } from "@interline/router/Router"
import type { RouterEvent } from "@interline/router/RouterEvent"
import type { ArchiveService } from "@interline/sql/Archive"
import * as Digest from "@interline/sql/Digest"
import type { EventLogService, NewEvent } from "@interline/sql/EventLog"
import * as JsonColumn from "@interline/sql/JsonColumn"
import { recordset } from "@interline/sql/Recordset"
import * as Store from "@interline/sql/Store"
import * as Chunk from "effect/Chunk"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { CallbacksService } from "../events/Callbacks.ts"
import * as EventTypes from "../events/eventTypes.ts"
import type { Finder } from "./findDelivery.ts"
import type { InboxService, Options } from "./Inbox.ts"

export interface Setup {
  readonly router: RouterService
  readonly archive: ArchiveService
  readonly log: EventLogService
  readonly callbacks: CallbacksService
  readonly find: Finder
  readonly options: Options
}

interface Row {
  readonly id: number
  readonly carrier_id: string
  readonly at: number
  readonly urgency: number
  readonly attempts: number
  readonly body: string
}

const Body = Schema.parseJson(MessagingEvent.MessagingEvent)
const encode = JsonColumn.makeEncoder(MessagingEvent.MessagingEvent)
const decode = Schema.decode(Body)

const batch = 64

// longer than a batch takes; a dead process's rows come up after it
const lease = 60_000

/** How long one event may take; one that hangs is put off like one that fails. */
const patience = "30 seconds"

/** When it is done again after a first, second, … time that failed; after the last one it is kept as failed. About half an hour in all. */
const waits = [1_000, 4_000, 15_000, 60_000, 240_000, 600_000, 600_000] as const

/** How long the answer of a send may take that a receipt was faster than. */
const overtaking = 1_000

// nobody may be written to who said no: that goes before everything else, in its own order
const urgencyOf = ({ _tag }: MessagingEvent.MessagingEvent): number => _tag === "OptedOut" || _tag === "OptedIn" ? 0 : 1

/** An end that is as it should be is none. */
const isWorthTelling = (event: RouterEvent): boolean =>
  EventTypes.isTold[event._tag] && !(event._tag === "Concluded" && (event.outcome === "accepted" || event.outcome === "held"))

/** An opt-out that is late must not pass for a recent one: what has no time of its own was said no later than it came. An opt-in without a time lifts nothing. */
const timed = (event: MessagingEvent.MessagingEvent, at: number): MessagingEvent.MessagingEvent =>
  event.at === undefined && event._tag === "OptedOut" ? { ...event, at: new Date(at).toISOString() } : event

/** A message that was written long before it came is history. */
const marked = (event: MessagingEvent.MessagingEvent, at: number): MessagingEvent.MessagingEvent => {
  if (event._tag !== "Received") return event
  const message = Message.arrived(event.message, at)
  return message === event.message ? event : { ...event, message }
}

type Worked =
  | { readonly _tag: "Ready"; readonly row: Row; readonly entry: NewEvent }
  | { readonly _tag: "Early"; readonly row: Row }
  | { readonly _tag: "Quiet"; readonly row: Row }
  | { readonly _tag: "Failed"; readonly row: Row }

const failed = (row: Row): Worked => ({ _tag: "Failed", row })

/** Receipts do not mind their order, so they go side by side, those of one message one after another; the rest goes in its order. */
const lanes = (
  rows: ReadonlyArray<readonly [Row, MessagingEvent.MessagingEvent]>
): ReadonlyArray<ReadonlyArray<readonly [Row, MessagingEvent.MessagingEvent]>> => {
  const byLane = new Map<string, Array<readonly [Row, MessagingEvent.MessagingEvent]>>()
  for (const pair of rows) {
    const [, event] = pair
    const lane = event._tag === "Status" ? `${event.fact.ref.carrierId}:${event.fact.ref.id}` : ""
    const known = byLane.get(lane)
    if (known === undefined) byLane.set(lane, [pair])
    else known.push(pair)
  }
  return Array.from(byLane.values())
}

export const make = (
  { archive, callbacks, find, log, options, router }: Setup
): Effect.Effect<InboxService, never, SqlClient.SqlClient | Scope.Scope> =>
  Effect.gen(function*() {
    const sql = yield* SqlClient.SqlClient
    const keepFor = Duration.toMillis(options.keepFor ?? "30 days")
    const pollEvery = Duration.decode(options.pollEvery ?? "500 millis")
    const now = Store.now(sql)
    const until = Store.until(sql)
    const arrived = yield* Effect.makeLatch(false)
    const worked = yield* Effect.makeLatch(false)

    /**
     * A message is in the lists before its webhook is answered. What fails here is done when the event is worked off, so it does
     * not fail the webhook: its events are written down.
     */
    const shown = (event: MessagingEvent.MessagingEvent, at: number): Effect.Effect<void> => {
      const told = marked(event, at)
      return told._tag !== "Received" || told.message.direction !== "inbound" ?
        Effect.void :
        Effect.flatMap(
          find(told),
          ({ conversation, deliveryId }) => deliveryId === undefined ? archive.recordArrival(told.message, conversation, at) : Effect.void
        ).pipe(
          Effect.catchAllCause(() => Effect.void)
        )
    }

    /**
     * An opt-out holds before its webhook is answered: it waits for no event that came before it. What fails here fails the webhook, and the carrier
     * tells it again. The queue takes it in once more, without harm.
     */
    const held = (event: MessagingEvent.MessagingEvent, at: number): Effect.Effect<void> =>
      event._tag === "OptedOut" ? router.observe(timed(event, at)) : Effect.void

    const put: InboxService["put"] = (events) =>
      events.length === 0 ? Effect.void : Effect.flatMap(Clock.currentTimeMillis, (at) =>
        Effect.zipRight(
          Effect.zipRight(written(events, at), Effect.forEach(events, (event) => held(event, at), { discard: true })),
          Effect.forEach(events, (event) => shown(event, at), { discard: true })
        ))

    const written = (events: ReadonlyArray<MessagingEvent.MessagingEvent>, at: number): Effect.Effect<void> =>
      Store.runStatement(
        "Inbox.put",
        Effect.gen(function*() {
          const rows = yield* Effect.forEach(events, (event, n) =>
            Effect.map(encode(marked(event, at)), (body) => ({
              n,
              carrier_id: event.carrierId,
              // a vendor's id may be of any length and hold anything
              event_id: event.id === undefined ? null : Digest.of(event.id),
              urgency: urgencyOf(event),
              body
            })))
          const columns = { n: "bigint", carrier_id: "text", event_id: "text", urgency: "bigint", body: "text" } as const
          yield* sql`INSERT INTO interline_inbox (carrier_id, event_id, at, urgency, attempts, due_at, body)
            SELECT r.carrier_id, r.event_id, ${sql.literal(String(at))}, r.urgency, 0, ${now}, r.body
            FROM ${recordset(sql, columns, rows)} WHERE true ORDER BY r.n
            ON CONFLICT (carrier_id, event_id) DO NOTHING`
          yield* arrived.release
        })
      )

    // --- one event ---

    const work = (row: Row, event: MessagingEvent.MessagingEvent): Effect.Effect<Worked> =>
      Effect.gen(function*() {
        yield* router.observe(timed(event, row.at))
        const subject = yield* find(event)
        const at = yield* Clock.currentTimeMillis
        const entry = (): Worked => ({ _tag: "Ready", row, entry: { at, ...subject, event: { kind: "carrier", data: event } } })
        switch (event._tag) {
          case "Status":
            // it may have overtaken the answer that says whose message this is; how long ago it came is a question of two processes' clocks
            if (subject.deliveryId === undefined && row.attempts === 1) return { _tag: "Early", row } as const
            yield* archive.recordStatus(subject.deliveryId, event.fact, event.failure, row.at)
            if (MessagingEvent.isHint(event)) return { _tag: "Quiet", row } as const
            return {
              _tag: "Ready",
              row,
              entry: {
                at,
                ...subject,
                status: yield* folded(subject.deliveryId, event.fact.status),
                event: { kind: "carrier", data: event }
              }
            } as const
          case "Received":
            // a message of a delivery is in the archive as that
            if (subject.deliveryId === undefined) yield* archive.recordMessage(event.message, subject.conversation, row.at)
            return entry()
          default:
            return entry()
        }
      })

    /** The status of the delivery after what was just heard, or of the one message. */
    const folded = (deliveryId: DeliveryId | undefined, status: DeliveryStatus): Effect.Effect<DeliveryStatus> =>
      deliveryId === undefined
        ? Effect.succeed(status)
        : Effect.map(archive.report(deliveryId), Option.match({ onNone: () => status, onSome: (report) => report.status }))

    const guarded = (row: Row, event: MessagingEvent.MessagingEvent): Effect.Effect<Worked> =>
      work(row, event).pipe(
        Effect.interruptible,
        // what cannot be interrupted is left to itself; it takes an event twice without harm
        Effect.disconnect,
        Effect.timeoutTo({ duration: patience, onSuccess: (done) => done, onTimeout: () => failed(row) }),
        Effect.catchAllCause(() => Effect.succeed(failed(row)))
      )

    // --- a batch ---

    const locked = sql.literal(sql.onDialectOrElse({ pg: () => "FOR UPDATE SKIP LOCKED", orElse: () => "" }))

    const take = Effect.map(
      sql<Row>`UPDATE interline_inbox SET due_at = ${until(lease)}, attempts = attempts + 1
        WHERE due_at <= ${now} AND id IN (
          SELECT id FROM interline_inbox WHERE due_at <= ${now} ORDER BY urgency, id LIMIT ${batch} ${locked}
        ) RETURNING id, carrier_id, at, urgency, attempts, body`,
      (rows) => rows.toSorted((left, right) => left.urgency - right.urgency || left.id - right.id)
    )

    const publish = (ready: ReadonlyArray<Worked & { readonly _tag: "Ready" }>): Effect.Effect<void> =>
      Effect.flatMap(
        log.append(ready.map(({ entry }) => entry), ready.map(({ row }) => `inbox/${row.id}`)),
        callbacks.published
      )

    /** Those that could be published; one that cannot does not keep the others. */
    const publishable = (ready: ReadonlyArray<Worked & { readonly _tag: "Ready" }>): Effect.Effect<ReadonlyArray<Worked>> =>
      ready.length === 0 ? Effect.succeed([]) : Effect.catchAllCause(Effect.as(publish(ready), ready), () =>
        ready.length === 1
          ? Effect.succeed(ready.map(({ row }) => failed(row)))
          : Effect.map(Effect.forEach(ready, (one) => publishable([one])), (all) => all.flat()))

    const done = (rows: ReadonlyArray<Row>) =>
      rows.length === 0
        ? Effect.void
        : sql`UPDATE interline_inbox SET due_at = NULL, body = NULL WHERE ${sql.in("id", rows.map(({ id }) => id))}`

    const later = ({ attempts, carrier_id: carrier, id }: Row, event: MessagingEvent.MessagingEvent | undefined) =>
      Effect.gen(function*() {
        const wait = waits[attempts - 1]
        if (wait !== undefined) return yield* sql`UPDATE interline_inbox SET due_at = ${until(wait)} WHERE id = ${id}`
        const at = yield* Clock.currentTimeMillis
        yield* Effect.logError("an event of a webhook could not be worked off and is kept").pipe(
          Effect.annotateLogs({ carrier, row: id, event: event === undefined ? "unreadable" : event._tag })
        )
        return yield* sql`UPDATE interline_inbox SET due_at = NULL, failed_at = ${at} WHERE id = ${id}`
      })

    const round = Effect.gen(function*() {
      const rows = yield* take
      if (rows.length === 0) return false
      const read = yield* Effect.forEach(rows, (row) => Effect.map(Effect.exit(decode(row.body)), (event) => [row, event] as const))
      const readable = read.flatMap(([row, event]) => Exit.isSuccess(event) ? [[row, event.value] as const] : [])
      const events = new Map(readable.map(([{ id }, event]) => [id, event]))
      const all = (yield* Effect.forEach(lanes(readable), (lane) =>
        Effect.forEach(lane, ([row, event]) => guarded(row, event)), { concurrency: 8 })).flat()
      const ready = all.flatMap((one) =>
        one._tag === "Ready" ? [one] : []
      ).toSorted((left, right) => left.row.id - right.row.id)
      const published = yield* publishable(ready)
      const quiet = all.filter(({ _tag }) => _tag === "Quiet")
      yield* done([...published.filter(({ _tag }) => _tag === "Ready"), ...quiet].map(({ row }) => row))
      const broken = [
        ...read.flatMap(([row, event]) => Exit.isFailure(event) ? [row] : []),
        ...[...all, ...published].flatMap((one) => one._tag === "Failed" ? [one.row] : [])
      ]
      yield* Effect.forEach(broken, (row) => later(row, events.get(row.id)), { discard: true })
      const early = all.flatMap((one) => one._tag === "Early" ? [one.row.id] : [])
      if (early.length > 0) yield* sql`UPDATE interline_inbox SET due_at = ${until(overtaking)} WHERE ${sql.in("id", early)}`
      return true
    }).pipe(
      // a process that ends finishes the batch in hand; one that dies leaves it to the others
      Effect.uninterruptible,
      Effect.tap(() => worked.release),
      Effect.catchAllCause(() => Effect.as(Effect.logWarning("the inbox cannot be read"), false))
    )

    yield* Effect.flatMap(round, (more) => more ? Effect.yieldNow() : Effect.race(arrived.await, Effect.sleep(pollEvery))).pipe(
      Effect.withTracerEnabled(false),
      Effect.forever,
      Effect.interruptible,
      Effect.forkScoped
    )

    // --- decisions ---

    const decided = (events: Chunk.Chunk<RouterEvent>): Effect.Effect<void> => {
      const worth = Chunk.toReadonlyArray(events).filter(isWorthTelling)
      return worth.length === 0 ? Effect.void : Effect.gen(function*() {
        const at = yield* Clock.currentTimeMillis
        const entries = yield* Effect.forEach(
          worth,
          (event) => Effect.map(find.decision(event), (subject): NewEvent => ({ at, ...subject, event: { kind: "router", data: event } }))
        )
        yield* Effect.flatMap(log.append(entries), callbacks.published)
      }).pipe(Effect.catchAllCause(() => Effect.logWarning("decisions of the router could not be written to the event log")))
    }

    yield* Effect.forkScoped(Stream.runForEachChunk(router.events, decided))

    // ids are kept longer than any vendor repeats a webhook
    yield* Store.forgetOldRows("inbox", [
      (sql, now) =>
        sql`DELETE FROM interline_inbox WHERE id IN
          (SELECT id FROM interline_inbox WHERE at < ${now - keepFor} AND due_at IS NULL ORDER BY at LIMIT ${Store.batch}) RETURNING id`
    ])

    const waiting = Store.runStatement(
      "Inbox.idle",
      Effect.map(sql`SELECT 1 AS one FROM interline_inbox WHERE due_at IS NOT NULL LIMIT 1`, (rows) => rows.length > 0)
    )

    const idle: InboxService["idle"] = Effect.flatMap(
      waiting,
      (more) => more ? Effect.zipRight(Effect.race(worked.await, Effect.sleep("100 millis")), idle) : Effect.void
    )

    const depth = Store.runStatement(
      "Inbox.depth",
      Effect.map(
        sql<{ readonly waiting: number }>`SELECT count(*) AS waiting FROM interline_inbox WHERE due_at IS NOT NULL`,
        ([row]) => Number(row?.waiting)
      )
    )

    const failures = Store.runStatement(
      "Inbox.failures",
      Effect.map(
        sql<{ readonly failures: number }>`SELECT count(*) AS failures FROM interline_inbox WHERE failed_at IS NOT NULL`,
        ([row]) => Number(row?.failures)
      )
    )

    return { put, idle, depth, failures }
  })
