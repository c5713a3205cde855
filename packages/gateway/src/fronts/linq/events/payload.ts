/** The payload of an event, and the chat that the event is in. */
import type { CarrierId } from "@interline/core/CarrierId"
import * as Conversation from "@interline/core/Conversation"
import * as Handle from "@interline/core/Handle"
import type { Message } from "@interline/core/Message"
import type { MessagingEvent } from "@interline/core/MessagingEvent"
import { present } from "@interline/core/Optional"
import type * as LinqWords from "@interline/linq/LinqWords"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { NotRendered } from "../../../events/Renderer.ts"
import * as ChatLookup from "../chatLookup.ts"
import type { Services } from "../services.ts"
import * as Wire from "../wire.ts"

export type Version = LinqWords.LinqWebhookVersion

export const latest = "2026-02-03"

/** Later events that a program is told of: numbers that come and go, and cards of people (linq-node 0.54 to 0.68, read 2026-11). */
export const laterWords = ["phone_number.assigned", "phone_number.released", "contact_card.received"] as const satisfies ReadonlyArray<
  LinqWords.LinqAccountEvent | LinqWords.LinqLaterEvent
>

/** The name of an event. */
type Word = LinqWords.LinqEvent | LinqWords.LinqPollEvent | typeof laterWords[number]

/** What is posted. `data` is `undefined` for a version that has no such event. */
export interface EventPayload {
  readonly type: Word
  readonly data: (version: Version) => unknown
}

export type Rendering = Effect.Effect<Option.Option<EventPayload>, NotRendered>

export const noPayload: Rendering = Effect.succeedNone

export const renderPayload = (type: Word, data: (version: Version) => unknown): Option.Option<EventPayload> => Option.some({ type, data })

export type Of<Tag extends MessagingEvent["_tag"]> = Extract<MessagingEvent, { readonly _tag: Tag }>

// --- chats ---

/** The id of the chat that an event is in; `undefined` if it names none. */
export const chatIdOf = (
  { ids }: Services,
  conversation: Conversation.Conversation | undefined,
  chat: Conversation.ChatRef | undefined
): Effect.Effect<string | undefined> =>
  conversation !== undefined ? ids.toChatId(conversation) : chat !== undefined ? ids.toChatId(chat) : Effect.succeed(undefined)

/** The chat of a message that came in. A message on a number that is no line of ours has one, too, so that no message is left out. */
export const findChatView = (
  services: Services,
  message: Message,
  known: Conversation.Conversation | undefined,
  at: number
): Effect.Effect<Wire.ChatView> =>
  Effect.gen(function*() {
    const { carrierId } = message.ref
    const inChat = known ??
      (message.chat === undefined ? undefined : Option.getOrUndefined(yield* services.ids.findConversation(message.chat)))
    const service = message.service?.neutral
    if (inChat !== undefined) {
      return yield* ChatLookup.viewConversation(services, inChat, present({ carrierId, service }))
    }
    const isInbound = message.direction === "inbound"
    const ours = isInbound ? message.to[0] : message.from
    const theirs = isInbound ? message.from : message.to[0]
    const line = ours === undefined ? Option.none() : services.front.lineOf(ours)
    const isDirect = message.isGroup !== true && Option.isSome(line) && Handle.isHandle(theirs)
    const target = isDirect ? Conversation.direct(line.value, theirs) : message.chat
    return {
      id: target === undefined ? Wire.foreignChatId(ours ?? carrierId, theirs ?? message.ref.id) : yield* services.ids.toChatId(target),
      isGroup: message.isGroup ?? false,
      number: ours,
      people: theirs === undefined ? [] : [theirs],
      service,
      since: at
    }
  })

/** The chat of an event that names only the chat: its conversation, else a group of which only the id is known. */
export const findChatViewById = (
  services: Services,
  conversation: Conversation.Conversation | undefined,
  chatId: string | undefined,
  at: number,
  carrierId: CarrierId
): Effect.Effect<Wire.ChatView> =>
  conversation !== undefined
    ? ChatLookup.viewConversation(services, conversation, { carrierId })
    : Effect.succeed({ id: chatId ?? carrierId, isGroup: true, number: undefined, people: [], service: undefined, since: at })
