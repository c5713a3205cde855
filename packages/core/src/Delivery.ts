/**
 * One logical send and what came of it.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { CarrierId } from "./CarrierId.ts"
import { Conversation } from "./Conversation.ts"
import { DeliveryId } from "./DeliveryId.ts"
import { DeliveryStatus } from "./DeliveryStatus.ts"
import { LineName } from "./Line.ts"
import { Loss } from "./Loss.ts"
import { MessagingError } from "./MessagingError.ts"
import { Receipt } from "./Outcome.ts"
import { Service } from "./Service.ts"

/**
 * One try at one carrier. `why` is for people; times are epoch milliseconds and milliseconds.
 *
 * @since 0.1.0
 * @category models
 */
export const Attempt = Schema.Struct({
  carrierId: CarrierId,
  line: LineName,
  outcome: Schema.Literal("accepted", "rejected", "partial", "unknown"),
  why: Schema.String,
  error: Schema.optionalWith(MessagingError, { exact: true }),
  startedAt: Schema.Number,
  millis: Schema.Number
})

/**
 * @since 0.1.0
 * @category models
 */
export interface Attempt extends Schema.Schema.Type<typeof Attempt> {}

/**
 * An accepted send. `status` is what the carrier said when it took it; ask `Messaging.status` for news.
 *
 * @since 0.1.0
 * @category models
 */
export const Delivery = Schema.Struct({
  id: DeliveryId,
  conversation: Conversation,
  carrierId: CarrierId,
  receipts: Schema.NonEmptyArray(Receipt),
  status: DeliveryStatus,
  service: Schema.optionalWith(Service, { exact: true }),
  losses: Schema.Array(Loss),
  attempts: Schema.NonEmptyArray(Attempt),
  metadata: Schema.optionalWith(Schema.Record({ key: Schema.String, value: Schema.String }), { exact: true })
})

/**
 * @since 0.1.0
 * @category models
 */
export interface Delivery extends Schema.Schema.Type<typeof Delivery> {}
