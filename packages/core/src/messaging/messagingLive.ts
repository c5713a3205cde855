/** Builds the `Messaging` service over a backend: checks what callers give, sends, and keeps what it told of recent deliveries. */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import type { Carrier } from "../carrier/Carrier.ts"
import * as Validate from "../carrier/validate.ts"
import type { Draft } from "../content/Draft.ts"
import type { Conversation } from "../names/Conversation.ts"
import * as DeliveryId from "../names/DeliveryId.ts"
import * as OwnNumbers from "../names/ownNumbers.ts"
import * as Problem from "../names/Problem.ts"
import * as Delivery from "../outcome/Delivery.ts"
import * as Plan from "../outcome/Plan.ts"
import * as SendError from "../outcome/SendError.ts"
import * as AskedCarriers from "./askedCarriers.ts"
import type { Backend, Facade, Prepared } from "./Backend.ts"
import * as ByDelivery from "./byDelivery.ts"
import { conclude } from "./conclude.ts"
import type { MessagingService, Options, SendOptions } from "./MessagingService.ts"
import * as RecentDeliveries from "./recentDeliveries.ts"

const unknownReply = Problem.make("reply", ["replyTo", "to"], "that delivery or part is not known here; reply to a MessageRef instead")

const noLedger = Problem.make(
  "key",
  ["options", "key"],
  "one carrier alone keeps no record of keys, so a repeated send would go out twice; give keys to the router's Messaging"
)

const noRecord = Problem.make(
  "after",
  ["options", "after"],
  "one carrier alone keeps no record of deliveries; name an earlier one to the router's Messaging"
)

const noProblems: ReadonlyArray<Problem.Problem> = []

