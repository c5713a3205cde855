/** A send that is followed step by step, and what became of it when its answer was lost. */
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

/** A step as the carrier reported it, and how many writes had reached the vendor by then. */
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

/** Nobody else has anything to do with it. */
export const alone: Suspects = { taken: () => Effect.succeed(new Set<string>()), rivals: 0 }

/** These messages are known to be those of other sends: none of them hides whether the one that is looked for arrived. */
export const owning = (...refs: ReadonlyArray<MessageRef.MessageRef>): Suspects => ({
  taken: () => Effect.succeed(new Set(refs.map(MessageRef.format))),
  rivals: 0
})

/** Looks for the step that was reported last. */
export const find = ({ carrier }: World, { reports, request }: Followed, suspects: Suspects = alone): Effect.Effect<Finding> => {
  const last = reports.at(-1)
  const send = carrier.reconciliation?.send
  return last === undefined || send === undefined
    ? Effect.dieMessage("there is nothing to find, or no way to")
    : send.find(request, last, suspects)
}

type ReadBack = Exclude<keyof Reconciliation, "send" | "sendVoiceMemo">

const none = Effect.dieMessage("the carrier cannot read it back")

/** Whether what the probe of the same name does has happened. */
export const readBacks: Record<ReadBack, (setting: Setting) => Effect.Effect<boolean, MessagingError>> = {
  edit: ({ carrier, message }) => carrier.reconciliation?.edit?.(message, "hello there") ?? none,
  react: ({ carrier, theirs }) => carrier.reconciliation?.react?.(theirs, Reaction.tapback("love")) ?? none,
  unreact: ({ carrier, theirs }) => carrier.reconciliation?.unreact?.(theirs, Reaction.tapback("like")) ?? none,
  updateChat: ({ carrier, to }) => carrier.reconciliation?.updateChat?.(to, { name: "Team" }) ?? none,
  addParticipant: ({ carrier, to, world }) => carrier.reconciliation?.addParticipant?.(to, world.friends[3]) ?? none,
  removeParticipant: ({ carrier, to, world }) => carrier.reconciliation?.removeParticipant?.(to, world.friends[2]) ?? none
}

export const isReadBack = (name: keyof Reconciliation): name is ReadBack => name in readBacks

/** Sends a voice memo whose answer is lost, and looks for it, from now on or from an earlier time. */
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
