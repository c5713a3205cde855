/**
 * The whole gateway: one runtime with one ledger, and one circuit breaker for each line. The neutral API, the webhooks and the fronts share
 * it.
 */
import * as HttpClient from "@effect/platform/HttpClient"
import type * as HttpServer from "@effect/platform/HttpServer"
import * as SqlClient from "@effect/sql/SqlClient"
import type { CarrierId } from "@interline/core/CarrierId"
import * as Defect from "@interline/core/Defect"
import { Messaging } from "@interline/core/Messaging"
import { Suppression } from "@interline/core/Suppression"
import type * as Vendor from "@interline/core/Vendor"
import type { WebhookReceiver } from "@interline/core/WebhookReceiver"
import { Ledger } from "@interline/router/Ledger"
import { Router } from "@interline/router/Router"
import * as ApiKeyTable from "@interline/sql/ApiKeyTable"
import * as ArchiveLive from "@interline/sql/ArchiveLive"
import * as AuditTable from "@interline/sql/AuditTable"
import * as CohortComparison from "@interline/sql/CohortComparison"
import * as Database from "@interline/sql/Database"
import * as EventLogLive from "@interline/sql/EventLogLive"
import * as FileTable from "@interline/sql/FileTable"
import * as IdMap from "@interline/sql/IdMap"
import * as RequestLog from "@interline/sql/RequestLog"
import * as SandboxDatabase from "@interline/sql/SandboxDatabase"
import * as SessionTable from "@interline/sql/SessionTable"
import * as SqlChatBook from "@interline/sql/SqlChatBook"
import * as SqlHealthStore from "@interline/sql/SqlHealthStore"
import * as SqlLedger from "@interline/sql/SqlLedger"
import * as SqlNoticeStore from "@interline/sql/SqlNoticeStore"
import * as SqlRolloutStore from "@interline/sql/SqlRolloutStore"
import * as SqlSuppression from "@interline/sql/SqlSuppression"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import * as Interline from "interline/Interline"
import type * as Vendors from "interline/Vendors"
import * as Sessions from "./access/Sessions.ts"
import * as ApiServer from "./api/ApiServer.ts"
import * as Endpoint from "./api/endpoint.ts"
import * as Readiness from "./api/Readiness.ts"
import * as CatchUp from "./catchup/CatchUp.ts"
import * as WaitForOptOuts from "./catchup/waitForOptOuts.ts"
import * as ConfiguredNumbers from "./config/configuredNumbers.ts"
import * as GatewayConfig from "./config/GatewayConfig.ts"
import * as OwnWebhooks from "./config/ownWebhooks.ts"
import * as UnknownVariables from "./config/UnknownVariables.ts"
import * as OptOutImport from "./consent/OptOutImport.ts"
import * as WaitingMessaging from "./consent/waitingMessaging.ts"
import * as ConsoleFiles from "./console/ConsoleFiles.ts"
import * as SandboxControl from "./console/SandboxControl.ts"
import * as AddressCheck from "./egress/AddressCheck.ts"
import * as OutboundHttp from "./egress/OutboundHttp.ts"
import * as Callbacks from "./events/Callbacks.ts"
import * as EventStream from "./events/EventStream.ts"
import * as Fronts from "./fronts.ts"
import * as Front from "./fronts/kit/Front.ts"
import * as PassThrough from "./fronts/kit/passing/PassThrough.ts"
import type { Grant } from "./fronts/kit/passing/PassThroughService.ts"
import * as UnusedNumbers from "./fronts/kit/unusedNumbers.ts"
import * as ApiKeys from "./http/ApiKeys.ts"
import * as Drain from "./http/Drain.ts"
import * as Inbox from "./inbox/Inbox.ts"
import * as PublishRouterEvents from "./inbox/publishRouterEvents.ts"
import * as WebhookRoutes from "./inbox/WebhookRoutes.ts"
import * as JoinCluster from "./joinCluster.ts"
import * as ReadConfiguration from "./readConfiguration.ts"
import * as Metrics from "./server/Metrics.ts"
import * as Processes from "./server/Processes.ts"
import * as RequestPolicy from "./server/RequestPolicy.ts"
import * as Telemetry from "./server/Telemetry.ts"
import * as Shadow from "./shadow/Shadow.ts"

/**
 * The gateway cannot start with this configuration. The sentence says what to change, and shows no secret. `mistakes`: what the configuration
 * has wrong, if it was not even tried.
 *
 * @category errors
 */
export class GatewayError
  extends Data.TaggedError("GatewayError")<{ readonly message: string; readonly mistakes?: ReadonlyArray<string> }>
{}

/**
 * The parts from which the gateway is built.
 *
 * @category models
 */
