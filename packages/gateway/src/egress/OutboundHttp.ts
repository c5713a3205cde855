/** Checks and calls the addresses that users name. Only public HTTPS addresses are allowed, unless the configuration says otherwise. */
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Dns from "node:dns"
import * as Undici from "undici"
import * as PublicAddress from "./publicAddress.ts"

/**
 * An address that is refused. `why` says what to do. It does not repeat the address.
 *
 * @category errors
 */
export class OutboundError
  extends Schema.TaggedError<OutboundError>("@interline/gateway/OutboundError")("OutboundError", { why: Schema.String })
{
  override get message(): string {
    return this.why
  }
}

/**
 * An outgoing request: a POST of JSON.
 *
 * @category models
 */
export interface Post {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/**
 * All outgoing requests of the gateway, except those to the vendors.
 *
 * @category models
 */
export interface OutboundHttpService {
  /**
   * Checks an address as it is written, without a look-up. It refuses a scheme that is not allowed, credentials in the address, and a host
   * that is literally private, loopback, link-local or reserved.
   */
  readonly check: (url: string) => Effect.Effect<void, OutboundError>
  /**
   * Calls an address. The result is the status. The IP addresses of the host's name are checked when the connection is made. Redirects are
   * not followed. It fails if no answer came in time.
   */
  readonly post: (post: Post) => Effect.Effect<number, OutboundError>
}

/**
 * The tag of the HTTP client for addresses that users named.
 *
 * @category services
 */
export class OutboundHttp extends Context.Tag("@interline/gateway/OutboundHttp")<OutboundHttp, OutboundHttpService>() {}

/**
 * How the client calls addresses.
 *
 * @category models
 */
export interface Options {
  /** Also allows `http` and addresses of private networks. This is for a run on one's own machine (default: false). */
  readonly allowPrivate?: boolean
  /** The limit for the whole call, from the look-up of the name to the headers of the answer (default: 15 seconds). */
  readonly timeout?: Duration.DurationInput
}

const refuse = (why: string): OutboundError => new OutboundError({ why })

/** The code of a failure. undici may put it at several places. The message of the failure may hold the address, so it is not used. */
const codeOf = (cause: unknown): string => {
  for (let error = cause; error instanceof Error; error = error.cause) {
    if (error instanceof AggregateError && error.errors.length > 0) return codeOf(error.errors[0])
    if ("code" in error && typeof error.code === "string") return error.code
  }
  return "unknown"
}

// A field value of RFC 9110 without obs-text. Any other character splits a header, or a server on the way refuses it.
const headerName = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/
const headerValue = /^[\t\u0020-\u007e]*$/

const readHeaders = (headers: Post["headers"]): Either.Either<Record<string, string>, OutboundError> =>
  Object.entries(headers).every(([name, value]) => headerName.test(name) && headerValue.test(value))
    ? Either.right({ ...headers })
    : Either.left(refuse("a header holds a character that headers cannot hold"))

// In bytes. Nobody uses the body of an answer. A short body is read to its end, so that the next call can use the connection.
const answerLimit = 16_384

/**
 * Makes calls over connections of its own, which end with the scope. `lookup` (default: Node's) finds the addresses of a name.
 *
 * @category constructors
 */
export const make = (
  options: Options = {},
  lookup: PublicAddress.Lookup = Dns.lookup
): Effect.Effect<OutboundHttpService, never, Scope.Scope> => {
  const allowPrivate = options.allowPrivate ?? false
  const timeout = Duration.decode(options.timeout ?? "15 seconds")
  const millis = Duration.toMillis(timeout)
  const read = (url: string) => Either.mapLeft(PublicAddress.read(url, allowPrivate), refuse)
  const open = Effect.sync(() =>
    new Undici.Agent({
      connections: 16,
      connect: { timeout: millis, ...(allowPrivate ? {} : { lookup: PublicAddress.guardedLookup(lookup) }) },
      headersTimeout: millis,
      bodyTimeout: millis
    })
  )
  return Effect.map(Effect.acquireRelease(open, (agent) => Effect.promise(() => agent.destroy())), (agent): OutboundHttpService => {
    const call = ({ body, url }: Post, headers: Record<string, string>): Effect.Effect<number, OutboundError> =>
      Effect.tryPromise({
        try: (signal) => Undici.request(url, { dispatcher: agent, method: "POST", headers, body, signal }),
        catch: (cause) => {
          const code = codeOf(cause)
          return refuse(code === PublicAddress.notPublic ? PublicAddress.leadsInside : `the address could not be called (${code})`)
        }
      }).pipe(
        Effect.timeoutFail({
          duration: timeout,
          onTimeout: () => refuse(`nothing was answered within ${Duration.format(timeout)}`)
        }),
        Effect.tap(({ body }) =>
          Effect.tryPromise((signal) => body.dump({ limit: answerLimit, signal })).pipe(
            Effect.timeout("1 second"),
            // Only the status counts. If the body never ends, only the connection is lost.
            Effect.catchAll(() => Effect.sync(() => body.destroy()))
          )
        ),
        Effect.map(({ statusCode }) => statusCode),
        Effect.withSpan("Egress.post")
      )
    return {
      check: (url) => Effect.asVoid(read(url)),
      post: (post) => Effect.flatMap(Either.all([read(post.url), readHeaders(post.headers)]), ([, headers]) => call(post, headers))
    }
  })
}

/**
 * The client as a layer.
 *
 * @category layers
 */
export const layer = (options?: Options): Layer.Layer<OutboundHttp> => Layer.scoped(OutboundHttp, make(options))
