/** One logical send and what came of it. */
import * as Schema from "effect/Schema"
import { DeliveryStatus } from "../content/DeliveryStatus.ts"
import { Loss } from "../content/Loss.ts"
import { CarrierId } from "../names/CarrierId.ts"
import { Conversation } from "../names/Conversation.ts"
import { DeliveryId } from "../names/DeliveryId.ts"
import { LineName } from "../names/Line.ts"
import { Service } from "../names/Service.ts"
import { EpochMillis } from "../runtime/Time.ts"
import { isOurs, MessagingError } from "./MessagingError.ts"
import * as Outcome from "./Outcome.ts"

/**
 * One try at one carrier, or a carrier that was considered and not asked (`skipped`: nothing left, `why` says for what
 * reason). `why` is for people; times are epoch milliseconds and milliseconds.
 *
 * @category models
 */
export const Attempt = Schema.Struct({
  carrierId: CarrierId,
  line: LineName,
  outcome: Schema.Literal("accepted", "rejected", "partial", "unknown", "skipped"),
  why: Schema.String,
  error: Schema.optionalWith(MessagingError, { exact: true }),
  startedAt: EpochMillis,
  millis: Schema.Number
})

/** @category models */
export interface Attempt extends Schema.Schema.Type<typeof Attempt> {}

/**
 * An accepted send. `status` is what the carrier said when it took it; ask `Messaging.status` for news.
 *
 * @category models
 */
export const Delivery = Schema.Struct({
  id: DeliveryId,
  conversation: Conversation,
  carrierId: CarrierId,
  receipts: Schema.NonEmptyArray(Outcome.Receipt),
  status: DeliveryStatus,
  service: Schema.optionalWith(Service, { exact: true }),
  losses: Schema.Array(Loss),
  attempts: Schema.NonEmptyArray(Attempt),
  metadata: Schema.optionalWith(Schema.Record({ key: Schema.String, value: Schema.String }), { exact: true })
})

/** @category models */
export interface Delivery extends Schema.Schema.Type<typeof Delivery> {}

const sentences = {
  Accepted: { outcome: "accepted", why: "the carrier took it" },
  Rejected: { outcome: "rejected", why: "the carrier did not take it" },
  Partial: { outcome: "partial", why: "the carrier took a part of it" },
  Unknown: { outcome: "unknown", why: "it is not known whether the carrier took it" }
} as const satisfies Record<Outcome.Outcome["_tag"], Pick<Attempt, "outcome" | "why">>

/**
 * What an outcome says of an attempt. A refusal is ours or the carrier's.
 *
 * @category getters
 */
export const describeOutcome = (
  outcome: Outcome.Outcome
): { readonly outcome: Exclude<Attempt["outcome"], "skipped">; readonly why: string } =>
  outcome._tag === "Rejected" && isOurs(outcome.error)
    ? { outcome: "rejected", why: "it was refused here, and the carrier was not asked" }
    : sentences[outcome._tag]

/**
 * The attempt that ended with an outcome, with its error if it has one. Times are epoch milliseconds; `why` replaces the
 * outcome's own sentence.
 *
 * @category constructors
 */
export const attempt = (
  carrierId: CarrierId,
  line: LineName,
  outcome: Outcome.Outcome,
  { endedAt, startedAt, why }: { readonly startedAt: number; readonly endedAt: number; readonly why?: string }
): Attempt => {
  const said = describeOutcome(outcome)
  const error = Outcome.error(outcome)
  return {
    carrierId,
    line,
    outcome: said.outcome,
    why: why ?? said.why,
    startedAt,
    millis: endedAt - startedAt,
    ...(error === undefined ? {} : { error })
  }
}
