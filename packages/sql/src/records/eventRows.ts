/** Converts an entry of the event log to a row and back. */
import type * as SqlClient from "@effect/sql/SqlClient"
import * as DeliveryStatus from "@interline/core/DeliveryStatus"
import * as MessageRef from "@interline/core/MessageRef"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as JsonColumn from "../database/jsonColumn.ts"
import * as Store from "../database/Store.ts"
import * as EventLog from "./EventLog.ts"

export interface Row {
  readonly id: number
  readonly source: string
  readonly body: string
  readonly folded: number | null
  readonly corrects: number | null
}

/** The columns that an entry is read from. */
export const columns = "id, source, body, folded, corrects"

/** The status in an entry: the ranks of the status itself and of the folded status. */
export interface Ranked {
  readonly message_ref: string
  readonly subject: string
  readonly status_rank: number
  readonly folded: number
}

/** A new row. `n` is its position among the rows of one call. */
export interface NewRow extends Partial<Ranked> {
  readonly n: number
  readonly source: string
  readonly at: number
  readonly body: string
  readonly corrects?: number
}

export const newColumns = {
  n: "bigint",
  source: "text",
  at: "bigint",
  body: "text",
  message_ref: "text",
  subject: "text",
  status_rank: "bigint",
  folded: "bigint",
  corrects: "bigint"
} as const

const { ranks } = DeliveryStatus

export const encode = JsonColumn.makeEncoder(EventLog.NewEvent)

const decodeBody = Schema.decodeUnknown(Schema.parseJson(EventLog.NewEvent))

const byRank: ReadonlyMap<number, DeliveryStatus.DeliveryStatus> = new Map(
  DeliveryStatus.DeliveryStatus.literals.map((status) => [ranks[status], status])
)

/** Makes the entry from an event and its row. The database has already decided how the statuses of its message compare. */
export const toEntry = (event: EventLog.NewEvent, { corrects, folded, id }: Row): EventLog.GatewayEvent => {
  const status = folded === null ? undefined : byRank.get(folded)
  return { id, ...event, ...(status === undefined ? {} : { status, ...(corrects === 1 ? { corrected: true } : {}) }) }
}

export const decode = (row: Row) => Effect.map(decodeBody(row.body), (event) => toEntry(event, row))

/** The ranks of an entry's status. `undefined` if the entry has no folded status. */
export const rank = ({ deliveryId, event, status }: EventLog.NewEvent): Ranked | undefined => {
  if (status === undefined || event.kind !== "carrier" || event.data._tag !== "Status") return undefined
  const { fact } = event.data
  const message = Store.toIndexable(MessageRef.format(fact.ref))
  return { message_ref: message, subject: deliveryId ?? message, status_rank: ranks[fact.status], folded: ranks[status] }
}

/**
 * Compares the rows of one call with each other, as the database compares them with older rows. A status is left out if it says no more
 * than an earlier one. A status after a failure takes the failure back. A folded status is never lower than an earlier one, unless that one
 * was a failure.
 */
export const foldAmong = (rows: ReadonlyArray<NewRow>): ReadonlyArray<NewRow> => {
  const seen = new Map<string, { readonly rank: number; readonly failed: boolean }>()
  const highest = new Map<string, number>()
  return rows.flatMap((row) => {
    const { folded, message_ref: message, status_rank: rank, subject } = row
    if (message === undefined || rank === undefined || folded === undefined || subject === undefined) return [row]
    const before = seen.get(message)
    if (before !== undefined && before.rank >= rank) return []
    seen.set(message, { rank, failed: before?.failed === true || rank === ranks.failed })
    const least = Math.max(folded, highest.get(subject) ?? folded)
    if (least !== ranks.failed) highest.set(subject, least)
    return [{ ...row, folded: least, corrects: before?.failed === true ? 1 : 0 }]
  })
}

/** Entries by their ids. */
export const findAll = (sql: SqlClient.SqlClient, ids: ReadonlyArray<number>) =>
  Effect.flatMap(
    ids.length === 0 ? Effect.succeed([]) : sql<Row>`SELECT ${sql.literal(columns)} FROM interline_events WHERE ${sql.in("id", ids)}`,
    (rows) =>
      Effect.map(
        Effect.forEach(rows, decode),
        (entries): ReadonlyMap<number, EventLog.GatewayEvent> => new Map(entries.map((entry) => [entry.id, entry]))
      )
  )
