/**
 * Defines the state machine of one delivery: its states, events and commands. The machine decides what to do next from what is
 * certain. It is pure, so production, tests with a virtual clock and the simulator run the same machine.
 *
 * Two rules keep the product's promise. First: another carrier may try only after a certain refusal, or after an absence that the
 * policy accepts as proof. The exception is a policy that says `send-anyway`. Second: a carrier is asked only once to take a
 * delivery. It is asked again only after a certain "later", or under the same key.
 */
import { CarrierId } from "@interline/core/CarrierId"
import { Attempt } from "@interline/core/Delivery"
import { DeliveryId } from "@interline/core/DeliveryId"
import { LineName } from "@interline/core/Line"
import { Loss } from "@interline/core/Loss"
import { MessageRef } from "@interline/core/MessageRef"
import { MessagingError } from "@interline/core/MessagingError"
import type { Finding } from "@interline/core/OperationSignatures"
import { optional } from "@interline/core/Optional"
import { Evidence, Outcome, Receipt } from "@interline/core/Outcome"
import * as Schema from "effect/Schema"
import type { RouterEvent } from "./RouterEvent.ts"

/**
 * What the router does with a send that may have gone out, if reconciliation did not settle it. `hold` answers that the result is
 * unknown, and keeps the delivery for an operator or a later fact. `fail` gives the same answer and does not keep it. `send-anyway`
 * tries the next carrier. Then the person may get the message twice.
 *
 * @category models
 */
export const OnUnknown = Schema.Literal("hold", "fail", "send-anyway")

/** @category models */
export type OnUnknown = typeof OnUnknown.Type

/**
 * A carrier that may take the delivery. It sends from the line's number at this carrier. Times are in milliseconds.
 *
 * @category models
 */
export const Candidate = Schema.Struct({
  carrierId: CarrierId,
  line: LineName,
  /** How the router finds a lost answer at this carrier. */
  reconcile: Schema.Literal("replay", "list", "none"),
  /** How long after a step left it may be repeated, in milliseconds. */
  replayFor: Schema.Number,
  /**
   * How long after a step left its absence from a complete look counts as proof, in milliseconds. Without it an absence never
   * counts as proof.
   */
  absenceProof: optional(Schema.Number),
  /** Why the carrier must not be asked. The router knew this already when it made the route. */
  barred: optional(Schema.Struct({ why: Schema.String, error: optional(MessagingError) }))
})

/** @category models */
export interface Candidate extends Schema.Schema.Type<typeof Candidate> {}

/**
 * The settings of the policy that one delivery needs. `deadline` is in epoch milliseconds. The other times are in milliseconds.
 *
 * @category models
 */
export const Settings = Schema.Struct({
  onUnknown: OnUnknown,
  deadline: Schema.Number,
  /** The longest time of one try at one carrier. */
  attempt: Schema.Number,
  /** How many times a carrier is tried again after it certainly refused with "later". */
  retryTimes: Schema.Number,
  /** The first pause before such a retry. It doubles each time. */
  retryBase: Schema.Number,
  /** The longest pause before such a retry. If the carrier's `Retry-After` is longer, there is no retry. */
  maxRetryAfter: Schema.Number,
  /** How long a delivery waits for a full line. */
  maxWait: Schema.Number,
  /** The first pause before a look for a lost answer. The pauses double, up to eight times this value. */
  lookEvery: Schema.Number,
  /** How long after the doubt began the router looks for a lost answer. */
  lookFor: Schema.Number,
  /** Whether another carrier is tried if the first in the route cannot carry the draft. */
  movesWhenIncapable: Schema.Boolean,
  /**
   * Whether the second carrier of the route is asked if the first one certainly refuses because of our account. The first one was chosen by
   * a rollout then, and without the rollout the second one would be asked. Default: false.
   */
  movesOnAccountFault: optional(Schema.Boolean),
  /** A factor for retry pauses. */
  jitter: Schema.Number
})

/** @category models */
export interface Settings extends Schema.Schema.Type<typeof Settings> {}

/**
 * One carrier of the route and its result. `generation` is 0 if the carrier was not asked. `moved`: the router left the carrier
 * without a certain refusal, because the message's absence counted as proof or the policy sends anyway. If the message of this
 * attempt arrives later, it is a late arrival.
 *
 * @category models
 */
