/**
 * The metrics of a gateway, and their text for Prometheus. No label holds a number, an id or a text: routes are patterns, the rest are words
 * of closed sets and configured names.
 */
import * as HttpLayerRouter from "@effect/platform/HttpLayerRouter"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import { Cluster, type Inspection } from "@interline/cluster/Cluster"
import type { AccountNotice } from "@interline/core/AccountNotice"
import type { CarrierId } from "@interline/core/CarrierId"
import { type LineState, Router, type RouterService } from "@interline/router/Router"
import type { RouterEvent } from "@interline/router/RouterEvent"
import type * as Queue from "@interline/sql/Queue"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import * as MetricBoundaries from "effect/MetricBoundaries"
import * as MetricState from "effect/MetricState"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as Authentication from "../access/Authentication.ts"
import type { Sessions } from "../access/Sessions.ts"
import type * as ApiKeys from "../http/ApiKeys.ts"
import * as KeyAccess from "../http/KeyAccess.ts"
import * as ProblemResponse from "../http/problemResponse.ts"
import type { Progress } from "./CatchUpProgress.ts"
import * as Prometheus from "./prometheus.ts"
import * as WrongMethod from "./wrongMethod.ts"

/**
 * Requests by `method`, `route` and `status`.
 *
 * @category metrics
 */
export const requests = Metric.counter("interline_http_requests_total", { description: "requests that were answered", incremental: true })

/**
 * Seconds until the answer, by `method` and `route`.
 *
 * @category metrics
 */
export const duration = Metric.histogram(
  "interline_http_request_duration_seconds",
  MetricBoundaries.fromIterable([0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]),
  "seconds until a request was answered"
)

/**
 * Deliveries that came to an end, by `outcome`: accepted, not-sent, partial, held.
 *
 * @category metrics
 */
export const sends = Metric.counter("interline_sends_total", { description: "deliveries that were concluded", incremental: true })

/**
 * Decisions of the router, by `event`.
 *
 * @category metrics
 */
export const decisions = Metric.counter("interline_router_events_total", { description: "decisions of the router", incremental: true })

/**
 * Decisions of the router that were not written to the event log, so that no callback tells of them.
 *
 * @category metrics
 */
export const lostDecisions = Metric.counter("interline_router_events_lost_total", {
  description: "decisions of the router that were not written to the event log",
  incremental: true
})

/**
 * When this process last took a webhook, in seconds since 1970, by `carrier`. A carrier has it from its first webhook on. Over several processes
 * the latest counts.
 *
 * @category metrics
 */
export const lastWebhook = Metric.gauge("interline_webhook_last_timestamp_seconds", {
  description: "when this process last took a webhook of a carrier, in seconds since 1970"
})

/**
 * Webhooks that carriers called, by `carrier` and `result`: taken, or the fault. Those at an address that is no carrier's have the carrier
 * `none` and the result `unknown`.
 *
 * @category metrics
 */
export const webhooks = Metric.counter("interline_webhooks_total", { description: "webhooks that were received", incremental: true })

/**
 * Events that are written down and not worked off.
 *
 * @category metrics
 */
export const inboxDepth = Metric.gauge("interline_inbox_depth", { description: "events that wait to be worked off" })

/**
 * Events that could not be worked off and are kept.
 *
 * @category metrics
 */
export const inboxFailures = Metric.gauge("interline_inbox_failures", { description: "events that could not be worked off and are kept" })

/**
 * Calls of callback addresses that wait, also for their next try.
 *
 * @category metrics
 */
export const callbacksWaiting = Metric.gauge("interline_callbacks_waiting", {
  description: "calls of callback addresses that wait, also for their next try"
})

/**
 * Calls of callback addresses that were given up and can be redelivered.
 *
 * @category metrics
 */
export const callbacksDead = Metric.gauge("interline_callbacks_dead", { description: "calls of callback addresses that were given up" })

/**
 * How long the oldest due row of a queue has been due, by `queue`: inbox, callbacks. It is 0 while nothing is late.
 *
 * @category metrics
 */
export const oldestDue = Metric.gauge("interline_queue_oldest_due_seconds", {
  description: "seconds since the oldest row of a queue is due"
})

