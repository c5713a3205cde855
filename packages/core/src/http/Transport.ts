/**
 * The way from an adapter to its vendor: one request, one reply or one error whose certainty is known.
 *
 * Requests make no spans of their own and no error keeps the request, because both would hold secrets and phone numbers.
 */
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import type * as HttpBody from "@effect/platform/HttpBody"
import * as HttpClient from "@effect/platform/HttpClient"
import type * as HttpClientError from "@effect/platform/HttpClientError"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as FiberRefs from "effect/FiberRefs"
import * as Option from "effect/Option"
import type { CarrierId } from "../names/CarrierId.ts"
import type { Operation } from "../names/Operation.ts"
import * as MessagingError from "../outcome/MessagingError.ts"
import * as ConnectionFailures from "./connectionFailures.ts"
import * as ContentEncoding from "./contentEncoding.ts"
import * as Deadlines from "./deadlines.ts"

/**
 * Transport codes that prove that no connection existed, so nothing can have been sent. The codes are Node's and undici's.
 * Verdicts on a certificate, failed handshakes and whatever `connect` itself says prove the same; every other code, and no
 * code at all, leaves it unknown.
 *
 * @category models
 */
export const notSentCodes: ReadonlyMap<string, string> = ConnectionFailures.codes

/**
 * The cause of a client's error that knows that no connection was ready for the request, so that no byte of it left. A
 * client that sees where a request failed gives this instead of leaving the proof to codes.
 *
 * @category errors
 */
export class NotConnected extends Data.TaggedError("NotConnected")<{ readonly cause: unknown }> {}

/**
 * An HTTP client that ends a request by itself after `millis`, failing with `Expired`, makes no spans, and decodes what is
 * compressed. A timeout from outside costs two more fibers for every request.
 *
 * @category models
 */
export interface ExpiringClient extends HttpClient.HttpClient {
  /** Makes a request that ends after `millis` milliseconds at the latest. */
  readonly executeWithin: (
    request: HttpClientRequest.HttpClientRequest,
    millis: number
  ) => Effect.Effect<HttpClientResponse.HttpClientResponse, HttpClientError.HttpClientError | Expired>
}

/**
 * The time of a request ran out before the answer was complete.
 *
 * @category errors
 */
export class Expired extends Data.TaggedError("Expired") {}

const isExpiring = (client: HttpClient.HttpClient): client is ExpiringClient => "executeWithin" in client

/**
 * Where requests go and what they carry.
 *
 * @category models
 */
export interface Options {
  /** Names the carrier in errors. */
  readonly carrierId: CarrierId
  /** What makes the requests. */
  readonly client: HttpClient.HttpClient
  /** What each path is appended to. */
  readonly baseUrl: string
  /** Headers of every request, with the credentials. */
  readonly headers: Readonly<Record<string, string>>
  /** How long a request of an operation may take, to the last byte of its answer. */
  readonly timeout: (operation: Operation) => Duration.Duration
}

/**
 * A request.
 *
 * @category models
 */
export interface Call {
  /** Names the operation in errors, and chooses the timeout. */
  readonly operation: Operation
  /** The HTTP method. */
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE"
  /** Is appended to the base URL. */
  readonly path: string
  /** An absolute URL in place of base URL and path. No credentials are sent there. */
  readonly url?: string
  /** Query parameters; those that are undefined are left out. */
  readonly query?: Readonly<Record<string, string | undefined>>
  /** A body to send as JSON. */
  readonly json?: unknown
  /** A body of another type. */
  readonly body?: HttpBody.HttpBody
  /** Headers beside those of every request. */
  readonly headers?: Readonly<Record<string, string>>
}

/**
 * A complete answer of any status.
 *
 * @category models
 */
export interface Reply {
  /** The HTTP status. */
  readonly status: number
  /** The headers, in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>
  /** The body as text. */
  readonly text: string
  /** The body as JSON; undefined if it is not JSON. */
  readonly json: unknown
}

/**
 * Sends one request and gives the reply, or the error with its certainty.
 *
 * @category models
 */
export type Transport = (call: Call) => Effect.Effect<Reply, MessagingError.MessagingError>

/**
 * What a failure of the HTTP client proves.
 *
 * @category constructors
 */
export const fromHttpClientError = (
  error: HttpClientError.HttpClientError,
  carrierId: CarrierId,
  operation: Operation
): MessagingError.MessagingError => {
  if (error._tag === "RequestError" && (error.reason === "InvalidUrl" || error.reason === "Encode")) {
    return MessagingError.make("InvalidInput", { carrierId, operation, detail: "the request could not be built; check the base URL" })
  }
  // if an answer had begun, the request certainly left, so there is no proof
  const proof = error._tag === "ResponseError" ? undefined : ConnectionFailures.proofOf(error)
  if (proof !== undefined) return MessagingError.make("ConnectionFailed", { carrierId, operation, detail: proof })
  const code = ConnectionFailures.codeOf(error)
  return MessagingError.make("Transport", { carrierId, operation, ...(code === undefined ? {} : { detail: code }) })
}

/**
 * Reads JSON; undefined if the text is not JSON.
 *
 * @category combinators
 */
export const parseJson = (text: string): unknown =>
  text === "" ? undefined : Either.getOrUndefined(Either.try((): unknown => JSON.parse(text)))

const search = (query: Call["query"]): string => {
  if (query === undefined) return ""
  let out = ""
  for (const name in query) {
    const value = query[name]
    if (value !== undefined) out += `${out === "" ? "?" : "&"}${name}=${encodeURIComponent(value)}`
  }
  return out
}

/**
 * Makes the request of a call: the address, the headers of every request and the body. It asks for an answer that is not compressed.
 *
 * @category constructors
 */
