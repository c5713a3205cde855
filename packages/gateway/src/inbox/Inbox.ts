/** The durable queue of webhook events. A webhook is answered when its events are in the queue. */
import type * as SqlClient from "@effect/sql/SqlClient"
import { ChatBook } from "@interline/core/ChatBook"
import type { Messaging } from "@interline/core/Messaging"
import type * as MessagingEvent from "@interline/core/MessagingEvent"
import { Ledger } from "@interline/router/Ledger"
import { Router } from "@interline/router/Router"
import { Archive } from "@interline/sql/Archive"
import { EventLog, type EventLogService } from "@interline/sql/EventLog"
import { IdMap } from "@interline/sql/IdMap"
import * as InboxTable from "@interline/sql/InboxTable"
import * as Queue from "@interline/sql/Queue"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Iterable from "effect/Iterable"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as ConfiguredNumbers from "../config/configuredNumbers.ts"
import { Callbacks, type CallbacksService } from "../events/Callbacks.ts"
import * as FindDelivery from "./findDelivery.ts"
import * as ProcessEvent from "./processEvent.ts"
import * as PublishRouterEvents from "./publishRouterEvents.ts"

/**
 * The recorded events of webhooks. Each event goes to the router, the archive, the event log and the callbacks. After that it is marked as
 * done. If a process dies in between, another process repeats the event. That does no harm, because every step accepts the same event
 * twice.
 *
 * The order: opt-outs and opt-ins go first. Receipts of different messages go side by side. All other events of one process go in the order
 * of arrival. An event that fails is tried 8 times in all, within half an hour. Then it is kept as failed, and logged.
 *
 * @category models
 */
export interface InboxService {
  /**
   * Ends when the events are recorded and their messages are in the archive. An event is left out if its carrier and id were put before.
   */
  readonly put: (events: ReadonlyArray<MessagingEvent.MessagingEvent>) => Effect.Effect<void>
  /** Waits until the queue is empty. */
  readonly idle: Effect.Effect<void>
  /** The number of events that wait. */
  readonly depth: Effect.Effect<number>
  /** The number of events that were kept as failed. */
  readonly failures: Effect.Effect<number>
}

/**
 * The tag of the webhook inbox.
 *
 * @category services
 */
export class Inbox extends Context.Tag("@interline/gateway/Inbox")<Inbox, InboxService>() {}

/**
 * How the queue works.
 *
 * @category models
 */
export interface Options {
  /** How long the ids of events are kept, to recognise an event that comes again (default: 30 days). */
  readonly keepFor?: Duration.DurationInput
  /** How soon this process sees events that other processes put or left unfinished (default: 500 milliseconds). */
  readonly pollEvery?: Duration.DurationInput
}

type Event = MessagingEvent.MessagingEvent
type Row = InboxTable.Row
type Pair = readonly [Row, Event]

/** The number of events in one batch. */
const batch = 64

/** An event that fails is tried 8 times in all, within half an hour. Then it is kept as failed. */
const repetition: Queue.Repetition = {
  waits: ["1 second", "4 seconds", "15 seconds", "1 minute", "4 minutes", "10 minutes", "10 minutes"]
}

/**
 * In milliseconds. A receipt may come before the answer of its send. The event is put off for this time, so that the answer can come first.
 */
const overtaking = 1_000

// After an opt-out, no message may go to the person. So opt-outs and opt-ins go before everything else, in their own order.
const urgencyOf = ({ _tag }: Event): number => _tag === "OptedOut" || _tag === "OptedIn" ? 0 : 1

/**
 * Splits events into lanes that run side by side. Receipts need no order among messages, so each message has its own lane. All other events
 * share one lane, in their order.
 */
const toLanes = (pairs: ReadonlyArray<Pair>): ReadonlyArray<ReadonlyArray<Pair>> => {
  const byLane = new Map<string, Array<Pair>>()
  for (const pair of pairs) {
    const [, event] = pair
    const lane = event._tag === "Status" ? `${event.fact.ref.carrierId}:${event.fact.ref.id}` : ""
    const known = byLane.get(lane)
    if (known === undefined) byLane.set(lane, [pair])
    else known.push(pair)
  }
  return Array.from(byLane.values())
}

interface Parts {
  readonly table: InboxTable.InboxTable
  readonly workOff: ProcessEvent.WorkOff
  readonly log: Pick<EventLogService, "append">
  readonly callbacks: Pick<CallbacksService, "enqueue">
}

