/** Builds `Messaging` from a configuration, over the carriers that the configuration names. Most applications import this module. */
import type * as HttpClient from "@effect/platform/HttpClient"
import type * as Carrier from "@interline/core/Carrier"
import type { CarrierId } from "@interline/core/CarrierId"
import * as Carriers from "@interline/core/Carriers"
import * as ChatBook from "@interline/core/ChatBook"
import * as Draft from "@interline/core/Draft"
import type * as Feed from "@interline/core/Feed"
import type { Phone } from "@interline/core/Handle"
import type * as History from "@interline/core/History"
import type { LineName } from "@interline/core/Line"
import type * as Messaging from "@interline/core/Messaging"
import type * as MessagingService from "@interline/core/MessagingService"
import * as Suppression from "@interline/core/Suppression"
import type * as Vendor from "@interline/core/Vendor"
import type * as Ledger from "@interline/router/Ledger"
import * as MemoryLedger from "@interline/router/MemoryLedger"
import * as RouterPolicy from "@interline/router/Policy"
import * as Router from "@interline/router/Router"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import * as ConfiguredLines from "./configuredLines.ts"
import * as Instances from "./instances.ts"
import * as InterlinePolicy from "./policy.ts"
import * as Variables from "./variables.ts"
import * as Vendors from "./Vendors.ts"

/**
 * The options of each vendor's own carrier, under the vendor's name. The carrier's id is the vendor's name, unless `carrierId` gives
 * another id. An option that is left out is read from the vendor's variables.
 *
 * @category models
 */
export type OwnOptions<R extends Vendor.Registry = Vendors.Vendors> = {
  readonly [V in keyof R]?: Vendor.GivenOf<R[V]> & { readonly carrierId?: string }
}

/**
 * A carrier with a name of its own. An option that is left out is read from the vendor's variable with the carrier's id in front:
 * `linq-eu` reads `LINQ_EU_LINQ_API_KEY`.
 *
 * @category models
 */
export type Instance<R extends Vendor.Registry = Vendors.Vendors> = {
  readonly [V in keyof R]: Vendor.GivenOf<R[V]> & { readonly vendor: V }
}[keyof R]

/**
 * The options that do not belong to one vendor.
 *
 * @category models
 */
export interface CommonOptions<R extends Vendor.Registry = Vendors.Vendors> {
  /** The carriers in their order. The rest of the policy has its defaults (`INTERLINE_PREFER`, as `linq, sendblue`). */
  readonly prefer?: ReadonlyArray<string>
  /** The whole routing policy (`INTERLINE_POLICY`, as JSON). */
  readonly policy?: RouterPolicy.Input
  /** The only vendor to use (`INTERLINE_CARRIER`). */
  readonly carrier?: keyof NoInfer<R> & string
  /**
   * Carriers with names of their own (`INTERLINE_CARRIERS`, as `linq-eu=linq, sendblue-us=sendblue`). They exist even if the policy
   * does not name them.
   */
  readonly carriers?: Readonly<Record<string, Instance<NoInfer<R>>>>
  /**
   * Our numbers by line name and carrier (`INTERLINE_LINES`, as
   * `support=linq:+12025550101,sendblue:+12025550201;sales=linq:+12025550102` or as JSON).
   */
  readonly lines?: ConfiguredLines.LineNumbers
  /**
   * What to do if a carrier cannot carry a whole draft: `adapt` or `exact` (`INTERLINE_FIDELITY`). It must not contradict the policy.
   * Default: as the policy says, else `adapt`.
   */
  readonly fidelity?: Draft.Fidelity
  /**
   * A carrier for which each send is also planned, and never sent (`INTERLINE_SHADOW`). It must not contradict the policy. `shadow` gives its
   * planner. Default: as the policy says, else none.
   */
  readonly shadow?: string
  /** Where vendors report the status of each message, by carrier. A carrier's own option wins. Default: only the carrier's own option. */
  readonly statusCallback?: (carrierId: CarrierId) => Vendor.StatusCallback
  /** The options of `Messaging`. */
  readonly messaging?: Omit<MessagingService.Options, "fidelity" | "ours">
  /** The options of the router. */
  readonly router?: Omit<Router.Options, "remember" | "decide" | "lines" | "idle">
  /** The vendors that can be configured. With another list, its vendors' names become options. Default: `Vendors.vendors`. */
  readonly vendors?: R
}

