/** Decides which addresses belong to the public network: by their text, and by the IP addresses of their names. */
import * as Either from "effect/Either"
import type * as Dns from "node:dns"
import * as Net from "node:net"

/** Says what to do about a refused address. The sentence does not repeat the address. */
type Why = string

// From IANA's special-purpose registry for IPv4, read 2026-11-21: every block that is not globally reachable, and multicast.
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

// In IPv6, only global unicast is public. Its tunnels and documentation ranges are left out, because they carry or mean other addresses.
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

/** Whether an address (without brackets or zone) belongs to the public network. */
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

// Names that no public server answers: RFC 6761, 6762, 8375, and ICANN's `internal`.
const privateSuffixes = ["localhost", "localdomain", "local", "internal", "intranet", "lan", "home.arpa"]

const isPrivateName = (name: string): boolean =>
  !name.includes(".") || privateSuffixes.some((suffix) => name === suffix || name.endsWith(`.${suffix}`))

const refuse = (why: string): Either.Either<never, Why> => Either.left(why)

export const leadsInside = "the address leads to a private or reserved network; give a public https address"

// Characters that parsers read in different ways: two parsers could see two different hosts.
const ambiguous = /[\u0000-\u0020\u007f-\u00a0\\]/

const longestUrl = 2_048

/** Reads an address. The URL parser has already changed every form of an IPv4 address to four decimal numbers. */
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

/** The error code for a name that has no public address. */
export const notPublic = "EPRIVATE"

class NotPublic extends Error {
  readonly code = notPublic
}

type Found = ReadonlyArray<Dns.LookupAddress>
export type Lookup = (
  name: string,
  options: Dns.LookupAllOptions,
  found: (error: NodeJS.ErrnoException | null, addresses: Dns.LookupAddress[]) => void
) => void

/**
 * The look-up of a connection. It checks the addresses of a name here, because after this moment they cannot change. If a name has several
 * addresses, only the public ones are used.
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
