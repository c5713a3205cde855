/** Deliveries to Alice as the ledger has them. The people and numbers are fictitious. */
import * as CarrierId from "@interline/core/CarrierId"
import * as Conversation from "@interline/core/Conversation"
import { DeliveryId } from "@interline/core/DeliveryId"
import * as Draft from "@interline/core/Draft"
import * as Handle from "@interline/core/Handle"
import * as Line from "@interline/core/Line"
import * as MessageRef from "@interline/core/MessageRef"
import * as Outcome from "@interline/core/Outcome"
import * as Decide from "@interline/router/Decide"
import type { Entry } from "@interline/router/Ledger"

const linq = CarrierId.make("linq")
const support = Line.name("support")

export const alice = Handle.phone("+12025550111")
export const conversation = Conversation.direct(support, alice)
export const toAlice = Conversation.key(conversation)

/** The id of the nth delivery. */
export const id = (nth: number): DeliveryId => DeliveryId.make(`00000000-0000-4000-8000-${String(nth).padStart(12, "0")}`)

const settings = {
  onUnknown: "hold",
  deadline: 121_000,
  attempt: 30_000,
  retryTimes: 2,
  retryBase: 500,
  maxRetryAfter: 30_000,
  maxWait: 5_000,
  lookEvery: 2_000,
  lookFor: 60_000,
  movesWhenIncapable: true,
  jitter: 0.25
} as const

/** Before its first decision. */
export const idle = (nth: number, at = 1_000): Entry => ({
  id: id(nth),
  conversation: toAlice,
  likenesses: ["text:hello"],
  content: { conversation, draft: Draft.text("hello"), fidelity: "adapt" },
  state: Decide.initial(id(nth), [{ carrierId: linq, line: support, reconcile: "replay", replayFor: 86_400_000 }], settings),
  epoch: 0,
  createdAt: at,
  updatedAt: at,
  version: 0
})

/** Its first attempt, at Linq, is under way. */
export const sending = (nth: number, at?: number): Entry => {
  const entry = idle(nth, at)
  return { ...entry, state: { ...entry.state, phase: { _tag: "Sending" }, generation: 1, triedAt: entry.createdAt } }
}

/** Linq has taken it as the message `name`. */
export const done = (nth: number, name: string, at?: number): Entry => {
  const entry = sending(nth, at)
  const receipt: Outcome.Receipt = { ref: MessageRef.make(linq, name), parts: [0], status: "queued", service: "iMessage" }
  return {
    ...entry,
    state: {
      ...entry.state,
      phase: { _tag: "Done" },
      taken: [receipt],
      step: 1,
      steps: [[0]],
      result: { outcome: Outcome.accepted([receipt], []), carrierId: linq, line: support, kept: false }
    }
  }
}
