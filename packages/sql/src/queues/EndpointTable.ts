/** The table `interline_endpoints`: the addresses that are called for events. */
import * as SqlClient from "@effect/sql/SqlClient"
import type * as SqlError from "@effect/sql/SqlError"
import { DeliveryId } from "@interline/core/DeliveryId"
import { LineName } from "@interline/core/Line"
import { optional } from "@interline/core/Optional"
import { EpochMillis } from "@interline/core/Time"
import * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Store from "../database/Store.ts"

/**
 * An address that is called for events. `dialect` is the format of the calls. `events` are names from its dialect (`Received`,
 * `message.received`, `receive`). An empty list means all events. `lines` limits it to events of these lines. An empty list means all
 * lines. `deliveryId` limits it to one delivery, and such an endpoint ends at `expiresAt`. `version` is the payload version, for a dialect
 * with several. `secret` signs the calls. Times are in epoch milliseconds. `failedAt` is the time of the last failed call, and `failure` is
 * its reason, for people. Both stay when later calls succeed.
 * call failed last, and `failure` why, for people; both stay when later calls are taken.
 *
 * @category models
 */
export const Endpoint = Schema.Struct({
  id: Schema.String,
  url: Schema.String,
  dialect: Schema.String,
  events: Schema.Array(Schema.String),
  lines: Schema.Array(LineName),
  secret: optional(Schema.Redacted(Schema.String)),
  version: optional(Schema.String),
  active: Schema.Boolean,
  deliveryId: optional(DeliveryId),
  expiresAt: optional(EpochMillis),
  failedAt: optional(EpochMillis),
  failure: optional(Schema.String),
  createdAt: EpochMillis,
  updatedAt: EpochMillis
})

/** @category models */
export interface Endpoint extends Schema.Schema.Type<typeof Endpoint> {}

/**
 * The fields of an endpoint that can be changed.
 *
 * @category models
 */
export type Change = Partial<Pick<Endpoint, "url" | "events" | "lines" | "secret" | "active">>

/**
 * An endpoint that is to be called.
 *
 * @category models
 */
export interface Receiver {
  readonly id: string
  readonly endpoint: Endpoint
  /** Whether its last call failed. */
  readonly failing: boolean
}

/**
 * The endpoints in the database.
 *
 * @category models
 */
export interface EndpointTable {
  readonly insert: (endpoint: Endpoint) => Effect.Effect<void>
  readonly find: (id: string) => Effect.Effect<Option.Option<Endpoint>>
  /** The endpoints that do not belong to a single delivery, the oldest first. */
  readonly list: (dialect?: string) => Effect.Effect<ReadonlyArray<Endpoint>>
  /** Writes only the changed fields. So two changes at the same time both take effect. */
  readonly update: (id: string, change: Change, at: number) => Effect.Effect<void>
  /** Removes an endpoint and the calls that wait for it. `false` if there was no such endpoint. */
  readonly remove: (id: string) => Effect.Effect<boolean>
  /** The endpoints that may be called now: those of these deliveries, and those that belong to no delivery. */
  readonly active: (deliveries: ReadonlyArray<DeliveryId>, at: number) => Effect.Effect<ReadonlyArray<Endpoint>>
  readonly receivers: (ids: ReadonlyArray<string>) => Effect.Effect<ReadonlyMap<string, Receiver>, unknown>
  /** Records that a call to the endpoint succeeded again. */
  readonly recordTaken: (id: string) => Effect.Effect<void, SqlError.SqlError>
  /** Records that a call failed. The result is the number of failures in a row. */
  readonly recordFailure: (id: string, why: string, at: number) => Effect.Effect<number, SqlError.SqlError>
  /** Ends an endpoint: it is not called any more. */
  readonly deactivate: (id: string, at: number) => Effect.Effect<void, SqlError.SqlError>
}

interface Row {
  readonly id: string
  readonly url: string
  readonly dialect: string
  readonly events: string
  readonly lines: string
  readonly secret: string | null
  readonly version: string | null
  readonly active: number
  readonly delivery_id: string | null
  readonly expires_at: number | null
  readonly created_at: number
  readonly updated_at: number
  readonly failed_at: number | null
  readonly failure: string | null
  readonly failures: number
}

const List = Schema.parseJson(Schema.Array(Schema.String))
const encodeList = Schema.encode(List)
const decodeList = Schema.decode(List)
const decodeEndpoint = Schema.decodeUnknown(Endpoint)

const fromRow = (row: Row): Effect.Effect<Endpoint, unknown> =>
  Effect.flatMap(Effect.all([decodeList(row.events), decodeList(row.lines)]), ([events, lines]) =>
    decodeEndpoint({
      id: row.id,
      url: row.url,
      dialect: row.dialect,
      events,
      lines,
      active: row.active === 1,
      createdAt: row.created_at,
      updatedAt: row.updated_at,
      ...(row.secret === null ? {} : { secret: row.secret }),
      ...(row.version === null ? {} : { version: row.version }),
      ...(row.delivery_id === null ? {} : { deliveryId: row.delivery_id }),
      ...(row.expires_at === null ? {} : { expiresAt: row.expires_at }),
      ...(row.failed_at === null ? {} : { failedAt: row.failed_at }),
      ...(row.failure === null ? {} : { failure: row.failure })
    }))

const secretOf = ({ secret }: Pick<Endpoint, "secret">): string | null => secret === undefined ? null : Redacted.value(secret)