/**
 * A field that names a variable in its doc can also come from the environment. A field that is given here wins over its variable. Give
 * only one of `prefer`, `policy` and `carrier`: each says which carriers carry a message. The options of a vendor's own carrier stand
 * under the vendor's name.
 * Credentials and base URLs are read from the variables that the vendors' clients use.
 *
 * @category models
 */
export type Options<R extends Vendor.Registry = Vendors.Vendors> = CommonOptions<R> & OwnOptions<NoInfer<R>>

/**
 * The configuration cannot be used. The sentence names the option and the variable. Nothing was sent.
 *
 * @category errors
 */
export class ConfigurationError extends Schema.TaggedError<ConfigurationError>("interline/ConfigurationError")("ConfigurationError", {
  sentence: Schema.String
}) {
  override get message(): string {
    return this.sentence
  }
}

const toConfigurationError = <A, R>(effect: Effect.Effect<A, string, R>): Effect.Effect<A, ConfigurationError, R> =>
  Effect.mapError(effect, (sentence) => new ConfigurationError({ sentence }))

type Environment = HttpClient.HttpClient | Suppression.Suppression | ChatBook.ChatBook

/** The options as this module reads them. `own` gives the options under a vendor's name. */
interface Given extends CommonOptions<Vendor.Registry> {
  readonly vendors: Vendor.Registry
  readonly own: (vendor: string) => unknown
}

/** Reads the options. A null counts as absent, because plain JavaScript may give one. */
const toGiven = <R extends Vendor.Registry>(given: Options<R>): Given => {
  const options: Readonly<Record<string, unknown>> = Predicate.isRecord(given)
    ? Object.fromEntries(Object.entries(given).filter(([, value]) => value !== null && value !== undefined))
    : {}
  return { vendors: Vendors.vendors, ...options, own: (vendor) => options[vendor] }
}

const makeOne = (configured: Instances.Configured, lines: ConfiguredLines.Lines): Effect.Effect<Carrier.Carrier, string, Environment> =>
  Effect.flatMap(ConfiguredLines.of(lines, configured.id), () => configured.make(ConfiguredLines.byName(lines, configured.id)))

/** Reads a vendor's name and gives the id of the vendor's own carrier. */
const oneOf = ({ own, vendors }: Given) => (given: unknown): Effect.Effect<unknown, string> => {
  const names = Object.keys(vendors)
  return Effect.flatMap(
    Variables.word("carrier", "INTERLINE_CARRIER", names, given),
    Option.match({
      onNone: () => Effect.fail(`${Variables.named("carrier", "INTERLINE_CARRIER")} must be one of ${names.join(", ")}; it is missing`),
      onSome: (vendor) => Effect.succeed(Instances.ownId(own, vendor))
    })
  )
}

/**
 * A carrier that the configuration could use: a vendor's own carrier, or a carrier with a name of its own.
 *
 * @category models
 */
export interface Configured {
  /** The id of the carrier. */
  readonly id: CarrierId
  /** The name of its vendor. */
  readonly vendor: string
  /**
   * The text in front of the vendor's variables for this carrier, such as `LINQ_EU_`. Empty for a vendor's own carrier, and for a
   * carrier that has its vendor's name.
   */
  readonly prefix: string
}

/**
 * All carriers that are configured, without their credentials. The policy decides which of them carry messages.
 *
 * @category constructors
 */
export const configured = <R extends Vendor.Registry = Vendors.Vendors>(
  given: Options<R> = {}
): Effect.Effect<ReadonlyArray<Configured>, ConfigurationError> =>
  toConfigurationError(
    Effect.map(Instances.read(toGiven(given)), (instances) =>
      Array.from(instances.values(), ({ id, prefix, vendor }) => ({ id, vendor, prefix })))
  )

/**
 * The carriers that the configuration uses, each with our numbers there by line. It asks no carrier, and fails as `check` does.
 *
 * @category constructors
 */
