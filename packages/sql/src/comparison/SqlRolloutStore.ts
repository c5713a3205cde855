/** The store of rollouts in SQL. Each change is a row, and the newest row is the state for all processes on the database. */
import * as SqlClient from "@effect/sql/SqlClient"
import { CarrierId } from "@interline/core/CarrierId"
import * as Rollout from "@interline/router/Rollout"
import { Change, guarding, RolloutStore, type RolloutStoreService, starting } from "@interline/router/RolloutStore"
import type { SendResult } from "@interline/router/SendResult"
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import * as JsonColumn from "../database/jsonColumn.ts"
import { recordset } from "../database/recordset.ts"
import * as Store from "../database/Store.ts"
import * as StoredSends from "./storedSends.ts"

const encode = JsonColumn.makeEncoder(Rollout.State)

const decode = Schema.decodeUnknown(Schema.Struct({ ...Change.fields, state: Schema.parseJson(Rollout.State) }))

const decodeState = Schema.decodeUnknown(Schema.parseJson(Rollout.State))

const decodeCarrier = Schema.decodeUnknown(CarrierId)

/** How many conversations one statement assigns. SQLite has a limit. */
const batch = 500

/** How many deliveries the guardrails are judged by. */
const mostSends = 20_000

interface Row {
  readonly version: number
  readonly at: number
  readonly action: string
  readonly actor: string
  readonly reason: string
  readonly state: string
}

const toChange = ({ at, version, ...rest }: Row): Effect.Effect<Change, ParseResult.ParseError> =>
  decode({ ...rest, at: Number(at), version: Number(version) })

/**
 * The store over tables that `Database.layer` made. It keeps every change for good. Every `latest` asks the database, because a change that
 * another process made must count at once.
 *
 * @category constructors
 */