export interface Options<R extends Vendor.Registry = Vendors.Vendors> {
  /** The settings of the process (default: read from the environment). */
  readonly settings?: GatewayConfig.Settings
  /** The options of `Interline.layer`. Missing options are read from the environment. */
  readonly interline?: Interline.Options<R>
  /** Whether each request gets one line in the log (default: true). */
  readonly accessLog?: boolean
  /**
   * The base URL of a sandbox's control API, to be passed on at `/sandbox/…` (default: none). With it, the database is that of a sandbox, which
   * no gateway over vendors takes.
   */
  readonly sandbox?: string
}

const toGatewayError = ({ message }: { readonly message: string }): GatewayError => new GatewayError({ message })

type Carriers = ReadonlyArray<Interline.Configured>

const front = (
  settings: GatewayConfig.Settings,
  configuredCarriers: Carriers,
  lines: ReadConfiguration.Configuration<Vendor.Registry>["lines"]
) =>
  Layer.unwrapEffect(Effect.map(Messaging, ({ carriers }) => {
    const vendors = new Map(configuredCarriers.map(({ id, vendor }) => [id, vendor]))
    const unused = UnusedNumbers.make(lines, vendors, carriers)
    const named = new Set(Object.values(settings.aliases))
    return Layer.effect(Front.Front, Effect.map(Front.Front, (front) => UnusedNumbers.withUnusedNumbers(front, unused, carriers, named)))
      .pipe(
        Layer.provide(Front.layer({ strict: settings.strict, aliases: settings.aliases, drainFor: settings.drainFor }))
      )
  }))

const passThrough = (granted: ReadonlyArray<Grant>) =>
  Layer.effect(
    PassThrough.PassThrough,
    Effect.gen(function*() {
      const { unread } = yield* WaitForOptOuts.ConsentGate
      return yield* PassThrough.make(granted, {
        client: yield* HttpClient.HttpClient,
        outboundHttp: yield* OutboundHttp.OutboundHttp,
        suppression: yield* Suppression,
        ledger: yield* Ledger,
        unread
      })
    })
  )

/** What everything that speaks HTTP shares. */
const services = <R extends Vendor.Registry>(
  { carriers, feeds, granted, histories, interline, lines, receivers, same, settings }: ReadConfiguration.Configuration<R>,
  isSandbox: boolean
) => {
  const { atStart, waitFor } = settings.catchUp
  // The sends of the shards that it gets would wait for that, too. Meanwhile they are better off where they are.
  const mayJoin = Effect.unsafeMakeLatch(false)
  const joinWhenRead = Layer.scopedDiscard(
    Effect.flatMap(
      WaitForOptOuts.ConsentGate,
      ({ waited }) => Effect.forkScoped(Effect.interruptible(Effect.zipRight(waited, mayJoin.open)))
    )
  )
  const suppression = WaitForOptOuts.layer(SqlSuppression.layer, atStart ? histories.map(({ carrierId }) => carrierId) : [], waitFor)
  const stores = Layer.mergeAll(
    SqlLedger.layer(),
    suppression,
    SqlChatBook.layer,
    SqlHealthStore.layer,
    SqlNoticeStore.layer,
    SqlRolloutStore.layer,
    RequestLog.layer,
    ApiKeyTable.layer,
    SessionTable.layer,
    AuditTable.layer,
    FileTable.layer,
    EventLogLive.layer()
  )
  const messaging = WaitingMessaging.layer(AddressCheck.layer(
    Layer.unwrapEffect(Effect.map(Shadow.Shadow, ({ carrierId, take }) =>
      Layer.mapError(
        Interline.layer({
          ...interline,
          router: {
            drainFor: settings.drainFor,
            isOwnWebhook: GatewayConfig.isOwnWebhook(settings),
            confirmsEvents: true,
            ...(Option.isNone(carrierId) ? {} : { answered: take }),
            ...interline.router
          },
          // older ones are in the ledger
          messaging: { remember: 2_000, ...interline.messaging }
        }),
        toGatewayError
      )))
  ))
  return joinWhenRead.pipe(
    Layer.provideMerge(CatchUp.layer({ histories, feeds, atStart })),
    Layer.provideMerge(passThrough(granted)),
    Layer.provideMerge(Inbox.layer()),
    Layer.provideMerge(Callbacks.layer()),
    Layer.provideMerge(Fronts.dialects),
    Layer.provideMerge(front(settings, carriers, lines)),
    Layer.provideMerge(Layer.merge(ArchiveLive.layer, CohortComparison.layer)),
    Layer.provideMerge(IdMap.layer),
    Layer.provideMerge(Processes.layer),
    Layer.provideMerge(Layer.succeed(WebhookRoutes.Receivers, receivers)),
    Layer.provideMerge(messaging),
    Layer.provideMerge(Shadow.layer(Effect.mapError(Interline.shadow(interline), toGatewayError))),
    // what the router decides while it drains is published too
    Layer.provideMerge(PublishRouterEvents.layer),
    Layer.provideMerge(stores),
    Layer.provideMerge(Layer.succeed(ConfiguredNumbers.OwnLines, lines)),
    Layer.provideMerge(Layer.succeed(OwnWebhooks.OwnWebhooks, GatewayConfig.isOwnWebhook(settings))),
    Layer.provideMerge(OutboundHttp.layer({ allowPrivate: settings.allowPrivateUrls })),
    Layer.provideMerge(Layer.mapError(JoinCluster.layer(settings, { same, join: mayJoin.await }), toGatewayError)),
    // first, because it says best what is wrong with the address
    Layer.provideMerge(
      Layer.mapError(
        Layer.tap(
          Database.layer(settings.database, settings.sqlite),
          (context) => Effect.provide(SandboxDatabase.claim(isSandbox), context)
        ),
        ({ message }) => new GatewayError({ message: `DATABASE_URL: ${message}` })
      )
    )
  )
}

