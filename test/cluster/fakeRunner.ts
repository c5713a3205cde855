/** A runner of one process that records what it is asked, and answers as a test says. */
import type { Prepared } from "@interline/core/Backend"
import * as CarrierId from "@interline/core/CarrierId"
import * as Conversation from "@interline/core/Conversation"
import type { Delivery } from "@interline/core/Delivery"
import * as DeliveryId from "@interline/core/DeliveryId"
import * as Draft from "@interline/core/Draft"
import * as Handle from "@interline/core/Handle"
import * as Line from "@interline/core/Line"
import * as MessageRef from "@interline/core/MessageRef"
import * as SendError from "@interline/core/SendError"
import type { Fact } from "@interline/router/Fact"
import * as Runner from "@interline/router/Runner"
import * as Shard from "@interline/router/Shard"
import * as Effect from "effect/Effect"

const linq = CarrierId.make("linq")
const support = Line.name("support")

export const conversation = Conversation.direct(support, Handle.make("+12025550123"))

export const shard = Shard.of(Conversation.key(conversation))

export const idOf = (number: number): DeliveryId.DeliveryId =>
  DeliveryId.DeliveryId.make(`00000000-0000-4000-8000-${String(number).padStart(12, "0")}`)

export const prepared: Prepared = { conversation, draft: Draft.text("hello"), fidelity: "adapt" }

export const deliveryOf = (id: DeliveryId.DeliveryId): Delivery => ({
  id,
  conversation,
  carrierId: linq,
  status: "sent",
  receipts: [{ ref: MessageRef.make(linq, `message of ${id}`), parts: [0], status: "sent" }],
  losses: [],
  attempts: [{ carrierId: linq, line: support, outcome: "accepted", why: "it was taken", startedAt: 1, millis: 1 }]
})

export const proof: Fact = {
  _tag: "Proven",
  generation: 1,
  step: 0,
  receipt: { ref: MessageRef.make(linq, "heard"), parts: [0], status: "sent" },
  by: "event"
}

export type Run = (id: DeliveryId.DeliveryId) => Effect.Effect<Delivery, SendError.SendError | Runner.NotOwner>

/** What the runner was asked, in order. */
export interface Asked {
  readonly runs: Array<DeliveryId.DeliveryId>
  readonly follows: Array<DeliveryId.DeliveryId | undefined>
  readonly ended: Array<DeliveryId.DeliveryId>
  readonly acquired: Array<number>
  /** The names that this process gave itself. */
  readonly names: Set<string | undefined>
  readonly released: Array<number>
  readonly abandoned: Array<DeliveryId.DeliveryId>
  readonly recalled: Array<DeliveryId.DeliveryId>
  /** Those of them that were certainly not sent if they are not on record. */
  readonly certain: Array<DeliveryId.DeliveryId>
  readonly told: Array<Fact>
}

export const make = (run: Run, sendWithin = 10_000): { readonly asked: Asked; readonly local: Runner.LocalRunner } => {
  const epochs = new Map<number, number>()
  const asked: Asked = {
    runs: [],
    follows: [],
    ended: [],
    acquired: [],
    names: new Set(),
    released: [],
    abandoned: [],
    recalled: [],
    certain: [],
    told: []
  }
  const local: Runner.LocalRunner = {
    run: (id, { conversation }, passed) =>
      Effect.suspend(() => {
        asked.runs.push(id)
        asked.follows.push(passed?.follows)
        return Effect.onInterrupt(
          epochs.has(Shard.of(Conversation.key(conversation)))
            ? Effect.zipLeft(run(id), Effect.sync(() => asked.ended.push(id)))
            : Effect.fail(new Runner.NotOwner({ shard })),
          () => Effect.sync(() => void asked.abandoned.push(id))
        )
      }),
    tell: (_, fact) =>
      Effect.suspend(() => {
        asked.told.push(fact)
        return asked.told.length === 1 ? Effect.fail(new Runner.NotOwner({ shard })) : Effect.succeed<Runner.TellResult>("Applied")
      }),
    recall: (id, _, silence) =>
      Effect.suspend(() => {
        asked.recalled.push(id)
        if (silence !== undefined) asked.certain.push(id)
        return Effect.fail(SendError.invalid(id, []))
      }),
    acquire: (shards, who) =>
      Effect.sync(() => {
        asked.names.add(who)
        asked.acquired.push(...shards)
        for (const one of shards) epochs.set(one, (epochs.get(one) ?? 0) + 1)
      }),
    release: (shards) =>
      Effect.sync(() => {
        asked.released.push(...shards)
        for (const one of shards) epochs.delete(one)
      }),
    takeUp: Effect.void,
    epochs: () => epochs,
    sendWithin,
    takenUp: () => 0,
    drain: () => Effect.void
  }
  return { asked, local }
}
