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
 * The address of the gateway, and an API key for it.
 *
 * @category models
 */
export interface Options {
  /** The address without `/v1`. */
  readonly baseUrl: string
  readonly apiKey: Redacted.Redacted<string>
}

/**
 * The idempotency key of a request (default: no key).
 *
 * @category constants
 */
export class IdempotencyKey extends Context.Reference<IdempotencyKey>()("@interline/gateway/ApiClient/IdempotencyKey", {
  defaultValue: (): Option.Option<string> => Option.none()
}) {}

/**
 * Makes a request with a key. The same request again gets the first answer.
 *
 * @category combinators
 */
export const underKey = (key: string) => <A, E, R>(request: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.provideService(request, IdempotencyKey, Option.some(key))

/**
 * A client with one method for each endpoint, by group: `client.sending.send({ payload })`. If the gateway did not do a request, the method
 * fails with `ProblemDetails`. This is also so for a send that may have gone out, with status 202 and `certainty: "unknown"`. The client
 * repeats nothing by itself.
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
        // A span of a request would contain its address, and a query may contain phone numbers.
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
 * Imports opt-outs: everybody on a carrier's list, or a body of any length with one person on each line. The body is sent while it is read.
 * It fails with `ProblemDetails` if the gateway refuses. Nobody is added twice, so after a failure the whole body may be sent again.
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
