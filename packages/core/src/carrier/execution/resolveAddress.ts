/**
 * Turns the caller's address (a conversation, a chat or a message) into the context that an adapter needs, and checks the capabilities.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as NearestWord from "../../language/NearestWord.ts"
import * as Conversation from "../../names/Conversation.ts"
import type { Phone } from "../../names/Handle.ts"
import type { LineName } from "../../names/Line.ts"
import type { MessageRef } from "../../names/MessageRef.ts"
import type { Operation } from "../../names/Operation.ts"
import * as Problem from "../../names/Problem.ts"
import * as MessagingError from "../../outcome/MessagingError.ts"
import type { Receipt } from "../../outcome/Outcome.ts"
import * as BoundedMap from "../../runtime/BoundedMap.ts"
import { present } from "../../runtime/Optional.ts"
import type { Adapter, ChatContext, MessageContext } from "../Adapter.ts"
import * as Capabilities from "../Capabilities.ts"
import type { ChatBookService } from "../ChatBook.ts"
import * as Validate from "../validate.ts"
import * as Retry from "./retry.ts"

export const toUnknownLine = (lines: ReadonlyMap<LineName, Phone>, line: LineName): Problem.Problem => {
  const names = Array.from(lines.keys())
  if (names.length === 0) return Problem.make("line", ["to", "line"], "no line has a number at this carrier")
  const meant = NearestWord.find(line, names)
  const quoted = NearestWord.quote(line)
  return Problem.make(
    "line",
    ["to", "line"],
    `this carrier has no ${quoted === undefined ? "such line" : `line ${quoted}`}; its lines are: ${names.join(", ")}${
      meant === undefined ? "" : `; did you mean "${meant}"?`
    }`
  )
}

export type Addresses = ReturnType<typeof make>

export const make = (adapter: Adapter, chats: ChatBookService, retry: Retry.Retry) => {
  const { capabilities, id, lines } = adapter
  /** The chats of our own messages, so that a reaction to one of them needs no lookup. */
  const located = BoundedMap.make<string, ChatContext>(10_000)

  const refuse = (operation: Operation, problems: ReadonlyArray<Problem.Problem>) =>
    Effect.fail(MessagingError.invalid(operation, problems, id))

  const toRefusal = (operation: Operation, kind: "direct" | "group" | undefined): MessagingError.MessagingError => {
    const reason = capabilities.reasons?.[operation]
    const where = kind === undefined ? undefined : `not in ${kind} conversations`
    return MessagingError.unsupported(id, operation, where === undefined || reason === undefined ? where ?? reason : `${where}: ${reason}`)
  }

  const gate = (operation: Operation, kind?: "direct" | "group"): Effect.Effect<void, MessagingError.MessagingError> =>
    Capabilities.supports(capabilities, operation, kind) ? Effect.void : Effect.fail(toRefusal(operation, kind))

  const findNumber = (operation: Operation, line: LineName): Effect.Effect<Phone, MessagingError.MessagingError> => {
    const number = lines.get(line)
    return number === undefined ? refuse(operation, [toUnknownLine(lines, line)]) : Effect.succeed(number)
  }

  const findChat = (
    operation: Operation,
    conversation: Conversation.Conversation,
    from: Phone
  ): Effect.Effect<Option.Option<Conversation.ChatRef>, MessagingError.MessagingError> =>
    Effect.flatMap(chats.find(id, conversation), (known) =>
      Option.isSome(known)
        ? Effect.succeed(known)
        : Effect.tap(lookUp(operation, adapter.findChat(conversation, from)), (found) =>
          Option.isSome(found) ? chats.bind(conversation, found.value) : Effect.void))

  /** A failed lookup changed nothing, even if its own result is uncertain. So its error says that nothing happened. */
  const toLookupFailure = (operation: Operation) => (error: MessagingError.MessagingError): MessagingError.MessagingError =>
    MessagingError.make(error.reason, {
      carrierId: id,
      operation,
      certainty: "not-sent",
      blame: error.blame,
      next: error.next === "reconcile" ? "reroute" : error.next,
      detail: `looking up the chat failed${error.detail === undefined ? "" : `: ${error.detail}`}`,
      ...present({
        status: error.status,
        vendorCode: error.vendorCode,
        traceId: error.traceId,
        retryAfter: error.retryAfter,
        vendorMessage: error.vendorMessage === undefined ? undefined : Redacted.value(error.vendorMessage)
      })
    })

  const lookUp = <A>(
    operation: Operation,
    effect: Effect.Effect<A, MessagingError.MessagingError>
  ): Effect.Effect<A, MessagingError.MessagingError> => Effect.mapError(Retry.repeat(effect, retry, true), toLookupFailure(operation))

  /** Finds the chat of a target. If the kind is known and not supported, the target is refused before the vendor is asked. */
  const resolveChat = (
    operation: Operation,
    target: Conversation.ChatTarget
  ): Effect.Effect<ChatContext, MessagingError.MessagingError> => {
    const problems = Validate.target(target)
    if (problems.length > 0) return refuse(operation, problems)
    if (!Conversation.isConversation(target)) {
      return target.carrierId === id
        ? Effect.tap(lookUp(operation, adapter.describeChat(target)), (chat) => gate(operation, chat.kind))
        : refuse(operation, [Problem.make("type", ["to", "carrierId"], "the chat belongs to another carrier")])
    }
    const kind = Conversation.kind(target)
    return Effect.flatMap(
      Effect.zipRight(gate(operation, kind), findNumber(operation, target.line)),
      (from) =>
        Effect.map(findChat(operation, target, from), (chat): ChatContext => ({
          kind,
          recipients: Conversation.recipients(target),
          from,
          chat: Option.getOrUndefined(chat)
        }))
    )
  }

  const resolveMessage = (
    operation: Operation,
    ref: MessageRef,
    part: number | undefined
  ): Effect.Effect<MessageContext, MessagingError.MessagingError> => {
    const ill = [...Validate.ref(ref, ["message"]), ...Validate.partIndex(part)]
    const problems = ill.length > 0 ? ill : Validate.ownMessage(id, ref)
    if (problems.length > 0) return refuse(operation, problems)
    const known = located.get(ref.id)
    const chat = known === undefined ? lookUp(operation, adapter.chatOf(ref)) : Effect.succeed(known)
    return Effect.map(Effect.tap(chat, ({ kind }) => gate(operation, kind)), (chat) => ({ ref, part: part ?? 0, chat }))
  }

  const remember = (target: Conversation.ChatTarget, context: ChatContext, receipt: Receipt): Effect.Effect<void> => {
    located.set(receipt.ref.id, { ...context, chat: receipt.chat ?? context.chat })
    return receipt.chat === undefined || !Conversation.isConversation(target) ? Effect.void : chats.bind(target, receipt.chat)
  }

  return { gate, toRefusal, findNumber, findChat, resolveChat, resolveMessage, remember }
}
