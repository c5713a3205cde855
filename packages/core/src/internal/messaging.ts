import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { Carrier, Operations, SendRequest } from "../Carrier.ts"
import type { Conversation } from "../Conversation.ts"
import type { Attempt, Delivery } from "../Delivery.ts"
import * as DeliveryIds from "../DeliveryId.ts"
import type { DeliveryId } from "../DeliveryId.ts"
import type { DeliveryReport, StatusFacts } from "../DeliveryStatus.ts"
import * as Status from "../DeliveryStatus.ts"
import type { Draft, MessageTarget } from "../Draft.ts"
import type { Message } from "../Message.ts"
import type { MessageRef } from "../MessageRef.ts"
import type { FollowOptions, MessagingService, Options, SendOptions } from "../Messaging.ts"
import type { MessagingError } from "../MessagingError.ts"
import * as Errors from "../MessagingError.ts"
import type { Operation } from "../Operation.ts"
import type { Outcome, Receipt } from "../Outcome.ts"
import * as Outcomes from "../Outcome.ts"
import type { PlanInput } from "../Plan.ts"
import * as Problem from "../Problem.ts"
import type { SendError } from "../SendError.ts"
import * as SendErrors from "../SendError.ts"
import * as Bounded from "./bounded.ts"
import * as Validate from "./validate.ts"

type Slot = Pick<Receipt, "ref" | "parts" | "status" | "service">

/** What is remembered of a delivery: enough for replies, reactions and status, and no text, number or vendor answer. */
interface Remembered {
  readonly receipts: ReadonlyArray<Slot>
  facts: StatusFacts | undefined
}

const slotOf = ({ parts, ref, service, status }: Receipt): Slot =>
  service === undefined ? { ref, parts, status } : { ref, parts, status, service }

interface Located {
  readonly ref: MessageRef
  readonly part: number
}

const factOf = (receipt: Slot): Status.StatusFact => ({
  ref: receipt.ref,
  status: receipt.status,
  ...(receipt.service === undefined ? {} : { service: receipt.service })
})

const firstFacts = (receipts: ReadonlyArray<Slot>): StatusFacts =>
  receipts.reduce((facts, receipt) => Status.add(facts, factOf(receipt)), Status.empty)

const refsOf = (receipts: ReadonlyArray<Slot>): ReadonlyArray<MessageRef> => receipts.map((receipt) => receipt.ref)

/** Where a part of a delivery is: the receipt that carries it, and its place in that vendor message. */
const locatePart = (receipts: ReadonlyArray<Slot>, part: number): Located | undefined => {
  for (const receipt of receipts) {
    const index = receipt.parts.indexOf(part)
    if (index >= 0) return { ref: receipt.ref, part: index }
  }
  return undefined
}

const why = {
  Accepted: "the carrier took it",
  Rejected: "the carrier did not take it",
  Partial: "the carrier took a part of it",
  Unknown: "it is not known whether the carrier took it"
} as const satisfies Record<Outcome["_tag"], string>

const attemptWords = {
  Accepted: "accepted",
  Rejected: "rejected",
  Partial: "partial",
  Unknown: "unknown"
} as const satisfies Record<Outcome["_tag"], Attempt["outcome"]>

