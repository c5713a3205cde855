/**
 * Requests whose answer has no end: the body comes piece by piece, for as long as both sides keep the connection. A connection without a
 * sign of life is given up.
 */
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as HttpClient from "@effect/platform/HttpClient"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Stream from "effect/Stream"
import * as MessagingError from "../outcome/MessagingError.ts"
import * as Transport from "./Transport.ts"

/**
 * Where requests go, and how long an opened answer may be silent.
 *
 * @category models
 */
export interface Options extends Transport.Options {
  /** After this time without a byte the connection counts as dead, and the body fails. */
  readonly silence: Duration.DurationInput
}

/**
 * An answer. `Opened`: a success, with its body. Read the body once; the connection ends when the stream ends. `Refused`: any other answer,
 * complete.
 *
 * @category models
 */
export type Answer =
  | { readonly _tag: "Opened"; readonly body: Stream.Stream<Uint8Array, MessagingError.MessagingError> }
  | { readonly _tag: "Refused"; readonly reply: Transport.Reply }

/**
 * Makes one request and gives its answer as soon as the head of the answer is there.
 *
 * @category models
 */
export type LiveTransport = (call: Transport.Call) => Effect.Effect<Answer, MessagingError.MessagingError>

const always = () => true

/** Without the client's span, and without following redirects: `fetch` would carry the credentials to another host. */
const alone = <A, E>(effect: Effect.Effect<A, E>): Effect.Effect<A, E> =>
  Effect.locally(
    Effect.provideService(effect, FetchHttpClient.RequestInit, { redirect: "manual" }),
    HttpClient.currentTracerDisabledWhen,
    always
  )

/**
 * Builds a transport for answers without an end. The time of an operation is the time until the head of the answer.
 *
 * @category constructors
 */
export const make = (settings: Options): LiveTransport => {
  const { carrierId, client, silence } = settings
  const build = Transport.toRequest(settings)

  return (call) => {
    const { operation } = call
    const request = Either.try(() => build(call))
    if (Either.isLeft(request)) {
      return Effect.fail(MessagingError.make("InvalidInput", { carrierId, operation, detail: "the request could not be built" }))
    }
    const expired = (limit: Duration.DurationInput) => () =>
      MessagingError.make("Timeout", { carrierId, operation, detail: Duration.format(limit) })
    const within = settings.timeout(operation)

    const read = (response: HttpClientResponse.HttpClientResponse): Effect.Effect<Answer, MessagingError.MessagingError> =>
      response.status >= 200 && response.status < 300
        ? Effect.succeed({
          _tag: "Opened",
          body: response.stream.pipe(
            Stream.mapError((error) => Transport.fromHttpClientError(error, carrierId, operation)),
            Stream.timeoutFail(expired(silence), silence)
          )
        })
        : Effect.mapBoth(response.text, {
          onSuccess: (text): Answer => ({
            _tag: "Refused",
            reply: { status: response.status, headers: response.headers, text, json: Transport.parseJson(text) }
          }),
          onFailure: (error) => Transport.fromHttpClientError(error, carrierId, operation)
        })

    return alone(client.execute(request.right)).pipe(
      Effect.mapError((error) => Transport.fromHttpClientError(error, carrierId, operation)),
      Effect.flatMap(read),
      Effect.timeoutFail({ duration: within, onTimeout: expired(within) })
    )
  }
}