/**
 * Queues that an operator paused, by `queue`.
 *
 * @category metrics
 */
export const pausedQueues = Metric.gauge("interline_queue_paused", { description: "1 while a queue is paused" })

/**
 * Calls of callback addresses that were made, by `dialect` and `result`: taken, failed, gone.
 *
 * @category metrics
 */
export const callbacks = Metric.counter("interline_callbacks_total", {
  description: "calls of callback addresses that were made",
  incremental: true
})

/**
 * Lines that are not asked at the moment because they failed, by `carrier` and `line`.
 *
 * @category metrics
 */
export const openLines = Metric.gauge("interline_line_open", { description: "1 while a line is not asked because it failed" })

/**
 * Lines that rest because their carrier asked for it, by `carrier` and `line`.
 *
 * @category metrics
 */
export const restingLines = Metric.gauge("interline_line_resting", { description: "1 while a line rests because its carrier asked for it" })

/**
 * Lines that only a person can mend, by `carrier` and `line`.
 *
 * @category metrics
 */
export const faultyLines = Metric.gauge("interline_line_faulty", {
  description: "1 while only a person can mend a line: credentials, permissions, a number that is not the account's"
})

/**
 * People whom a line wrote to first, by `carrier`, `line` and `span`: the last hour or day, as far as this process sent to them since it started.
 * At most so many where no limit of the policy has them looked up.
 *
 * @category metrics
 */
export const newContacts = Metric.gauge("interline_line_new_contacts", {
  description: "people whom a line wrote to first within the last hour or day; at most so many where no limit has them looked up"
})

/**
 * New people whom a line wrote to as its vendor counts, by `carrier`, `line` and `span`: the vendor's hour or day. NaN while it is not known.
 *
 * @category metrics
 */
export const usedContacts = Metric.gauge("interline_line_usage_used", {
  description: "new people whom a line wrote to, as its vendor counts; NaN while it is not known"
})

/**
 * How many new people a line may write to, by `carrier`, `line` and `span`. NaN while it is not known.
 *
 * @category metrics
 */
export const contactLimit = Metric.gauge("interline_line_usage_limit", {
  description: "new people whom a line may write to, as its vendor says; NaN while it is not known"
})

/**
 * How many more new people a line may write to at the moment, by `carrier`, `line` and `span`. NaN while it is not known.
 *
 * @category metrics
 */
export const contactsLeft = Metric.gauge("interline_line_usage_left", {
  description: "new people whom a line may still write to, as its vendor says; NaN while it is not known"
})

/**
 * Lines that write only to people whom they know, because their vendor allows no more new people, by `carrier` and `line`.
 *
 * @category metrics
 */
export const restingForNew = Metric.gauge("interline_line_resting_for_new", {
  description: "1 while a line writes only to people whom it knows, because its vendor allows no more new people"
})

/**
 * Deliveries that may have gone out and wait for a fact or an operator.
 *
 * @category metrics
 */
export const heldDeliveries = Metric.gauge("interline_held_deliveries", {
  description: "deliveries that may have gone out and wait for a fact or an operator"
})

/**
 * How long ago the oldest held delivery was asked for. It is 0 while none is held.
 *
 * @category metrics
 */
export const heldOldest = Metric.gauge("interline_held_oldest_seconds", {
  description: "seconds since the oldest held delivery was asked for"
})

/**
 * 0 while a carrier does not take our credentials, by `carrier`. Otherwise, and as long as nobody has asked the carrier, it is 1.
 *
 * @category metrics
 */
export const credentials = Metric.gauge("interline_credentials_valid", {
  description: "0 while a carrier does not take the credentials"
})

/**
 * 0 while a webhook that leads to this program is known to be off, by `carrier`. It ends when the carrier calls this process, or when a check of the
 * lines by this process finds that a webhook is called and none is off. Over several processes the greatest counts.
 *
 * @category metrics
 */
export const subscriptions = Metric.gauge("interline_subscriptions_right", {
  description:
    "0 while a webhook of ours at a carrier is off, and since then neither the carrier called nor a check found one that is called"
})

/**
 * How long ago everything was heard that a carrier had to say, by `carrier`. 0 while it is listened to; it grows while its webhooks are refused, are
 * switched off, or could not be read back after a start.
 *
 * @category metrics
 */
