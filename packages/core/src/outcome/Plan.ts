/**
 * What a carrier would be asked to do for a draft: requests in order and what is lost on the way, or why it cannot be sent
 * there. Pure: the same input gives the same plan, and nothing leaves.
 */
import * as Schema from "effect/Schema"
import type { Draft, Fidelity } from "../content/Draft.ts"
import * as Loss from "../content/Loss.ts"
import { CarrierId } from "../names/CarrierId.ts"
import type { ChatRef, Conversation } from "../names/Conversation.ts"
import type { Phone } from "../names/Handle.ts"
import type { MessageRef } from "../names/MessageRef.ts"
import * as Problem from "../names/Problem.ts"
import { MessagingError } from "./MessagingError.ts"

/**
 * What is known of a conversation at a carrier. `Unknown`: there may be a chat that we have not looked up.
 *
 * @category models
 */
export type Knowledge =
  | { readonly _tag: "Known"; readonly chat: ChatRef }
  | { readonly _tag: "New" }
  | { readonly _tag: "Unknown" }

/**
 * The chat is known, with its id at the carrier.
 *
 * @category constructors
 */
export const known = (chat: ChatRef): Knowledge => ({ _tag: "Known", chat })

/**
 * The chat is certainly new at the carrier.
 *
 * @category constructors
 */
export const isNew: Knowledge = { _tag: "New" }

/**
 * It is not known whether the carrier has the chat.
 *
 * @category constructors
 */
export const unknown: Knowledge = { _tag: "Unknown" }

/**
 * Everything a plan depends on. `from` is the line's number at this carrier; `replyTo` is a vendor's message and part,
 * resolved from the draft's target. A reply target of another carrier is given as it is, and the plan reports the loss.
 *
 * @category models
 */
export interface PlanInput {
  readonly draft: Draft
  readonly conversation: Conversation
  readonly knowledge: Knowledge
  readonly from: Phone
  readonly fidelity: Fidelity
  readonly replyTo?: { readonly ref: MessageRef; readonly part: number }
}

/**
 * One request of a plan, in the vendor's words. `parts` are the indexes of the draft's parts that it carries. `keyed`: the
 * vendor honours an idempotency key on it, which is added when it is performed.
 *
 * @category models
 */
export const Step = Schema.Struct({
  operation: Schema.String,
  method: Schema.Literal("POST"),
  path: Schema.String,
  body: Schema.Record({ key: Schema.String, value: Schema.Unknown }),
  parts: Schema.Array(Schema.Number),
  keyed: Schema.Boolean
})

/** @category models */
export interface Step extends Schema.Schema.Type<typeof Step> {}

/**
 * A plan that can be carried out: its requests in order, and what is lost on the way.
 *
 * @category models
 */
export const Sendable = Schema.TaggedStruct("Sendable", {
  carrierId: CarrierId,
  steps: Schema.NonEmptyArray(Step),
  losses: Schema.Array(Loss.Loss)
})

/** @category models */
export interface Sendable extends Schema.Schema.Type<typeof Sendable> {}

/**
 * Why a carrier cannot be asked for a draft.
 *
 * @category models
 */
export const Refused = Schema.TaggedStruct("Refused", { carrierId: CarrierId, problems: Schema.NonEmptyArray(Problem.Problem) })

/** @category models */
export interface Refused extends Schema.Schema.Type<typeof Refused> {}

/**
 * What one carrier would be asked for, or why it cannot be.
 *
 * @category models
 */
export const Plan = Schema.Union(Sendable, Refused)

/** @category models */
export type Plan = typeof Plan.Type

/**
 * A plan that could be carried out, and that a send would not carry out now, although no carrier was asked: somebody opted out, or the line
 * may not be used at the moment. `error` is what a send gives for this carrier.
 *
 * @category models
 */
export const Barred = Schema.TaggedStruct("Barred", {
  carrierId: CarrierId,
  error: MessagingError,
  steps: Sendable.fields.steps,
  losses: Sendable.fields.losses
})

/** @category models */
export interface Barred extends Schema.Schema.Type<typeof Barred> {}

/**
 * What a send would do at one carrier now, as far as it is known without asking the carrier.
 *
 * @category models
 */
export const Forecast = Schema.Union(Sendable, Refused, Barred)

/** @category models */
export type Forecast = typeof Forecast.Type

/**
 * The plan, or the error of a send that would not carry it out now.
 *
 * @category constructors
 */
export const bar = (plan: Plan, error: MessagingError | undefined): Forecast => {
  if (plan._tag === "Refused" || error === undefined) return plan
  const [first, ...others] = error.problems ?? []
  return error.reason === "InvalidInput" && first !== undefined
    ? { _tag: "Refused", carrierId: plan.carrierId, problems: [first, ...others] }
    : { ...plan, _tag: "Barred", error }
}

/**
 * Builds a plan: any problem refuses it; under `exact` so does any certain loss.
 *
 * @category constructors
 */
export const make = (
  carrierId: CarrierId,
  fidelity: Fidelity,
  problems: ReadonlyArray<Problem.Problem>,
  losses: ReadonlyArray<Loss.Loss>,
  steps: () => readonly [Step, ...ReadonlyArray<Step>]
): Plan => {
  const [first, ...rest] = problems
  if (first !== undefined) return { _tag: "Refused", carrierId, problems: [first, ...rest] }
  if (fidelity === "exact") {
    const [loss, ...others] = losses.filter(Loss.isCertain).map(fidelityProblem)
    if (loss !== undefined) return { _tag: "Refused", carrierId, problems: [loss, ...others] }
  }
  return { _tag: "Sendable", carrierId, steps: steps(), losses }
}

const fidelityProblem = (loss: Loss.Loss): Problem.Problem =>
  Problem.make(
    "fidelity",
    [
      ...(loss.part === undefined ? [] : ["parts", loss.part]),
      ...(loss.kind === "unknown-field" && loss.from !== undefined ? [loss.from] : [])
    ],
    `${Loss.sentences[loss.kind]} (${loss.reason}); send with fidelity "adapt" to accept it`
  )
