/** What a front says of the vendor's endpoints that the gateway does not carry, and which of them may go to the vendor. */
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import * as AddressesIn from "../../../egress/addressesIn.ts"
import type { Method, Params, Path } from "../pathTable.ts"

/**
 * Whether a request may go to the vendor instead. `group`: the word that switches it on. `reaches`: the request makes a person get something, so
 * it goes only if the person may be written to. `why`: the reason for which it never goes.
 */
export type Passing =
  | { readonly _tag: "Passed"; readonly group: string; readonly reaches: boolean }
  | { readonly _tag: "Never"; readonly why: string }

/** An endpoint of the vendor that the gateway does not carry. */
export interface Uncarried {
  readonly method: Method
  readonly path: Path
  readonly passing: Passing
}

export const passed = (group: string): Passing => ({ _tag: "Passed", group, reaches: false })

/** For an endpoint that makes a person get something. */
export const reaching = (group: string): Passing => ({ _tag: "Passed", group, reaches: true })

export const never = (why: string): Passing => ({ _tag: "Never", why })

/** The group of what the vendor knows of messages and chats from before the move: ids that are not known here, and whole lists. */
export const past = "messages"

/**
 * What of a read that the gateway carries can come from the vendor. `id`: what is asked for by an id that is not known here. `list`: the whole
 * list, if the program asks for the vendor's.
 */
export type Past = ReadonlyArray<"id" | "list">

/** The group that switches an endpoint on, if one does. */
export const groupOf = ({ passing }: Pick<Uncarried, "passing">): string | undefined =>
  passing._tag === "Passed" ? passing.group : undefined

/** Every group of these endpoints, the group of the past, and groups whose endpoints are carried by now. */
export const groupsOf = (endpoints: ReadonlyArray<Uncarried>, carried: ReadonlyArray<string> = []): ReadonlyArray<string> =>
  Array.from(new Set([past, ...carried, ...endpoints.flatMap((endpoint) => groupOf(endpoint) ?? [])])).sort()

/** The path with its texts, each encoded as one piece. `None`: a text could be taken for another path. */
export const fill = (pattern: string, params: Params): Option.Option<string> => {
  const pieces: Array<string> = []
  for (const piece of pattern.split("/")) {
    const text = piece.startsWith(":") ? params[piece.slice(1)] : piece
    if (text === undefined) return Option.none()
    pieces.push(piece.startsWith(":") ? encodeURIComponent(text) : text)
  }
  return Option.some(pieces.join("/"))
}

/** The path and the query of a request. */
export const toTarget = (path: string, query: URLSearchParams): string => {
  const text = query.toString()
  return text === "" ? path : `${path}?${text}`
}

const parseJson = Schema.decodeUnknownEither(Schema.parseJson())

/** The values of a body: JSON, or a form. A body that is neither has none. */
const read = (body: string): unknown =>
  Either.getOrElse(parseJson(body), (): unknown => body.includes("=") ? Object.fromEntries(new URLSearchParams(body)) : undefined)

/** The values of a request: those of its query and those of its body. */
const readValues = ({ body, path }: { readonly path: string; readonly body: string }): unknown => [
  Array.from(new URLSearchParams(path.split("?")[1] ?? "").values()),
  read(body)
]

const addressName = /ur[il]s?$/i

const stringsIn = (value: unknown): ReadonlyArray<string> =>
  typeof value === "string" ? [value] : Array.isArray(value) ? value.flatMap(stringsIn) : []

const namedIn = (value: unknown): ReadonlyArray<string> =>
  typeof value !== "object" || value === null
    ? []
    : Object.entries(value).flatMap(([name, inner]) => addressName.test(name) ? stringsIn(inner) : namedIn(inner))

/** The addresses of a request: what is written as an address, and whatever a field of the body with the name of an address holds. */
export const findAddresses = (request: { readonly path: string; readonly body: string }): ReadonlyArray<string> => [
  ...AddressesIn.find(readValues(request), deepest + 1),
  ...namedIn(read(request.body)).filter((text) => text !== "")
]

/** No request of a vendor has as many levels. What is deeper is not looked through. */
const deepest = 100

const isDeeper = (value: unknown, levels: number): boolean =>
  typeof value === "object" && value !== null && (levels === 0 || Object.values(value).some((inner) => isDeeper(inner, levels - 1)))

const optingName = /opt(?:ed)?[_-]?(?:out|in)/i

const speaksOfOpting = (value: unknown): boolean =>
  Array.isArray(value)
    ? value.some(speaksOfOpting)
    : Predicate.isRecord(value) && Object.entries(value).some(([name, inner]) => optingName.test(name) || speaksOfOpting(inner))

/**
 * Why a body is not passed on, if it is not. A field that speaks of opting out or in is not: the vendor would know of the opt-out and the gateway
 * would not, or the vendor would no longer stop what the gateway has not heard of.
 */
export const complaintOf = (body: string): string | undefined => {
  const value = read(body)
  return isDeeper(value, deepest)
    ? "the body is nested too deeply to be passed on"
    : speaksOfOpting(value)
    ? "a field that opts a person out or in is not passed on, because the gateway would not know of it"
    : undefined
}
