/** A vendor's id for a message, and the carrier instance that gave it. String form: `linq:69a3…`. */
import type * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { CarrierId } from "./CarrierId.ts"
import { VendorId } from "./VendorId.ts"

/**
 * A message at a carrier: the carrier's id and the vendor's id of the message.
 *
 * @category models
 */
export const MessageRef = Schema.Struct({ carrierId: CarrierId, id: VendorId })

/** @category models */
export interface MessageRef extends Schema.Schema.Type<typeof MessageRef> {}

/**
 * Makes a reference to a message at a carrier.
 *
 * @category constructors
 */
export const make = (carrierId: CarrierId, id: string): MessageRef => ({ carrierId, id })

/**
 * Writes a reference as `carrier:id`.
 *
 * @category combinators
 */
export const format = (ref: MessageRef): string => `${ref.carrierId}:${ref.id}`

/**
 * Reads the string form; `None` if there is no carrier id or no message id.
 *
 * @category constructors
 */
export const parse = (text: string): Option.Option<MessageRef> => {
  const colon = text.indexOf(":")
  return Schema.decodeUnknownOption(MessageRef)({ carrierId: text.slice(0, Math.max(colon, 0)), id: text.slice(colon + 1) })
}