/** A balancer can only take requests elsewhere if there may be other processes. */
const usualNotice = ({ database }: GatewayConfig.Settings): Duration.Duration =>
  Database.isPostgres(Redacted.value(database)) ? Duration.seconds(2) : Duration.zero

// The limit is short because the caller has not shown a key yet.
const webhookWithin = Duration.seconds(10)

/** Each vendor's own carrier could always be configured; an address has what is used, has lines or a secret, or is named. */
const webhookRoutes = (settings: GatewayConfig.Settings, carriers: Carriers) =>
  Layer.unwrapEffect(Effect.gen(function*() {
    const receivers = yield* WebhookRoutes.Receivers
    const reporting = yield* ConfiguredNumbers.configured
    const isThere = ({ id, prefix }: Interline.Configured): boolean =>
      prefix !== "" || receivers.has(id) || reporting.some((carrier) => carrier.id === id)
    return WebhookRoutes.layer({
      carriers: carriers.filter(isThere).map(({ id, prefix, vendor }) => ({
        id,
        vendor,
        secretVariable: GatewayConfig.webhookVariable(prefix, vendor)
      })),
      bodyWithin: Duration.min(settings.bodyWithin, webhookWithin)
    })
  }))

/** Passes what a check of the lines found on to `CatchUp`. A webhook that is switched off cannot report it. */
const noticedByChecks = Layer.scopedDiscard(Effect.flatMap(
  Effect.all([Router, CatchUp.CatchUp]),
  ([router, { noticed }]) =>
    Effect.forkScoped(
      router.events.pipe(
        Stream.filter((event) => event._tag === "Noticed"),
        // While one is written down, what sends decide must not push out the next. There are few of them.
        Stream.buffer({ capacity: "unbounded" }),
        Stream.runForEach(({ carrierId, what }) =>
          Effect.catchAllCause(
            noticed(carrierId, what),
            (cause) => Defect.logUnlessSaid(cause, Effect.logWarning("what was missed could not be asked for", { carrier: carrierId }))
          )
        )
      )
    )
))

/** Passes accepted and refused webhooks on to `CatchUp`. */
const withCatchUp = Layer.effectContext(Effect.map(
  Effect.all([WebhookRoutes.Receivers, Inbox.Inbox, CatchUp.CatchUp]),
  ([receivers, inbox, { heard, missed }]) => {
    const watching = Array.from(receivers, ([id, receiver]): readonly [CarrierId, WebhookReceiver] => [id, {
      ...receiver,
      receive: (request) =>
        Effect.tapError(
          receiver.receive(request),
          ({ fault }) => fault === "signature" || fault === "age" ? Effect.catchAllCause(missed(id), () => Effect.void) : Effect.void
        )
    }])
    const listening: Inbox.InboxService = {
      ...inbox,
      put: (events) => {
        const [first] = events
        return first === undefined ?
          inbox.put(events) :
          Effect.zipLeft(
            inbox.put(events),
            Effect.catchAllCause(
              heard(first.carrierId, events),
              (cause) =>
                Defect.logUnlessSaid(cause, Effect.logWarning("what was missed could not be asked for", { carrier: first.carrierId }))
            )
          )
      }
    }
    return Context.make(WebhookRoutes.Receivers, new Map(watching)).pipe(Context.add(Inbox.Inbox, listening))
  }
))

/**
 * Asks each carrier at the start whether it accepts our credentials and has our lines. It only warns, so that the healthy carriers do not
 * wait for it.
 */