export const AttemptRecord = Schema.Struct({
  ...Attempt.fields,
  generation: Schema.Number,
  moved: Schema.Boolean
})

/** @category models */
export interface AttemptRecord extends Schema.Schema.Type<typeof AttemptRecord> {}

/**
 * A step that a carrier may have taken. `since` is when the doubt began. `looks` is how many looks were made. `lookedAt` is when
 * the latest look began. Times are in epoch milliseconds.
 *
 * @category models
 */
export const Doubt = Schema.Struct({
  evidence: Evidence,
  since: Schema.Number,
  looks: Schema.Number,
  lookedAt: optional(Schema.Number)
})

/** @category models */
export interface Doubt extends Schema.Schema.Type<typeof Doubt> {}

/**
 * An attempt that is over and was not accepted. `why` is `refused` after a certain refusal. It is `absent` if the policy or an
 * operator took the message as not sent. It is `risk` if the message may have arrived. `position`, `steps` and `losses` are copies
 * of the state at that time. `receipt`: the message has arrived after all.
 *
 * @category models
 */
export const Behind = Schema.Struct({
  position: Schema.Number,
  generation: Schema.Number,
  why: Schema.Literal("refused", "absent", "risk"),
  steps: Schema.Array(Schema.Array(Schema.NonNegativeInt)),
  losses: Schema.Array(Loss),
  doubt: optional(Doubt),
  receipt: optional(Receipt)
})

/** @category models */
export interface Behind extends Schema.Schema.Type<typeof Behind> {}

/**
 * The phase of a delivery. `Resting` ends with `Woke`, `Admitting` with `Admitted` or `Barred`, `Sending` with `Sent`,
 * `Looking` with `Looked`. `Held` waits for a fact or an operator. `Done` is final.
 *
 * @category models
 */
export const Phase = Schema.Union(
  Schema.TaggedStruct("Idle", {}),
  Schema.TaggedStruct("Admitting", {}),
  Schema.TaggedStruct("Resting", { until: Schema.Number, next: Schema.Literal("admit", "send", "look") }),
  Schema.TaggedStruct("Sending", {}),
  Schema.TaggedStruct("Looking", {}),
  Schema.TaggedStruct("Held", {}),
  Schema.TaggedStruct("Done", {})
)

/** @category models */
export type Phase = typeof Phase.Type

/**
 * The result of the delivery. `kept`: the delivery is held, so a later fact or an operator may still change the result.
 *
 * @category models
 */
export const Result = Schema.Struct({ outcome: Outcome, carrierId: CarrierId, line: LineName, kept: Schema.Boolean })

/** @category models */
export interface Result extends Schema.Schema.Type<typeof Result> {}

/**
 * The state of a delivery. The next decision depends only on this state and the event.
 *
 * @category models
 */
export const State = Schema.Struct({
  deliveryId: DeliveryId,
  settings: Settings,
  route: Schema.NonEmptyArray(Candidate),
  /** The index of the current carrier in `route`. */
  position: Schema.Number,
  /** The number of the current attempt. It is 0 before the first attempt. */
  generation: Schema.Number,
  /** How many times the current carrier was tried again after a certain "later". */
  repetitions: Schema.Number,
  /** When the current carrier came up in the route, then when its attempt began, in epoch milliseconds. */
  triedAt: Schema.Number,
  /** The step of the plan that comes next. */
  step: Schema.Number,
  /** The draft's parts by step. Empty before the plan is known. */
  steps: Schema.Array(Schema.Array(Schema.NonNegativeInt)),
  /** The receipts of the steps that the current carrier took. */
  taken: Schema.Array(Receipt),
  losses: Schema.Array(Loss),
  doubt: optional(Doubt),
  /** Events about steps of this attempt that came before the answers to these steps. */
  proofs: Schema.Array(Schema.Struct({ step: Schema.Number, receipt: Receipt })),
  attempts: Schema.Array(AttemptRecord),
  /** The attempts that are over. */
  behind: Schema.Array(Behind),
  /** Second message refs for one step. Each was published as an incident once. */
  others: optional(Schema.Array(MessageRef)),
  abandoned: Schema.Boolean,
  phase: Phase,
  result: optional(Result)
})

/** @category models */
export interface State extends Schema.Schema.Type<typeof State> {}