export const carriersInUse = <R extends Vendor.Registry = Vendors.Vendors>(
  given: Options<R> = {}
): Effect.Effect<ReadonlyArray<Configured & { readonly lines: ReadonlyMap<LineName, Phone> }>, ConfigurationError> =>
  toConfigurationError(
    Effect.map(readAll(toGiven(given)), ({ lines, used }) =>
      Array.from(used, ({ id, prefix, vendor }) => ({ id, vendor, prefix, lines: ConfiguredLines.byName(lines, id) })))
  )

/**
 * The configured lines (`lines`, `INTERLINE_LINES`): our numbers by line name and carrier id. Carriers that the policy does not use are
 * included. Fails if the lines cannot be read, with the same sentence as `layer`.
 *
 * @category constructors
 */
export const lines = <R extends Vendor.Registry = Vendors.Vendors>(
  given: Options<R> = {}
): Effect.Effect<ReadonlyMap<LineName, ReadonlyMap<CarrierId, Phone>>, ConfigurationError> =>
  toConfigurationError(Effect.gen(function*() {
    const options = toGiven(given)
    const instances = yield* Instances.read(options)
    return yield* ConfiguredLines.read(options.lines, Array.from(instances.keys()))
  }))

/**
 * The whole routing policy that the configuration gives, with its defaults, as JSON. Fails if the configuration cannot be used, with the same
 * sentence as `layer`.
 *
 * @category constructors
 */
export const policy = <R extends Vendor.Registry = Vendors.Vendors>(
  given: Options<R> = {}
): Effect.Effect<RouterPolicy.Input, ConfigurationError> => toConfigurationError(Effect.map(readAll(toGiven(given)), ({ input }) => input))

/**
 * Like `policy`, without the credentials of the carriers: whoever checks a policy need not have them.
 *
 * @category constructors
 */
export const policyAlone = <R extends Vendor.Registry = Vendors.Vendors>(
  given: Options<R> = {}
): Effect.Effect<RouterPolicy.Input, ConfigurationError> =>
  toConfigurationError(Effect.map(readAll(toGiven(given), "left out"), ({ input }) => input))

type Reading = Pick<History.Options, "optOutWords" | "optInWords" | "retry">

/** What is made of each configured carrier that has a line and credentials. */
const ofEach = <R extends Vendor.Registry, A>(
  given: Options<R>,
  reading: Reading,
  make: (
    configured: Instances.Configured,
    options: Omit<History.Options, "carrierId">
  ) => Effect.Effect<Option.Option<A>, string, HttpClient.HttpClient>
): Effect.Effect<ReadonlyArray<A>, ConfigurationError, HttpClient.HttpClient> =>
  toConfigurationError(Effect.gen(function*() {
    const options = toGiven(given)
    const instances = yield* Instances.read(options)
    const lines = yield* ConfiguredLines.read(options.lines, Array.from(instances.keys()))
    const ours = Array.from(lines.values()).flatMap((numbers) => Array.from(numbers.values()))
    const found = yield* Effect.forEach(instances.values(), (configured) => {
      const numbers = ConfiguredLines.numbers(lines, configured.id)
      return numbers.length === 0
        ? Effect.succeedNone
        : Effect.map(Effect.option(make(configured, { ...reading, ours, lines: numbers })), Option.flatten)
    })
    return found.flatMap(Option.toArray)
  }))

/**
 * The histories of the configured carriers. A history reads the past at the carrier's vendor. Carriers that the policy does not use are
 * included. A carrier without a line or without credentials is left out. `reading` says which words opt out and in, and how often a read is
 * repeated.
 *
 * @category constructors
 */
export const histories = <R extends Vendor.Registry = Vendors.Vendors>(
  given: Options<R> = {},
  reading: Reading = {}
): Effect.Effect<ReadonlyArray<History.CarrierHistory>, ConfigurationError, HttpClient.HttpClient> =>
  ofEach(given, reading, ({ history }, options) => history(options))

/**
 * The feeds of the configured carriers. A feed brings the live events of the carrier's account without webhooks. It connects when it is
 * opened. Carriers without a line or without credentials, and those whose vendor has no feed, are left out. `reading` is the same as for
 * `histories`.
 *
 * @category constructors
 */
