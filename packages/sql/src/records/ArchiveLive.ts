/** The archive in the database: the ledger's deliveries, and the messages that carriers reported. */
import * as SqlClient from "@effect/sql/SqlClient"
import type * as Statement from "@effect/sql/Statement"
import { DeliveryId } from "@interline/core/DeliveryId"
import { Ledger } from "@interline/router/Ledger"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Store from "../database/Store.ts"
import * as Archive from "./Archive.ts"
import * as ArchivedDeliveries from "./archivedDeliveries.ts"
import * as ArchivedMessages from "./archivedMessages.ts"
import * as ArchiveFilters from "./archiveFilters.ts"
import { IdMap } from "./IdMap.ts"

const keepFor = Duration.toMillis("90 days")

const isDeliveryId = Schema.is(DeliveryId)

interface Listed {
  readonly kind: "delivery" | "message"
  readonly id: string
  readonly created_at: number
}

/**
 * The places of a delivery, and how the time is written for each. Nearly all are done. The indexes of the archive have only those, so that a send
 * costs them once. Few are running: no index has them by their time, and the sum keeps the databases from looking through all rows by it.
 */
const places = [["done", "created_at"], ["held", "created_at"], ["running", "(created_at + 0)"]] as const

type Place = typeof places[number][0]

type Conditions = Omit<Archive.Query, "limit" | "offset" | "after" | "countTo" | "order">

/** The conditions beside those of time and direction. */
const narrowing = [
  "carrierId",
  "changedSince",
  "conversation",
  "failedOver",
  "keys",
  "line",
  "lines",
  "loss",
  "outcome",
  "peer",
  "status"
] as const satisfies ReadonlyArray<keyof Conditions>

/** A part of a list: the rows of a table that fulfil a condition. No row is in two parts. */
interface Side {
  readonly kind: Listed["kind"]
  readonly table: "interline_deliveries" | "interline_messages"
  readonly where: Statement.Fragment
  /** How the time is written. */
  readonly at: string
}

/** Gives the parts of a list, so that an index has the rows of each part in their order. */
const makeSides = (sql: SqlClient.SqlClient, filters: ReturnType<typeof ArchiveFilters.make>) => {
  // The conditions on columns come first, so that both databases read the JSON only of the rows that remain.
  const deliveries = (query: Conditions): ReadonlyArray<Side> => {
    const { carrierId, changedSince, conversation, direction, failedOver, keys, loss, outcome, peer, status } = query
    const all = (place: Place, at: string) =>
      sql.and([
        filters.columns(query, at),
        ...(changedSince === undefined ? [] : [filters.deliveryChanged(changedSince)]),
        ...(conversation === undefined ? [] : [sql`conversation = ${conversation}`]),
        ...(keys === undefined ? [] : [sql.in("key", keys)]),
        ...(outcome === undefined ? [] : [filters.outcome(outcome, place)]),
        ...(failedOver === undefined ? [] : [filters.failedOver(failedOver)]),
        ...(loss === undefined ? [] : [filters.loss(loss)]),
        ...(carrierId === undefined ? [] : [filters.carrier(carrierId)]),
        ...(status === undefined ? [] : [filters.status(status)])
      ])
    return direction === "inbound" ? [] : places.flatMap(([place, at]) =>
      filters.withPeer(peer).map((withPeer) => ({
        kind: "delivery" as const,
        table: "interline_deliveries" as const,
        where: sql.and([sql.literal(`place = '${place}'`), withPeer, all(place, at)]),
        at
      }))
    )
  }

  const messages = (query: Conditions): ReadonlyArray<Side> => {
    const { carrierId, changedSince, conversation, direction, failedOver, keys, loss, only, outcome, peer, status } = query
    const all = sql.and([
      filters.columns(query, "created_at"),
      ...(changedSince === undefined ? [] : [filters.messageChanged(changedSince)]),
      ...(conversation === undefined ? [] : [sql`conversation_key = ${conversation}`]),
      ...(direction === undefined ? [] : [sql`direction = ${direction}`]),
      ...(carrierId === undefined ? [] : [filters.carrierOfMessage(carrierId)])
    ])
    const none = [only, outcome, status, failedOver, loss, keys].some((condition) => condition !== undefined)
    return none ? [] : filters.withPeer(peer).map((withPeer) => ({
      kind: "message" as const,
      table: "interline_messages" as const,
      where: sql.and([withPeer, all]),
      at: "created_at"
    }))
  }

  return (query: Conditions): ReadonlyArray<Side> => [...deliveries(query), ...messages(query)]
}

