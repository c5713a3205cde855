/** An id that a vendor gave, of a message, a chat or a file. Opaque, but it ends up in paths. */
import * as Schema from "effect/Schema"

// half of a surrogate pair cannot be encoded. In some software, a NUL ends the text
const brokenPattern = /\0|[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/

/**
 * Whether a text holds a NUL character or half of a surrogate pair.
 *
 * @category refinements
 */
export const isBroken = (text: string): boolean => brokenPattern.test(text)

/**
 * Whether a value can be an id: 1 to 4,096 characters, well-formed, and not one of the dots that mean another place in a path.
 *
 * @category refinements
 */
export const isVendorId = (value: unknown): value is string =>
  typeof value === "string" && value !== "" && value !== "." && value !== ".." && value.length <= 4096 && !isBroken(value)

/**
 * An id that a vendor gave.
 *
 * @category models
 */
export const VendorId = Schema.NonEmptyString.pipe(
  Schema.filter((value) => isVendorId(value), { message: () => "expected an id that the carrier gave" }),
  Schema.annotations({ identifier: "VendorId" })
)