export const feeds = <R extends Vendor.Registry = Vendors.Vendors>(
  given: Options<R> = {},
  reading: Reading = {}
): Effect.Effect<ReadonlyArray<Feed.CarrierFeed>, ConfigurationError, HttpClient.HttpClient> =>
  ofEach(given, reading, ({ feed }, options) => feed(options))

/**
 * The access to the account of a configured carrier, for requests that no operation makes. The policy need not use the carrier. Fails if
 * there is no such carrier, if its credentials are missing, or if its vendor gives no access.
 *
 * @category constructors
 */
export const access = <R extends Vendor.Registry = Vendors.Vendors>(
  given: Options<R>,
  carrierId: string
): Effect.Effect<Vendor.Access, ConfigurationError> =>
  toConfigurationError(Effect.gen(function*() {
    const instances = yield* Instances.read(toGiven(given))
    const configured = Array.from(instances.values()).find(({ id }) => id === carrierId)
    if (configured === undefined) return yield* Effect.fail(`there is no carrier "${carrierId}"`)
    return yield* Effect.flatMap(
      configured.access,
      Option.match({ onNone: () => Effect.fail(`the vendor of "${carrierId}" gives no access`), onSome: Effect.succeed })
    )
  }))

/**
 * The one carrier that `carrier` or `INTERLINE_CARRIER` names, without a router.
 *
 * @category constructors
 */
export const makeCarrier = <R extends Vendor.Registry = Vendors.Vendors>(
  given: Options<R> = {}
): Effect.Effect<Carrier.Carrier, ConfigurationError, Environment> =>
  toConfigurationError(Effect.gen(function*() {
    const options = toGiven(given)
    const id = yield* oneOf(options)(options.carrier)
    const instances = yield* Instances.read(options)
    const lines = yield* ConfiguredLines.read(options.lines, Array.from(instances.keys()))
    const configured = Array.from(instances.values()).find((instance) => instance.id === id)
    return yield* configured === undefined ? Effect.dieMessage("a vendor has its own carrier") : makeOne(configured, lines)
  }))

/**
 * All carriers that the configuration uses, without a router: for a program that asks them about the account.
 *
 * @category constructors
 */
export const makeCarriers = <R extends Vendor.Registry = Vendors.Vendors>(
  given: Options<R> = {}
): Effect.Effect<ReadonlyArray<Carrier.Carrier>, ConfigurationError, Environment> =>
  toConfigurationError(
    Effect.flatMap(readAll(toGiven(given)), ({ lines, used }) => Effect.forEach(used, (configured) => makeOne(configured, lines)))
  )

/** Reads the configuration. A failure names every mistake, so that all of them can be corrected at once. */
const readAll = (options: Given, credentials: "checked" | "left out" = "checked") =>
  Effect.gen(function*() {
    const instances = yield* Instances.read(options)
    const declared = Array.from(instances.values()).filter((instance) => instance.declared)
    const [fidelity, lines, source] = yield* Effect.all([
      Variables.word("fidelity", "INTERLINE_FIDELITY", Draft.Fidelity.literals, options.fidelity),
      ConfiguredLines.read(options.lines, Array.from(instances.keys())),
      InterlinePolicy.read(options, oneOf(options))
    ], { mode: "either" })
    const shadow = yield* Effect.either(
      Variables.word("shadow", "INTERLINE_SHADOW", Array.from(instances.keys()), options.shadow)
    )
    const decoded = yield* Effect.either(
      Effect.flatMap(source, (source) =>
        InterlinePolicy.settle(source, {
          fidelity: Either.getOrElse(fidelity, () => Option.none<Draft.Fidelity>()),
          shadow: Either.getOrElse(shadow, () => Option.none<CarrierId>())
        }))
    )
    const named = Either.match(decoded, {
      onLeft: () => [],
      onRight: (policy) => RouterPolicy.carriersOf(policy).flatMap((id) => instances.get(id) ?? [])
    })
    const used = new Set([...named, ...declared])
    const input = yield* Effect.either(Effect.flatMap(decoded, (policy) =>
      Effect.flatMap(Effect.orDie(Schema.encode(RouterPolicy.Policy)(policy)), (input) =>
        Effect.as(
          Effect.all([source, lines]).pipe(Effect.matchEffect({
            // `mistakes` below reports the mistakes of `source` and `lines`
            onFailure: () => Effect.void,
            onSuccess: ([source, lines]) => InterlinePolicy.check(source, policy, input, ConfiguredLines.carriers(lines, instances.keys()))
          })),
          input
        ))))
    const checked = yield* Effect.forEach(credentials === "checked" ? used : [], ({ check }) =>
      Effect.either(check))
    const mistakes = [fidelity, lines, source, shadow, decoded, input, ...checked].flatMap((result: Either.Either<unknown, string>) =>
      Either.isLeft(result) ? [result.left] : []
    )
    if (mistakes.length > 0) return yield* Effect.fail(Array.from(new Set(mistakes)).join("; "))
    return { input: yield* input, instances, lines: yield* lines, policy: yield* decoded, source: yield* source, used }
  })

