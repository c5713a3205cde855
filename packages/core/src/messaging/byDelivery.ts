/** Runs operations that name a delivery: finds the messages and the parts of this delivery first. */
import * as Effect from "effect/Effect"
import { type Call, mapOperations, type Operations } from "../carrier/OperationSignatures.ts"
import * as Validate from "../carrier/validate.ts"
import type { StatusFact } from "../content/DeliveryStatus.ts"
import type { MessageTarget, ReplyTarget } from "../content/Draft.ts"
import type { Message } from "../content/Message.ts"
import type { CarrierId } from "../names/CarrierId.ts"
import type { ChatTarget } from "../names/Conversation.ts"
import type { MessageRef } from "../names/MessageRef.ts"
import type { Operation, Row } from "../names/Operation.ts"
import * as OwnNumbers from "../names/ownNumbers.ts"
import type * as Problem from "../names/Problem.ts"
import * as MessagingError from "../outcome/MessagingError.ts"
import { present } from "../runtime/Optional.ts"
import type { Backend, Slot } from "./Backend.ts"
import type { MessagingService } from "./MessagingService.ts"
import * as RecentDeliveries from "./recentDeliveries.ts"

/** One part of a vendor's message. */
export interface Located {
  readonly ref: MessageRef
  readonly part: number
}

export interface Parts {
  readonly backend: Pick<Backend, "carriers" | "operations">
  readonly deliveries: RecentDeliveries.Deliveries
  readonly ours: OwnNumbers.Ours
}

export interface ByDelivery {
  readonly operations: Operations<MessageTarget>
  readonly status: MessagingService["status"]
  /** The part that a reply is to; undefined if its delivery or part is not known here. */
  readonly locateReply: (target: ReplyTarget) => Effect.Effect<Located | undefined>
}

type Result<A = unknown> = Effect.Effect<A, MessagingError.MessagingError>

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
    ...present({ service: message.service?.neutral, downgraded: message.downgraded, vendorCode: message.failure?.code })
  }

const isRef = (found: MessageRef | ReadonlyArray<Slot>): found is MessageRef => "carrierId" in found

export const make = ({ backend: { carriers, operations }, deliveries, ours }: Parts): ByDelivery => {
  const only: CarrierId | undefined = carriers.length === 1 ? carriers[0]?.id : undefined
  const ofCarrier = only === undefined ? {} : { carrierId: only }

  const refuse = (operation: Operation, problems: ReadonlyArray<Problem.Problem>): Result<never> =>
    Effect.fail(MessagingError.invalid(operation, problems, only))

  const failNotFound = (operation: Operation, detail: string): Result<never> =>
    Effect.fail(MessagingError.make("NotFound", { operation, ...ofCarrier, detail }))

  const failUnknownPart = (operation: Operation): Result<never> => failNotFound(operation, "no message of the delivery carries that part")

  // a ref of another carrier goes to the back end, which refuses it and names the carrier
  const find = (operation: Operation, message: MessageTarget): Result<MessageRef | ReadonlyArray<Slot>> => {
    const problems = Validate.message(message, ["message"])
    if (problems.length > 0) return refuse(operation, problems)
    return typeof message !== "string"
      ? Effect.succeed(message)
      : Effect.flatMap(deliveries.find(message), (slots) =>
        slots === undefined
          ? failNotFound(operation, "the delivery is not known here; name the message by its MessageRef")
          : Effect.succeed(slots))
  }

  /** A part, for operations on parts: where the delivery's part is, or the part of the vendor's message. */
  const runOnPart = (operation: Operation, message: MessageTarget, part: number | undefined, run: (located: Located) => Result): Result =>
    Effect.flatMap(find(operation, message), (found) => {
      const problems = Validate.partIndex(part)
      if (problems.length > 0) return refuse(operation, problems)
      if (isRef(found)) return run({ ref: found, part: part ?? 0 })
      const located = locatePart(found, part ?? 0)
      return located === undefined ? failUnknownPart(operation) : run(located)
    })

  /** A whole message, for operations on messages: of a split delivery the one that carries `part`, else its first. */
  const runOnMessage = (operation: Operation, message: MessageTarget, part: number | undefined, run: (ref: MessageRef) => Result): Result =>
    part !== undefined
      ? runOnPart(operation, message, part, ({ ref }) => run(ref))
      : Effect.flatMap(find(operation, message), (found) => {
        const ref = isRef(found) ? found : (locatePart(found, 0) ?? found[0])?.ref
        return ref === undefined ? failUnknownPart(operation) : run(ref)
      })

  /** Runs an operation in a chat, unless it would reach a number of ours. The back end reports malformed arguments. */
  const inChat =
    (operation: Operation, { alsoReaches }: Row, run: Call): Call => (target: ChatTarget, ...others: ReadonlyArray<unknown>) => {
      const problems = Validate.target(target).length > 0 ? [] : ours.among(target)
      if (problems.length > 0) return refuse(operation, problems)
      return alsoReaches !== undefined && ours.has(others[alsoReaches - 1])
        ? refuse(operation, [OwnNumbers.problem(["handle"])])
        : run(target, ...others)
    }

  const onPart = (operation: Operation, { part }: Row, run: Call): Call => (message: MessageTarget, ...others: ReadonlyArray<unknown>) =>
    part === undefined
      ? runOnPart(operation, message, undefined, ({ ref }) => run(ref, ...others))
      : runOnPart(
        operation,
        message,
        Validate.partOf(others[part - 1]),
        (located) => run(located.ref, ...others.slice(0, part - 1), { part: located.part })
      )

  const onMessage = (operation: Operation, { part }: Row, run: Call): Call => (message: MessageTarget, ...others: ReadonlyArray<unknown>) =>
    part === undefined
      ? runOnMessage(operation, message, undefined, (ref) => run(ref, ...others))
      : runOnMessage(operation, message, Validate.partOf(others[part - 1]), (ref) => run(ref, ...others.slice(0, part - 1)))

  /** Deletes the records of all messages of a split delivery, so that none is left. */
  const deleteRecord: MessagingService["deleteRecord"] = (message) =>
    Effect.flatMap(find("deleteRecord", message), (found) =>
      isRef(found)
        ? operations.deleteRecord(found)
        : Effect.forEach(found, (slot) => operations.deleteRecord(slot.ref), { discard: true }))

  return {
    operations: {
      ...mapOperations<MessageTarget>((operation, row) => {
        const run: Call = operations[operation]
        return row.address === "chat" && row.reaches
          ? inChat(operation, row, run)
          : row.address === "message"
          ? onPart(operation, row, run)
          : row.address === "ref"
          ? onMessage(operation, row, run)
          : run
      }),
      deleteRecord
    },
    status: (message) =>
      Effect.flatMap(find("getMessage", message), (found) => {
        const refs = isRef(found) ? [found] : RecentDeliveries.listRefs(found)
        return Effect.map(Effect.forEach(refs, (ref) => operations.getMessage(ref), { concurrency: 4 }), (messages) => {
          for (const message of messages) {
            const fact = factFrom(message)
            if (fact !== undefined) deliveries.hear(fact)
          }
          return deliveries.report(refs, isRef(found) ? [] : found)
        })
      }),
    locateReply: ({ part, to }) =>
      typeof to !== "string"
        ? Effect.succeed({ ref: to, part: part ?? 0 })
        : Effect.map(deliveries.find(to), (slots) => slots === undefined ? undefined : locatePart(slots, part ?? 0))
  }
}
