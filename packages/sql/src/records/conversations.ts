/** Conversations by their public ids, and groups by their members. */
import type * as SqlClient from "@effect/sql/SqlClient"
import * as BoundedMap from "@interline/core/BoundedMap"
import * as Conversation from "@interline/core/Conversation"
import type { Handle } from "@interline/core/Handle"
import type { LineName } from "@interline/core/Line"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Digest from "../database/Digest.ts"
import * as JsonColumn from "../database/jsonColumn.ts"
import * as Store from "../database/Store.ts"
import * as DerivedIds from "./derivedIds.ts"

const encode = JsonColumn.makeEncoder(Conversation.Conversation)
const decode = Schema.decode(Schema.parseJson(Conversation.Conversation))

const directId = (line: LineName, handle: Handle): string => Store.deriveId(`conversation/${line}/${handle}`)

/** A group has its own id. The id of a direct conversation is derived from line and handle. */
export const idOf = (conversation: Conversation.Conversation): string =>
  conversation._tag === "Direct" ? directId(conversation.line, conversation.handle) : conversation.id

const canonical = (members: ReadonlyArray<Handle>): ReadonlyArray<Handle> => Array.from(new Set(members)).sort()

/** The key by which a group is found. It is null for a direct conversation, because that is found by its id. */
const membersOf = (conversation: Conversation.Conversation): string | null =>
  conversation._tag === "Direct" ? null : Digest.of(conversation.line, ...canonical(conversation.members))

interface Row {
  readonly conversation: string
}

const first = ([row]: ReadonlyArray<Row>) => row === undefined ? Effect.succeedNone : Effect.asSome(decode(row.conversation))

export interface Conversations {
  /** The conversation of an id. */
  readonly find: (id: string) => Effect.Effect<Option.Option<Conversation.Conversation>>
  /** The conversation in a carrier's chat. If there were several, it is the latest. */
  readonly findIn: (chat: DerivedIds.Ref) => Effect.Effect<Option.Option<Conversation.Conversation>>
  /** Records a conversation under its id, with its present members. */
  readonly remember: (conversation: Conversation.Conversation) => Effect.Effect<void>
  /** Records a conversation, but changes no group that is known, because the given members may be old. */
  readonly introduce: (conversation: Conversation.Conversation) => Effect.Effect<void>
  /** The group of exactly these people on this line. If there is none, one is opened. */
  readonly openGroup: (line: LineName, handles: ReadonlyArray<Handle>) => Effect.Effect<Conversation.Group>
  /** The same group, if there is one. None is opened. */
  readonly findGroup: (line: LineName, handles: ReadonlyArray<Handle>) => Effect.Effect<Option.Option<Conversation.Group>>
}

export const make = (sql: SqlClient.SqlClient): Conversations => {
  const find: Conversations["find"] = (id) =>
    !DerivedIds.isUuid(id) ? Effect.succeedNone : Store.runStatement(
      "IdMap.chat",
      Effect.flatMap(sql<Row>`SELECT conversation FROM interline_conversations WHERE id = ${id}`, first)
    )

  const findIn: Conversations["findIn"] = (chat) =>
    Store.runStatement(
      "IdMap.conversationOf",
      Effect.flatMap(
        sql<Row & { readonly chat_id: string }>`SELECT conversation, chat_id FROM interline_chats
          WHERE carrier_id = ${chat.carrierId} AND chat_index = ${Store.toIndexable(chat.id)} ORDER BY at DESC LIMIT 1`,
        (rows) => first(rows.filter(({ chat_id: id }) => id === chat.id))
      )
    )

  const write = (conversation: Conversation.Conversation) =>
    Effect.gen(function*() {
      const at = yield* Clock.currentTimeMillis
      const id = idOf(conversation)
      const text = yield* encode(conversation)
      const members = membersOf(conversation)
      // If several groups have the same people, only the first group is found by its members.
      yield* sql`INSERT INTO interline_conversations (id, conversation, members, at)
        VALUES (${id}, ${text}, (SELECT CAST(${members} AS TEXT) WHERE NOT EXISTS (SELECT 1 FROM interline_conversations WHERE members = ${members} AND id <> ${id})), ${at})
        ON CONFLICT (id) DO UPDATE SET conversation = excluded.conversation, members = excluded.members
        WHERE interline_conversations.conversation <> excluded.conversation`
    })

  // A direct conversation never changes. So it needs no second write.
  const written = BoundedMap.make<string, true>(20_000)

  const remember: Conversations["remember"] = (conversation) => {
    if (conversation._tag === "Direct" && written.get(idOf(conversation)) !== undefined) return Effect.void
    // Two processes may open a group of the same people at once. The index lets only one of them write, and the other one then reads that
    // group.
    return Effect.map(Store.runStatement("IdMap.remember", Effect.retry(write(conversation), { times: 3 })), () => {
      if (conversation._tag === "Direct") written.set(idOf(conversation), true)
    })
  }

  const findByMembers = (members: string) =>
    Store.runStatement(
      "IdMap.group",
      Effect.map(
        Effect.flatMap(sql<Row>`SELECT conversation FROM interline_conversations WHERE members = ${members}`, first),
        Option.filter((known) => known._tag === "Group")
      )
    )

  const open = (group: Conversation.Group, members: string) =>
    Effect.gen(function*() {
      const at = yield* Clock.currentTimeMillis
      const text = yield* encode(group)
      yield* sql`INSERT INTO interline_conversations (id, conversation, members, at) VALUES (${group.id}, ${text}, ${members}, ${at})
        ON CONFLICT (members) DO NOTHING`
    })

  const group: Conversations["openGroup"] = (line, handles) => {
    const members = canonical(handles)
    const digest = Digest.of(line, ...members)
    const found: Effect.Effect<Conversation.Group> = Effect.flatMap(
      findByMembers(digest),
      (known) =>
        Option.isSome(known)
          ? Effect.succeed(known.value)
          : Effect.zipRight(
            Effect.flatMap(Conversation.group(line, members), (fresh) => Store.runStatement("IdMap.group", open(fresh, digest))),
            // Another process may have created the group, or its members may have changed. Read again.
            Effect.suspend(() => found)
          )
    )
    return found
  }

  return {
    find,
    findIn,
    remember,
    introduce: (conversation) =>
      conversation._tag === "Direct"
        ? remember(conversation)
        : Effect.flatMap(find(conversation.id), (known) => Option.isSome(known) ? Effect.void : remember(conversation)),
    openGroup: group,
    findGroup: (line, handles) => findByMembers(Digest.of(line, ...canonical(handles)))
  }
}