const checkLinesAtStart = Layer.scopedDiscard(
  Effect.flatMap(Router, ({ checkLines }) =>
    Effect.forkScoped(Effect.interruptible(Effect.catchAll(checkLines, (error) =>
      // A fault that only a person can repair was already logged for each line.
      error.next === "fix" ? Effect.void : Effect.logWarning("a carrier's lines could not be checked", error.message)))))
)

const routes = (
  { accessLog = true, sandbox }: Pick<Options, "accessLog" | "sandbox">,
  { carriers, feeds, settings, spans }: Pick<ReadConfiguration.Configuration<Vendor.Registry>, "carriers" | "feeds" | "settings" | "spans">
) =>
  Layer.mergeAll(
    Readiness.layer,
    Layer.unwrapEffect(
      Effect.map(
        Effect.all([Inbox.Inbox, Callbacks.Callbacks, CatchUp.CatchUp, SqlClient.SqlClient, Messaging, Clock.currentTimeMillis]),
        ([inbox, callbacks, { progress }, sql, messaging, since]) =>
          Metrics.layer({
            open: settings.openMetrics,
            progress,
            streams: { carriers: feeds.map(({ carrierId }) => carrierId), since },
            carriers: messaging.carriers.map(({ id }) => id),
            queues: Effect.all({ inbox: inbox.queue.state, callbacks: callbacks.queue.state, held: SqlLedger.inspectHeld(sql) })
          })
      )
    ),
    ApiServer.layer({ bodyTimeout: settings.bodyWithin }),
    ConsoleFiles.layer,
    EventStream.layer,
    sandbox === undefined ? Layer.empty : SandboxControl.layer(sandbox),
    OptOutImport.layer({ bodyWithin: settings.bodyWithin }),
    webhookRoutes(settings, carriers).pipe(Layer.provide(withCatchUp)),
    Fronts.layer({
      bodyWithin: settings.bodyWithin,
      ...Option.match(settings.publicUrl, { onNone: () => ({}), onSome: (publicUrl) => ({ publicUrl }) })
    })
  ).pipe(
    Layer.provide(RequestPolicy.layer({
      addresses: Endpoint.addresses,
      fronts: Fronts.addresses,
      origins: settings.corsOrigins,
      accessLog,
      spans
    }))
  )

/**
 * What keeps a gateway from starting, as `layer` reads the configuration: one sentence for each mistake, which shows no secret. It sends no
 * request, and leaves the database and the address to listen at alone.
 *
 * @category constructors
 */
export const check = <R extends Vendor.Registry = Vendors.Vendors>(
  options: Pick<Options<R>, "settings" | "interline"> = {}
): Effect.Effect<ReadonlyArray<string>, never, HttpClient.HttpClient> =>
  Effect.match(ReadConfiguration.read(options), { onFailure: (mistakes) => mistakes, onSuccess: () => [] })

/**
 * The gateway on a given server. If it cannot be built, it fails at the start with one sentence. At the end of its scope it first refuses
 * requests that act, after `INTERLINE_DRAIN_NOTICE`. Then it finishes running work within `INTERLINE_DRAIN`, and records the rest as not known. It
 * gives the sessions, so that the program that starts it can print a link to sign in with.
 *
 * @category layers
 */
export const layer = <R extends Vendor.Registry = Vendors.Vendors>(
  options: Options<R> = {}
): Layer.Layer<Sessions.Sessions, GatewayError, HttpServer.HttpServer | HttpClient.HttpClient> =>
  Layer.unwrapEffect(Effect.gen(function*() {
    yield* UnknownVariables.warn
    const configuration = yield* Effect.mapError(
      ReadConfiguration.read(options),
      (mistakes) => new GatewayError({ message: mistakes.join("; "), mistakes })
    )
    const { keys, settings, warnings } = configuration
    yield* Effect.forEach(warnings, (warning) => Effect.logWarning(warning), { discard: true })
    return Drain.onShutdown({ drainFor: settings.drainFor, notice: Option.getOrElse(settings.drainNotice, () => usualNotice(settings)) })
      .pipe(
        Layer.provideMerge(RequestPolicy.serve(routes(options, configuration))),
        Layer.provide(Drain.lastAnswers),
        Layer.provide(Metrics.layerRouter),
        Layer.provide(settings.catchUp.atStart ? checkLinesAtStart : Layer.empty),
        Layer.provide(noticedByChecks),
        Layer.provideMerge(
          Sessions.layer(Option.match(settings.publicUrl, { onNone: () => ({}), onSome: (publicUrl) => ({ publicUrl }) }))
        ),
        Layer.provide(ApiKeys.layer(keys)),
        Layer.provide(services(configuration, options.sandbox !== undefined)),
        Layer.provide(Drain.layer),
        Layer.provide(Layer.mapError(Telemetry.layer, toGatewayError))
      )
  }))
