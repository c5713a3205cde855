/** Checks with the carrier that a message exists and is to the right people, before an operator's word settles a delivery. */
import * as Conversation from "@interline/core/Conversation"
import * as Handle from "@interline/core/Handle"
import type { Message } from "@interline/core/Message"
import type { MessageRef } from "@interline/core/MessageRef"
import * as MessagingError from "@interline/core/MessagingError"
import type { MessagingService } from "@interline/core/MessagingService"
import type { Peer } from "@interline/core/Peer"
import * as Problem from "@interline/core/Problem"
import type { Explanation } from "@interline/router/Router"
import * as Effect from "effect/Effect"
import * as ProblemDetails from "../../../http/ProblemDetails.ts"

/** `checked`: the carrier has the message, and it is to these people. `why`: why that is not known. */
export type Check = { readonly checked: true } | { readonly checked: false; readonly why: string }

const insist = "send `unchecked: true` (or give --unchecked) to settle it all the same"

const refuse = ({ carrierId }: MessageRef, rule: Problem.Rule, message: string) =>
  Effect.fail(
    ProblemDetails.fromMessagingError(
      MessagingError.invalid("getMessage", [Problem.make(rule, ["ref", "id"], `${message}; ${insist}`)], carrierId)
    )
  )

const isPerson = (person: Handle.Handle) => (peer: Peer): boolean =>
  Handle.isHandle(peer) && Handle.variants(person).some((spelling) => spelling === peer)

/** The people of a message. Undefined: the carrier does not say. */
const findPeople = (
  messaging: Pick<MessagingService, "getChat">,
  { chat, to }: Message
): Effect.Effect<ReadonlyArray<Peer> | undefined, MessagingError.MessagingError> =>
  to.length > 0
    ? Effect.succeed(to)
    : chat === undefined
    ? Effect.succeed(undefined)
    : Effect.map(messaging.getChat(chat), ({ participants }) => participants.map(({ peer }) => peer))

/** Fails if the carrier says that there is no such message, or that it is not the message of this conversation. */
export const check = (
  messaging: Pick<MessagingService, "getChat" | "getMessage">,
  ref: MessageRef,
  conversation: Conversation.Conversation
): Effect.Effect<Check, ProblemDetails.ProblemDetails> =>
  Effect.matchEffect(
    Effect.flatMap(messaging.getMessage(ref), (message) => Effect.map(findPeople(messaging, message), (people) => ({ message, people }))),
    {
      onFailure: (error) =>
        error.reason === "NotFound"
          ? refuse(ref, "type", `${ref.carrierId} knows no message with this id`)
          : Effect.succeed<Check>({ checked: false, why: `${ref.carrierId} could not be asked for the message: ${error.message}` }),
      onSuccess: ({ message, people }) =>
        message.direction === "inbound"
          ? refuse(ref, "recipient", `at ${ref.carrierId} this is a message from a person`)
          : people === undefined
          ? Effect.succeed<Check>({ checked: false, why: `${ref.carrierId} has the message, and does not say who got it` })
          : Conversation.recipients(conversation).every((person) => people.some(isPerson(person)))
          ? Effect.succeed<Check>({ checked: true })
          : refuse(ref, "recipient", `at ${ref.carrierId} this message is to somebody else`)
    }
  )

const settlers = { event: "what the carrier reported", look: "a look at the carrier", operator: "an operator" } as const

/** Why a delivery that is known is not held: who settled it and when, as far as that is on record. */
export const explainNotHeld = ({ decisions, outcome }: Explanation): string => {
  const settled = decisions.findLast((decision) => decision._tag === "Settled")
  return settled !== undefined
    ? `it was settled at ${new Date(settled.at).toISOString()} by ${settled.who ?? settlers[settled.by]}: ${
      settled.arrived ? "it arrived" : "it was not sent"
    }`
    : outcome === undefined
    ? "it is under way"
    : "it has ended, and nobody settled it by hand"
}
