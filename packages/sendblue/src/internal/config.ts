import * as Config from "effect/Config"
import * as ConfigError from "effect/ConfigError"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"

const isBlank = (value: string): boolean => value.trim() === ""

/** The first variable that is set and not blank. */
const firstOf = (names: readonly [string, ...ReadonlyArray<string>]): Config.Config<Option.Option<string>> =>
  Config.map(Config.all(names.map((name) => Config.option(Config.string(name)))), (values) =>
    Option.map(Option.firstSomeOf(values.map(Option.filter((value) => !isBlank(value)))), (value) => value.trim()))

/** A secret from the options, else from the first variable that is set; blank counts as absent. */
export const secret = (
  option: string,
  names: readonly [string, ...ReadonlyArray<string>],
  explicit: Redacted.Redacted<string> | undefined
): Config.Config<Redacted.Redacted<string>> =>
  explicit !== undefined && !isBlank(Redacted.value(explicit))
    ? Config.succeed(explicit)
    : Config.mapOrFail(firstOf(names), (value) =>
      Either.fromOption(Option.map(value, Redacted.make), () =>
        ConfigError.MissingData([], `Sendblue needs its ${option}: pass it as the option \`${option}\` or set ${names.join(" or ")}`)))

/** A text from the options, else from the first variable that is set, else the default. */
export const text = (
  names: readonly [string, ...ReadonlyArray<string>],
  explicit: string | undefined,
  otherwise: string
): Config.Config<string> =>
  explicit !== undefined && !isBlank(explicit)
    ? Config.succeed(explicit)
    : Config.map(firstOf(names), Option.getOrElse(() => otherwise))
