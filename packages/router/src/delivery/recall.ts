/** Says what is on record of a delivery, for a caller who gets no answer from where it runs. */
import type { Prepared } from "@interline/core/Backend"
import * as Defect from "@interline/core/Defect"
import type { Delivery } from "@interline/core/Delivery"
import type { DeliveryId } from "@interline/core/DeliveryId"
import * as Messaging from "@interline/core/Messaging"
import * as MessagingError from "@interline/core/MessagingError"
import * as Outcome from "@interline/core/Outcome"
import type { SendError } from "@interline/core/SendError"
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Deliver from "./deliver.ts"
import * as Job from "./job.ts"
import * as Keys from "./keys.ts"

export interface Parts extends Deliver.Parts {}

const underWay = MessagingError.make("Timeout", {
  operation: "send",
  certainty: "unknown",
  next: "reconcile",
  detail: "the send has not ended yet; ask for it by its id, or send again under the same key"
})

const unreadable = (next: "reconcile" | "retry") =>
  MessagingError.make("Unavailable", {
    operation: "send",
    certainty: "unknown",
    next,
    detail: `the ledger cannot be reached, so what came of this send is not known; ${
      next === "retry" ? "ask again under the same key" : "ask for it by its id"
    }`
  })

const refuse = (detail: string): Outcome.Outcome =>
  Outcome.rejected(MessagingError.make("Conflict", { operation: "send", certainty: "not-sent", next: "retry", detail }))

const closing = Outcome.rejected(MessagingError.make("Cancelled", { operation: "send", detail: "the router is closing" }))

/** The answer of what is on record as `id`. `absent`: the outcome if nothing is, and that is certain. */
const recallStored = (
  { ledger, policy }: Parts,
  id: DeliveryId,
  prepared: Prepared,
  absent: Outcome.Outcome | undefined
): Effect.Effect<Delivery, SendError> =>
  Effect.flatMap(Effect.zip(ledger.read(id), Clock.currentTimeMillis), ([read, at]) => {
    const entry = Option.getOrUndefined(read)
    const stored = entry === undefined ? undefined : Job.answerStored(entry)
    if (stored !== undefined) return stored
    const [carrierId] = policy.prefer
    const outcome = entry === undefined && absent !== undefined
      ? absent
      : Outcome.unknown({ error: underWay, parts: [], step: 0, startedAt: at })
    return Messaging.conclude(
      id,
      prepared,
      outcome,
      Job.attemptsOf(entry?.state, { carrierId, line: prepared.conversation.line }, at)
    )
  })

/** `silence`: why nothing of it can have left if it is not on record. An equal send under its key may have left all the same. */
export const recall = (
  parts: Parts,
  id: DeliveryId,
  prepared: Prepared,
  silence: string | undefined
): Effect.Effect<Delivery, SendError> => recallOr(parts, id, prepared, silence === undefined ? undefined : refuse(silence))

/** The same in a router that closes, of a delivery that is in no hands here. */
export const recallClosing = (parts: Parts, id: DeliveryId, prepared: Prepared): Effect.Effect<Delivery, SendError> =>
  recallOr(parts, id, prepared, closing)

const recallOr = (
  parts: Parts,
  id: DeliveryId,
  prepared: Prepared,
  absent: Outcome.Outcome | undefined
): Effect.Effect<Delivery, SendError> =>
  Effect.catchAllCause(recallCertain(parts, id, prepared, absent), (cause) => {
    if (!Cause.isDie(cause)) return Effect.failCause(cause)
    const [carrierId] = parts.policy.prefer
    return Effect.zipRight(
      Defect.logUnlessSaid(cause, Effect.logError("it could not be read what came of a send", Defect.placesIn(cause))),
      Effect.flatMap(Clock.currentTimeMillis, (at) => {
        const error = unreadable(prepared.key === undefined ? "reconcile" : "retry")
        return Messaging.conclude(
          id,
          prepared,
          Outcome.unknown({ error, parts: [], step: 0, startedAt: at }),
          Job.attemptsOf(undefined, { carrierId, line: prepared.conversation.line }, at)
        )
      })
    )
  })

const recallCertain = (
  parts: Parts,
  id: DeliveryId,
  prepared: Prepared,
  absent: Outcome.Outcome | undefined
): Effect.Effect<Delivery, SendError> => {
  const { key } = prepared
  if (absent === undefined || key === undefined) return recallStored(parts, id, prepared, absent)
  return Effect.flatMap(Keys.findOwner(parts, id, prepared, key), (claim) => {
    switch (claim._tag) {
      case "InFlight":
      case "Done":
        return recallStored(parts, claim.deliveryId, prepared, undefined)
      case "Conflict":
        return Effect.fail(Keys.toConflict(claim.deliveryId))
      default:
        return recallStored(parts, id, prepared, absent)
    }
  })
}
