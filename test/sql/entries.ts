/** A small delivery to write down. */
import { CarrierId } from "@interline/core/CarrierId"
import * as Conversation from "@interline/core/Conversation"
import { DeliveryId } from "@interline/core/DeliveryId"
import * as Draft from "@interline/core/Draft"
import * as Handle from "@interline/core/Handle"
import { LineName } from "@interline/core/Line"
import * as MessageRef from "@interline/core/MessageRef"
import * as Outcome from "@interline/core/Outcome"
import * as Part from "@interline/core/Part"
import * as Decide from "@interline/router/Decide"
import type { Absence, Entry } from "@interline/router/Ledger"
import * as Shard from "@interline/router/Shard"

export const linq = CarrierId.make("linq")
export const sendblue = CarrierId.make("sendblue")
export const support = LineName.make("support")
export const ada = Handle.make("+12025550111")
export const bob = Handle.make("+12025550122")
export const cleo = Handle.make("cleo@example.com")

export const id = (nth: number): DeliveryId => DeliveryId.make(`00000000-0000-4000-8000-${String(nth).padStart(12, "0")}`)

const conversation = Conversation.direct(support, ada)

/** Before its first decision. */
export const idle = (nth: number, more: Partial<Entry> = {}): Entry => ({
  id: id(nth),
  conversation: Conversation.key(conversation),
  likenesses: ["hello"],
  content: { conversation, draft: Draft.make([Part.text("hello")]), fidelity: "adapt" },
  state: Decide.initial(id(nth), [{ carrierId: linq, line: support, reconcile: "replay", replayFor: 86_400_000 }], {
    onUnknown: "hold",
    deadline: 121_000,
    attempt: 30_000,
    retryTimes: 2,
    retryBase: 500,
    maxRetryAfter: 30_000,
    maxWait: 5000,
    lookEvery: 2000,
    lookFor: 60_000,
    movesWhenIncapable: true,
    jitter: 0.25
  }),
  epoch: 0,
  createdAt: 0,
  updatedAt: 0,
  version: 0,
  ...more
})

/** Taken by the carrier under these names. */
export const done = (entry: Entry, ...names: readonly [string, ...ReadonlyArray<string>]): Entry => {
  const receipt = (name: string): Outcome.Receipt => ({ ref: MessageRef.make(linq, name), parts: [0], status: "sent" })
  const [first, ...others] = names
  const taken = [receipt(first), ...others.map(receipt)] as const
  return {
    ...entry,
    state: {
      ...entry.state,
      phase: { _tag: "Done" },
      taken,
      result: { outcome: Outcome.accepted(taken), carrierId: linq, line: support, kept: false }
    }
  }
}

/** Its message was taken for not sent. */
export const absence = (nth: number, since: number): Absence => ({
  id: id(nth),
  shard: Shard.of(Conversation.key(conversation)),
  generation: 1,
  progress: {
    plan: {
      _tag: "Sendable",
      carrierId: sendblue,
      steps: [{ operation: "message", method: "POST", path: "/messages", body: {}, parts: [0], keyed: false }],
      losses: []
    },
    step: 0,
    receipts: [],
    startedAt: 0
  },
  since
})

export const held = (entry: Entry): Entry => ({ ...entry, state: { ...entry.state, phase: { _tag: "Held" } } })
