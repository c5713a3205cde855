/**
 * What most applications import: configuration in, `Messaging` out, over whichever carrier the configuration names.
 *
 * @since 0.1.0
 */
import type * as HttpClient from "@effect/platform/HttpClient"
import type { Carrier } from "@interline/core/Carrier"
import * as ChatBook from "@interline/core/ChatBook"
import * as Draft from "@interline/core/Draft"
import * as Messaging from "@interline/core/Messaging"
import * as Suppression from "@interline/core/Suppression"
import * as Linq from "@interline/linq/Linq"
import * as Sendblue from "@interline/sendblue/Sendblue"
import * as Config from "effect/Config"
import type * as ConfigError from "effect/ConfigError"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import type { LineNumbers } from "./internal/lines.ts"
import * as Lines from "./internal/lines.ts"

/**
 * The vendors that can be configured.
 *
 * @since 0.1.0
 * @category models
 */
export const Vendor = Schema.Literal("linq", "sendblue")

/**
 * @since 0.1.0
 * @category models
 */
export type Vendor = typeof Vendor.Type

/**
 * Every field may be left to the environment; what is given here wins, field by field.
 *
 * `carrier` (`INTERLINE_CARRIER`): which vendor. `lines` (`INTERLINE_LINES`): our numbers by line name and carrier, as
 * `support=linq:+12025550101,sendblue:+12025550201;sales=linq:+12025550102` or JSON. `fidelity` (`INTERLINE_FIDELITY`):
 * `adapt` (default) or `exact`. `linq` and `sendblue`: the carrier's own options; credentials and base URLs are read from
 * the variables that the vendors' clients use.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  readonly carrier?: Vendor
  readonly lines?: LineNumbers
  readonly fidelity?: Draft.Fidelity
  readonly linq?: Omit<Linq.ConfigOptions, "lines">
  readonly sendblue?: Omit<Sendblue.ConfigOptions, "lines">
  readonly messaging?: Omit<Messaging.Options, "fidelity">
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

const sentenceOf = (error: ConfigError.ConfigError): string => {
  switch (error._op) {
    case "And":
    case "Or":
      return `${sentenceOf(error.left)}; ${sentenceOf(error.right)}`
    default:
      return error.message
  }
}

const variable = (name: string): Effect.Effect<Option.Option<string>, ConfigurationError> =>
  Effect.mapBoth(Config.option(Config.string(name)), {
    onFailure: (error) => new ConfigurationError({ sentence: sentenceOf(error) }),
    onSuccess: Option.filter((value) => value.trim() !== "")
  })

/** A field that is given, or read from a variable; a wrong value names both. */
const word = <A extends string>(
  option: string,
  name: string,
  schema: Schema.Schema<A>,
  words: ReadonlyArray<A>,
  given: unknown,
  fallback: Option.Option<A>
): Effect.Effect<A, ConfigurationError> => {
  const expected = `the option ${option}, or the variable ${name}, must be one of ${words.join(", ")}`
  const read = (value: unknown) =>
    Effect.mapError(
      Schema.decodeUnknown(schema)(typeof value === "string" ? value.trim().toLowerCase() : value),
      () => new ConfigurationError({ sentence: `${expected}; the value given is none of them` })
    )
  if (given !== undefined) return read(given)
  return Effect.flatMap(variable(name), (value) =>
    Option.isSome(value)
      ? read(value.value)
      : Option.match(fallback, {
        onNone: () => Effect.fail(new ConfigurationError({ sentence: `${expected}; it is missing` })),
        onSome: Effect.succeed
      }))
}

const readLines = (carrier: string, given: LineNumbers | undefined): Effect.Effect<Readonly<Record<string, string>>, ConfigurationError> => {
  const source = "the option lines, or the variable INTERLINE_LINES"
  const checked: Effect.Effect<Either.Either<LineNumbers, string>, ConfigurationError> = given !== undefined
    ? Effect.succeed(Lines.check(given))
    : Effect.map(variable("INTERLINE_LINES"), (text) => Option.isSome(text) ? Lines.parse(text.value) : Either.right({}))
  return Effect.flatMap(checked, (lines) => {
    if (Either.isLeft(lines)) return Effect.fail(new ConfigurationError({ sentence: `${source}, cannot be read: ${lines.left}` }))
    const numbers = Lines.of(lines.right, carrier)
    return Object.keys(numbers).length === 0
      ? Effect.fail(new ConfigurationError({ sentence: `${source}, names no line with a number for ${carrier}, like support=${carrier}:+12025550101` }))
      : Effect.succeed(numbers)
  })
}

/** Callers from plain JavaScript pass null where nothing is meant. */
const readable = (given: Options): Options =>
  Predicate.isRecord(given) ? Object.fromEntries(Object.entries(given).filter(([, value]) => value !== null)) : {}

type Environment = HttpClient.HttpClient | Suppression.Suppression | ChatBook.ChatBook

const carriers: Record<
  Vendor,
  (options: Options, lines: Readonly<Record<string, string>>) => Effect.Effect<Carrier, ConfigError.ConfigError, Environment>
> = {
  linq: ({ linq }, lines) => Effect.flatMap(Linq.config(linq), (credentials) => Linq.make({ ...linq, ...credentials, lines })),
  sendblue: ({ sendblue }, lines) =>
    Effect.flatMap(Sendblue.config(sendblue), (credentials) => Sendblue.make({ ...sendblue, ...credentials, lines }))
}

/**
 * The carrier that the configuration names.
 *
 * @since 0.1.0
 * @category constructors
 */
export const makeCarrier = (given: Options = {}): Effect.Effect<Carrier, ConfigurationError, Environment> =>
  Effect.gen(function*() {
    const options = readable(given)
    const vendor = yield* word("carrier", "INTERLINE_CARRIER", Vendor, Vendor.literals, options.carrier, Option.none())
    const lines = yield* readLines(options[vendor]?.carrierId ?? vendor, options.lines)
    return yield* Effect.catchAll(carriers[vendor](options, lines), (error) => Effect.fail(new ConfigurationError({ sentence: sentenceOf(error) })))
  })

/**
 * `Messaging` over the carrier that the configuration names, with a suppression list in memory, which is provided too so
 * that the application can add to it.
 *
 * Fails at start, with one sentence, if a value is missing or wrong.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerConfig = (
  given: Options = {}
): Layer.Layer<Messaging.Messaging | Suppression.Suppression, ConfigurationError, HttpClient.HttpClient> =>
  Layer.effect(
    Messaging.Messaging,
    Effect.gen(function*() {
      const options = readable(given)
      const fidelity = yield* word("fidelity", "INTERLINE_FIDELITY", Draft.Fidelity, Draft.Fidelity.literals, options.fidelity, Option.some("adapt" as const))
      return Messaging.fromCarrier(yield* makeCarrier(options), { ...options.messaging, fidelity })
    })
  ).pipe(Layer.provide(ChatBook.layerMemory()), Layer.provideMerge(Suppression.layerMemory))
