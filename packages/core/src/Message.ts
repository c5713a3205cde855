/**
 * A message as a carrier reports it.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { ChatRef } from "./Conversation.ts"
import { DeliveryStatus } from "./DeliveryStatus.ts"
import { MessageEffect } from "./MessageEffect.ts"
import { MessageRef } from "./MessageRef.ts"
import { ReceivedPart } from "./Part.ts"
import { Peer } from "./Peer.ts"
import { Service } from "./Service.ts"

const optional = <A, I>(schema: Schema.Schema<A, I>) => Schema.optionalWith(schema, { exact: true })

/**
 * A vendor's word with its neutral meaning, absent where no table knows the word.
 *
 * @since 0.1.0
 * @category models
 */
export const word = <A, I>(neutral: Schema.Schema<A, I>) => Schema.Struct({ neutral: optional(neutral), raw: Schema.String })

/**
 * A failure that the carrier reports on a message it had taken. `detail` is the vendor's sentence.
 *
 * @since 0.1.0
 * @category models
 */
export const Failure = Schema.Struct({
  code: optional(Schema.String),
  message: optional(Schema.String),
  reason: optional(Schema.String),
  detail: optional(Schema.String)
})

/**
 * @since 0.1.0
 * @category models
 */
export interface Failure extends Schema.Schema.Type<typeof Failure> {}

/**
 * Times are the vendor's own strings (ISO 8601, up to nanoseconds), unparsed so that no digit is lost. `optedOut` and
 * `downgraded` are absent where the carrier does not say. `metadata` holds the fields that only this carrier has, under
 * the vendor's names.
 *
 * @since 0.1.0
 * @category models
 */
export const Message = Schema.Struct({
  ref: MessageRef,
  chat: optional(ChatRef),
  direction: Schema.Literal("inbound", "outbound"),
  from: optional(Peer),
  to: Schema.Array(Peer),
  isGroup: optional(Schema.Boolean),
  parts: Schema.Array(ReceivedPart),
  effect: optional(word(MessageEffect)),
  replyTo: optional(Schema.Struct({ ref: MessageRef, part: optional(Schema.NonNegativeInt) })),
  status: word(DeliveryStatus),
  service: optional(word(Service)),
  preferredService: optional(word(Service)),
  downgraded: optional(Schema.Boolean),
  optedOut: optional(Schema.Boolean),
  failure: optional(Failure),
  createdAt: optional(Schema.String),
  updatedAt: optional(Schema.String),
  sentAt: optional(Schema.String),
  deliveredAt: optional(Schema.String),
  readAt: optional(Schema.String),
  metadata: Schema.Record({ key: Schema.String, value: Schema.Unknown })
})

/**
 * @since 0.1.0
 * @category models
 */
export interface Message extends Schema.Schema.Type<typeof Message> {}
