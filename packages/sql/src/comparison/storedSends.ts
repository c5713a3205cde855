/** Reads the sends of a time out of the ledger's rows, the oldest first, with what carriers reported about their messages. */
import type * as SqlClient from "@effect/sql/SqlClient"
import type * as SqlError from "@effect/sql/SqlError"
import * as BoundedMap from "@interline/core/BoundedMap"
import { CarrierId } from "@interline/core/CarrierId"
import * as DeliveryStatus from "@interline/core/DeliveryStatus"
import { LineName } from "@interline/core/Line"
import { LossKind } from "@interline/core/Loss"
import * as MessageRef from "@interline/core/MessageRef"
import { optional } from "@interline/core/Optional"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { recordset } from "../database/recordset.ts"
import * as Store from "../database/Store.ts"
import * as ArchiveFilters from "../records/archiveFilters.ts"

/** What of the column `state` is read here. Its field names are those of `messaging/storedState.ts`. */
const State = Schema.parseJson(Schema.Struct({
  trials: Schema.Array(Schema.Struct({
    carrierId: CarrierId,
    outcome: Schema.Literal("accepted", "rejected", "partial", "unknown", "skipped"),
    error: optional(Schema.Struct({ reason: optional(Schema.String) }))
  })),
  taken: Schema.Array(Schema.Struct({ ref: MessageRef.MessageRef, status: DeliveryStatus.DeliveryStatus })),
  losses: Schema.Array(Schema.Struct({ kind: LossKind })),
  result: optional(Schema.Struct({
    carrierId: CarrierId,
    kept: Schema.Boolean,
    outcome: Schema.Struct({ _tag: Schema.Literal("Accepted", "Rejected", "Partial", "Unknown") })
  }))
}))

const Events = Schema.parseJson(
  Schema.Array(Schema.Struct({ _tag: Schema.String, carrierId: optional(CarrierId), from: optional(Schema.Unknown) }))
)

const Fact = Schema.parseJson(Schema.Struct({ ref: MessageRef.MessageRef, status: DeliveryStatus.DeliveryStatus }))

const decodeState = Schema.decodeOption(State)
const decodeEvents = Schema.decodeOption(Events)
const decodeFact = Schema.decodeOption(Fact)
const decodeLine = Schema.decodeOption(LineName)

/** What became of a send at one carrier. */
export type Outcome = "accepted" | "partial" | "not-sent" | "held"

/**
 * A send at one carrier. A delivery that went on to another carrier is two of them. `isMoved`: the first message of the conversation that is on
 * record went by another carrier, or took the conversation from one.
 */
export interface Send {
  readonly carrierId: CarrierId
  readonly line: LineName
  readonly isMoved: boolean
  /** The people, each between bars. */
  readonly peers: string
  readonly at: number
  readonly outcome: Outcome
  readonly losses: ReadonlyArray<LossKind>
  readonly status: "delivered" | "failed" | undefined
  /** When the last of its messages was reported as delivered, if that was reported. */
  readonly deliveredAt: number | undefined
}

interface Row {
  readonly id: string
  readonly conversation: string
  readonly line: string
  readonly peers: string
  readonly place: string
  readonly created_at: number
  readonly state: string
}

interface FactRow {
  readonly ref: string
  readonly fact: string
  readonly at: number
}

/** What was reported of one message. */
interface Reported {
  readonly status: DeliveryStatus.DeliveryStatus
  readonly deliveredAt: number | undefined
}

const { ranks } = DeliveryStatus

const isDelivered = (status: DeliveryStatus.DeliveryStatus): boolean => ranks[status] >= ranks.delivered

const add = (known: Reported | undefined, status: DeliveryStatus.DeliveryStatus, at: number | undefined): Reported => ({
  status: known === undefined ? status : DeliveryStatus.join(known.status, status),
  deliveredAt: at !== undefined && isDelivered(status) ? Math.min(at, known?.deliveredAt ?? at) : known?.deliveredAt
})

const outcomes = { Accepted: "accepted", Rejected: "not-sent", Partial: "partial", Unknown: "held" } as const

/** The carrier of the first message of a conversation. `wasElsewhere`: the conversation was at another carrier before it. */
interface Origin {
  readonly carrierId: CarrierId
  readonly wasElsewhere: boolean
}

/** How many deliveries one statement reads. */
const batch = 500

const keyOf = (ref: MessageRef.MessageRef): string => Store.toIndexable(MessageRef.format(ref))

type Read<A> = Effect.Effect<A, SqlError.SqlError>

