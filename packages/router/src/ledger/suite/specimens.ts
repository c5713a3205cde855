/** Makes test data: deliveries in every state, and one event of every kind. The people and numbers are fictitious. */
import * as CarrierId from "@interline/core/CarrierId"
import * as Conversation from "@interline/core/Conversation"
import { DeliveryId } from "@interline/core/DeliveryId"
import * as Draft from "@interline/core/Draft"
import * as Handle from "@interline/core/Handle"
import * as Line from "@interline/core/Line"
import * as MessageRef from "@interline/core/MessageRef"
import * as MessagingError from "@interline/core/MessagingError"
import * as Outcome from "@interline/core/Outcome"
import * as Part from "@interline/core/Part"
import type * as Plan from "@interline/core/Plan"
import * as Duration from "effect/Duration"
import * as Decide from "../../decision/Decide.ts"
import type * as Decision from "../../decision/Decision.ts"
import type { RouterEvent } from "../../decision/RouterEvent.ts"
import type { Absence, Entry } from "../Ledger.ts"
import * as Shard from "../Shard.ts"

export const linq = CarrierId.CarrierId.make("linq")
export const sendblue = CarrierId.CarrierId.make("sendblue")
export const support = Line.LineName.make("support")
export const sales = Line.LineName.make("sales")
export const alice = Handle.make("+12025550111")
export const bob = Handle.make("+12025550122")

export const toAlice = Conversation.key(Conversation.direct(support, alice))
export const toBob = Conversation.key(Conversation.direct(support, bob))

/** Alice's shard, and Bob's: another one. */
export const shardOfAlice = Shard.of(toAlice)
export const shardOfBob = Shard.of(toBob)

/** The id of the nth delivery. */
export const id = (nth: number): DeliveryId => DeliveryId.make(`00000000-0000-4000-8000-${String(nth).padStart(12, "0")}`)

export const ref = (name: string, carrierId: CarrierId.CarrierId = linq): MessageRef.MessageRef => MessageRef.make(carrierId, name)

export const receipt = (name: string): Outcome.Receipt => ({
  ref: ref(name),
  chat: { carrierId: linq, id: "chat-1" },
  parts: [0],
  status: "queued",
  rawStatus: "QUEUED",
  service: "iMessage"
})

const error = MessagingError.make("Timeout", {
  carrierId: linq,
  operation: "send",
  detail: "no answer",
  status: 504,
  vendorCode: "1007",
  traceId: "trace-1",
  ref: ref("named-by-the-error"),
  retryAfter: Duration.seconds(3)
})

export const evidence: Outcome.Evidence = { error, parts: [0], step: 0, key: `${id(1)}:1:0`, ref: ref("named"), startedAt: 1000 }

export const doubt: Decision.Doubt = { evidence, since: 1500, looks: 2 }

const initial = (deliveryId: DeliveryId): Decision.State =>
  Decide.initial(
    deliveryId,
    [
      { carrierId: linq, line: support, reconcile: "replay", replayFor: 86_400_000 },
      { carrierId: sendblue, line: support, reconcile: "list", replayFor: 0, absenceProof: 60_000, barred: { why: "a limit", error } }
    ],
    {
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
    }
  )

/** The nth delivery, to Alice, before its first decision. It has no key. Its epoch is that of a shard that nobody has taken yet. */
export const idle = (nth: number, more: Partial<Entry> = {}): Entry => ({
  id: id(nth),
  conversation: toAlice,
  likenesses: ["text:hello"],
  content: {
    conversation: Conversation.direct(support, alice),
    draft: Draft.make([Part.text("hello"), Part.media("https://example.com/photo.jpg")], {
      effect: "confetti",
      metadata: { order: "17" },
      extras: { vendor: "linq", message: { subject: null }, parts: [{ part: 0, fields: { mention: "@bob", mention_range: [0, 5] } }] }
    }),
    fidelity: "adapt",
    replyTo: { ref: ref("theirs"), part: 1 }
  },
  state: initial(id(nth)),
  epoch: 0,
  createdAt: 1000,
  updatedAt: 1000,
  version: 0,
  ...more
})

