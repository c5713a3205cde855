/** The durable queue of webhook events. A webhook is answered when its events are in the queue. */
import type * as SqlClient from "@effect/sql/SqlClient"
import { ChatBook } from "@interline/core/ChatBook"
import * as Defect from "@interline/core/Defect"
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
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import * as ConfiguredNumbers from "../config/configuredNumbers.ts"
import { Callbacks, type CallbacksService } from "../events/Callbacks.ts"
import * as EventLane from "./eventLane.ts"
import * as FindDelivery from "./findDelivery.ts"
import * as ProcessEvent from "./processEvent.ts"
import * as PublishRouterEvents from "./publishRouterEvents.ts"

/**
 * The recorded events of webhooks. Each event goes to the router, the archive, the event log and the callbacks. After that it is marked as
 * done. If a process dies in between, the next owner of its shard repeats the event. That does no harm, because every step accepts the same
 * event twice.
 *
 * The order: opt-outs and opt-ins go first, and nothing holds them back. The events of one conversation go in the order of arrival, and so do
 * the statuses of one message. An event that fails is tried 8 times in all, within half an hour. Meanwhile the later events of its
 * conversation or message wait, and no others. Then it is kept as failed, and logged.
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
  /** The events that were kept as failed, the newest first. */
  readonly failed: (limit: number) => Effect.Effect<ReadonlyArray<InboxTable.FailedEvent>>
  /** What an operator can do with the queue. While it is paused, webhooks are recorded, and opt-outs still take effect. */
  readonly queue: Queue.Operation
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
  /** How soon this process sees events that other processes put (default: 500 milliseconds). */
  readonly pollEvery?: Duration.DurationInput
}

type Event = MessagingEvent.MessagingEvent
type Row = InboxTable.Row
type Pair = readonly [Row, Either.Either<Event, unknown>]

/** The number of events in one batch. */
const batch = 64

/** The number of events in hand. */
const mostInHand = 4 * batch

/** In milliseconds. While a batch is this young, the next events wait for it, so that they share their statements. */
const youth = 500

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

/** How many events may be taken. A batch that lasts does not keep other conversations waiting. */
const allowBeside = (inHand: ReadonlyArray<Queue.InHand<Row>>, now: number): number | undefined => {
  const newest = inHand.reduce((newest, { since }) => Math.max(newest, since), -Infinity)
  return inHand.length === 0 || (inHand.length < mostInHand && Math.abs(now - newest) >= youth) ? batch : undefined
}

/** Splits events into lanes that run side by side. */
const toLanes = (pairs: ReadonlyArray<Pair>): ReadonlyArray<ReadonlyArray<Pair>> => {
  const byLane = new Map<string, Array<Pair>>()
  for (const pair of pairs) {
    const lane = pair[0].lane ?? ""
    const known = byLane.get(lane)
    if (known === undefined) byLane.set(lane, [pair])
    else known.push(pair)
  }
  return Array.from(byLane.values())
}

/** A later event of the lane must wait for this one. An opt-out waits for nothing. */
const holdsBack = ({ _tag, row }: ProcessEvent.Worked): boolean => row.urgency > 0 && (_tag === "Failed" || _tag === "Early")

interface Parts {
  readonly workOff: ProcessEvent.WorkOff
  readonly log: Pick<EventLogService, "append">
  readonly callbacks: Pick<CallbacksService, "enqueue">
}

