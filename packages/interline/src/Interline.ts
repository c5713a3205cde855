/**
 * What most applications import: configuration in, `Messaging` out, over whichever carriers the configuration names.
 *
 * @since 0.1.0
 */
import type * as HttpClient from "@effect/platform/HttpClient"
import type { Carrier, Planner } from "@interline/core/Carrier"
import type { CarrierId } from "@interline/core/CarrierId"
import * as Carriers from "@interline/core/Carriers"
import * as ChatBook from "@interline/core/ChatBook"
import * as Draft from "@interline/core/Draft"
import type { Phone } from "@interline/core/Handle"
import type { CarrierHistory } from "@interline/core/History"
import type { LineName } from "@interline/core/Line"
import type * as Messaging from "@interline/core/Messaging"
import type * as MessagingService from "@interline/core/MessagingService"
import * as Suppression from "@interline/core/Suppression"
import * as Linq from "@interline/linq/Linq"
import * as LinqHistory from "@interline/linq/LinqHistory"
import type * as Ledger from "@interline/router/Ledger"
import * as LedgerMemory from "@interline/router/LedgerMemory"
import * as RouterPolicy from "@interline/router/Policy"
import * as Router from "@interline/router/Router"
import * as Sendblue from "@interline/sendblue/Sendblue"
import * as SendblueHistory from "@interline/sendblue/SendblueHistory"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import * as Instances from "./instances.ts"
import * as Lines from "./lines.ts"
import * as InterlinePolicy from "./policy.ts"
import * as Settings from "./settings.ts"

/**
 * The vendors that can be configured.
 *
 * @since 0.1.0
 * @category models
 */
export const Vendor: typeof Instances.Vendor = Instances.Vendor

/**
 * @since 0.1.0
 * @category models
 */
export type Vendor = typeof Vendor.Type

/**
 * A carrier that is not called like its vendor. What is left out is read from the vendor's variables with the carrier's id in
 * front: `linq-eu` reads `LINQ_EU_LINQ_API_KEY`.
 *
 * @since 0.1.0
 * @category models
 */
export type Instance = Instances.Instance

/**
 * Every field may be left to the environment; what is given here wins, field by field.
 *
 * Who carries a message is said in one of three ways. `prefer` (`INTERLINE_PREFER`, as `linq, sendblue`): the carriers in order,
 * with the policy's defaults. `policy` (`INTERLINE_POLICY`, as JSON): the whole routing policy. `carrier`
 * (`INTERLINE_CARRIER`): one vendor alone.
 *
 * `lines` (`INTERLINE_LINES`): our numbers by line name and carrier, as
 * `support=linq:+12025550101,sendblue:+12025550201;sales=linq:+12025550102` or JSON. `fidelity` (`INTERLINE_FIDELITY`):
 * `adapt` (default) or `exact`, if the policy does not say. `linq` and `sendblue`: the carrier's own options; credentials and
 * base URLs are read from the variables that the vendors' clients use. `carriers` (`INTERLINE_CARRIERS`, as
 * `linq-eu=linq, sendblue-us=sendblue`): carriers by other names, which are there whether or not the policy names them.
 * `messaging` and `router`: the services' own options.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options extends Instances.Given {
  readonly prefer?: ReadonlyArray<string>
  readonly policy?: RouterPolicy.Input
  readonly carrier?: Vendor
  readonly lines?: Lines.LineNumbers
  readonly fidelity?: Draft.Fidelity
  readonly messaging?: Omit<MessagingService.Options, "fidelity" | "ours">
  readonly router?: Omit<Router.Options, "remember" | "decide" | "lines" | "idle">
}

/**
 * The configuration cannot be used. The sentence names the option and the variable, and nothing was sent.
 *
 * @since 0.1.0
 * @category errors
 */
export class ConfigurationError extends Schema.TaggedError<ConfigurationError>("interline/ConfigurationError")("ConfigurationError", {
  sentence: Schema.String
}) {
  override get message(): string {
    return this.sentence
  }
}

const refused = <A, R>(effect: Effect.Effect<A, string, R>): Effect.Effect<A, ConfigurationError, R> =>
  Effect.mapError(effect, (sentence) => new ConfigurationError({ sentence }))

/** Callers from plain JavaScript pass null where nothing is meant. */
const readable = (given: Options): Options =>
  Predicate.isRecord(given) ? Object.fromEntries(Object.entries(given).filter(([, value]) => value !== null)) : {}

type Environment = HttpClient.HttpClient | Suppression.Suppression | ChatBook.ChatBook

