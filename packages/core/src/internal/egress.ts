/** The last step before a request leaves: nobody who opted out is reached, whichever carrier learned of it. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { CarrierId } from "../CarrierId.ts"
import type { Handle } from "../Handle.ts"
import type { MessagingError } from "../MessagingError.ts"
import * as Errors from "../MessagingError.ts"
import type { Operation } from "../Operation.ts"
import * as Problem from "../Problem.ts"
import type { Source, SuppressionService } from "../Suppression.ts"

/** Every request that reaches a person goes through here, each repetition again. */
export type Egress = <A>(
  operation: Operation,
  recipients: ReadonlyArray<Handle>,
  request: Effect.Effect<A, MessagingError>
) => Effect.Effect<A, MessagingError>

const learnedFrom = {
  explicit: "the application said that somebody opted out",
  error: "a carrier refused a message because somebody opted out",
  event: "a carrier reported that somebody opted out",
  list: "a carrier's list says that somebody opted out"
} as const satisfies Record<Source, string>

const nobody = Problem.make("recipient", ["to"], "the carrier does not say who is in this chat, so nobody can be cleared; address it by its conversation")

export const make = (id: CarrierId, suppression: SuppressionService): Egress => {
  const fence = (operation: Operation, recipients: ReadonlyArray<Handle>): Effect.Effect<void, MessagingError> => {
    const [first, ...rest] = recipients
    if (first === undefined) return Effect.fail(Errors.invalid(operation, [nobody], id))
    return Effect.flatMap(suppression.find(first), (entry) =>
      Option.isSome(entry)
        ? Effect.fail(Errors.make("Suppressed", { carrierId: id, operation, detail: learnedFrom[entry.value.source] }))
        : rest.length === 0
        ? Effect.void
        : fence(operation, rest))
  }

  /** A carrier that refuses because one known person opted out teaches every other carrier. */
  const learn = (recipients: ReadonlyArray<Handle>) => (error: MessagingError): Effect.Effect<void> => {
    const [only, ...others] = recipients
    return error.reason === "OptedOut" && only !== undefined && others.length === 0 ? suppression.add(only, "error", id) : Effect.void
  }

  return (operation, recipients, request) =>
    Effect.zipRight(fence(operation, recipients), Effect.tapError(request, learn(recipients)))
}
