/** The ids of messages and chats that programs know from a vendor itself, from before the gateway stood between them. */
import * as SqlClient from "@effect/sql/SqlClient"
import * as Conversation from "@interline/core/Conversation"
import * as MessageRef from "@interline/core/MessageRef"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { recordset } from "../database/recordset.ts"
import * as Store from "../database/Store.ts"
import * as Conversations from "./conversations.ts"
import * as DerivedIds from "./derivedIds.ts"

/**
 * Adopts ids of a vendor, so that `IdMap` finds a message or a chat by them, and shows it by them. What was shown under another id before
 * keeps that id, and is found by both. Every operation may be repeated without harm.
 *
 * @category models
 */
export interface AdoptedIdsService {
  /** Adopts the ids of messages. The result is how many were not found by the vendor's id until now. */
  readonly adoptMessages: (refs: ReadonlyArray<MessageRef.MessageRef>) => Effect.Effect<number>
  /**
   * Adopts the id of the chat of a conversation. True if the chat was not found by the vendor's id until now. Remember the conversation
   * (`IdMap.remember`) only after this, because it counts as shown from then on.
   */
  readonly adoptChat: (chat: Conversation.ChatRef, conversation: Conversation.Conversation) => Effect.Effect<boolean>
  /** How many of these messages or chats are not found by the vendor's ids. Changes nothing. */
  readonly countUnknown: (kind: "message" | "chat", refs: ReadonlyArray<MessageRef.MessageRef>) => Effect.Effect<number>
  /** The id that the group of a carrier's chat gets if the group has none. It is the same in every process. */
  readonly groupId: (chat: Conversation.ChatRef) => Conversation.ConversationId
}

/**
 * The tag of the adopted ids.
 *
 * @category services
 */
export class AdoptedIds extends Context.Tag("@interline/sql/AdoptedIds")<AdoptedIds, AdoptedIdsService>() {}

const columns = { kind: "text", id: "text", ref: "text", known: "text" } as const

type Row = { readonly [name in keyof typeof columns]?: string }

// the most refs of one statement: SQLite has a limit
const batch = 500

/** The row by which a ref is found under the vendor's id, and the rows by which it is shown so. */
const rowsOf = (kind: DerivedIds.Kind, ref: DerivedIds.Ref, shownBy: ReadonlyArray<string>): ReadonlyArray<Row> => {
  const text = MessageRef.format(ref)
  return [{ kind, id: DerivedIds.toKey(ref.id), ref: text }, ...shownBy.map((id) => ({ kind, id, ref: text, known: ref.id }))]
}

/**
 * Adopted ids in SQL, in the table of `IdMap`.
 *
 * @category constructors
 */
export const make: Effect.Effect<AdoptedIdsService, never, SqlClient.SqlClient> = Effect.map(SqlClient.SqlClient, (sql) => {
  const conversations = Conversations.make(sql)

  /** Writes rows that are not there yet. The result is the ids of the rows that were not there. */
  const insertAll = (rows: ReadonlyArray<Row>) =>
    Effect.flatMap(Clock.currentTimeMillis, (at) =>
      Effect.map(
        sql<{ readonly id: string }>`INSERT INTO interline_ids (kind, id, ref, at, known)
          SELECT r.kind, r.id, r.ref, ${sql.literal(String(at))}, r.known FROM ${recordset(sql, columns, rows)} WHERE true
          ON CONFLICT (id, kind) DO NOTHING RETURNING id`,
        (written) => new Set(written.map(({ id }) => id))
      ))

  const inBatches = <A>(all: ReadonlyArray<A>, count: (some: ReadonlyArray<A>) => Effect.Effect<number>): Effect.Effect<number> =>
    Effect.reduce(
      Array.from({ length: Math.ceil(all.length / batch) }, (_, place) => all.slice(place * batch, (place + 1) * batch)),
      0,
      (sum, some) => Effect.map(count(some), (more) => sum + more)
    )

  const keysOf = (refs: ReadonlyArray<DerivedIds.Ref>): ReadonlyArray<string> =>
    Array.from(new Set(refs.map(({ id }) => DerivedIds.toKey(id))))

  return {
    adoptMessages: (refs) =>
      inBatches(refs, (some) =>
        Store.runStatement(
          "AdoptedIds.adopt",
          Effect.map(
            insertAll(some.flatMap((ref) => rowsOf("message", ref, [DerivedIds.derive("message", ref)]))),
            (written) => keysOf(some).filter((id) => written.has(id)).length
          )
        )),
    adoptChat: (chat, conversation) => {
      const id = Conversations.idOf(conversation)
      return Effect.flatMap(conversations.find(id), (shown) =>
        Store.runStatement(
          "AdoptedIds.adopt",
          Effect.map(insertAll(rowsOf("chat", chat, Option.isSome(shown) ? [] : [id])), (written) => written.has(DerivedIds.toKey(chat.id)))
        ))
    },
    countUnknown: (kind, refs) =>
      inBatches(refs, (some) => {
        const keys = keysOf(some)
        return Store.runStatement(
          "AdoptedIds.count",
          Effect.map(
            sql<{ readonly id: string }>`SELECT id FROM interline_ids WHERE kind = ${kind} AND ${sql.in("id", keys)}`,
            (rows) => keys.length - rows.length
          )
        )
      }),
    groupId: (chat) => Conversation.ConversationId.make(DerivedIds.derive("chat", chat))
  }
})

/**
 * The adopted ids as a layer.
 *
 * @category layers
 */
export const layer: Layer.Layer<AdoptedIds, never, SqlClient.SqlClient> = Layer.effect(AdoptedIds, make)
