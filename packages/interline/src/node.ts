/**
 * A fast HTTP layer for Node: the standard `HttpClient` service over undici's dispatcher. The general client makes an abort controller
 * and a response stream and parses the URL for each request; this one does not.
 */
import type * as HttpBody from "@effect/platform/HttpBody"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientError from "@effect/platform/HttpClientError"
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as UrlParams from "@effect/platform/UrlParams"
import * as Transport from "@interline/core/Transport"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { Readable } from "node:stream"
import * as Zlib from "node:zlib"
import * as Undici from "undici"
import { decoded, type Decoder, isTooLarge } from "./contentEncoding.ts"
import { makeResponse } from "./response.ts"

/**
 * How requests are made.
 *
 * @category models
 */
export interface Options {
  /** The highest number of connections to one host. Default: 128. */
  readonly connections?: number
  /** The longest time to open a connection. After it the request fails, and nothing was sent. Default: 10 seconds. */
  readonly connectTimeout?: Duration.DurationInput
  /** The largest body of a response, before and after decoding. A larger body fails the request. Default: 32 MiB. */
  readonly maxResponseBytes?: number
}

interface Payload {
  readonly bytes: string | Uint8Array | null
  readonly contentType?: string
}

/** The body in a form that undici sends unchanged. Streams and forms are read whole, so that a repetition sends the same bytes. */
const payloadOf = (body: HttpBody.HttpBody): Effect.Effect<Payload, unknown> => {
  switch (body._tag) {
    case "Empty":
      return Effect.succeed({ bytes: null })
    case "Uint8Array":
      return Effect.succeed({ bytes: body.body })
    case "FormData":
      return Effect.suspend(() => {
        // `Response` chooses the boundary and writes it into the content type
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

// the longest time for setTimeout, in milliseconds; a longer timer would fire at once
const longest = 2 ** 31 - 1

const noReason = new Error("the request was interrupted")

const late = new Error("no connection was ready in time")

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

/**
 * A connection that was idle for longer than this, in milliseconds, gets no request that cannot be repeated. The vendor may close an idle
 * connection while the request is on its way. Then the client cannot know whether the vendor read the request. Common servers close
 * after 5 seconds (Node, Apache) or 75 seconds (nginx). The limit is also safe for a server that closes after 1 second. Such a server
 * starts to count when it sends its answer. This client starts later, when the answer arrives. The limit leaves room for the difference.
 * If the answer's `Keep-Alive` header gives a shorter time, undici uses that time less 2 seconds.
 */
const idleMillis = 500

const isRepeatable = (request: HttpClientRequest.HttpClientRequest): boolean =>
  (request.method !== "POST" && request.method !== "PATCH") || request.headers["idempotency-key"] !== undefined

/** The dispatchers for the two kinds of requests. Call `ended` at the end of each request that cannot be repeated. */
interface Connections {
  readonly repeatable: Undici.Dispatcher
  readonly careful: (now: number) => Undici.Dispatcher
  readonly ended: (now: number) => void
  readonly destroy: () => Promise<unknown>
}

const makeConnections = (options: Options): Connections => {
  const shared: Undici.Agent.Options = {
    connections: options.connections ?? 128,
    // all agents share one connector, because it remembers TLS sessions
    connect: Undici.buildConnector({ timeout: Duration.toMillis(options.connectTimeout ?? "10 seconds") }),
    // off: each operation has its own typed timeout
    headersTimeout: 0,
    bodyTimeout: 0
  }
  const agents = new Set<Undici.Agent>()
  const agent = (more: Undici.Agent.Options) => {
    const made = new Undici.Agent({ ...shared, ...more })
    agents.add(made)
    return made
  }
  const fresh = () => agent({ keepAliveTimeout: idleMillis, keepAliveMaxTimeout: idleMillis })
  const repeatable = agent({})
  let careful = fresh()
  let last = 0
  return {
    repeatable,
    careful: (now) => {
      // undici's idle timers do not run while the process or the machine sleeps, so the idle time is checked here;
      // a clock that was set back counts as too long
      if (!(now >= last && now - last <= idleMillis)) {
        const old = careful
        careful = fresh()
        // the old agent closes after its last request
        void old.close().finally(() => agents.delete(old))
      }
      last = now
      return careful
    },
    ended: (now) => {
      last = now
    },
    destroy: () => Promise.all(Array.from(agents, (made) => made.destroy()))
  }
}

const decoders: Readonly<Record<string, Decoder>> = {
  gzip: Zlib.gunzip,
  "x-gzip": Zlib.gunzip,
  // the standard asks for a zlib header, but some servers send none
  deflate: (bytes, options, done) =>
    Zlib.inflate(
      bytes,
      options,
      (error, plain) => error === null || isTooLarge(error) ? done(error, plain) : Zlib.inflateRaw(bytes, options, done)
    ),
  br: Zlib.brotliDecompress
}

const isInvalid = (cause: unknown): boolean =>
  typeof cause === "object" && cause !== null && "code" in cause && cause.code === "UND_ERR_INVALID_ARG"

/** Runs a request for at most `millis` milliseconds. With Infinity it never expires. */
const execute = (connections: Connections, limit: number) =>
(
  request: HttpClientRequest.HttpClientRequest,
  millis: number
): Effect.Effect<HttpClientResponse.HttpClientResponse, HttpClientError.HttpClientError | Transport.Expired> =>
  isRepeatable(request)
    ? over(connections.repeatable, request, millis, limit)
    : Effect.clockWith((clock) => {
      const now = () => clock.unsafeCurrentTimeMillis()
      return over(connections.careful(now()), request, millis, limit, () => connections.ended(now()))
    })

const over = (
  dispatcher: Undici.Dispatcher,
  request: HttpClientRequest.HttpClientRequest,
  millis: number,
  limit: number,
  onEnd: () => void = () => {}
): Effect.Effect<HttpClientResponse.HttpClientResponse, HttpClientError.HttpClientError | Transport.Expired> => {
  const address = split(fullUrl(request))
  if (address === undefined) return Effect.fail(requestError(request, "InvalidUrl", undefined))
  return Effect.flatMap(
    Effect.mapError(payloadOf(request.body), (cause) => requestError(request, "Encode", cause)),
    (payload) =>
      Effect.async<HttpClientResponse.HttpClientResponse, HttpClientError.HttpClientError | Transport.Expired>((resume) => {
        let controller: Undici.Dispatcher.DispatchController | undefined
        let status = 0
        let headers: Record<string, string | ReadonlyArray<string> | undefined> = {}
        let size = 0
        let interrupted = false
        const stop = () => {
          interrupted = true
          controller?.abort(noReason)
        }
        // if no connection has taken the request, nothing was sent
        const unlessTaken = (cause: unknown): unknown => controller === undefined ? new Transport.NotConnected({ cause }) : cause
        const expire = () => {
          resume(Effect.fail(controller === undefined ? requestError(request, "Transport", unlessTaken(late)) : new Transport.Expired()))
          stop()
        }
        const timer = millis < longest ? setTimeout(expire, millis) : undefined
        const chunks: Array<Buffer> = []
        const fail = (cause: unknown) => {
          clearTimeout(timer)
          onEnd()
          resume(
            Effect.fail(requestError(request, controller === undefined && isInvalid(cause) ? "Encode" : "Transport", unlessTaken(cause)))
          )
        }
        const dispatched = Either.try(() =>
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
                onEnd()
                const [first, ...rest] = chunks
                const bytes = first === undefined ? Buffer.alloc(0) : rest.length === 0 ? first : Buffer.concat(chunks)
                const coding = headers["content-encoding"]
                resume(
                  coding === undefined || bytes.length === 0
                    ? Effect.succeed(makeResponse(request, status, headers, bytes))
                    : Effect.mapBoth(decoded(decoders, String(coding), bytes, limit), {
                      onSuccess: (plain) => makeResponse(request, status, headers, plain),
                      onFailure: (cause) => requestError(request, "Transport", cause)
                    })
                )
              },
              onResponseError: (_controller, cause) => fail(cause)
            }
          )
        )
        if (Either.isLeft(dispatched)) fail(dispatched.left)
        return Effect.sync(() => {
          clearTimeout(timer)
          stop()
        })
      })
  )
}

/** Whether a request asks for an answer without an end. */
const isForEvents = ({ headers }: HttpClientRequest.HttpClientRequest): boolean => headers["accept"] === "text/event-stream"

/** Makes a request for an event stream. It answers at the head of the response; the body is read as a stream. */
const open = (
  { repeatable }: Connections,
  request: HttpClientRequest.HttpClientRequest
): Effect.Effect<HttpClientResponse.HttpClientResponse, HttpClientError.HttpClientError> => {
  const address = split(fullUrl(request))
  if (address === undefined) return Effect.fail(requestError(request, "InvalidUrl", undefined))
  return Effect.mapBoth(
    Effect.tryPromise((signal) =>
      repeatable.request({ origin: address[0], path: address[1], method: request.method, headers: request.headers, body: null, signal })
    ),
    {
      onSuccess: ({ body, headers, statusCode }) =>
        HttpClientResponse.fromWeb(
          request,
          // Not `ReadableStream.from(body)`: its end waits for the next piece, which may never come.
          new Response(statusCode === 204 ? null : Readable.toWeb(body), {
            status: statusCode,
            headers: Object.entries(headers).flatMap(([name, value]) =>
              value === undefined ? [] : [[name, Array.isArray(value) ? value.join(", ") : value] satisfies [string, string]]
            )
          })
        ),
      onFailure: ({ error }) => requestError(request, "Transport", error)
    }
  )
}

/**
 * The fast client as an `HttpClient` layer. It reads each body whole and follows no redirects. Only the body of a response to a request that
 * accepts `text/event-stream` is a stream, without a limit of its size.
 *
 * @category layers
 */
export const layer = (options: Options = {}): Layer.Layer<HttpClient.HttpClient> =>
  Layer.scoped(
    HttpClient.HttpClient,
    Effect.map(
      Effect.acquireRelease(
        Effect.suspend(() =>
          // Bun has its own module `undici`, which has no `dispatch`
          typeof Undici.Agent.prototype.dispatch === "function"
            ? Effect.sync(() => makeConnections(options))
            : Effect.dieMessage(
              "interline/node runs on Node only: this runtime has something else in the place of undici. Use FetchHttpClient.layer of @effect/platform here"
            )
        ),
        ({ destroy }) => Effect.promise(destroy)
      ),
      (connections) => {
        const run = execute(connections, options.maxResponseBytes ?? 32 * 1024 * 1024)
        const plain = (request: HttpClientRequest.HttpClientRequest) =>
          isForEvents(request)
            ? open(connections, request)
            : Effect.catchTag(run(request, Infinity), "Expired", (expired) => Effect.die(expired))
        const client = HttpClient.makeWith<never, never, HttpClientError.HttpClientError, never>(
          (request) => Effect.flatMap(request, plain),
          Effect.succeed
        )
        return Object.assign(client, { executeWithin: run }) satisfies Transport.ExpiringClient
      }
    )
  )
