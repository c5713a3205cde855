/** Reads and writes the cookie of a session, and checks the origin of the page that sends it. */
import type * as Headers from "@effect/platform/Headers"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"

export const name = "interline_session"

/** The token in the header `Cookie`. If several cookies have the name, the first one counts, which has the longest path. */
export const read = (headers: Headers.Headers): Option.Option<Redacted.Redacted<string>> => {
  const header = headers["cookie"]
  if (header === undefined) return Option.none()
  for (const pair of header.split(";")) {
    const equals = pair.indexOf("=")
    if (equals > 0 && pair.slice(0, equals).trim() === name) return Option.some(Redacted.make(pair.slice(equals + 1).trim()))
  }
  return Option.none()
}

/** Whether the browser reached the gateway by HTTPS. If a client says so over HTTP, its browser does not send the cookie back, and nobody else is affected. */
const isSecure = (headers: Headers.Headers): boolean =>
  headers["x-forwarded-proto"]?.split(",")[0]?.trim().toLowerCase() === "https" || headers["origin"]?.startsWith("https://") === true

const attributes = (headers: Headers.Headers): string => `Path=/; HttpOnly; SameSite=Strict${isSecure(headers) ? "; Secure" : ""}`

export const set = (headers: Headers.Headers, token: Redacted.Redacted<string>, seconds: number): string =>
  `${name}=${Redacted.value(token)}; Max-Age=${seconds}; ${attributes(headers)}`

export const clear = (headers: Headers.Headers): string => `${name}=; Max-Age=0; ${attributes(headers)}`

/** Whether the page that sends the request has the gateway's own origin. A browser names the origin of every other page, so a request without one is no page's. */
export const isOwnOrigin = (headers: Headers.Headers, publicOrigin: Option.Option<string>): boolean => {
  const { host, origin } = headers
  if (origin === undefined) return true
  if (Option.contains(publicOrigin, origin)) return true
  // A malformed origin or host is not our own.
  return Either.getOrElse(
    Either.try(() => {
      const url = new URL(origin)
      return host !== undefined && /^https?:$/.test(url.protocol) && url.host === new URL(`${url.protocol}//${host}`).host
    }),
    () => false
  )
}
