/**
 * Reads and checks the options that all adapters have: credentials, base URL, carrier id, times and lines. An error names the vendor,
 * the option and the variables. It never quotes their values.
 */
import * as Config from "effect/Config"
import * as ConfigError from "effect/ConfigError"
import * as Duration from "effect/Duration"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { CarrierId } from "../names/CarrierId.ts"
import * as Handle from "../names/Handle.ts"
import { LineName } from "../names/Line.ts"
import type { RetryPolicy } from "./OperationSignatures.ts"

/**
 * An option that may also come from the environment. `vendor` is the name as people write it. The first of `variables` that is not blank
 * counts. `clean` removes what people paste by accident; an empty result counts as blank. Default: it trims.
 *
 * @category models
 */
export interface Setting {
  readonly vendor: string
  readonly option: string
  readonly variables: ReadonlyArray<string>
  readonly clean?: (value: string) => string
}

/**
 * A sentence that says what is wrong with an option and how to give another: `Acme: the token is missing; pass the option token or set
 * ACME_KEY`.
 *
 * @category getters
 */
export const complaint = ({ option, variables, vendor }: Setting, wrong: string): string => {
  const last = variables.at(-1)
  const others = variables.slice(0, -1).join(", ")
  return `${vendor}: the ${option} ${wrong}; pass the option ${option}` +
    (last === undefined ? "" : ` or set ${others === "" ? last : `${others} or ${last}`}`)
}

const missing = (setting: Setting) => Either.left(ConfigError.MissingData([], complaint(setting, "is missing")))

const refuse = (setting: Setting, wrong: string) => Either.left(ConfigError.InvalidData([setting.option], complaint(setting, wrong)))

// callers from plain JavaScript may pass any value. A value that is no text counts as missing
const cleaned = ({ clean = (value) => value.trim() }: Setting, value: unknown): Option.Option<string> =>
  Option.filter(Option.map(Option.liftPredicate(value, Predicate.isString), clean), (text) => text !== "")

const revealed = (given: unknown): unknown => Redacted.isRedacted(given) ? Redacted.value(given) : given

// the characters that a header can carry. Without this check, other characters would fail only at the first request
const printable = /^[\x21-\x7e]+$/

const firstFilled = (setting: Setting, given: unknown): Config.Config<Option.Option<string>> => {
  const text = cleaned(setting, given)
  return Option.isSome(text)
    ? Config.succeed(text)
    : Config.map(
      Config.all(setting.variables.map((name) => Config.option(Config.string(name)))),
      (values) => Option.firstSomeOf(values.map(Option.flatMap((value) => cleaned(setting, value))))
    )
}

/**
 * A secret from the options, else from the first variable that is not blank. Fails if there is none.
 *
 * @category constructors
 */
export const secret = (setting: Setting, given: Redacted.Redacted<string> | undefined): Config.Config<Redacted.Redacted<string>> =>
  Config.mapOrFail(
    firstFilled(setting, revealed(given)),
    Option.match({ onNone: () => missing(setting), onSome: (text) => Either.right(Redacted.make(text)) })
  )

/**
 * A text from the options, else from the first variable that is not blank, else `otherwise`.
 *
 * @category constructors
 */
export const text = (setting: Setting, given: string | undefined, otherwise: string): Config.Config<string> =>
  Config.map(firstFilled(setting, given), Option.getOrElse(() => otherwise))

/**
 * A secret as it is sent. Fails on a blank one, and on one that no header can carry.
 *
 * @category refinements
 */
export const checkSecret = (
  setting: Setting,
  given: Redacted.Redacted<string>
): Either.Either<Redacted.Redacted<string>, ConfigError.ConfigError> =>
  Option.match(cleaned(setting, revealed(given)), {
    onNone: () => missing(setting),
    onSome: (text) =>
      printable.test(text)
        ? Either.right(Redacted.make(text))
        : refuse(setting, "holds a space, a line break or a character that is not ASCII")
  })

/**
 * A base URL as it is used. Fails on what is not an absolute http(s) URL.
 *
 * @category refinements
 */