/**
 * Checks names, lines, policy and credentials, without a request to a carrier. Fails with one sentence that names every mistake.
 *
 * @category constructors
 */
export const check = <R extends Vendor.Registry = Vendors.Vendors>(given: Options<R> = {}): Effect.Effect<void, ConfigurationError> =>
  toConfigurationError(Effect.asVoid(readAll(toGiven(given))))

/**
 * The planner of the carrier that `shadow`, `INTERLINE_SHADOW` or the policy's `shadow` names. It needs no credentials, and it reads which chats
 * are known from the chat book that is given here.
 *
 * @category constructors
 */
export const shadow = <R extends Vendor.Registry = Vendors.Vendors>(
  given: Options<R> = {}
): Effect.Effect<Option.Option<Carrier.Planner>, ConfigurationError, ChatBook.ChatBook> =>
  toConfigurationError(Effect.gen(function*() {
    const { instances, lines, policy } = yield* readAll(toGiven(given))
    const instance = policy.shadow === undefined ? undefined : instances.get(policy.shadow)
    return instance === undefined ? Option.none() : Option.some(yield* instance.planner(ConfiguredLines.byName(lines, instance.id)))
  }))

/**
 * `Messaging` over the carriers that the configuration names, and the `Router` between these carriers. The application provides the
 * stores. Fails at start if a value is missing or wrong. Also fails if a line has no number at any carrier that its sends may use. The
 * failure is one sentence that names every mistake.
 *
 * @category layers
 */
export const layer = <R extends Vendor.Registry = Vendors.Vendors>(
  given: Options<R> = {}
): Layer.Layer<Messaging.Messaging | Router.Router, ConfigurationError, Environment | Ledger.Ledger> =>
  Layer.unwrapEffect(toConfigurationError(Effect.gen(function*() {
    const options = toGiven(given)
    const { input, instances, lines, source, used } = yield* readAll(options)
    const carriers = yield* Effect.forEach(used, (configured) => makeOne(configured, lines))
    const idle = yield* Effect.forEach(
      Array.from(instances.values()).filter((configured) => !used.has(configured)),
      ({ id, planner }) => planner(ConfiguredLines.byName(lines, id))
    )
    const byId = yield* Effect.mapError(Carriers.make(carriers), ({ message }) => message)
    return Router.layer(input, { ...options.router, ...options.messaging, lines, idle }).pipe(
      Layer.mapError((error) => new ConfigurationError({ sentence: InterlinePolicy.unusable(source)(error) })),
      Layer.provide(Layer.succeed(Carriers.Carriers, byId))
    )
  })))

/**
 * Like `layer`, with stores in memory: the ledger, the chat book and the suppression list. The layer also provides the suppression list,
 * so that the application can add to it.
 *
 * @category layers
 */
export const layerConfig = <R extends Vendor.Registry = Vendors.Vendors>(
  given: Options<R> = {}
): Layer.Layer<Messaging.Messaging | Router.Router | Suppression.Suppression, ConfigurationError, HttpClient.HttpClient> =>
  layer(given).pipe(
    Layer.provide([ChatBook.layerMemory(), MemoryLedger.layer()]),
    Layer.provideMerge(Suppression.layerMemory)
  )
