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