export const checkBaseUrl = (setting: Setting, given: string): Either.Either<string, ConfigError.ConfigError> =>
  Option.match(Option.filter(cleaned(setting, given), (url) => /^https?:\/\/[^/\s]+(?:\/\S*)?$/i.test(url)), {
    onNone: () => refuse(setting, "is not an http(s) URL"),
    onSome: Either.right
  })

const isCarrierId = Schema.is(CarrierId)

/**
 * Fails on what is not a carrier id.
 *
 * @category refinements
 */
export const checkCarrierId = (vendor: string, given: string): Either.Either<CarrierId, ConfigError.ConfigError> =>
  isCarrierId(given)
    ? Either.right(given)
    : refuse(
      { vendor, option: "carrierId", variables: [] },
      "is not at most 32 lower-case letters, digits and dashes, a letter first"
    )

/**
 * Fails on a timeout or a retry option that is no duration or count.
 *
 * @category refinements
 */
export const checkTimes = (
  vendor: string,
  timeouts: Readonly<Record<string, unknown>> | undefined,
  retry: RetryPolicy | undefined
): Either.Either<void, ConfigError.ConfigError> => {
  const isDuration = (value: unknown) => value === undefined || Option.isSome(Duration.decodeUnknown(value))
  if (timeouts !== undefined && !(Predicate.isRecord(timeouts) && Object.values(timeouts).every(isDuration))) {
    return refuse({ vendor, option: "timeouts", variables: [] }, "hold what is no duration, like 30 seconds")
  }
  if (retry === undefined) return Either.void
  const { base, maxRetryAfter, times } = Predicate.isRecord(retry) ? retry : { times: Number.NaN }
  return isDuration(base) && isDuration(maxRetryAfter) && (times === undefined || (Number.isSafeInteger(times) && Number(times) >= 0))
    ? Either.void
    : refuse({ vendor, option: "retry", variables: [] }, "is not {times?, base?, maxRetryAfter?} with a whole number and durations")
}

/**
 * A length of time as it is used. Fails on what is no duration, and on one without an end.
 *
 * @category refinements
 */
export const checkDuration = (setting: Setting, given: unknown): Either.Either<Duration.Duration, ConfigError.ConfigError> =>
  Option.match(Option.filter(Duration.decodeUnknown(given), Duration.isFinite), {
    onNone: () => refuse(setting, "is no duration, like 30 seconds"),
    onSome: Either.right
  })

const isLineName = Schema.is(LineName)

/**
 * Our numbers in every spelling that reaches them. With these, an adapter finds out whether a message is our own. Fails on a value that
 * is not a number in E.164.
 *
 * @category refinements
 */
export const checkNumbers = (
  setting: Setting,
  given: ReadonlyArray<string>
): Either.Either<ReadonlySet<string>, ConfigError.ConfigError> =>
  Array.isArray(given) && given.every((number) => Handle.isHandle(number) && Handle.isPhone(number))
    ? Either.right(new Set(given.filter(Handle.isHandle).flatMap(Handle.variants)))
    : refuse(setting, "are not all phone numbers in E.164, like +12025550123")

/**
 * Our numbers by name. Fails if there are none, on a malformed name and on what is not a number in E.164.
 *
 * @category refinements
 */
export const checkLines = (
  vendor: string,
  given: Readonly<Record<string, string>>
): Either.Either<ReadonlyMap<LineName, Handle.Phone>, ConfigError.ConfigError> => {
  const setting = { vendor, option: "lines", variables: [] }
  const lines = new Map<LineName, Handle.Phone>()
  if (!Predicate.isRecord(given)) return refuse(setting, "are not a record of numbers by name")
  for (const [name, number] of Object.entries(given)) {
    if (!isLineName(name)) return refuse(setting, "have a name that is not letters, digits, dashes and underscores, a letter first")
    if (!Handle.isHandle(number) || !Handle.isPhone(number)) {
      return refuse(setting, `give ${name} a number that is not in E.164, like +12025550123`)
    }
    lines.set(name, number)
  }
  return lines.size === 0 ? refuse(setting, "name no number to send from") : Either.right(lines)
}
