/** Sends events to endpoints: chooses the endpoints for an event, repeats failed calls, and keeps the calls that it gave up. */
import type * as SqlClient from "@effect/sql/SqlClient"
import * as Defect from "@interline/core/Defect"
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
import { type OutboundError, OutboundHttp } from "../egress/OutboundHttp.ts"
import * as Metrics from "../server/Metrics.ts"
import * as CallbackEndpoints from "./CallbackEndpoints.ts"
import * as CallEndpoint from "./callEndpoint.ts"
import * as EventLine from "./eventLine.ts"
import { Dialects } from "./Renderer.ts"
import * as TestCall from "./testCall.ts"

/**
 * The endpoints, and the calls to them. A call is made at once. After a failure it is repeated after about 5 seconds, 30 seconds, 2
 * minutes, 10 minutes, an hour, 6 hours and a day. A 2xx accepts the event. A 410 ends the endpoint. After any other status the call is
 * repeated.
 *
 * Events may arrive out of order, and more than once. But an endpoint gets the statuses of one delivery one after another. A status is left
 * out if the endpoint already has a higher status of the same message.
 *
 * @category models
 */
export interface CallbacksService extends CallbackEndpoints.CallbackEndpoints {
  /** Queues events for every endpoint that wants them. If an event is queued twice, it is sent once. */
  readonly enqueue: (events: ReadonlyArray<EventLog.GatewayEvent>) => Effect.Effect<void>
  /** Calls an endpoint once, with an event that says nothing. `None` if there is no such endpoint. Fails for a dialect of a vendor. */
  readonly test: (id: string) => Effect.Effect<Option.Option<TestCall.TestCall>, OutboundError>
  /** The calls that were given up, the newest first. */
  readonly deadLetters: (limit: number) => Effect.Effect<ReadonlyArray<CallbackTable.DeadLetter>>
  /** What an operator can do with the queue of calls. */
  readonly queue: Queue.Operation
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
  /** How many calls run at once (default: 32). To one endpoint, at most 4 of them run at once. */
  readonly concurrency?: number
  /**
   * How long the gateway remembers which events an endpoint accepted, and how long a call that was given up can be repeated (default: 30
   * days). The event log keeps its entries for at least as long.
   */
  readonly keepFor?: Duration.DurationInput
  /** How soon this process sees calls that other processes queued (default: 1 second). */
  readonly pollEvery?: Duration.DurationInput
}

/** The waits before a failed call is repeated. Each wait varies a little, so that not all calls come back at once. */
const repetition: Queue.Repetition = {
  waits: ["5 seconds", "30 seconds", "2 minutes", "10 minutes", "1 hour", "6 hours", "24 hours"],
  jitter: 0.2
}

// The limit of calls to one endpoint at once. It keeps an endpoint that hangs from stopping the others.
const perEndpoint = 4

type Verdict = CallEndpoint.Verdict
type Called = Exclude<Verdict["_tag"], "Silent" | "Unread">

const results = { Taken: "taken", Retry: "failed", Gone: "gone" } as const satisfies Record<Called, string>

const counterOf = (dialect: string, verdict: Called) =>
  Metric.taggedWithLabels(Metrics.callbacks, [MetricLabel.make("dialect", dialect), MetricLabel.make("result", results[verdict])])

const hasEnded = ({ active, expiresAt }: EndpointTable.Endpoint, at: number): boolean =>
  !active || (expiresAt !== undefined && expiresAt <= at)

/** How many more calls may start beside those that run. `undefined`: none. */
const allowBeside = (
  total: number,
  inHand: ReadonlyArray<Queue.InHand<CallbackTable.Row>>
): CallbackTable.Allowance | undefined => {
  const busy = new Map<string, number>()
  for (const { row: { endpoint_id: id } } of inHand) busy.set(id, (busy.get(id) ?? 0) + 1)
  return inHand.length >= total ? undefined : { perEndpoint, total: total - inHand.length, busy }
}

interface Tables {
  readonly callbacks: CallbackTable.CallbackTable
  readonly endpoints: EndpointTable.EndpointTable
}

const logGivenUp = ({ endpoint_id: endpoint, event_id: event }: CallbackTable.Row, why: string): Effect.Effect<void> =>
  Effect.logWarning("a callback was given up; mend what it failed for, then interline callbacks redeliver calls it again").pipe(
    Effect.annotateLogs({ endpoint, event, why })
  )

