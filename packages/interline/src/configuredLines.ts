/** Reads the lines of the configuration: each name with its number at every carrier. */
import * as CarrierId from "@interline/core/CarrierId"
import * as Handle from "@interline/core/Handle"
import * as Line from "@interline/core/Line"
import type * as Policy from "@interline/router/Policy"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Variables from "./variables.ts"

/** Line name -> carrier id -> number, as a program or a configuration file writes it. */
export type LineNumbers = Readonly<Record<string, Readonly<Record<string, string>>>>

/** The lines after the check. Each line has a number at one carrier at least. */
export type Lines = ReadonlyMap<Line.LineName, ReadonlyMap<CarrierId.CarrierId, Handle.Phone>>

const isLineName = Schema.is(Line.LineName)
const isCarrierId = Schema.is(CarrierId.CarrierId)

const sentence = (what: string) =>
  `${what}; write lines as support=linq:+12025550101,sendblue:+12025550201;sales=linq:+12025550102 or as JSON`

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** Checks line names, carrier ids and numbers. The sentence of a failure names the line and never shows the number. */
export const check = (value: unknown): Either.Either<Lines, string> => {
  if (!isRecord(value)) return Either.left(sentence("lines are not a record"))
  const lines = new Map<Line.LineName, ReadonlyMap<CarrierId.CarrierId, Handle.Phone>>()
  for (const [name, numbers] of Object.entries(value)) {
    if (!isLineName(name)) return Either.left(sentence("a line's name is not letters, digits, dashes and underscores"))
    if (!isRecord(numbers)) return Either.left(sentence(`line "${name}" has no numbers by carrier`))
    const checked = new Map<CarrierId.CarrierId, Handle.Phone>()
    for (const [carrier, number] of Object.entries(numbers)) {
      if (!isCarrierId(carrier)) {
        return Either.left(sentence(`line "${name}" names a carrier that is not lower-case letters, digits and dashes`))
      }
      const phone = typeof number === "string" ? Handle.parse(number) : Either.left(undefined)
      if (Either.isLeft(phone) || !Handle.isPhone(phone.right)) {
        return Either.left(sentence(`line "${name}" has a number for ${carrier} that is not in E.164`))
      }
      checked.set(carrier, phone.right)
    }
    if (checked.size === 0) return Either.left(sentence(`line "${name}" has no numbers by carrier`))
    lines.set(name, checked)
  }
  return Either.right(lines)
}

/** Reads the one-line form or JSON. */
export const parse = (text: string): Either.Either<Lines, string> => {
  const trimmed = text.trim()
  if (trimmed.startsWith("{")) {
    return Either.flatMap(Either.try({ try: (): unknown => JSON.parse(trimmed), catch: () => sentence("lines are not valid JSON") }), check)
  }
  const lines: Record<string, Record<string, string>> = {}
  for (const entry of trimmed.split(";")) {
    if (entry.trim() === "") continue
    const equals = entry.indexOf("=")
    if (equals < 0) return Either.left(sentence("a line has no ="))
    const name = entry.slice(0, equals).trim()
    if (Object.hasOwn(lines, name)) return Either.left(sentence("a line is named twice"))
    const numbers: Record<string, string> = {}
    for (const pair of entry.slice(equals + 1).split(",")) {
      const colon = pair.indexOf(":")
      if (colon < 0) return Either.left(sentence("a number has no carrier before it"))
      const carrier = pair.slice(0, colon).trim()
      if (Object.hasOwn(numbers, carrier)) return Either.left(sentence("a line has two numbers at one carrier"))
      numbers[carrier] = pair.slice(colon + 1).trim()
    }
    lines[name] = numbers
  }
  return check(lines)
}

const source = Variables.named("lines", "INTERLINE_LINES")

/** Reads the lines from the option, else from the variable. Fails if a line names a carrier that is not configured. */
export const read = (given: LineNumbers | undefined, carriers: ReadonlyArray<string>): Effect.Effect<Lines, string> =>
  Effect.gen(function*() {
    const text = given === undefined ? yield* Variables.variable("INTERLINE_LINES") : Option.none()
    const lines = given !== undefined ? check(given) : Option.isSome(text) ? parse(text.value) : Either.right<Lines>(new Map())
    if (Either.isLeft(lines)) return yield* Effect.fail(`${source} cannot be read: ${lines.left}`)
    for (const [name, numbers] of lines.right) {
      const unknown = Array.from(numbers.keys()).find((id) => !carriers.includes(id))
      if (unknown !== undefined) {
        return yield* Effect.fail(
          `${source} gives line "${name}" a number for "${unknown}", which is no carrier; carriers are ${carriers.join(", ")}`
        )
      }
    }
    return lines.right
  })

const numbersOf = (lines: Lines, id: CarrierId.CarrierId): ReadonlyArray<readonly [Line.LineName, Handle.Phone]> =>
  Array.from(lines).flatMap(([name, byCarrier]) => {
    const number = byCarrier.get(id)
    return number === undefined ? [] : [[name, number] as const]
  })

/** Our numbers at one carrier. */
export const numbers = (lines: Lines, id: CarrierId.CarrierId): ReadonlyArray<Handle.Phone> =>
  numbersOf(lines, id).map(([, number]) => number)

/** Our numbers at one carrier, by line name. */
export const byName = (lines: Lines, id: CarrierId.CarrierId): ReadonlyMap<Line.LineName, Handle.Phone> => new Map(numbersOf(lines, id))

/** Our numbers at one carrier, by line name, as a record. Fails if the carrier has no number. */
export const of = (lines: Lines, id: CarrierId.CarrierId): Effect.Effect<Readonly<Record<string, string>>, string> => {
  const numbers = numbersOf(lines, id)
  return numbers.length === 0
    ? Effect.fail(`${source} names no line with a number for ${id}, like support=${id}:+12025550101`)
    : Effect.succeed(Object.fromEntries(numbers))
}

/** Each carrier with its lines, for the check of a policy. Includes unused carriers, because a line may have its only number there. */
export const carriers = (lines: Lines, ids: Iterable<CarrierId.CarrierId>): ReadonlyArray<Policy.Configured> =>
  Array.from(ids, (id) => ({ id, lines: byName(lines, id) }))
