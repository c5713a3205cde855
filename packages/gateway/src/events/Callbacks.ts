/**
 * Events out: which endpoints are called for an event, how often it is tried, and what could not be delivered.
 *
 * @since 0.1.0
 */
import * as SqlClient from "@effect/sql/SqlClient"
import type { Messaging } from "@interline/core/Messaging"
import { EpochMillis } from "@interline/core/Time"
import type * as EventLog from "@interline/sql/EventLog"
import * as EventLogLive from "@interline/sql/EventLogLive"
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"
import * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import * as MetricLabel from "effect/MetricLabel"
import * as Random from "effect/Random"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as OwnLines from "../config/ownLines.ts"
import { OutboundHttp } from "../egress/OutboundHttp.ts"
import * as Metrics from "../server/Metrics.ts"
import * as CallbackEndpoints from "./CallbackEndpoints.ts"
import * as CallbackTable from "./callbackTable.ts"
import * as CallEndpoint from "./callEndpoint.ts"
import * as EndpointTable from "./EndpointTable.ts"
import * as EventLine from "./eventLine.ts"
import { Renderers } from "./Renderer.ts"

/**
 * A call that was given up. `attempts` is how often it was tried; `why` is for people and holds no content.
 *
 * @since 0.1.0
 * @category models
 */
export const DeadLetter = Schema.Struct({
  id: Schema.String,
  endpointId: Schema.String,
  eventId: Schema.Int,
  attempts: Schema.Int,
  why: Schema.String,
  at: EpochMillis
})

/**
 * @since 0.1.0
 * @category models
 */
export interface DeadLetter extends Schema.Schema.Type<typeof DeadLetter> {}

/**
 * The endpoints, and the calls to them. A call is made at once, and then tried again after about 5 seconds, 30 seconds, 2 minutes, 10 minutes, an
 * hour, 6 hours and a day. A 2xx takes the event, a 410 ends the endpoint, anything else is tried again. Events may arrive in another order
 * than they happened, and more than once; but an endpoint gets the statuses of one delivery one after another, and a status that comes later than a
 * higher one of the same message is left out.
 *
 * @since 0.1.0
 * @category models
 */
export interface CallbacksService extends CallbackEndpoints.CallbackEndpoints {
  /** Queues events for every endpoint that wants them. An event that is queued twice is called once. */
  readonly enqueue: (events: ReadonlyArray<EventLog.GatewayEvent>) => Effect.Effect<void>
  /** The calls that were given up, the newest first. */
  readonly deadLetters: (limit: number) => Effect.Effect<ReadonlyArray<DeadLetter>>
  /** Tries a call again that was given up. Answers whether there is one by that id. */
  readonly redeliver: (id: string) => Effect.Effect<boolean>
  /** How many calls wait, and how many were given up. */
  readonly depth: Effect.Effect<{ readonly waiting: number; readonly dead: number }>
}

/**
 * @since 0.1.0
 * @category services
 */
export class Callbacks extends Context.Tag("@interline/gateway/Callbacks")<Callbacks, CallbacksService>() {}

/**
 * How the calls are made.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** How many calls are under way at once, to one endpoint at most 4 of them (default: 32). */
  readonly concurrency?: number
  /**
   * How long it is remembered what an endpoint took, and how long a call that was given up can be tried again (default: 30 days). It is no longer than
   * the event log keeps its entries.
   */
  readonly keepFor?: Duration.DurationInput
  /** How soon this process sees what other processes queued (default: 1 second). */
  readonly pollEvery?: Duration.DurationInput
}

/** After how long a call is tried again that failed a first, second, … time; each about that, so that not all come back at once. */
const waits = ["5 seconds", "30 seconds", "2 minutes", "10 minutes", "1 hour", "6 hours", "24 hours"] as const
const jitter = 0.2

// how many calls to one endpoint at once, so that one that hangs does not keep the others waiting
const perEndpoint = 4

type Verdict = CallEndpoint.Verdict
type Called = Exclude<Verdict["_tag"], "Silent">

const results = { Taken: "taken", Retry: "failed", Gone: "gone" } as const satisfies Record<Called, string>

const counterOf = (dialect: EndpointTable.Dialect, verdict: Called) =>
  Metric.taggedWithLabels(Metrics.callbacks, [MetricLabel.make("dialect", dialect), MetricLabel.make("result", results[verdict])])

