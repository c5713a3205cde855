/** Converts polls: ours to Linq's, and Linq's answers and events to neutral ones. */
import type { CarrierId } from "@interline/core/CarrierId"
import type { MessagingEvent } from "@interline/core/MessagingEvent"
import { present } from "@interline/core/Optional"
import type { SentPoll } from "@interline/core/Outcome"
import type { Poll, PollOption } from "@interline/core/Poll"
import { Raw } from "@interline/core/Raw"
import type * as LinqEvents from "../wire/LinqEvents.ts"
import type * as LinqRequests from "../wire/LinqRequests.ts"
import type * as LinqSchema from "../wire/LinqSchema.ts"
import * as LiftAnswer from "./liftAnswer.ts"

export const lower = (options: ReadonlyArray<string>, key: string | undefined): LinqRequests.CreatePoll => ({
  poll: { options: options.map((text) => ({ text })), ...(key === undefined ? {} : { idempotency_key: key }) }
})

export const option = ({ can_be_edited, creator_handle, option_id, text, voters }: LinqSchema.PollOption): PollOption => ({
  id: option_id,
  text: text ?? "",
  ...present({ creator: LiftAnswer.peer(creator_handle?.handle), canBeEdited: LiftAnswer.some(can_be_edited) }),
  voters: (voters ?? []).flatMap(({ handle, voted_at }) => {
    const peer = LiftAnswer.peer(handle)
    return peer === undefined ? [] : [{ peer, ...present({ at: LiftAnswer.timeOf(voted_at) }) }]
  })
})

const neutral: ReadonlySet<string> = new Set(["chat_id", "created_at", "message_id", "poll", "reactions", "updated_at"])

export const lift = (carrierId: CarrierId, wire: LinqSchema.PollEnvelope): Poll => {
  const chat = LiftAnswer.filled(wire.chat_id)
  return {
    ref: { carrierId, id: wire.message_id },
    ...present({
      chat: chat === undefined ? undefined : { carrierId, id: chat },
      totalVoters: LiftAnswer.index(wire.poll.total_voters),
      createdAt: LiftAnswer.timeOf(wire.created_at),
      updatedAt: LiftAnswer.timeOf(wire.updated_at)
    }),
    options: wire.poll.options.map(option),
    reactions: (wire.reactions ?? []).map(LiftAnswer.reaction),
    metadata: LiftAnswer.rest(wire, neutral)
  }
}

/** What an accepted poll says. Linq gives it no status: its events tell that it was sent. */
export const sent = (carrierId: CarrierId, wire: LinqSchema.PollEnvelope): SentPoll => {
  const poll = lift(carrierId, wire)
  return { ref: poll.ref, ...present({ chat: poll.chat }), parts: [0], status: "pending", raw: new Raw(wire), poll }
}

/** The message that shows the poll of an event, its chat and our line in it. */
export const about = (carrierId: CarrierId, { chat, message_id }: Pick<LinqEvents.PollVoted, "chat" | "message_id">) => {
  const id = LiftAnswer.filled(chat?.id)
  return {
    ref: { carrierId, id: message_id },
    ...present({
      chat: id === undefined ? undefined : { carrierId, id },
      line: LiftAnswer.phone(chat?.owner_handle?.handle)
    })
  }
}

/** Who did something in a poll, and whether that is a line of ours. */
export const actor = (
  ours: ReadonlySet<string>,
  handle: LinqSchema.ChatHandle | null | undefined,
  direction: string | null | undefined
): Pick<Extract<MessagingEvent, { readonly _tag: "Poll" }>, "byMe" | "from"> => {
  const from = LiftAnswer.peer(handle?.handle)
  return { ...present({ from }), byMe: direction === "outbound" || handle?.is_me === true || (from !== undefined && ours.has(from)) }
}
