/** Combines the facts about a message, in any order, into one delivery status. The direction of a message is another field. */
import * as Schema from "effect/Schema"
import * as MessageRef from "../names/MessageRef.ts"
import { Service } from "../names/Service.ts"

/**
 * How far a message got, in our words. `pending` is our own: no vendor has reported anything yet.
 *
 * @category models
 */
export const DeliveryStatus = Schema.Literal("pending", "queued", "sent", "delivered", "read", "failed")

/** @category models */
export type DeliveryStatus = typeof DeliveryStatus.Type

/**
 * The ranks of the statuses. Of two facts about one message, the higher rank counts. `failed` is higher than `sent`, because a message
 * may fail after it was handed over. `delivered` is higher than `failed`: carriers may report a failure and then a delivery (seen at
 * Linq), and a message on the phone is the stronger evidence.
 *
 * @category models
 */
export const ranks = {
  pending: 0,
  queued: 1,
  sent: 2,
  failed: 3,
  delivered: 4,
  read: 5
} as const satisfies Record<DeliveryStatus, number>

/**
 * Joins two statuses of one message. Commutative, associative, idempotent.
 *
 * @category combinators
 */
export const join = (left: DeliveryStatus, right: DeliveryStatus): DeliveryStatus => ranks[left] >= ranks[right] ? left : right

/**
 * Something that a carrier said about one message. `at` is the carrier's own time, as it wrote it.
 *
 * @category models
 */
export const StatusFact = Schema.Struct({
  ref: MessageRef.MessageRef,
  status: DeliveryStatus,
  raw: Schema.optionalWith(Schema.String, { exact: true }),
  service: Schema.optionalWith(Service, { exact: true }),
  downgraded: Schema.optionalWith(Schema.Boolean, { exact: true }),
  vendorCode: Schema.optionalWith(Schema.String, { exact: true }),
  at: Schema.optionalWith(Schema.String, { exact: true })
})

/** @category models */
export interface StatusFact extends Schema.Schema.Type<typeof StatusFact> {}

/**
 * What is known of one message: the joined status, and whether `failed` or an SMS downgrade was ever reported.
 *
 * @category models
 */
export const MessageStatus = Schema.Struct({
  ref: MessageRef.MessageRef,
  status: DeliveryStatus,
  failedOnce: Schema.Boolean,
  service: Schema.optional(Service),
  downgraded: Schema.Boolean
})

/** @category models */
export interface MessageStatus extends Schema.Schema.Type<typeof MessageStatus> {}

/**
 * Facts by message, keyed by the string form of the ref. Facts may arrive before the send's own response.
 *
 * @category models
 */
export type StatusFacts = ReadonlyMap<string, MessageStatus>

/**
 * No facts.
 *
 * @category constructors
 */
export const empty: StatusFacts = new Map()

// if two facts disagree, the weaker service counts, because it explains missing receipts. SMS is the weakest
const serviceRank = { iMessage: 0, RCS: 1, SMS: 2 } as const satisfies Record<Service, number>

const joinService = (left: Service | undefined, right: Service | undefined): Service | undefined =>
  left === undefined ? right : right === undefined ? left : serviceRank[left] >= serviceRank[right] ? left : right

/**
 * Adds a fact. The order and the number of times facts are added do not matter.
 *
 * @category combinators
 */
export const add = (facts: StatusFacts, fact: StatusFact): StatusFacts => {
  const key = MessageRef.format(fact.ref)
  const known = facts.get(key)
  const next = new Map(facts)
  next.set(key, {
    ref: fact.ref,
    status: known === undefined ? fact.status : join(known.status, fact.status),
    failedOnce: (known?.failedOnce ?? false) || fact.status === "failed",
    service: joinService(known?.service, fact.service),
    downgraded: (known?.downgraded ?? false) || (fact.downgraded ?? false)
  })
  return next
}

/**
 * The whole delivery's answer.
 *
 * `status`: `failed` if any message failed, else that of the message that got least far. `corrected`: a carrier said
 * `failed` and later `delivered` or `read`. `settled`: nothing more is expected; on SMS `sent` is the last word.
 *
 * @category models
 */
export const DeliveryReport = Schema.Struct({
  status: DeliveryStatus,
  corrected: Schema.Boolean,
  settled: Schema.Boolean,
  service: Schema.optional(Service),
  downgraded: Schema.Boolean,
  messages: Schema.Array(MessageStatus)
})

/** @category models */
export interface DeliveryReport extends Schema.Schema.Type<typeof DeliveryReport> {}

const isSettled = (message: MessageStatus): boolean =>
  ranks[message.status] >= ranks.failed || (message.status === "sent" && message.service === "SMS")

/**
 * Folds facts about the messages of one delivery into one report. A message without a fact counts as `pending`.
 *
 * @category combinators
 */
export const report = (facts: StatusFacts, refs: ReadonlyArray<MessageRef.MessageRef>): DeliveryReport => {
  const messages = refs.map((ref): MessageStatus =>
    facts.get(MessageRef.format(ref)) ??
      { ref, status: "pending", failedOnce: false, service: undefined, downgraded: false }
  )
  const failed = messages.some((message) => message.status === "failed")
  return {
    status: failed ? "failed" : messages.reduce<DeliveryStatus>(
      (least, message) => ranks[message.status] < ranks[least] ? message.status : least,
      messages.length === 0 ? "pending" : "read"
    ),
    corrected: messages.some((message) => message.failedOnce && ranks[message.status] > ranks.failed),
    settled: messages.length > 0 && messages.every(isSettled),
    service: messages.reduce<Service | undefined>((service, message) => joinService(service, message.service), undefined),
    downgraded: messages.some((message) => message.downgraded),
    messages
  }
}
