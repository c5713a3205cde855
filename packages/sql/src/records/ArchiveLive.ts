/** The archive in the database: the ledger's deliveries, and the messages that carriers reported. */
import * as SqlClient from "@effect/sql/SqlClient"
import type * as Statement from "@effect/sql/Statement"
import { DeliveryId } from "@interline/core/DeliveryId"
import { present } from "@interline/core/Optional"
import * as Clock from "effect/Clock"
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

/** So many deliveries are looked through at once where no index helps. */
const lookedThrough = 1_000

/** Stands for the id of an item where a list goes on at a time at which nothing is left. No id comes before it. */
const lookedAway = ""

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

type Conditions = Omit<Archive.Query, "limit" | "offset" | "after" | "countTo" | "lookFor" | "order">

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

/** A part of a list: the rows of a table that fulfil both conditions. No row is in two parts. */
interface Side {
  readonly kind: Listed["kind"]
  readonly table: "interline_deliveries" | "interline_messages"
  /** What an index has, or a column. */
  readonly where: Statement.Fragment
  /** What is read out of the JSON of a row. */
  readonly filter: Statement.Fragment | undefined
  /** How the time is written. */
  readonly at: string
}

/** Gives the parts of a list, so that an index has the rows of each part in their order. */
const makeSides = (sql: SqlClient.SqlClient, filters: ReturnType<typeof ArchiveFilters.make>) => {
  // The conditions on columns come first, so that both databases read the JSON only of the rows that remain.
  const deliveries = (query: Conditions): ReadonlyArray<Side> => {
    const { carrierId, changedSince, conversation, direction, failedOver, keys, loss, outcome, peer, status } = query
    const indexed = (place: Place, at: string) =>
      sql.and([
        sql.literal(`place = '${place}'`),
        filters.columns(query, at),
        ...(changedSince === undefined ? [] : [filters.deliveryChanged(changedSince)]),
        ...(conversation === undefined ? [] : [sql`conversation = ${conversation}`]),
        ...(keys === undefined ? [] : [sql.in("key", keys)]),
        ...(outcome === undefined ? [] : [filters.outcomeIndexed(outcome, place)]),
        ...(failedOver === true ? [filters.movedOn] : []),
        ...(loss === undefined ? [] : [filters.lossy]),
        ...(carrierId === undefined ? [] : [filters.carrier(carrierId)])
      ])
    const read = (place: Place): ReadonlyArray<Statement.Fragment> => [
      ...(outcome === undefined ? [] : [filters.outcome(outcome, place)]),
      ...(failedOver === false ? [sql`NOT (${filters.movedOn})`] : []),
      ...(loss === undefined ? [] : [filters.loss(loss)]),
      ...(status === undefined ? [] : [filters.status(status)])
    ]
    return direction === "inbound" ? [] : places.flatMap(([place, at]) => {
      const filter = read(place)
      return filters.withPeer(peer).map((withPeer): Side => ({
        kind: "delivery",
        table: "interline_deliveries",
        where: sql.and([withPeer, indexed(place, at)]),
        filter: filter.length === 0 ? undefined : sql.and(filter),
        at
      }))
    })
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
    return none ? [] : filters.withPeer(peer).map((withPeer): Side => ({
      kind: "message",
      table: "interline_messages",
      where: sql.and([withPeer, all]),
      filter: undefined,
      at: "created_at"
    }))
  }

  return (query: Conditions): ReadonlyArray<Side> => [...deliveries(query), ...messages(query)]
}

