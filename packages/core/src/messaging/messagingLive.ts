/** Builds the `Messaging` service over a backend: checks what callers give, sends, and keeps what it told of recent deliveries. */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import type { Carrier } from "../carrier/Carrier.ts"
import type { Operations } from "../carrier/Operations.ts"
import * as Validate from "../carrier/validate.ts"
import type { StatusFact } from "../content/DeliveryStatus.ts"
import type { Draft, MessageTarget, ReplyTarget } from "../content/Draft.ts"
import type { Message } from "../content/Message.ts"
import type { ChatTarget, Conversation } from "../names/Conversation.ts"
import * as DeliveryId from "../names/DeliveryId.ts"
import type { MessageRef } from "../names/MessageRef.ts"
import type { Operation } from "../names/Operation.ts"
import * as OwnLines from "../names/ownLines.ts"
import * as Problem from "../names/Problem.ts"
import * as Delivery from "../outcome/Delivery.ts"
import * as MessagingError from "../outcome/MessagingError.ts"
import type { Invalid, SendError } from "../outcome/SendError.ts"
import * as AskedCarriers from "./askedCarriers.ts"
import type { Backend, Facade, Prepared, Slot } from "./Backend.ts"
import { conclude, invalid } from "./conclude.ts"
import type { MessagingService, Options, SendOptions } from "./MessagingService.ts"
import * as RecentDeliveries from "./recentDeliveries.ts"

interface Located {
  readonly ref: MessageRef
  readonly part: number
}

/** Where a part of a delivery is: the message that carries it, and its place in that message. */
const locatePart = (slots: ReadonlyArray<Slot>, part: number): Located | undefined => {
  for (const slot of slots) {
    const index = slot.parts.indexOf(part)
    if (index >= 0) return { ref: slot.ref, part: index }
  }
  return undefined
}

const factFrom = (message: Message): StatusFact | undefined =>
  message.status.neutral === undefined ? undefined : {
    ref: message.ref,
    status: message.status.neutral,
    raw: message.status.raw,
    ...(message.service?.neutral === undefined ? {} : { service: message.service.neutral }),
    ...(message.downgraded === undefined ? {} : { downgraded: message.downgraded }),
    ...(message.failure?.code === undefined ? {} : { vendorCode: message.failure.code })
  }

const unknownReply = Problem.make("reply", ["replyTo", "to"], "that delivery or part is not known here; reply to a MessageRef instead")

const noLedger = Problem.make(
  "key",
  ["options", "key"],
  "one carrier alone keeps no record of keys, so a repeated send would go out twice; give keys to the router's Messaging"
)

const noProblems: ReadonlyArray<Problem.Problem> = []