export const make: Effect.Effect<RolloutStoreService, never, SqlClient.SqlClient> = Effect.map(SqlClient.SqlClient, (sql) => {
  const newest = (name: string, limit: number) =>
    Effect.flatMap(
      sql<Row>`SELECT version, at, action, actor, reason, state FROM interline_rollout_changes WHERE rollout = ${name}
        ORDER BY version DESC LIMIT ${limit}`,
      (rows) => Effect.forEach(rows, toChange)
    )
  const sends = StoredSends.make(sql)
  const observe = (since: number) => {
    const found: Array<SendResult> = []
    const asked = { since, until: Number.MAX_SAFE_INTEGER, most: mostSends, withOrigins: false }
    return Effect.as(sends.forEach(asked, ({ isMoved: _, ...send }) => found.push(send)), found)
  }
  return {
    observe: (since) => Store.runStatement("RolloutStore.observe", observe(since)),
    latest: (name) => Store.runStatement("RolloutStore.latest", Effect.map(newest(name, 1), ([change]) => change)),
    history: (name, limit) => Store.runStatement("RolloutStore.history", newest(name, limit)),
    unannounced: (name) =>
      Store.runStatement(
        "RolloutStore.unannounced",
        Effect.flatMap(
          sql<Row>`SELECT version, at, action, actor, reason, state FROM interline_rollout_changes WHERE rollout = ${name} AND announced = 0
            ORDER BY version LIMIT 100`,
          (rows) => Effect.forEach(rows, toChange)
        )
      ),
    announce: (name, version) =>
      Store.runStatement(
        "RolloutStore.announce",
        Effect.map(
          sql`UPDATE interline_rollout_changes SET announced = 1 WHERE rollout = ${name} AND version = ${version} AND announced = 0
            RETURNING version`,
          (rows) => rows.length > 0
        )
      ),
    assigned: (name, conversation) =>
      Store.runStatement(
        "RolloutStore.assigned",
        Effect.flatMap(
          sql<{ readonly carrier_id: string }>`SELECT carrier_id FROM interline_rollout_places
            WHERE rollout = ${name} AND conversation = ${conversation}`,
          ([row]) => row === undefined ? Effect.succeed(undefined) : decodeCarrier(row.carrier_id)
        )
      ),
    countAssigned: (name) =>
      Store.runStatement(
        "RolloutStore.countAssigned",
        Effect.map(
          sql<{ readonly count: number }>`SELECT COUNT(*) AS count FROM interline_rollout_places WHERE rollout = ${name}`,
          ([row]) => Number(row?.count ?? 0)
        )
      ),
    // The key of a direct conversation is its line and its person with a bar between them, and no id of a group has one. Every binding is
    // read: of a million that takes about 0.2 s in SQLite and 0.1 s in PostgreSQL. An index would help only for a carrier with few
    // conversations, and each send would pay for it, because it changes the time of a binding.
    bound: (carrierId) =>
      Store.runStatement(
        "RolloutStore.bound",
        Effect.map(
          sql<{ readonly count: number; readonly last_at: number | null }>`SELECT COUNT(*) AS count, MAX(at) AS last_at
            FROM interline_bindings WHERE carrier_id = ${carrierId} AND conversation LIKE '%|%'`,
          ([row]) => ({
            count: Number(row?.count ?? 0),
            ...(row === undefined || row.last_at === null ? {} : { lastAt: Number(row.last_at) })
          })
        )
      ),
    known: Store.runStatement(
      "RolloutStore.known",
      Effect.flatMap(
        sql<{ readonly name: string; readonly state: string; readonly used_at: number | null }>`SELECT newest.rollout AS name,
          newest.state AS state, known.used_at AS used_at FROM interline_rollout_changes newest JOIN (
            SELECT rollout, MAX(version) AS version, MAX(CASE WHEN actor IN (${starting}, ${guarding}) THEN 0 ELSE at END) AS used_at
            FROM interline_rollout_changes GROUP BY rollout
          ) known ON known.rollout = newest.rollout AND known.version = newest.version ORDER BY newest.rollout`,
        (rows) =>
          Effect.forEach(
            rows,
            ({ name, state, used_at }) => Effect.map(decodeState(state), (state) => ({ name, state, usedAt: Number(used_at) }))
          )
      )
    ),
    assign: (name, { actor, at, carrierId, conversations, reason }) =>
      Store.runStatement(
        "RolloutStore.assign",
        Effect.forEach(Arr.chunksOf(conversations, batch), (some) =>
          carrierId === undefined
            ? sql`DELETE FROM interline_rollout_places WHERE rollout = ${name} AND ${sql.in("conversation", some)}`
            : sql`INSERT INTO interline_rollout_places (rollout, conversation, carrier_id, at, actor, reason)
              SELECT ${sql.literal("r.rollout, r.conversation, r.carrier_id, r.at, r.actor, r.reason")} FROM ${
              recordset(
                sql,
                { rollout: "text", conversation: "text", carrier_id: "text", at: "bigint", actor: "text", reason: "text" },
                Arr.map(Arr.dedupe(some), (conversation) => ({ rollout: name, conversation, carrier_id: carrierId, at, actor, reason }))
              )
            } WHERE true
              ON CONFLICT (rollout, conversation) DO UPDATE
              SET carrier_id = excluded.carrier_id, at = excluded.at, actor = excluded.actor, reason = excluded.reason`, { discard: true })
      ),
    append: (name, { state, ...change }) =>
      Store.runStatement(
        "RolloutStore.append",
        Effect.flatMap(encode(state), (text) =>
          Effect.map(
            sql`INSERT INTO interline_rollout_changes ${sql.insert({ rollout: name, ...change, state: text, announced: 0 })}
              ON CONFLICT (rollout, version) DO NOTHING RETURNING version`,
            (rows) => rows.length > 0
          ))
      )
  }
})

/**
 * The store of rollouts in the database, as a layer.
 *
 * @category layers
 */
export const layer: Layer.Layer<RolloutStore, never, SqlClient.SqlClient> = Layer.effect(RolloutStore, make)
