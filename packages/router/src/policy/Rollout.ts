/**
 * Decides where a conversation is during a rollout, and how the state of a rollout changes. It is pure. A conversation's position
 * (`Route.positionOf`) never changes, so the conversations that are in at a share are also in at every larger share.
 */
import type { CarrierId } from "@interline/core/CarrierId"
import { EpochMillis } from "@interline/core/Time"
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import type { CompleteRollout } from "./completePolicy.ts"

/**
 * A rollout with every default filled in. Times are in milliseconds.
 *
 * @category models
 */
export type Complete = CompleteRollout

/**
 * What the state of a rollout is. `running`: conversations move to the new carrier. `paused`: no conversation moves, and new
 * conversations begin at the old carrier. `back`: the rollout went back to its beginning.
 *
 * @category models
 */
export const Phase = Schema.Literal("running", "paused", "back")

/** @category models */
export type Phase = typeof Phase.Type

/**
 * The state of a rollout that was started. The values of the step are copied from the policy, so that all processes decide alike, also
 * while their policies differ.
 *
 * - `step`: the number of the step, counted from 1. It is 0 in the phase `back`.
 * - `share`: the part of all conversations that is in.
 * - `existing`: the part of the conversations at the old carrier that is in.
 * - `reached`: the largest `existing` since the rollout was first started. Those of them that are not in any more move back.
 * - `since`: when the step began, or when the rollout was resumed.
 *
 * @category models
 */
export const State = Schema.Struct({
  phase: Phase,
  step: Schema.NonNegativeInt,
  share: Schema.Number,
  existing: Schema.Number,
  reached: Schema.Number,
  since: EpochMillis
})

/** @category models */
export interface State extends Schema.Schema.Type<typeof State> {}

/**
 * What an operator or a guardrail does to a rollout.
 *
 * @category models
 */
export const Action = Schema.Literal("start", "advance", "pause", "resume", "back")

/** @category models */
export type Action = typeof Action.Type

/**
 * An action with its options. `step`: the step to which a rollout goes back. Default: the step before. 0 is the beginning. `anyway`: the
 * waiting time of the step does not count.
 *
 * @category models
 */
export interface Request {
  /** What to do. */
  readonly action: Action
  /** The step to which to go back. */
  readonly step?: number
  /** Goes on although the step has not lasted long enough. */
  readonly anyway?: boolean
}

/**
 * Where a conversation is: at the old carrier, at the new carrier, at neither of them, or at no carrier.
 *
 * @category models
 */
export type Home = "from" | "to" | "elsewhere" | "none"

/**
 * A conversation, for the decision. `position`: `Route.positionOf`, at least 0 and below 1. A rollout does not move an existing group,
 * because a group at another carrier is another group.
 *
 * @category models
 */
export interface Subject {
  /** `Route.positionOf` of the conversation. */
  readonly position: number
  /** Where the conversation is. */
  readonly home: Home
  /** Whether it is a group. */
  readonly isGroup: boolean
  /** The carrier to which an operator assigned it by name. It counts whatever the state is. */
  readonly assigned?: "from" | "to" | undefined
}

/**
 * What is stored of a rollout that concerns one conversation.
 *
 * @category models
 */
export interface Stored {
  /** The state of the rollout. Undefined if it was never started. */
  readonly state: State | undefined
  /** The carrier to which an operator assigned the conversation. Undefined if it follows the rollout. */
  readonly assigned: CarrierId | undefined
}

/**
 * The carrier that is asked first for the next message of a conversation. `stays`: the rollout does not move it.
 *
 * @category combinators
 */
export const place = (state: State | undefined, { assigned, home, isGroup, position }: Subject): "from" | "to" | "stays" => {
  if (assigned !== undefined && (home === "none" || !isGroup)) return assigned === home ? "stays" : assigned
  if (home === "none") return state?.phase === "running" && position < state.share ? "to" : "from"
  if (state === undefined || isGroup || home === "elsewhere") return "stays"
  if (home === "from") return state.phase === "running" && position < state.existing ? "to" : "stays"
  return state.phase !== "paused" && position >= state.share && position < state.reached ? "from" : "stays"
}

