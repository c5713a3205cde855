/**
 * The whole gateway: one runtime with one ledger, and one circuit breaker for each line. The neutral API, the webhooks and the fronts share
 * it.
 */
import * as HttpClient from "@effect/platform/HttpClient"
import type * as HttpServer from "@effect/platform/HttpServer"
import * as SqlClient from "@effect/sql/SqlClient"
import type { CarrierId } from "@interline/core/CarrierId"
import * as Defect from "@interline/core/Defect"
import type { CarrierFeed } from "@interline/core/Feed"
import type * as Handle from "@interline/core/Handle"
import type { CarrierHistory } from "@interline/core/History"
import { Messaging } from "@interline/core/Messaging"
import * as NearestWord from "@interline/core/NearestWord"
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
import * as SessionTable from "@interline/sql/SessionTable"
import * as SqlChatBook from "@interline/sql/SqlChatBook"
import * as SqlHealthStore from "@interline/sql/SqlHealthStore"
import * as SqlLedger from "@interline/sql/SqlLedger"
import * as SqlNoticeStore from "@interline/sql/SqlNoticeStore"
import * as SqlRolloutStore from "@interline/sql/SqlRolloutStore"
import * as SqlSuppression from "@interline/sql/SqlSuppression"
import type * as ConfigError from "effect/ConfigError"
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import * as Interline from "interline/Interline"
import * as Vendors from "interline/Vendors"
import * as Sessions from "./access/Sessions.ts"
import * as ApiServer from "./api/ApiServer.ts"
import * as Endpoint from "./api/endpoint.ts"
import * as Readiness from "./api/Readiness.ts"
import * as CatchUp from "./catchup/CatchUp.ts"
import * as WaitForOptOuts from "./catchup/waitForOptOuts.ts"
import * as ConfiguredNumbers from "./config/configuredNumbers.ts"
import * as GatewayConfig from "./config/GatewayConfig.ts"
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
import * as WebhookRoutes from "./inbox/WebhookRoutes.ts"
import * as JoinCluster from "./joinCluster.ts"
import * as SameSettings from "./sameSettings.ts"
import * as Metrics from "./server/Metrics.ts"
import * as Processes from "./server/Processes.ts"
import * as RequestPolicy from "./server/RequestPolicy.ts"
import * as Telemetry from "./server/Telemetry.ts"
import * as Shadow from "./shadow/Shadow.ts"

/**
 * The gateway cannot start with this configuration. The sentence says what to change, and shows no secret.
 *
 * @category errors
 */
export class GatewayError extends Data.TaggedError("GatewayError")<{ readonly message: string }> {}

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
  /** The base URL of a sandbox's control API, to be passed on at `/sandbox/…` (default: none). */
  readonly sandbox?: string
}

const sentenceOf = (error: ConfigError.ConfigError): string =>
  error._op === "And" || error._op === "Or" ? `${sentenceOf(error.left)}; ${sentenceOf(error.right)}` : error.message

const withSentence = <A, R>(effect: Effect.Effect<A, ConfigError.ConfigError, R>): Effect.Effect<A, GatewayError, R> =>
  Effect.mapError(effect, (error) => new GatewayError({ message: sentenceOf(error) }))

const toGatewayError = ({ message }: { readonly message: string }): GatewayError => new GatewayError({ message })

const unusableVariable = (variable: string, why: string): GatewayError =>
  new GatewayError({ message: `the variable ${variable} cannot be used: ${why}` })

// A receiver's error advises to change its options. A deployment has only variables, so the advice is replaced by one about the variable.
const toUnusable = (variable: string) => (error: ConfigError.ConfigError): GatewayError =>
  unusableVariable(variable, sentenceOf(error).replaceAll(/; pass the option [\w.]+/g, ""))

type Carriers = ReadonlyArray<Interline.Configured>

/** The path for a carrier's webhooks. */
const webhookPath = (id: string): string => `/webhooks/${id}`

/**
 * Whether a webhook at a carrier leads to this gateway: its address begins with the public one. If no public address is configured, its path
 * ends like ours.
 */
const isOwnWebhook = ({ publicUrl }: GatewayConfig.Settings) => (id: CarrierId, url: string): boolean =>
  Option.match(publicUrl, {
    onNone: () => URL.canParse(url) && new URL(url).pathname.toLowerCase().replace(/\/+$/, "").endsWith(webhookPath(id)),
    onSome: (own) => url.startsWith(`${own}/`)
  })