const build = (
  { id, options }: Instances.Configured,
  lines: Readonly<Record<string, string>>
): Effect.Effect<Carrier, string, Environment> => {
  const carrier = options.vendor === "linq"
    ? Effect.flatMap(Linq.config(options), (credentials) => Linq.make({ ...options, ...credentials, carrierId: id, lines }))
    : Effect.flatMap(Sendblue.config(options), (credentials) => Sendblue.make({ ...options, ...credentials, carrierId: id, lines }))
  return Effect.mapError(carrier, Settings.sentenceOf)
}

/** It plans, but sends nothing, so it needs no credentials, and no number as long as nobody asks it. */
const makePlanner = ({ id, options }: Instances.Configured, lines: Lines.Lines): Effect.Effect<Planner, never, ChatBook.ChatBook> =>
  options.vendor === "linq" ? Linq.planner(id, Lines.byName(lines, id)) : Sendblue.planner(id, Lines.byName(lines, id))

const makeOne = (configured: Instances.Configured, lines: Lines.Lines): Effect.Effect<Carrier, string, Environment> =>
  Effect.flatMap(Lines.of(lines, configured.id), (numbers) => Instances.under(configured, build(configured, numbers)))

const oneOf = (options: Options) => (given: unknown): Effect.Effect<string, string> =>
  Effect.flatMap(Settings.word("carrier", "INTERLINE_CARRIER", Vendor, Vendor.literals, given), (vendor) =>
    Option.isNone(vendor)
      ? Effect.fail(`${Settings.named("carrier", "INTERLINE_CARRIER")} must be one of ${Vendor.literals.join(", ")}; it is missing`)
      : Effect.succeed(options[vendor.value]?.carrierId ?? vendor.value))

/**
 * A carrier that the configuration could use: each vendor's own, and those by other names. `prefix` is what stands in front of
 * the vendor's variables for it.
 *
 * @since 0.1.0
 * @category models
 */
export interface Configured {
  readonly id: CarrierId
  readonly vendor: Vendor
  readonly prefix: string
}

/**
 * The carriers by id, without their credentials. Which of them carry messages is the policy's affair.
 *
 * @since 0.1.0
 * @category constructors
 */
export const configured = (given: Options = {}): Effect.Effect<ReadonlyArray<Configured>, ConfigurationError> =>
  refused(
    Effect.map(Instances.read(readable(given), Vendor.literals), (instances) =>
      Array.from(instances.values(), ({ id, options, prefix }) => ({ id, vendor: options.vendor, prefix })))
  )

/**
 * The lines as they are configured (`lines`, `INTERLINE_LINES`): our numbers by line name and carrier id, also at carriers that
 * the policy does not use. Fails with the sentence that `layer` would fail with, if they cannot be read.
 *
 * @since 0.1.0
 * @category constructors
 */
export const lines = (given: Options = {}): Effect.Effect<ReadonlyMap<LineName, ReadonlyMap<CarrierId, Phone>>, ConfigurationError> =>
  refused(Effect.gen(function*() {
    const options = readable(given)
    const instances = yield* Instances.read(options, Vendor.literals)
    return yield* Lines.read(options.lines, Array.from(instances.keys()))
  }))

/**
 * What the vendors of all carriers that are configured can be asked about the past, also of those that the policy does not use; a carrier without a line or without
 * credentials is left out. `words` as in `LinqWebhook.Options` and `SendblueWebhook.Options`.
 *
 * @since 0.1.0
 * @category constructors
 */
export const histories = (
  given: Options = {},
  words: { readonly optOutWords?: ReadonlyArray<string>; readonly optInWords?: ReadonlyArray<string> } = {}
): Effect.Effect<ReadonlyArray<CarrierHistory>, ConfigurationError, HttpClient.HttpClient> =>
  refused(Effect.gen(function*() {
    const options = readable(given)
    const instances = yield* Instances.read(options, Vendor.literals)
    const lines = yield* Lines.read(options.lines, Array.from(instances.keys()))
    const ours = Array.from(lines.values()).flatMap((numbers) => Array.from(numbers.values()))
    const found = yield* Effect.forEach(instances.values(), (configured) => {
      const { id, options } = configured
      const common = { ...words, ours, carrierId: id, lines: Lines.numbers(lines, id) }
      if (common.lines.length === 0) return Effect.succeedNone
      const history = options.vendor === "linq"
        ? Effect.flatMap(Linq.config(options), (credentials) => LinqHistory.make({ ...common, ...credentials }))
        : Effect.flatMap(Sendblue.config(options), (credentials) => SendblueHistory.make({ ...common, ...credentials }))
      return Effect.option(Instances.under(configured, Effect.mapError(history, Settings.sentenceOf)))
    })
    return found.flatMap(Option.toArray)
  }))

