/** Stops requests to people who opted out. It runs last before a request leaves. An opt-out at one carrier counts at all carriers. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { CarrierId } from "../../names/CarrierId.ts"
import type { Handle } from "../../names/Handle.ts"
import type { Operation } from "../../names/Operation.ts"
import * as Problem from "../../names/Problem.ts"
import * as MessagingError from "../../outcome/MessagingError.ts"
import type { Confirming, Source, SuppressionService } from "../Suppression.ts"

/**
 * Lets a request leave if none of its recipients opted out. Every request to a person is checked, and each repetition is checked again.
 */
export type Fence = <A>(
  operation: Operation,
  recipients: ReadonlyArray<Handle>,
  request: Effect.Effect<A, MessagingError.MessagingError>
) => Effect.Effect<A, MessagingError.MessagingError>

const learnedFrom = {
  explicit: "the application said that somebody opted out",
  error: "a carrier refused a message because somebody opted out",
  event: "a carrier reported that somebody opted out",
  list: "a carrier's list says that somebody opted out"
} as const satisfies Record<Source, string>

const nobody = Problem.make(
  "recipient",
  ["to"],
  "the carrier does not say who is in this chat, so nobody can be cleared; address it by its conversation"
)

export const make = (id: CarrierId, suppression: SuppressionService): Fence => {
  const check = (operation: Operation, recipients: ReadonlyArray<Handle>): Effect.Effect<void, MessagingError.MessagingError> => {
    const [first, ...rest] = recipients
    if (first === undefined) return Effect.fail(MessagingError.invalid(operation, [nobody], id))
    return Effect.flatMap(suppression.find(first), (entry) =>
      Option.isSome(entry)
        ? Effect.fail(MessagingError.make("Suppressed", { carrierId: id, operation, detail: learnedFrom[entry.value.source] }))
        : rest.length === 0
        ? Effect.void
        : check(operation, rest))
  }

  /** If a carrier refuses because one known person opted out, the list records it. So it counts at every other carrier too. */
  const learn = (recipients: ReadonlyArray<Handle>) => (error: MessagingError.MessagingError): Effect.Effect<void> => {
    const [only, ...others] = recipients
    return error.reason === "OptedOut" && only !== undefined && others.length === 0 ? suppression.add(only, "error", id) : Effect.void
  }

  return (operation, recipients, request) => Effect.zipRight(check(operation, recipients), Effect.tapError(request, learn(recipients)))
}

/** Lets the one request leave that may reach a person who opted out: the confirmation of this opt-out. */
export type Confirm = <A>(
  recipient: Handle,
  request: Effect.Effect<A, MessagingError.MessagingError>
) => Effect.Effect<A, MessagingError.MessagingError>

const unconfirmed = {
  none: "no opt-out stands here that could be confirmed",
  source: "only what a person said themselves is confirmed",
  carrier: "the person opted out at another carrier",
  repeated: "the opt-out was confirmed before",
  late: "the person opted out more than five minutes ago"
} as const satisfies Record<Exclude<Confirming, "confirmed">, string>

/**
 * The suppression list decides whether the confirmation may leave, and records in the same step that it leaves. So a second try is
 * refused like every other request to this person. This also holds in another process, and if the first try got no answer.
 */
export const makeConfirm = (id: CarrierId, suppression: SuppressionService): Confirm => (recipient, request) =>
  Effect.flatMap(suppression.confirm(recipient, id), (result) =>
    result === "confirmed"
      ? request
      : result === "none"
      ? Effect.fail(MessagingError.invalid("send", [Problem.make("feature", ["options", "confirmsOptOut"], unconfirmed.none)], id))
      : Effect.fail(MessagingError.make("Suppressed", { carrierId: id, operation: "send", detail: unconfirmed[result] })))