/** Where each vendor that can reports every message: to this gateway, with a token in the address that only we can make. */
const statusCallback = (
  vendors: Vendor.Registry,
  carriers: Carriers,
  { callbackSecret, publicUrl }: GatewayConfig.Settings
): Either.Either<((id: CarrierId) => Vendor.StatusCallback) | undefined, GatewayError> => {
  if (Option.isNone(publicUrl) || !carriers.some(({ vendor }) => vendors[vendor]?.statusOptions !== undefined)) {
    return Either.right(undefined)
  }
  return Option.match(callbackSecret, {
    onNone: () =>
      Either.left(
        new GatewayError({
          message:
            "the variable INTERLINE_CALLBACK_SECRET is needed with INTERLINE_PUBLIC_URL: 16 characters or more, the same in every process"
        })
      ),
    onSome: (secret) => Either.right((id) => ({ url: `${publicUrl.value}${webhookPath(id)}`, secret }))
  })
}

/**
 * A receiver for each carrier that has a secret, also for a carrier that sends nothing: what people write to its lines counts all the same, above
 * all that they opt out. A carrier in use without a secret is logged once, at start.
 */
const receivers = (vendors: Vendor.Registry, carriers: Carriers, { callbackSecret, publicUrl, words }: GatewayConfig.Settings) =>
  Effect.gen(function*() {
    const messaging = yield* Messaging
    const reporting = yield* ConfiguredNumbers.configured
    const ours = reporting.flatMap(({ lines }) => Array.from(lines.values()))
    const found = new Map<CarrierId, WebhookReceiver>()
    for (const { id, prefix, vendor } of carriers) {
      const { receiver, statusOptions } = vendors[vendor] ?? {}
      if (receiver === undefined) continue
      const isUsed = messaging.carriers.some((carrier) => carrier.id === id)
      const secrets = yield* withSentence(GatewayConfig.webhookSecrets(prefix, vendor))
      const reports = statusOptions !== undefined && Option.isSome(publicUrl) && Option.isSome(callbackSecret)
      const numbers: ReadonlyArray<Handle.Phone> = Array.from(reporting.find((carrier) => carrier.id === id)?.lines.values() ?? [])
      // the reports of messages from before it went out of use come to its own address
      const isKnown = isUsed || (reports && numbers.length > 0)
      if (secrets.length === 0) {
        const isByStream = (yield* withSentence(GatewayConfig.eventsSource(prefix, vendor))) === "stream"
        if (isUsed && !isByStream) {
          yield* Effect.logWarning(`webhooks of ${id} are refused: ${GatewayConfig.webhookVariable(prefix, vendor)} is not set`)
        }
        if (!reports || !isKnown) continue
      }
      const built = receiver({
        carrierId: id,
        secrets,
        lines: numbers,
        ours,
        optOutWords: words.optOut,
        optInWords: words.optIn,
        ...(reports && Option.isSome(callbackSecret) ? { callbackSecret: callbackSecret.value } : {})
      })
      found.set(id, yield* Effect.mapError(built, toUnusable(GatewayConfig.webhookVariable(prefix, vendor))))
    }
    return found
  })

/**
 * The front. It fails at the start if no carrier in use has the line of an alias. Otherwise a program that sends from the alias would
 * notice it only with its first message.
 */
const front = <R extends Vendor.Registry>(
  settings: GatewayConfig.Settings,
  configuredCarriers: Carriers,
  interline: Interline.Options<R>
) =>
  Layer.unwrapEffect(Effect.gen(function*() {
    const { carriers } = yield* Messaging
    const lines = new Set(carriers.flatMap(({ lines }) => Array.from(lines.keys())))
    const stranger = Object.values(settings.aliases).find((line) => !lines.has(line))
    if (stranger !== undefined) {
      return yield* unusableVariable(
        "INTERLINE_ALIASES",
        `no carrier in use has the line "${stranger}"; lines are ${Array.from(lines).join(", ")}`
      )
    }
    const vendors = new Map(configuredCarriers.map(({ id, vendor }) => [id, vendor]))
    const unused = UnusedNumbers.make(yield* Effect.mapError(Interline.lines(interline), toGatewayError), vendors, carriers)
    const named = new Set(Object.values(settings.aliases))
    return Layer.effect(Front.Front, Effect.map(Front.Front, (front) => UnusedNumbers.withUnusedNumbers(front, unused, carriers, named)))
      .pipe(
        Layer.provide(Front.layer({ strict: settings.strict, aliases: settings.aliases, drainFor: settings.drainFor }))
      )
  }))

/** What the configuration names to be passed on. */
type Named = GatewayConfig.Settings["passThrough"]