/** Makes one call that was taken from the queue. The result says what becomes of its row. */
const makeCall = ({ callbacks, endpoints }: Tables, callEndpoint: CallEndpoint.CallEndpoint) => {
  /**
   * Logs the state of an endpoint for an operator. The first failure is logged once, and again only after the endpoint accepted an event.
   */
  const note = ({ failing, id }: EndpointTable.Receiver, verdict: Exclude<Verdict, { readonly _tag: "Silent" | "Unread" }>, at: number) => {
    if (verdict._tag === "Taken") return failing ? endpoints.recordTaken(id) : Effect.void
    return Effect.flatMap(endpoints.recordFailure(id, verdict.why, at), (failures) =>
      failures === 1
        ? Effect.logWarning("a callback address does not take events").pipe(Effect.annotateLogs({ endpoint: id, why: verdict.why }))
        : Effect.void)
  }

  const conclude = (row: CallbackTable.Row, receiver: EndpointTable.Receiver, verdict: Verdict) =>
    Effect.gen(function*() {
      if (verdict._tag === "Silent") return { _tag: "Skipped" } as const
      if (verdict._tag === "Unread") return { _tag: "Failed", why: verdict.why } as const
      yield* Metric.increment(counterOf(receiver.endpoint.dialect, verdict._tag))
      const at = yield* Clock.currentTimeMillis
      yield* note(receiver, verdict, at)
      if (verdict._tag === "Taken") return { _tag: "Done" } as const
      if (verdict._tag === "Retry") return { _tag: "Failed", why: verdict.why } as const
      yield* endpoints.deactivate(row.endpoint_id, at)
      yield* logGivenUp(row, verdict.why)
      return { _tag: "GivenUp", why: verdict.why } as const
    })

  return (
    row: CallbackTable.Row,
    receiver: EndpointTable.Receiver | undefined,
    event: EventLog.GatewayEvent | undefined
  ): Effect.Effect<Queue.Results<CallbackTable.Row>> =>
    Effect.gen(function*() {
      const at = yield* Clock.currentTimeMillis
      // The endpoint has ended, or the event was removed from the log. Neither is a failure of the endpoint.
      if (receiver === undefined || hasEnded(receiver.endpoint, at)) {
        return { _tag: "GivenUp", why: "the endpoint does not take events any more" } as const
      }
      if (event === undefined) return { _tag: "GivenUp", why: "the event is older than what is kept" } as const
      const verdict = (yield* callbacks.isOvertaken(row))
        ? CallEndpoint.silent
        : yield* Effect.interruptible(callEndpoint(receiver.endpoint, event, at))
      return yield* conclude(row, receiver, verdict)
    }).pipe(
      // Leave the row: it is taken again, also after a call that was cut off. The cause may quote the event, so it is not logged.
      Effect.catchAllCause((cause) =>
        Effect.as(
          Cause.isInterruptedOnly(cause)
            ? Effect.void
            : Effect.logError("a callback could not be made").pipe(
              Effect.annotateLogs({ endpoint: row.endpoint_id, event: row.event_id }),
              (log) => Defect.logUnlessSaid(cause, log)
            ),
          { _tag: "Left" } as const
        )
      ),
      Effect.map((outcome) => [[row, outcome]])
    )
}

/**
 * Callbacks with their queue in the database. Each gateway makes the calls to the endpoints of its shards.
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
      // For another dialect, the event's name is known only after the event is rendered.
      return endpoint.dialect !== "neutral" || endpoint.events.length === 0 || endpoint.events.includes(event.event.data._tag)
    }

    const call = makeCall({ callbacks, endpoints }, CallEndpoint.make({ dialects, outboundHttp }))

    const prepare = (rows: ReadonlyArray<CallbackTable.Row>) =>
      Effect.gen(function*() {
        const receivers = yield* endpoints.receivers(Array.from(new Set(rows.map(({ endpoint_id }) => endpoint_id))))
        const events = yield* callbacks.findEvents(rows)
        return rows.map((row) => ({ rows: [row], run: call(row, receivers.get(row.endpoint_id), events.get(row.event_id)) }))
      })

    const { operation, wake } = yield* Queue.make({
      table: callbacks,
      allow: (inHand) => allowBeside(options.concurrency ?? 32, inHand),
      prepare,
      repetition,
      onGivenUp: logGivenUp,
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

    const test = TestCall.make(outboundHttp)

    return {
      ...CallbackEndpoints.make({ dialects, outboundHttp, table: endpoints }),
      enqueue,
      test: (id) =>
        Effect.flatMap(
          endpoints.find(id),
          Option.match({ onNone: () => Effect.succeedNone, onSome: (endpoint) => Effect.asSome(test(endpoint)) })
        ),
      deadLetters: callbacks.deadLetters,
      queue: operation
    }
  })

/**
 * The service as a layer. It calls until its scope ends.
 *
 * @category layers
 */
export const layer = (options?: Options): Layer.Layer<Callbacks, never, SqlClient.SqlClient | OutboundHttp | Dialects | Messaging> =>
  Layer.scoped(Callbacks, make(options))
