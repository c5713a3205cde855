/** What a vendor reports of messages that it took. */
import type * as BoundedMap from "@interline/core/BoundedMap"
import * as DeliveryId from "@interline/core/DeliveryId"
import * as MessageRef from "@interline/core/MessageRef"
import type { MessagingEvent } from "@interline/core/MessagingEvent"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { RouterEvent } from "../decision/RouterEvent.ts"
import type { LedgerService } from "../ledger/Ledger.ts"
import type { RunnerService } from "../ownership/Runner.ts"

export interface Parts {
  readonly ledger: LedgerService
  readonly tell: RunnerService["tell"]
  readonly publish: (event: RouterEvent) => Effect.Effect<void>
  /** Messages that were reported, true as failed, and false as arrived after that. */
  readonly failed: BoundedMap.ExpiringMap<string, boolean>
}

type Status = MessagingEvent & { readonly _tag: "Status" }

/** Tells the delivery of the message's key that a step of it arrived. */
export const settle = ({ tell }: Pick<Parts, "tell">, { carrierId, fact, idempotencyKey }: Status): Effect.Effect<void> => {
  const key = idempotencyKey === undefined ? Option.none() : DeliveryId.fromKey(idempotencyKey)
  if (Option.isNone(key)) return Effect.void
  const { deliveryId, generation, step } = key.value
  const { ref, service, status } = fact
  const receipt = { ref, status, ...(service === undefined ? {} : { service }) }
  return Effect.asVoid(tell(deliveryId, { _tag: "Reported", carrierId, generation, step, receipt }))
}

/** Records what a vendor corrects: an accepted message failed after all, or a failed one arrived after all. */
export const correct = ({ failed, ledger, publish }: Parts, { fact }: Status, at: number): Effect.Effect<void> => {
  const ref = MessageRef.format(fact.ref)
  const failedBefore = failed.get(ref) === true
  const isNews = fact.status === "failed" ? !failedBefore : failedBefore && (fact.status === "delivered" || fact.status === "read")
  if (!isNews) return Effect.void
  failed.set(ref, fact.status === "failed", at, Number.POSITIVE_INFINITY)
  return Effect.flatMap(ledger.owners([fact.ref]), (owners) => {
    const deliveryId = owners.get(ref)
    if (deliveryId === undefined) return Effect.void
    const event: RouterEvent = fact.status === "failed"
      ? { _tag: "FailedLater", deliveryId, at, ref: fact.ref, ...(fact.vendorCode === undefined ? {} : { vendorCode: fact.vendorCode }) }
      : { _tag: "Corrected", deliveryId, at, ref: fact.ref, status: fact.status }
    return Effect.zipRight(ledger.append(deliveryId, [event]), publish(event))
  })
}
