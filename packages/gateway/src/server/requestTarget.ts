/** Reads the target of a request in the same way for all routes, and finds the addresses that can only mean a webhook. */
import type * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as Either from "effect/Either"
import type { FrontAddress } from "./frontAddress.ts"

type Request = HttpServerRequest.HttpServerRequest

const absolute = /^https?:\/\/([^/?#]*)(.*)$/is

const split = (url: string): readonly [path: string, query: string] => {
  const mark = url.indexOf("?")
  return mark < 0 ? [url, ""] : [url.slice(0, mark), url.slice(mark)]
}

// --- webhooks ---

const isWord = (segment: string): boolean => segment === "webhooks" || segment === "webhook"

// No carrier has this id.
const nowhere: ReadonlyArray<string> = [".."]

const none: ReadonlySet<string> = new Set()

/**
 * The segments after `/webhooks` in a path, in any spelling: upper or lower case, doubled slashes, a last slash, percent-encoding, spaces
 * at the ends. A console or a proxy may spell the address in its own way, and no message may be lost for that. If `webhooks` comes later in
 * the path, the path is a webhook of no carrier. `undefined`: the path is no webhook. An address below one of `others` may contain the word
 * and is no webhook: `/v1/webhooks`.
 */
export const webhook = (url: string, others: ReadonlySet<string> = none): ReadonlyArray<string> | undefined => {
  const [path] = split(url)
  if (!/webhook|%/i.test(path)) return undefined
  const decoded = Either.getOrElse(Either.try(() => decodeURIComponent(path)), () => path)
  const segments = decoded.split("/").map((segment) => segment.trim()).filter((segment) => segment !== "")
  const words = segments.map((segment) => segment.toLowerCase())
  const position = words.findIndex(isWord)
  const [first] = words
  if (position < 0 || first === undefined || others.has(first)) return undefined
  return position === 0 ? segments.slice(1) : nowhere
}

// --- targets ---

const inOriginForm = (request: Request): Request => {
  const [, authority, rest] = absolute.exec(request.url) ?? []
  if (authority === undefined || rest === undefined) return request
  // The authority in the target counts before the header (RFC 9112, 3.2.2).
  const host = authority.slice(authority.lastIndexOf("@") + 1)
  return request.modify({ url: rest.startsWith("/") ? rest : `/${rest}`, headers: { ...request.headers, host } as Request["headers"] })
}

/** Makes a request with the path and the query that the routes know. The target may also be a whole address (RFC 9112, 3.2.2). */
export const reading = (fronts: ReadonlyArray<Pick<FrontAddress, "prefix">>): (given: Request) => Request => {
  const surfaces = ["/v1", "/sandbox", ...fronts.map(({ prefix }) => prefix)]
  const starts = surfaces.map((surface) => `${surface}/`)
  const others = new Set(surfaces.map((surface) => surface.slice(1)))
  return (given) => {
    if (starts.some((start) => given.url.startsWith(start))) return given
    const request = given.url.startsWith("/") ? given : inOriginForm(given)
    const behind = webhook(request.url, others)
    if (behind === undefined) return request
    const url = `/webhooks/${behind.map(encodeURIComponent).join("/")}${split(request.url)[1]}`
    return url === request.url ? request : request.modify({ url })
  }
}
