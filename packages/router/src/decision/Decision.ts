/**
 * The state machine of one delivery: what may be done next, given what is certain. Pure, so that production, tests under a
 * virtual clock and the simulator run the same one.
 *
 * Two rules carry the product's promise. Only a refusal that is certain, or an absence that the policy calls proof, lets
 * another carrier try. And a carrier is asked to take a delivery once: again only after a certain "later", or under the same key.
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
 * What is done with a send that may have gone out, when reconciliation did not settle it. `hold` keeps it for an operator or
 * a later fact. `fail` answers the same and does not keep it. `send-anyway` tries the next carrier: the person may then get
 * it twice.
 *
 * @category models
 */
export const OnUnknown = Schema.Literal("hold", "fail", "send-anyway")

/** @category models */
export type OnUnknown = typeof OnUnknown.Type

/**
 * A carrier that may take the delivery, from the line's number there. Times are in milliseconds.
 *
 * `reconcile` is how it finds a lost answer; a replay is allowed for `replayFor` after the step left. `absenceProof`: how long
 * after a step left its absence from a complete look counts as proof; never, if it is not there. `barred`: known while
 * routing that it must not be asked, and why.
 *
 * @category models
 */
export const Candidate = Schema.Struct({
  carrierId: CarrierId,
  line: LineName,
  reconcile: Schema.Literal("replay", "list", "none"),
  replayFor: Schema.Number,
  absenceProof: optional(Schema.Number),
  barred: optional(Schema.Struct({ why: Schema.String, error: optional(MessagingError) }))
})

/** @category models */
export interface Candidate extends Schema.Schema.Type<typeof Candidate> {}

/**
 * The policy as far as it concerns one delivery. `deadline` is in epoch milliseconds, the rest in milliseconds.
 *
 * `attempt` bounds one try at one carrier. `retryTimes`, `retryBase` and `maxRetryAfter`: how often a certain "later" is
 * followed at the same carrier, after how long, and up to which `Retry-After`. `maxWait`: how long a full line is waited for.
 * `lookEvery` is the first pause before looking for a lost answer, doubled up to eight times itself; `lookFor` ends the looks.
 * `movesWhenIncapable`: whether another carrier is tried when the first in the route cannot carry the draft. `jitter` scales
 * retry pauses.
 *
 * @category models
 */
export const Settings = Schema.Struct({
  onUnknown: OnUnknown,
  deadline: Schema.Number,
  attempt: Schema.Number,
  retryTimes: Schema.Number,
  retryBase: Schema.Number,
  maxRetryAfter: Schema.Number,
  maxWait: Schema.Number,
  lookEvery: Schema.Number,
  lookFor: Schema.Number,
  movesWhenIncapable: Schema.Boolean,
  jitter: Schema.Number
})

/** @category models */
export interface Settings extends Schema.Schema.Type<typeof Settings> {}

/**
 * One carrier of the route and what came of it. `generation` is 0 where it was not asked. `moved`: it was left behind without
 * a certain refusal (its absence was taken for proof, or the policy sends anyway), so what shows up of it is a late arrival.
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
 * A step that may have been taken: the evidence, when the doubt began, how often it was looked for, and when the latest look
 * began. Times are in epoch milliseconds.
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
 * An attempt that is over, and was not accepted: `refused` for certain, taken for `absent` by the policy or an operator, or left
 * at the `risk` that it arrived. `position`, `steps` and `losses` are the state's at that time. `receipt`: it has arrived after all.
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
 * Where a delivery stands. `Resting` ends with `Woke`, `Admitting` with `Admitted` or `Barred`, `Sending` with `Sent`,
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
 * What came of the delivery. `kept`: it is held, so a later fact or an operator may still change it.
 *
 * @category models
 */
export const Result = Schema.Struct({ outcome: Outcome, carrierId: CarrierId, line: LineName, kept: Schema.Boolean })

/** @category models */
export interface Result extends Schema.Schema.Type<typeof Result> {}

/**
 * Everything that the next decision depends on.
 *
 * `position` is the index of the carrier in hand in `route`, `generation` the attempt's (0 before the first), `step` the step of the
 * plan to carry out next and `steps` the draft's parts by step (empty before the plan is known). `taken` are the receipts so
 * far. `triedAt` is when the carrier in hand came up, then when its attempt began (epoch milliseconds). `proofs` are events about
 * steps of this attempt that came before their answers. `behind` are the attempts that are over. `others` are second names of
 * steps; each was published as an incident once.
 *
 * @category models
 */
export const State = Schema.Struct({
  deliveryId: DeliveryId,
  settings: Settings,
  route: Schema.NonEmptyArray(Candidate),
  position: Schema.Number,
  generation: Schema.Number,
  repetitions: Schema.Number,
  triedAt: Schema.Number,
  step: Schema.Number,
  steps: Schema.Array(Schema.Array(Schema.NonNegativeInt)),
  taken: Schema.Array(Receipt),
  losses: Schema.Array(Loss),
  doubt: optional(Doubt),
  proofs: Schema.Array(Schema.Struct({ step: Schema.Number, receipt: Receipt })),
  attempts: Schema.Array(AttemptRecord),
  behind: Schema.Array(Behind),
  others: optional(Schema.Array(MessageRef)),
  abandoned: Schema.Boolean,
  phase: Phase,
  result: optional(Result)
})

/** @category models */
export interface State extends Schema.Schema.Type<typeof State> {}

/**
 * What happened. `at` is in epoch milliseconds.
 *
 * `Admitted.probe`: the carrier is asked to find out whether it is back. `Barred`: the breaker, a limit or the contact rules do not let the carrier in hand be asked now; `until` says when they will.
 * `Sent.steps` are the draft's parts by step of the plan, if one was made. `Observed`: an event or an operator proves that a step arrived.
 * `Denied`: an operator says that it did not, or the carrier's own refusal does (`error`). `who`: the operator's name. `Abandoned`: nobody waits for the answer any more. `Rejoined`: somebody
 * does again, under the same key.
 *
 * @category models
 */
export type Event =
  | { readonly _tag: "Started"; readonly at: number }
  | { readonly _tag: "Admitted"; readonly at: number; readonly probe?: boolean }
  | {
    readonly _tag: "Barred"
    readonly at: number
    readonly by: "breaker" | "limit" | "contact"
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
 * What is to be done. At most one of `Admit`, `Send`, `Look`, `Rest` and `Conclude` comes at a time, last; its answer is the next
 * event. If another event comes first, the action is ended and its answer is dropped. The other commands come before it.
 *
 * `Send` carries out the plan's steps from `step` on with `taken` as done; step 0 of generation `generation` makes the plan.
 * `Report` is what the try that began at `startedAt` says about the carrier's health. `Bind`: the conversation is now at this carrier.
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
  | { readonly _tag: "Rest"; readonly until: number }
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
  /** What is known after the event. */
  readonly state: State
  /** What is to be done, in order. */
  readonly commands: ReadonlyArray<Command>
}

/**
 * Gives the next step for an event in a state. It is a pure function.
 *
 * @category models
 */
export type Decide = (state: State, event: Event) => Step

/**
 * What an operator found out about a held delivery. `Arrived` names the vendor's message, as the vendor's own console shows it;
 * `NotSent`: it did not arrive. Nothing more is done with the delivery; send the message again as a new one.
 *
 * @category models
 */
export type Verdict = { readonly _tag: "Arrived"; readonly ref: MessageRef } | { readonly _tag: "NotSent" }
