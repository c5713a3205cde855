/** Deliveries for the archive: the entry of the ledger, with the carriers' reports about its messages. */
import type * as SqlClient from "@effect/sql/SqlClient"
import * as DeliveryStatus from "@interline/core/DeliveryStatus"
import * as Message from "@interline/core/Message"
import * as MessageRef from "@interline/core/MessageRef"
import type { Entry } from "@interline/router/Ledger"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Digest from "../database/Digest.ts"
import * as JsonColumn from "../database/jsonColumn.ts"
import * as Store from "../database/Store.ts"
import * as DeliveryRow from "../rows/deliveryRow.ts"
import type * as Archive from "./Archive.ts"

const encodeFact = JsonColumn.makeEncoder(DeliveryStatus.StatusFact)
const decodeFact = Schema.decodeUnknown(Schema.parseJson(DeliveryStatus.StatusFact))
const encodeFailure = JsonColumn.makeEncoder(Message.Failure)
const decodeFailure = Schema.decodeUnknown(Schema.parseJson(Message.Failure))

interface FactRow {
  readonly ref: string
  readonly delivery_id: string | null
  readonly fact: string
  readonly failure: string | null
  readonly at: number
}

/** A carrier's report about a message. */
interface Reported {
  readonly fact: DeliveryStatus.StatusFact
  readonly failure: Message.Failure | undefined
  readonly at: number
}

type Outbound = Archive.Archived & { readonly _tag: "Outbound" }

const toReported = ({ at, fact, failure }: FactRow) =>
  Effect.map(
    Effect.all([decodeFact(fact), failure === null ? Effect.succeed(undefined) : decodeFailure(failure)]),
    ([fact, failure]): Reported => ({ fact, failure, at })
  )

/** Every known message of a delivery, also those at a carrier that was given up for another one, as the facts name it. */
const refsOf = ({ state }: Entry): ReadonlyArray<string> =>
  [
    ...state.taken.map(({ ref }) => ref),
    ...state.behind.flatMap(({ receipt }) => receipt === undefined ? [] : [receipt.ref])
  ].map((ref) => Store.toIndexable(MessageRef.format(ref)))

const uniqueRefs = (refs: ReadonlyArray<MessageRef.MessageRef>): ReadonlyArray<MessageRef.MessageRef> =>
  Array.from(new Map(refs.map((ref) => [MessageRef.format(ref), ref])).values())

/**
 * The report of a delivery. A delivery that was certainly not sent is `failed` and settled, because nothing more will come. But if a
 * carrier took it all the same, the carrier's status counts. `archiveFilters.ts` has the same rule in SQL.
 */
const reportOf = ({ state: { phase, result } }: Entry, folded: DeliveryStatus.DeliveryReport): DeliveryStatus.DeliveryReport => {
  const isNotSent = phase._tag !== "Held" && result !== undefined && !result.kept && result.outcome._tag === "Rejected"
  return isNotSent && DeliveryStatus.ranks[folded.status] < DeliveryStatus.ranks.sent
    ? { ...folded, status: "failed", settled: true }
    : folded
}

/**
 * Makes the record of a delivery. Normally its messages are its own refs. Messages of an attempt that was given up count only if there are
 * no others.
 */
const toOutbound = (entry: Entry, reported: ReadonlyArray<Reported>): Outbound => {
  const { taken } = entry.state
  const own = taken.length > 0 ? taken.map(({ ref }) => ref) : uniqueRefs(reported.map(({ fact }) => fact.ref))
  const answered = taken.map(({ ref, service, status }): DeliveryStatus.StatusFact =>
    service === undefined ? { ref, status } : { ref, status, service }
  )
  const facts = [...answered, ...reported.map(({ fact }) => fact)].reduce(DeliveryStatus.add, DeliveryStatus.empty)
  const report = reportOf(entry, DeliveryStatus.report(facts, own))
  const failedRefs = new Set(report.messages.filter(({ status }) => status === "failed").map(({ ref }) => MessageRef.format(ref)))
  const failure = reported.findLast(({ fact, failure }) => failure !== undefined && failedRefs.has(MessageRef.format(fact.ref)))?.failure
  return {
    _tag: "Outbound",
    id: entry.id,
    at: entry.createdAt,
    updatedAt: reported.reduce((latest, { at }) => Math.max(latest, at), entry.updatedAt),
    entry,
    report,
    ...(failure === undefined ? {} : { failure })
  }
}

export interface ArchivedDeliveries {
  readonly record: Archive.ArchiveService["recordStatus"]
  readonly findAll: (ids: ReadonlyArray<string>) => Effect.Effect<ReadonlyArray<Outbound>>
}

export const make = (sql: SqlClient.SqlClient): ArchivedDeliveries => {
  const columns = sql.literal(DeliveryRow.columns)

  /** The facts of these deliveries, the earliest first. A fact may name its delivery, its message, or both. */
  const factsOf = (ids: ReadonlyArray<string>, refs: ReadonlyArray<string>) => {
    const facts = sql.literal("SELECT ref, fact_id, delivery_id, fact, failure, at FROM interline_facts")
    const ofDeliveries = sql`${facts} WHERE ${sql.in("delivery_id", ids)}`
    return refs.length === 0
      ? sql<FactRow>`${ofDeliveries} ORDER BY at`
      : sql<FactRow>`${ofDeliveries} UNION ${facts} WHERE ${sql.in("ref", refs)} ORDER BY at`
  }

  return {
    record: (deliveryId, fact, failure, at) =>
      Store.runStatement(
        "Archive.heard",
        Effect.flatMap(
          Effect.all([encodeFact(fact), failure === undefined ? Effect.succeed(null) : encodeFailure(failure)]),
          ([text, why]) =>
            sql`INSERT INTO interline_facts (ref, fact_id, delivery_id, fact, failure, at)
              VALUES (${Store.toIndexable(MessageRef.format(fact.ref))}, ${Digest.of(text, why ?? "none")}, ${
              deliveryId ?? null
            }, ${text}, ${why}, ${at})
              ON CONFLICT (ref, fact_id) DO UPDATE SET delivery_id = COALESCE(interline_facts.delivery_id, excluded.delivery_id)`
        )
      ),
    findAll: (ids) =>
      Store.runStatement(
        "Archive.deliveries",
        ids.length === 0 ? Effect.succeed([]) : Effect.gen(function*() {
          const rows = yield* sql<DeliveryRow.Row>`SELECT ${columns} FROM interline_deliveries WHERE ${sql.in("id", ids)}`
          const entries = yield* Effect.forEach(rows, DeliveryRow.decode)
          const facts = yield* factsOf(ids, entries.flatMap(refsOf))
          return yield* Effect.forEach(entries, (entry) => {
            const refs = new Set(refsOf(entry))
            const own = facts.filter(({ delivery_id: id, ref }) => id === entry.id || refs.has(ref))
            return Effect.map(Effect.forEach(own, toReported), (reported) => toOutbound(entry, reported))
          })
        })
      )
  }
}

/** Removes facts that were recorded more than this many milliseconds ago. */
export const forgetAfter = (age: number): Store.Forget => (sql, now) =>
  sql`DELETE FROM interline_facts WHERE (ref, fact_id) IN
    (SELECT ref, fact_id FROM interline_facts WHERE at < ${now - age} ORDER BY at LIMIT ${Store.batch}) RETURNING ref`
