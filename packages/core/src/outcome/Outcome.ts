/** What is certain after a send. This, and nothing else, decides whether another carrier may be tried. */
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { DeliveryStatus } from "../content/DeliveryStatus.ts"
import { Poll } from "../content/interaction/Poll.ts"
import { Loss } from "../content/Loss.ts"
import { ChatRef } from "../names/Conversation.ts"
import { MessageRef } from "../names/MessageRef.ts"
import { RawFromSelf } from "../names/Raw.ts"
import { Service } from "../names/Service.ts"
import { EpochMillis } from "../runtime/Time.ts"
import { MessagingError } from "./MessagingError.ts"

/**
 * A carrier took a request and named the message. `parts` are the draft's parts that it carries, in the message's order, so
 * that a later reply or reaction to draft part `parts[i]` goes to part `i` of `ref`. `raw` is the vendor's answer as it
 * came, for fields that have no neutral name; it is kept out of `inspect` and JSON, and dropped when the receipt is encoded.
 *
 * @category models
 */
export const Receipt = Schema.Struct({
  ref: MessageRef,
  chat: Schema.optionalWith(ChatRef, { exact: true }),
  parts: Schema.Array(Schema.NonNegativeInt),
  status: DeliveryStatus,
  rawStatus: Schema.optionalWith(Schema.String, { exact: true }),
  service: Schema.optionalWith(Service, { exact: true }),
  raw: Schema.optionalToOptional(Schema.Unknown, RawFromSelf, { decode: Option.none, encode: Option.none })
})

/** @category models */
export interface Receipt extends Schema.Schema.Type<typeof Receipt> {}

/**
 * A poll that the vendor took: the receipt of its message, and the poll with the ids of its options.
 *
 * @category models
 */
export const SentPoll = Schema.Struct({ ...Receipt.fields, poll: Poll })

/** @category models */
export interface SentPoll extends Schema.Schema.Type<typeof SentPoll> {}

/**
 * Why it is unknown whether a request was taken, and what is needed to find out: which parts it carried, the key it was
 * sent under (where the vendor honours one), the message that the failed answer named (if it named one), and when it left
 * (epoch milliseconds).
 *
 * @category models
 */
export const Evidence = Schema.Struct({
  error: MessagingError,
  parts: Schema.Array(Schema.NonNegativeInt),
  step: Schema.NonNegativeInt,
  key: Schema.optionalWith(Schema.String, { exact: true }),
  ref: Schema.optionalWith(MessageRef, { exact: true }),
  startedAt: EpochMillis
})

/** @category models */
export interface Evidence extends Schema.Schema.Type<typeof Evidence> {}

// every outcome holds the losses of the plan, because a caller needs them in every case
const losses = { losses: Schema.Array(Loss) }

/**
 * The vendor took the request and gave the message's id.
 *
 * @category models
 */
export const Accepted = Schema.TaggedStruct("Accepted", { receipts: Schema.NonEmptyArray(Receipt), ...losses })

/**
 * The vendor certainly did not take the request.
 *
 * @category models
 */
export const Rejected = Schema.TaggedStruct("Rejected", { error: MessagingError, ...losses })

/**
 * The message may have gone out.
 *
 * @category models
 */
export const Unknown = Schema.TaggedStruct("Unknown", { evidence: Evidence, ...losses })

/**
 * Some requests of a split draft were taken; `rest` says what happened to the next one, `remaining` which of the draft's
 * parts were not taken for certain (the first of them may have been, if `rest` is `Unknown`).
 *
 * @category models
 */
export const Partial = Schema.TaggedStruct("Partial", {
  receipts: Schema.NonEmptyArray(Receipt),
  rest: Schema.Union(Rejected, Unknown),
  remaining: Schema.Array(Schema.NonNegativeInt),
  ...losses
})

/**
 * What came of one attempt: accepted, rejected, partial or unknown.
 *
 * @category models
 */
export const Outcome = Schema.Union(Accepted, Rejected, Partial, Unknown)

/** @category models */
export type Outcome = typeof Outcome.Type

/**
 * Makes the outcome of an attempt that the vendor took.
 *
 * @category constructors
 */
export const accepted = (receipts: readonly [Receipt, ...ReadonlyArray<Receipt>], losses: ReadonlyArray<Loss> = []): Outcome => ({
  _tag: "Accepted",
  receipts,
  losses
})

/**
 * Makes the outcome of an attempt that certainly sent nothing.
 *
 * @category constructors
 */
export const rejected = (error: MessagingError, losses: ReadonlyArray<Loss> = []): typeof Rejected.Type => ({
  _tag: "Rejected",
  error,
  losses
})

/**
 * Makes the outcome of an attempt that may have sent something.
 *
 * @category constructors
 */
export const unknown = (evidence: Evidence, losses: ReadonlyArray<Loss> = []): typeof Unknown.Type => ({
  _tag: "Unknown",
  evidence,
  losses
})

/**
 * The receipts of what went out for certain.
 *
 * @category getters
 */
export const receipts = (outcome: Outcome): ReadonlyArray<Receipt> =>
  outcome._tag === "Accepted" || outcome._tag === "Partial" ? outcome.receipts : []

/**
 * The error behind an outcome, if there is one.
 *
 * @category getters
 */
export const error = (outcome: Outcome): MessagingError | undefined => {
  switch (outcome._tag) {
    case "Accepted":
      return undefined
    case "Rejected":
      return outcome.error
    case "Unknown":
      return outcome.evidence.error
    case "Partial":
      return error(outcome.rest)
  }
}
