/** Decides whether a request that is passed on may reach the people of a conversation. */
import type { CarrierId } from "@interline/core/CarrierId"
import * as Conversation from "@interline/core/Conversation"
import type { Handle } from "@interline/core/Handle"
import * as MessagingError from "@interline/core/MessagingError"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { Parts } from "./PassThroughService.ts"

// The nearest operation. What is passed on has none of its own.
const operation = "send"

const later = Duration.seconds(30)

/** Makes the last check before a request leaves. The check is the same as for a message: it is done anew for each request. */
export const make = (
  carrierId: CarrierId,
  { ledger, suppression, unread }: Pick<Parts, "ledger" | "suppression" | "unread">
) => {
  const refuse = (reason: "NotReady" | "Suppressed" | "Unsupported", detail: string, more: object = {}) =>
    Effect.fail(MessagingError.make(reason, { carrierId, operation, detail, ...more }))

  const clearPerson = (person: Handle): Effect.Effect<void, MessagingError.MessagingError> =>
    Effect.flatMap(
      suppression.find(person),
      Option.match({ onNone: () => Effect.void, onSome: () => refuse("Suppressed", "somebody of this conversation opted out") })
    )

  return (conversation: Conversation.Conversation): Effect.Effect<void, MessagingError.MessagingError> =>
    Effect.gen(function*() {
      const binding = yield* ledger.binding(Conversation.key(conversation))
      if (!Option.exists(binding, (bound) => bound.carrierId === carrierId)) {
        return yield* refuse(
          "Unsupported",
          "these people do not have this vendor's number from the gateway, so the number that they know would change; send them a message first"
        )
      }
      // The look-up waits for what is not known yet, but not for ever.
      yield* Effect.forEach(Conversation.recipients(conversation), clearPerson, { discard: true })
      if (unread().length > 0) {
        yield* refuse("NotReady", "it is not known yet who opted out while the gateway was not running", { retryAfter: later })
      }
    })
}
