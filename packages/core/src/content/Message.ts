/** A message as a carrier reports it. */
import * as Schema from "effect/Schema"
import { ChatRef } from "../names/Conversation.ts"
import { MessageRef } from "../names/MessageRef.ts"
import { Peer } from "../names/Peer.ts"
import { Service } from "../names/Service.ts"
import { optional } from "../runtime/Optional.ts"
import { DeliveryStatus } from "./DeliveryStatus.ts"
import { MessageEffect } from "./MessageEffect.ts"
import { ReceivedPart } from "./Part.ts"

/**
 * A vendor's word with its neutral meaning, absent where no table knows the word.
 *
 * @category models
 */
export const word = <A, I>(neutral: Schema.Schema<A, I>) => Schema.Struct({ neutral: optional(neutral), raw: Schema.String })

/**
 * A failure that the carrier reports on a message it had taken. `detail` is the vendor's sentence. `detailCode` is a number for the vendor's support and
 * means nothing else. `certainty` is there where the carrier's words prove that the person did not get the message; without it they may have, and a delivery
 * may still be reported.
 *
 * @category models
 */
export const Failure = Schema.Struct({
  code: optional(Schema.String),
  message: optional(Schema.String),
  reason: optional(Schema.String),
  detail: optional(Schema.String),
  detailCode: optional(Schema.String),
  certainty: optional(Schema.Literal("not-sent"))
})

/** @category models */
export interface Failure extends Schema.Schema.Type<typeof Failure> {}

/**
 * Times are the vendor's own strings (ISO 8601, up to nanoseconds), unparsed so that no digit is lost. `optedOut` and
 * `downgraded` are absent where the carrier does not say. `metadata` holds the fields that only this carrier has, under
 * the vendor's names.
 *
 * `recoveredAt` marks an old message: it is genuine, but it came long after it was written. `recoveredAt` is the time at which the
 * message was recovered: by the carrier (Linq's `reconciled_at`), by a read after an outage, or by a late webhook. Absent on every
 * other message. An opt-out in an old message counts. Do not answer the message as if it were new.
 *
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
  recoveredAt: optional(Schema.String),
  metadata: Schema.Record({ key: Schema.String, value: Schema.Unknown })
})

/** @category models */
export interface Message extends Schema.Schema.Type<typeof Message> {}

/**
 * Whether a message is history: see `recoveredAt`.
 *
 * @category refinements
 */
export const isHistory = ({ recoveredAt }: Pick<Message, "recoveredAt">): boolean => recoveredAt !== undefined

/**
 * Whether a text of the message mentions our line in the chat. Use it in a group to decide whether an answer is expected.
 *
 * @category refinements
 */
export const mentionsUs = ({ parts }: Pick<Message, "parts">): boolean =>
  parts.some((part) => part._tag === "Text" && part.mentions?.some(({ isMine }) => isMine) === true)

// milliseconds. Neither vendor repeats a webhook for this long (Linq: 25 to 30 minutes, changelog of September 2026)
const lateAfter = 3_600_000

// a time without a zone may be hours off
const zoned = /(?:Z|[+-]\d{2}:?\d{2})$/i

const timeOf = (text: string | undefined): number => text !== undefined && zoned.test(text) ? Date.parse(text) : Number.NaN

/**
 * A person's message that arrives at `at` (epoch milliseconds). If it was written more than an hour before, it is marked as recovered at
 * this time. An existing mark is kept. A message without the time of writing gets no mark.
 *
 * @category combinators
 */
export const arrived = (message: Message, at: number): Message =>
  message.direction === "inbound" && message.recoveredAt === undefined && timeOf(message.sentAt ?? message.createdAt) < at - lateAfter
    ? { ...message, recoveredAt: new Date(at).toISOString() }
    : message
