/** The service that carries a message to a phone. What was requested and what was used are different fields everywhere. */
import * as Schema from "effect/Schema"

/**
 * The service that carries a message to the phone.
 *
 * @category models
 */
export const Service = Schema.Literal("iMessage", "RCS", "SMS")

/** @category models */
export type Service = typeof Service.Type
