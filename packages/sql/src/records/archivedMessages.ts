/** Messages that carriers reported. */
import type * as SqlClient from "@effect/sql/SqlClient"
import type * as Statement from "@effect/sql/Statement"
import * as Conversation from "@interline/core/Conversation"
import * as Message from "@interline/core/Message"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as JsonColumn from "../database/jsonColumn.ts"
import * as Store from "../database/Store.ts"
import type * as Archive from "./Archive.ts"
import type * as IdMap from "./IdMap.ts"

const encodeMessage = JsonColumn.makeEncoder(Message.Message)
const decodeMessage = Schema.decodeUnknown(Schema.parseJson(Message.Message))
const encodeConversation = JsonColumn.makeEncoder(Conversation.Conversation)
const decodeConversation = Schema.decodeUnknown(Schema.parseJson(Conversation.Conversation))

interface Row {
  readonly id: string
  readonly conversation: string | null
  readonly created_at: number
  readonly updated_at: number
  readonly message: string
}

const toInbound = ({ conversation, created_at: at, id, message, updated_at: updatedAt }: Row) =>
  Effect.map(
    Effect.all([decodeMessage(message), conversation === null ? Effect.succeed(undefined) : decodeConversation(conversation)]),
    ([message, conversation]): Archive.Archived => ({
      _tag: "Inbound",
      id,
      at,
      updatedAt: Math.max(at, updatedAt),
      message,
      ...(conversation === undefined ? {} : { conversation })
    })
  )

/** The people of a message, in the form for searches. */
const peersOf = (message: Message.Message): string => {
  const people = message.direction === "inbound" ? [message.from] : message.to
  return `|${people.flatMap((peer) => peer === undefined ? [] : [Store.toIndexable(peer)]).join("|")}|`
}

export interface ArchivedMessages {
  readonly recordArrival: Archive.ArchiveService["recordArrival"]
  readonly record: Archive.ArchiveService["recordMessage"]
  readonly findAll: (ids: ReadonlyArray<string>) => Effect.Effect<ReadonlyArray<Archive.Archived>>
}

export const make = (sql: SqlClient.SqlClient, ids: IdMap.IdMapService): ArchivedMessages => {
  /** Writes a row with the time of the write, by the database's clock. A message must not enter a list by time later than its date. */
  const write = (
    message: Message.Message,
    conversation: Conversation.Conversation | undefined,
    reportedAt: number,
    dated: Statement.Fragment,
    onConflict: Statement.Fragment
  ) =>
    Effect.flatMap(ids.toMessageId(message.ref), (id) =>
      Store.runStatement(
        "Archive.received",
        Effect.flatMap(
          Effect.all([encodeMessage(message), conversation === undefined ? Effect.succeed(null) : encodeConversation(conversation)]),
          ([text, where]) => {
            const key = conversation === undefined ? null : Conversation.key(conversation)
            return sql`INSERT INTO interline_messages (id, direction, conversation_key, conversation, line, peers, created_at, updated_at, message)
              VALUES (${id}, ${message.direction}, ${key}, ${where}, ${conversation?.line ?? null}, ${
              peersOf(message)
            }, ${dated}, ${reportedAt}, ${text})
              ON CONFLICT (id) ${onConflict}`
          }
        )
      ))

  const now = Store.now(sql)

  const leave = sql`DO NOTHING`

  const renew = sql`DO UPDATE SET message = excluded.message, updated_at = excluded.updated_at,
    conversation_key = COALESCE(excluded.conversation_key, interline_messages.conversation_key),
    conversation = COALESCE(excluded.conversation, interline_messages.conversation),
    line = COALESCE(excluded.line, interline_messages.line)
    WHERE excluded.updated_at >= interline_messages.updated_at`

  return {
    recordArrival: (message, conversation, reportedAt) => Effect.asVoid(write(message, conversation, reportedAt, now, leave)),
    record: (message, conversation, reportedAt, at) =>
      Effect.asVoid(write(message, conversation, reportedAt, at === undefined ? now : sql`${at}`, renew)),
    findAll: (wanted) =>
      Store.runStatement(
        "Archive.messages",
        wanted.length === 0
          ? Effect.succeed([])
          : Effect.flatMap(
            sql<Row>`SELECT id, conversation, created_at, updated_at, message FROM interline_messages WHERE ${sql.in("id", wanted)}`,
            (rows) => Effect.forEach(rows, toInbound)
          )
      )
  }
}

/** Removes messages whose date is more than this many milliseconds ago. */
export const forgetAfter = (age: number): Store.Forget => (sql, now) =>
  sql`DELETE FROM interline_messages WHERE id IN
    (SELECT id FROM interline_messages WHERE created_at < ${now - age} ORDER BY created_at LIMIT ${Store.batch}) RETURNING id`
