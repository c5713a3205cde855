/**
 * Whoever wrote to us: a handle we could answer, or an open sender id such as a short code or an alphanumeric name.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import * as Handle from "./Handle.ts"

/**
 * @since 0.1.0
 * @category models
 */
export const SenderId = Schema.NonEmptyString.pipe(Schema.brand("SenderId"), Schema.annotations({ identifier: "SenderId" }))

/**
 * @since 0.1.0
 * @category models
 */
export type SenderId = typeof SenderId.Type

/**
 * @since 0.1.0
 * @category models
 */
export const Peer = Schema.Union(Handle.Handle, SenderId)

/**
 * @since 0.1.0
 * @category models
 */
export type Peer = typeof Peer.Type

/**
 * Reads a vendor's sender field: a handle where it is one, else a sender id as it stands.
 *
 * @since 0.1.0
 * @category constructors
 */
export const fromVendor = (value: string): Peer => {
  const lower = value.toLowerCase()
  return Handle.isHandle(lower) ? lower : SenderId.make(value)
}
