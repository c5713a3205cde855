/** Stops requests to people who opted out. It runs last before a request leaves. An opt-out at one carrier counts at all carriers. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { CarrierId } from "../../names/CarrierId.ts"
import * as Conversation from "../../names/Conversation.ts"
import type { Handle } from "../../names/Handle.ts"
import type { Operation } from "../../names/Operation.ts"
import * as Problem from "../../names/Problem.ts"
import * as MessagingError from "../../outcome/MessagingError.ts"
import type { SendRequest } from "../OperationSignatures.ts"
import * as Suppression from "../Suppression.ts"

/**
 * Lets a request leave if none of its recipients opted out. Every request to a person is checked, and each repetition is checked again.
 */
export type Fence = <A>(
  operation: Operation,
  recipients: ReadonlyArray<Handle>,
  request: Effect.Effect<A, MessagingError.MessagingError>
) => Effect.Effect<A, MessagingError.MessagingError>

const learnedFrom = {
  explicit: "the application said so",
  error: "a carrier said so when it refused an earlier message",
  event: "a carrier reported it",
  list: "a carrier has it in its list"
} as const satisfies Record<Suppression.Source, string>

const nobody = Problem.make(
  "recipient",
  ["to"],
  "the carrier does not say who is in this chat, so nobody can be cleared; address it by its conversation"
)

const refusal = (id: CarrierId, operation: Operation, detail: string): MessagingError.MessagingError =>
  MessagingError.make("Suppressed", { carrierId: id, operation, detail })

/** Why a request to these people may not leave, if it may not. */
const findRefusal = (
  id: CarrierId,
  suppression: Pick<Suppression.SuppressionService, "find">,
  operation: Operation,
  recipients: ReadonlyArray<Handle>
): Effect.Effect<MessagingError.MessagingError | undefined> => {
  const [first, ...rest] = recipients
  if (first === undefined) return Effect.succeed(MessagingError.invalid(operation, [nobody], id))
  return Effect.flatMap(suppression.find(first), (entry) =>
    Option.isSome(entry)
      ? Effect.succeed(
        refusal(id, operation, `the list of opt-outs here has somebody, and the carrier was not asked; ${learnedFrom[entry.value.source]}`)
      )
      : rest.length === 0
      ? Effect.succeed(undefined)
      : findRefusal(id, suppression, operation, rest))
}

export const make = (id: CarrierId, suppression: Suppression.SuppressionService): Fence => {
  const check = (operation: Operation, recipients: ReadonlyArray<Handle>): Effect.Effect<void, MessagingError.MessagingError> =>
    Effect.flatMap(findRefusal(id, suppression, operation, recipients), (error) => error === undefined ? Effect.void : Effect.fail(error))

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
} as const satisfies Record<Exclude<Suppression.Confirming, "confirmed">, string>

const noOptOut = Problem.make("feature", ["options", "confirmsOptOut"], unconfirmed.none)

const confirmRefusal = (id: CarrierId, result: Suppression.Confirming): MessagingError.MessagingError | undefined =>
  result === "confirmed"
    ? undefined
    : result === "none"
    ? MessagingError.invalid("send", [noOptOut], id)
    : refusal(id, "send", unconfirmed[result])

/**
 * The suppression list decides whether the confirmation may leave, and records in the same step that it leaves. So a second try is
 * refused like every other request to this person. This also holds in another process, and if the first try got no answer.
 */
export const makeConfirm = (id: CarrierId, suppression: Suppression.SuppressionService): Confirm => (recipient, request) =>
  Effect.flatMap(suppression.confirm(recipient, id), (result) => {
    const error = confirmRefusal(id, result)
    return error === undefined ? request : Effect.fail(error)
  })

/** Why a send may not leave now, if it may not. It claims no confirmation. */
export const findSendRefusal = (
  id: CarrierId,
  suppression: Pick<Suppression.SuppressionService, "find">,
  { confirmsOptOut, conversation }: Pick<SendRequest, "confirmsOptOut" | "conversation">
): Effect.Effect<MessagingError.MessagingError | undefined> =>
  confirmsOptOut === true && conversation._tag === "Direct"
    ? Effect.zipWith(
      suppression.find(conversation.handle),
      Clock.currentTimeMillis,
      (entry, at) => confirmRefusal(id, Suppression.confirming(Option.toArray(entry), id, at))
    )
    : findRefusal(id, suppression, "send", Conversation.recipients(conversation))
