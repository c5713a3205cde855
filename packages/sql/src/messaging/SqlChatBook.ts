/** The chat book in SQL: the carrier's chat of each conversation. For `IdMap` it also finds the conversation of a chat. */
import * as SqlClient from "@effect/sql/SqlClient"
import type * as Statement from "@effect/sql/Statement"
import type { CarrierId } from "@interline/core/CarrierId"
import { ChatBook, type ChatBookService } from "@interline/core/ChatBook"
import * as Conversation from "@interline/core/Conversation"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as JsonColumn from "../database/jsonColumn.ts"
import * as Store from "../database/Store.ts"

const encode = JsonColumn.makeEncoder(Conversation.Conversation)
const decode = Schema.decodeUnknown(Conversation.ChatRef)

const keyOf = (conversation: Conversation.Conversation): string => Store.toIndexable(Conversation.key(conversation))

/** Writes the chat of a conversation. `onKnown`: what becomes of the one that the book has. */
const write = (
  sql: SqlClient.SqlClient,
  conversation: Conversation.Conversation,
  chat: Conversation.ChatRef,
  onKnown: Statement.Fragment
) =>
  Effect.asVoid(Store.runStatement(
    "ChatBook.bind",
    Effect.gen(function*() {
      const at = yield* Clock.currentTimeMillis
      const text = yield* encode(conversation)
      yield* sql`INSERT INTO interline_chats AS known (carrier_id, conversation_key, conversation, chat_id, chat_index, at)
        VALUES (${chat.carrierId}, ${keyOf(conversation)}, ${text}, ${chat.id}, ${Store.toIndexable(chat.id)}, ${at})
        ON CONFLICT (carrier_id, conversation_key) DO ${onKnown}`
    })
  ))

/**
 * Notes the chat of a conversation, unless the book has one. A gateway that is in use knows a later one than a vendor's list, whatever the order
 * in which both are written.
 *
 * @category constructors
 */
export const makeBindNew: Effect.Effect<
  (conversation: Conversation.Conversation, chat: Conversation.ChatRef) => Effect.Effect<void>,
  never,
  SqlClient.SqlClient
> = Effect.map(SqlClient.SqlClient, (sql) => (conversation, chat) => write(sql, conversation, chat, sql`NOTHING`))

/**
 * The book never removes a chat by itself. A group is stored with the members that it had when its chat was last bound.
 *
 * @category constructors
 */
export const make: Effect.Effect<ChatBookService, never, SqlClient.SqlClient> = Effect.map(SqlClient.SqlClient, (sql) => ({
  find: (carrierId: CarrierId, conversation: Conversation.Conversation) =>
    Store.runStatement(
      "ChatBook.find",
      Effect.flatMap(
        sql<{ readonly chat_id: string }>`SELECT chat_id FROM interline_chats WHERE carrier_id = ${carrierId} AND conversation_key = ${
          keyOf(conversation)
        }`,
        ([row]) => row === undefined ? Effect.succeedNone : Effect.map(decode({ carrierId, id: row.chat_id }), Option.some)
      )
    ),
  bind: (conversation: Conversation.Conversation, chat: Conversation.ChatRef) =>
    write(
      sql,
      conversation,
      chat,
      sql`UPDATE SET conversation = excluded.conversation, chat_id = excluded.chat_id, chat_index = excluded.chat_index, at = excluded.at
        WHERE known.chat_id <> excluded.chat_id OR known.conversation <> excluded.conversation`
    ),
  unbind: (carrierId: CarrierId, conversation: Conversation.Conversation) =>
    Effect.asVoid(Store.runStatement(
      "ChatBook.unbind",
      sql`DELETE FROM interline_chats WHERE carrier_id = ${carrierId} AND conversation_key = ${keyOf(conversation)}`
    ))
}))

/**
 * The chat book in the database, as a layer.
 *
 * @category layers
 */
export const layer: Layer.Layer<ChatBook, never, SqlClient.SqlClient> = Layer.effect(ChatBook, make)
