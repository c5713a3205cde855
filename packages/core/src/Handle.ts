/**
 * Who we may write to: a phone number in E.164 or an e-mail address, in one canonical spelling.
 *
 * @since 0.1.0
 */
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import * as Problem from "./Problem.ts"

const phonePattern = /^\+[1-9][0-9]{6,14}$/
// no controls and no invisible characters: they make two spellings that look like one
const emailPattern = /^[^\s\p{C}@+,;:<>()"\\]{1,64}(?:\+[^\s\p{C}@,;:<>()"\\]{1,32})?@[a-z0-9-]+(?:\.[a-z0-9-]+)+$/u

/**
 * A phone number in E.164: `+`, country code, subscriber number, 7 to 15 digits, nothing else.
 *
 * @since 0.1.0
 * @category models
 */
export const Phone = Schema.String.pipe(
  Schema.pattern(phonePattern),
  Schema.brand("Handle"),
  Schema.brand("Phone"),
  Schema.annotations({ identifier: "Phone", message: () => "expected a phone number in E.164, like +12025550123" })
)

/**
 * @since 0.1.0
 * @category models
 */
export type Phone = typeof Phone.Type

/**
 * A phone number in E.164 or a lower-case e-mail address of at most 254 characters.
 *
 * @since 0.1.0
 * @category models
 */
export const Handle = Schema.String.pipe(
  Schema.filter((value) => isCanonical(value), {
    message: () => "expected a phone number in E.164, like +12025550123, or a lower-case e-mail address",
    arbitrary: () => (fc) => fc.integer({ min: 2000000, max: 9999999 }).map((digits) => `+1202${digits}`)
  }),
  Schema.brand("Handle"),
  Schema.annotations({ identifier: "Handle" })
)

/**
 * @since 0.1.0
 * @category models
 */
export type Handle = typeof Handle.Type

const isCanonical = (value: string): boolean =>
  value.charCodeAt(0) === 43
    ? phonePattern.test(value)
    : value.length <= 254 && emailPattern.test(value) && value === lowerCase(value)

// one composed form, because one address in two spellings would slip past an opt-out
const lowerCase = (value: string): string => value.toLowerCase().normalize("NFC")

/**
 * Whether a value is a canonical handle already.
 *
 * @since 0.1.0
 * @category refinements
 */
export const isHandle = (value: unknown): value is Handle => typeof value === "string" && isCanonical(value)

/**
 * Whether a handle is a phone number rather than an e-mail address.
 *
 * @since 0.1.0
 * @category refinements
 */
export const isPhone = (handle: Handle): handle is Phone => handle.charCodeAt(0) === 43

/** The spellings of one mobile number in a country that has several. `national` is the number without the country code. */
type Spell = (national: string) => ReadonlyArray<string>

const nationalDigits = 10

// Mexico's mobiles had a 1 after the country code until 2019; carriers and vendors still write both
const mexican: Spell = (national) => {
  const plain = national.length === nationalDigits + 1 && national.startsWith("1") ? national.slice(1) : national
  return plain.length === nationalDigits ? [plain, `1${plain}`] : []
}

// area codes are 11, and others of three or four digits that begin with 2 or 3
const argentineAreas = (national: string): ReadonlyArray<number> => national.startsWith("11") ? [2] : [3, 4]

// from abroad a mobile has a 9 before its area code, inside the country a 15 after it; people write either, both or neither
const argentine: Spell = (national) => {
  const digits = national.startsWith("9") ? national.slice(1) : national
  const bare = digits.length === nationalDigits
    ? [digits]
    : digits.length === nationalDigits + 2
    ? argentineAreas(digits).filter((area) => digits.startsWith("15", area)).map((area) => digits.slice(0, area) + digits.slice(area + 2))
    : []
  return bare.filter((plain) => /^(?:11|[23])/.test(plain)).flatMap((plain) => {
    const local = argentineAreas(plain).map((area) => `${plain.slice(0, area)}15${plain.slice(area)}`)
    return [plain, ...local].flatMap((number) => [number, `9${number}`])
  })
}

// mobiles got a ninth digit, a 9 after the area code, from 2012 to 2016; landlines begin with 2 to 5 and did not
const brazilian: Spell = (national) => {
  const [, area, subscriber] = /^([1-9][0-9])9?([6-9][0-9]{7})$/.exec(national) ?? []
  return area === undefined || subscriber === undefined ? [] : [`${area}9${subscriber}`, area + subscriber]
}

const countries: Readonly<Record<string, Spell>> = { "52": mexican, "54": argentine, "55": brazilian }

/**
 * Every spelling that reaches the same person, the given one first: Mexico's mobiles with and without the 1, Argentina's with and
 * without the 9 or the 15, Brazil's with and without the ninth digit. For looking up who opted out, where a spelling too many
 * holds back a message and one too few sends it. Never write to a variant: only the given one is known to be right.
 *
 * @since 0.1.0
 * @category combinators
 */
export const variants = (handle: Handle): ReadonlyArray<Handle> => {
  const spell = handle.charCodeAt(0) === 43 && handle.charCodeAt(1) === 53 ? countries[handle.slice(1, 3)] : undefined
  if (spell === undefined) return [handle]
  const others = spell(handle.slice(3)).map((national) => `${handle.slice(0, 3)}${national}`)
  return others.includes(handle) ? [handle, ...others.filter((other) => other !== handle).filter(isHandle)] : [handle]
}

/**
 * Reads what a person may have typed: removes spaces, dashes, dots and parentheses from a number that starts with `+`,
 * lower-cases an e-mail address. A number without its country code is refused, never guessed.
 *
 * @since 0.1.0
 * @category constructors
 */
export const parse = (input: string): Either.Either<Handle, Problem.Problem> => {
  const trimmed = typeof input === "string" ? input.trim() : ""
  const canonical = trimmed.startsWith("+") ? trimmed.replace(/[\s().-]/g, "") : lowerCase(trimmed)
  return isHandle(canonical)
    ? Either.right(canonical)
    : Either.left(
      Problem.make("handle", ["handle"], "not a phone number in E.164 (+12025550123) or an e-mail address; add the country code")
    )
}

/**
 * Makes a `Handle` from a literal in code; throws on a malformed one. Use `parse` for input.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (handle: string): Handle => Handle.make(handle)

/**
 * Makes a `Phone` from a literal in code; throws on a malformed one.
 *
 * @since 0.1.0
 * @category constructors
 */
export const phone = (number: string): Phone => Phone.make(number)