export const make = (backend: Backend, options?: Options): Facade => {
  const { carriers, check } = backend
  const deliveries = RecentDeliveries.make(options?.remember ?? 10_000, backend.recall)
  const only = carriers.length === 1 ? carriers[0]?.id : undefined
  const ours = OwnNumbers.make([...carriers.flatMap(({ lines }) => Array.from(lines.values())), ...(options?.ours ?? [])])
  const { locateReply, operations, status } = ByDelivery.make({ backend, deliveries, ours })

  const checkAndRun = <A, E>(
    deliveryId: DeliveryId.DeliveryId,
    prepared: Prepared,
    run: (deliveryId: DeliveryId.DeliveryId, prepared: Prepared) => Effect.Effect<A, E>
  ): Effect.Effect<A, E | SendError.Invalid> => {
    const problems = check === undefined ? noProblems : check(prepared)
    return problems.length > 0 ? Effect.fail(SendError.invalid(deliveryId, problems)) : run(deliveryId, prepared)
  }

  /** A send reaches the back end only if it is well-formed, its reply target is found, and the back end's own check passes. */
  const prepare = <A, E>(
    deliveryId: DeliveryId.DeliveryId,
    conversation: Conversation,
    draft: Draft,
    sendOptions: SendOptions | undefined,
    run: (deliveryId: DeliveryId.DeliveryId, prepared: Prepared) => Effect.Effect<A, E>
  ): Effect.Effect<A, E | SendError.Invalid> => {
    const addressed = Validate.conversation(conversation)
    const problems = [
      ...(addressed.length > 0 ? addressed : ours.among(conversation)),
      ...Validate.draft(draft),
      ...Validate.sendOptions(sendOptions)
    ]
    const confirms = sendOptions?.confirmsOptOut === true
    if (problems.length === 0) problems.push(...Validate.mentioned(conversation, draft))
    if (confirms && problems.length === 0) problems.push(...Validate.confirmation(conversation, draft))
    if (problems.length > 0) return Effect.fail(SendError.invalid(deliveryId, problems))
    const fidelity = draft.fidelity ?? sendOptions?.fidelity ?? options?.fidelity ?? "adapt"
    const { after, key } = sendOptions ?? {}
    const keyed: Prepared = key === undefined ? { conversation, draft, fidelity } : { conversation, draft, fidelity, key }
    const ordered: Prepared = after === undefined ? keyed : { ...keyed, after }
    const prepared: Prepared = confirms ? { ...ordered, confirmsOptOut: true } : ordered
    return draft.replyTo === undefined
      ? checkAndRun(deliveryId, prepared, run)
      : Effect.flatMap(locateReply(draft.replyTo), (replyTo) =>
        replyTo === undefined
          ? Effect.fail(SendError.invalid(deliveryId, [unknownReply]))
          : checkAndRun(deliveryId, { ...prepared, replyTo }, run))
  }

  // built once and used by both, because it runs on every send
  const remembering = {
    onSuccess: (delivery: Delivery.Delivery): Effect.Effect<Delivery.Delivery> => {
      deliveries.remember(delivery.id, delivery.receipts, true)
      return Effect.succeed(delivery)
    },
    onFailure: (cause: Cause.Cause<SendError.SendError>): Effect.Effect<never, SendError.SendError> => {
      const error = Option.getOrUndefined(Cause.failureOption(cause))
      if (error?._tag === "Partial") deliveries.remember(error.deliveryId, error.receipts, false)
      return Effect.failCause(cause)
    }
  }

  const deliver = (deliveryId: DeliveryId.DeliveryId, prepared: Prepared): Effect.Effect<Delivery.Delivery, SendError.SendError> =>
    Effect.withSpan(Effect.matchCauseEffect(backend.deliver(deliveryId, prepared), remembering), "Messaging.send", {
      attributes: only === undefined ? { delivery: deliveryId } : { carrier: only, delivery: deliveryId },
      captureStackTrace: false
    })

  const plannable = [...carriers.map(({ id }) => id), ...(backend.idle ?? [])]

  const send: MessagingService["send"] = (to, draft, sendOptions) =>
    Effect.flatMap(DeliveryId.mint, (deliveryId) => prepare(deliveryId, to, draft, sendOptions, deliver))

  const plan: MessagingService["plan"] = (to, draft, planOptions) =>
    Effect.flatMap(DeliveryId.mint, (deliveryId) => {
      const asked = AskedCarriers.read(planOptions?.carrier, plannable)
      return Either.isRight(asked)
        ? prepare(deliveryId, to, draft, planOptions, (_, prepared) =>
          Effect.mapError(backend.plan(prepared, asked.right), (problems) =>
            SendError.invalid(deliveryId, problems)))
        : Effect.matchEffect(
          prepare(deliveryId, to, draft, planOptions, () =>
            Effect.void),
          {
            onSuccess: () =>
              Effect.fail(SendError.invalid(deliveryId, asked.left)),
            onFailure: ({ problems }) =>
              Effect.fail(SendError.invalid(deliveryId, [...problems, ...asked.left]))
          }
        )
    })

  return {
    service: { ...operations, carriers, plan, send, status },
    recordStatus: (fact) => Effect.sync(() => deliveries.hear(fact))
  }
}

/** One carrier: its operations as they are, one attempt per send, no ledger. */
const overCarrier = (carrier: Carrier): Backend => ({
  carriers: [{ id: carrier.id, vendor: carrier.vendor, capabilities: carrier.capabilities, lines: carrier.lines }],
  operations: carrier,
  check: ({ after, key }) =>
    key === undefined && after === undefined
      ? noProblems
      : [...(key === undefined ? [] : [noLedger]), ...(after === undefined ? [] : [noRecord])],
  plan: (prepared) => Effect.zipWith(carrier.plan(prepared), carrier.findRefusal(prepared), (plan, error) => [Plan.bar(plan, error)]),
  deliver: (deliveryId, prepared) =>
    Effect.clockWith((clock) => {
      const startedAt = clock.unsafeCurrentTimeMillis()
      return Effect.flatMap(carrier.send({ ...prepared, deliveryId, generation: 1 }), (outcome) =>
        conclude(deliveryId, prepared, outcome, [
          Delivery.attempt(carrier.id, prepared.conversation.line, outcome, { startedAt, endedAt: clock.unsafeCurrentTimeMillis() })
        ]))
    })
})

export const fromCarrier = (carrier: Carrier, options?: Options): MessagingService => make(overCarrier(carrier), options).service
