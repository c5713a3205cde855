/** Asks a running gateway what became of the sends of each carrier, and prints it as a table. */
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as IsoTime from "@interline/core/IsoTime"
import * as ApiClient from "@interline/gateway/ApiClient"
import * as ApiKeys from "@interline/gateway/ApiKeys"
import * as ApiSchema from "@interline/gateway/ApiSchema"
import * as ProblemDetails from "@interline/gateway/ProblemDetails"
import * as Config from "effect/Config"
import * as Console from "effect/Console"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as CompareTable from "./compareTable.ts"

/**
 * Which gateway to ask for which time, and how to show it.
 *
 * @category models
 */
export interface Settings {
  /** The address of the gateway. Default: `http://127.0.0.1:8787`. */
  readonly url: Option.Option<string>
  /** The start of the time. Default: 7 days before its end. */
  readonly since: Option.Option<string>
  /** The end of the time, which is left out. Default: now. */
  readonly until: Option.Option<string>
  /** Prints the gateway's answer as JSON. */
  readonly json: boolean
}

/**
 * A flag or a variable cannot be used.
 *
 * @category errors
 */
export class SettingsError extends Data.TaggedError("SettingsError")<{ readonly message: string }> {}

/**
 * The gateway did not give a comparison. The sentence shows no key.
 *
 * @category errors
 */
export class GatewayError extends Data.TaggedError("GatewayError")<{ readonly message: string }> {}

const refuse = (message: string): SettingsError => new SettingsError({ message })

const readTime = (flag: string, text: Option.Option<string>): Effect.Effect<number | undefined, SettingsError> =>
  Option.match(text, {
    onNone: () => Effect.succeed(undefined),
    onSome: (text) => Effect.mapError(IsoTime.read(text), (why) => refuse(`--${flag} ${why}`))
  })

const noKey = refuse("INTERLINE_API_KEYS is needed, as the gateway has it (`app=…`); the first key is used")

/** The first key of the gateway's own variable, so that the key is on no command line. */
const readKey = Effect.flatMap(
  Effect.mapError(Config.redacted("INTERLINE_API_KEYS"), () => noKey),
  (text) =>
    Either.match(ApiKeys.parse(text), {
      onLeft: (why) => Effect.fail(refuse(`INTERLINE_API_KEYS cannot be used: ${why}`)),
      onRight: (keys) => Option.match(Option.fromIterable(keys.values()), { onNone: () => Effect.fail(noKey), onSome: Effect.succeed })
    })
)

const explain = (url: string) => (error: unknown): GatewayError =>
  new GatewayError({
    message: error instanceof ProblemDetails.ProblemDetails
      ? `the gateway refused: ${error.detail ?? error.title}`
      : `there is no gateway at ${url} that gives a comparison; --url names another one`
  })

const encode = Schema.encode(ApiSchema.CarrierComparison)

/**
 * Prints the comparison of a running gateway. The key is the first of `INTERLINE_API_KEYS`.
 *
 * @category constructors
 */
export const run = ({ json, since, until, url }: Settings): Effect.Effect<void, SettingsError | GatewayError> =>
  Effect.gen(function*() {
    const start = yield* readTime("since", since)
    const end = yield* readTime("until", until)
    const baseUrl = Option.getOrElse(url, () => "http://127.0.0.1:8787")
    const client = yield* ApiClient.make({ baseUrl, apiKey: yield* readKey })
    const result = yield* client.migration.compare({
      urlParams: { ...(start === undefined ? {} : { since: start }), ...(end === undefined ? {} : { until: end }) }
    }).pipe(Effect.mapError(explain(baseUrl)))
    yield* Console.log(json ? JSON.stringify(yield* Effect.orDie(encode(result))) : CompareTable.compareTable(result))
  }).pipe(Effect.provide(FetchHttpClient.layer))
