/** What a carrier would be asked for: pure but for the chat book, so it needs no credentials and no vendor. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { Conversation } from "../names/Conversation.ts"
import type { Phone } from "../names/Handle.ts"
import type { LineName } from "../names/Line.ts"
import * as Problem from "../names/Problem.ts"
import * as Plan from "../outcome/Plan.ts"
import * as Capabilities from "./Capabilities.ts"
import type { Planned, Planner, SendRequest } from "./Carrier.ts"
import type { ChatBookService } from "./ChatBook.ts"
import { kindOf, unknownLine } from "./resolveAddress.ts"

const noConfirmation = Problem.make(
  "feature",
  ["options", "confirmsOptOut"],
  "this carrier documents no way to confirm an opt-out past its own block"
)

type Sending = Omit<SendRequest, "deliveryId" | "generation">

export interface Planning extends Pick<Planner, "plan"> {
  readonly bookKnowledge: (conversation: Conversation) => Effect.Effect<Plan.Knowledge>
  readonly planWith: (request: Sending, from: Phone, knowledge: Plan.Knowledge) => Plan.Plan
}

export const make = ({ capabilities, confirms, id, lines, plan: planOf }: Planned, chats: ChatBookService): Planning => {
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

  const refusedLine = (line: LineName): Plan.Plan => ({ _tag: "Refused", carrierId: id, problems: [unknownLine(lines, line)] })

  const refusedKind = (kind: "direct" | "group"): Plan.Plan => ({
    _tag: "Refused",
    carrierId: id,
    problems: [Problem.make("feature", ["to"], `this carrier does not send to ${kind} conversations`)]
  })

  const bookKnowledge = (conversation: Conversation): Effect.Effect<Plan.Knowledge> =>
    Effect.map(chats.find(id, conversation), (chat) => Option.isSome(chat) ? Plan.known(chat.value) : Plan.unknown)

  const plan: Planner["plan"] = (request) => {
    const { conversation } = request
    const from = lines.get(conversation.line)
    return !Capabilities.supports(capabilities, "send", kindOf(conversation))
      ? Effect.succeed(refusedKind(kindOf(conversation)))
      : from === undefined
      ? Effect.succeed(refusedLine(conversation.line))
      : Effect.map(bookKnowledge(conversation), (knowledge) => planWith(request, from, knowledge))
  }

  return { bookKnowledge, plan, planWith }
}

export const planner = (planned: Planned, chats: ChatBookService): Planner => ({
  id: planned.id,
  lines: planned.lines,
  plan: make(planned, chats).plan
})
