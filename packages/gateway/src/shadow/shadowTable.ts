/**
 * The tables of the shadow: counts by day, and the conversations in which the shadow's carrier would have a chat. Every process adds to them, so that
 * all of them and every restart have one truth.
 */
import * as SqlClient from "@effect/sql/SqlClient"
import type { CarrierId } from "@interline/core/CarrierId"
import * as Digest from "@interline/sql/Digest"
import * as Store from "@interline/sql/Store"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"

/** What was counted of one group. `what` and each line of `examples` are JSON. */
export interface CountedRow {
  readonly against: string
  readonly kind: string
  readonly what: string
  readonly count: number
  readonly first_at: number
  readonly last_at: number
  readonly examples: string
}

/** The counts of a carrier that was planned for. */
export interface StoredRow extends CountedRow {
  readonly carrier_id: CarrierId
}

/** A conversation by its key in the chat book. */
export type ConversationKey = string

export interface ShadowTable {
  /** Those of the conversations in which the carrier has a chat, or would have one by now. */
  readonly findChats: (
    carrierId: CarrierId,
    conversations: ReadonlyArray<ConversationKey>
  ) => Effect.Effect<ReadonlySet<ConversationKey>>
  /** Adds conversations in which the carrier would have a chat from now on. */
  readonly addChats: (carrierId: CarrierId, conversations: ReadonlyArray<ConversationKey>, at: number) => Effect.Effect<void>
  /** Adds to the counts of the day. Each group is there once. */
  readonly add: (carrierId: CarrierId, rows: ReadonlyArray<CountedRow>, at: number) => Effect.Effect<void>
  /** The counts of all days that are kept. */
  readonly read: Effect.Effect<ReadonlyArray<StoredRow>>
}

/** How many examples of a group a day keeps. */
export const examplesKept = 3

const dayMillis = 86_400_000

const keepFor = Duration.toMillis("90 days")

// no text of a person is in the table, and so no number either
const digestOf = (key: ConversationKey): string => Digest.of("shadow", key)

const forgetCounts: Store.Forget = (sql, now) =>
  sql`DELETE FROM interline_shadow WHERE day < ${Math.floor((now - keepFor) / dayMillis)} RETURNING day`

const forgetChats: Store.Forget = (sql, now) =>
  sql`DELETE FROM interline_shadow_chats WHERE (carrier_id, conversation) IN
    (SELECT carrier_id, conversation FROM interline_shadow_chats WHERE at < ${now - keepFor} ORDER BY at LIMIT ${Store.batch})
    RETURNING conversation`

/** Removes what is older than 90 days, in the background. */
export const forget = Store.forgetOldRows("shadow", [forgetCounts, forgetChats])

export const make: Effect.Effect<ShadowTable, never, SqlClient.SqlClient> = Effect.map(SqlClient.SqlClient, (sql) => {
  const { each, greatest, least, newline } = sql.onDialectOrElse({
    pg: () => ({
      newline: "chr(10)",
      least: "LEAST",
      greatest: "GREATEST",
      each: (list: string) => sql`json_array_elements(${list}::json) AS given(value)`
    }),
    orElse: () => ({ newline: "char(10)", least: "MIN", greatest: "MAX", each: (list: string) => sql`json_each(${list}) AS given` })
  })
  const field = (name: string) =>
    sql.literal(sql.onDialectOrElse({ pg: () => `given.value ->> '${name}'`, orElse: () => `json_extract(given.value, '$.${name}')` }))
  const number = (name: string) => sql`CAST(${field(name)} AS BIGINT)`
  const lines = "length(interline_shadow.examples) - length(replace(interline_shadow.examples, " + newline + ", ''))"
  const gather = sql.onDialectOrElse({ pg: () => "string_agg", orElse: () => "group_concat" })

  return {
    findChats: (carrierId, conversations) => {
      const given = conversations.map((key) => ({ key: Store.toIndexable(key), digest: digestOf(key) }))
      const byDigest = new Map(conversations.map((key) => [digestOf(key), key]))
      return conversations.length === 0 ? Effect.succeed(new Set()) : Store.runStatement(
        "Shadow.findChats",
        Effect.map(
          sql<{ readonly digest: string }>`SELECT ${field("digest")} AS digest FROM ${each(JSON.stringify(given))}
            WHERE EXISTS (SELECT 1 FROM interline_shadow_chats WHERE carrier_id = ${carrierId} AND conversation = ${field("digest")})
            OR EXISTS (SELECT 1 FROM interline_chats WHERE carrier_id = ${carrierId} AND conversation_key = ${field("key")})`,
          (rows) => new Set(rows.flatMap(({ digest }) => byDigest.get(digest) ?? []))
        )
      )
    },
    addChats: (carrierId, conversations, at) =>
      conversations.length === 0 ? Effect.void : Effect.asVoid(Store.runStatement(
        "Shadow.addChats",
        sql`INSERT INTO interline_shadow_chats (carrier_id, conversation, at)
          SELECT ${carrierId}, ${field("digest")}, CAST(${at} AS BIGINT) FROM ${
          each(JSON.stringify(conversations.map(digestOf).sort().map((digest) => ({ digest }))))
        } WHERE true ON CONFLICT DO NOTHING`
      )),
    add: (carrierId, rows, at) =>
      rows.length === 0 ? Effect.void : Effect.asVoid(Store.runStatement(
        "Shadow.add",
        sql`INSERT INTO interline_shadow (day, carrier_id, against, kind, what, count, first_at, last_at, examples)
          SELECT CAST(${Math.floor(at / dayMillis)} AS BIGINT), ${carrierId}, ${field("against")}, ${field("kind")}, ${field("what")},
            ${number("count")}, ${number("first_at")}, ${number("last_at")}, ${field("examples")}
          FROM ${each(JSON.stringify(rows))} WHERE true
          ON CONFLICT (day, carrier_id, against, kind, what) DO UPDATE SET
            count = interline_shadow.count + excluded.count,
            first_at = ${sql.literal(least)}(interline_shadow.first_at, excluded.first_at),
            last_at = ${sql.literal(greatest)}(interline_shadow.last_at, excluded.last_at),
            examples = CASE
              WHEN interline_shadow.examples = '' THEN excluded.examples
              WHEN excluded.examples = '' OR ${sql.literal(lines)} >= ${
          sql.literal(String(examplesKept - 1))
        } THEN interline_shadow.examples
              ELSE interline_shadow.examples || ${sql.literal(newline)} || excluded.examples END`
      )),
    read: Store.runStatement(
      "Shadow.read",
      Effect.map(
        sql<StoredRow>`SELECT carrier_id, against, kind, what, CAST(SUM(count) AS BIGINT) AS count, MIN(first_at) AS first_at,
            MAX(last_at) AS last_at, COALESCE(${sql.literal(`${gather}(NULLIF(examples, ''), ${newline})`)}, '') AS examples
          FROM interline_shadow GROUP BY carrier_id, against, kind, what`,
        (rows) => rows.map((row) => ({ ...row, count: Number(row.count), first_at: Number(row.first_at), last_at: Number(row.last_at) }))
      )
    )
  }
})
