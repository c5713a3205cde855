/**
 * The contract of a carrier, and the one place that builds a carrier from what an adapter supplies: capability gate,
 * suppression fence, retries, spans and error labels are added here, once, for every vendor.
 */
import * as Effect from "effect/Effect"
import type { CarrierId } from "../names/CarrierId.ts"
import type { DeliveryId } from "../names/DeliveryId.ts"
import type { Phone } from "../names/Handle.ts"
import type { LineName } from "../names/Line.ts"
import type { MessageRef } from "../names/MessageRef.ts"
import type { MessagingError } from "../outcome/MessagingError.ts"
import type { Outcome } from "../outcome/Outcome.ts"
import type { Knowledge as PlanKnowledge, Plan } from "../outcome/Plan.ts"
import type { Adapter, Parts, Planned } from "./Adapter.ts"
import type { Capabilities } from "./Capabilities.ts"
import type { ChatBookService } from "./ChatBook.ts"
import * as OptOutFence from "./execution/optOutFence.ts"
import * as PerformSteps from "./execution/performSteps.ts"
import * as Reconcile from "./execution/reconcile.ts"
import * as ResolveAddress from "./execution/resolveAddress.ts"
import * as Retry from "./execution/retry.ts"
import * as RunOperations from "./execution/runOperations.ts"
import * as SendPlan from "./execution/sendPlan.ts"
import type { Operations, Reconciliation, SendRequest } from "./OperationSignatures.ts"
import type { SuppressionService } from "./Suppression.ts"

/**
 * A vendor behind the neutral operations. `send` never fails for a vendor's reason: whatever happens is an `Outcome`.
 *
 * @category models
 */
export interface Carrier extends Operations<MessageRef> {
  /** The carrier's id in this application. */
  readonly id: CarrierId
  /** The vendor's name. */
  readonly vendor: string
  /** What the vendor can do. */
  readonly capabilities: Capabilities
  /** Our numbers at this carrier, by line. */
  readonly lines: ReadonlyMap<LineName, Phone>
  /** What would be asked for a draft. Nothing is sent, and nobody is asked. */
  readonly plan: (request: Omit<SendRequest, "deliveryId" | "generation">) => Effect.Effect<Plan>
  /** Why a send would be refused now without asking the carrier: somebody opted out. It is the error that `send` would give. */
  readonly findRefusal: (request: Pick<SendRequest, "confirmsOptOut" | "conversation">) => Effect.Effect<MessagingError | undefined>
  /** Sends a draft. It does not fail: whatever happens is an outcome. */
  readonly send: (request: SendRequest) => Effect.Effect<Outcome>
  /** How to find out what became of a request whose answer was lost; absent if the vendor cannot be asked. */
  readonly reconciliation?: Reconciliation
}

/**
 * A carrier as far as it plans: what it would be asked for a draft, without its credentials. One that is configured and not in use is
 * planned for by it.
 *
 * @category models
 */
export interface Planner extends Pick<Carrier, "capabilities" | "id" | "lines" | "plan"> {}

/**
 * Builds a carrier from an adapter.
 *
 * @category constructors
 */
export const make = (adapter: Adapter, parts: Parts): Carrier => {
  const { id, reconciliation } = adapter
  const { chats, suppression } = parts
  const retry = Retry.make(parts.retry)
  const fence = OptOutFence.make(id, suppression)
  const addresses = ResolveAddress.make(adapter, chats, retry)
  const operations = RunOperations.make({ adapter, addresses, fence, retry })
  const { plan, send } = SendPlan.make({ adapter, addresses, chats, confirm: OptOutFence.makeConfirm(id, suppression), fence, retry })
  return {
    id,
    vendor: adapter.vendor,
    capabilities: adapter.capabilities,
    lines: adapter.lines,
    plan,
    findRefusal: (request) => OptOutFence.findSendRefusal(id, suppression, request),
    send,
    ...operations,
    ...(reconciliation === undefined
      ? {}
      : { reconciliation: Reconcile.make(reconciliation, { adapter, addresses, fence, reads: operations, retry }) })
  }
}

/**
 * Builds a planner: it plans exactly as the carrier would. What a send refuses because it is malformed, a planner refuses too.
 *
 * @category constructors
 */
export const planner = (planned: Planned, chats: ChatBookService): Planner => {
  const { plan } = SendPlan.makePlanning(planned, chats)
  return {
    id: planned.id,
    capabilities: planned.capabilities,
    lines: planned.lines,
    plan: (request) => {
      const [first, ...rest] = SendPlan.validate(request)
      return first === undefined
        ? plan(request)
        : Effect.succeed<Plan>({ _tag: "Refused", carrierId: planned.id, problems: [first, ...rest] })
    }
  }
}

/**
 * What `Carrier.findRefusal` answers, for a carrier that is not in use.
 *
 * @category getters
 */
export const findOptOut: (
  id: CarrierId,
  suppression: Pick<SuppressionService, "find">,
  request: Pick<SendRequest, "confirmsOptOut" | "conversation">
) => Effect.Effect<MessagingError | undefined> = OptOutFence.findSendRefusal

/**
 * The idempotency key of one step of a send: stable for a delivery's generation, different for each step.
 *
 * @category getters
 */
export const idempotencyKey: (deliveryId: DeliveryId, generation: number, step: number) => string = PerformSteps.idempotencyKey

/**
 * What is known of a conversation at a carrier.
 *
 * @category models
 */
export type Knowledge = PlanKnowledge