export const catchUpBehind = Metric.gauge("interline_catch_up_behind_seconds", {
  description: "seconds since everything that a carrier had to say was heard"
})

/**
 * When reading back from a carrier ended last, in seconds since 1970, by `carrier`.
 *
 * @category metrics
 */
export const catchUpEnded = Metric.gauge("interline_catch_up_ended_timestamp_seconds", {
  description: "when reading back ended last, in seconds since 1970"
})

/**
 * How often reading back from a carrier failed since the process started, by `carrier`.
 *
 * @category metrics
 */
export const catchUpFailures = Metric.counter("interline_catch_up_failures_total", {
  description: "failures to read back since the process started",
  incremental: true
})

/**
 * How long ago the event stream of a carrier showed that it is alive, by `carrier`. It stays below 30 while the stream is open. Until it is open
 * for the first time, it is how long the process runs. Only carriers whose events come by stream have it, in every process, whichever of them
 * holds the stream.
 *
 * @category metrics
 */
export const streamAge = Metric.gauge("interline_event_stream_age_seconds", {
  description: "seconds since the event stream of a carrier showed that it is alive"
})

/**
 * Shards that this process has. Only a process that is in a cluster has these.
 *
 * @category metrics
 */
export const clusterShards = Metric.gauge("interline_cluster_shards", {
  description: "shards that this process has; all processes of a cluster together have 300"
})

/**
 * Shards that this process has taken since it started, each time counted.
 *
 * @category metrics
 */
export const clusterTaken = Metric.gauge("interline_cluster_shards_taken", {
  description: "shards that this process has taken since it started"
})

/**
 * Deliveries that this process has taken up since it started, because their earlier owner left them behind.
 *
 * @category metrics
 */
export const clusterTakenUp = Metric.gauge("interline_cluster_deliveries_taken_up", {
  description: "deliveries of earlier owners that this process has taken up since it started"
})

/**
 * Other processes of the cluster that have other settings than this one.
 *
 * @category metrics
 */
export const clusterDiffering = Metric.gauge("interline_cluster_processes_differing", {
  description: "other processes of the cluster that have other settings than this one"
})

/**
 * Sends that were compared with the plan of the shadow's carrier, by `result`: same, different, refused, skipped.
 *
 * @category metrics
 */
export const shadowSends = Metric.counter("interline_shadow_sends_total", {
  description: "sends that were compared with the plan of another carrier",
  incremental: true
})

/**
 * Differences that were found, by `kind`: refused, loss, split, requests, carried.
 *
 * @category metrics
 */
export const shadowDifferences = Metric.counter("interline_shadow_differences_total", {
  description: "differences between sends and the plans of another carrier",
  incremental: true
})

/**
 * Requests that were passed on to a vendor, by `carrier`, `group` and `result`: answered, refused, not-sent, unknown.
 *
 * @category metrics
 */
export const passed = Metric.counter("interline_passed_requests_total", {
  description: "requests that a front passed on to a vendor",
  incremental: true
})

/** A counter for each value of a label, made once: naming a counter takes longer than counting. */
const makeLabelled = (counter: typeof decisions, label: string): (value: string) => typeof decisions => {
  const known = new Map<string, typeof decisions>()
  return (value) => {
    const counters = known.get(value) ?? Metric.tagged(counter, label, value)
    known.set(value, counters)
    return counters
  }
}

const ofEvent = makeLabelled(decisions, "event")
const ofOutcome = makeLabelled(sends, "outcome")

const count = (event: RouterEvent): Effect.Effect<void> =>
  event._tag === "Concluded"
    ? Effect.zipRight(Metric.increment(ofEvent(event._tag)), Metric.increment(ofOutcome(event.outcome)))
    : Metric.increment(ofEvent(event._tag))

/**
 * Counts what the router decides, from now on.
 *
 * @category layers
 */
export const layerRouter: Layer.Layer<never, never, Router> = Layer.scopedDiscard(
  Effect.flatMap(
    Router,
    ({ events }) => Effect.forkScoped(Stream.runForEachChunk(events, (some) => Effect.forEach(some, count, { discard: true })))
  )
)