/** Makes the function that processes a batch of rows. */
const makeBatch = ({ callbacks, log, table, workOff }: Parts) => {
  type Ready = ProcessEvent.Worked & { readonly _tag: "Ready" }

  const publish = (ready: ReadonlyArray<Ready>): Effect.Effect<void> =>
    Effect.flatMap(
      log.append(ready.map(({ entry }) => entry), ready.map(({ row }) => `inbox/${row.id}`)),
      callbacks.enqueue
    )

  /** Publishes a batch. If that fails, each event is tried alone, so that one bad event does not stop the others. */
  const publishEach = (ready: ReadonlyArray<Ready>): Effect.Effect<ReadonlyArray<ProcessEvent.Worked>> =>
    ready.length === 0 ? Effect.succeed([]) : Effect.catchAllCause(Effect.as(publish(ready), ready), () =>
      ready.length === 1
        ? Effect.succeed(ready.map(({ row }) => ProcessEvent.failed(row)))
        : Effect.map(Effect.forEach(ready, (one) => publishEach([one])), (all) => all.flat()))

  const tryLater = (row: Row, event: Event | undefined) =>
    Effect.gen(function*() {
      const wait = yield* Queue.waitAfter(repetition, row.attempts)
      if (Option.isSome(wait)) return yield* table.putOff([row], wait.value)
      const at = yield* Clock.currentTimeMillis
      yield* Effect.logError("an event of a webhook could not be worked off and is kept").pipe(
        Effect.annotateLogs({ carrier: row.carrier_id, row: row.id, event: event === undefined ? "unreadable" : event._tag })
      )
      return yield* table.giveUp(row, at)
    })

  return (rows: ReadonlyArray<Row>) =>
    Effect.gen(function*() {
      const read = yield* Effect.forEach(
        rows,
        (row) => Effect.map(Effect.exit(InboxTable.readEvent(row)), (event) => [row, event] as const)
      )
      const readable = read.flatMap(([row, event]) => Exit.isSuccess(event) ? [[row, event.value] as const] : [])
      const events = new Map(readable.map(([{ id }, event]) => [id, event]))
      const all = (yield* Effect.forEach(toLanes(readable), (lane) =>
        Effect.forEach(lane, ([row, event]) => workOff.run(row, event)), { concurrency: 8 })).flat()
      const ready = all.flatMap((one) =>
        one._tag === "Ready" ? [one] : []
      ).toSorted((left, right) => left.row.id - right.row.id)
      const published = yield* publishEach(ready)
      const quiet = all.filter(({ _tag }) => _tag === "Quiet")
      yield* table.finish([...published.filter(({ _tag }) => _tag === "Ready"), ...quiet].map(({ row }) => row))
      const broken = [
        ...read.flatMap(([row, event]) => Exit.isFailure(event) ? [row] : []),
        ...[...all, ...published].flatMap((one) => one._tag === "Failed" ? [one.row] : [])
      ]
      yield* Effect.forEach(broken, (row) => tryLater(row, events.get(row.id)), { discard: true })
      yield* table.putOff(all.flatMap((one) => one._tag === "Early" ? [one.row] : []), overtaking)
    })
}

type Services = SqlClient.SqlClient | Router | Messaging | Ledger | ChatBook | IdMap | Archive | EventLog | Callbacks

/**
 * The queue in the database. All gateways on the database process it. It also publishes decisions of the router to the event log and the
 * callbacks: those that a person would want to know.
 *
 * @category constructors
 */
export const make = (options: Options = {}): Effect.Effect<InboxService, never, Services | Scope.Scope> =>
  Effect.gen(function*() {
    const archive = yield* Archive
    const callbacks = yield* Callbacks
    const log = yield* EventLog
    const router = yield* Router
    const find = FindDelivery.make({
      archive,
      ledger: yield* Ledger,
      ids: yield* IdMap,
      chats: yield* ChatBook,
      carriers: yield* ConfiguredNumbers.configured
    })
    const workOff = ProcessEvent.make({ archive, find, router })
    const table = yield* InboxTable.make({ keepFor: Duration.toMillis(options.keepFor ?? "30 days") })
    const runBatch = makeBatch({ callbacks, log, table, workOff })
    const { idle, wake } = yield* Queue.make({
      table,
      // One batch at a time, so that the events of one process stay in their order.
      allow: (inHand) => Iterable.isEmpty(inHand) ? batch : undefined,
      prepare: (rows) => Effect.succeed([{ rows, run: runBatch(rows) }]),
      pollEvery: options.pollEvery ?? "500 millis",
      complaint: "the inbox cannot be read"
    })

    const put: InboxService["put"] = (events) =>
      events.length === 0 ? Effect.void : Effect.gen(function*() {
        const at = yield* Clock.currentTimeMillis
        const rows = events.map((event): InboxTable.NewRow => ({ event: ProcessEvent.markLate(event, at), urgency: urgencyOf(event) }))
        yield* Effect.uninterruptible(Effect.zipRight(table.put(rows, at), wake))
        yield* Effect.forEach(events, (event) => workOff.applyOptOut(event, at), { discard: true })
        yield* Effect.forEach(events, (event) => workOff.showMessage(event, at), { discard: true })
      })

    yield* PublishRouterEvents.make({ callbacks, find, log, router })

    return { put, idle, depth: table.depth, failures: table.failures }
  })

/**
 * The inbox as a layer. It works until its scope ends.
 *
 * @category layers
 */
export const layer = (options?: Options): Layer.Layer<Inbox, never, Services> => Layer.scoped(Inbox, make(options))
