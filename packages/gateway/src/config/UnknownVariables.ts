/** Finds environment variables that have our prefix and that nothing reads, and warns about them. */
import * as NearestWord from "@interline/core/NearestWord"
import type * as ConfigError from "effect/ConfigError"
import type * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as HashSet from "effect/HashSet"
import * as GatewayConfig from "./GatewayConfig.ts"

/** The variables that `Interline` itself reads. */
const ofInterline = [
  "INTERLINE_CARRIER",
  "INTERLINE_CARRIERS",
  "INTERLINE_FIDELITY",
  "INTERLINE_LINES",
  "INTERLINE_POLICY",
  "INTERLINE_PREFER",
  "INTERLINE_SHADOW"
]

const known = [...ofInterline, ...GatewayConfig.variables.map(({ name }) => name).filter((name) => name.startsWith("INTERLINE_"))]

const prefix = "INTERLINE_"

/** Finds the known name that is nearest. All names have the same prefix, so the comparison leaves the prefix out. */
const nearest = (name: string): string | undefined => {
  const found = NearestWord.find(name.slice(prefix.length), known.map((other) => other.slice(prefix.length)))
  return found === undefined ? undefined : prefix + found
}

const deepest = 8

/** Lists the names. The environment is a tree of the words between underscores. Other providers hold whole names. */
const namesUnder = (
  flattened: ConfigProvider.ConfigProvider.Flat,
  path: ReadonlyArray<string>,
  prefix: string
): Effect.Effect<ReadonlyArray<string>, ConfigError.ConfigError> =>
  Effect.flatMap(flattened.enumerateChildren(path), (children) =>
    HashSet.size(children) === 0 || path.length >= deepest
      ? Effect.succeed(path.length === 0 ? [] : [path.join("_")])
      : Effect.map(
        Effect.forEach(
          Array.from(children).filter((child) => path.length > 0 || child === prefix.replace(/_.*$/, "") || child.startsWith(prefix)),
          (child) => namesUnder(flattened, [...path, child], prefix)
        ),
        (found) => found.flat()
      ))

/**
 * The names of the variables that begin with a prefix, such as `INTERLINE_`. It reads no value.
 *
 * @category constructors
 */
export const namesOf = (provider: ConfigProvider.ConfigProvider, prefix: string): Effect.Effect<ReadonlyArray<string>> =>
  Effect.map(
    Effect.orElseSucceed(namesUnder(provider.flattened, [], prefix), (): ReadonlyArray<string> => []),
    (names) => names.filter((name) => name.startsWith(prefix)).sort()
  )

/**
 * Finds unknown variables, and for each the known variable that was probably meant. It reads no value.
 *
 * @category constructors
 */
export const find = (
  provider: ConfigProvider.ConfigProvider
): Effect.Effect<ReadonlyArray<{ readonly name: string; readonly meant: string | undefined }>> =>
  Effect.map(
    namesOf(provider, prefix),
    (names) => names.filter((name) => !known.includes(name)).map((name) => ({ name, meant: nearest(name) }))
  )

/**
 * Logs the unknown variables at the start.
 *
 * @category constructors
 */
export const warn: Effect.Effect<void> = Effect.configProviderWith((provider) =>
  Effect.flatMap(find(provider), (unknown) =>
    Effect.forEach(
      unknown,
      ({ meant, name }) =>
        Effect.logWarning(
          `the variable ${name} is not known, and nothing reads it${meant === undefined ? "" : `; did you mean ${meant}?`}`
        ),
      { discard: true }
    ))
)
