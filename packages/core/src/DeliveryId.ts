/**
 * Our own name for one logical send, minted before any request leaves.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Uuid from "./Uuid.ts"

/**
 * @since 0.1.0
 * @category models
 */
export const DeliveryId = Schema.UUID.pipe(Schema.brand("DeliveryId"), Schema.annotations({ identifier: "DeliveryId" }))

/**
 * @since 0.1.0
 * @category models
 */
export type DeliveryId = typeof DeliveryId.Type

/**
 * A fresh id.
 *
 * @since 0.1.0
 * @category constructors
 */
export const mint: Effect.Effect<DeliveryId> = Effect.map(Uuid.mint, (id) => DeliveryId.make(id, true))