const hasEnded = ({ active, expiresAt }: EndpointTable.Endpoint, at: number): boolean =>
  !active || (expiresAt !== undefined && expiresAt <= at)

/** The calls that are under way. */
const makeRoom = (total: number) => {
  const busy = new Map<string, number>()
  let calls = 0
  return {
    isFull: (): boolean => calls >= total,
    /** What may be taken now. */
    left: (): CallbackTable.Room => ({
      perEndpoint,
      total: total - calls,
      full: Array.from(busy).flatMap(([id, count]) => count >= perEndpoint ? [id] : [])
    }),
    enter: (id: string): void => {
      calls += 1
      busy.set(id, (busy.get(id) ?? 0) + 1)
    },
    leave: (id: string): void => {
      calls -= 1
      const left = (busy.get(id) ?? 1) - 1
      if (left > 0) busy.set(id, left)
      else busy.delete(id)
    }
  }
}

interface Tables {
  readonly callbacks: CallbackTable.CallbackTable
  readonly endpoints: EndpointTable.EndpointTable
}

/** Makes one call that was taken from the queue, and writes down what came of it. */
const makeCall = ({ callbacks, endpoints }: Tables, callEndpoint: CallEndpoint.CallEndpoint) => {
  /** What an operator reads of an endpoint. That it has begun to fail is logged once, and again after it took something. */
  const note = ({ failing, id }: EndpointTable.Receiver, verdict: Verdict, at: number) => {
    if (verdict._tag === "Silent") return Effect.void
    if (verdict._tag === "Taken") return failing ? endpoints.recordTaken(id) : Effect.void
    return Effect.flatMap(endpoints.recordFailure(id, verdict.why, at), (failures) =>
      failures === 1
        ? Effect.logWarning("a callback address does not take events").pipe(Effect.annotateLogs({ endpoint: id, why: verdict.why }))
        : Effect.void)
  }

  const conclude = (row: CallbackTable.Row, receiver: EndpointTable.Receiver, verdict: Verdict) =>
    Effect.gen(function*() {
      if (verdict._tag === "Silent") return yield* callbacks.end(row, {})
      yield* Metric.increment(counterOf(receiver.endpoint.dialect, verdict._tag))
      const at = yield* Clock.currentTimeMillis
      yield* note(receiver, verdict, at)
      if (verdict._tag === "Taken") return yield* callbacks.end(row, { told_at: at })
      const wait = verdict._tag === "Gone" ? undefined : waits[row.attempts - 1]
      if (verdict._tag === "Gone") yield* endpoints.deactivate(row.endpoint_id, at)
      if (wait === undefined) {
        yield* Effect.logWarning("a callback was given up").pipe(
          Effect.annotateLogs({ endpoint: row.endpoint_id, event: row.event_id, why: verdict.why })
        )
        return yield* callbacks.end(row, { dead_at: at, why: verdict.why })
      }
      const factor = yield* Random.nextRange(1 - jitter, 1 + jitter)
      return yield* callbacks.end(row, { why: verdict.why, again: Duration.toMillis(wait) * factor })
    })

  return (row: CallbackTable.Row, receiver: EndpointTable.Receiver | undefined, event: EventLog.GatewayEvent | undefined) =>
    Effect.gen(function*() {
      const at = yield* Clock.currentTimeMillis
      // neither an endpoint that has ended nor an event that is forgotten is a fault of the endpoint
      if (receiver === undefined || hasEnded(receiver.endpoint, at)) {
        return yield* callbacks.end(row, { dead_at: at, why: "the endpoint does not take events any more" })
      }
      if (event === undefined) return yield* callbacks.end(row, { dead_at: at, why: "the event is older than what is kept" })
      const verdict = (yield* callbacks.isOvertaken(row))
        ? CallEndpoint.silent
        : yield* Effect.interruptible(callEndpoint(receiver.endpoint, event, at))
      return yield* conclude(row, receiver, verdict)
    }).pipe(
      // its row comes up again when the lease ends, also after a call that was cut off; the cause may quote the event
      Effect.catchAllCause((cause) =>
        Cause.isInterruptedOnly(cause)
          ? Effect.void
          : Effect.logError("a callback could not be made").pipe(Effect.annotateLogs({ endpoint: row.endpoint_id, event: row.event_id }))
      )
    )
}

