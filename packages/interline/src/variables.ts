/** Reads options that the environment can also give. A failure is a sentence that names the option and the variable. */
import * as NearestWord from "@interline/core/NearestWord"
import * as Config from "effect/Config"
import type * as ConfigError from "effect/ConfigError"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"

export const sentenceOf = (error: ConfigError.ConfigError): string => {
  switch (error._op) {
    case "And":
    case "Or":
      return `${sentenceOf(error.left)}; ${sentenceOf(error.right)}`
    default:
      return error.message
  }
}

/** The name of a setting in an error sentence. */
export const named = (option: string, variable: string): string => `the option ${option}, or the variable ${variable},`

/** Reads a variable. None if it is absent or blank. */
export const variable = (name: string): Effect.Effect<Option.Option<string>, string> =>
  Effect.mapBoth(Config.option(Config.string(name)), {
    onFailure: sentenceOf,
    onSuccess: Option.filter((value) => value.trim() !== "")
  })

/** Reads one of `words` from the option, else from the variable. None if both are absent. Fails for any other word. */
export const word = <A extends string>(
  option: string,
  name: string,
  words: ReadonlyArray<A>,
  given: unknown
): Effect.Effect<Option.Option<A>, string> => {
  const read = (value: unknown) => {
    const text = typeof value === "string" ? value.trim() : value
    const found = typeof text === "string" ? words.find((word) => word === text.toLowerCase()) : undefined
    return found === undefined ? Effect.fail(`${named(option, name)} ${NearestWord.oneOf(text, words)}`) : Effect.succeedSome(found)
  }
  return given !== undefined
    ? read(given)
    : Effect.flatMap(variable(name), Option.match({ onNone: () => Effect.succeedNone, onSome: read }))
}

/** The words of a list with commas, in lower case. */
export const words = (text: string): ReadonlyArray<string> =>
  text.split(",").map((word) => word.trim().toLowerCase()).filter((word) => word !== "")

export const json = (text: string): Either.Either<unknown, string> =>
  Either.try({ try: (): unknown => JSON.parse(text), catch: () => "is not valid JSON" })
