/** Turns the outcome of one carrier into the answer of `send`: a delivery, or the error that says what is certain. */
import * as Either from "effect/Either"
import * as DeliveryStatus from "../content/DeliveryStatus.ts"
import type { DeliveryId } from "../names/DeliveryId.ts"
import type { Attempt, Delivery } from "../outcome/Delivery.ts"
import type { Outcome } from "../outcome/Outcome.ts"
import * as SendError from "../outcome/SendError.ts"
import type { Prepared } from "./Backend.ts"
import * as RecentDeliveries from "./recentDeliveries.ts"

export const conclude = (
  deliveryId: DeliveryId,
  { conversation, draft: { metadata } }: Pick<Prepared, "conversation" | "draft">,
  outcome: Outcome,
  attempts: readonly [Attempt, ...ReadonlyArray<Attempt>]
): Either.Either<Delivery, SendError.SendError> => {
  const { losses } = outcome
  const common = { deliveryId, losses, attempts }
  switch (outcome._tag) {
    case "Accepted": {
      const { receipts } = outcome
      const [first] = receipts
      const { service, status } = receipts.length === 1
        ? first
        : DeliveryStatus.report(RecentDeliveries.addReceipts(receipts), RecentDeliveries.listRefs(receipts))
      return Either.right({
        id: deliveryId,
        conversation,
        carrierId: first.ref.carrierId,
        receipts,
        status,
        losses,
        attempts,
        ...(service === undefined ? {} : { service }),
        ...(metadata === undefined ? {} : { metadata })
      })
    }
    case "Rejected":
      return Either.left(
        outcome.error.reason === "InvalidInput" && outcome.error.problems !== undefined
          ? new SendError.Invalid({ ...common, problems: outcome.error.problems }, { disableValidation: true })
          : new SendError.NotSent({ ...common, error: outcome.error }, { disableValidation: true })
      )
    case "Unknown":
      return Either.left(new SendError.Held({ ...common, evidence: outcome.evidence }, { disableValidation: true }))
    case "Partial": {
      const { receipts, remaining, rest } = outcome
      const why = rest._tag === "Rejected" ? { error: rest.error } : { error: rest.evidence.error, evidence: rest.evidence }
      return Either.left(new SendError.Partial({ ...common, receipts, remaining, ...why }, { disableValidation: true }))
    }
  }
}
