/**
 * The service that carries a message to a phone. What was requested and what was used are different fields everywhere.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"

/**
 * @since 0.1.0
 * @category models
 */
export const Service = Schema.Literal("iMessage", "RCS", "SMS")

/**
 * @since 0.1.0
 * @category models
 */
export type Service = typeof Service.Type
