import { CarrierId } from "@interline/core/CarrierId"
import * as Handle from "@interline/core/Handle"
import { LineName } from "@interline/core/Line"
import * as Config from "effect/Config"
import * as ConfigError from "effect/ConfigError"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import type { Options } from "../Linq.ts"
import { defaultBaseUrl } from "../LinqClient.ts"

const tokenVariables = ["LINQ_API_V3_API_KEY", "LINQ_API_KEY", "LINQ_API_TOKEN"] as const
const urlVariables = ["LINQ_API_V3_BASE_URL", "LINQ_BASE_URL"] as const

const noToken = `Linq's API token is missing: pass the option "token" or set one of the variables ${tokenVariables.join(", ")}`

/** "Bearer xyz" is what people copy from the docs. */
const bareToken = (token: string): string => token.trim().replace(/^bearer(?:\s+|$)/i, "")

/** The docs name a root with `/v3`, the client one without. */
const bareUrl = (url: string): string => url.trim().replace(/\/+$/, "").replace(/\/v3$/, "")

const firstFilled = (names: ReadonlyArray<string>, clean: (value: string) => string): Config.Config<Option.Option<string>> =>
  Config.map(
    Config.all(names.map((name) => Config.option(Config.string(name)))),
    (values) => Option.firstSomeOf(values.map(Option.map(clean)).map(Option.filter((value) => value !== "")))
  )

/** The token from the options, else from the first variable that is set; blank counts as absent. */
export const token = (explicit: Redacted.Redacted<string> | undefined): Config.Config<Redacted.Redacted<string>> =>
  explicit !== undefined && bareToken(Redacted.value(explicit)) !== ""
    ? Config.succeed(explicit)
    : Config.mapOrFail(
      firstFilled(tokenVariables, bareToken),
      Option.match({
        onNone: () => Either.left(ConfigError.MissingData([], noToken)),
        onSome: (value) => Either.right(Redacted.make(value))
      })
    )

/** The base URL from the options, else from the first variable that is set, else the production server. */
export const baseUrl = (explicit: string | undefined): Config.Config<string> =>
  explicit !== undefined && bareUrl(explicit) !== ""
    ? Config.succeed(explicit)
    : Config.map(firstFilled(urlVariables, bareUrl), Option.getOrElse(() => defaultBaseUrl))

export interface Settings {
  readonly carrierId: CarrierId
  readonly token: Redacted.Redacted<string>
  readonly baseUrl: string
  readonly lines: ReadonlyMap<LineName, Handle.Phone>
}

const isCarrierId = Schema.is(CarrierId)
const isLineName = Schema.is(LineName)

const wrong = (option: string, sentence: string): Effect.Effect<never, ConfigError.ConfigError> =>
  Effect.fail(ConfigError.InvalidData([option], `Linq: ${sentence}`))

/** Checks the options; a sentence names the option and never quotes what is in it. */
export const settle = (options: Options): Effect.Effect<Settings, ConfigError.ConfigError> => {
  const carrierId = options.carrierId ?? "linq"
  const token = bareToken(Redacted.value(options.token))
  const baseUrl = bareUrl(options.baseUrl ?? defaultBaseUrl)
  if (token === "") return Effect.fail(ConfigError.MissingData([], noToken))
  if (!isCarrierId(carrierId)) return wrong("carrierId", `the option "carrierId" is lower-case letters, digits and dashes`)
  if (!/^https?:\/\/[^/\s]/i.test(baseUrl)) {
    return wrong("baseUrl", `the option "baseUrl" (or ${urlVariables.join(", ")}) is not an http(s) URL`)
  }
  const lines = new Map<LineName, Handle.Phone>()
  for (const [name, number] of Object.entries(options.lines)) {
    if (!isLineName(name)) return wrong("lines", `a name in the option "lines" is not letters, digits, dashes and underscores`)
    if (!Handle.isHandle(number) || !Handle.isPhone(number)) {
      return wrong("lines", `the number of line "${name}" in the option "lines" is not in E.164, like +12025550123`)
    }
    lines.set(name, number)
  }
  return lines.size === 0
    ? wrong("lines", `the option "lines" names no number to send from`)
    : Effect.succeed({ carrierId, token: Redacted.make(token), baseUrl, lines })
}
