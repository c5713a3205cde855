/** Connects a command to a running gateway. */
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientError from "@effect/platform/HttpClientError"
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as ApiClient from "@interline/gateway/ApiClient"
import * as ApiKeys from "@interline/gateway/ApiKeys"
import * as GatewayConfig from "@interline/gateway/GatewayConfig"
import type * as ConfigError from "effect/ConfigError"
import * as Console from "effect/Console"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import * as Node from "interline/node"
import * as Profiles from "./profiles.ts"
import * as Refusals from "./refusals.ts"

/** Which gateway is meant, as the command line says it. Default: that at this machine, at the port of `PORT`. */
export interface Place {
  readonly url: Option.Option<string>
  readonly profile?: Option.Option<string>
  /** The option that names the gateway. Default: `--url`. */
  readonly flag?: string
}

export interface Gateway {
  readonly client: ApiClient.ApiClient
  /** For requests that the client does not have. */
  readonly options: ApiClient.Options
  /** Makes those requests. It waits for an answer as the client does. */
  readonly http: HttpClient.HttpClient
  readonly words: Refusals.Words
  /** Runs a request. A failure is one sentence. `before`: what to do before the request is repeated. */
  readonly ask: <A>(request: Effect.Effect<A, Refusals.RequestFailure>, before?: string) => Effect.Effect<A, Refusals.GatewayRefused>
}

const misconfigured = (message: string) => new Refusals.GatewayRefused({ message, code: 2 })

const missingKey =
  "set INTERLINE_API_KEYS, as the gateway has it; the first key is used, and its name is written down with each change; or name a profile with --profile"

const firstKey: Effect.Effect<Redacted.Redacted<string>, Refusals.GatewayRefused> = Effect.flatMap(
  Effect.mapError(GatewayConfig.apiKeys, (_: ConfigError.ConfigError) => misconfigured(missingKey)),
  (text) =>
    Either.match(ApiKeys.parse(text), {
      onLeft: (why) => Effect.fail(misconfigured(`the variable INTERLINE_API_KEYS cannot be used: ${why}`)),
      onRight: (keys) => {
        const [first] = keys.values()
        return first === undefined ? Effect.fail(misconfigured(missingKey)) : Effect.succeed(first)
      }
    })
)

const localUrl = Effect.mapBoth(GatewayConfig.address, {
  onFailure: ({ message }) => misconfigured(message),
  onSuccess: ({ port }) => `http://127.0.0.1:${port}`
})

/** The address, the key, and how sentences name them. */
const findPlace = (
  { flag = "--url", profile = Option.none(), url }: Place
): Effect.Effect<readonly [options: ApiClient.Options, words: Refusals.Words], Refusals.GatewayRefused> =>
  Option.match(profile, {
    onSome: (name) =>
      Effect.map(
        Effect.mapError(
          Effect.provide(Profiles.open(name), NodeFileSystem.layer),
          ({ message }) => misconfigured(message)
        ),
        ({ key, url }) => [
          { baseUrl: url, apiKey: key },
          {
            flag: "another profile",
            unknownKey:
              `the gateway does not know the key of the profile ${name}; give it another one with \`interline profiles add ${name} --url ${url} --yes\``
          }
        ]
      ),
    onNone: () =>
      Effect.gen(function*() {
        const baseUrl = yield* Option.match(url, { onNone: () => localUrl, onSome: Effect.succeed })
        const apiKey = yield* firstKey
        return [{ baseUrl, apiKey }, {
          flag,
          unknownKey: "the gateway does not know the first key of INTERLINE_API_KEYS; set the variable as the gateway has it"
        }]
      })
  })

/** When it is said that an answer takes long, how often that is repeated, and how long a gateway may be silent. */
const waits = { first: Duration.seconds(5), next: Duration.seconds(30), most: Duration.minutes(5) }

/** Says on stderr that a gateway is slow, and fails when it has been silent for long. */
const watch = (request: HttpClientRequest.HttpClientRequest): Effect.Effect<never, HttpClientError.RequestError> => {
  const tell = (after: Duration.Duration): Effect.Effect<never, HttpClientError.RequestError> =>
    Duration.greaterThanOrEqualTo(after, waits.most)
      ? Effect.fail(new HttpClientError.RequestError({ request, reason: "Transport", cause: new Refusals.Silent() }))
      : Effect.zipRight(
        Console.error(`the gateway has not answered for ${Duration.format(after)}; it is waited for`),
        Effect.delay(Effect.suspend(() => tell(Duration.sum(after, waits.next))), waits.next)
      )
  return Effect.delay(Effect.suspend(() => tell(waits.first)), waits.first)
}

/** A client whose requests do not wait without a word. */
const makeWatched = (client: HttpClient.HttpClient): HttpClient.HttpClient =>
  HttpClient.transform(client, (response, request) => Effect.raceFirst(response, watch(request)))

/** A gateway, and how to ask it. */
export const connect = (place: Place): Effect.Effect<Gateway, Refusals.GatewayRefused, Scope.Scope> =>
  Effect.gen(function*() {
    const [options, words] = yield* findPlace(place)
    const http = makeWatched(Context.get(yield* Layer.build(Node.layer()), HttpClient.HttpClient))
    const client = yield* Effect.provideService(ApiClient.make(options), HttpClient.HttpClient, http)
    return {
      client,
      options,
      http,
      words,
      ask: (request, before) =>
        Effect.mapError(request, (error) =>
          new Refusals.GatewayRefused({ message: Refusals.toSentence(error, words, before), code: Refusals.codeOf(error) }))
    }
  })

/** Repeats a read while the gateway is busy, or starts again: for about 15 seconds. */
export const patiently = <A>(request: Effect.Effect<A, Refusals.RequestFailure>): Effect.Effect<A, Refusals.RequestFailure> =>
  Effect.retry(request, { times: 5, schedule: Schedule.exponential("500 millis"), while: Refusals.mayPass })
