/** Plans and sends. It checks a send, makes its plan from what is known about the chat, and runs its steps. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Conversation from "../../names/Conversation.ts"
import type { Phone } from "../../names/Handle.ts"
import type { LineName } from "../../names/Line.ts"
import * as Problem from "../../names/Problem.ts"
import * as MessagingError from "../../outcome/MessagingError.ts"
import * as Outcome from "../../outcome/Outcome.ts"
import * as Plan from "../../outcome/Plan.ts"
import type { ChatContext, Planned } from "../Adapter.ts"
import * as Capabilities from "../Capabilities.ts"
import type { ChatBookService } from "../ChatBook.ts"
import type { Progress, SendRequest } from "../OperationSignatures.ts"
import * as Validate from "../validate.ts"
import * as PerformSteps from "./performSteps.ts"
import { toUnknownLine } from "./resolveAddress.ts"
import * as Retry from "./retry.ts"

type Sending = Omit<SendRequest, "deliveryId" | "generation">

/** The part of a carrier that plans and sends. */
export interface Sender {
  readonly plan: (request: Sending) => Effect.Effect<Plan.Plan>
  readonly send: (request: SendRequest) => Effect.Effect<Outcome.Outcome>
}

const noConfirmation = Problem.make(
  "feature",
  ["options", "confirmsOptOut"],
  "this carrier documents no way to confirm an opt-out past its own block"
)

/** The part of a carrier that plans. It only reads the chat book, so it needs no credentials and never asks the vendor. */
export interface Planning extends Pick<Sender, "plan"> {
  readonly bookKnowledge: (conversation: Conversation.Conversation) => Effect.Effect<Plan.Knowledge>
  readonly planWith: (request: Sending, from: Phone, knowledge: Plan.Knowledge) => Plan.Plan
}

export const makePlanning = ({ capabilities, confirms, id, lines, plan: planOf }: Planned, chats: ChatBookService): Planning => {
  const planWith = (request: Sending, from: Phone, knowledge: Plan.Knowledge): Plan.Plan => {
    const plan = planOf({
      draft: request.draft,
      conversation: request.conversation,
      knowledge,
      from,
      fidelity: request.fidelity,
      ...(request.replyTo === undefined ? {} : { replyTo: request.replyTo })
    })
    const isRefused = request.confirmsOptOut === true && plan._tag === "Sendable" && (!confirms || plan.steps.length > 1)
    return isRefused ? { _tag: "Refused", carrierId: id, problems: [noConfirmation] } : plan
  }

  const refuseLine = (line: LineName): Plan.Plan => ({ _tag: "Refused", carrierId: id, problems: [toUnknownLine(lines, line)] })

  const refuseKind = (kind: "direct" | "group"): Plan.Plan => ({
    _tag: "Refused",
    carrierId: id,
    problems: [Problem.make("feature", ["to"], `this carrier does not send to ${kind} conversations`)]
  })

  const bookKnowledge = (conversation: Conversation.Conversation): Effect.Effect<Plan.Knowledge> =>
    Effect.map(chats.find(id, conversation), (chat) => Option.isSome(chat) ? Plan.known(chat.value) : Plan.unknown)

  const plan: Planning["plan"] = (request) => {
    const { conversation } = request
    const from = lines.get(conversation.line)
    return !Capabilities.supports(capabilities, "send", Conversation.kind(conversation))
      ? Effect.succeed(refuseKind(Conversation.kind(conversation)))
      : from === undefined
      ? Effect.succeed(refuseLine(conversation.line))
      : Effect.map(bookKnowledge(conversation), (knowledge) => planWith(request, from, knowledge))
  }

  return { bookKnowledge, plan, planWith }
}

/** What is malformed everywhere. */
export const validate = ({ conversation, draft }: Pick<Sending, "conversation" | "draft">): ReadonlyArray<Problem.Problem> => {
  const problems = [...Validate.conversation(conversation), ...Validate.draft(draft)]
  return problems.length > 0 ? problems : Validate.mentioned(conversation, draft)
}

const noRest = Problem.make("feature", ["options", "confirmsOptOut"], "a confirmation is sent once; there is no rest of it")

const once = Retry.make({ times: 0 })

const foreignProgress = Problem.make("type", ["resume"], "not the progress of a send of this carrier")

export interface Parts extends PerformSteps.Parts {
  readonly chats: ChatBookService
  readonly retry: Retry.Retry
}

