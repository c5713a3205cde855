/**
 * A vendor's id for a message, and the carrier instance that gave it. String form: `linq:69a3…`.
 *
 * @since 0.1.0
 */
import type * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { CarrierId } from "./CarrierId.ts"
import { VendorId } from "./VendorId.ts"

/**
 * @since 0.1.0
 * @category models
 */
export const MessageRef = Schema.Struct({ carrierId: CarrierId, id: VendorId })

/**
 * @since 0.1.0
 * @category models
 */
export interface MessageRef extends Schema.Schema.Type<typeof MessageRef> {}

/**
 * @since 0.1.0
 * @category constructors
 */
export const make = (carrierId: CarrierId, id: string): MessageRef => ({ carrierId, id })

/**
 * @since 0.1.0
 * @category formatting
 */
export const format = (ref: MessageRef): string => `${ref.carrierId}:${ref.id}`

/**
 * Reads the string form; `None` if there is no carrier id or no message id.
 *
 * @since 0.1.0
 * @category constructors
 */
export const parse = (text: string): Option.Option<MessageRef> => {
  const colon = text.indexOf(":")
  return Schema.decodeUnknownOption(MessageRef)({ carrierId: text.slice(0, Math.max(colon, 0)), id: text.slice(colon + 1) })
}
