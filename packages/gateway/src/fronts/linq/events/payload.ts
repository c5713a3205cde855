/** What an event is told as, and the room that it happened in. */
import type { CarrierId } from "@interline/core/CarrierId"
import * as Conversation from "@interline/core/Conversation"
import * as Handle from "@interline/core/Handle"
import type { Message } from "@interline/core/Message"
import type { MessagingEvent } from "@interline/core/MessagingEvent"
import type * as LinqWords from "@interline/linq/LinqWords"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as ChatLookup from "../chatLookup.ts"
import type { Desk } from "../services.ts"
import * as Wire from "../wire.ts"

export type Version = LinqWords.LinqWebhookVersion

export const latest = "2026-02-03"

/** What is posted. `undefined`: the version has no such event. */
export interface Told {
  readonly type: LinqWords.LinqEvent
  readonly data: (version: Version) => unknown
}

export type Telling = Effect.Effect<Option.Option<Told>>

export const nothing: Telling = Effect.succeedNone

export const told = (type: LinqWords.LinqEvent, data: (version: Version) => unknown): Option.Option<Told> => Option.some({ type, data })

export type Of<Tag extends MessagingEvent["_tag"]> = Extract<MessagingEvent, { readonly _tag: Tag }>

// --- rooms ---

/** The id of the chat that an event is in; `undefined` if it names none. */
export const chatIdOf = (
  { ids }: Desk,
  conversation: Conversation.Conversation | undefined,
  chat: Conversation.ChatRef | undefined
): Effect.Effect<string | undefined> =>
  conversation !== undefined ? ids.chatId(conversation) : chat !== undefined ? ids.chatId(chat) : Effect.succeed(undefined)

/** The room of a message that came in. Also one on a number that is no line of ours has one, so that no message is left out. */
export const roomOf = (desk: Desk, message: Message, known: Conversation.Conversation | undefined, at: number): Effect.Effect<Wire.Room> =>
  Effect.gen(function*() {
    const { carrierId } = message.ref
    const inChat = known ?? (message.chat === undefined ? undefined : Option.getOrUndefined(yield* desk.ids.conversationOf(message.chat)))
    const service = message.service?.neutral
    if (inChat !== undefined) {
      return yield* ChatLookup.ofConversation(desk, inChat, { carrierId, ...(service === undefined ? {} : { service }) })
    }
    const isInbound = message.direction === "inbound"
    const ours = isInbound ? message.to[0] : message.from
    const theirs = isInbound ? message.from : message.to[0]
    const line = ours === undefined ? Option.none() : desk.front.lineOf(ours)
    const isDirect = message.isGroup !== true && Option.isSome(line) && Handle.isHandle(theirs)
    const target = isDirect ? Conversation.direct(line.value, theirs) : message.chat
    return {
      id: target === undefined ? Wire.foreignChatId(ours ?? carrierId, theirs ?? message.ref.id) : yield* desk.ids.chatId(target),
      isGroup: message.isGroup ?? false,
      number: ours,
      people: theirs === undefined ? [] : [theirs],
      service,
      since: at
    }
  })

/** A room for the people whom an event of a chat names. */
export const namedRoom = (
  desk: Desk,
  conversation: Conversation.Conversation | undefined,
  chatId: string | undefined,
  at: number,
  carrierId: CarrierId
): Effect.Effect<Wire.Room> =>
  conversation !== undefined
    ? ChatLookup.ofConversation(desk, conversation, { carrierId })
    : Effect.succeed({ id: chatId ?? carrierId, isGroup: true, number: undefined, people: [], service: undefined, since: at })