const toRow = (endpoint: Endpoint) =>
  Effect.map(Effect.all([encodeList(endpoint.events), encodeList(endpoint.lines)]), ([events, lines]): Row => ({
    id: endpoint.id,
    url: endpoint.url,
    dialect: endpoint.dialect,
    events,
    lines,
    secret: secretOf(endpoint),
    version: endpoint.version ?? null,
    active: endpoint.active ? 1 : 0,
    delivery_id: endpoint.deliveryId ?? null,
    expires_at: endpoint.expiresAt ?? null,
    created_at: endpoint.createdAt,
    updated_at: endpoint.updatedAt,
    failed_at: null,
    failure: null,
    failures: 0
  }))

const toColumns = ({ active, events, lines, secret, url }: Change) =>
  Effect.map(
    Effect.all([
      events === undefined ? Effect.succeed({}) : Effect.map(encodeList(events), (events) => ({ events })),
      lines === undefined ? Effect.succeed({}) : Effect.map(encodeList(lines), (lines) => ({ lines }))
    ]),
    ([events, lines]) => ({
      ...events,
      ...lines,
      ...(url === undefined ? {} : { url }),
      ...(secret === undefined ? {} : { secret: secretOf({ secret }) }),
      ...(active === undefined ? {} : { active: active ? 1 : 0 })
    })
  )

/**
 * The endpoints in the database. An endpoint with an end is removed an hour after its end.
 *
 * @category constructors
 */
export const make: Effect.Effect<EndpointTable, never, SqlClient.SqlClient | Scope.Scope> = Effect.gen(function*() {
  const sql = yield* SqlClient.SqlClient

  yield* Store.forgetOldRows("callbacks", [
    // The hour is for calls that are under way when an endpoint ends.
    (sql, now) =>
      sql`DELETE FROM interline_endpoints WHERE id IN
        (SELECT id FROM interline_endpoints WHERE expires_at < ${now - 3_600_000} ORDER BY expires_at LIMIT ${Store.batch}) RETURNING id`
  ])

  return {
    insert: (endpoint) =>
      Store.runStatement(
        "Callbacks.write",
        Effect.asVoid(Effect.flatMap(toRow(endpoint), (row) => sql`INSERT INTO interline_endpoints ${sql.insert({ ...row })}`))
      ),
    find: (id) =>
      Store.runStatement(
        "Callbacks.find",
        Effect.flatMap(sql<Row>`SELECT * FROM interline_endpoints WHERE id = ${id}`, ([row]) =>
          row === undefined ? Effect.succeedNone : Effect.asSome(fromRow(row)))
      ),
    // The endpoints of single deliveries are many and short-lived, and nobody manages them. So they are left out.
    list: (dialect) =>
      Store.runStatement(
        "Callbacks.list",
        Effect.flatMap(
          sql<Row>`SELECT * FROM interline_endpoints WHERE delivery_id IS NULL
            AND ${dialect === undefined ? sql`true` : sql`dialect = ${dialect}`} ORDER BY created_at, id`,
          (rows) => Effect.forEach(rows, fromRow)
        )
      ),
    update: (id, change, at) =>
      Store.runStatement(
        "Callbacks.update",
        Effect.asVoid(Effect.flatMap(
          toColumns(change),
          (columns) => sql`UPDATE interline_endpoints SET ${sql.update({ updated_at: at, ...columns })} WHERE id = ${id}`
        ))
      ),
    remove: (id) =>
      Store.runStatement(
        "Callbacks.remove",
        Effect.gen(function*() {
          const gone = yield* sql`DELETE FROM interline_endpoints WHERE id = ${id} RETURNING id`
          yield* sql`DELETE FROM interline_callbacks WHERE endpoint_id = ${id}`
          return gone.length > 0
        })
      ),
    active: (deliveries, at) =>
      Store.runStatement(
        "Callbacks.published",
        Effect.suspend(() => {
          const mine = deliveries.length === 0
            ? sql`delivery_id IS NULL`
            : sql`(delivery_id IS NULL OR ${sql.in("delivery_id", deliveries)})`
          return Effect.flatMap(
            sql<Row>`SELECT * FROM interline_endpoints
              WHERE active = 1 AND ${mine} AND (expires_at IS NULL OR expires_at > ${at})`,
            (rows) => Effect.forEach(rows, fromRow)
          )
        })
      ),
    receivers: (ids) =>
      Effect.flatMap(sql<Row>`SELECT * FROM interline_endpoints WHERE ${sql.in("id", ids)}`, (rows) =>
        Effect.map(
          Effect.forEach(rows, (row) =>
            Effect.map(
              fromRow(row),
              (endpoint): readonly [string, Receiver] => [row.id, { id: row.id, endpoint, failing: row.failures > 0 }]
            )),
          (receivers) => new Map(receivers)
        )),
    recordTaken: (id) => Effect.asVoid(sql`UPDATE interline_endpoints SET failures = 0 WHERE id = ${id}`),
    recordFailure: (id, why, at) =>
      Effect.map(
        sql<{ readonly failures: number }>`UPDATE interline_endpoints SET failures = failures + 1, failed_at = ${at}, failure = ${why}
          WHERE id = ${id} RETURNING failures`,
        ([row]) => row?.failures ?? 0
      ),
    deactivate: (id, at) => Effect.asVoid(sql`UPDATE interline_endpoints SET active = 0, updated_at = ${at} WHERE id = ${id}`)
  }
})