/**
 * The one carrier that `carrier` or `INTERLINE_CARRIER` names, without a router.
 *
 * @since 0.1.0
 * @category constructors
 */
export const makeCarrier = (given: Options = {}): Effect.Effect<Carrier, ConfigurationError, Environment> =>
  refused(Effect.gen(function*() {
    const options = readable(given)
    const id = yield* oneOf(options)(options.carrier)
    const instances = yield* Instances.read(options, Vendor.literals)
    const lines = yield* Lines.read(options.lines, Array.from(instances.keys()))
    const configured = Array.from(instances.values()).find((instance) => instance.id === id)
    return yield* configured === undefined ? Effect.dieMessage("a vendor has its own carrier") : makeOne(configured, lines)
  }))

const credentialsOf = (configured: Instances.Configured): Effect.Effect<unknown, string> => {
  const { options } = configured
  return Instances.under(
    configured,
    Effect.mapError(
      options.vendor === "linq" ? Effect.asVoid(Linq.config(options)) : Effect.asVoid(Sendblue.config(options)),
      Settings.sentenceOf
    )
  )
}

/** All that was read, or every mistake in it: whoever made several learns of them at once. */
const plainly = (options: Options) =>
  Effect.gen(function*() {
    const instances = yield* Instances.read(options, Vendor.literals)
    const declared = Array.from(instances.values()).filter((instance) => instance.declared)
    const [fidelity, lines, source] = yield* Effect.all([
      Settings.word("fidelity", "INTERLINE_FIDELITY", Draft.Fidelity, Draft.Fidelity.literals, options.fidelity),
      Lines.read(options.lines, Array.from(instances.keys())),
      InterlinePolicy.read(options, oneOf(options))
    ], { mode: "either" })
    const decoded = yield* Effect.either(
      Effect.flatMap(source, (source) => InterlinePolicy.settle(source, Either.getOrElse(fidelity, () => Option.none<Draft.Fidelity>())))
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
            // told by themselves
            onFailure: () => Effect.void,
            onSuccess: ([source, lines]) => InterlinePolicy.check(source, policy, input, Lines.carriers(lines, instances.keys()))
          })),
          input
        ))))
    const credentials = yield* Effect.forEach(used, (configured) =>
      Effect.either(credentialsOf(configured)))
    const mistakes = [fidelity, lines, source, decoded, input, ...credentials].flatMap((result: Either.Either<unknown, string>) =>
      Either.isLeft(result) ? [result.left] : []
    )
    if (mistakes.length > 0) return yield* Effect.fail(Array.from(new Set(mistakes)).join("; "))
    return { input: yield* input, instances, lines: yield* lines, source: yield* source, used }
  })

/**
 * Fails with every mistake of the configuration in one sentence: names, lines, policy and credentials. No carrier is asked.
 *
 * @since 0.1.0
 * @category constructors
 */
export const check = (given: Options = {}): Effect.Effect<void, ConfigurationError> => refused(Effect.asVoid(plainly(readable(given))))

/**
 * `Messaging` over the carriers that the configuration names, and the `Router` between them, with the stores that the
 * application provides. Fails at start, with one sentence that names every mistake, if a value is missing or wrong, or if a line has no number at any
 * carrier that its sends may go by.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (
  given: Options = {}
): Layer.Layer<Messaging.Messaging | Router.Router, ConfigurationError, Environment | Ledger.Ledger> =>
  Layer.unwrapEffect(refused(Effect.gen(function*() {
    const options = readable(given)
    const { input, instances, lines, source, used } = yield* plainly(options)
    const carriers = yield* Effect.forEach(used, (configured) => makeOne(configured, lines))
    const idle = yield* Effect.forEach(
      Array.from(instances.values()).filter((configured) => !used.has(configured)),
      (configured) => makePlanner(configured, lines)
    )
    const byId = yield* Effect.mapError(Carriers.make(carriers), ({ message }) => message)
    return Router.layer(input, { ...options.router, ...options.messaging, lines, idle }).pipe(
      Layer.mapError((error) => new ConfigurationError({ sentence: InterlinePolicy.unusable(source)(error) })),
      Layer.provide(Layer.succeed(Carriers.Carriers, byId))
    )
  })))

/**
 * The same with its stores in memory: the ledger, the chat book, and the suppression list, which is provided too so that the
 * application can add to it.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerConfig = (
  given: Options = {}
): Layer.Layer<Messaging.Messaging | Router.Router | Suppression.Suppression, ConfigurationError, HttpClient.HttpClient> =>
  layer(given).pipe(
    Layer.provide([ChatBook.layerMemory(), LedgerMemory.layer()]),
    Layer.provideMerge(Suppression.layerMemory)
  )