export const fromCarrier = (carrier: Carrier, options?: Options): MessagingService => {
  const remembered = Bounded.make<DeliveryId, Remembered>(options?.remember ?? 10_000)

  const unknownDelivery = (operation: Operation) =>
    Errors.make("NotFound", { operation, carrierId: carrier.id, detail: "this process does not know the delivery; name the message by its MessageRef" })

  const unknownPart = (operation: Operation) =>
    Errors.make("NotFound", { operation, carrierId: carrier.id, detail: "no message of the delivery carries that part" })

  // a ref of another carrier is left to the carrier, which refuses it by name
  const known = (operation: Operation, message: MessageTarget): Effect.Effect<MessageRef | Remembered, MessagingError> => {
    const problems = Validate.message(message, ["message"])
    if (problems.length > 0) return Effect.fail(Errors.invalid(operation, problems, carrier.id))
    if (typeof message !== "string") return Effect.succeed(message)
    const delivery = remembered.get(message)
    return delivery === undefined ? Effect.fail(unknownDelivery(operation)) : Effect.succeed(delivery)
  }

  const isRef = (found: MessageRef | Remembered): found is MessageRef => "carrierId" in found

  /** A part, for operations on parts: where the delivery's part is, or the part of the vendor's message. */
  const onPart = <A>(
    operation: Operation,
    message: MessageTarget,
    part: number | undefined,
    run: (located: Located) => Effect.Effect<A, MessagingError>
  ): Effect.Effect<A, MessagingError> =>
    Effect.flatMap(known(operation, message), (found) => {
      const problems = Validate.partIndex(part)
      if (problems.length > 0) return Effect.fail(Errors.invalid(operation, problems, carrier.id))
      if (isRef(found)) return run({ ref: found, part: part ?? 0 })
      const located = locatePart(found.receipts, part ?? 0)
      return located === undefined ? Effect.fail(unknownPart(operation)) : run(located)
    })

  /** A whole message, for operations on messages: of a split delivery the one that carries `part`, else its first. */
  const onMessage = <A>(
    operation: Operation,
    message: MessageTarget,
    part: number | undefined,
    run: (ref: MessageRef) => Effect.Effect<A, MessagingError>
  ): Effect.Effect<A, MessagingError> =>
    part !== undefined
      ? onPart(operation, message, part, ({ ref }) => run(ref))
      : Effect.flatMap(known(operation, message), (found) => {
        const ref = isRef(found) ? found : (locatePart(found.receipts, 0) ?? found.receipts[0])?.ref
        return ref === undefined ? Effect.fail(unknownPart(operation)) : run(ref)
      })

  // --- send ---

  const check = (to: Conversation, draft: Draft, sendOptions: SendOptions | undefined): ReadonlyArray<Problem.Problem> => [
    ...Validate.conversation(to),
    ...Validate.draft(draft),
    ...Validate.sendOptions(sendOptions)
  ]

  const replyOf = (draft: Draft): PlanInput["replyTo"] | "unknown" => {
    if (draft.replyTo === undefined) return undefined
    const { part, to } = draft.replyTo
    if (typeof to !== "string") return { ref: to, part: part ?? 0 }
    const known = remembered.get(to)
    return (known === undefined ? undefined : locatePart(known.receipts, part ?? 0)) ?? "unknown"
  }

  const unknownReply: Problem.Problem = {
    rule: "reply",
    path: ["replyTo", "to"],
    message: "this process does not know that delivery or part; reply to a MessageRef instead"
  }

  type Prepared = Omit<SendRequest, "deliveryId" | "generation">

  const prepare = (to: Conversation, draft: Draft, sendOptions: SendOptions | undefined): Prepared | ReadonlyArray<Problem.Problem> => {
    const problems = check(to, draft, sendOptions)
    if (problems.length > 0) return problems
    const replyTo = replyOf(draft)
    if (replyTo === "unknown") return [unknownReply]
    const fidelity = draft.fidelity ?? sendOptions?.fidelity ?? options?.fidelity ?? "adapt"
    return { conversation: to, draft, fidelity, ...(replyTo === undefined ? {} : { replyTo }) }
  }

  const remember = (deliveryId: DeliveryId, receipts: ReadonlyArray<Receipt>): void => {
    remembered.set(deliveryId, { receipts: receipts.map(slotOf), facts: undefined })
  }

  const conclude = (
    deliveryId: DeliveryId,
    prepared: Prepared,
    outcome: Outcome,
    attempt: Attempt
  ): Effect.Effect<Delivery, SendError> => {
    const { losses } = outcome
    const common = { deliveryId, losses, attempts: [attempt] }
    switch (outcome._tag) {
      case "Accepted": {
        const { service, status } = outcome.receipts.length === 1 ? outcome.receipts[0] : Status.report(firstFacts(outcome.receipts), refsOf(outcome.receipts))
        const { metadata } = prepared.draft
        const delivery: Delivery = {
          id: deliveryId,
          conversation: prepared.conversation,
          carrierId: carrier.id,
          receipts: outcome.receipts,
          status,
          losses,
          attempts: [attempt],
          ...(service === undefined ? {} : { service }),
          ...(metadata === undefined ? {} : { metadata })
        }
        remember(deliveryId, outcome.receipts)
        return Effect.succeed(delivery)
      }
      case "Rejected":
        return Effect.fail(
          outcome.error.reason === "InvalidInput" && outcome.error.problems !== undefined
            ? new SendErrors.Invalid({ ...common, problems: outcome.error.problems }, { disableValidation: true })
            : new SendErrors.NotSent({ ...common, error: outcome.error }, { disableValidation: true })
        )
      case "Unknown":
        return Effect.fail(new SendErrors.Held({ ...common, evidence: outcome.evidence }, { disableValidation: true }))
      case "Partial": {
        remember(deliveryId, outcome.receipts)
        const { receipts, remaining, rest } = outcome
        const why = rest._tag === "Rejected" ? { error: rest.error } : { error: rest.evidence.error, evidence: rest.evidence }
        return Effect.fail(new SendErrors.Partial({ ...common, receipts, remaining, ...why }, { disableValidation: true }))
      }
    }
  }

  const send: MessagingService["send"] = (to, draft, sendOptions) =>
    Effect.flatMap(DeliveryIds.mint, (deliveryId) => {
      const prepared = prepare(to, draft, sendOptions)
      if (!("conversation" in prepared)) {
        return Effect.fail(new SendErrors.Invalid({ deliveryId, losses: [], attempts: [], problems: prepared }, { disableValidation: true }))
      }
      return Effect.withSpan(
        Effect.flatMap(Clock.currentTimeMillis, (startedAt) =>
          Effect.flatMap(carrier.send({ ...prepared, deliveryId, generation: 1 }), (outcome) =>
            Effect.flatMap(Clock.currentTimeMillis, (endedAt) => {
              const error = Outcomes.error(outcome)
              return conclude(deliveryId, prepared, outcome, {
                carrierId: carrier.id,
                line: to.line,
                outcome: attemptWords[outcome._tag],
                why: why[outcome._tag],
                startedAt,
                millis: endedAt - startedAt,
                ...(error === undefined ? {} : { error })
              })
            }))),
        "Messaging.send",
        { attributes: { carrier: carrier.id, delivery: deliveryId }, captureStackTrace: false }
      )
    })

  const plan: MessagingService["plan"] = (to, draft, sendOptions) =>
    Effect.suspend(() => {
      const prepared = prepare(to, draft, sendOptions)
      return "conversation" in prepared
        ? Effect.map(carrier.plan(prepared), (plan) => [plan])
        : Effect.flatMap(DeliveryIds.mint, (deliveryId) =>
          Effect.fail(new SendErrors.Invalid({ deliveryId, losses: [], attempts: [], problems: prepared }, { disableValidation: true })))
    })

  // --- status ---

  const factFrom = (message: Message): Status.StatusFact | undefined =>
    message.status.neutral === undefined ? undefined : {
      ref: message.ref,
      status: message.status.neutral,
      raw: message.status.raw,
      ...(message.service?.neutral === undefined ? {} : { service: message.service.neutral }),
      ...(message.downgraded === undefined ? {} : { downgraded: message.downgraded }),
      ...(message.failure?.code === undefined ? {} : { vendorCode: message.failure.code })
    }

  const heard = (known: Remembered, refs: ReadonlyArray<MessageRef>): Effect.Effect<DeliveryReport, MessagingError> =>
    Effect.map(Effect.forEach(refs, (ref) => carrier.getMessage(ref), { concurrency: 4 }), (messages) => {
      for (const message of messages) {
        const fact = factFrom(message)
        if (fact !== undefined) known.facts = Status.add(known.facts ?? firstFacts(known.receipts), fact)
      }
      return Status.report(known.facts ?? firstFacts(known.receipts), refs)
    })

  const status: MessagingService["status"] = (message) =>
    Effect.flatMap(known("getMessage", message), (found) =>
      isRef(found)
        ? heard({ receipts: [], facts: undefined }, [found])
        : heard(found, refsOf(found.receipts)))

  /** Every message of a split delivery: a record that stays behind would not be deleted. */
  const deleteRecord: MessagingService["deleteRecord"] = (message) =>
    Effect.flatMap(known("deleteRecord", message), (found) =>
      isRef(found)
        ? carrier.deleteRecord(found)
        : Effect.forEach(found.receipts, (receipt) => carrier.deleteRecord(receipt.ref), { discard: true }))

  const operations: Operations<MessageTarget> = {
    ...carrier,
    getMessage: (message, options) => onMessage("getMessage", message, Validate.partOf(options), (ref) => carrier.getMessage(ref)),
    listThread: (message, page) => onMessage("listThread", message, undefined, (ref) => carrier.listThread(ref, page)),
    deleteRecord,
    edit: (message, text, options) => onPart("edit", message, Validate.partOf(options), ({ part, ref }) => carrier.edit(ref, text, { part })),
    react: (message, reaction, options) => onPart("react", message, Validate.partOf(options), ({ part, ref }) => carrier.react(ref, reaction, { part })),
    unreact: (message, reaction, options) => onPart("unreact", message, Validate.partOf(options), ({ part, ref }) => carrier.unreact(ref, reaction, { part }))
  }

  return {
    ...operations,
    carriers: [{ id: carrier.id, vendor: carrier.vendor, capabilities: carrier.capabilities, lines: carrier.lines }],
    plan,
    send,
    status
  }
}

