/** Events of polls in Linq's words; linq-python of September 2026, read 2026-11. */
import type { CarrierId } from "@interline/core/CarrierId"
import type { ChatRef } from "@interline/core/Conversation"
import type { MessageRef } from "@interline/core/MessageRef"
import { present } from "@interline/core/Optional"
import * as LinqWords from "@interline/linq/LinqWords"
import type { GatewayEvent } from "@interline/sql/EventLog"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as ReadAtCarrier from "../../../events/readAtCarrier.ts"
import type { Services } from "../services.ts"
import * as Wire from "../wire.ts"
import { chatIdOf, findChatViewById, type Of, type Rendering, renderPayload } from "./payload.ts"

const words = {
  received: "poll.received",
  "options-added": "poll.updated",
  "vote-added": "poll.vote.added",
  "vote-removed": "poll.vote.removed"
} as const satisfies Record<Of<"Poll">["change"], LinqWords.LinqPollEvent>

interface Subject {
  readonly carrierId: CarrierId
  readonly chat: ChatRef | undefined
  readonly ref: MessageRef
  readonly byMe: boolean
}

/** The chat and the message of an event, and the fields that every event of a poll has. */
const readSubject = (services: Services, { byMe, carrierId, chat, ref }: Subject, { at, conversation }: GatewayEvent) =>
  Effect.gen(function*() {
    const chatId = yield* chatIdOf(services, conversation, chat)
    const view = yield* findChatViewById(services, conversation, chatId, at, carrierId)
    return {
      view,
      common: {
        chat: { id: view.id, is_group: view.isGroup, owner_handle: view.number === undefined ? null : Wire.handle(view, view.number) },
        direction: byMe ? "outbound" : "inbound",
        service: "iMessage",
        message_id: yield* services.ids.toMessageId(ref)
      }
    }
  })

export const renderPoll = (services: Services, event: Of<"Poll">, entry: GatewayEvent): Rendering =>
  Effect.gen(function*() {
    const { byMe, carrierId, change, chat, from, option, options, ref } = event
    const { common, view } = yield* readSubject(services, { carrierId, chat, ref, byMe }, entry)
    const at = event.at ?? Wire.iso(entry.at)
    const ours = view.number === undefined ? null : Wire.handle(view, view.number)
    const sender = from === undefined ? null : Wire.handle(view, from)
    switch (change) {
      case "received":
        return renderPayload(words[change], () => ({
          ...common,
          sender_handle: sender,
          poll: { options: options.map(Wire.pollOption(view)), total_voters: 0 },
          created_at: at,
          updated_at: at,
          received_at: at
        }))
      case "options-added":
        // Linq names our line here, and says with each option who added it
        return renderPayload(words[change], () => ({ ...common, sender_handle: ours, added_options: options.map(Wire.pollOption(view)) }))
      case "vote-added":
      case "vote-removed":
        return renderPayload(words[change], () => ({ ...common, sender_handle: sender, option_id: option ?? "" }))
    }
  })

const reported = {
  "poll.sent": "sent_at",
  "poll.delivered": "delivered_at",
  "poll.read": "read_at",
  "poll.failed": "failed_at"
} as const satisfies Partial<Record<LinqWords.LinqPollEvent, string>>

const isReported = (word: string): word is keyof typeof reported => LinqWords.isWord(reported, word)

/** Whether a status is about a poll: the carrier's own word says so. */
export const isPollStatus = (raw: string | undefined): boolean => raw !== undefined && isReported(raw)

/** How far a poll got. Its content is read from the carrier; an event without it would say too little, so there is none then. */
export const renderPollStatus = (
  services: Services,
  { carrierId, failure, fact, ...event }: Of<"Status">,
  entry: GatewayEvent
): Rendering =>
  Effect.gen(function*() {
    const { raw, ref } = fact
    if (raw === undefined || !isReported(raw)) return Option.none()
    const read = yield* ReadAtCarrier.read("poll", services.messaging.getPoll(ref))
    if (Option.isNone(read)) return Option.none()
    const poll = read.value
    const { common, view } = yield* readSubject(services, { carrierId, chat: poll.chat, ref, byMe: true }, entry)
    const at = fact.at ?? event.at ?? Wire.iso(entry.at)
    const code = Number(failure?.code)
    return renderPayload(raw, () => ({
      ...common,
      sender_handle: raw === "poll.failed" || view.number === undefined ? null : Wire.handle(view, view.number),
      poll: Wire.pollContent(view, poll),
      ...(raw === "poll.failed"
        ? { error: present({ code: Number.isInteger(code) ? code : undefined, message: failure?.detail }) }
        : { created_at: poll.createdAt ?? at, updated_at: poll.updatedAt ?? at }),
      [reported[raw]]: at
    }))
  })
