/**
 * Reads the sends of a time out of the ledger's rows, the newest first, with what carriers reported about their messages, and who opted out
 * after which of them.
 */
import type * as SqlClient from "@effect/sql/SqlClient"
import type * as SqlError from "@effect/sql/SqlError"
import * as BoundedMap from "@interline/core/BoundedMap"
import { CarrierId } from "@interline/core/CarrierId"
import * as DeliveryStatus from "@interline/core/DeliveryStatus"
import { LineName } from "@interline/core/Line"
import { LossKind } from "@interline/core/Loss"
import * as MessageRef from "@interline/core/MessageRef"
import * as MessagingError from "@interline/core/MessagingError"
import { optional } from "@interline/core/Optional"
import { Service } from "@interline/core/Service"
import * as SendResult from "@interline/router/SendResult"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { recordset } from "../database/recordset.ts"
import * as Store from "../database/Store.ts"
import * as ArchiveFilters from "../records/archiveFilters.ts"

/** What of the column `state` is read here. Its field names are those of `rows/storedState.ts`. */
const State = Schema.parseJson(Schema.Struct({
  trials: Schema.Array(Schema.Struct({
    carrierId: CarrierId,
    outcome: Schema.Literal("accepted", "rejected", "partial", "unknown", "skipped"),
    startedAt: Schema.Number,
    error: optional(Schema.Struct({
      reason: MessagingError.ReasonTag,
      certainty: MessagingError.Certainty,
      problems: optional(Schema.Unknown),
      status: optional(Schema.Unknown)
    }))
  })),
  taken: Schema.Array(Schema.Struct({ ref: MessageRef.MessageRef, status: DeliveryStatus.DeliveryStatus, service: optional(Service) })),
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

const Fact = Schema.parseJson(Schema.Struct({ status: DeliveryStatus.DeliveryStatus, service: optional(Service) }))

const decodeState = Schema.decodeOption(State)
const decodeEvents = Schema.decodeOption(Events)
const decodeFact = Schema.decodeOption(Fact)
const decodeLine = Schema.decodeOption(LineName)

/** `isMoved`: the first message of the conversation that is on record went by another carrier, or took the conversation from one. */
export interface Send extends SendResult.SendResult {
  readonly isMoved: boolean
}

/**
 * Which sends are read. `since` and `until` (not included) are about the begin of a delivery. `most`: how many deliveries are read at most.
 * `withOrigins`: whether `isMoved` is found out; else it is false.
 */
export interface Asked {
  readonly since: number
  readonly until: number
  readonly most?: number
  readonly withOrigins: boolean
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

type Report = typeof Fact.Type & { readonly at: number }

/** What became of one message. Undefined for `arrivedAt`: it was not delivered, or nobody knows when. */
interface Message {
  readonly isDelivered: boolean
  readonly hasFailed: boolean
  readonly arrivedAt: number | undefined
}

const { ranks } = DeliveryStatus

const least = (times: ReadonlyArray<number>): number | undefined => times.length === 0 ? undefined : Math.min(...times)
const greatest = (times: ReadonlyArray<number>): number | undefined => times.length === 0 ? undefined : Math.max(...times)

/** Joins what was answered and reported of one message. On SMS, `sent` is the last word. */
const toMessage = (answered: typeof Fact.Type, reports: ReadonlyArray<Report>): Message => {
  const status = reports.reduce((known, report) => DeliveryStatus.join(known, report.status), answered.status)
  const last = status === "sent" && [answered, ...reports].some(({ service }) => service === "SMS") ? ranks.sent : ranks.delivered
  return {
    isDelivered: ranks[status] >= last,
    hasFailed: status === "failed",
    arrivedAt: ranks[status] < last ? undefined : least(reports.flatMap((report) => ranks[report.status] >= last ? [report.at] : []))
  }
}

const ofResult = { Accepted: "accepted", Rejected: "not-sent", Partial: "partial", Unknown: "held" } as const satisfies Record<
  string,
  SendResult.Outcome
>

const ofTry = { accepted: "accepted", rejected: "not-sent", partial: "partial", unknown: "held" } as const satisfies Record<
  string,
  SendResult.Outcome
>

/** The carrier of the first message of a conversation. `wasElsewhere`: the conversation was at another carrier before it. */
interface Origin {
  readonly carrierId: CarrierId
  readonly wasElsewhere: boolean
}

/** How many deliveries one statement reads. SQLite stops the process meanwhile. */
const batch = 200

/** Into how many parts a time is divided if it has too many deliveries. */
const slices = 10

/** How many people who opted out are looked for among the sends, the latest ones. It bounds the memory. */
const mostOptOuts = 100_000

const keyOf = (ref: MessageRef.MessageRef): string => Store.toIndexable(MessageRef.format(ref))

/** The key of a direct conversation is its line and its person with a bar between them, and no id of a group has one. */
const isGroup = (conversation: string): boolean => !conversation.includes("|")

/** The sends of a delivery. `takeOptOuts` counts the people who opted out after a message. */
const toSends = (
  { conversation, line: text, peers, place }: Row,
  state: Option.Option.Value<ReturnType<typeof decodeState>> | undefined,
  origin: Origin | undefined,
  facts: ReadonlyMap<string, ReadonlyArray<Report>>,
  takeOptOuts: (peers: string, at: number) => number
): ReadonlyArray<Send> => {
  const line = Option.getOrUndefined(decodeLine(text))
  if (state?.result === undefined || line === undefined) return []
  const { losses, result, taken, trials } = state
  return trials.flatMap((trial): ReadonlyArray<Send> => {
    const { carrierId, outcome: tried, startedAt: at } = trial
    if (tried === "skipped" || !SendResult.isAsked(trial)) return []
    const isLast = carrierId === result.carrierId
    const outcome = !isLast ? ofTry[tried] : place === "held" || result.kept ? "held" : ofResult[result.outcome._tag]
    const common = {
      carrierId,
      line,
      at,
      outcome,
      isGroup: isGroup(conversation),
      isMoved: origin !== undefined && (origin.carrierId !== carrierId || origin.wasElsewhere)
    }
    if (outcome !== "accepted" && outcome !== "partial") {
      return [{ ...common, optOuts: 0, losses: [], status: undefined, deliveredAt: undefined, reportedAt: undefined }]
    }
    const own = taken.filter(({ ref }) => ref.carrierId === carrierId)
    const messages = own.map((receipt) => toMessage(receipt, facts.get(keyOf(receipt.ref)) ?? []))
    const status = messages.length === 0
      ? undefined
      : messages.some(({ hasFailed }) => hasFailed)
      ? "failed"
      : messages.every(({ isDelivered }) => isDelivered)
      ? "delivered"
      : undefined
    const times = messages.flatMap(({ arrivedAt }) => arrivedAt ?? [])
    return [{
      ...common,
      optOuts: takeOptOuts(peers, at),
      losses: isLast ? Array.from(new Set(losses.map(({ kind }) => kind))) : [],
      status,
      deliveredAt: status === "delivered" && times.length === messages.length ? greatest(times) : undefined,
      reportedAt: greatest(own.flatMap(({ ref }) => facts.get(keyOf(ref))?.map(({ at }) => at) ?? []))
    }]
  })
}

type Read<A> = Effect.Effect<A, SqlError.SqlError>

export const make = (sql: SqlClient.SqlClient) => {
  const filters = ArchiveFilters.make(sql)

  const readRows = (
    since: number,
    until: number,
    before: Pick<Row, "created_at" | "id"> | undefined,
    limit: number
  ): Read<ReadonlyArray<Row>> =>
    sql<Row>`SELECT id, conversation, line, peers, place, created_at, state FROM interline_deliveries
      WHERE created_at >= ${since} AND created_at < ${until} ${
      before === undefined ? sql.literal("") : sql`AND (created_at, id) < (${before.created_at}, ${before.id})`
    } ORDER BY created_at DESC, id DESC LIMIT ${sql.literal(String(limit))}`

  const readFacts = (refs: ReadonlyArray<string>): Read<ReadonlyMap<string, ReadonlyArray<Report>>> =>
    refs.length === 0 ? Effect.succeed(new Map()) : Effect.map(
      sql<FactRow>`SELECT facts.ref, facts.fact, facts.at FROM ${recordset(sql, { ref: "text" }, refs.map((ref) => ({ ref })))}
        JOIN interline_facts AS facts ON facts.ref = r.ref`,
      (rows) => {
        const reports = new Map<string, Array<Report>>()
        for (const { at, fact, ref } of rows) {
          const read = Option.getOrUndefined(decodeFact(fact))
          if (read === undefined) continue
          const known = reports.get(ref) ?? []
          known.push({ ...read, at: Number(at) })
          reports.set(ref, known)
        }
        return reports
      }
    )

  /**
   * When each person opted out. What the application decided says nothing about a carrier. An entry of a list whose time is not known has
   * the time at which it was read, so it says nothing about these hours.
   */
  const readOptOuts = ({ since, until }: Asked): Read<Map<string, number>> =>
    Effect.map(
      sql<{ readonly handle: string; readonly at: number }>`SELECT handle, COALESCE(said_at, since) AS at FROM interline_suppression
        WHERE source <> 'explicit' AND (source <> 'list' OR COALESCE(said_at, since) <> since)
          AND COALESCE(said_at, since) >= ${since} AND COALESCE(said_at, since) < ${until}
        ORDER BY at DESC LIMIT ${sql.literal(String(mostOptOuts))}`,
      (rows) => new Map(rows.map(({ at, handle }) => [handle, Number(at)]))
    )

  const origins = BoundedMap.make<string, Origin>(50_000)

  /** Finds where each of these conversations began. */
  const readOrigins = (conversations: ReadonlyArray<string>): Read<void> => {
    const unknown = conversations.filter((conversation) => origins.get(conversation) === undefined)
    return unknown.length === 0 ? Effect.void : Effect.map(
      sql<{ readonly conversation: string; readonly state: string; readonly events: string | null }>`SELECT conversation, state,
          (SELECT events FROM interline_history WHERE delivery_id = interline_deliveries.id AND events LIKE '%"Bound"%' ORDER BY interline_history.id LIMIT 1) AS events
        FROM interline_deliveries WHERE id IN (SELECT (SELECT id FROM interline_deliveries WHERE conversation = r.name AND ${
        filters.outcome("accepted", "done")
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

  /**
   * Calls `use` for the sends of deliveries that have a result, the newest first. A row that cannot be read is left out. If there are more
   * than `most`, the newest half of that is read, and the rest evenly from the time before: a carrier that took many messages in the last
   * minutes can only be silent about those before.
   */
  const forEach = (asked: Asked, use: (send: Send) => void): Read<void> =>
    Effect.gen(function*() {
      const { most = Number.POSITIVE_INFINITY, since, until, withOrigins } = asked
      const optOuts = yield* readOptOuts(asked)
      /** Each opt-out belongs to the last message before it. The newest come first, so the first one that is older takes it. */
      const takeOptOuts = (peers: string, at: number): number =>
        peers.split("|").filter((person) => {
          const out = optOuts.get(person)
          return out !== undefined && at <= out && optOuts.delete(person)
        }).length

      const readBatch = (rows: ReadonlyArray<Row>): Read<void> =>
        Effect.gen(function*() {
          const states = rows.map(({ state }) => Option.getOrUndefined(decodeState(state)))
          const refs = states.flatMap((state) => state?.taken.map(({ ref }) => keyOf(ref)) ?? [])
          const facts = yield* readFacts(Array.from(new Set(refs)))
          if (withOrigins) yield* readOrigins(Array.from(new Set(rows.map(({ conversation }) => conversation))))
          rows.forEach((row, index) => toSends(row, states[index], origins.get(row.conversation), facts, takeOptOuts).forEach(use))
        })

      /** Reads a part of the time. The result is the oldest row that was read, if there may be more before it. */
      const readPart = (from: number, to: number, limit: number): Read<Row | undefined> =>
        Effect.gen(function*() {
          let last: Row | undefined
          for (let left = limit; left > 0;) {
            const size = Math.min(batch, left)
            const rows: ReadonlyArray<Row> = yield* readRows(from, to, last, size)
            yield* readBatch(rows)
            if (rows.length < size) return undefined
            last = rows.at(-1)
            left -= size
            yield* Effect.yieldNow()
          }
          return last
        })

      const newest = Number.isFinite(most) ? Math.ceil(most / 2) : most
      const last = yield* readPart(since, until, newest)
      if (last === undefined) return
      const end = Number(last.created_at)
      for (let slice = slices; slice > 0; slice -= 1) {
        const [from, to] = [slice - 1, slice].map((part) => since + Math.ceil((end - since) * part / slices))
        if (from !== undefined && to !== undefined) yield* readPart(from, to, Math.ceil((most - newest) / slices))
      }
    })

  return { forEach }
}
