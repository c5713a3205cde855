/**
 * The conditions of an archive list, in SQL: the outcome of a delivery, its carrier, and its status. They read the JSON that every process
 * writes. So they also find rows of an older process beside this one, and of an older database.
 */
import type * as SqlClient from "@effect/sql/SqlClient"
import type * as Statement from "@effect/sql/Statement"
import * as DeliveryStatus from "@interline/core/DeliveryStatus"
import * as Store from "../database/Store.ts"
import type * as Archive from "./Archive.ts"

/** Names of nested fields. None of them needs quotes. */
type Path = ReadonlyArray<string>

/** The tag of an outcome, by its word. The other words are for a delivery without an outcome, or with an outcome that may change. */
const tags = {
  accepted: "Accepted",
  "not-sent": "Rejected",
  partial: "Partial",
  unknown: "Unknown"
} as const satisfies Partial<Record<Archive.OutcomeWord, string>>

const isTagged = (word: Archive.OutcomeWord): word is keyof typeof tags => Object.hasOwn(tags, word)

export const make = (sql: SqlClient.SqlClient) => {
  const onPostgres = sql.onDialectOrElse({ pg: () => true, orElse: () => false })

  /**
   * A JSON column as PostgreSQL can read it. PostgreSQL fails on `\u0000` and on half of a character anywhere in the row, and a vendor's words may hold
   * both. So `\u…` is read as plain text. An escaped backslash before it is replaced first.
   */
  const json = (column: string): string => `replace(replace(${column}, '\\\\', '/'), '\\u', '/u')::json`

  /** A text in a JSON column, or in a part of one. */
  const textIn = (value: string, path: Path): string =>
    onPostgres ? `(${value} #>> '{${path.join(",")}}')` : `json_extract(${value}, '$.${path.join(".")}')`

  const textAt = (column: string, path: Path): string => textIn(onPostgres ? json(column) : column, path)

  const isKept = onPostgres
    ? `coalesce(${textAt("state", ["result", "kept"])} = 'true', false)`
    : `coalesce(${textAt("state", ["result", "kept"])} = 1, 0)`
  const isHeld = `(place = 'held' OR ${isKept})`

  /** The condition for the `outcome` of a delivery's record. */
  const outcome = (word: Archive.OutcomeWord): Statement.Fragment =>
    word === "held"
      ? sql.literal(isHeld)
      : word === "pending"
      ? sql.literal("(answered = 0 AND place <> 'held')")
      : isTagged(word)
      ? sql`(answered = 1 AND ${sql.literal(textAt("state", ["result", "outcome", "_tag"]))} = ${tags[word]} AND NOT ${
        sql.literal(isHeld)
      })`
      : sql`false`

  const inHand = onPostgres
    ? `(${json("state")} -> 'route' -> (${json("state")} ->> 'at')::integer ->> 'carrierId')`
    : "json_extract(state, '$.route[' || json_extract(state, '$.at') || '].carrierId')"

  /** The carrier that took the delivery, or was asked for it last. Before there is an answer, it is the carrier that is being asked now. */
  const carrier = (id: string): Statement.Fragment =>
    sql`coalesce(${sql.literal(textAt("state", ["result", "carrierId"]))}, ${sql.literal(inHand)}) = ${id}`

  const carrierOfMessage = (id: string): Statement.Fragment => sql`${sql.literal(textAt("message", ["ref", "carrierId"]))} = ${id}`

  // --- the status ---

  const rankOf = (value: string, path: Path): string =>
    `CASE ${textIn(value, path)} ${
      Object.entries(DeliveryStatus.ranks).map(([word, rank]) => `WHEN '${word}' THEN ${rank}`).join(" ")
    } ELSE 0 END`

  const keyOf = (value: string, path: Path): string =>
    `${textIn(value, [...path, "carrierId"])} || ':' || ${textIn(value, [...path, "id"])}`

  const each = (list: string): string => onPostgres ? `json_array_elements(${json("state")} -> '${list}')` : `json_each(state, '$.${list}')`
  const count = (list: string): string =>
    onPostgres ? `json_array_length(${json("state")} -> '${list}')` : `json_array_length(state, '$.${list}')`

  const fact = onPostgres ? json("fact") : "fact"

  /**
   * The rank of the folded status, as `DeliveryStatus.report` folds it. A message has its furthest status. A delivery is `failed` if one of its messages
   * failed, else it has the least status of its messages. Its messages are those that a carrier took; if none was taken, those that carriers reported.
   */
  const folded =
    `(SELECT CASE WHEN max(CASE WHEN furthest = ${DeliveryStatus.ranks.failed} THEN 1 ELSE 0 END) = 1 THEN ${DeliveryStatus.ranks.failed} ELSE coalesce(min(furthest), 0) END AS reached
    FROM (SELECT message, max(said) AS furthest FROM (
      SELECT ${keyOf("value", ["ref"])} AS message, ${rankOf("value", ["status"])} AS said, 1 AS own FROM ${each("taken")} AS taken${
      onPostgres ? "(value)" : ""
    }
      UNION ALL
      SELECT ${keyOf(fact, ["ref"])} AS message, ${rankOf(fact, ["status"])} AS said, 0 AS own FROM interline_facts
      WHERE delivery_id = interline_deliveries.id
        OR ref IN (SELECT ${keyOf("value", ["ref"])} FROM ${each("taken")} AS taken${onPostgres ? "(value)" : ""})
        OR ref IN (SELECT ${keyOf("value", ["receipt", "ref"])} FROM ${each("behind")} AS behind${onPostgres ? "(value)" : ""})
    ) AS facts GROUP BY message HAVING max(own) = 1 OR ${count("taken")} = 0) AS messages)`

  const isNotSent = `(answered = 1 AND ${textAt("state", ["result", "outcome", "_tag"])} = '${tags["not-sent"]}' AND NOT ${isHeld})`

  /** A delivery that was certainly not sent has failed, unless a carrier reports that a message of it was sent all the same. */
  const reached =
    `(SELECT CASE WHEN reached < ${DeliveryStatus.ranks.sent} AND ${isNotSent} THEN ${DeliveryStatus.ranks.failed} ELSE reached END
    FROM ${folded} AS folded)`

  /** The condition for the `report.status` of a delivery's record. */
  const status = (word: DeliveryStatus.DeliveryStatus): Statement.Fragment =>
    sql`${sql.literal(reached)} = ${sql.literal(String(DeliveryStatus.ranks[word]))}`

  // The database's function for the position of a text in another text.
  const position = sql.literal(onPostgres ? "strpos" : "instr")

  /** The conditions on columns that both tables have. */
  const columns = ({ line, lines, peer, since, until }: Archive.Query): Statement.Fragment =>
    sql.and([
      ...(line === undefined ? [] : [sql`line = ${line}`]),
      ...(lines === undefined ? [] : [sql.in("line", lines)]),
      ...(peer === undefined ? [] : [sql`${position}(peers, ${`|${Store.toIndexable(peer)}|`}) > 0`]),
      ...(since === undefined ? [] : [sql`created_at >= ${since}`]),
      ...(until === undefined ? [] : [sql`created_at < ${until}`]),
      sql`true`
    ])

  return { columns, outcome, carrier, carrierOfMessage, status }
}
