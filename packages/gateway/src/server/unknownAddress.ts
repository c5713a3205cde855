/** Explains an address that has no route: names the nearest address, or the base URL that was probably meant. */
import * as NearestWord from "@interline/core/NearestWord"
import type { FrontAddress } from "./frontAddress.ts"

type Segments = ReadonlyArray<string>

const segmentsOf = (path: string): Segments => path.split("/").filter((segment) => segment !== "")

const isParameter = (segment: string): boolean => segment.startsWith(":")

/** An address as people read it: `/v1/chats/{chat}`. */
const toText = (pattern: Segments): string =>
  `/${pattern.map((segment) => isParameter(segment) ? `{${segment.slice(1)}}` : segment).join("/")}`

/** The number of segments that differ from the pattern. `undefined` if one of them is not near at all. */
const countDiffering = (given: Segments, pattern: Segments): number | undefined => {
  if (given.length !== pattern.length) return undefined
  let differing = 0
  for (const [index, wanted] of pattern.entries()) {
    const segment = given[index] ?? ""
    if (isParameter(wanted) || segment === wanted) continue
    if (NearestWord.find(segment, [wanted]) === undefined) return undefined
    differing += 1
  }
  return differing
}

/** The address with the fewest different words. Among several, it is the one with the fewest parameters. */
const findNearest = (given: Segments, patterns: ReadonlyArray<Segments>, most: number): Segments | undefined => {
  let found: Segments | undefined
  let least = Number.POSITIVE_INFINITY
  for (const pattern of patterns) {
    const differing = countDiffering(given, pattern)
    if (differing === undefined || differing > most) continue
    const far = differing * 100 + pattern.filter(isParameter).length
    if (far < least) {
      found = pattern
      least = far
    }
  }
  return found
}

// A segment is not quoted if it may be a number, a text or a secret.
const quote = (segment: string): string => /^(?:[a-z][a-z_-]{0,31}|v\d)$/.test(segment) ? segment : "…"

const longest = 512

/** `/a, /b and /c`. */
const join = (words: ReadonlyArray<string>): string =>
  words.length < 2 ? words.join() : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`

/** Explains in one sentence what to do. `addresses` are those of the API, such as `/v1/chats/:chat`. */
export const explain = (addresses: ReadonlyArray<string>, fronts: ReadonlyArray<FrontAddress>) => {
  const patterns = addresses.map(segmentsOf)
  const below = fronts.length === 0
    ? ""
    : `, and the fronts for the vendors' programs are below ${join(fronts.map(({ prefix }) => prefix))}`
  return (url: string): string => {
    const [path = ""] = url.split("?", 1)
    const given = path.length > longest ? [] : segmentsOf(path)
    const folded = findNearest(given, patterns, 0)
    if (folded !== undefined) return `did you mean ${toText(folded)}? An address here has no doubled slash, and none at its end`
    const moved = findNearest(["v1", ...given], patterns, 0) ?? findNearest(given.slice(1), patterns, 0)
    if (moved !== undefined) return `there is no such address; did you mean ${toText(moved)}?`
    for (const { ownAddress, prefix, title } of fronts) {
      const rest = ownAddress(given)
      if (rest === undefined) continue
      return `no address here begins with /${
        quote(given[0] ?? "")
      }; a program for ${title}'s API takes this gateway's address and ${prefix} as its base URL, which makes ${prefix}/${
        rest.map(quote).join("/")
      } of this`
    }
    const near = findNearest(given, patterns, 2)
    return near === undefined
      ? `there is no such address; GET /openapi.json lists those of the API${below}`
      : `there is no such address; did you mean ${toText(near)}?`
  }
}