/** The same entry in another state. */
export const at = (entry: Entry, state: Partial<Decision.State>): Entry => ({ ...entry, state: { ...entry.state, ...state } })

const plan: Plan.Sendable = {
  _tag: "Sendable",
  carrierId: linq,
  steps: [{
    operation: "createChat",
    method: "POST",
    path: "/v3/chats",
    body: { to: ["+12025550111"], parts: [{ value: "hello" }], reply: null },
    parts: [0],
    keyed: true
  }],
  losses: [{ kind: "effect-dropped", certainty: "conditional", condition: "SMS", part: 0, reason: "SMS has no effects" }]
}

export const sending = (entry: Entry): Entry =>
  at({
    ...entry,
    progress: {
      plan,
      step: 0,
      receipts: [],
      startedAt: 1000
    }
  }, { phase: { _tag: "Sending" }, generation: 1, triedAt: 1000 })

/** The message of the first attempt of the nth delivery, to Alice, was taken for not sent. */
export const absence = (nth: number, more: Partial<Absence> = {}): Absence => ({
  id: id(nth),
  shard: shardOfAlice,
  generation: 1,
  progress: { plan, step: 1, receipts: [receipt("first-part")], startedAt: 1000 },
  since: 5000,
  ...more
})

export const doubted = (entry: Entry): Entry =>
  at(sending(entry), { phase: { _tag: "Resting", until: 4000, next: "look" }, doubt, proofs: [{ step: 1, receipt: receipt("proof") }] })

export const held = (entry: Entry): Entry =>
  at(sending(entry), {
    phase: { _tag: "Held" },
    doubt,
    attempts: [
      {
        carrierId: sendblue,
        line: support,
        outcome: "rejected",
        why: "refused",
        error,
        startedAt: 1000,
        millis: 20,
        generation: 1,
        moved: false
      },
      { carrierId: linq, line: support, outcome: "unknown", why: "no answer", startedAt: 1100, millis: 30_000, generation: 2, moved: true }
    ],
    result: { outcome: Outcome.unknown(evidence), carrierId: linq, line: support, kept: true }
  })

export const done = (entry: Entry, name = `message-of-${entry.id}`): Entry =>
  at(sending(entry), {
    phase: { _tag: "Done" },
    taken: [receipt(name)],
    step: 1,
    steps: [[0, 1]],
    result: {
      outcome: Outcome.accepted([receipt(name)], [{ kind: "split", certainty: "certain", reason: "two messages" }]),
      carrierId: linq,
      line: support,
      kept: false
    }
  })

/** A delivery that ended as unknown and is not kept. */
export const failed = (entry: Entry): Entry =>
  at(sending(entry), {
    phase: { _tag: "Done" },
    doubt,
    result: { outcome: Outcome.unknown(evidence), carrierId: linq, line: support, kept: false }
  })

/** The second carrier took the delivery after the router left the first for `why`. `come`: the first carrier's message arrived too. */
export const leftBehind = (entry: Entry, why: Decision.Behind["why"], come = false): Entry =>
  at(done(entry), {
    position: 1,
    generation: 2,
    behind: [{
      position: 0,
      generation: 1,
      why,
      steps: [[0]],
      losses: [],
      ...(why === "refused" ? {} : { doubt }),
      ...(come ? { receipt: receipt(`late-${entry.id}`) } : {})
    }]
  })

