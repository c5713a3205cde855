/** Finds the carriers of an operation: the one that has the message, the chat or the conversation, the first that can do it, or all. */
import * as Capabilities from "@interline/core/Capabilities"
import type { Carrier } from "@interline/core/Carrier"
import type { CarrierId } from "@interline/core/CarrierId"
import * as Conversation from "@interline/core/Conversation"
import type { LineName } from "@interline/core/Line"
import * as MessagingError from "@interline/core/MessagingError"
import type { Operation } from "@interline/core/Operation"
import * as Problem from "@interline/core/Problem"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { LedgerService } from "../ledger/Ledger.ts"
import type { Complete } from "../policy/Policy.ts"
import type * as Rollout from "../policy/Rollout.ts"
import * as Route from "../policy/Route.ts"

export interface Parts {
  readonly policy: Complete
  readonly carriers: ReadonlyMap<CarrierId, Carrier>
  readonly ledger: LedgerService
  /** What is stored of the policy's rollout, by the key of a conversation. Absent if the policy has none. */
  readonly rollout?: (conversation: string) => Effect.Effect<Rollout.Stored>
}

export type Result<A = unknown> = Effect.Effect<A, MessagingError.MessagingError>

export type Run<A = unknown> = (carrier: Carrier) => Result<A>

export const invalid = (operation: Operation, path: ReadonlyArray<string>, message: string): Result<never> =>
  Effect.fail(MessagingError.invalid(operation, [Problem.make("type", path, message)]))

export const isEmpty = <A>(items: ReadonlyArray<A>): boolean => items.length === 0

export interface FindCarriers {
  /** The carriers that can do it, and have the line if one is named: the preferred first, the others in the order of the configuration. */
  readonly findAble: (operation: Operation, line?: LineName) => ReadonlyArray<Carrier>
  /** No carrier can do it. Says why, for each of them of which that is known. */
  readonly failUnsupported: (operation: Operation) => Result<never>
  readonly atFirst: <A>(operation: Operation, line: LineName | undefined, run: Run<A>) => Result<A>
  /** Runs at all that can. What was done at some is done, also if another one fails; then the first failure is the answer. */
  readonly atAll: <A>(operation: Operation, line: LineName | undefined, run: Run<A>) => Result<ReadonlyArray<A>>
  /** `path`: where the caller named the carrier. */
  readonly atCarrier: <A>(operation: Operation, id: CarrierId, path: ReadonlyArray<string>, run: Run<A>) => Result<A>
  /** Runs at the carrier of a chat, or where the conversation is. */
  readonly inChat: <A>(operation: Operation, target: Conversation.ChatTarget, run: Run<A>) => Result<A>
  readonly atOwnerOfWebhook: (operation: Operation, id: string, run: Run) => Result
}

export const make = ({ carriers, ledger, policy, rollout }: Parts): FindCarriers => {
  const ordered: ReadonlyArray<Carrier> = [
    ...policy.prefer.flatMap((id) => carriers.get(id) ?? []),
    ...Array.from(carriers.values()).filter(({ id }) => !policy.prefer.includes(id))
  ]

  const findAble = (operation: Operation, line?: LineName): ReadonlyArray<Carrier> =>
    ordered.filter((carrier) => Capabilities.supports(carrier.capabilities, operation) && (line === undefined || carrier.lines.has(line)))

  const failUnsupported = (operation: Operation): Result<never> => {
    const reasons = ordered.flatMap(({ capabilities }) =>
      Capabilities.supports(capabilities, operation) ? [] : capabilities.reasons?.[operation] ?? []
    )
    const detail = ["no configured carrier can do it there", ...new Set(reasons)].join("; ")
    return Effect.fail(MessagingError.make("Unsupported", { operation, detail }))
  }

  const atFirst = <A>(operation: Operation, line: LineName | undefined, run: Run<A>): Result<A> => {
    const [carrier] = findAble(operation, line)
    return carrier === undefined ? failUnsupported(operation) : run(carrier)
  }

  const atAll = <A>(operation: Operation, line: LineName | undefined, run: Run<A>): Result<ReadonlyArray<A>> => {
    const all = findAble(operation, line)
    return isEmpty(all)
      ? failUnsupported(operation)
      : Effect.flatMap(
        Effect.forEach(all, (carrier) => Effect.either(run(carrier))),
        (results) => Effect.forEach(results, (result) => result)
      )
  }

  const atCarrier = <A>(operation: Operation, id: CarrierId, path: ReadonlyArray<string>, run: Run<A>): Result<A> => {
    const carrier = carriers.get(id)
    return carrier === undefined ? invalid(operation, [...path, "carrierId"], `no carrier "${id}" is configured`) : run(carrier)
  }

  /** Where the first message of a conversation would go. */
  const atBeginning = (operation: Operation, conversation: Conversation.Conversation): Result<Carrier> =>
    rollout === undefined
      ? atFirst(operation, conversation.line, Effect.succeed)
      : Effect.flatMap(rollout(Conversation.key(conversation)), (stored) => {
        const able = findAble(operation, conversation.line)
        const [first] = Route.preferOf(policy, policy.prefer, conversation, stored)
        const [carrier] = [...able.filter(({ id }) => id === first), ...able]
        return carrier === undefined ? failUnsupported(operation) : Effect.succeed(carrier)
      })

  const findHome = (operation: Operation, conversation: Conversation.Conversation): Result<Carrier> =>
    Effect.flatMap(ledger.binding(Conversation.key(conversation)), (binding) => {
      const bound = Option.isSome(binding) ? carriers.get(binding.value.carrierId) : undefined
      return bound !== undefined && bound.lines.has(conversation.line) ? Effect.succeed(bound) : atBeginning(operation, conversation)
    })

  const inChat = <A>(operation: Operation, target: Conversation.ChatTarget, run: Run<A>): Result<A> =>
    Conversation.isConversation(target)
      ? Effect.flatMap(findHome(operation, target), run)
      : atCarrier(operation, target.carrierId, ["to"], run)

  const atOwnerOfWebhook = (operation: Operation, id: string, run: Run): Result => {
    const all = findAble(operation)
    const [only, ...others] = all
    if (only !== undefined && isEmpty(others)) return run(only)
    return Effect.flatMap(
      Effect.findFirst(all, (carrier) => Effect.map(carrier.listWebhooks(), (webhooks) => webhooks.some((webhook) => webhook.id === id))),
      Option.match({
        onNone: () => Effect.fail(MessagingError.make("NotFound", { operation, detail: "no configured carrier has that webhook" })),
        onSome: run
      })
    )
  }

  return { findAble, failUnsupported, atFirst, atAll, atCarrier, inChat, atOwnerOfWebhook }
}