const setQueues = ({ callbacks, held, inbox }: Queues): Effect.Effect<unknown> =>
  Effect.all([
    Metric.set(heldDeliveries, held.count),
    Metric.set(heldOldest, held.oldestFor / 1_000),
    Metric.set(inboxDepth, inbox.waiting),
    Metric.set(inboxFailures, inbox.dead),
    Metric.set(callbacksWaiting, callbacks.waiting),
    Metric.set(callbacksDead, callbacks.dead),
    ...Object.entries({ inbox, callbacks }).flatMap(([name, { oldestDueFor, pausedAt }]) => [
      Metric.set(Metric.tagged(oldestDue, "queue", name), oldestDueFor / 1_000),
      Metric.set(Metric.tagged(pausedQueues, "queue", name), pausedAt === undefined ? 0 : 1)
    ])
  ])

const setCluster = ({ differing, shards, taken, takenUp }: Inspection): Effect.Effect<unknown> =>
  Effect.all([
    Metric.set(clusterShards, shards),
    Metric.set(clusterTaken, taken),
    Metric.set(clusterTakenUp, takenUp),
    Metric.set(clusterDiffering, differing.length)
  ])

/** When a carrier last called, in seconds since 1970. To read the gauge by its tag would make it, as if the carrier had called in 1970. */
const readLastWebhook = (carrierId: CarrierId): Effect.Effect<number> =>
  Effect.map(Metric.snapshot, (pairs) => {
    const own = Array.from(pairs).find(({ metricKey }) =>
      metricKey.name === "interline_webhook_last_timestamp_seconds" &&
      metricKey.tags.some(({ key, value }) => key === "carrier" && value === carrierId)
    )
    return own !== undefined && MetricState.isGaugeState(own.metricState) ? Number(own.metricState.value) : 0
  })

/** What is known of our account at each carrier. */
const setAccounts = (
  carriers: ReadonlyArray<CarrierId>,
  lines: ReadonlyArray<LineState>,
  { notices, rightAt }: { readonly notices: ReadonlyArray<AccountNotice>; readonly rightAt: RouterService["webhooksRightAt"] }
): Effect.Effect<void> =>
  Effect.gen(function*() {
    for (const carrierId of carriers) {
      const refusals = lines.filter((line) =>
        line.carrierId === carrierId && line.faults?.some(({ reason }) => reason === "Authentication")
      )
      yield* Metric.set(Metric.tagged(credentials, "carrier", carrierId), refusals.length > 0 ? 0 : 1)
      const seenAt = Math.max(yield* readLastWebhook(carrierId), (rightAt?.(carrierId) ?? 0) / 1_000)
      const off = notices.filter((notice) => notice.carrierId === carrierId && notice.what === "webhook-off")
      yield* Metric.set(
        Metric.tagged(subscriptions, "carrier", carrierId),
        off.some(({ at }) => at / 1_000 > seenAt) ? 0 : 1
      )
    }
  })

/**
 * Everything that is counted here, in Prometheus' text format. `queues` is asked for the queues, and `progress` how far each carrier was read
 * back. What is known of the accounts is shown for `carriers`. What a process does in a cluster is shown if there is a `Cluster`.
 *
 * @category combinators
 */