/** The account that a group is passed on to. It fails on a word that means nothing, and if the credentials of the account are missing. */
const grant = <R extends Vendor.Registry>(
  { carrier: name, group }: Named[number],
  all: Named,
  carriers: Carriers,
  interline: Interline.Options<R>
): Effect.Effect<Grant, string> =>
  Effect.gen(function*() {
    const carrier = carriers.find(({ id }) => id === name)
    if (carrier === undefined) return yield* Effect.fail(`a carrier ${NearestWord.oneOf(name, carriers.map(({ id }) => id))}`)
    const { id, vendor } = carrier
    const groups = Fronts.groups[vendor] ?? []
    if (!groups.includes(group)) return yield* Effect.fail(`a group of ${id} ${NearestWord.oneOf(group, groups)}`)
    if (all.some((other) => other.group === group && other.carrier !== name && isOf(carriers, other.carrier, vendor))) {
      return yield* Effect.fail(`${group} is given to two accounts of ${vendor}; name one of them`)
    }
    const access = yield* Effect.mapError(Interline.access(interline, id), ({ message }) => message)
    return { vendor, group, carrierId: id, access }
  })

/** What is passed on to which account. The failure names every mistake. */
const grants = <R extends Vendor.Registry>(
  settings: GatewayConfig.Settings | undefined,
  interline: Interline.Options<R>
): Effect.Effect<ReadonlyArray<Grant>, GatewayError> =>
  Effect.flatMap(
    Effect.all([
      settings === undefined ? withSentence(GatewayConfig.passThrough) : Effect.succeed(settings.passThrough),
      Effect.mapError(Interline.configured(interline), toGatewayError)
    ]),
    ([all, carriers]) =>
      Effect.mapError(
        Effect.validateAll(all, (one) => grant(one, all, carriers, interline)),
        (why) => unusableVariable("INTERLINE_PASS_THROUGH", Array.from(new Set(why)).join("; "))
      )
  )

/** Whether a carrier of this id is one of the vendor's. */
const isOf = (carriers: Carriers, id: string, vendor: string): boolean =>
  carriers.some((carrier) => carrier.id === id && carrier.vendor === vendor)

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

/** What the gateway does at the accounts of carriers beside their operations: it reads their past, and passes requests on to them. */
interface Accounts {
  readonly histories: ReadonlyArray<CarrierHistory>
  readonly feeds: ReadonlyArray<CarrierFeed>
  readonly granted: ReadonlyArray<Grant>
}

/** The feeds of the carriers whose events come by stream. It fails if such a carrier has none, or cannot be asked. */
const feedsInUse = (carriers: Carriers, feeds: ReadonlyArray<CarrierFeed>): Effect.Effect<ReadonlyArray<CarrierFeed>, GatewayError> =>
  Effect.map(
    Effect.forEach(
      carriers,
      ({ id, prefix, vendor }) =>
        Effect.flatMap(
          withSentence(GatewayConfig.eventsSource(prefix, vendor)),
          (source): Effect.Effect<ReadonlyArray<CarrierFeed>, GatewayError> => {
            if (source === "webhooks") return Effect.succeed([])
            const found = feeds.filter(({ carrierId }) => carrierId === id)
            return found.length > 0 ? Effect.succeed(found) : Effect.fail(unusableVariable(
              GatewayConfig.eventsVariable(prefix, vendor),
              `${id} needs its credentials and a line to read the event stream, and its vendor must have one`
            ))
          }
        )
    ),
    (found) => found.flat()
  )

