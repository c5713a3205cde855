/**
 * Defines what can be learned of a delivery from outside: by a carrier's event, by a look, or from an operator. It is data, so that one process can
 * tell another.
 */
import { CarrierId } from "@interline/core/CarrierId"
import { MessageRef } from "@interline/core/MessageRef"
import { MessagingError } from "@interline/core/MessagingError"
import type * as OperationSignatures from "@interline/core/OperationSignatures"
import { optional } from "@interline/core/Optional"
import { Receipt } from "@interline/core/Outcome"
import * as Schema from "effect/Schema"
import type { Event, State } from "./Decision.ts"

/**
 * A fact about a delivery.
 *
 * - `Reported`: a carrier reports the message of a step. It counts only if that attempt was made at this carrier.
 * - `Proven`: a step of an attempt was taken.
 * - `Refused`: the carrier refused the attempt for certain, and a process learned it late.
 * - `Arrived`, `NotSent`: what an operator found out about a held delivery. `who`: the operator's name.
 *
 * @category models
 */
export const Fact = Schema.Union(
  Schema.TaggedStruct("Reported", {
    carrierId: CarrierId,
    generation: Schema.Number,
    step: Schema.Number,
    receipt: Schema.Struct({ ref: MessageRef, status: Receipt.fields.status, service: Receipt.fields.service })
  }),
  Schema.TaggedStruct("Proven", {
    generation: Schema.Number,
    step: Schema.Number,
    receipt: Receipt,
    by: Schema.Literal("event", "look")
  }),
  Schema.TaggedStruct("Refused", { generation: Schema.Number, error: MessagingError }),
  Schema.TaggedStruct("Arrived", { ref: MessageRef, who: optional(Schema.String) }),
  Schema.TaggedStruct("NotSent", { who: optional(Schema.String) })
)

/** @category models */
export type Fact = typeof Fact.Type

/**
 * What is known of the delivery that a fact is about.
 *
 * @category models
 */
export interface Known {
  readonly state: State
  /** The attempt in hand: its plan, and how many of its steps are done. */
  readonly progress?: OperationSignatures.Progress | undefined
}

const carrierOf = ({ attempts, position, route }: State, generation: number): CarrierId | undefined =>
  attempts.find((attempt) => attempt.generation === generation)?.carrierId ?? route[position]?.carrierId

/**
 * The event for the state machine. Undefined if the fact changes nothing. `at` is in epoch milliseconds.
 *
 * @category getters
 */
export const toEvent = (fact: Fact, { progress, state }: Known, at: number): Event | undefined => {
  const { doubt, generation, phase, position, route } = state
  switch (fact._tag) {
    case "Reported": {
      const carrierId = carrierOf(state, fact.generation)
      // a key of one carrier's attempt says nothing in another carrier's mouth
      if (carrierId !== fact.carrierId) return undefined
      const parts = progress?.plan.carrierId === carrierId ? progress.plan.steps[fact.step]?.parts ?? [] : []
      return { _tag: "Observed", at, generation: fact.generation, step: fact.step, receipt: { ...fact.receipt, parts }, by: "event" }
    }
    case "Proven":
      return { ...fact, _tag: "Observed", at }
    case "Refused":
      return phase._tag === "Held" && fact.generation === generation ? { _tag: "Denied", at, error: fact.error } : undefined
    case "Arrived": {
      if (phase._tag !== "Held" || doubt === undefined || fact.ref.carrierId !== route[position]?.carrierId) return undefined
      const { parts, step } = doubt.evidence
      const actor = fact.who === undefined ? {} : { who: fact.who }
      return { _tag: "Observed", at, generation, step, receipt: { ref: fact.ref, parts, status: "sent" }, by: "operator", ...actor }
    }
    case "NotSent":
      return phase._tag === "Held" && doubt !== undefined
        ? { _tag: "Denied", at, ...(fact.who === undefined ? {} : { who: fact.who }) }
        : undefined
  }
}
