/** Remembers which chat of a carrier a conversation is in. The answers to sends and lookups give the chats. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type { CarrierId } from "../names/CarrierId.ts"
import * as Conversation from "../names/Conversation.ts"
import * as BoundedMap from "../runtime/BoundedMap.ts"

/**
 * Remembers which chat of a carrier belongs to which conversation, so that a second message needs no search.
 *
 * @category models
 */
export interface ChatBookService {
  readonly find: (carrierId: CarrierId, conversation: Conversation.Conversation) => Effect.Effect<Option.Option<Conversation.ChatRef>>
  readonly bind: (conversation: Conversation.Conversation, chat: Conversation.ChatRef) => Effect.Effect<void>
  readonly unbind: (carrierId: CarrierId, conversation: Conversation.Conversation) => Effect.Effect<void>
}

/**
 * The tag of the chat book.
 *
 * @category services
 */
export class ChatBook extends Context.Tag("@interline/core/ChatBook")<ChatBook, ChatBookService>() {}

/**
 * A book in memory that keeps at least the newest `capacity` entries (default 100,000) and at most twice as many. What it forgets is looked up again.
 *
 * @category constructors
 */
export const makeMemory = (capacity = 100_000): Effect.Effect<ChatBookService> =>
  Effect.sync(() => {
    const chats = BoundedMap.make<string, Conversation.ChatRef>(capacity)
    const key = (carrierId: CarrierId, conversation: Conversation.Conversation) => `${carrierId}|${Conversation.key(conversation)}`
    return {
      find: (carrierId, conversation) => Effect.sync(() => Option.fromNullable(chats.get(key(carrierId, conversation)))),
      bind: (conversation, chat) =>
        Effect.sync(() => {
          const name = key(chat.carrierId, conversation)
          if (chats.get(name)?.id !== chat.id) chats.set(name, chat)
        }),
      unbind: (carrierId, conversation) =>
        Effect.sync(() => {
          chats.delete(key(carrierId, conversation))
        })
    }
  })

/**
 * A chat book in memory. It keeps the newest `capacity` chats and forgets everything with the process.
 *
 * @category layers
 */
export const layerMemory = (capacity?: number): Layer.Layer<ChatBook> => Layer.effect(ChatBook, makeMemory(capacity))
