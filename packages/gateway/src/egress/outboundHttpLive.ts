/** Where the gateway may call: the address as it is written, and the addresses that its name leads to. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type * as Scope from "effect/Scope"
import * as Dns from "node:dns"
import * as Net from "node:net"
import * as Undici from "undici"
import type { Options, Post } from "./OutboundHttp.ts"

/** Why a call is refused or came to nothing, without the address. */
type Why = string

// IANA's special-purpose registry, IPv4, read 2026-11-21: everything that is not globally reachable, and multicast
const notPublicV4 = [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.88.99.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 4],
  ["240.0.0.0", 4]
] as const

// of IPv6 only global unicast is public, without its tunnels and documentation ranges: those carry or mean other addresses
const publicV6 = ["2000::", 3] as const
const notPublicV6 = [
  ["2001::", 23],
  ["2001:db8::", 32],
  ["2002::", 16],
  ["3fff::", 20]
] as const

const v4Blocked = new Net.BlockList()
for (const [network, prefix] of notPublicV4) v4Blocked.addSubnet(network, prefix, "ipv4")
const v6Allowed = new Net.BlockList()
v6Allowed.addSubnet(...publicV6, "ipv6")
const v6Blocked = new Net.BlockList()
for (const [network, prefix] of notPublicV6) v6Blocked.addSubnet(network, prefix, "ipv6")

/** Whether an address, without brackets or zone, is one of the public network. */
export const isPublic = (address: string): boolean => {
  switch (Net.isIP(address)) {
    case 4:
      return !v4Blocked.check(address, "ipv4")
    case 6:
      return v6Allowed.check(address, "ipv6") && !v6Blocked.check(address, "ipv6")
    default:
      return false
  }
}

// names that no public server answers for: RFC 6761, 6762, 8375, and ICANN's `internal`
const privateSuffixes = ["localhost", "localdomain", "local", "internal", "intranet", "lan", "home.arpa"]

const isPrivateName = (name: string): boolean =>
  !name.includes(".") || privateSuffixes.some((suffix) => name === suffix || name.endsWith(`.${suffix}`))

const refuse = (why: string): Either.Either<never, Why> => Either.left(why)

const leadsInside = "the address leads to a private or reserved network; give a public https address"

// what parsers disagree on: one would see another host than the next
const ambiguous = /[\u0000-\u0020\u007f-\u00a0\\]/

const longestUrl = 2_048

/** Reads an address; the parser has already turned every other way to write an IPv4 address into four decimals. */
export const read = (url: string, allowPrivate: boolean): Either.Either<URL, Why> => {
  if (url.length > longestUrl) return refuse(`the address is longer than ${longestUrl} characters`)
  if (ambiguous.test(url)) return refuse("the address holds a space, a control character or a backslash; encode them")
  const parsed = URL.canParse(url) ? new URL(url) : undefined
  if (parsed === undefined) return refuse("the address is not a URL; give one like https://example.com/path")
  if (parsed.protocol !== "https:" && !(allowPrivate && parsed.protocol === "http:")) return refuse("the address must begin with https://")
  if (parsed.username.length > 0 || parsed.password.length > 0) return refuse("the address holds a name or password; leave them out")
  const host = parsed.hostname.replace(/^\[|\]$/g, "").replace(/\.$/, "")
  if (host.length === 0) return refuse("the address has no host")
  if (!allowPrivate && (Net.isIP(host) === 0 ? isPrivateName(host) : !isPublic(host))) return refuse(leadsInside)
  return Either.right(parsed)
}

class NotPublic extends Error {
  readonly code = "EPRIVATE"
}

type Found = ReadonlyArray<Dns.LookupAddress>
type Lookup = (
  name: string,
  options: Dns.LookupAllOptions,
  found: (error: NodeJS.ErrnoException | null, addresses: Dns.LookupAddress[]) => void
) => void

/**
 * The lookup of a connection: what a name leads to is looked at here, after the last moment at which it could change. Of several
 * addresses the public ones remain.
 */
export const guardedLookup = (lookup: Lookup): Net.LookupFunction => (name, options, found) =>
  lookup(name, { ...options, all: true }, (error, addresses) => {
    const usable: Found = error === null ? addresses.filter(({ address }) => isPublic(address)) : []
    const [first] = usable
    if (error !== null) return found(error, "", 0)
    if (first === undefined) return found(new NotPublic(), "", 0)
    if (options.all === true) return found(null, [...usable])
    found(null, first.address, first.family)
  })

/** The code of a failure, wherever undici put it; its message may hold the address. */
const codeOf = (cause: unknown): string => {
  for (let error = cause; error instanceof Error; error = error.cause) {
    if (error instanceof AggregateError && error.errors.length > 0) return codeOf(error.errors[0])
    if ("code" in error && typeof error.code === "string") return error.code
  }
  return "unknown"
}

// a field value of RFC 9110 without obs-text: anything else splits a header or is refused by somebody on the way
const headerName = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/
const headerValue = /^[\t\u0020-\u007e]*$/

const readHeaders = (headers: Post["headers"]): Either.Either<Record<string, string>, Why> =>
  Object.entries(headers).every(([name, value]) => headerName.test(name) && headerValue.test(value))
    ? Either.right({ ...headers })
    : refuse("a header holds a character that headers cannot hold")

// nobody reads what a receiver answers; a short answer is taken off the connection so that the next call can use it
const answerLimit = 16_384

export interface Door {
  readonly check: (url: string) => Effect.Effect<void, Why>
  readonly post: (post: Post) => Effect.Effect<number, Why>
}

export const make = (options: Options = {}, lookup: Lookup = Dns.lookup): Effect.Effect<Door, never, Scope.Scope> => {
  const allowPrivate = options.allowPrivate ?? false
  const timeout = Duration.decode(options.timeout ?? "15 seconds")
  const millis = Duration.toMillis(timeout)
  const open = Effect.sync(() =>
    new Undici.Agent({
      connections: 16,
      connect: { timeout: millis, ...(allowPrivate ? {} : { lookup: guardedLookup(lookup) }) },
      headersTimeout: millis,
      bodyTimeout: millis
    })
  )
  return Effect.map(Effect.acquireRelease(open, (agent) => Effect.promise(() => agent.destroy())), (agent): Door => {
    const call = ({ body, url }: Post, headers: Record<string, string>): Effect.Effect<number, Why> =>
      Effect.tryPromise({
        try: (signal) => Undici.request(url, { dispatcher: agent, method: "POST", headers, body, signal }),
        catch: (cause) => {
          const code = codeOf(cause)
          return code === "EPRIVATE" ? leadsInside : `the address could not be called (${code})`
        }
      }).pipe(
        Effect.timeoutFail({
          duration: timeout,
          onTimeout: () => `nothing was answered within ${Duration.format(timeout)}`
        }),
        Effect.tap(({ body }) =>
          Effect.tryPromise((signal) => body.dump({ limit: answerLimit, signal })).pipe(
            Effect.timeout("1 second"),
            // the status is the answer; a body that never ends only costs the connection
            Effect.catchAll(() => Effect.sync(() => body.destroy()))
          )
        ),
        Effect.map(({ statusCode }) => statusCode),
        Effect.withSpan("Egress.post")
      )
    return {
      check: (url) => Effect.asVoid(read(url, allowPrivate)),
      post: (post) =>
        Effect.flatMap(Either.all([read(post.url, allowPrivate), readHeaders(post.headers)]), ([, headers]) => call(post, headers))
    }
  })
}
