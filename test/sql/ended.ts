/** Deliveries with their ends, as the ledger has them, for what is counted of them. */
import type { CarrierId } from "@interline/core/CarrierId"
import * as Conversation from "@interline/core/Conversation"
import * as Draft from "@interline/core/Draft"
import * as Handle from "@interline/core/Handle"
import type { LineName } from "@interline/core/Line"
import type { Loss } from "@interline/core/Loss"
import * as MessageRef from "@interline/core/MessageRef"
import * as MessagingError from "@interline/core/MessagingError"
import * as Outcome from "@interline/core/Outcome"
import * as Problem from "@interline/core/Problem"
import type { AttemptRecord } from "@interline/router/Decision"
import type { Entry, LedgerService } from "@interline/router/Ledger"
import * as Effect from "effect/Effect"
import * as Entries from "./entries.ts"
import { linq, support } from "./stores.ts"

export interface Case {
  readonly at: number
  readonly person: Handle.Handle
  readonly line?: LineName
  /**
   * The carriers that were asked, with what came of it; the last one's is the delivery's. `fenced`: our list of opt-outs stopped it.
   * `halved`: the same after its first part. `unplanned`: the carrier's plan refuses the message.
   */
  readonly tried: ReadonlyArray<readonly [CarrierId, "accepted" | "rejected" | "unknown" | "skipped" | "fenced" | "halved" | "unplanned"]>
  readonly losses?: ReadonlyArray<Loss>
  readonly isHeld?: boolean
  /** Whether it goes to a group, with somebody else in it. */
  readonly isGroup?: boolean
  /** The carrier whose message arrived, if it is not the last one. */
  readonly arrivedAt?: CarrierId
}

const trial = (
  carrierId: CarrierId,
  line: LineName,
  outcome: Case["tried"][number][1],
  generation: number,
  startedAt: number
): AttemptRecord => ({
  carrierId,
  line,
  outcome: outcome === "fenced" || outcome === "unplanned" ? "rejected" : outcome === "halved" ? "partial" : outcome,
  why: "for a test",
  startedAt,
  millis: 1,
  generation,
  moved: false,
  ...(outcome === "fenced" || outcome === "halved"
    ? { error: MessagingError.make("Suppressed", { carrierId, operation: "send" }) }
    : outcome === "unplanned"
    ? { error: MessagingError.invalid("send", [Problem.make("first-message", ["parts", 0], "no URL in a first message")], carrierId) }
    : {})
})

const stranger = Handle.make("+12025550129")

export const refOf = (carrierId: CarrierId, nth: number) => MessageRef.make(carrierId, `message-${nth}`)

const entryOf = (
  nth: number,
  { arrivedAt, at, isGroup = false, isHeld = false, line = support, losses = [], person, tried }: Case
): Entry => {
  const conversation: Conversation.Conversation = isGroup
    ? { _tag: "Group", line, id: Conversation.ConversationId.make(Entries.id(nth)), members: [person, stranger] }
    : Conversation.direct(line, person)
  const idle = Entries.idle(nth)
  const [carrierId, last] = tried.find(([id]) => id === arrivedAt) ?? tried.at(-1) ?? [linq, "rejected"]
  const taken: ReadonlyArray<Outcome.Receipt> = last === "accepted" || last === "halved"
    ? [{ ref: refOf(carrierId, nth), parts: [0], status: "sent" }]
    : []
  const [first, ...others] = taken
  const outcome: Outcome.Outcome = first !== undefined && last === "halved"
    ? {
      _tag: "Partial",
      receipts: [first, ...others],
      rest: Outcome.rejected(MessagingError.make("Suppressed", { carrierId, operation: "send" })),
      remaining: [1],
      losses
    }
    : first !== undefined
    ? Outcome.accepted([first, ...others], losses)
    : Outcome.rejected(MessagingError.make("Unavailable", { carrierId, operation: "send" }))
  return {
    ...idle,
    conversation: Conversation.key(conversation),
    content: { conversation, draft: Draft.text("hello"), fidelity: "adapt" },
    createdAt: at,
    updatedAt: at,
    state: {
      ...idle.state,
      phase: isHeld ? { _tag: "Held" } : { _tag: "Done" },
      attempts: tried.map(([id, outcome], position) => trial(id, line, outcome, outcome === "skipped" ? 0 : position + 1, at)),
      taken,
      losses,
      result: { outcome, carrierId, line, kept: isHeld }
    }
  }
}

/** Writes the deliveries, numbered from 1. */
export const write = ({ ledger }: { readonly ledger: LedgerService }, cases: ReadonlyArray<Case>) =>
  Effect.forEach(cases, (one, position) => {
    const entry = entryOf(position + 1, one)
    return Effect.zipRight(ledger.open({ ...entry, state: Entries.idle(position + 1).state }, 60_000), ledger.save(entry))
  }, { discard: true })