/**
 * Whether the next message of a conversation goes by another carrier than it would without the rollout. So it does if the rollout or an
 * operator moves the conversation with this message, and if the conversation is at the new carrier since a rollout was started.
 *
 * @category combinators
 */
export const isMoved = (state: State | undefined, subject: Subject): boolean => {
  const { assigned, home } = subject
  const placed = place(state, subject)
  return placed === "stays" ? home === "to" && (state !== undefined || assigned === "to") : placed === "to" || home !== "none"
}

/** The part of the existing conversations that has moved when a step (counted from 1) is reached. */
const existingAt = ({ steps }: Complete, step: number): number =>
  steps.slice(0, step).reduce((largest, { moves, share }) => moves === "new" ? largest : Math.max(largest, share), 0)

const enter = (rollout: Complete, step: number, reached: number, since: number): State => {
  const existing = existingAt(rollout, step)
  return {
    phase: step === 0 ? "back" : "running",
    step,
    share: rollout.steps[step - 1]?.share ?? 0,
    existing,
    reached: Math.max(reached, existing),
    since
  }
}

/** The number of the first step with a larger share. The steps of the policy may have changed since the state was written. */
const nextStep = ({ steps }: Complete, share: number): number | undefined => {
  const index = steps.findIndex((step) => step.share > share)
  return index < 0 ? undefined : index + 1
}

/** The number of steps with a smaller share. */
const previousStep = ({ steps }: Complete, share: number): number => steps.filter((step) => step.share < share).length

/**
 * How long the step of a state still lasts at least, in milliseconds. `at` is in epoch milliseconds.
 *
 * @category getters
 */
export const waitOf = ({ steps }: Complete, { share, since }: State, at: number): number =>
  Math.max(0, since + (steps.find((step) => step.share === share)?.waits ?? 0) - at)

const advance = (rollout: Complete, state: State, anyway: boolean, at: number): Either.Either<State, string> => {
  const wait = waitOf(rollout, state, at)
  const next = nextStep(rollout, state.share)
  return next === undefined
    ? Either.left("this is the last step")
    : wait > 0 && !anyway
    ? Either.left(`step ${state.step} lasts for ${Math.ceil(wait / 1_000)} more seconds; wait, or say anyway`)
    : Either.right(enter(rollout, next, state.reached, at))
}

const goBack = (rollout: Complete, state: State, step: number | undefined, at: number): Either.Either<State, string> => {
  const previous = previousStep(rollout, state.share)
  const target = step ?? previous
  return target > previous
    ? Either.left(`a rollout goes back to an earlier step; the step before is ${previous}`)
    : Either.right(enter(rollout, target, state.reached, at))
}

/**
 * The state after an action, or a sentence that says why the action is not possible now. `state`: undefined if the rollout was never
 * started. `at` is in epoch milliseconds.
 *
 * @category combinators
 */
export const change = (
  rollout: Complete,
  state: State | undefined,
  { action, anyway = false, step }: Request,
  at: number
): Either.Either<State, string> => {
  const phase = state?.phase
  if (action === "start") {
    return phase === "running" || phase === "paused"
      ? Either.left(`the rollout is ${phase} already`)
      : Either.right(enter(rollout, 1, state?.reached ?? 0, at))
  }
  if (state === undefined) return Either.left("the rollout was not started")
  if (phase === "back") return Either.left("the rollout went back to its beginning; start it again")
  switch (action) {
    case "advance":
      return phase === "paused" ? Either.left("the rollout is paused; resume it first") : advance(rollout, state, anyway, at)
    case "pause":
      return phase === "paused" ? Either.left("the rollout is paused already") : Either.right({ ...state, phase: "paused" })
    case "resume":
      return phase === "running" ? Either.left("the rollout is not paused") : Either.right({ ...state, phase: "running", since: at })
    case "back":
      return goBack(rollout, state, step, at)
  }
}
