/** What the archive reads out of the JSON of a row, for both databases. Its indexes and its queries must have the same words. */
import type * as SqlClient from "@effect/sql/SqlClient"

/** Names of nested fields. None of them needs quotes. */
type Path = ReadonlyArray<string>

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

  const inHand = onPostgres
    ? `(${json("state")} -> 'route' -> (${json("state")} ->> 'at')::integer ->> 'carrierId')`
    : "json_extract(state, '$.route[' || json_extract(state, '$.at') || '].carrierId')"

  const tag = textAt("state", ["result", "outcome", "_tag"])

  const isKept = onPostgres
    ? `coalesce(${textAt("state", ["result", "kept"])} = 'true', false)`
    : `coalesce(${textAt("state", ["result", "kept"])} = 1, 0)`

  return {
    onPostgres,
    /** The people of a row, each by itself. Only PostgreSQL has this. */
    peersApart: "string_to_array(peers, '|')",
    json,
    textIn,
    textAt,
    /** The tag of a delivery's outcome. */
    tag,
    /** Deliveries whose outcome may change: they ended, and an operator or a carrier may still say what became of them. */
    isKept,
    /** Deliveries that ended and were not taken whole. */
    notAccepted: `${tag} <> 'Accepted'`,
    /** Deliveries that lost something. */
    lossy: `${onPostgres ? `json_array_length(${json("state")} -> 'losses')` : "json_array_length(state, '$.losses')"} > 0`,
    /** Deliveries that went on to another carrier of their route. */
    movedOn: `${onPostgres ? `(${json("state")} ->> 'at')::integer` : "json_extract(state, '$.at')"} > 0`,
    /** The carrier that took a delivery, or was asked for it last. Before there is an answer, it is the carrier that is being asked now. */
    carrierOfDelivery: `coalesce(${textAt("state", ["result", "carrierId"])}, ${inHand})`,
    carrierOfMessage: textAt("message", ["ref", "carrierId"])
  }
}
