/**
 * A lean HTTP layer for Node: the standard `HttpClient` service over undici's dispatcher, without the abort controller,
 * response stream and URL parsing that the general client pays for on every request.
 *
 * @since 0.1.0
 */
import type * as HttpBody from "@effect/platform/HttpBody"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientError from "@effect/platform/HttpClientError"
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import type * as Headers from "@effect/platform/Headers"
import * as UrlParams from "@effect/platform/UrlParams"
import * as Transport from "@interline/core/Transport"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import * as Undici from "undici"
import { makeResponse } from "./internal/response.ts"

/**
 * `connections` per host (default 128); `connectTimeout` (default 10 seconds): a connection that takes longer certainly
 * carried nothing; `maxResponseBytes` (default 32 MiB): a larger body fails the request.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  readonly connections?: number
  readonly connectTimeout?: Duration.DurationInput
  readonly maxResponseBytes?: number
}

interface Payload {
  readonly bytes: string | Uint8Array | null
  readonly contentType?: string
}

/** What undici sends as it is. A stream or a form is collected, because a request must be repeatable byte for byte. */
const payloadOf = (body: HttpBody.HttpBody): Effect.Effect<Payload, unknown> => {
  switch (body._tag) {
    case "Empty":
      return Effect.succeed({ bytes: null })
    case "Uint8Array":
      return Effect.succeed({ bytes: body.body })
    case "FormData":
      return Effect.suspend(() => {
        // the platform's own encoder chooses the boundary and says so in the content type
        const form = new Response(body.formData)
        return Effect.map(Effect.tryPromise(() => form.arrayBuffer()), (buffer): Payload => ({
          bytes: new Uint8Array(buffer),
          contentType: form.headers.get("content-type") ?? "multipart/form-data"
        }))
      })
    case "Raw":
      return typeof body.body === "string" || body.body instanceof Uint8Array
        ? Effect.succeed({ bytes: body.body })
        : Effect.fail("a raw body must be text or bytes")
    case "Stream":
      return Effect.map(Stream.runCollect(body.stream), (chunks) => ({ bytes: Buffer.concat(Array.from(chunks)) }))
  }
}

const requestError = (request: HttpClientRequest.HttpClientRequest, reason: "Transport" | "Encode" | "InvalidUrl", cause: unknown) =>
  new HttpClientError.RequestError({ request, reason, cause })

// what setTimeout can hold; anything longer would fire at once
const longest = 2 ** 31 - 1

const noReason = new Error("the request was interrupted")

/** Splits an absolute URL without building a `URL` object: origin and path are all that undici needs. */
const split = (url: string): readonly [origin: string, path: string] | undefined => {
  const scheme = url.indexOf("://")
  if (scheme < 0) return undefined
  const slash = url.indexOf("/", scheme + 3)
  const query = url.indexOf("?", scheme + 3)
  const end = slash < 0 ? query : query < 0 ? slash : Math.min(slash, query)
  if (end < 0) return [url, "/"]
  const path = url.slice(end)
  const hash = path.indexOf("#")
  const bare = hash < 0 ? path : path.slice(0, hash)
  return [url.slice(0, end), bare.startsWith("/") ? bare : `/${bare}`]
}

const fullUrl = (request: HttpClientRequest.HttpClientRequest): string => {
  if (request.urlParams.length === 0) return request.url
  const query = UrlParams.toString(request.urlParams)
  return request.url.includes("?") ? `${request.url}&${query}` : `${request.url}?${query}`
}

/** `millis` of Infinity never expires. */
const execute = (dispatcher: Undici.Dispatcher, limit: number) =>
(
  request: HttpClientRequest.HttpClientRequest,
  millis: number
): Effect.Effect<HttpClientResponse.HttpClientResponse, HttpClientError.HttpClientError | Transport.Expired> => {
  const address = split(fullUrl(request))
  if (address === undefined) return Effect.fail(requestError(request, "InvalidUrl", undefined))
  return Effect.flatMap(
    Effect.mapError(payloadOf(request.body), (cause) => requestError(request, "Encode", cause)),
    (payload) =>
      Effect.async<HttpClientResponse.HttpClientResponse, HttpClientError.HttpClientError | Transport.Expired>((resume) => {
        let controller: Undici.Dispatcher.DispatchController | undefined
        let status = 0
        let headers: Headers.Input = []
        let size = 0
        let interrupted = false
        const stop = () => {
          interrupted = true
          controller?.abort(noReason)
        }
        const expire = () => {
          resume(Effect.fail(new Transport.Expired()))
          stop()
        }
        const timer = millis < longest ? setTimeout(expire, millis) : undefined
        const chunks: Array<Buffer> = []
        const fail = (cause: unknown) => {
          clearTimeout(timer)
          resume(Effect.fail(requestError(request, "Transport", cause)))
        }
        dispatcher.dispatch(
          {
            origin: address[0],
            path: address[1],
            method: request.method,
            headers: payload.contentType === undefined ? request.headers : { ...request.headers, "content-type": payload.contentType },
            body: payload.bytes
          },
          {
            onRequestStart: (started) => {
              controller = started
              if (interrupted) started.abort(noReason)
            },
            onResponseStart: (_controller, code, received) => {
              status = code
              headers = received
            },
            onResponseData: (current, chunk) => {
              size += chunk.length
              if (size > limit) current.abort(new Error("the response is larger than maxResponseBytes"))
              else chunks.push(chunk)
            },
            onResponseEnd: () => {
              clearTimeout(timer)
              const [first, ...rest] = chunks
              const bytes = first === undefined ? Buffer.alloc(0) : rest.length === 0 ? first : Buffer.concat(chunks)
              resume(Effect.succeed(makeResponse(request, status, headers, bytes)))
            },
            onResponseError: (_controller, cause) => fail(cause)
          }
        )
        return Effect.sync(() => {
          clearTimeout(timer)
          stop()
        })
      })
  )
}

/**
 * The lean client as an `HttpClient` layer. Bodies are read whole; redirects are not followed.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options: Options = {}): Layer.Layer<HttpClient.HttpClient> =>
  Layer.scoped(
    HttpClient.HttpClient,
    Effect.map(
      Effect.acquireRelease(
        Effect.sync(() =>
          new Undici.Agent({
            connections: options.connections ?? 128,
            connect: { timeout: Duration.toMillis(options.connectTimeout ?? "10 seconds") },
            // our own timeouts are per operation and typed
            headersTimeout: 0,
            bodyTimeout: 0
          })
        ),
        (agent) => Effect.promise(() => agent.destroy())
      ),
      (agent) => {
        const run = execute(agent, options.maxResponseBytes ?? 32 * 1024 * 1024)
        const plain = (request: HttpClientRequest.HttpClientRequest) =>
          Effect.catchTag(run(request, Infinity), "Expired", (expired) => Effect.die(expired))
        const client = HttpClient.makeWith<never, never, HttpClientError.HttpClientError, never>(
          (request) => Effect.flatMap(request, plain),
          Effect.succeed
        )
        return Object.assign(client, { executeWithin: run }) satisfies Transport.ExpiringClient
      }
    )
  )
