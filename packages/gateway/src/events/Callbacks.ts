/** Events out: which endpoints are called for an event, how often it is tried, and what could not be delivered. */
import type * as SqlClient from "@effect/sql/SqlClient"
import type { Messaging } from "@interline/core/Messaging"
import * as CallbackTable from "@interline/sql/CallbackTable"
import * as EndpointTable from "@interline/sql/EndpointTable"
import type * as EventLog from "@interline/sql/EventLog"
import * as Queue from "@interline/sql/Queue"
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import * as MetricLabel from "effect/MetricLabel"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as ConfiguredNumbers from "../config/configuredNumbers.ts"
import { OutboundHttp } from "../egress/OutboundHttp.ts"
import * as Metrics from "../server/Metrics.ts"
import * as CallbackEndpoints from "./CallbackEndpoints.ts"
import * as CallEndpoint from "./callEndpoint.ts"
import * as EventLine from "./eventLine.ts"
import { Dialects } from "./Renderer.ts"

/**
 * The endpoints, and the calls to them. A call is made at once, and then tried again after about 5 seconds, 30 seconds, 2 minutes, 10 minutes, an
 * hour, 6 hours and a day. A 2xx takes the event, a 410 ends the endpoint, anything else is tried again. Events may arrive in another order
 * than they happened, and more than once; but an endpoint gets the statuses of one delivery one after another, and a status that comes later than a
 * higher one of the same message is left out.
 *
 * @category models
 */
export interface CallbacksService extends CallbackEndpoints.CallbackEndpoints {
  /** Queues events for every endpoint that wants them. An event that is queued twice is called once. */
  readonly enqueue: (events: ReadonlyArray<EventLog.GatewayEvent>) => Effect.Effect<void>
  /** The calls that were given up, the newest first. */
  readonly deadLetters: (limit: number) => Effect.Effect<ReadonlyArray<CallbackTable.DeadLetter>>
  /** Tries a call again that was given up. Answers whether there is one by that id. */
  readonly redeliver: (id: string) => Effect.Effect<boolean>
  /** How many calls wait, and how many were given up. */
  readonly depth: Effect.Effect<{ readonly waiting: number; readonly dead: number }>
}

/**
 * The tag of the service that calls users' endpoints.
 *
 * @category services
 */
export class Callbacks extends Context.Tag("@interline/gateway/Callbacks")<Callbacks, CallbacksService>() {}

/**
 * How the calls are made.
 *
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

/** When a call is tried again that failed; each about then, so that not all come back at once. */
const repetition: Queue.Repetition = {
  waits: ["5 seconds", "30 seconds", "2 minutes", "10 minutes", "1 hour", "6 hours", "24 hours"],
  jitter: 0.2
}

// how many calls to one endpoint at once, so that one that hangs does not keep the others waiting
const perEndpoint = 4

type Verdict = CallEndpoint.Verdict
type Called = Exclude<Verdict["_tag"], "Silent">

const results = { Taken: "taken", Retry: "failed", Gone: "gone" } as const satisfies Record<Called, string>

const counterOf = (dialect: string, verdict: Called) =>
  Metric.taggedWithLabels(Metrics.callbacks, [MetricLabel.make("dialect", dialect), MetricLabel.make("result", results[verdict])])

const hasEnded = ({ active, expiresAt }: EndpointTable.Endpoint, at: number): boolean =>
  !active || (expiresAt !== undefined && expiresAt <= at)