export const make = (parts: Parts): Sender => {
  const { adapter, addresses: { findChat, toRefusal }, chats } = parts
  const { capabilities, id, lines } = adapter
  const performSteps = PerformSteps.make(parts)

  const { bookKnowledge, plan, planWith } = makePlanning({
    capabilities,
    id,
    lines,
    plan: adapter.plan,
    confirms: adapter.confirm !== undefined
  }, chats)

  /** What is known of the chat, looked up at the vendor if the plan depends on it. */
  const knowledgeFor = (request: Sending, from: Phone): Effect.Effect<Plan.Knowledge, MessagingError.MessagingError> =>
    Effect.flatMap(bookKnowledge(request.conversation), (knowledge) =>
      knowledge._tag === "Known" || !adapter.needsChat(request.draft)
        ? Effect.succeed(knowledge)
        : Effect.map(findChat("send", request.conversation, from), (found) => Option.isSome(found) ? Plan.known(found.value) : Plan.isNew))

  const chooseRetry = (request: SendRequest): Retry.Retry =>
    request.confirmsOptOut === true ? once : request.retry === undefined ? parts.retry : Retry.make(request.retry)

  const sendFrom = (request: SendRequest, from: Phone, mayForget: boolean): Effect.Effect<Outcome.Outcome> =>
    Effect.flatMap(Effect.either(knowledgeFor(request, from)), (knowledge) => {
      if (knowledge._tag === "Left") return Effect.succeed(Outcome.rejected(knowledge.left))
      const plan = planWith(request, from, knowledge.right)
      if (plan._tag === "Refused") return Effect.succeed(Outcome.rejected(MessagingError.invalid("send", plan.problems, id)))
      const context: ChatContext = {
        kind: Conversation.kind(request.conversation),
        recipients: Conversation.recipients(request.conversation),
        from,
        chat: knowledge.right._tag === "Known" ? knowledge.right.chat : undefined
      }
      const run = performSteps({ request, retry: chooseRetry(request), context, plan }, 0, [])
      return knowledge.right._tag !== "Known" || !mayForget
        ? run
        : Effect.flatMap(run, (outcome) =>
          // the vendor no longer knows the chat that we remembered: look again, once
          outcome._tag === "Rejected" && outcome.error.reason === "NotFound"
            ? Effect.zipRight(chats.unbind(id, request.conversation), sendFrom(request, from, false))
            : Effect.succeed(outcome))
    })

  /**
   * Performs the rest of an earlier plan without a new plan. The chat or the options may have changed since, but the parts that went
   * out have not.
   */
  const resumeFrom = (request: SendRequest, from: Phone, { plan, receipts, step }: Progress): Effect.Effect<Outcome.Outcome> => {
    const context: ChatContext = {
      kind: Conversation.kind(request.conversation),
      recipients: Conversation.recipients(request.conversation),
      from,
      chat: receipts.at(-1)?.chat
    }
    const isRest = Number.isSafeInteger(step) && step >= 0 &&
      (step < plan.steps.length || (step === plan.steps.length && receipts.length > 0))
    return plan.carrierId !== id || !isRest
      ? Effect.succeed(Outcome.rejected(MessagingError.invalid("send", [foreignProgress], id)))
      : performSteps({ request, retry: chooseRetry(request), context, plan }, step, receipts)
  }

  const send = (request: SendRequest): Effect.Effect<Outcome.Outcome> => {
    const problems = [...validate(request)]
    if (request.confirmsOptOut === true && problems.length === 0) {
      problems.push(...Validate.confirmation(request.conversation, request.draft))
    }
    if (request.confirmsOptOut === true && request.resume !== undefined) problems.push(noRest)
    if (problems.length > 0) return Effect.succeed(Outcome.rejected(MessagingError.invalid("send", problems, id)))
    const kind = Conversation.kind(request.conversation)
    if (!Capabilities.supports(capabilities, "send", kind)) return Effect.succeed(Outcome.rejected(toRefusal("send", kind)))
    const from = lines.get(request.conversation.line)
    if (from === undefined) {
      return Effect.succeed(Outcome.rejected(MessagingError.invalid("send", [toUnknownLine(lines, request.conversation.line)], id)))
    }
    return request.resume === undefined
      ? sendFrom(request, from, request.confirmsOptOut !== true)
      : resumeFrom(request, from, request.resume)
  }

  return { plan, send }
}