/** What reads the rows of lists, and counts them. */
const makeReads = (sql: SqlClient.SqlClient, filters: ReturnType<typeof ArchiveFilters.make>) => {
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
          filter: undefined,
          at: "created_at"
        }]
      )

  /**
   * The rows of a part in their order. PostgreSQL does not know how many rows a condition on JSON takes, believes in few, and then reads all rows to
   * sort the few. So there the order comes first, and the condition after it.
   */
  const fromPart = (
    { at, filter, table, where }: Side,
    { limit, past = sql`true`, way }: { readonly limit: number; readonly past?: Statement.Fragment; readonly way: "ASC" | "DESC" }
  ): Statement.Fragment => {
    const [from, order] = [sql.literal(table), sql.literal(`ORDER BY ${at} ${way}, id ${way}`)]
    return filter === undefined
      ? sql`FROM ${from} WHERE ${where} AND ${past} ${order} LIMIT ${limit}`
      : sql.onDialectOrElse({
        pg: () =>
          sql`FROM (SELECT * FROM ${from} WHERE ${where} AND ${past} ${order} OFFSET 0) AS ${from} WHERE ${filter} ${order} LIMIT ${limit}`,
        orElse: () => sql`FROM ${from} WHERE ${where} AND ${past} AND ${filter} ${order} LIMIT ${limit}`
      })
  }

  const conditionOf = ({ filter, where }: Side): Statement.Fragment => filter === undefined ? where : sql.and([where, filter])

  const unite = ([first, ...others]: ReadonlyArray<Statement.Fragment>): Statement.Fragment | undefined =>
    first === undefined ? undefined : others.reduce((all, one) => sql`${all} UNION ALL ${one}`, first)

  /** The rows of a list, as many as are wanted, in its order. */
  const readRows = (query: Conditions & Pick<Archive.Query, "after" | "order">, wanted: number) => {
    const { after, order } = query
    const isNewest = order !== "oldest"
    const way = sql.literal(isNewest ? "DESC" : "ASC")
    // An index finds the first row of the page by its time alone. The id tells apart what has the same time.
    const past = (at: string) =>
      after === undefined
        ? sql`true`
        : sql`(${sql.literal(at)} <> ${after.at} OR id ${sql.literal(isNewest ? "<" : ">")} ${after.id})`
    // Each part gives no more rows than are wanted, in the order of its index.
    const rows = unite(
      sidesOf(query).map((side) =>
        sql`SELECT * FROM (SELECT '${sql.literal(side.kind)}' AS kind, id, created_at ${
          fromPart(side, { limit: wanted, past: past(side.at), way: isNewest ? "DESC" : "ASC" })
        }) AS side`
      )
    )
    return rows === undefined
      ? Effect.succeed([])
      : Store.runStatement(
        "Archive.list",
        sql<Listed>`SELECT kind, id, created_at FROM (${rows}) AS archived ORDER BY created_at ${way}, id ${way} LIMIT ${wanted}`
      )
  }

  /** How many rows a list has, counted to a limit if there is one. */
  const countRows = (query: Conditions, limit: number | undefined) => {
    const counted = countedSidesOf(query)
    // The order makes a database use the index of the part. To its end, each part is counted by itself, which reads an index fastest.
    const counts = unite(counted.map((side) =>
      limit === undefined
        ? sql`SELECT COUNT(*) AS count FROM ${sql.literal(side.table)} WHERE ${conditionOf(side)}`
        : sql`SELECT COUNT(*) AS count FROM (SELECT 1 AS one ${fromPart(side, { limit, way: "DESC" })}) AS first`
    ))
    return counts === undefined
      ? Effect.succeed(0)
      : Effect.map(
        Store.runStatement(
          "Archive.list",
          sql<{ readonly total: number }>`SELECT CAST(SUM(count) AS BIGINT) AS total FROM (${counts}) AS counted`
        ),
        ([count]) => Math.min(count?.total ?? 0, limit ?? Number.POSITIVE_INFINITY)
      )
  }

  /**
   * Looks through a list in spans of time with so many deliveries, until there is enough. It is for a condition that no index has: a database that
   * works in this process would stop everything else, and one that does not would end a long statement. `rest` is where the list goes on if what is
   * there was not looked through.
   */
  const lookInSpans = <A>(
    query: Conditions & Pick<Archive.Query, "order">,
    found: A,
    look: (found: A, span: Conditions & Pick<Archive.Query, "order">) => Effect.Effect<A>,
    isEnough: (found: A) => Effect.Effect<boolean>
  ): Effect.Effect<{ readonly found: A; readonly rest?: number }> => {
    const isNewest = query.order !== "oldest"
    const edges = Store.runStatement(
      "Archive.list",
      sql<{ readonly at: number }>`SELECT created_at AS at FROM interline_deliveries WHERE ${
        filters.columns(present({ since: query.since, until: query.until }))
      } ORDER BY created_at ${sql.literal(isNewest ? "DESC" : "ASC")} LIMIT 1 OFFSET ${lookedThrough}`
    )
    return Effect.flatMap(edges, ([edge]) => {
      if (edge === undefined) return Effect.map(look(found, query), (found) => ({ found }))
      const span = isNewest ? { since: edge.at } : { until: edge.at + 1 }
      const rest = isNewest ? { until: edge.at } : { since: edge.at + 1 }
      return Effect.flatMap(look(found, { ...query, ...span }), (now) =>
        Effect.flatMap(isEnough(now), (isOver) =>
          isOver
            ? Effect.succeed({ found: now, rest: rest.until ?? rest.since })
            : Effect.zipRight(Store.turn, lookInSpans({ ...query, ...rest }, now, look, isEnough))))
    })
  }

  return { conditionOf, countedSidesOf, countRows, lookInSpans, readRows, sidesOf, unite }
}

/**
 * The archive in the database. All gateways on the database share it. A carrier's report is removed after 90 days. A delivery is removed
 * when the ledger removes it.
 *
 * @category constructors
 */