export const toRequest = (settings: Pick<Options, "baseUrl" | "headers">): (call: Call) => HttpClientRequest.HttpClientRequest => {
  const baseUrl = settings.baseUrl.replace(/\/+$/, "")
  // without it any coding of the answer is allowed (RFC 9110, 12.5.3)
  const plain = { "accept-encoding": "identity" }
  const template = (method: Call["method"]) => HttpClientRequest.make(method)("", { headers: { ...settings.headers, ...plain } })
  const ours: Record<Call["method"], HttpClientRequest.HttpClientRequest> = {
    GET: template("GET"),
    POST: template("POST"),
    PUT: template("PUT"),
    PATCH: template("PATCH"),
    DELETE: template("DELETE")
  }
  return (call) => {
    let request = call.url === undefined
      ? HttpClientRequest.setUrl(ours[call.method], baseUrl + call.path + search(call.query))
      : HttpClientRequest.make(call.method)(call.url, { headers: plain })
    if (call.headers !== undefined) request = HttpClientRequest.setHeaders(request, call.headers)
    if (call.json !== undefined) request = HttpClientRequest.bodyText(request, JSON.stringify(call.json), "application/json")
    else if (call.body !== undefined) request = HttpClientRequest.setBody(request, call.body)
    return request
  }
}

/**
 * Builds a transport. A reply of any status is a success; what failed is a `MessagingError` that says what is certain.
 *
 * @category constructors
 */
export const make = (settings: Options): Transport => {
  const { carrierId } = settings
  ConnectionFailures.listen()
  const send = sender(settings.client)
  const build = toRequest(settings)
  const timeouts = new Map<Operation, Duration.Duration>()
  const timeoutOf = (operation: Operation): Duration.Duration => {
    const known = timeouts.get(operation)
    if (known !== undefined) return known
    const timeout = settings.timeout(operation)
    timeouts.set(operation, timeout)
    return timeout
  }
  return (call) => {
    const { operation } = call
    // a failure here is a mistake in our code or in the client, and nothing has left
    const begun = Either.try(() => send(build(call), timeoutOf(operation)))
    if (Either.isLeft(begun)) {
      return Effect.fail(MessagingError.make("InvalidInput", { carrierId, operation, detail: "the request could not be built" }))
    }
    return Effect.mapError(begun.right, (error) =>
      error._tag === "Expired"
        ? MessagingError.make("Timeout", { carrierId, operation, detail: Duration.format(timeoutOf(operation)) })
        : fromHttpClientError(error, carrierId, operation))
  }
}

const replyOf = (response: HttpClientResponse.HttpClientResponse): Effect.Effect<Reply, HttpClientError.HttpClientError> =>
  Effect.map(response.text, (text) => replyWith(response, text))

/** An answer of a client that may leave it compressed. */
const decodedReplyOf = (response: HttpClientResponse.HttpClientResponse): Effect.Effect<Reply, HttpClientError.HttpClientError> => {
  const codings = ContentEncoding.of(response.headers["content-encoding"])
  return codings.length === 0
    ? replyOf(response)
    : Effect.map(ContentEncoding.text(response, codings), (text) => replyWith(response, text))
}

const replyWith = (response: HttpClientResponse.HttpClientResponse, text: string): Reply => ({
  status: response.status,
  // read on refusals only; some clients build them when they are asked for
  get headers() {
    return response.headers
  },
  text,
  json: parseJson(text)
})

const always = () => true

/**
 * Without the client's span, and without following redirects: `fetch` would carry the credentials to another host, and a
 * refusal there would prove nothing. The other clients of the platform never follow.
 */
const alone: Deadlines.Surroundings = {
  context: (context) =>
    Context.add(context, FetchHttpClient.RequestInit, {
      ...Option.getOrUndefined(Context.getOption(context, FetchHttpClient.RequestInit)),
      redirect: "manual"
    }),
  refs: (refs, fiberId) => FiberRefs.updateAs(refs, { fiberId, fiberRef: HttpClient.currentTracerDisabledWhen, value: always })
}

/** One request within its time, to the last byte of the answer. */
const sender = (
  client: HttpClient.HttpClient
): (
  request: HttpClientRequest.HttpClientRequest,
  timeout: Duration.Duration
) => Effect.Effect<Reply, HttpClientError.HttpClientError | Expired> => {
  if (isExpiring(client)) {
    return (request, timeout) => Effect.flatMap(client.executeWithin(request, Duration.toMillis(timeout)), replyOf)
  }
  const deadlines = Deadlines.make()
  return (request, timeout) =>
    deadlines.within(Effect.flatMap(client.execute(request), decodedReplyOf), Duration.toMillis(timeout), () => new Expired(), alone)
}

const seconds = /^\s*(\d+(?:\.\d+)?)\s*$/

// `Date.parse` alone reads a year into almost any text
const date = /\d{2}:\d{2}:\d{2}(?:\.\d+)?\s?(?:GMT|UTC|Z)\s*$/i

// what JSON and milliseconds can still carry
const longest = Number.MAX_SAFE_INTEGER / 1000

/**
 * The `Retry-After` header: seconds or an HTTP date, measured from `now` (epoch milliseconds). Undefined if absent or
 * unreadable.
 *
 * @category getters
 */
export const retryAfter = (reply: Reply, now: number): Duration.Duration | undefined => {
  const header = reply.headers["retry-after"]
  if (header === undefined) return undefined
  const number = seconds.exec(header)
  if (number !== null) return Duration.seconds(Math.min(Number(number[1]), longest))
  const time = date.test(header) ? Date.parse(header) : Number.NaN
  return Number.isNaN(time) ? undefined : Duration.millis(Math.max(0, time - now))
}
