/**
 * Reads all that a gateway is configured with, and checks it. It sends no request and opens no database, so that a check of the configuration can
 * read the same.
 */
import type * as HttpClient from "@effect/platform/HttpClient"
import type { CarrierId } from "@interline/core/CarrierId"
import type { CarrierFeed } from "@interline/core/Feed"
import type { Phone } from "@interline/core/Handle"
import type { CarrierHistory } from "@interline/core/History"
import type { LineName } from "@interline/core/Line"
import * as NearestWord from "@interline/core/NearestWord"
import type * as Vendor from "@interline/core/Vendor"
import type { WebhookReceiver } from "@interline/core/WebhookReceiver"
import type * as ConfigError from "effect/ConfigError"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
import * as Interline from "interline/Interline"
import * as Vendors from "interline/Vendors"
import * as ConfiguredNumbers from "./config/configuredNumbers.ts"
import * as GatewayConfig from "./config/GatewayConfig.ts"
import * as Fronts from "./fronts.ts"
import type { Grant } from "./fronts/kit/passing/PassThroughService.ts"
import * as ApiKeys from "./http/ApiKeys.ts"
import * as SameSettings from "./sameSettings.ts"
import * as Telemetry from "./server/Telemetry.ts"

/** What a program gives instead of variables. */
export interface Given<R extends Vendor.Registry> {
  readonly settings?: GatewayConfig.Settings
  readonly interline?: Interline.Options<R>
}

/** The configuration of a process. */
export interface Configuration<R extends Vendor.Registry> {
  readonly settings: GatewayConfig.Settings
  readonly keys: ReadonlyMap<string, Redacted.Redacted>
  readonly carriers: ReadonlyArray<Interline.Configured>
  readonly lines: ReadonlyMap<LineName, ReadonlyMap<CarrierId, Phone>>
  /** The options of `Interline`, with the addresses for the reports of messages. */
  readonly interline: Interline.Options<R>
  readonly histories: ReadonlyArray<CarrierHistory>
  /** Only of the carriers whose events come by stream. */
  readonly feeds: ReadonlyArray<CarrierFeed>
  readonly granted: ReadonlyArray<Grant>
  readonly receivers: ReadonlyMap<CarrierId, WebhookReceiver>
  readonly same: Readonly<Record<SameSettings.Group, Redacted.Redacted>>
  readonly spans: boolean
  /** What an operator must know although the gateway starts. */
  readonly warnings: ReadonlyArray<string>
}

type Carriers = ReadonlyArray<Interline.Configured>

type InUse = Effect.Effect.Success<ReturnType<typeof Interline.carriersInUse>>

const sentencesOf = (error: ConfigError.ConfigError): ReadonlyArray<string> =>
  error._op === "And" || error._op === "Or" ? [...sentencesOf(error.left), ...sentencesOf(error.right)] : [error.message]

const withSentences = <A, R>(effect: Effect.Effect<A, ConfigError.ConfigError, R>) => Effect.mapError(effect, sentencesOf)

const withMessage = <A, R>(effect: Effect.Effect<A, { readonly message: string }, R>) => Effect.mapError(effect, ({ message }) => [message])

const toUnusable = (variable: string, why: string): ReadonlyArray<string> => [`the variable ${variable} cannot be used: ${why}`]

/** Each mistake once, so that an operator sees all of them at one start. */
const toMistakes = (errors: Readonly<Record<string, Option.Option<ReadonlyArray<string>>>>): ReadonlyArray<string> =>
  Array.from(new Set(Object.values(errors).flatMap(Option.getOrElse((): ReadonlyArray<string> => []))))

/** Where each vendor that can reports every message: to this gateway, with a token in the address that only we can make. */
const statusCallback = (
  vendors: Vendor.Registry,
  carriers: Carriers,
  { callbackSecret, publicUrl }: GatewayConfig.Settings
): Either.Either<((id: CarrierId) => Vendor.StatusCallback) | undefined, ReadonlyArray<string>> => {
  if (Option.isNone(publicUrl) || !carriers.some(({ vendor }) => vendors[vendor]?.statusOptions !== undefined)) {
    return Either.right(undefined)
  }
  return Option.match(callbackSecret, {
    onNone: () =>
      Either.left([
        "the variable INTERLINE_CALLBACK_SECRET is needed with INTERLINE_PUBLIC_URL: 16 characters or more, the same in every process"
      ]),
    onSome: (secret) => Either.right((id) => ({ url: `${publicUrl.value}${GatewayConfig.webhookPath(id)}`, secret }))
  })
}

