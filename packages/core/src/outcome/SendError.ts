/** Why a send gave no delivery. Each kind says what is certain, and carries the delivery's id, its losses and every attempt. */
import * as Schema from "effect/Schema"
import { Loss } from "../content/Loss.ts"
import { DeliveryId } from "../names/DeliveryId.ts"
import * as Problem from "../names/Problem.ts"
import { Attempt } from "./Delivery.ts"
import { MessagingError } from "./MessagingError.ts"
import { Evidence, Receipt } from "./Outcome.ts"

const common = {
  deliveryId: DeliveryId,
  losses: Schema.Array(Loss),
  attempts: Schema.Array(Attempt)
}

/**
 * The draft or the address is malformed, or no configured carrier can send it as it is. Nothing was sent. A problem with the rule `key` says that the key is that of another
 * send: `deliveryId` is that one's, and nothing is said of what became of it.
 *
 * @category errors
 */
export class Invalid extends Schema.TaggedError<Invalid>("@interline/core/Invalid")("Invalid", {
  ...common,
  problems: Schema.Array(Problem.Problem)
}) {
  override get message(): string {
    const why = this.problems.map(Problem.format).join("; ")
    return this.problems.some(({ rule }) => rule === "key") ? `this was not sent: ${why}` : `nothing was sent: ${why}`
  }
}

/**
 * It is certain that nothing was sent.
 *
 * @category errors
 */
export class NotSent extends Schema.TaggedError<NotSent>("@interline/core/NotSent")("NotSent", {
  ...common,
  error: MessagingError
}) {
  override get message(): string {
    return `nothing was sent: ${this.error.message}`
  }
}

/**
 * Some parts of a split draft went out. Do not send the draft again; only `remaining` may follow, on the same carrier.
 * `evidence` is there when the first of them may have gone out too.
 *
 * @category errors
 */
export class Partial extends Schema.TaggedError<Partial>("@interline/core/Partial")("Partial", {
  ...common,
  receipts: Schema.NonEmptyArray(Receipt),
  remaining: Schema.Array(Schema.NonNegativeInt),
  error: MessagingError,
  evidence: Schema.optionalWith(Evidence, { exact: true })
}) {
  override get message(): string {
    return `a part was sent and parts ${this.remaining.join(", ")} were not or may not have been: ${this.error.message}`
  }
}

/**
 * It is not known whether the message went out. A second send could reach the person twice.
 *
 * @category errors
 */
export class Held extends Schema.TaggedError<Held>("@interline/core/Held")("Held", {
  ...common,
  evidence: Evidence
}) {
  override get message(): string {
    return `it is not known whether the message was sent: ${this.evidence.error.message}`
  }
}

/**
 * A send that is refused before any attempt. It is not validated again: its parts are typed.
 *
 * @category constructors
 */
export const invalid = (deliveryId: DeliveryId, problems: ReadonlyArray<Problem.Problem>): Invalid =>
  new Invalid({ deliveryId, losses: [], attempts: [], problems }, { disableValidation: true })

/**
 * Every way in which a send fails.
 *
 * @category errors
 */
export type SendError = Invalid | NotSent | Partial | Held
