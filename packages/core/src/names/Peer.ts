/** Defines the other side of a message: a handle that we could answer, or a sender id such as a short code or an alphanumeric name. */
import * as Schema from "effect/Schema"
import * as Handle from "./Handle.ts"

/**
 * The id of a sender that is no phone number and no address, such as a short code's name.
 *
 * @category models
 */
export const SenderId = Schema.NonEmptyString.pipe(Schema.brand("SenderId"), Schema.annotations({ identifier: "SenderId" }))

/** @category models */
export type SenderId = typeof SenderId.Type

/**
 * The other side of a message: a phone number, an address, or another sender id.
 *
 * @category models
 */
export const Peer = Schema.Union(Handle.Handle, SenderId)

/** @category models */
export type Peer = typeof Peer.Type

// blanks, the usual separators and invisible characters
const between = /[\s().\-\p{Cf}]/gu

// nearly everywhere a number with its country code has 11 digits or more. A shorter one may be a short code, or may lack its country code
const withoutPlus = /^[1-9]\d{10,14}$/

/**
 * Reads a vendor's sender field: a handle where it is one, else a sender id as it stands. A number may be spelled with blanks and
 * signs between its digits or without its plus: whoever opts out must be known by any spelling.
 *
 * @category constructors
 */
export const fromVendor = (value: string): Peer => {
  const lower = value.toLowerCase().trim()
  if (Handle.isHandle(lower)) return lower
  const bare = lower.replace(between, "")
  const number = withoutPlus.test(bare) ? `+${bare}` : bare
  return number.startsWith("+") && Handle.isHandle(number) ? number : SenderId.make(value)
}
