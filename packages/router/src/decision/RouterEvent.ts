/**
 * What the router decided and why, as it happens. No event holds a phone number, a text or a secret; a delivery is named by
 * its id.
 */
import { CarrierId } from "@interline/core/CarrierId"
import { DeliveryId } from "@interline/core/DeliveryId"
import { DeliveryStatus } from "@interline/core/DeliveryStatus"
import { LineName } from "@interline/core/Line"
import { MessageRef } from "@interline/core/MessageRef"
import { Blame, ReasonTag } from "@interline/core/MessagingError"
import { optional } from "@interline/core/Optional"
import { Source } from "@interline/core/Suppression"
import { EpochMillis } from "@interline/core/Time"
import * as Schema from "effect/Schema"

// `at` is in epoch milliseconds
const delivery = { deliveryId: DeliveryId, at: EpochMillis }
const carrier = { carrierId: CarrierId, line: LineName }

/**
 * One decision. The names are the past tense of what happened:
 *
 * `Started` (the route in order), `Skipped` (a carrier that was not asked), `Tried` (a carrier answered, or did not; `blame` is there where it is another one than the reason's own), `Retrying`,
 * `FailedOver`, `Reconciled` (what a look for a lost answer showed), `AbsenceTaken` (the policy's waiting time passed and the
 * message was not there), `RiskTaken` (the policy sends although the first may have arrived), `Held`, `Settled` (`who`: the operator, if it was one who gave a name), `Abandoned` (the
 * caller went away), `Concluded`, `LateArrival` (an incident: what was taken for not sent has arrived after all), `NamedTwice` (an incident: a second
 * receipt for one step names another message, so the person probably has two), `Bound` (a
 * conversation got its carrier, or moved), `BreakerOpened`, `BreakerProbed`, `BreakerClosed`, `Limited` (a line rests until then because
 * its carrier asked for it, or rests no more), `Suppressed`,
 * `Restored`, `NotRestored` (a person's opt-in did not count: the application said the opt-out itself, it came on a number that is no line of ours, it
 * bears no time that can be believed, or the opt-out is newer; `vendor`: the carrier's list and the person's word differ. Either the carrier itself writes to
 * them again and we do not, or the person asked to be written to by a word that the carrier does not take), `FailedLater` (accepted, then failed; never failed over), `Corrected` (failed, then delivered).
 *
 * @category models
 */
export const RouterEvent = Schema.Union(
  Schema.TaggedStruct("Started", { ...delivery, route: Schema.Array(Schema.Struct(carrier)), why: Schema.String }),
  Schema.TaggedStruct("Skipped", { ...delivery, ...carrier, why: Schema.String }),
  Schema.TaggedStruct("Tried", {
    ...delivery,
    ...carrier,
    generation: Schema.Number,
    outcome: Schema.Literal("accepted", "rejected", "partial", "unknown"),
    why: Schema.String,
    reason: optional(ReasonTag),
    blame: optional(Blame),
    millis: Schema.Number
  }),
  Schema.TaggedStruct("Retrying", { ...delivery, ...carrier, until: EpochMillis, why: Schema.String }),
  Schema.TaggedStruct("FailedOver", { ...delivery, from: CarrierId, to: CarrierId, line: LineName, why: Schema.String }),
  Schema.TaggedStruct("Reconciled", {
    ...delivery,
    ...carrier,
    finding: Schema.Literal("found", "absent", "unproven"),
    by: Schema.Literal("replay", "list", "event"),
    why: Schema.String
  }),
  Schema.TaggedStruct("AbsenceTaken", { ...delivery, ...carrier, afterMillis: Schema.Number }),
  Schema.TaggedStruct("RiskTaken", { ...delivery, ...carrier, why: Schema.String }),
  Schema.TaggedStruct("Held", { ...delivery, ...carrier, kept: Schema.Boolean, why: Schema.String }),
  Schema.TaggedStruct("Settled", {
    ...delivery,
    ...carrier,
    arrived: Schema.Boolean,
    by: Schema.Literal("event", "look", "operator"),
    who: optional(Schema.String)
  }),
  Schema.TaggedStruct("Abandoned", { ...delivery }),
  Schema.TaggedStruct("Concluded", {
    ...delivery,
    outcome: Schema.Literal("accepted", "not-sent", "partial", "held"),
    attempts: Schema.Number
  }),
  Schema.TaggedStruct("LateArrival", { ...delivery, ...carrier, generation: Schema.Number }),
  Schema.TaggedStruct("NamedTwice", {
    ...delivery,
    ...carrier,
    generation: Schema.Number,
    step: Schema.Number,
    ref: MessageRef,
    other: MessageRef
  }),
  Schema.TaggedStruct("Bound", { ...delivery, ...carrier, from: optional(CarrierId) }),
  Schema.TaggedStruct("BreakerOpened", { at: EpochMillis, ...carrier, until: EpochMillis, why: Schema.String }),
  Schema.TaggedStruct("BreakerProbed", { at: EpochMillis, ...carrier }),
  Schema.TaggedStruct("BreakerClosed", { at: EpochMillis, ...carrier }),
  Schema.TaggedStruct("Limited", { at: EpochMillis, ...carrier, until: EpochMillis, why: Schema.String }),
  Schema.TaggedStruct("Suppressed", { at: EpochMillis, carrierId: optional(CarrierId), source: Source }),
  Schema.TaggedStruct("Restored", { at: EpochMillis, carrierId: optional(CarrierId), source: Schema.Literal("explicit", "event") }),
  Schema.TaggedStruct("NotRestored", {
    at: EpochMillis,
    carrierId: CarrierId,
    why: Schema.Literal("explicit", "line", "time", "newer", "vendor")
  }),
  Schema.TaggedStruct("FailedLater", { ...delivery, ref: MessageRef, vendorCode: optional(Schema.String) }),
  Schema.TaggedStruct("Corrected", { ...delivery, ref: MessageRef, status: DeliveryStatus })
)

/** @category models */
export type RouterEvent = typeof RouterEvent.Type
