/** Our own name for one logical send, minted before any request leaves. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Uuid from "./Uuid.ts"

/**
 * The id of one delivery. It is a UUID.
 *
 * @category models
 */
export const DeliveryId = Schema.UUID.pipe(Schema.brand("DeliveryId"), Schema.annotations({ identifier: "DeliveryId" }))

/** @category models */
export type DeliveryId = typeof DeliveryId.Type

/**
 * A fresh id.
 *
 * @category constructors
 */
export const mint: Effect.Effect<DeliveryId> = Effect.map(Uuid.mint, (id) => DeliveryId.make(id, true))

/**
 * What an idempotency key names: a delivery, its generation (from 1) and the step of its plan (from 0).
 *
 * @category models
 */
export interface KeyFields {
  readonly deliveryId: DeliveryId
  readonly generation: number
  readonly step: number
}

const isDeliveryId = Schema.is(DeliveryId)

const keyPattern = /^([^:]{36}):([1-9][0-9]{0,15}):(0|[1-9][0-9]{0,15})$/

/**
 * Reads a key that `Carrier.idempotencyKey` made; `None` for any other text, such as the key of a message that another
 * program sent.
 *
 * @category constructors
 */
export const fromKey = (key: string): Option.Option<KeyFields> => {
  const [, deliveryId, first, second] = keyPattern.exec(key) ?? []
  const generation = Number(first)
  const step = Number(second)
  return isDeliveryId(deliveryId) && Number.isSafeInteger(generation) && Number.isSafeInteger(step)
    ? Option.some({ deliveryId, generation, step })
    : Option.none()
}