/** One delivery in every state. Each has its own id. */
export const states = {
  idle: idle(901),
  admitting: at(idle(902), { phase: { _tag: "Admitting" } }),
  resting: at(idle(903), { phase: { _tag: "Resting", until: 2000, next: "send" }, repetitions: 1, abandoned: true }),
  sending: sending(idle(904)),
  looking: at(doubted(idle(905)), { phase: { _tag: "Looking" } }),
  held: held(idle(906)),
  done: done(idle(907)),
  leftBehind: leftBehind(idle(910), "absent"),
  lateArrival: leftBehind(idle(911), "risk", true),
  rejected: at(sending(idle(908)), {
    phase: { _tag: "Done" },
    result: { outcome: Outcome.rejected(error), carrierId: linq, line: support, kept: false }
  }),
  partial: at(sending(idle(909)), {
    phase: { _tag: "Done" },
    taken: [receipt("first-part")],
    doubt,
    result: {
      outcome: { _tag: "Partial", receipts: [receipt("first-part")], rest: Outcome.unknown(evidence), remaining: [1], losses: [] },
      carrierId: linq,
      line: support,
      kept: false
    }
  })
} as const satisfies Record<string, Entry>

const delivery = { deliveryId: id(1), at: 1000 }
const carrier = { carrierId: linq, line: support }

/** One event of every kind. */
export const events = {
  Started: { _tag: "Started", ...delivery, route: [carrier, { carrierId: sendblue, line: support }], why: "preferred" },
  Skipped: { _tag: "Skipped", ...delivery, ...carrier, why: "its breaker is open" },
  Tried: { _tag: "Tried", ...delivery, ...carrier, generation: 1, outcome: "unknown", why: "no answer", reason: "Timeout", millis: 30_000 },
  Retrying: { _tag: "Retrying", ...delivery, ...carrier, until: 2000, why: "later" },
  FailedOver: { _tag: "FailedOver", ...delivery, from: linq, to: sendblue, line: support, why: "refused" },
  Reconciled: { _tag: "Reconciled", ...delivery, ...carrier, finding: "unproven", by: "list", why: "two alike" },
  AbsenceTaken: { _tag: "AbsenceTaken", ...delivery, ...carrier, afterMillis: 60_000 },
  RiskTaken: { _tag: "RiskTaken", ...delivery, ...carrier, why: "the policy sends anyway" },
  Held: { _tag: "Held", ...delivery, ...carrier, kept: true, why: "no answer" },
  Settled: { _tag: "Settled", ...delivery, ...carrier, arrived: true, by: "operator" },
  Abandoned: { _tag: "Abandoned", ...delivery },
  Concluded: { _tag: "Concluded", ...delivery, outcome: "held", attempts: 1 },
  LateArrival: { _tag: "LateArrival", ...delivery, ...carrier, generation: 1 },
  NamedTwice: { _tag: "NamedTwice", ...delivery, ...carrier, generation: 1, step: 0, ref: ref("first"), other: ref("second") },
  Bound: { _tag: "Bound", ...delivery, ...carrier, from: sendblue },
  BreakerOpened: { _tag: "BreakerOpened", at: 1000, ...carrier, until: 2000, why: "five failures" },
  BreakerProbed: { _tag: "BreakerProbed", at: 1000, ...carrier },
  BreakerClosed: { _tag: "BreakerClosed", at: 1000, ...carrier },
  Limited: { _tag: "Limited", at: 1000, ...carrier, until: 2000, why: "a limit" },
  Suppressed: { _tag: "Suppressed", at: 1000, carrierId: linq, source: "event" },
  Restored: { _tag: "Restored", at: 1000, source: "explicit" },
  RolloutChanged: {
    _tag: "RolloutChanged",
    at: 1000,
    from: sendblue,
    to: linq,
    action: "advance",
    phase: "running",
    step: 2,
    share: 0.5,
    actor: "ops",
    why: "the first step went well",
    version: 2
  },
  Noticed: { _tag: "Noticed", at: 1000, carrierId: linq, what: "line-ending", line: Line.name("support"), dueAt: 2000 },
  NotRestored: { _tag: "NotRestored", at: 1000, carrierId: linq, why: "line" },
  FailedLater: { _tag: "FailedLater", ...delivery, ref: ref("late"), vendorCode: "4001" },
  Corrected: { _tag: "Corrected", ...delivery, ref: ref("late"), status: "delivered" }
} as const satisfies Record<RouterEvent["_tag"], RouterEvent>
