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
}

/** Selects the rows for a query from the two tables that may hold them. */
const makeSelections = (sql: SqlClient.SqlClient) => {
  const filters = ArchiveFilters.make(sql)

  // The conditions on columns come first, so that both databases read the JSON only of the rows that remain.
  const deliveries = (query: Archive.Query): ReadonlyArray<Statement.Fragment> => {
    const { carrierId, conversation, direction, outcome, status } = query
    const all = sql.and([
      filters.columns(query),
      ...(conversation === undefined ? [] : [sql`conversation = ${conversation}`]),
      ...(outcome === undefined ? [] : [filters.outcome(outcome)]),
      ...(carrierId === undefined ? [] : [filters.carrier(carrierId)]),
      ...(status === undefined ? [] : [filters.status(status)])
    ])
    return direction === "inbound" ? [] : [sql`SELECT 'delivery' AS kind, id, created_at FROM interline_deliveries WHERE ${all}`]
  }

  const messages = (query: Archive.Query): ReadonlyArray<Statement.Fragment> => {
    const { carrierId, conversation, direction, only, outcome, status } = query
    const all = sql.and([
      filters.columns(query),
      ...(conversation === undefined ? [] : [sql`conversation_key = ${conversation}`]),
      ...(direction === undefined ? [] : [sql`direction = ${direction}`]),
      ...(carrierId === undefined ? [] : [filters.carrierOfMessage(carrierId)])
    ])
    const none = only !== undefined || outcome !== undefined || status !== undefined
    return none ? [] : [sql`SELECT 'message' AS kind, id, created_at FROM interline_messages WHERE ${all}`]
  }

  return (query: Archive.Query): ReadonlyArray<Statement.Fragment> => [...deliveries(query), ...messages(query)]
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
    const select = makeSelections(sql)

    const find: Archive.ArchiveService["find"] = (id) =>
      Effect.flatMap(
        isDeliveryId(id) ? deliveries.find(id) : Effect.succeedNone,
        (found): Effect.Effect<Option.Option<Archive.Archived>> =>
          Option.isSome(found) ? Effect.succeed(found) : Effect.map(messages.findAll([id]), ([message]) => Option.fromNullable(message))
      )

    const list: Archive.ArchiveService["list"] = (query) => {
      const { limit, offset, order } = query
      const [first, second] = select(query)
      if (first === undefined) return Effect.succeed({ items: [], total: 0 })
      const all = second === undefined ? first : sql`${first} UNION ALL ${second}`
      const way = sql.literal(order === "oldest" ? "ASC" : "DESC")
      return Effect.gen(function*() {
        const [rows, [count]] = yield* Store.runStatement(
          "Archive.list",
          Effect.all([
            sql<Listed>`SELECT kind, id FROM (${all}) AS archived ORDER BY created_at ${way}, id ${way} LIMIT ${limit} OFFSET ${offset}`,
            sql<{ readonly total: number }>`SELECT COUNT(*) AS total FROM (${all}) AS archived`
          ])
        )
        const reported = yield* messages.findAll(rows.flatMap(({ id, kind }) => kind === "message" ? [id] : []))
        const sent = yield* Effect.forEach(
          rows,
          ({ id, kind }) => kind === "delivery" && isDeliveryId(id) ? deliveries.find(id) : Effect.succeedNone,
          { concurrency: 8 }
        )
        const found = new Map<string, Archive.Archived>(
          [...reported, ...sent.flatMap((one) => Option.isSome(one) ? [one.value] : [])].map((one) => [one.id, one])
        )
        return { items: rows.flatMap(({ id }) => found.get(id) ?? []), total: count?.total ?? 0 }
      })
    }

    yield* Store.forgetOldRows("archive", [ArchivedMessages.forgetAfter(keepFor), ArchivedDeliveries.forgetAfter(keepFor)])

    return {
      recordArrival: messages.recordArrival,
      recordMessage: messages.record,
      recordStatus: deliveries.record,
      find,
      list,
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