/** What everything that speaks HTTP shares. */
const services = <R extends Vendor.Registry>(
  settings: GatewayConfig.Settings,
  vendors: Vendor.Registry,
  carriers: Carriers,
  interline: Interline.Options<R>,
  { feeds, granted, histories, same }: Accounts & { readonly same: Readonly<Record<SameSettings.Group, Redacted.Redacted>> }
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
            isOwnWebhook: isOwnWebhook(settings),
            confirmsRollout: true,
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
    Layer.provideMerge(front(settings, carriers, interline)),
    Layer.provideMerge(Layer.merge(ArchiveLive.layer, CohortComparison.layer)),
    Layer.provideMerge(IdMap.layer),
    Layer.provideMerge(Processes.layer),
    Layer.provideMerge(Layer.effect(WebhookRoutes.Receivers, receivers(vendors, carriers, settings))),
    Layer.provideMerge(messaging),
    Layer.provideMerge(Shadow.layer(Effect.mapError(Interline.shadow(interline), toGatewayError))),
    Layer.provideMerge(stores),
    Layer.provideMerge(Layer.effect(ConfiguredNumbers.OwnLines, Effect.mapError(Interline.lines(interline), toGatewayError))),
    Layer.provideMerge(OutboundHttp.layer({ allowPrivate: settings.allowPrivateUrls })),
    Layer.provideMerge(Layer.mapError(JoinCluster.layer(settings, { same, join: mayJoin.await }), toGatewayError)),
    // first, because it says best what is wrong with the address
    Layer.provideMerge(
      Layer.mapError(
        Database.layer(settings.database, settings.sqlite),
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
    Effect.forkScoped(Stream.runForEach(
      router.events,
      (event) =>
        event._tag !== "Noticed" ? Effect.void : Effect.catchAllCause(
          noticed(event.carrierId, event.what),
          (cause) => Defect.logUnlessSaid(cause, Effect.logWarning("what was missed could not be asked for", { carrier: event.carrierId }))
        )
    ))
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
  settings: GatewayConfig.Settings,
  carriers: Carriers,
  spans: boolean
) =>
  Layer.mergeAll(
    Readiness.layer,
    Layer.unwrapEffect(
      Effect.map(
        Effect.all([Inbox.Inbox, Callbacks.Callbacks, CatchUp.CatchUp, SqlClient.SqlClient, Messaging]),
        ([inbox, callbacks, { progress }, sql, messaging]) =>
          Metrics.layer({
            open: settings.openMetrics,
            progress,
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
    const given: Interline.Options<R> = options.interline ?? {}
    const vendors = given.vendors ?? Vendors.vendors
    const keysOf = (text: GatewayConfig.Settings["apiKeys"]) =>
      Either.mapLeft(ApiKeys.parse(text), (why) => unusableVariable("INTERLINE_API_KEYS", why))
    const read = yield* Effect.all({
      settings: options.settings === undefined ? withSentence(GatewayConfig.settings) : Effect.succeed(options.settings),
      keys: options.settings === undefined
        ? Effect.flatMap(
          Effect.option(GatewayConfig.apiKeys),
          Option.match({ onNone: () => Effect.succeed(new Map<string, never>()), onSome: keysOf })
        )
        : keysOf(options.settings.apiKeys),
      carriers: Effect.mapError(Interline.configured(given), toGatewayError),
      interline: Effect.mapError(Interline.check(given), toGatewayError),
      granted: grants(options.settings, given),
      spans: withSentence(Telemetry.isOn)
    }, { mode: "either" })
    // All mistakes are collected, so that the operator sees them at one start.
    const results: ReadonlyArray<Either.Either<unknown, GatewayError>> = Object.values(read)
    const mistakes = Array.from(new Set(results.flatMap((result) => Either.isLeft(result) ? [result.left.message] : [])))
    if (mistakes.length > 0) return yield* new GatewayError({ message: mistakes.join("; ") })
    const { carriers, granted, keys, settings, spans } = yield* Effect.all({
      carriers: read.carriers,
      granted: read.granted,
      keys: read.keys,
      settings: read.settings,
      spans: read.spans
    })
    const callback = yield* statusCallback(vendors, carriers, settings)
    const interline = callback === undefined ? given : { statusCallback: callback, ...given }
    const reading = { optOutWords: settings.words.optOut, optInWords: settings.words.optIn }
    const histories = yield* Effect.mapError(Interline.histories(interline, reading), toGatewayError)
    const feeds = yield* Effect.flatMap(
      Effect.mapError(Interline.feeds(interline, reading), toGatewayError),
      (all) => feedsInUse(carriers, all)
    )
    const [lines, policy] = yield* Effect.mapError(Effect.all([Interline.lines(interline), Interline.policy(interline)]), toGatewayError)
    const same = yield* withSentence(SameSettings.of({ settings, keys, carriers, lines, policy }))
    return Drain.onShutdown({ drainFor: settings.drainFor, notice: Option.getOrElse(settings.drainNotice, () => usualNotice(settings)) })
      .pipe(
        Layer.provideMerge(RequestPolicy.serve(routes(options, settings, carriers, spans))),
        Layer.provide(Drain.lastAnswers),
        Layer.provide(Metrics.layerRouter),
        Layer.provide(settings.catchUp.atStart ? checkLinesAtStart : Layer.empty),
        Layer.provide(noticedByChecks),
        Layer.provideMerge(
          Sessions.layer(Option.match(settings.publicUrl, { onNone: () => ({}), onSome: (publicUrl) => ({ publicUrl }) }))
        ),
        Layer.provide(ApiKeys.layer(keys)),
        Layer.provide(services(settings, vendors, carriers, interline, { feeds, granted, histories, same })),
        Layer.provide(Drain.layer),
        Layer.provide(Layer.mapError(Telemetry.layer, (error) => new GatewayError({ message: sentenceOf(error) })))
      )
  }))