/**
 * An event for the state machine. `at` is in epoch milliseconds.
 *
 * - `Admitted`: the current carrier may be asked. `probe`: the send tests whether the carrier works again.
 * - `Barred`: the breaker, a limit or the contact rules forbid to ask the current carrier now. `until`: when they allow it again.
 *   `place`: it is not known yet whether there is a place, because another process counts the places of the line and was asked just now.
 *   Then the delivery waits for the answer, until `until` or its deadline, and no other carrier is asked meanwhile.
 * - `Sent`: the try ended. `steps` are the draft's parts by step of the plan. It is empty if no plan was made.
 * - `Observed`: an event, a look or an operator proves that a step arrived. `who` is the operator's name.
 * - `Denied`: the step did not arrive. Either an operator says this (`who`), or the carrier's own refusal shows it (`error`).
 * - `Abandoned`: no caller waits for the answer any more.
 * - `Rejoined`: a caller waits again, under the same key.
 *
 * @category models
 */
export type Event =
  | { readonly _tag: "Started"; readonly at: number }
  | { readonly _tag: "Admitted"; readonly at: number; readonly probe?: boolean }
  | {
    readonly _tag: "Barred"
    readonly at: number
    readonly by: "breaker" | "limit" | "contact" | "place"
    readonly why: string
    readonly until?: number
  }
  | { readonly _tag: "Sent"; readonly at: number; readonly outcome: Outcome; readonly steps: State["steps"] }
  | { readonly _tag: "Woke"; readonly at: number }
  | { readonly _tag: "Looked"; readonly at: number; readonly finding: Finding }
  | {
    readonly _tag: "Observed"
    readonly at: number
    readonly generation: number
    readonly step: number
    readonly receipt: Receipt
    readonly by: "event" | "look" | "operator"
    readonly who?: string
  }
  | { readonly _tag: "Denied"; readonly at: number; readonly error?: MessagingError; readonly who?: string }
  | { readonly _tag: "Abandoned"; readonly at: number }
  | { readonly _tag: "Rejoined"; readonly at: number }

/**
 * A command of the state machine. `Admit`, `Send`, `Look`, `Rest` and `Conclude` are actions. A step has at most one action, and it
 * comes last. The answer to the action is the next event. If another event leads to a new action before that, the running action is
 * ended and its answer is dropped.
 *
 * - `Send` carries out the plan's steps from `step` on. The steps of `taken` are done. Step 0 makes the plan.
 * - `Report` says what the try that began at `startedAt` shows about the carrier's health.
 * - `Rest` waits until `until`. With `place` it also ends when the answer about a place at this carrier has come.
 * - `Bind`: the conversation is now at this carrier.
 * - `Note` publishes an event.
 *
 * @category models
 */
export type Command =
  | { readonly _tag: "Admit"; readonly candidate: Candidate }
  | {
    readonly _tag: "Send"
    readonly candidate: Candidate
    readonly generation: number
    readonly step: number
    readonly taken: ReadonlyArray<Receipt>
    readonly until: number
  }
  | { readonly _tag: "Look"; readonly candidate: Candidate; readonly generation: number; readonly doubt: Doubt; readonly until: number }
  | { readonly _tag: "Rest"; readonly until: number; readonly place?: Candidate }
  | { readonly _tag: "Conclude"; readonly result: Result }
  | {
    readonly _tag: "Report"
    readonly candidate: Candidate
    readonly verdict: "ok" | "failed" | "limited" | "none"
    readonly startedAt: number
    readonly until?: number
    readonly why: string
  }
  | { readonly _tag: "Bind"; readonly candidate: Candidate }
  | { readonly _tag: "Note"; readonly event: RouterEvent }

/**
 * The next state of a delivery, and what to do now.
 *
 * @category models
 */
export interface Step {
  /** The state after the event. */
  readonly state: State
  /** The commands, in the order in which they are carried out. */
  readonly commands: ReadonlyArray<Command>
}

/**
 * Gives the next step for an event in a state. It is a pure function.
 *
 * @category models
 */
export type Decide = (state: State, event: Event) => Step

/**
 * What an operator found out about a held delivery. `Arrived`: the message arrived. `ref` is the vendor's id of the
 * message, as the vendor's own console shows it. `NotSent`: the message did not arrive. The router does nothing more with the
 * delivery. To send the message again, make a new send.
 *
 * @category models
 */
export type Verdict = { readonly _tag: "Arrived"; readonly ref: MessageRef } | { readonly _tag: "NotSent" }