export const make = (backend: Backend, options?: Options): Facade => {
  const { carriers, check: refuses, operations } = backend
  const deliveries = RecentDeliveries.make(options?.remember ?? 10_000, backend.recall)
  const only = carriers.length === 1 ? carriers[0]?.id : undefined
  const ofCarrier = only === undefined ? {} : { carrierId: only }
  const ours = OwnLines.make([...carriers.flatMap(({ lines }) => Array.from(lines.values())), ...(options?.ours ?? [])])

  const refused = (operation: Operation, problems: ReadonlyArray<Problem.Problem>): Effect.Effect<never, MessagingError.MessagingError> =>
    Effect.fail(MessagingError.invalid(operation, problems, only))

  const unknownDelivery = (operation: Operation): Effect.Effect<never, MessagingError.MessagingError> =>
    Effect.fail(
      MessagingError.make("NotFound", {
        operation,
        ...ofCarrier,
        detail: "the delivery is not known here; name the message by its MessageRef"
      })
    )

  const unknownPart = (operation: Operation): Effect.Effect<never, MessagingError.MessagingError> =>
    Effect.fail(MessagingError.make("NotFound", { operation, ...ofCarrier, detail: "no message of the delivery carries that part" }))

  // a ref of another carrier is left to the back end, which refuses it by name
  const known = (
    operation: Operation,
    message: MessageTarget
  ): Effect.Effect<MessageRef | ReadonlyArray<Slot>, MessagingError.MessagingError> => {
    const problems = Validate.message(message, ["message"])
    if (problems.length > 0) return refused(operation, problems)
    return typeof message !== "string"
      ? Effect.succeed(message)
      : Effect.flatMap(deliveries.find(message), (slots) => slots === undefined ? unknownDelivery(operation) : Effect.succeed(slots))
  }

  const isRef = (found: MessageRef | ReadonlyArray<Slot>): found is MessageRef => "carrierId" in found

  /** A part, for operations on parts: where the delivery's part is, or the part of the vendor's message. */
  const onPart = <A>(
    operation: Operation,
    message: MessageTarget,
    part: number | undefined,
    run: (located: Located) => Effect.Effect<A, MessagingError.MessagingError>
  ): Effect.Effect<A, MessagingError.MessagingError> =>
    Effect.flatMap(known(operation, message), (found) => {
      const problems = Validate.partIndex(part)
      if (problems.length > 0) return refused(operation, problems)
      if (isRef(found)) return run({ ref: found, part: part ?? 0 })
      const located = locatePart(found, part ?? 0)
      return located === undefined ? unknownPart(operation) : run(located)
    })

  /** A whole message, for operations on messages: of a split delivery the one that carries `part`, else its first. */
  const onMessage = <A>(
    operation: Operation,
    message: MessageTarget,
    part: number | undefined,
    run: (ref: MessageRef) => Effect.Effect<A, MessagingError.MessagingError>
  ): Effect.Effect<A, MessagingError.MessagingError> =>
    part !== undefined
      ? onPart(operation, message, part, ({ ref }) => run(ref))
      : Effect.flatMap(known(operation, message), (found) => {
        const ref = isRef(found) ? found : (locatePart(found, 0) ?? found[0])?.ref
        return ref === undefined ? unknownPart(operation) : run(ref)
      })

  // --- send ---

  const replyOf = ({ part, to }: ReplyTarget): Effect.Effect<Located | undefined> =>
    typeof to !== "string"
      ? Effect.succeed({ ref: to, part: part ?? 0 })
      : Effect.map(deliveries.find(to), (slots) => slots === undefined ? undefined : locatePart(slots, part ?? 0))

  const checked = <A, E>(
    deliveryId: DeliveryId.DeliveryId,
    prepared: Prepared,
    run: (deliveryId: DeliveryId.DeliveryId, prepared: Prepared) => Effect.Effect<A, E>
  ): Effect.Effect<A, E | Invalid> => {
    const problems = refuses === undefined ? noProblems : refuses(prepared)
    return problems.length > 0 ? Effect.fail(invalid(deliveryId, problems)) : run(deliveryId, prepared)
  }

  /** Nothing reaches the back end but what is well-formed, has its reply target, and passes the back end's own check. */
  const prepare = <A, E>(
    deliveryId: DeliveryId.DeliveryId,
    conversation: Conversation,
    draft: Draft,
    sendOptions: SendOptions | undefined,
    run: (deliveryId: DeliveryId.DeliveryId, prepared: Prepared) => Effect.Effect<A, E>
  ): Effect.Effect<A, E | Invalid> => {
    const addressed = Validate.conversation(conversation)
    const problems = [
      ...(addressed.length > 0 ? addressed : ours.among(conversation)),
      ...Validate.draft(draft),
      ...Validate.sendOptions(sendOptions)
    ]
    const confirms = sendOptions?.confirmsOptOut === true
    if (confirms && problems.length === 0) problems.push(...Validate.confirmation(conversation, draft))
    if (problems.length > 0) return Effect.fail(invalid(deliveryId, problems))
    const fidelity = draft.fidelity ?? sendOptions?.fidelity ?? options?.fidelity ?? "adapt"
    const key = sendOptions?.key
    const keyed: Prepared = key === undefined ? { conversation, draft, fidelity } : { conversation, draft, fidelity, key }
    const prepared: Prepared = confirms ? { ...keyed, confirmsOptOut: true } : keyed
    return draft.replyTo === undefined
      ? checked(deliveryId, prepared, run)
      : Effect.flatMap(replyOf(draft.replyTo), (replyTo) =>
        replyTo === undefined
          ? Effect.fail(invalid(deliveryId, [unknownReply]))
          : checked(deliveryId, { ...prepared, replyTo }, run))
  }

  // one frame for both, built once: this is on the path of every send
  const remembering = {
    onSuccess: (delivery: Delivery.Delivery): Effect.Effect<Delivery.Delivery> => {
      deliveries.remember(delivery.id, delivery.receipts, true)
      return Effect.succeed(delivery)
    },
    onFailure: (cause: Cause.Cause<SendError>): Effect.Effect<never, SendError> => {
      const error = Option.getOrUndefined(Cause.failureOption(cause))
      if (error?._tag === "Partial") deliveries.remember(error.deliveryId, error.receipts, false)
      return Effect.failCause(cause)
    }
  }

  const deliver = (deliveryId: DeliveryId.DeliveryId, prepared: Prepared): Effect.Effect<Delivery.Delivery, SendError> =>
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
        ? prepare(deliveryId, to, draft, planOptions, (_, prepared) => backend.plan(prepared, asked.right))
        : Effect.matchEffect(prepare(deliveryId, to, draft, planOptions, () => Effect.void), {
          onSuccess: () => Effect.fail(invalid(deliveryId, asked.left)),
          onFailure: ({ problems }) => Effect.fail(invalid(deliveryId, [...problems, ...asked.left]))
        })
    })

  // --- status ---

  const status: MessagingService["status"] = (message) =>
    Effect.flatMap(known("getMessage", message), (found) => {
      const refs = isRef(found) ? [found] : RecentDeliveries.refsOf(found)
      return Effect.map(Effect.forEach(refs, (ref) => operations.getMessage(ref), { concurrency: 4 }), (messages) => {
        for (const message of messages) {
          const fact = factFrom(message)
          if (fact !== undefined) deliveries.hear(fact)
        }
        return deliveries.report(refs, isRef(found) ? [] : found)
      })
    })

  /** Every message of a split delivery: a record that stays behind would not be deleted. */
  const deleteRecord: MessagingService["deleteRecord"] = (message) =>
    Effect.flatMap(known("deleteRecord", message), (found) =>
      isRef(found)
        ? operations.deleteRecord(found)
        : Effect.forEach(found, (slot) => operations.deleteRecord(slot.ref), { discard: true }))

  /** An operation in a chat, unless it would reach a number of ours. What is malformed is left to the back end, which says so. */
  const inChat = <A, Rest extends ReadonlyArray<unknown>>(
    operation: Operation,
    run: (to: ChatTarget, ...rest: Rest) => Effect.Effect<A, MessagingError.MessagingError>
  ) =>
  (to: ChatTarget, ...rest: Rest): Effect.Effect<A, MessagingError.MessagingError> => {
    const problems = Validate.target(to).length > 0 ? noProblems : ours.among(to)
    return problems.length > 0 ? refused(operation, problems) : run(to, ...rest)
  }

  const byDelivery: Operations<MessageTarget> = {
    ...operations,
    sendVoiceMemo: inChat("sendVoiceMemo", operations.sendVoiceMemo),
    updateChat: inChat("updateChat", operations.updateChat),
    shareContactCard: inChat("shareContactCard", operations.shareContactCard),
    startTyping: inChat("startTyping", operations.startTyping),
    addParticipant: inChat(
      "addParticipant",
      (chat, handle) =>
        ours.has(handle) ? refused("addParticipant", [OwnLines.problem(["handle"])]) : operations.addParticipant(chat, handle)
    ),
    getMessage: (message, options) => onMessage("getMessage", message, Validate.partOf(options), (ref) => operations.getMessage(ref)),
    listThread: (message, page) => onMessage("listThread", message, undefined, (ref) => operations.listThread(ref, page)),
    deleteRecord,
    edit: (message, text, options) =>
      onPart("edit", message, Validate.partOf(options), ({ part, ref }) => operations.edit(ref, text, { part })),
    react: (message, reaction, options) =>
      onPart("react", message, Validate.partOf(options), ({ part, ref }) => operations.react(ref, reaction, { part })),
    unreact: (message, reaction, options) =>
      onPart("unreact", message, Validate.partOf(options), ({ part, ref }) => operations.unreact(ref, reaction, { part }))
  }

  return {
    service: { ...byDelivery, carriers, plan, send, status },
    heard: (fact) => Effect.sync(() => deliveries.hear(fact))
  }
}

/** One carrier: its operations as they are, one attempt per send, no ledger. */
const overCarrier = (carrier: Carrier): Backend => ({
  carriers: [{ id: carrier.id, vendor: carrier.vendor, capabilities: carrier.capabilities, lines: carrier.lines }],
  operations: carrier,
  check: ({ key }) => key === undefined ? noProblems : [noLedger],
  plan: (prepared) => Effect.map(carrier.plan(prepared), (plan) => [plan]),
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