/**
 * Callbacks with their queue in the database, called by all gateways on it, each event by one of them at a time.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (
  options: Options = {}
): Effect.Effect<CallbacksService, never, SqlClient.SqlClient | OutboundHttp | Renderers | Messaging | Scope.Scope> =>
  Effect.gen(function*() {
    const outboundHttp = yield* OutboundHttp
    const sql = yield* SqlClient.SqlClient
    const lineOf = EventLine.lineOf(yield* OwnLines.configured)
    const pollEvery = Duration.decode(options.pollEvery ?? "1 second")
    const endpoints = yield* EndpointTable.make
    const callbacks = yield* CallbackTable.make(Duration.toMillis(options.keepFor ?? "30 days"))
    const queued = yield* Effect.makeLatch(false)

    const isWanted = (endpoint: EndpointTable.Endpoint, event: EventLog.GatewayEvent): boolean => {
      if (endpoint.deliveryId !== undefined && endpoint.deliveryId !== event.deliveryId) return false
      if (endpoint.lines.length > 0) {
        const line = lineOf(event)
        if (line === undefined || !endpoint.lines.includes(line)) return false
      }
      // another dialect's word is known only when the event is rendered
      return endpoint.dialect !== "neutral" || endpoint.events.length === 0 || endpoint.events.includes(event.event.data._tag)
    }

    const enqueue: CallbacksService["enqueue"] = (events) =>
      events.length === 0 ? Effect.void : Effect.uninterruptible(Effect.gen(function*() {
        const at = yield* Clock.currentTimeMillis
        const deliveries = Array.from(new Set(events.flatMap(({ deliveryId }) => deliveryId ?? [])))
        const rows = (yield* endpoints.active(deliveries, at)).flatMap((endpoint) =>
          events.filter((event) => isWanted(endpoint, event)).map((event): CallbackTable.NewRow => {
            const { message_ref = null, subject = null } = EventLogLive.rank(event) ?? {}
            return { endpoint_id: endpoint.id, event_id: event.id, at, message_ref, subject }
          })
        )
        if (rows.length > 0) yield* Effect.zipRight(callbacks.put(rows), queued.release)
      }))

    const room = makeRoom(options.concurrency ?? 32)
    const calling = yield* FiberSet.make()
    const call = makeCall({ callbacks, endpoints }, CallEndpoint.make({ outboundHttp, renderers: yield* Renderers }))

    const round = Effect.gen(function*() {
      if (room.isFull()) return false
      const rows = yield* callbacks.take(room.left())
      if (rows.length === 0) return false
      const receivers = yield* endpoints.receivers(Array.from(new Set(rows.map(({ endpoint_id }) => endpoint_id))))
      const events = yield* EventLogLive.findAll(sql, Array.from(new Set(rows.map(({ event_id }) => event_id))))
      for (const row of rows) {
        room.enter(row.endpoint_id)
        const leave = Effect.suspend(() => {
          room.leave(row.endpoint_id)
          return queued.release
        })
        yield* FiberSet.run(calling, Effect.ensuring(call(row, receivers.get(row.endpoint_id), events.get(row.event_id)), leave))
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

    return {
      ...CallbackEndpoints.make({ outboundHttp, table: endpoints }),
      enqueue,
      deadLetters: (limit) =>
        Effect.map(
          callbacks.dead(limit),
          (rows) =>
            rows.map(({ attempts, dead_at: at, endpoint_id: endpointId, event_id: eventId, id, why }): DeadLetter => (
              { id: String(id), endpointId, eventId, attempts, why, at }
            ))
        ),
      redeliver: (id) =>
        /^[1-9][0-9]{0,14}$/.test(id)
          ? Effect.uninterruptible(Effect.zipLeft(callbacks.revive(Number(id)), queued.release))
          : Effect.succeed(false),
      depth: callbacks.depth
    }
  })

/**
 * @since 0.1.0
 * @category layers
 */
export const layer = (options?: Options): Layer.Layer<Callbacks, never, SqlClient.SqlClient | OutboundHttp | Renderers | Messaging> =>
  Layer.scoped(Callbacks, make(options))