export const text = (
  { carriers, progress, queues, streams }: Omit<Options, "open"> = {}
): Effect.Effect<string, never, Router> =>
  Effect.gen(function*() {
    const router = yield* Router
    if (progress !== undefined) {
      const now = yield* Clock.currentTimeMillis
      for (const { carrierId, endedAt, heardUntil, streamSeenAt } of yield* progress) {
        const set = (gauge: Metric.Metric.Gauge<number>, value: number) => Metric.set(Metric.tagged(gauge, "carrier", carrierId), value)
        // the counter is there before the first failure, so that its increase is seen
        yield* Metric.incrementBy(Metric.tagged(catchUpFailures, "carrier", carrierId), 0)
        if (heardUntil !== undefined) yield* set(catchUpBehind, Math.max(0, now - heardUntil) / 1_000)
        const aliveAt = streamSeenAt ?? (streams?.carriers.includes(carrierId) === true ? streams.since : undefined)
        if (aliveAt !== undefined) yield* set(streamAge, Math.max(0, now - aliveAt) / 1_000)
        if (endedAt !== undefined) yield* set(catchUpEnded, endedAt / 1_000)
      }
    }
    if (queues !== undefined) yield* Effect.flatMap(queues, setQueues)
    const lines = yield* router.health
    if (carriers !== undefined) yield* setAccounts(carriers, lines, { notices: yield* router.notices, rightAt: router.webhooksRightAt })
    const cluster = yield* Effect.serviceOption(Cluster)
    if (Option.isSome(cluster)) yield* Effect.flatMap(cluster.value.inspect, setCluster)
    for (const { carrierId, faults, line, newContacts: { day, hour }, pausedUntil, restsForNew, state, usage } of lines) {
      const tagged = <A extends Metric.Metric.Gauge<number>>(gauge: A) =>
        gauge.pipe(Metric.tagged("carrier", carrierId), Metric.tagged("line", line))
      yield* Metric.set(tagged(openLines), state === "open" || state === "half-open" ? 1 : 0)
      yield* Metric.set(tagged(restingLines), pausedUntil === undefined ? 0 : 1)
      yield* Metric.set(tagged(faultyLines), faults === undefined ? 0 : 1)
      yield* Metric.set(Metric.tagged(tagged(newContacts), "span", "hour"), hour)
      yield* Metric.set(Metric.tagged(tagged(newContacts), "span", "day"), day)
      if (usage === undefined) continue
      yield* Metric.set(tagged(restingForNew), restsForNew === true ? 1 : 0)
      for (const [span, window] of [["hour", usage.hour], ["day", usage.day]] as const) {
        yield* Metric.set(Metric.tagged(tagged(usedContacts), "span", span), window?.used ?? Number.NaN)
        yield* Metric.set(Metric.tagged(tagged(contactLimit), "span", span), window?.limit ?? Number.NaN)
        yield* Metric.set(Metric.tagged(tagged(contactsLeft), "span", span), window?.left ?? Number.NaN)
      }
    }
    return Prometheus.render(yield* Metric.snapshot)
  })

/**
 * The states of the queues, and how many deliveries are held.
 *
 * @category models
 */
export interface Queues {
  readonly inbox: Queue.State
  readonly callbacks: Queue.State
  /** The held deliveries, and for how many milliseconds the oldest has been there. */
  readonly held: { readonly count: number; readonly oldestFor: number }
}

/**
 * What is asked when the metrics are shown.
 *
 * @category models
 */
export interface Options {
  /** `/metrics` is shown without an API key (default: false). */
  readonly open?: boolean
  /** The states of the queues, and how many deliveries are held. */
  readonly queues?: Effect.Effect<Queues>
  /** `CatchUp.progress`. */
  readonly progress?: Effect.Effect<ReadonlyArray<Progress>>
  /** The carriers in use. */
  readonly carriers?: ReadonlyArray<CarrierId>
  /** The carriers whose events come by stream, and since when (epoch milliseconds) this process opens their streams. */
  readonly streams?: { readonly carriers: ReadonlyArray<CarrierId>; readonly since: number }
}

/**
 * `GET /metrics`.
 *
 * @category layers
 */
export const layer = (
  { open = false, ...asked }: Options = {}
): Layer.Layer<never, never, HttpLayerRouter.HttpRouter | ApiKeys.ApiKeys | Sessions | Router> =>
  HttpLayerRouter.use((router) =>
    Effect.flatMap(Effect.context<ApiKeys.ApiKeys | Sessions | Router>(), (context) =>
      Effect.zipRight(
        router.addAll(WrongMethod.refusals("/metrics", ["GET"])),
        router.add(
          "GET",
          "/metrics",
          (open ? Effect.void : Effect.flatMap(Authentication.credentials, (known) => Authentication.authenticate(known, KeyAccess.read)))
            .pipe(
              Effect.zipRight(text(asked)),
              Effect.map((body) => HttpServerResponse.text(body, { contentType: "text/plain; version=0.0.4; charset=utf-8" })),
              Effect.catchAll((problem) => Effect.succeed(ProblemResponse.respond(problem))),
              Effect.provide(context)
            )
        )
      ))
  )
