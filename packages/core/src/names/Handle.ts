/** Who we may write to: a phone number in E.164 or an e-mail address, in one canonical spelling. */
import * as Either from "effect/Either"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import * as Problem from "./Problem.ts"

const phonePattern = /^\+[1-9][0-9]{6,14}$/
// no control characters and no invisible characters, because they make two different spellings look the same
const emailPattern = /^[^\s\p{C}@+,;:<>()"\\]{1,64}(?:\+[^\s\p{C}@,;:<>()"\\]{1,32})?@[a-z0-9-]+(?:\.[a-z0-9-]+)+$/u

/**
 * A phone number in E.164: `+`, country code, subscriber number, 7 to 15 digits, nothing else.
 *
 * @category models
 */
export const Phone = Schema.String.pipe(
  Schema.pattern(phonePattern),
  Schema.brand("Handle"),
  Schema.brand("Phone"),
  Schema.annotations({ identifier: "Phone", message: () => "expected a phone number in E.164, like +12025550123" })
)

/** @category models */
export type Phone = typeof Phone.Type

/**
 * A phone number in E.164 or a lower-case e-mail address of at most 254 characters.
 *
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

/** @category models */
export type Handle = typeof Handle.Type

const isCanonical = (value: string): boolean =>
  value.charCodeAt(0) === 43
    ? phonePattern.test(value)
    : value.length <= 254 && emailPattern.test(value) && value === lowerCase(value)

// NFC, because an address in a second spelling would not be found in the list of opt-outs
const lowerCase = (value: string): string => value.toLowerCase().normalize("NFC")

/**
 * Whether a value is a canonical handle already.
 *
 * @category refinements
 */
export const isHandle = (value: unknown): value is Handle => typeof value === "string" && isCanonical(value)

/**
 * Whether a handle is a phone number rather than an e-mail address.
 *
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
 * without the 9 or the 15, Brazil's with and without the ninth digit. Use it to look up opt-outs: a spelling too many only holds back a
 * message, but a missing spelling sends it. Never write to a variant, because only the given spelling is known to be right.
 *
 * @category combinators
 */
export const variants = (handle: Handle): ReadonlyArray<Handle> => {
  const spell = handle.charCodeAt(0) === 43 && handle.charCodeAt(1) === 53 ? countries[handle.slice(1, 3)] : undefined
  if (spell === undefined) return [handle]
  const others = spell(handle.slice(3)).map((national) => `${handle.slice(0, 3)}${national}`)
  return others.includes(handle) ? [handle, ...others.filter((other) => other !== handle).filter(isHandle)] : [handle]
}

// invisible characters that an address book, a web page or a keyboard writes in and around a number
const unseen = /[\p{Cf}\p{Default_Ignorable_Code_Point}\u20e3]/gu

// removed only around an address. Inside an address they are refused, because they make two different spellings look the same
const around = /^[\s\p{Cf}\p{Default_Ignorable_Code_Point}]+|[\s\p{Cf}\p{Default_Ignorable_Code_Point}]+$/gu

// RFC 3966 calls hyphens, dots and parentheses visual separators; people write blanks, slashes and other dashes too
const separators = /[\s\p{Pd}\u2212.\u00b7\u2022/()[\]_~]/gu

// the zeros of the digits that keyboards of other scripts write, ten in a row each
const zeros: ReadonlyArray<number> = [0x0660, 0x06f0, 0x0966, 0x09e6, 0x0e50]

const asciiDigit = (digit: string): string => {
  const code = digit.charCodeAt(0)
  const zero = zeros.find((zero) => code >= zero && code <= zero + 9)
  return zero === undefined ? digit : String(code - zero)
}

const scheme = /^(?:tel|sms|smsto|mms|callto|facetime|imessage|mailto):(?:\/\/)?/i

/**
 * The text after the scheme of a link, without escapes and parameters. An extension (`;ext=`) is kept, so that the number is refused
 * later.
 */
const linked = (text: string): string => {
  const found = scheme.exec(text)
  if (found === null) return text
  const [rest = ""] = text.slice(found[0].length).split("?")
  const [address = "", ...parameters] = rest.split(";")
  const extension = parameters.some((parameter) => /^ext=/i.test(parameter)) ? ";ext" : ""
  return Either.getOrElse(Either.try(() => decodeURIComponent(address)), () => address) + extension
}

// numbers of other countries drop this zero after the country code. Numbers of Italy and San Marino keep it
const trunkZero = /^(\+(?!39|378)[0-9]{1,3}[^0-9]*)\(0\)/

const phoneOf = (text: string): string =>
  text.normalize("NFKC").replace(unseen, "").replace(/\p{Nd}/gu, asciiDigit).replace(trunkZero, "$1").replace(separators, "")

const reasons = {
  empty: "empty; give a phone number in E.164 (+12025550123) or an e-mail address",
  email: "not an e-mail address, like guest@example.com",
  extension: "a phone number with an extension, which no text reaches; give the number alone",
  prefix: "a phone number with an international prefix; write + in its place, like +442079460123",
  country: "not a phone number in E.164 (+12025550123) or an e-mail address; add the country code",
  letters: "not a phone number: after the + there is something that is no digit",
  length: "not a phone number: after the + come 7 to 15 digits, the country code first, which does not begin with 0"
} as const

const reasonOf = (text: string, number: string): string =>
  text === ""
    ? reasons.empty
    : text.includes("@")
    ? reasons.email
    : /[0-9](?:;?ext|x|#|,|;)/i.test(number)
    ? reasons.extension
    : !number.startsWith("+")
    ? /^(?:00|011)[0-9]{7,}$/.test(number) ? reasons.prefix : reasons.country
    : /^\+[0-9]*$/.test(number)
    ? reasons.length
    : reasons.letters

/**
 * Reads what a person may have typed, or a program pasted: a number that starts with `+`, with blanks, dashes, dots, slashes and
 * parentheses, in digits of any width, with characters that nobody sees, or as a link (`tel:`, `sms:`); an e-mail address in any case,
 * or as a `mailto:`. A `(0)` after the country code is left out. A number without its country code is refused, never guessed, and so
 * is one with an extension; the problem says which.
 *
 * @category constructors
 */
export const parse = (input: string): Either.Either<Handle, Problem.Problem> => {
  const text = typeof input === "string" ? linked(input.replace(around, "")) : ""
  const isAddress = text.includes("@")
  const number = isAddress ? "" : phoneOf(text)
  const canonical = isAddress ? lowerCase(text) : number
  return isHandle(canonical) ? Either.right(canonical) : Either.left(Problem.make("handle", ["handle"], reasonOf(text, number)))
}

/**
 * What a person typed or a program pasted, as `parse` reads it. In a schema of input; what is stored and sent is a `Handle`.
 *
 * @category models
 */
export const FromText: Schema.Schema<Handle, string> = Schema.transformOrFail(Schema.String, Handle, {
  strict: true,
  decode: (text, _, ast) => Either.mapLeft(parse(text), ({ message }) => new ParseResult.Type(ast, text, message)),
  encode: Either.right
}).annotations({
  identifier: "HandleText",
  description: "a phone number with its country code, in any usual spelling, or an e-mail address"
})

/**
 * Makes a `Handle` from a literal in code. It throws a `ParseError` on a malformed one, which is a mistake in the program: whatever comes
 * from outside goes through `parse`, which answers with a problem.
 *
 * @category constructors
 */
export const make = (handle: string): Handle => Handle.make(handle)

/**
 * Makes a `Phone` from a literal in code; throws on a malformed one.
 *
 * @category constructors
 */
export const phone = (number: string): Phone => Phone.make(number)