export const follow = <R>(
  status: Effect.Effect<DeliveryReport, MessagingError, R>,
  options: FollowOptions | undefined
): Stream.Stream<DeliveryReport, MessagingError, R> => {
  const every = Duration.decodeUnknown(options?.every ?? "1 second")
  const times = options?.times ?? 60
  if (Option.isNone(every) || !(Number.isSafeInteger(times) && times > 0)) {
    const problem = Problem.make("type", ["options"], "every is a duration, and times a whole number from 1")
    return Stream.fail(Errors.invalid("getMessage", [problem]))
  }
  return Stream.unfoldEffect(0, (count) =>
    count < 0 || count >= times
      ? Effect.succeed(Option.none())
      : Effect.map(
        count === 0 ? status : Effect.zipRight(Effect.sleep(every.value), status),
        (report) => Option.some([report, report.settled ? -1 : count + 1] as const)
      )).pipe(
      Stream.changesWith(isSameReport)
    )
}

// the other fields of a report follow from its messages
const isSameReport = (left: DeliveryReport, right: DeliveryReport): boolean =>
  left.messages.length === right.messages.length &&
  left.messages.every((message, index) => {
    const other = right.messages[index]
    return other !== undefined && message.status === other.status && message.failedOnce === other.failedOnce &&
      message.service === other.service && message.downgraded === other.downgraded
  })
