/** Follows a send step by step, and finds its result after a lost answer. */
import type { Conversation } from "@interline/core/Conversation"
import * as DeliveryId from "@interline/core/DeliveryId"
import type { Draft } from "@interline/core/Draft"
import * as MessageRef from "@interline/core/MessageRef"
import type { MessagingError } from "@interline/core/MessagingError"
import type { Finding, Progress, Reconciliation, SendRequest, Suspects } from "@interline/core/OperationSignatures"
import type { Outcome } from "@interline/core/Outcome"
import * as Part from "@interline/core/Part"
import * as Reaction from "@interline/core/Reaction"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Ref from "effect/Ref"
import type { World } from "./Harness.ts"
import type { Setting } from "./probes.ts"

/** A step that the carrier reported, with the number of writes that had reached the vendor before the report. */
export interface StepReport extends Progress {
  readonly writes: number
}

export interface Followed {
  readonly request: SendRequest
  readonly outcome: Outcome
  readonly reports: ReadonlyArray<StepReport>
}

/** Sends once, without repetitions. */
export const follow = (world: World, to: Conversation, draft: Draft, more: Partial<SendRequest> = {}): Effect.Effect<Followed> =>
  Effect.gen(function*() {
    const reports = yield* Ref.make<ReadonlyArray<StepReport>>([])
    const request: SendRequest = {
      deliveryId: yield* DeliveryId.mint,
      generation: 1,
      conversation: to,
      draft,
      fidelity: "adapt",
      retry: { times: 0 },
      ...more
    }
    const onProgress = (progress: Progress) =>
      Effect.flatMap(world.writes, (writes) => Ref.update(reports, (all) => [...all, { ...progress, writes }]))
    return { request, outcome: yield* world.carrier.send({ ...request, onProgress }), reports: yield* Ref.get(reports) }
  })

/** There is no other send to which a found message could belong. */
export const alone: Suspects = { taken: () => Effect.succeed(new Set<string>()), rivals: 0 }

/** These messages belong to other sends. So the search does not take one of them for its own message. */
export const owning = (...refs: ReadonlyArray<MessageRef.MessageRef>): Suspects => ({
  taken: () => Effect.succeed(new Set(refs.map(MessageRef.format))),
  rivals: 0
})

/** Searches for the result of the last reported step. */
export const find = ({ carrier }: World, { reports, request }: Followed, suspects: Suspects = alone): Effect.Effect<Finding> => {
  const last = reports.at(-1)
  const send = carrier.reconciliation?.send
  return last === undefined || send === undefined
    ? Effect.dieMessage("there is nothing to find, or no way to")
    : send.find(request, last, suspects)
}

type ReadBack = Exclude<keyof Reconciliation, "send" | "sendVoiceMemo">

const none = Effect.dieMessage("the carrier cannot read it back")

/** Reads back whether the action of the probe with the same name has happened. */
export const readBacks: Record<ReadBack, (setting: Setting) => Effect.Effect<boolean, MessagingError>> = {
  edit: ({ carrier, message }) => carrier.reconciliation?.edit?.(message, "hello there") ?? none,
  react: ({ carrier, theirs }) => carrier.reconciliation?.react?.(theirs, Reaction.tapback("love")) ?? none,
  unreact: ({ carrier, theirs }) => carrier.reconciliation?.unreact?.(theirs, Reaction.tapback("like")) ?? none,
  // before the probe there is no poll
  voteInPoll: ({ carrier, world }) =>
    Effect.flatMap(world.phone(world.friends[0]), ({ messages }) => {
      const shown = messages.find(({ poll }) => poll !== null)
      if (shown === undefined) return Effect.succeed(false)
      const ref = MessageRef.make(carrier.id, shown.id)
      return Effect.flatMap(
        carrier.getPoll(ref),
        ({ options: [option] }) => carrier.reconciliation?.voteInPoll?.(ref, option?.id ?? "none", true) ?? none
      )
    }),
  updateChat: ({ carrier, to }) => carrier.reconciliation?.updateChat?.(to, { name: "Team" }) ?? none,
  addParticipant: ({ carrier, to, world }) => carrier.reconciliation?.addParticipant?.(to, world.friends[3]) ?? none,
  removeParticipant: ({ carrier, to, world }) => carrier.reconciliation?.removeParticipant?.(to, world.friends[2]) ?? none
}

export const isReadBack = (name: keyof Reconciliation): name is ReadBack => name in readBacks

/** Sends a voice memo, loses its answer and searches for the memo. The search begins at `from`, or by default at the send. */
export const lostVoiceMemo = (
  { carrier, to, world }: Setting,
  lose: Effect.Effect<void>,
  suspects: Suspects = alone,
  from?: number
): Effect.Effect<Finding> =>
  Effect.gen(function*() {
    const since = from ?? (yield* Clock.currentTimeMillis)
    yield* lose
    yield* Effect.ignore(carrier.sendVoiceMemo(to, Part.media(world.audioUrl)))
    return yield* carrier.reconciliation?.sendVoiceMemo?.(to, since, suspects) ?? none
  })
