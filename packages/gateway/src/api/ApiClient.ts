/** A typed client of the API, for programs in TypeScript that are not the gateway. */
import * as HttpApiClient from "@effect/platform/HttpApiClient"
import * as HttpClient from "@effect/platform/HttpClient"
import type * as HttpClientError from "@effect/platform/HttpClientError"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import type { CarrierId } from "@interline/core/CarrierId"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as ParseResult from "effect/ParseResult"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import * as ProblemDetails from "../http/ProblemDetails.ts"
import { OptOutCounts } from "../server/CatchUpProgress.ts"
import { GatewayApi } from "./Api.ts"

/**
 * Where the gateway is, and a key for it.
 *
 * @category models
 */
export interface Options {
  /** Without `/v1`. */
  readonly baseUrl: string
  readonly apiKey: Redacted.Redacted<string>
}

/**
 * The idempotency key of a request; none unless it is set.
 *
 * @category constants
 */
export class IdempotencyKey extends Context.Reference<IdempotencyKey>()("@interline/gateway/ApiClient/IdempotencyKey", {
  defaultValue: (): Option.Option<string> => Option.none()
}) {}

/**
 * Makes a request under a key: the same one again gives the first answer.
 *
 * @category combinators
 */
export const underKey = (key: string) => <A, E, R>(request: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.provideService(request, IdempotencyKey, Option.some(key))

/**
 * One method for each endpoint, by group: `client.sending.send({ payload })`. What the gateway does not do fails as
 * `ProblemDetails`; a send that may have gone out does too, with status 202 and `certainty: "unknown"`. Nothing is repeated by itself.
 *
 * @category constructors
 */
export const make = ({ apiKey, baseUrl }: Options) =>
  HttpApiClient.make(GatewayApi, {
    baseUrl: baseUrl.replace(/\/+$/, ""),
    transformClient: (client) =>
      client.pipe(
        HttpClient.mapRequestEffect((request) =>
          Effect.map(IdempotencyKey, (key) =>
            HttpClientRequest.bearerToken(
              Option.match(key, { onNone: () => request, onSome: (key) => HttpClientRequest.setHeader(request, "idempotency-key", key) }),
              Redacted.value(apiKey)
            ))
        ),
        // spans of requests hold their addresses, and numbers can be in a query
        HttpClient.withTracerDisabledWhen(() => true)
      )
  })

/**
 * A typed client of the gateway's API.
 *
 * @category models
 */
export type ApiClient = Effect.Effect.Success<ReturnType<typeof make>>

/**
 * Takes over opt-outs: everybody on a carrier's list, or a body with one person on each line, as long as it may be. A body is sent as it is read.
 * Fails as `ProblemDetails` where the gateway says no. Nobody is added twice, so after a failure all of it may be sent again.
 *
 * @category combinators
 */
export const importOptOuts = (
  { apiKey, baseUrl }: Options,
  from: { readonly carrier: CarrierId } | { readonly lines: Stream.Stream<string> }
): Effect.Effect<
  OptOutCounts,
  ProblemDetails.ProblemDetails | HttpClientError.HttpClientError | ParseResult.ParseError,
  HttpClient.HttpClient
> => {
  const request = HttpClientRequest.post(`${baseUrl.replace(/\/+$/, "")}/v1/opt-outs/import`).pipe(
    HttpClientRequest.bearerToken(Redacted.value(apiKey)),
    "carrier" in from
      ? HttpClientRequest.bodyUnsafeJson({ carrier: from.carrier })
      : HttpClientRequest.bodyStream(Stream.encodeText(Stream.map(from.lines, (line) => `${line}\n`)), {
        contentType: "application/x-ndjson"
      })
  )
  return HttpClient.HttpClient.pipe(
    Effect.flatMap((client) => HttpClient.withTracerDisabledWhen(client, () => true).execute(request)),
    Effect.flatMap((
      response
    ): Effect.Effect<OptOutCounts, ProblemDetails.ProblemDetails | HttpClientError.HttpClientError | ParseResult.ParseError> =>
      response.status === 200
        ? HttpClientResponse.schemaBodyJson(OptOutCounts)(response)
        : Effect.flatMap(HttpClientResponse.schemaBodyJson(ProblemDetails.schema)(response), (problem) => Effect.fail(problem))
    ),
    Effect.scoped
  )
}
