/**
 * Finds the key of a request: the API key in its header, or the key of the session in its cookie. Every route of the gateway itself does it here.
 * The fronts take keys only.
 */
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as ApiKeys from "../http/ApiKeys.ts"
import * as KeyAccess from "../http/KeyAccess.ts"
import * as ProblemDetails from "../http/ProblemDetails.ts"
import * as SessionCookie from "./sessionCookie.ts"
import { Sessions, type SessionsService } from "./Sessions.ts"

type Request = Pick<HttpServerRequest.HttpServerRequest, "headers" | "method">

/**
 * What a request may show: an API key, or the cookie of a session.
 *
 * @category models
 */
export interface Credentials {
  readonly keys: ApiKeys.ApiKeysService
  readonly sessions: SessionsService
}

/**
 * The keys and sessions of the gateway.
 *
 * @category models
 */
export const credentials: Effect.Effect<Credentials, never, ApiKeys.ApiKeys | Sessions> = Effect.all({
  keys: ApiKeys.ApiKeys,
  sessions: Sessions
})

/** The token in a header. `None`: the header has no token. */
const bearer = (header: string): Option.Option<Redacted.Redacted<string>> => {
  const [, token] = /^Bearer +([\x21-\x7e]+)$/i.exec(header.trim()) ?? []
  return Option.map(Option.fromNullable(token), Redacted.make)
}

const reads: ReadonlySet<string> = new Set(["GET", "HEAD"])

const foreign = (detail: string): ProblemDetails.ProblemDetails =>
  ProblemDetails.make("foreign-page", { certainty: "not-sent", next: "fix", detail })

/**
 * Refuses a request that a page of another origin could have sent with the browser's cookie. Such a page cannot set the header `x-interline-console`,
 * because the gateway does not allow it. And the browser says the origin of the page.
 *
 * @category combinators
 */
export const checkConsole = (
  { publicOrigin }: SessionsService,
  { headers }: Request
): Effect.Effect<void, ProblemDetails.ProblemDetails> =>
  headers["x-interline-console"] !== "1"
    ? Effect.failSync(() => foreign("a request with a session needs the header x-interline-console: 1"))
    : !SessionCookie.isOwnOrigin(headers, publicOrigin)
    ? Effect.failSync(() =>
      foreign(
        "the page that asks is not of this gateway's origin; a proxy in front must pass the header Host on, or INTERLINE_PUBLIC_URL must name the origin"
      )
    )
    : Effect.void

/** The key of a request. A header with a key wins over a cookie, also if the key is wrong. */
const find = (
  { keys, sessions }: Credentials,
  request: Request
): Effect.Effect<Option.Option<ApiKeys.Key>, ProblemDetails.ProblemDetails> => {
  const header = request.headers["authorization"]
  if (header !== undefined) {
    return Option.match(bearer(header), {
      onNone: () => Effect.succeedNone,
      onSome: (token) => Effect.mapError(keys.verify(token), ApiKeys.unreadable)
    })
  }
  return Option.match(SessionCookie.read(request.headers), {
    onNone: () => Effect.succeedNone,
    onSome: (token) =>
      Effect.tap(
        Effect.mapError(sessions.verify(token), ApiKeys.unreadable),
        (key) => Option.isNone(key) || reads.has(request.method) ? Effect.void : checkConsole(sessions, request)
      )
  })
}

/**
 * The key of a request, if it is valid and allows what the request needs. It fails with the problem `unauthorized`, `forbidden`, `foreign-page` or
 * `keys-unreadable`.
 *
 * @category combinators
 */
export const authenticateBy = (
  credentials: Credentials,
  request: Request,
  needed: KeyAccess.Access
): Effect.Effect<ApiKeys.Key, ProblemDetails.ProblemDetails> =>
  Effect.flatMap(
    find(credentials, request),
    Option.match({
      onNone: () => Effect.failSync(ApiKeys.unauthorized),
      onSome: (key) => Either.mapLeft(KeyAccess.check(key, needed), KeyAccess.forbidden)
    })
  )

/**
 * The key of the current request, for routes outside the API.
 *
 * @category combinators
 */
export const authenticate = (
  credentials: Credentials,
  needed: KeyAccess.Access
): Effect.Effect<ApiKeys.Key, ProblemDetails.ProblemDetails, HttpServerRequest.HttpServerRequest> =>
  Effect.flatMap(HttpServerRequest.HttpServerRequest, (request) => authenticateBy(credentials, request, needed))
