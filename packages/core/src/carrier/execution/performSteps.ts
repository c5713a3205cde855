/** Performs the steps of a plan, one after the other, and makes an outcome of their answers. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Conversation from "../../names/Conversation.ts"
import type { DeliveryId } from "../../names/DeliveryId.ts"
import * as MessagingError from "../../outcome/MessagingError.ts"
import * as Outcome from "../../outcome/Outcome.ts"
import type * as Plan from "../../outcome/Plan.ts"
import type { Adapter, ChatContext } from "../Adapter.ts"
import type { SendRequest } from "../OperationSignatures.ts"
import type { Confirm, Fence } from "./optOutFence.ts"
import type { Addresses } from "./resolveAddress.ts"
import type * as Retry from "./retry.ts"

export const idempotencyKey = (deliveryId: DeliveryId, generation: number, step: number): string => `${deliveryId}:${generation}:${step}`

export interface Parts {
  readonly adapter: Adapter
  readonly fence: Fence
  readonly confirm: Confirm
  readonly addresses: Addresses
}

/** A send whose plan is made. */
export interface Sending {
  readonly request: SendRequest
  readonly retry: Retry.Retry
  readonly context: ChatContext
  readonly plan: Plan.Sendable
}

/** A step of a send, since it first left. */
interface Departure {
  readonly step: Plan.Step
  readonly position: number
  readonly startedAt: number
}

type StepResult = Outcome.Receipt | typeof Outcome.Rejected.Type | typeof Outcome.Unknown.Type

/** Performs the steps from `position` on; `done` are the receipts of the steps before. */
export type PerformSteps = (sending: Sending, position: number, done: ReadonlyArray<Outcome.Receipt>) => Effect.Effect<Outcome.Outcome>

export const make = ({ adapter, addresses: { remember }, confirm, fence }: Parts): PerformSteps => {
  /**
   * Performs one step. It is repeated only where this is safe: under a key that the vendor honours, or after a certain refusal that says
   * "later". If the result of one try is unknown, only an acceptance makes it known. A later refusal proves nothing about the first try.
   */
  const performStep = (
    sending: Sending,
    departure: Departure,
    count: number,
    firstUnknown: MessagingError.MessagingError | undefined
  ): Effect.Effect<StepResult> => {
    const { plan, request, retry } = sending
    const { position, startedAt, step } = departure
    const key = idempotencyKey(request.deliveryId, request.generation, position)
    const { conversation } = request
    const attempt = request.confirmsOptOut === true && conversation._tag === "Direct" && adapter.confirm !== undefined
      ? confirm(conversation.handle, adapter.confirm(step, key))
      : fence("send", Conversation.recipients(conversation), adapter.perform(step, key))
    return Effect.catchAll(attempt, (error) => {
      const unknown = firstUnknown ?? (error.certainty === "unknown" ? error : undefined)
      const mayRepeat = unknown === undefined ? MessagingError.isRetryLater(error) : step.keyed && error.reason !== "Suppressed"
      const delay = mayRepeat && count < retry.times ? retry.delay(error, count) : undefined
      if (delay !== undefined) {
        return Effect.flatMap(
          delay,
          (duration) => Effect.zipRight(Effect.sleep(duration), performStep(sending, departure, count + 1, unknown))
        )
      }
      return Effect.succeed(
        unknown === undefined
          ? Outcome.rejected(error, plan.losses)
          : Outcome.unknown({
            error: unknown,
            parts: step.parts,
            step: position,
            startedAt,
            ...(step.keyed ? { key } : {}),
            ...(unknown.ref === undefined ? {} : { ref: unknown.ref })
          }, plan.losses)
      )
    })
  }

  const performSteps: PerformSteps = (sending, position, done) => {
    const { context, plan, request } = sending
    const step = plan.steps[position]
    const [first, ...others] = done
    if (step === undefined) {
      return first === undefined
        ? Effect.dieMessage("a plan without steps")
        : Effect.succeed(Outcome.accepted([first, ...others], plan.losses))
    }
    return Effect.flatMap(Clock.currentTimeMillis, (startedAt) => {
      const performed = performStep(sending, { step, position, startedAt }, 0, undefined)
      const recorded = request.onProgress === undefined
        ? performed
        : Effect.zipRight(request.onProgress({ plan, step: position, receipts: done, startedAt }), performed)
      return Effect.flatMap(recorded, (result) => {
        if (!("_tag" in result)) {
          return Effect.zipRight(
            remember(request.conversation, context, result),
            performSteps(sending, position + 1, [...done, result])
          )
        }
        return Effect.succeed<Outcome.Outcome>(
          first === undefined
            ? result
            : {
              _tag: "Partial",
              receipts: [first, ...others],
              rest: result,
              remaining: plan.steps.slice(position).flatMap((later) => later.parts),
              losses: plan.losses
            }
        )
      })
    })
  }

  return performSteps
}