/** Whether a carrier in use has no way to bring its events: webhooks without a secret, and no event stream. */
const isUnheard = (inUse: InUse, { id, prefix, vendor }: Interline.Configured) =>
  Effect.map(
    GatewayConfig.eventsSource(prefix, vendor),
    (source) => source !== "stream" && inUse.some((carrier) => carrier.id === id)
  )

/**
 * A receiver for each carrier that has a secret, also for a carrier that sends nothing: what people write to its lines counts all the same, above
 * all that they opt out. A carrier in use without a secret is a warning.
 */
const receivers = (
  vendors: Vendor.Registry,
  carriers: Carriers,
  { callbackSecret, publicUrl, words }: GatewayConfig.Settings,
  { inUse, lines }: Pick<Configuration<Vendor.Registry>, "lines"> & { readonly inUse: InUse }
) => {
  const reporting = ConfiguredNumbers.reporting(inUse, lines)
  const ours = reporting.flatMap(({ lines }) => Array.from(lines.values()))
  const ofCarrier = (carrier: Interline.Configured) =>
    Effect.gen(function*() {
      const { id, prefix, vendor } = carrier
      const { receiver, statusOptions } = vendors[vendor] ?? {}
      if (receiver === undefined) return { warnings: [] }
      const variable = GatewayConfig.webhookVariable(prefix, vendor)
      const secrets = yield* withSentences(GatewayConfig.webhookSecrets(prefix, vendor))
      const reports = statusOptions !== undefined && Option.isSome(publicUrl) && Option.isSome(callbackSecret)
      const numbers = Array.from(reporting.find((carrier) => carrier.id === id)?.lines.values() ?? [])
      const warnings = secrets.length === 0 && (yield* withSentences(isUnheard(inUse, carrier)))
        ? [`webhooks of ${id} are refused: ${variable} is not set; set it to the secret of the webhook at ${id}`]
        : []
      // the reports of messages from before it went out of use come to its own address
      const isKnown = inUse.some((carrier) => carrier.id === id) || numbers.length > 0
      if (secrets.length === 0 && !(reports && isKnown)) return { warnings }
      const built = receiver({
        carrierId: id,
        secrets,
        lines: numbers,
        ours,
        optOutWords: words.optOut,
        optInWords: words.optIn,
        ...(reports && Option.isSome(callbackSecret) ? { callbackSecret: callbackSecret.value } : {})
      })
      // A receiver's error advises to change its options. A deployment has only variables, so the advice is replaced by one about the variable.
      const made = yield* Effect.mapError(
        built,
        (error) => toUnusable(variable, sentencesOf(error).join("; ").replaceAll(/; pass the option [\w.]+/g, ""))
      )
      return { warnings, made: [id, made] as const }
    })
  return Effect.mapBoth(Effect.validateAll(carriers, ofCarrier), {
    onFailure: (mistakes) => mistakes.flat(),
    onSuccess: (found) => ({
      receivers: new Map(found.flatMap(({ made }) => made === undefined ? [] : [made])),
      warnings: found.flatMap(({ warnings }) => warnings)
    })
  })
}

/**
 * Fails if no carrier in use has the line of an alias. Otherwise a program that sends from the alias would notice it only with its first
 * message.
 */
const checkAliases = ({ aliases }: GatewayConfig.Settings, inUse: InUse): Either.Either<void, ReadonlyArray<string>> => {
  const lines = new Set(inUse.flatMap(({ lines }) => Array.from(lines.keys())))
  const unknown = Object.values(aliases).find((line) => !lines.has(line))
  return unknown === undefined
    ? Either.void
    : Either.left(toUnusable("INTERLINE_ALIASES", `no carrier in use has the line "${unknown}"; lines are ${Array.from(lines).join(", ")}`))
}

/** What the configuration names to be passed on. */
type Named = GatewayConfig.Settings["passThrough"]

