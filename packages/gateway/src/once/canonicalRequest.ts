/** Writes the meaning of a request as a text. Equal requests have equal texts, whichever program wrote them. */
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"

const byName = ([one]: readonly [string, unknown], [other]: readonly [string, unknown]): number => one < other ? -1 : one > other ? 1 : 0

const isDefined = ([, value]: readonly [string, unknown]): boolean => value !== undefined

const isFilled = ([, value]: readonly [string, unknown]): boolean => value !== undefined && value !== null && value !== ""

const write = (value: unknown, isSaid: (entry: readonly [string, unknown]) => boolean): string =>
  Array.isArray(value)
    ? `[${value.map((each) => write(each, isSaid)).join(",")}]`
    : Predicate.isRecord(value)
    ? `{${
      Object.entries(value).filter(isSaid).sort(byName).map(([name, each]) => `${JSON.stringify(name)}:${write(each, isSaid)}`).join(",")
    }}`
    : JSON.stringify(value) ?? "null"

/** A JSON value with its fields in the order of their names. Numbers and letters are written as JSON writes them here. */
export const of = (value: unknown): string => write(value, isDefined)

/** The same, but a field with `null` or `""` counts as missing. */
export const ofFilled = (value: unknown): string => write(value, isFilled)

const parse = Schema.decodeUnknownOption(Schema.parseJson())

/** A JSON body as `ofFilled`. A body that is not JSON stays as it is. */
export const ofBody = (body: string): string => Option.match(parse(body), { onNone: () => body, onSome: ofFilled })

const decode = (segment: string): string => Either.getOrElse(Either.try(() => decodeURIComponent(segment)), () => segment)

/** A path and its query, decoded, with the fields of the query in the order of their names. A plain path stays as it is. */
export const ofTarget = (target: string): string => {
  const mark = target.indexOf("?")
  const path = (mark < 0 ? target : target.slice(0, mark)).split("/").map(decode)
  // A decoded segment may contain a slash. Then the segments are joined by a character that no path contains.
  const joined = path.some((segment) => segment.includes("/")) ? path.join("\0") : path.join("/")
  return mark < 0 || mark === target.length - 1 ? joined : `${joined}?${ofQuery(target.slice(mark + 1))}`
}

/** The fields of a query in the order of their names. Fields with the same name keep their order. */
export const ofQuery = (query: string): string => {
  const fields = new URLSearchParams(query)
  fields.sort()
  return fields.toString()
}
