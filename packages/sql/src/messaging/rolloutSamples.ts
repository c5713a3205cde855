/** Reads what became of messages, for the guardrails of a rollout: tries from the ledger, reports from the archive, and opt-outs. */
import type * as SqlClient from "@effect/sql/SqlClient"
import { CarrierId } from "@interline/core/CarrierId"
import { DeliveryStatus } from "@interline/core/DeliveryStatus"
import { Service } from "@interline/core/Service"
import type * as Guardrails from "@interline/router/Guardrails"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

/** How many deliveries one statement reads. SQLite stops the process meanwhile. */
const batch = 200

/** How many deliveries are read at most, the newest first. */
const most = 20_000

interface DeliveryRow {
  readonly id: string
  readonly created_at: number
  readonly state: string
}

interface FactRow {
  readonly delivery_id: string
  readonly fact: string
  readonly at: number
}

/** The fields of a stored delivery that are needed. Its other fields are not decoded, because that takes longer than all the rest. */
const decodeState = Schema.decodeUnknown(Schema.parseJson(Schema.Struct({
  trials: Schema.Array(Schema.Struct({
    carrierId: CarrierId,
    outcome: Schema.Literal("accepted", "rejected", "partial", "unknown", "skipped"),
    startedAt: Schema.Number
  }))
})))

const decodeFact = Schema.decodeUnknown(Schema.parseJson(Schema.Struct({
  ref: Schema.Struct({ carrierId: CarrierId }),
  status: DeliveryStatus,
  service: Schema.optional(Service)
})))

const decodeCarrier = Schema.decodeUnknown(CarrierId)

type Report = Effect.Effect.Success<ReturnType<typeof decodeFact>> & { readonly at: number }

const isArrival = ({ service, status }: Report): boolean =>
  status === "delivered" || status === "read" || (status === "sent" && service === "SMS")

const earliest = (reports: ReadonlyArray<Report>): number | undefined =>
  reports.reduce<number | undefined>((first, { at }) => Math.min(first ?? at, at), undefined)

/** The tries of a delivery at its carriers. Reports about a carrier's message belong to the try at this carrier. */
const toSamples = (state: string, facts: ReadonlyArray<Report>): Effect.Effect<ReadonlyArray<Guardrails.Sample>> =>
  Effect.map(
    Effect.orDie(decodeState(state)),
    ({ trials }) =>
      trials.flatMap(({ carrierId, outcome, startedAt }): ReadonlyArray<Guardrails.Sample> => {
        if (outcome === "skipped") return []
        const reports = facts.filter(({ ref }) => ref.carrierId === carrierId)
        const arrivedAt = earliest(reports.filter(isArrival))
        const reportedAt = reports.reduce<number | undefined>((last, { at }) => Math.max(last ?? at, at), undefined)
        return [{
          carrierId,
          at: startedAt,
          outcome,
          failed: arrivedAt === undefined && reports.some(({ status }) => status === "failed"),
          ...(arrivedAt === undefined ? {} : { arrivedAt }),
          ...(reportedAt === undefined ? {} : { reportedAt })
        }]
      })
  )

export const make = (sql: SqlClient.SqlClient) => {
  const factsOf = (ids: ReadonlyArray<string>) =>
    Effect.gen(function*() {
      const facts = new Map<string, Array<Report>>()
      if (ids.length === 0) return facts
      const rows = yield* sql<FactRow>`SELECT delivery_id, fact, at FROM interline_facts WHERE ${sql.in("delivery_id", ids)}`
      for (const { at, delivery_id, fact } of rows) {
        const known = facts.get(delivery_id) ?? []
        known.push({ ...(yield* decodeFact(fact)), at: Number(at) })
        facts.set(delivery_id, known)
      }
      return facts
    })

  const samples = (since: number) =>
    Effect.gen(function*() {
      const found: Array<Guardrails.Sample> = []
      let last: DeliveryRow | undefined
      for (let read = 0; read < most; read += batch) {
        const before = last === undefined ? sql.literal("") : sql`AND (created_at, id) < (${last.created_at}, ${last.id})`
        const rows = yield* sql<DeliveryRow>`SELECT id, created_at, state FROM interline_deliveries
          WHERE created_at >= ${since} ${before} ORDER BY created_at DESC, id DESC LIMIT ${batch}`
        const facts = yield* factsOf(rows.map(({ id }) => id))
        for (const { id, state } of rows) found.push(...yield* toSamples(state, facts.get(id) ?? []))
        last = rows.at(-1)
        if (rows.length < batch) break
        yield* Effect.yieldNow()
      }
      return found
    })

  // a list that was imported, or an operator's own entry, says nothing about the messages of these hours
  const optOuts = (since: number) =>
    Effect.gen(function*() {
      const rows = yield* sql<{ readonly carrier_id: string; readonly people: number }>`SELECT carrier_id, COUNT(*) AS people
        FROM interline_suppression WHERE since >= ${since} AND carrier_id IS NOT NULL AND source IN ('event', 'error') GROUP BY carrier_id`
      const counts = new Map<CarrierId, number>()
      for (const { carrier_id, people } of rows) counts.set(yield* decodeCarrier(carrier_id), Number(people))
      return counts
    })

  return (since: number) => Effect.all({ samples: samples(since), optOuts: optOuts(since) })
}
