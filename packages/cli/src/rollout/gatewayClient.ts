/** Connects a command to a running gateway, and turns what went wrong into one sentence. */
import type * as HttpClientError from "@effect/platform/HttpClientError"
import * as Problem from "@interline/core/Problem"
import * as ApiClient from "@interline/gateway/ApiClient"
import * as ApiKeys from "@interline/gateway/ApiKeys"
import * as GatewayConfig from "@interline/gateway/GatewayConfig"
import type { ProblemDetails } from "@interline/gateway/ProblemDetails"
import type * as ConfigError from "effect/ConfigError"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as ParseResult from "effect/ParseResult"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import * as Node from "interline/node"

/** The gateway did not do what a command asked for, or could not be asked. */
export class GatewayRefused extends Data.TaggedError("GatewayRefused")<{ readonly message: string }> {}

const refuse = (message: string): Effect.Effect<never, GatewayRefused> => Effect.fail(new GatewayRefused({ message }))

const missingKey = "set INTERLINE_API_KEYS, as the gateway has it; the first key is used, and its name is written down with each change"

const firstKey = Effect.flatMap(
  Effect.mapError(GatewayConfig.apiKeys, (_: ConfigError.ConfigError) => new GatewayRefused({ message: missingKey })),
  (text) =>
    Either.match(ApiKeys.parse(text), {
      onLeft: (why) => refuse(`the variable INTERLINE_API_KEYS cannot be used: ${why}`),
      onRight: (keys) => {
        const [first] = keys.values()
        return first === undefined ? refuse(missingKey) : Effect.succeed(first)
      }
    })
)

const localUrl = Effect.mapBoth(GatewayConfig.address, {
  onFailure: ({ message }) => new GatewayRefused({ message }),
  onSuccess: ({ port }) => `http://127.0.0.1:${port}`
})

/** A client of the gateway at a URL (default: at this machine, at the port of `PORT`). */
export const connect = (
  url: Option.Option<string>
): Effect.Effect<ApiClient.ApiClient, GatewayRefused, Scope.Scope> =>
  Effect.gen(function*() {
    const baseUrl = yield* Option.match(url, { onNone: () => localUrl, onSome: Effect.succeed })
    const apiKey = yield* firstKey
    return yield* Effect.provide(ApiClient.make({ baseUrl, apiKey }), yield* Layer.build(Node.layer()))
  })

type Failure = ProblemDetails | HttpClientError.HttpClientError | ParseResult.ParseError | { readonly _tag: "HttpApiDecodeError" }

const mayPass = (error: Failure): boolean =>
  error._tag === "RequestError" || (error._tag === "ProblemDetails" && (error.status === 429 || error.status >= 500))

/** Repeats a read while the gateway is busy, or starts again: for about 15 seconds. */
export const patiently = <A>(request: Effect.Effect<A, Failure>): Effect.Effect<A, Failure> =>
  Effect.retry(request, { times: 5, schedule: Schedule.exponential("500 millis"), while: mayPass })

const unknownKey = "the gateway does not know the first key of INTERLINE_API_KEYS; set the variable as the gateway has it"

/** What the gateway refuses, with each thing that is wrong. What its detail says already is not said again. */
const sentenceOf = ({ message, problems = [] }: ProblemDetails): string => {
  const more = problems.map(Problem.format).filter((problem) => !message.includes(problem))
  return more.length === 0 ? message : `${message}: ${more.join("; ")}`
}

/** Runs a request. A failure is one sentence. `flag` is the option that names the gateway. `before`: what to do before the request is repeated. */
export const ask = <A>(request: Effect.Effect<A, Failure>, flag = "--url", before?: string): Effect.Effect<A, GatewayRefused> =>
  Effect.catchAll(request, (error) =>
    refuse(
      error._tag === "ProblemDetails"
        ? error.status === 401 ? unknownKey : sentenceOf(error)
        : error._tag === "RequestError"
        ? `the gateway does not answer; start it with \`interline serve\`, or name its address with ${flag}${
          before === undefined ? "" : `; if it stopped meanwhile, ${before}`
        }`
        : `there is no gateway at that address, or one of another version; name its address with ${flag}`
    ))