/**
 * The archive in the database. All gateways on the database share it. A carrier's report is removed after 90 days. A delivery is removed
 * when the ledger removes it.
 *
 * @category constructors
 */
export const make: Effect.Effect<Archive.ArchiveService, never, SqlClient.SqlClient | Ledger | IdMap | Scope.Scope> = Effect.gen(
  function*() {
    const sql = yield* SqlClient.SqlClient
    const deliveries = ArchivedDeliveries.make(sql, yield* Ledger)
    const messages = ArchivedMessages.make(sql, yield* IdMap)
    const filters = ArchiveFilters.make(sql)
    const sidesOf = makeSides(sql, filters)

    /** The same rows in fewer parts, where no condition needs the place: then an index alone has what is counted. */
    const countedSidesOf = (query: Conditions): ReadonlyArray<Side> =>
      narrowing.some((condition) => query[condition] !== undefined)
        ? sidesOf(query)
        : (["delivery", "message"] as const).flatMap((kind) =>
          (kind === "delivery" && query.direction === "inbound") || (kind === "message" && query.only !== undefined) ? [] : [{
            kind,
            table: kind === "delivery" ? "interline_deliveries" : "interline_messages",
            where: sql.and([
              filters.columns(query),
              ...(kind === "delivery" || query.direction === undefined ? [] : [sql`direction = ${query.direction}`])
            ]),
            at: "created_at"
          }]
        )

    const unite = ([first, ...others]: ReadonlyArray<Statement.Fragment>): Statement.Fragment | undefined =>
      first === undefined ? undefined : others.reduce((all, one) => sql`${all} UNION ALL ${one}`, first)

    const find: Archive.ArchiveService["find"] = (id) =>
      Effect.flatMap(
        isDeliveryId(id) ? deliveries.find(id) : Effect.succeedNone,
        (found): Effect.Effect<Option.Option<Archive.Archived>> =>
          Option.isSome(found) ? Effect.succeed(found) : Effect.map(messages.findAll([id]), ([message]) => Option.fromNullable(message))
      )

    const list: Archive.ArchiveService["list"] = (query) => {
      const { after, countTo, limit, offset, order } = query
      const isNewest = order !== "oldest"
      const way = sql.literal(isNewest ? "DESC" : "ASC")
      // An index finds the first row of the page by its time alone. The id tells apart what has the same time.
      const past = (at: string) =>
        after === undefined
          ? sql`true`
          : sql`(${sql.literal(at)} <> ${after.at} OR id ${sql.literal(isNewest ? "<" : ">")} ${after.id})`
      const sides = sidesOf(
        after === undefined ? query : isNewest ? { ...query, until: after.at + 1 } : { ...query, since: after.at }
      )
      // Each part gives no more rows than the page may hold, in the order of its index.
      const pages = unite(
        sides.map(({ at, kind, table, where }) =>
          sql`SELECT * FROM (SELECT '${sql.literal(kind)}' AS kind, id, created_at FROM ${sql.literal(table)} WHERE ${where} AND ${past(at)}
          ORDER BY ${sql.literal(at)} ${way}, id ${way} LIMIT ${limit + offset + 1}) AS side`
        )
      )
      const counted = countedSidesOf(query)
      // To its end, each part is counted by itself, which reads an index fastest. A limit ends all parts together.
      const counts = countTo === undefined
        ? unite(counted.map(({ table, where }) => sql`SELECT COUNT(*) AS count FROM ${sql.literal(table)} WHERE ${where}`))
        : Option.getOrUndefined(Option.map(
          Option.fromNullable(unite(counted.map(({ table, where }) => sql`SELECT 1 AS one FROM ${sql.literal(table)} WHERE ${where}`))),
          (rows) => sql`SELECT COUNT(*) AS count FROM (SELECT one FROM (${rows}) AS rows LIMIT ${countTo + 1}) AS first`
        ))
      if (pages === undefined || counts === undefined) return Effect.succeed({ items: [], total: 0 })
      return Effect.gen(function*() {
        const [listed, [count]] = yield* Store.runStatement(
          "Archive.list",
          Effect.all([
            sql<Listed>`SELECT kind, id, created_at FROM (${pages}) AS archived ORDER BY created_at ${way}, id ${way} LIMIT ${
              limit + 1
            } OFFSET ${offset}`,
            countTo === 0
              ? Effect.succeed([])
              : sql<{ readonly total: number }>`SELECT CAST(SUM(count) AS BIGINT) AS total FROM (${counts}) AS counted`
          ])
        )
        const rows = listed.slice(0, limit)
        const last = rows.at(-1)
        const reported = yield* messages.findAll(rows.flatMap(({ id, kind }) => kind === "message" ? [id] : []))
        const sent = yield* Effect.forEach(
          rows,
          ({ id, kind }) => kind === "delivery" && isDeliveryId(id) ? deliveries.find(id) : Effect.succeedNone,
          { concurrency: 8 }
        )
        const found = new Map<string, Archive.Archived>(
          [...reported, ...sent.flatMap((one) => Option.isSome(one) ? [one.value] : [])].map((one) => [one.id, one])
        )
        return {
          items: rows.flatMap(({ id }) => found.get(id) ?? []),
          ...(countTo === undefined || count === undefined || count.total <= countTo
            ? { total: count?.total ?? 0 }
            : { total: countTo, isCutOff: true as const }),
          ...(last === undefined || listed.length <= limit ? {} : { next: { at: last.created_at, id: last.id } })
        }
      })
    }

    const count: Archive.ArchiveService["count"] = (query, every) => {
      const span = sql.literal(`created_at - created_at % ${Math.round(every)}`)
      const counted = ({ kind, table }: Side, [direction, count, other]: readonly [string, string, string], where: Statement.Fragment) =>
        sql`SELECT ${sql.literal(`${direction} AS direction`)}, ${span} AS span_at, ${sql.literal(`${count} AS count, ${other} AS other`)}
          FROM ${sql.literal(table)} WHERE ${where} GROUP BY ${sql.literal(kind === "message" ? "direction, span_at" : "span_at")}`
      const all = unite([
        ...countedSidesOf(query).map((side) =>
          counted(side, [side.kind === "message" ? "direction" : "'outbound'", "COUNT(*)", "0"], side.where)
        ),
        // an index has these, so their JSON is not read
        ...sidesOf(query).flatMap((side) =>
          side.kind === "message" ? [] : [counted(side, ["'outbound'", "0", "COUNT(*)"], sql.and([side.where, filters.notAccepted]))]
        )
      ])
      return all === undefined ? Effect.succeed([]) : Store.runStatement(
        "Archive.count",
        sql<Archive.Count>`SELECT span_at AS at,
          CAST(SUM(CASE WHEN direction = 'inbound' THEN count ELSE 0 END) AS BIGINT) AS inbound,
          CAST(SUM(CASE WHEN direction = 'outbound' THEN count ELSE 0 END) AS BIGINT) AS outbound,
          CAST(SUM(other) AS BIGINT) AS ${sql("notAccepted")}
          FROM (${all}) AS spans GROUP BY span_at ORDER BY span_at`
      )
    }

    yield* Store.forgetOldRows("archive", [ArchivedMessages.forgetAfter(keepFor), ArchivedDeliveries.forgetAfter(keepFor)])

    return {
      recordArrival: messages.recordArrival,
      recordMessage: messages.record,
      recordStatus: deliveries.record,
      find,
      list,
      count,
      report: (id) => Effect.map(deliveries.find(id), Option.map(({ report }) => report))
    }
  }
)

/**
 * The archive as a layer.
 *
 * @category layers
 */
export const layer: Layer.Layer<Archive.Archive, never, SqlClient.SqlClient | Ledger | IdMap> = Layer.scoped(Archive.Archive, make)
