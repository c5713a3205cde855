/**
 * The conditions of an archive list, in SQL: the outcome of a delivery, its carrier, and its status. They read the JSON that every process
 * writes. So they also find rows of an older process beside this one, and of an older database.
 */
import type * as SqlClient from "@effect/sql/SqlClient"
import type * as Statement from "@effect/sql/Statement"
import * as DeliveryStatus from "@interline/core/DeliveryStatus"
import * as ArchiveExpressions from "../database/archiveExpressions.ts"
import * as Store from "../database/Store.ts"
import type * as Archive from "./Archive.ts"

/** The tag of an outcome, by its word. The other words are for a delivery without an outcome, or with an outcome that may change. */
const tags = {
  accepted: "Accepted",
  "not-sent": "Rejected",
  partial: "Partial",
  unknown: "Unknown"
} as const satisfies Partial<Record<Archive.OutcomeWord, string>>

const isTagged = (word: Archive.OutcomeWord): word is keyof typeof tags => Object.hasOwn(tags, word)

export const make = (sql: SqlClient.SqlClient) => {
  const expressions = ArchiveExpressions.make(sql)
  const { isKept, json, onPostgres, tag, textIn } = expressions

  const isHeld = `(place = 'held' OR ${isKept})`

  /** Deliveries that ended and were not taken whole. */
  const notAccepted = sql.literal(expressions.notAccepted)

  /** The condition for the `outcome` of a record of a delivery in this place. What is done is answered. */
  const outcome = (word: Archive.OutcomeWord, place: "done" | "held" | "running"): Statement.Fragment =>
    word === "held"
      ? place === "held" ? sql`true` : sql`(${notAccepted} AND ${sql.literal(isKept)})`
      : place === "held"
      ? sql`false`
      : word === "pending"
      ? place === "done" ? sql`false` : sql`answered = 0`
      : isTagged(word)
      ? sql`(${word === "accepted" ? sql`true` : notAccepted} AND answered = 1 AND ${sql.literal(tag)} = ${tags[word]} AND NOT ${
        sql.literal(isKept)
      })`
      : sql`false`

  /** What the indexes have of the condition for an `outcome`. */
  const outcomeIndexed = (word: Archive.OutcomeWord, place: "done" | "held" | "running"): Statement.Fragment =>
    word === "accepted" || word === "pending" || place === "held"
      ? sql`true`
      : word === "held"
      ? sql`(${notAccepted} AND ${sql.literal(isKept)})`
      : notAccepted

  /** The carrier that took the delivery, or was asked for it last. Before there is an answer, it is the carrier that is being asked now. */
  const carrier = (id: string): Statement.Fragment => sql`${sql.literal(expressions.carrierOfDelivery)} = ${id}`

  const carrierOfMessage = (id: string): Statement.Fragment => sql`${sql.literal(expressions.carrierOfMessage)} = ${id}`

  // --- the status ---

  const rankOf = (value: string, path: ReadonlyArray<string>): string =>
    `CASE ${textIn(value, path)} ${
      Object.entries(DeliveryStatus.ranks).map(([word, rank]) => `WHEN '${word}' THEN ${rank}`).join(" ")
    } ELSE 0 END`

  const keyOf = (value: string, path: ReadonlyArray<string>): string =>
    `${textIn(value, [...path, "carrierId"])} || ':' || ${textIn(value, [...path, "id"])}`

  const each = (list: string): string => onPostgres ? `json_array_elements(${json("state")} -> '${list}')` : `json_each(state, '$.${list}')`
  const count = (list: string): string =>
    onPostgres ? `json_array_length(${json("state")} -> '${list}')` : `json_array_length(state, '$.${list}')`

  /** Deliveries that lost something. */
  const lossy = sql.literal(expressions.lossy)

  /** Deliveries that lost something of a kind. */
  const loss = (kind: string): Statement.Fragment =>
    sql`EXISTS (SELECT 1 FROM ${sql.literal(`${each("losses")} AS lost${onPostgres ? "(value)" : ""}`)} WHERE ${
      sql.literal(textIn("lost.value", ["kind"]))
    } = ${kind})`

  /** Deliveries that went on to another carrier of their route. */
  const movedOn = sql.literal(expressions.movedOn)

  const fact = onPostgres ? json("fact") : "fact"

  /**
   * The rank of the folded status, as `DeliveryStatus.report` folds it. A message has its furthest status. A delivery is `failed` if one of its messages
   * failed, else it has the least status of its messages. Its messages are those that a carrier took; if none was taken, those that carriers reported.
   * A fact may be found twice, which changes nothing. One search with OR would read all facts for each delivery in PostgreSQL.
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
      UNION ALL
      SELECT ${keyOf(fact, ["ref"])} AS message, ${rankOf(fact, ["status"])} AS said, 0 AS own FROM interline_facts
      WHERE ref IN (SELECT ${keyOf("value", ["ref"])} FROM ${each("taken")} AS taken${onPostgres ? "(value)" : ""}
        UNION ALL SELECT ${keyOf("value", ["receipt", "ref"])} FROM ${each("behind")} AS behind${onPostgres ? "(value)" : ""})
    ) AS facts GROUP BY message HAVING max(own) = 1 OR ${count("taken")} = 0) AS messages)`

  const isNotSent = `(answered = 1 AND ${tag} = '${tags["not-sent"]}' AND NOT ${isHeld})`

  /** A delivery that was certainly not sent has failed, unless a carrier reports that a message of it was sent all the same. */
  const reached =
    `(SELECT CASE WHEN reached < ${DeliveryStatus.ranks.sent} AND ${isNotSent} THEN ${DeliveryStatus.ranks.failed} ELSE reached END
    FROM ${folded} AS folded)`

  /** The condition for the `report.status` of a delivery's record. */
  const status = (word: DeliveryStatus.DeliveryStatus): Statement.Fragment =>
    sql`${sql.literal(reached)} = ${sql.literal(String(DeliveryStatus.ranks[word]))}`

  // The database's function for the position of a text in another text.
  const position = sql.literal(onPostgres ? "strpos" : "instr")

  /**
   * Deliveries that changed, or of which something was reported. A report that names no delivery came before the carrier's answer, and the answer
   * changed the delivery.
   */
  const deliveryChanged = (since: number): Statement.Fragment =>
    sql`(updated_at >= ${since} OR id IN (SELECT delivery_id FROM interline_facts WHERE at >= ${since} AND delivery_id IS NOT NULL))`

  /** Messages that were recorded, or of which something was reported. */
  const messageChanged = (since: number): Statement.Fragment => sql`(updated_at >= ${since} OR created_at >= ${since})`

  /** The conditions on columns that both tables have. `at` is how the time is written. */
  const columns = ({ line, lines, since, until }: Partial<Archive.Query>, at = "created_at"): Statement.Fragment =>
    sql.and([
      ...(line === undefined ? [] : [sql`line = ${line}`]),
      ...(lines === undefined ? [] : [sql.in("line", lines)]),
      ...(since === undefined ? [] : [sql`${sql.literal(at)} >= ${since}`]),
      ...(until === undefined ? [] : [sql`${sql.literal(at)} < ${until}`]),
      sql`true`
    ])

  /**
   * Conditions of which each row fulfils at most one: rows of one person, which an index finds, and rows of several people, which are looked
   * through.
   */
  const withPeer = (peer: string | undefined): ReadonlyArray<Statement.Fragment> => {
    if (peer === undefined) return [sql`true`]
    const person = Store.toIndexable(peer)
    const wanted = `|${person}|`
    // a strange handle may have a bar in it, so what the index finds is compared as a whole, too
    const isAmong = onPostgres ? sql`${sql.literal(expressions.peersApart)} @> string_to_array(${person}, '|')` : sql`true`
    return [
      sql`(peers = ${wanted} AND peers NOT LIKE '|%|%|')`,
      sql`(peers LIKE '|%|%|' AND ${isAmong} AND ${position}(peers, ${wanted}) > 0)`
    ]
  }

  return {
    columns,
    outcome,
    outcomeIndexed,
    carrier,
    carrierOfMessage,
    deliveryChanged,
    loss,
    lossy,
    messageChanged,
    movedOn,
    notAccepted,
    status,
    withPeer
  }
}