/** How many calls may be made beside those under way. `undefined`: none. */
const allowBeside = (total: number, calls: Iterable<CallbackTable.Row>): CallbackTable.Allowance | undefined => {
  const busy = new Map<string, number>()
  let count = 0
  for (const { endpoint_id: id } of calls) {
    count += 1
    busy.set(id, (busy.get(id) ?? 0) + 1)
  }
  const full = Array.from(busy).flatMap(([id, calls]) => calls >= perEndpoint ? [id] : [])
  return count >= total ? undefined : { perEndpoint, total: total - count, full }
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
      if (verdict._tag === "Silent") return yield* callbacks.leaveOut(row)
      yield* Metric.increment(counterOf(receiver.endpoint.dialect, verdict._tag))
      const at = yield* Clock.currentTimeMillis
      yield* note(receiver, verdict, at)
      if (verdict._tag === "Taken") return yield* callbacks.finish(row, at)
      const wait = verdict._tag === "Gone" ? Option.none() : yield* Queue.waitAfter(repetition, row.attempts)
      if (verdict._tag === "Gone") yield* endpoints.deactivate(row.endpoint_id, at)
      if (Option.isNone(wait)) {
        yield* Effect.logWarning("a callback was given up").pipe(
          Effect.annotateLogs({ endpoint: row.endpoint_id, event: row.event_id, why: verdict.why })
        )
        return yield* callbacks.giveUp(row, at, verdict.why)
      }
      return yield* callbacks.putOff(row, wait.value, verdict.why)
    })

  return (row: CallbackTable.Row, receiver: EndpointTable.Receiver | undefined, event: EventLog.GatewayEvent | undefined) =>
    Effect.gen(function*() {
      const at = yield* Clock.currentTimeMillis
      // neither an endpoint that has ended nor an event that is forgotten is a fault of the endpoint
      if (receiver === undefined || hasEnded(receiver.endpoint, at)) {
        return yield* callbacks.giveUp(row, at, "the endpoint does not take events any more")
      }
      if (event === undefined) return yield* callbacks.giveUp(row, at, "the event is older than what is kept")
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
 * @category constructors
 */
export const make = (
  options: Options = {}
): Effect.Effect<CallbacksService, never, SqlClient.SqlClient | OutboundHttp | Dialects | Messaging | Scope.Scope> =>
  Effect.gen(function*() {
    const dialects = yield* Dialects
    const outboundHttp = yield* OutboundHttp
    const lineOf = EventLine.lineOf(yield* ConfiguredNumbers.configured)
    const endpoints = yield* EndpointTable.make
    const callbacks = yield* CallbackTable.make({ keepFor: Duration.toMillis(options.keepFor ?? "30 days") })

    const isWanted = (endpoint: EndpointTable.Endpoint, event: EventLog.GatewayEvent): boolean => {
      if (endpoint.deliveryId !== undefined && endpoint.deliveryId !== event.deliveryId) return false
      if (endpoint.lines.length > 0) {
        const line = lineOf(event)
        if (line === undefined || !endpoint.lines.includes(line)) return false
      }
      // another dialect's word is known only when the event is rendered
      return endpoint.dialect !== "neutral" || endpoint.events.length === 0 || endpoint.events.includes(event.event.data._tag)
    }

    const call = makeCall({ callbacks, endpoints }, CallEndpoint.make({ dialects, outboundHttp }))

    const prepare = (rows: ReadonlyArray<CallbackTable.Row>) =>
      Effect.gen(function*() {
        const receivers = yield* endpoints.receivers(Array.from(new Set(rows.map(({ endpoint_id }) => endpoint_id))))
        const events = yield* callbacks.findEvents(rows)
        return rows.map((row) => ({ rows: [row], run: call(row, receivers.get(row.endpoint_id), events.get(row.event_id)) }))
      })

    const { wake } = yield* Queue.make({
      table: callbacks,
      allow: (inHand) => allowBeside(options.concurrency ?? 32, inHand),
      prepare,
      pollEvery: options.pollEvery ?? "1 second",
      complaint: "the queue of callbacks cannot be read"
    })

    const enqueue: CallbacksService["enqueue"] = (events) =>
      events.length === 0 ? Effect.void : Effect.uninterruptible(Effect.gen(function*() {
        const at = yield* Clock.currentTimeMillis
        const deliveries = Array.from(new Set(events.flatMap(({ deliveryId }) => deliveryId ?? [])))
        const rows = (yield* endpoints.active(deliveries, at)).flatMap((endpoint) =>
          events.filter((event) => isWanted(endpoint, event)).map((event): CallbackTable.NewRow => ({ endpointId: endpoint.id, event }))
        )
        if (rows.length > 0) yield* Effect.zipRight(callbacks.put(rows, at), wake)
      }))

    return {
      ...CallbackEndpoints.make({ dialects, outboundHttp, table: endpoints }),
      enqueue,
      deadLetters: callbacks.deadLetters,
      redeliver: (id) => Effect.uninterruptible(Effect.zipLeft(callbacks.revive(id), wake)),
      depth: callbacks.depth
    }
  })

/**
 * The service as a layer. It calls until its scope ends.
 *
 * @category layers
 */
export const layer = (options?: Options): Layer.Layer<Callbacks, never, SqlClient.SqlClient | OutboundHttp | Dialects | Messaging> =>
  Layer.scoped(Callbacks, make(options))