export const make: Effect.Effect<Archive.ArchiveService, never, SqlClient.SqlClient | IdMap | Scope.Scope> = Effect.gen(
  function*() {
    const sql = yield* SqlClient.SqlClient
    const deliveries = ArchivedDeliveries.make(sql)
    const messages = ArchivedMessages.make(sql, yield* IdMap)
    const filters = ArchiveFilters.make(sql)
    const { conditionOf, countRows, countedSidesOf, lookInSpans, readRows, sidesOf, unite } = makeReads(sql, filters)

    const find: Archive.ArchiveService["find"] = (id) =>
      Effect.flatMap(
        isDeliveryId(id) ? deliveries.findAll([id]) : Effect.succeed([]),
        ([found]): Effect.Effect<Option.Option<Archive.Archived>> =>
          found === undefined
            ? Effect.map(messages.findAll([id]), ([message]) => Option.fromNullable(message))
            : Effect.succeedSome(found)
      )

    /** Whether a list is looked through in spans. A status is, unless an index finds few rows by another condition. */
    const isLookedThrough = ({ status, ...others }: Conditions): Effect.Effect<boolean> =>
      status === undefined
        ? Effect.succeed(false)
        : others.keys === undefined && others.conversation === undefined && others.peer === undefined
        ? Effect.succeed(true)
        : Effect.map(countRows({ ...others, only: "deliveries" }, lookedThrough + 1), (many) => many > lookedThrough)

    const list: Archive.ArchiveService["list"] = (query) => {
      const { after, countTo, limit, lookFor, offset, order, status } = query
      const paged = after === undefined
        ? query
        : order === "oldest"
        ? { ...query, since: after.at }
        : { ...query, until: after.id === lookedAway ? after.at : after.at + 1 }
      const wanted = limit + offset + 1
      const limitOfCount = countTo === undefined ? undefined : countTo + 1
      const rowsRead = Effect.flatMap(isLookedThrough(paged), (isLooked) =>
        isLooked
          ? Effect.flatMap(Clock.currentTimeMillis, (begun) =>
            lookInSpans(
              paged,
              new Array<Listed>(),
              (found, span) => Effect.map(readRows({ ...paged, ...span }, wanted - found.length), (more) => [...found, ...more]),
              (found) =>
                Effect.map(Clock.currentTimeMillis, (now) => found.length >= wanted || (lookFor !== undefined && now - begun >= lookFor))
            ))
          : Effect.map(readRows(paged, wanted), (found): { readonly found: Array<Listed>; readonly rest?: number } => ({
            found: Array.from(found)
          })))
      const counted = countTo === 0
        ? Effect.succeed(0)
        : status === undefined
        ? countRows(query, limitOfCount)
        : Effect.map(
          lookInSpans(
            query,
            0,
            (found, span) => Effect.map(countRows(span, limitOfCount), (more) => found + more),
            (found) => Effect.succeed(limitOfCount !== undefined && found >= limitOfCount)
          ),
          ({ found }) => found
        )
      return Effect.gen(function*() {
        const { found: listed, rest } = yield* rowsRead
        const total = yield* counted
        const rows = listed.slice(offset, offset + limit)
        const last = rows.at(-1)
        const reported = yield* messages.findAll(rows.flatMap(({ id, kind }) => kind === "message" ? [id] : []))
        const sent = yield* deliveries.findAll(rows.flatMap(({ id, kind }) => kind === "delivery" ? [id] : []))
        const found = new Map<string, Archive.Archived>([...reported, ...sent].map((one) => [one.id, one]))
        return {
          items: rows.flatMap(({ id }) => found.get(id) ?? []),
          ...(countTo === undefined || total <= countTo ? { total } : { total: countTo, isCutOff: true as const }),
          ...(listed.length >= wanted && last !== undefined
            ? { next: { at: last.created_at, id: last.id } }
            : rest === undefined
            ? {}
            : { next: { at: rest, id: lookedAway }, lookedTo: rest })
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
          counted(side, [side.kind === "message" ? "direction" : "'outbound'", "COUNT(*)", "0"], conditionOf(side))
        ),
        // an index has these, so their JSON is not read
        ...sidesOf(query).flatMap((side) =>
          side.kind === "message" ? [] : [counted(side, ["'outbound'", "0", "COUNT(*)"], sql.and([conditionOf(side), filters.notAccepted]))]
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
      report: (id) => Effect.map(deliveries.findAll([id]), ([found]) => Option.map(Option.fromNullable(found), ({ report }) => report))
    }
  }
)

/**
 * The archive as a layer.
 *
 * @category layers
 */
export const layer: Layer.Layer<Archive.Archive, never, SqlClient.SqlClient | IdMap> = Layer.scoped(Archive.Archive, make)
