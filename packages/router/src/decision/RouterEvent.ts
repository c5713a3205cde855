/**
 * Defines the events that the router publishes: what it decided and why. No event holds a phone number, a text or a secret. An event
 * names a delivery by its id.
 */
import { What } from "@interline/core/AccountNotice"
import { CarrierId } from "@interline/core/CarrierId"
import { DeliveryId } from "@interline/core/DeliveryId"
import { DeliveryStatus } from "@interline/core/DeliveryStatus"
import { LineName } from "@interline/core/Line"
import { MessageRef } from "@interline/core/MessageRef"
import { Blame, ReasonTag } from "@interline/core/MessagingError"
import { optional } from "@interline/core/Optional"
import { Source } from "@interline/core/Suppression"
import { EpochMillis } from "@interline/core/Time"
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

// `at` is in epoch milliseconds
const delivery = { deliveryId: DeliveryId, at: EpochMillis }
const carrier = { carrierId: CarrierId, line: LineName }

/**
 * One decision of the router. The names are in the past tense.
 *
 * - `Started`: the delivery began. `route` has the carriers in order.
 * - `Skipped`: a carrier was not asked.
 * - `Tried`: a try at a carrier ended, with or without an answer. `blame` is set only if it differs from the usual blame of the reason.
 * - `Retrying`: the same carrier is asked again at `until`.
 * - `FailedOver`: the next carrier is asked. `reason`: of the error at the carrier before.
 * - `Reconciled`: the result of a look for a lost answer.
 * - `AbsenceTaken`: the message was still absent after the policy's waiting time, so it counts as not sent.
 * - `RiskTaken`: the policy sends to the next carrier although the first message may have arrived.
 * - `Held`: the result is unknown. `kept`: the delivery waits for a fact or an operator.
 * - `Settled`: a held delivery got a result. `who` is the name of the operator, if an operator gave one.
 * - `Abandoned`: the caller went away.
 * - `Concluded`: the delivery has its answer. `reason`: of the error, if it was not accepted. Earlier versions of this package wrote no `reason`.
 * - `LateArrival`, an incident: a message arrived although it had been taken as not sent.
 * - `NamedTwice`, an incident: a second receipt for one step names another message, so the person probably has two messages.
 * - `Bound`: a conversation got its carrier, or moved to another one.
 * - `BreakerOpened`, `BreakerProbed`, `BreakerClosed`: the breaker of a line changed, or a send tests the line.
 * - `Limited`: a line rests until `until`, because its carrier asked for it, or the rest is over.
 * - `Suppressed`, `Restored`: a person opted out, or opted in again.
 * - `NotRestored`: a person's opt-in did not count. `why`: `explicit`, the application itself set the opt-out. `line`, the opt-in came
 *   on a number that is no line of ours. `time`, the opt-in has no credible time. `newer`, the opt-out is newer. `vendor`, the
 *   carrier's list and the person's word differ. Either the carrier writes to the person again and we do not. Or the person used a
 *   word for the opt-in that the carrier does not accept.
 * - `RolloutChanged`: a rollout from one carrier to another was changed by `actor`: an operator, or `guardrail` if a guardrail was crossed.
 *   `share` is the part of all conversations that is in now, and `why` the reason. `version` counts the changes of the rollout from 1. A change
 *   may be published again if its process died. Events of earlier versions of this package have no `version`.
 * - `Noticed`: a check of the lines found what an operator must know. The carrier did not report it. `what`: see `AccountNotice`. A notice may be
 *   published again if its process died.
 * - `FailedLater`: a message was accepted and failed later. The router does not fail over then.
 * - `Corrected`: a message was reported as failed, and later as delivered.
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
  Schema.TaggedStruct("FailedOver", {
    ...delivery,
    from: CarrierId,
    to: CarrierId,
    line: LineName,
    why: Schema.String,
    reason: optional(ReasonTag)
  }),
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
    attempts: Schema.Number,
    reason: optional(ReasonTag)
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
  Schema.TaggedStruct("RolloutChanged", {
    at: EpochMillis,
    from: CarrierId,
    to: CarrierId,
    action: Schema.Literal("start", "advance", "pause", "resume", "back"),
    phase: Schema.Literal("running", "paused", "back"),
    step: Schema.Number,
    share: Schema.Number,
    actor: Schema.String,
    why: Schema.String,
    version: optional(Schema.Int)
  }),
  Schema.TaggedStruct("Noticed", {
    at: EpochMillis,
    carrierId: CarrierId,
    what: What,
    line: optional(LineName),
    subject: optional(Schema.String),
    dueAt: optional(EpochMillis)
  }),
  Schema.TaggedStruct("FailedLater", { ...delivery, ref: MessageRef, vendorCode: optional(Schema.String) }),
  Schema.TaggedStruct("Corrected", { ...delivery, ref: MessageRef, status: DeliveryStatus })
)

/** @category models */
export type RouterEvent = typeof RouterEvent.Type

/**
 * How to confirm an event that is published again until somebody confirms it.
 *
 * @category models
 */
export interface Confirmation {
  /** Names the event. It is the same each time the event comes, in every process. It may hold a number of ours, so it is not for logs. */
  readonly key: string
  /** Call this when the event is written down where it is not lost. */
  readonly confirm: Effect.Effect<void>
}