/** Whether a carrier of this id is one of the vendor's. */
const isOf = (carriers: Carriers, id: string, vendor: string): boolean =>
  carriers.some((carrier) => carrier.id === id && carrier.vendor === vendor)

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
): Effect.Effect<ReadonlyArray<Grant>, ReadonlyArray<string>> =>
  Effect.flatMap(
    Effect.all([
      settings === undefined ? withSentences(GatewayConfig.passThrough) : Effect.succeed(settings.passThrough),
      withMessage(Interline.configured(interline))
    ]),
    ([all, carriers]) =>
      Effect.mapError(
        Effect.validateAll(all, (one) => grant(one, all, carriers, interline)),
        (why) => toUnusable("INTERLINE_PASS_THROUGH", Array.from(new Set(why)).join("; "))
      )
  )

/** The feeds of the carriers whose events come by stream. It fails if such a carrier has none, or cannot be asked. */
const feedsInUse = (
  carriers: Carriers,
  feeds: ReadonlyArray<CarrierFeed>
): Effect.Effect<ReadonlyArray<CarrierFeed>, ReadonlyArray<string>> => {
  const ofCarrier = ({ id, prefix, vendor }: Interline.Configured) =>
    Effect.flatMap(
      withSentences(GatewayConfig.eventsSource(prefix, vendor)),
      (source): Effect.Effect<ReadonlyArray<CarrierFeed>, ReadonlyArray<string>> => {
        if (source === "webhooks") return Effect.succeed([])
        const found = feeds.filter(({ carrierId }) => carrierId === id)
        return found.length > 0 ? Effect.succeed(found) : Effect.fail(toUnusable(
          GatewayConfig.eventsVariable(prefix, vendor),
          `${id} needs its credentials and a line to read the event stream, and its vendor must have one`
        ))
      }
    )
  return Effect.mapBoth(Effect.validateAll(carriers, ofCarrier), {
    onFailure: (mistakes) => mistakes.flat(),
    onSuccess: (found) => found.flat()
  })
}

/** Reads the configuration. It fails with one sentence for each mistake. The sentences show no secret. */
export const read = <R extends Vendor.Registry = Vendors.Vendors>(
  options: Given<R>
): Effect.Effect<Configuration<R>, ReadonlyArray<string>, HttpClient.HttpClient> =>
  Effect.gen(function*() {
    const given: Interline.Options<R> = options.interline ?? {}
    const vendors = given.vendors ?? Vendors.vendors
    const keysOf = (text: GatewayConfig.Settings["apiKeys"]) =>
      Either.mapLeft(ApiKeys.parse(text), (why) => toUnusable("INTERLINE_API_KEYS", why))
    const { carriers, granted, inUse, keys, settings, spans } = yield* Effect.mapError(
      Effect.all({
        settings: options.settings === undefined ? withSentences(GatewayConfig.settings) : Effect.succeed(options.settings),
        keys: options.settings === undefined
          ? Effect.flatMap(
            Effect.option(GatewayConfig.apiKeys),
            Option.match({ onNone: () => Effect.succeed(new Map<string, never>()), onSome: keysOf })
          )
          : keysOf(options.settings.apiKeys),
        carriers: withMessage(Interline.configured(given)),
        inUse: withMessage(Interline.carriersInUse(given)),
        granted: grants(options.settings, given),
        spans: withSentences(Telemetry.isOn)
      }, { mode: "validate" }),
      toMistakes
    )
    const [lines, policy] = yield* withMessage(Effect.all([Interline.lines(given), Interline.policy(given)]))
    const reading = { optOutWords: settings.words.optOut, optInWords: settings.words.optIn }
    const { callback, feeds, received, same } = yield* Effect.mapError(
      Effect.all({
        callback: statusCallback(vendors, carriers, settings),
        feeds: Effect.flatMap(withMessage(Interline.feeds(given, reading)), (all) => feedsInUse(carriers, all)),
        received: receivers(vendors, carriers, settings, { inUse, lines }),
        aliases: checkAliases(settings, inUse),
        same: withSentences(SameSettings.of({ settings, keys, carriers, lines, policy }))
      }, { mode: "validate" }),
      toMistakes
    )
    const interline = callback === undefined ? given : { statusCallback: callback, ...given }
    const histories = yield* withMessage(Interline.histories(interline, reading))
    return { settings, keys, carriers, lines, interline, histories, feeds, granted, same, spans, ...received }
  })
