/** The ids that the fronts show, in SQL. */
import * as SqlClient from "@effect/sql/SqlClient"
import * as BoundedMap from "@interline/core/BoundedMap"
import * as Conversation from "@interline/core/Conversation"
import { DeliveryId } from "@interline/core/DeliveryId"
import type { MessageTarget } from "@interline/core/Draft"
import type { Handle } from "@interline/core/Handle"
import type { LineName } from "@interline/core/Line"
import * as MessageRef from "@interline/core/MessageRef"
import { Ledger, type LedgerService } from "@interline/router/Ledger"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Digest from "../database/Digest.ts"
import * as JsonColumn from "../database/JsonColumn.ts"
import * as Store from "../database/Store.ts"
import type { IdMapService } from "./IdMap.ts"

type Kind = "message" | "chat" | "attachment"

interface Ref {
  readonly carrierId: MessageRef.MessageRef["carrierId"]
  readonly id: string
}

const uuidPattern = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

const isDeliveryId = Schema.is(DeliveryId)

const Stored = Schema.parseJson(Conversation.Conversation)
const encode = JsonColumn.encoder(Conversation.Conversation)
const decode = Schema.decode(Stored)

const directId = (line: LineName, handle: Handle): string => Store.derivedId(`conversation/${line}/${handle}`)

const idOf = (conversation: Conversation.Conversation): string =>
  conversation._tag === "Direct" ? directId(conversation.line, conversation.handle) : conversation.id

const canonical = (members: ReadonlyArray<Handle>): ReadonlyArray<Handle> => Array.from(new Set(members)).sort()

// of a direct conversation there is one by its very id
const membersOf = (conversation: Conversation.Conversation): string | null =>
  conversation._tag === "Direct" ? null : Digest.of(conversation.line, ...canonical(conversation.members))

/** The conversation that lives in a chat, the latest if there were several. */
export const conversationOf = (sql: SqlClient.SqlClient, chat: Ref) =>
  Effect.flatMap(
    sql<{ readonly conversation: string; readonly chat_id: string }>`SELECT conversation, chat_id FROM interline_chats
      WHERE carrier_id = ${chat.carrierId} AND chat_index = ${Store.indexed(chat.id)} ORDER BY at DESC LIMIT 1`,
    ([row]) => row === undefined || row.chat_id !== chat.id ? Effect.succeedNone : Effect.asSome(decode(row.conversation))
  )

