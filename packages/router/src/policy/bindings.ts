/** Records the bindings of conversations. If another process wrote the same binding first, this reads it and decides again. */
import type { Carrier } from "@interline/core/Carrier"
import type { CarrierId } from "@interline/core/CarrierId"
import * as Conversation from "@interline/core/Conversation"
import type { DeliveryId } from "@interline/core/DeliveryId"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { Candidate } from "../decision/Decision.ts"
import type { RouterEvent } from "../decision/RouterEvent.ts"
import type { Binding, Entry, LedgerService } from "../ledger/Ledger.ts"
import * as Affinity from "./Affinity.ts"
import type { Complete } from "./Policy.ts"
import * as Route from "./Route.ts"

export interface Parts {
  readonly policy: Complete
  readonly ledger: LedgerService
  /** A carrier took a message of a conversation that was bound to `before`. */
  readonly took?: (candidate: Candidate, before: Binding | undefined, at: number) => void
}

/** A carrier took a message of the conversation. `known`: its binding as it was last read. */
export interface Acceptance {
  readonly deliveryId: DeliveryId
  readonly conversation: Conversation.Conversation
  readonly known: Option.Option<Binding>
  readonly candidate: Candidate
  readonly at: number
}

const mostAttempts = 4

const versionOf = (binding: Option.Option<Binding>): number => Option.match(binding, { onNone: () => 0, onSome: ({ version }) => version })

const boundEvent = ({ at, candidate, deliveryId }: Acceptance, before: Binding | undefined): RouterEvent | undefined =>
  before?.carrierId === candidate.carrierId
    ? undefined
    : {
      _tag: "Bound",
      deliveryId,
      at,
      carrierId: candidate.carrierId,
      line: candidate.line,
      ...(before === undefined ? {} : { from: before.carrierId })
    }

/** Binds the conversation to the carrier that took a message. Returns the event to publish, if any. */
export const accept = (parts: Parts, acceptance: Acceptance, attempts = mostAttempts): Effect.Effect<RouterEvent | undefined> => {
  const { at, candidate, conversation, known } = acceptance
  const { ledger, policy, took } = parts
  const next = Affinity.afterAcceptance(Route.modeOf(policy, conversation), known, candidate, at)
  if (Option.isNone(next)) return Effect.succeed(undefined)
  const key = Conversation.key(conversation)
  return Effect.flatMap(ledger.bind(key, next.value, versionOf(known)), (isBound) => {
    if (isBound) {
      const before = Option.getOrUndefined(known)
      // for a second part of a message `before` is the binding that the first part made, so it is not counted as a new contact
      took?.(candidate, before, at)
      return Effect.succeed(boundEvent(acceptance, before))
    }
    return attempts <= 1
      ? Effect.succeed(undefined)
      : Effect.flatMap(ledger.binding(key), (binding) => accept(parts, { ...acceptance, known: binding }, attempts - 1))
  })
}

/** Does the same for an acceptance that was learned late. A conversation with a newer binding keeps it. */
export const acceptLate = (parts: Parts, entry: Entry, candidate: Candidate, at: number): Effect.Effect<RouterEvent | undefined> =>
  Effect.flatMap(parts.ledger.binding(entry.conversation), (known) =>
    Option.isSome(known) && known.value.at > entry.createdAt
      ? Effect.succeed(undefined)
      : accept(parts, { deliveryId: entry.id, conversation: entry.content.conversation, known, candidate, at }))

/** A person wrote to our line at a carrier. The conversation goes on there. */
export interface Inbound {
  readonly carrierId: CarrierId
  readonly line: Binding["line"]
  readonly conversation: Conversation.Conversation
  readonly at: number
}

export const follow = (
  parts: Parts,
  carriers: ReadonlyMap<CarrierId, Carrier>,
  inbound: Inbound,
  attempts = mostAttempts
): Effect.Effect<void> => {
  const { ledger, policy } = parts
  const { at, carrierId, conversation, line } = inbound
  const key = Conversation.key(conversation)
  return Effect.flatMap(ledger.binding(key), (known) => {
    const live = Affinity.findPlacement(policy, carriers, known, at)._tag === "Bound" ? known : Option.none()
    const next = Affinity.afterInbound(Route.modeOf(policy, conversation), live, carrierId, line, at)
    return Option.isNone(next)
      ? Effect.void
      : Effect.flatMap(
        ledger.bind(key, next.value, versionOf(known)),
        (isBound) => isBound || attempts <= 1 ? Effect.void : follow(parts, carriers, inbound, attempts - 1)
      )
  })
}