/** Makes the function that processes a batch of rows. */
const makeBatch = ({ callbacks, log, workOff }: Parts) => {
  type Worked = ProcessEvent.Worked
  type Ready = Worked & { readonly _tag: "Ready" }

  const publish = (ready: ReadonlyArray<Ready>): Effect.Effect<void> =>
    Effect.flatMap(
      log.append(ready.map(({ entry }) => entry), ready.map(({ row }) => `inbox/${row.id}`)),
      callbacks.enqueue
    )

  /** Publishes events one by one, so that one bad event stops only its lane. */
  const publishAlone = (ready: ReadonlyArray<Ready>): Effect.Effect<ReadonlyArray<Worked>> =>
    Effect.suspend(() => {
      const stopped = new Set<string | null>()
      return Effect.map(
        Effect.forEach(ready, (one): Effect.Effect<ReadonlyArray<Worked>> =>
          stopped.has(one.row.lane) ? Effect.succeed([]) : Effect.catchAllCause(Effect.as(publish([one]), [one]), (cause) => {
            const failed = ProcessEvent.failed(one.row, Defect.namesIn(cause))
            if (holdsBack(failed)) {
              stopped.add(one.row.lane)
            }
            return Effect.succeed([failed])
          })),
        (all) =>
          all.flat()
      )
    })

  const publishAll = (ready: ReadonlyArray<Ready>): Effect.Effect<ReadonlyArray<Worked>> =>
    ready.length === 0 ? Effect.succeed([]) : Effect.catchAllCause(Effect.as(publish(ready), ready), () => publishAlone(ready))

  /** Works on the events of a lane, one after another. It stops at an event that holds back the others. */
  const runLane = (lane: ReadonlyArray<Pair>): Effect.Effect<ReadonlyArray<Worked>> =>
    Effect.gen(function*() {
      const worked: Array<Worked> = []
      let isWaitedFor = false
      for (const [row, event] of lane) {
        const one = Either.isLeft(event)
          ? ProcessEvent.failed(row, "it cannot be read")
          : yield* workOff.run(row, event.right, row.attempts === 1 && !isWaitedFor)
        worked.push(one)
        if (holdsBack(one)) break
        isWaitedFor ||= Either.isRight(event) && event.right._tag === "Status"
      }
      return worked
    })

  const runLanes = (lanes: ReadonlyArray<ReadonlyArray<Pair>>): Effect.Effect<ReadonlyArray<Worked>> => {
    const [first, ...others] = lanes
    return others.length === 0
      ? runLane(first ?? [])
      : Effect.map(Effect.forEach(lanes, runLane, { concurrency: 8 }), (all) => all.flat())
  }

  const toResult = (worked: Worked): readonly [Row, Queue.Outcome] => {
    switch (worked._tag) {
      case "Ready":
      case "Quiet":
        return [worked.row, { _tag: "Done" }]
      case "Early":
        return [worked.row, { _tag: "Early", millis: overtaking }]
      case "Failed":
        return [worked.row, { _tag: "Failed", why: worked.why }]
    }
  }

  return (rows: ReadonlyArray<Row>): Effect.Effect<Queue.Results<Row>> =>
    Effect.gen(function*() {
      const pairs = yield* Effect.forEach(
        rows,
        (row) => Effect.map(Effect.either(InboxTable.readEvent(row)), (event): Pair => [row, event])
      )
      const isUrgent = ([{ urgency }]: Pair): boolean => urgency === 0
      const urgent = yield* runLanes(toLanes(pairs.filter(isUrgent)))
      const all = [...urgent, ...yield* runLanes(toLanes(pairs.filter((pair) => !isUrgent(pair))))]
      const ready = all.flatMap((one) => one._tag === "Ready" ? [one] : []).toSorted((left, right) => left.row.id - right.row.id)
      const published = yield* publishAll(ready)
      return [...published, ...all.filter(({ _tag }) => _tag !== "Ready")].map(toResult)
    })
}

type Services = SqlClient.SqlClient | Router | Messaging | Ledger | ChatBook | IdMap | Archive | EventLog | Callbacks

/**
 * The queue in the database. Each gateway processes the events of its shards. It also publishes decisions of the router to the event log and the
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
    const carriers = yield* ConfiguredNumbers.configured
    const laneOf = EventLane.make(carriers)
    const find = FindDelivery.make({
      archive,
      ledger: yield* Ledger,
      ids: yield* IdMap,
      chats: yield* ChatBook,
      carriers
    })
    const workOff = ProcessEvent.make({ archive, find, router })
    const table = yield* InboxTable.make({ keepFor: Duration.toMillis(options.keepFor ?? "30 days") })
    const runBatch = makeBatch({ callbacks, log, workOff })
    const { idle, operation, wake } = yield* Queue.make({
      table,
      allow: allowBeside,
      prepare: (rows) => Effect.succeed([{ rows, run: runBatch(rows) }]),
      repetition,
      onGivenUp: (row, why) =>
        Effect.flatMap(Effect.either(InboxTable.readEvent(row)), (event) =>
          Effect.logError(
            "an event of a webhook could not be worked off and is kept; an opt-out may be in it: GET /v1/failed-events says why"
          ).pipe(
            Effect.annotateLogs({
              carrier: row.carrier_id,
              row: row.id,
              event: Either.isLeft(event) ? "unreadable" : event.right._tag,
              why
            })
          )),
      pollEvery: options.pollEvery ?? "500 millis",
      complaint: "the inbox cannot be read"
    })

    const put: InboxService["put"] = (events) =>
      events.length === 0 ? Effect.void : Effect.gen(function*() {
        const at = yield* Clock.currentTimeMillis
        const rows = events.map((event): InboxTable.NewRow => ({
          event: ProcessEvent.markLate(event, at),
          urgency: urgencyOf(event),
          lane: laneOf(event)
        }))
        // A message is in the lists before any process can work on a later event about it.
        yield* Effect.forEach(events, (event) => workOff.showMessage(event, at), { discard: true })
        yield* Effect.uninterruptible(Effect.zipRight(table.put(rows, at), wake))
        yield* Effect.forEach(events, (event) => workOff.applyOptOut(event, at), { discard: true })
      })

    const publish = PublishRouterEvents.make({ callbacks, find, log, router })
    yield* Option.match(yield* PublishRouterEvents.PublisherScope, {
      onNone: () => publish,
      onSome: (scope) => Scope.extend(publish, scope)
    })

    return { put, idle, failed: table.failed, queue: operation }
  })

/**
 * The inbox as a layer. It works until its scope ends.
 *
 * @category layers
 */
export const layer = (options?: Options): Layer.Layer<Inbox, never, Services> => Layer.scoped(Inbox, make(options))