const makeWith = (sql: SqlClient.SqlClient, ledger: LedgerService): IdMapService => {
  // what is written down stays: both are the same for ever, in every process
  const shown = BoundedMap.make<string, true>(20_000)
  const owned = BoundedMap.make<string, DeliveryId>(20_000)

  const show = (kind: Kind, ref: Ref): Effect.Effect<string> => {
    const text = MessageRef.format(ref)
    const id = Store.derivedId(`${kind}/${text}`)
    return shown.get(id) !== undefined ? Effect.succeed(id) : Store.run(
      "IdMap.show",
      Effect.map(
        Effect.flatMap(
          Clock.currentTimeMillis,
          (at) =>
            sql`INSERT INTO interline_ids (kind, id, ref, at) VALUES (${kind}, ${id}, ${text}, ${at}) ON CONFLICT (id, kind) DO NOTHING`
        ),
        () => {
          shown.set(id, true)
          return id
        }
      )
    )
  }

  /** A ref by its string form, or by an id that was shown. */
  const refOf = (kind: Kind, id: string): Effect.Effect<Option.Option<MessageRef.MessageRef>> =>
    id.includes(":") ? Effect.succeed(MessageRef.parse(id)) : !uuidPattern.test(id) ? Effect.succeedNone : Store.run(
      "IdMap.find",
      Effect.map(
        sql<{ readonly ref: string }>`SELECT ref FROM interline_ids WHERE kind = ${kind} AND id = ${id}`,
        ([row]) => row === undefined ? Option.none() : MessageRef.parse(row.ref)
      )
    )

  const stored = (id: string): Effect.Effect<Option.Option<Conversation.Conversation>> =>
    !uuidPattern.test(id) ? Effect.succeedNone : Store.run(
      "IdMap.chat",
      Effect.flatMap(
        sql<{ readonly conversation: string }>`SELECT conversation FROM interline_conversations WHERE id = ${id}`,
        ([row]) => row === undefined ? Effect.succeedNone : Effect.asSome(decode(row.conversation))
      )
    )

  const write = (conversation: Conversation.Conversation) =>
    Effect.gen(function*() {
      const at = yield* Clock.currentTimeMillis
      const id = idOf(conversation)
      const text = yield* encode(conversation)
      const members = membersOf(conversation)
      // of several groups of the same people, the first one is found by them
      yield* sql`INSERT INTO interline_conversations (id, conversation, members, at)
        VALUES (${id}, ${text}, (SELECT CAST(${members} AS TEXT) WHERE NOT EXISTS (SELECT 1 FROM interline_conversations WHERE members = ${members} AND id <> ${id})), ${at})
        ON CONFLICT (id) DO UPDATE SET conversation = excluded.conversation, members = excluded.members
        WHERE interline_conversations.conversation <> excluded.conversation`
    })

  const known = BoundedMap.make<string, true>(20_000)

  const remember = (conversation: Conversation.Conversation): Effect.Effect<void> => {
    // a direct conversation never changes
    if (conversation._tag === "Direct" && known.get(idOf(conversation)) !== undefined) return Effect.void
    // two processes that open a group of the same people at once meet at the index; the second one then sees the first
    return Effect.map(Store.run("IdMap.remember", Effect.retry(write(conversation), { times: 3 })), () => {
      if (conversation._tag === "Direct") known.set(idOf(conversation), true)
    })
  }

  const groupOf = (members: string) =>
    Effect.flatMap(
      sql<{ readonly conversation: string }>`SELECT conversation FROM interline_conversations WHERE members = ${members}`,
      ([row]) => row === undefined ? Effect.succeedNone : Effect.asSome(decode(row.conversation))
    )

  const open = (group: Conversation.Group, members: string) =>
    Effect.gen(function*() {
      const at = yield* Clock.currentTimeMillis
      const text = yield* encode(group)
      yield* sql`INSERT INTO interline_conversations (id, conversation, members, at) VALUES (${group.id}, ${text}, ${members}, ${at})
        ON CONFLICT (members) DO NOTHING`
    })

  const group = (line: LineName, handles: ReadonlyArray<Handle>): Effect.Effect<Conversation.Group> => {
    const members = canonical(handles)
    const digest = Digest.of(line, ...members)
    const find: Effect.Effect<Conversation.Group> = Effect.flatMap(
      Store.run("IdMap.group", groupOf(digest)),
      (found) =>
        Option.isSome(found) && found.value._tag === "Group"
          ? Effect.succeed(found.value)
          : Effect.zipRight(
            Effect.flatMap(Conversation.group(line, members), (fresh) => Store.run("IdMap.group", open(fresh, digest))),
            // whoever came first; or nobody any more, if its members changed in this very moment
            Effect.suspend(() => find)
          )
    )
    return find
  }

  const conversationIn = (chat: Ref): Effect.Effect<Option.Option<Conversation.Conversation>> =>
    Store.run("IdMap.conversationOf", conversationOf(sql, chat))

  /** A group may be named with the members that it had once: what is known of it stays. */
  const introduce = (conversation: Conversation.Conversation): Effect.Effect<void> =>
    conversation._tag === "Direct"
      ? remember(conversation)
      : Effect.flatMap(stored(conversation.id), (found) => Option.isSome(found) ? Effect.void : remember(conversation))

  const chatId = (target: Conversation.ChatTarget): Effect.Effect<string> =>
    Conversation.isConversation(target)
      ? Effect.as(introduce(target), idOf(target))
      : Effect.flatMap(conversationIn(target), (conversation) =>
        Option.isSome(conversation) ? chatId(conversation.value) : show("chat", target))

  return {
    messageId: (ref) => {
      const text = MessageRef.format(ref)
      const owner = owned.get(text)
      return owner !== undefined ? Effect.succeed(owner) : Effect.flatMap(ledger.owners([ref]), (owners) => {
        const found = owners.get(text)
        if (found === undefined) return show("message", ref)
        owned.set(text, found)
        return Effect.succeed(found)
      })
    },
    message: (id) =>
      Effect.flatMap(refOf("message", id), (ref): Effect.Effect<Option.Option<MessageTarget>> =>
        Option.isSome(ref) || !isDeliveryId(id)
          ? Effect.succeed(ref)
          : Effect.map(ledger.read(id), Option.map((entry) => entry.id))),
    chatId,
    chat: (id) =>
      Effect.flatMap(
        stored(id),
        (conversation) =>
          Option.isSome(conversation) ?
            Effect.succeed(conversation) :
            Effect.flatMap(refOf("chat", id), (ref) =>
              Option.isNone(ref) || id.includes(":") ?
                Effect.succeed<Option.Option<Conversation.ChatTarget>>(ref) :
                Effect.map(
                  conversationIn(ref.value),
                  (later) => Option.isSome(later) ? later : Option.some<Conversation.ChatTarget>(ref.value)
                ))
      ),
    attachmentId: (ref) => show("attachment", ref),
    attachment: (id) => refOf("attachment", id),
    group,
    remember,
    conversationOf: conversationIn
  }
}

// longer than any list of a vendor goes back; who shows an id again writes it down again
const forgetAfter = Duration.toMillis("400 days")

export const make = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient
  const ledger = yield* Ledger
  yield* Store.forgetting("ids", [
    (sql, now) =>
      sql`DELETE FROM interline_ids WHERE (id, kind) IN (SELECT id, kind FROM interline_ids WHERE at < ${
        now - forgetAfter
      } LIMIT ${Store.batch}) RETURNING 1 AS gone`
  ])
  return makeWith(sql, ledger)
})