export const make = (sql: SqlClient.SqlClient) => {
  const filters = ArchiveFilters.make(sql)

  const readRows = (since: number, until: number, after: Pick<Row, "created_at" | "id"> | undefined): Read<ReadonlyArray<Row>> =>
    sql<Row>`SELECT id, conversation, line, peers, place, created_at, state FROM interline_deliveries
      WHERE created_at >= ${since} AND created_at < ${until} ${
      after === undefined ? sql.literal("") : sql`AND (created_at, id) > (${after.created_at}, ${after.id})`
    } ORDER BY created_at, id LIMIT ${sql.literal(String(batch))}`

  const readFacts = (refs: ReadonlyArray<string>): Read<ReadonlyMap<string, Reported>> =>
    refs.length === 0 ? Effect.succeed(new Map()) : Effect.map(
      sql<FactRow>`SELECT facts.ref, facts.fact, facts.at FROM ${recordset(sql, { ref: "text" }, refs.map((ref) => ({ ref })))}
        JOIN interline_facts AS facts ON facts.ref = r.ref`,
      (rows) => {
        const reported = new Map<string, Reported>()
        for (const { at, fact, ref } of rows) {
          const status = Option.getOrUndefined(decodeFact(fact))?.status
          if (status !== undefined) reported.set(ref, add(reported.get(ref), status, Number(at)))
        }
        return reported
      }
    )

  const origins = BoundedMap.make<string, Origin>(50_000)

  /** Finds where each of these conversations began. */
  const readOrigins = (conversations: ReadonlyArray<string>): Read<void> => {
    const unknown = conversations.filter((conversation) => origins.get(conversation) === undefined)
    return unknown.length === 0 ? Effect.void : Effect.map(
      sql<{ readonly conversation: string; readonly state: string; readonly events: string | null }>`SELECT conversation, state,
          (SELECT events FROM interline_history WHERE delivery_id = interline_deliveries.id AND events LIKE '%"Bound"%' ORDER BY interline_history.id LIMIT 1) AS events
        FROM interline_deliveries WHERE id IN (SELECT (SELECT id FROM interline_deliveries WHERE conversation = r.name AND ${
        filters.outcome("accepted")
      } ORDER BY created_at, id LIMIT 1) FROM ${recordset(sql, { name: "text" }, unknown.map((name) => ({ name })))})`,
      (rows) => {
        for (const { conversation, events, state } of rows) {
          const carrierId = Option.getOrUndefined(decodeState(state))?.result?.carrierId
          const bound = Option.getOrUndefined(decodeEvents(events ?? "[]"))?.find(({ _tag }) => _tag === "Bound")
          if (carrierId !== undefined) {
            origins.set(conversation, { carrierId, wasElsewhere: bound?.from !== undefined && bound.from !== carrierId })
          }
        }
      }
    )
  }

  const toSends = (row: Row, facts: ReadonlyMap<string, Reported>): ReadonlyArray<Send> => {
    const state = Option.getOrUndefined(decodeState(row.state))
    const line = Option.getOrUndefined(decodeLine(row.line))
    if (state?.result === undefined || line === undefined) return []
    const { losses, result, taken, trials } = state
    const origin = origins.get(row.conversation)
    const at = Number(row.created_at)
    const asked = trials.filter(({ error, outcome }) => outcome !== "skipped" && error?.reason !== "Suppressed")
    return asked.map(({ carrierId, outcome: tried }, position): Send => {
      const common = {
        carrierId,
        line,
        peers: row.peers,
        at,
        isMoved: origin !== undefined && (origin.carrierId !== carrierId || origin.wasElsewhere)
      }
      if (position < asked.length - 1 || carrierId !== result.carrierId) {
        return { ...common, outcome: tried === "rejected" ? "not-sent" : "held", losses: [], status: undefined, deliveredAt: undefined }
      }
      const outcome = row.place === "held" || result.kept ? "held" : outcomes[result.outcome._tag]
      const messages = taken.map(({ ref, status }) => add(facts.get(keyOf(ref)), status, undefined))
      const isTaken = outcome === "accepted" || outcome === "partial"
      const times = messages.flatMap(({ deliveredAt }) => deliveredAt ?? [])
      const status = !isTaken || messages.length === 0
        ? undefined
        : messages.some(({ status }) => status === "failed")
        ? "failed"
        : messages.every(({ status }) => isDelivered(status))
        ? "delivered"
        : undefined
      return {
        ...common,
        outcome,
        losses: isTaken ? Array.from(new Set(losses.map(({ kind }) => kind))) : [],
        status,
        deliveredAt: status === "delivered" && times.length === messages.length ? Math.max(...times) : undefined
      }
    })
  }

  const readBatch = (rows: ReadonlyArray<Row>): Read<ReadonlyArray<Send>> =>
    Effect.gen(function*() {
      const refs = rows.flatMap(({ state }) => Option.getOrUndefined(decodeState(state))?.taken.map(({ ref }) => keyOf(ref)) ?? [])
      const facts = yield* readFacts(Array.from(new Set(refs)))
      yield* readOrigins(Array.from(new Set(rows.map(({ conversation }) => conversation))))
      return rows.flatMap((row) => toSends(row, facts))
    })

  /** Calls `use` for every send that was begun from `since` on and before `until` and has a result. A row that cannot be read is left out. */
  const forEach = (since: number, until: number, use: (send: Send) => void): Read<void> => {
    const from = (after: Row | undefined): Read<void> =>
      Effect.flatMap(readRows(since, until, after), (rows) =>
        Effect.flatMap(readBatch(rows), (sends) => {
          sends.forEach(use)
          return rows.length < batch ? Effect.void : Effect.zipRight(Effect.yieldNow(), from(rows.at(-1)))
        }))
    return from(undefined)
  }

  return { forEach }
}
