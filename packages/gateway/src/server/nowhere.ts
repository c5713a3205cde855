/** Explains an address that no route takes: names the nearest address that there is, or the base URL that was meant. */
import * as NearestWord from "@interline/core/NearestWord"

type Segments = ReadonlyArray<string>

const segmentsOf = (path: string): Segments => path.split("/").filter((segment) => segment !== "")

const isParameter = (segment: string): boolean => segment.startsWith(":")

/** An address as people read it: `/v1/chats/{chat}`. */
const toText = (pattern: Segments): string =>
  `/${pattern.map((segment) => isParameter(segment) ? `{${segment.slice(1)}}` : segment).join("/")}`

/** How many segments differ from the pattern; undefined if one of them is not even near. */
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

/** The address with the fewest other words, and of those the one with the fewest parameters. */
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

interface Base {
  readonly vendor: string
  readonly base: string
}

// the first segments of the vendors' own addresses, which their fronts have below a base of their own; Linq's and Sendblue's pages, read 2026-11
const linq: Base = { vendor: "Linq", base: "/linq" }
const sendblue: Base = { vendor: "Sendblue", base: "/sendblue" }

const baseOf = ([first = "", ...rest]: Segments): readonly [Base, Segments] | undefined => {
  switch (first.toLowerCase()) {
    case "v3":
      return [linq, ["v3", ...rest]]
    case "api": {
      // Linq's own base URL ends with /api/partner/v3
      const position = rest.indexOf("v3")
      return position >= 0 ? [linq, rest.slice(position)] : [sendblue, ["api", ...rest]]
    }
    case "account":
    case "accounts":
      return [sendblue, [first, ...rest]]
    default:
      return undefined
  }
}

// a segment that may be a number, a text or a secret is not quoted
const quote = (segment: string): string => /^(?:[a-z][a-z_-]{0,31}|v\d)$/.test(segment) ? segment : "…"

const longest = 512

/** One sentence, with what to do; `addresses` are those of the API, as `/v1/chats/:chat`. */
export const explain = (addresses: ReadonlyArray<string>) => {
  const patterns = addresses.map(segmentsOf)
  return (url: string): string => {
    const [path = ""] = url.split("?", 1)
    const given = path.length > longest ? [] : segmentsOf(path)
    const folded = findNearest(given, patterns, 0)
    if (folded !== undefined) return `did you mean ${toText(folded)}? An address here has no doubled slash, and none at its end`
    const moved = findNearest(["v1", ...given], patterns, 0) ?? findNearest(given.slice(1), patterns, 0)
    if (moved !== undefined) return `there is no such address; did you mean ${toText(moved)}?`
    const front = baseOf(given)
    if (front !== undefined) {
      const [{ base, vendor }, rest] = front
      return `no address here begins with /${
        quote(given[0] ?? "")
      }; a program for ${vendor}'s API takes this gateway's address and ${base} as its base URL, which makes ${base}/${
        rest.map(quote).join("/")
      } of this`
    }
    const near = findNearest(given, patterns, 2)
    return near === undefined
      ? "there is no such address; GET /openapi.json lists those of the API, and the fronts for the vendors' programs are below /linq and /sendblue"
      : `there is no such address; did you mean ${toText(near)}?`
  }
}
