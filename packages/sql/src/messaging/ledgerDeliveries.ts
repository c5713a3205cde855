/** Deliveries of the ledger, and their refs. Each operation writes everything in one statement. */
import type * as SqlClient from "@effect/sql/SqlClient"
import type * as SqlError from "@effect/sql/SqlError"
import type * as Statement from "@effect/sql/Statement"
import { DeliveryId } from "@interline/core/DeliveryId"
import * as MessageRef from "@interline/core/MessageRef"
import * as Ledger from "@interline/router/Ledger"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { recordset } from "../database/recordset.ts"
import * as Store from "../database/Store.ts"
import * as DeliveryRow from "../rows/deliveryRow.ts"
import * as NewDeliveryRow from "./newDeliveryRow.ts"

const decodeId = Schema.decode(DeliveryId)

const wrote = (rows: ReadonlyArray<unknown>): boolean => rows.length > 0

/** Writes deliveries. */
const makeWrites = (sql: SqlClient.SqlClient) => {
  const fresh = NewDeliveryRow.make(sql)
  const listRefs = NewDeliveryRow.makeListRefs(sql)
  const writeRefs = NewDeliveryRow.makeWriteRefs(sql)

  /**
   * The statement that writes a state also makes the delivery the owner of the refs in its receipts. In SQLite a trigger does this, and
   * reads the refs from the column `told`. In PostgreSQL the refs are written even if the state is not. A receipt says that the vendor's
   * message belongs to this delivery, and that stays true.
   */
  const withRefs = ({ id, state, updatedAt }: Ledger.Entry, write: Statement.Fragment) => {
    const refs = DeliveryRow.refsOf(state)
    return sql.onDialectOrElse({
      pg: () => refs.length === 0 ? sql`${write}` : sql`WITH told AS (${writeRefs(refs, id, updatedAt)}) ${write}`,
      orElse: () => sql`${write}`
    })
  }

  const isOnRecord = (id: DeliveryId) => Effect.map(sql`SELECT 1 AS found FROM interline_deliveries WHERE id = ${id}`, wrote)

  const open = (given: Ledger.Entry, within: number) =>
    given.key !== undefined ? Effect.succeed<Ledger.Opening>("Exists") : Effect.flatMap(fresh.columnsOf(given), (row) => {
      const { names, owned, values } = fresh.place(given, row, within)
      return Effect.flatMap(
        withRefs(
          given,
          sql`INSERT INTO interline_deliveries (${names}) SELECT ${values} FROM (${owned}) AS owned WHERE true
            ON CONFLICT (id) DO NOTHING RETURNING 1 AS written`
        ),
        (rows): Effect.Effect<Ledger.Opening, SqlError.SqlError> =>
          wrote(rows) ? Effect.succeed("Opened") : Effect.map(isOnRecord(given.id), (isKnown) => isKnown ? "Exists" : "Fenced")
      )
    })

  const save = (given: Ledger.Entry) =>
    Effect.flatMap(DeliveryRow.toSavedColumns(given), (row) =>
      Effect.map(
        withRefs(
          given,
          sql`UPDATE interline_deliveries SET ${sql.update({ ...row, ...listRefs(given) })}, version = version + 1
            WHERE id = ${given.id} AND version = ${given.version} RETURNING 1 AS written`
        ),
        wrote
      ))

  return { open, save }
}

/** Finds deliveries by their content and their messages. */
const makeSearches = (sql: SqlClient.SqlClient) => {
  /** The filter runs in JavaScript, because a conversation has few other deliveries that may still arrive. */
  const rivals = ({ conversation, createdAt, id, likenesses }: Ledger.Entry) =>
    Effect.flatMap(
      sql<{ readonly likenesses: string }>`SELECT likenesses FROM interline_deliveries
        WHERE conversation = ${conversation} AND may_arrive = 1 AND id <> ${id} AND (place <> 'done' OR updated_at > ${
        createdAt - Ledger.rivalFor
      })`,
      (rows) =>
        Effect.map(
          Effect.forEach(rows, (row) => DeliveryRow.decodeLikenesses(row.likenesses)),
          (others) => others.filter((other) => other.some((likeness) => likenesses.includes(likeness))).length
        )
    )

  const owners = (refs: ReadonlyArray<MessageRef.MessageRef>) => {
    const byIndex = new Map(refs.map((ref) => [Store.toIndexable(MessageRef.format(ref)), MessageRef.format(ref)]))
    return Effect.flatMap(
      sql<{ readonly ref: string; readonly delivery_id: string }>`SELECT ref, delivery_id FROM interline_refs WHERE ${
        sql.in("ref", Array.from(byIndex.keys()))
      }`,
      (rows) =>
        Effect.map(
          Effect.forEach(rows, (row) => Effect.map(decodeId(row.delivery_id), (id) => [byIndex.get(row.ref) ?? row.ref, id] as const)),
          (pairs): ReadonlyMap<string, DeliveryId> => new Map(pairs)
        )
    )
  }

  return { rivals, owners }
}

type Operation = "open" | "save" | "read" | "append" | "history" | "own" | "owners" | "rivals" | "held"

export const make = (sql: SqlClient.SqlClient): Pick<Ledger.LedgerService, Operation> => {
  const columns = sql.literal(DeliveryRow.columns)
  const writeRefs = NewDeliveryRow.makeWriteRefs(sql)
  const writes = makeWrites(sql)
  const searches = makeSearches(sql)

  const entries = (rows: ReadonlyArray<DeliveryRow.Row>) => DeliveryRow.decodeReadable(rows, DeliveryRow.decode, ({ id }) => id)
  const entry = ([row]: ReadonlyArray<DeliveryRow.Row>) => row === undefined ? Effect.succeedNone : Effect.asSome(DeliveryRow.decode(row))
  const isIn = (shards: ReadonlySet<number>) =>
    sql`AND shard IN (SELECT wanted FROM ${recordset(sql, { wanted: "bigint" }, Array.from(shards, (wanted) => ({ wanted })))})`

  return {
    open: (given, within) => Store.runStatement("Ledger.open", writes.open(given, within)),
    save: (given) => Store.runStatement("Ledger.save", writes.save(given)),
    read: (id) =>
      Store.runStatement(
        "Ledger.read",
        Effect.flatMap(sql<DeliveryRow.Row>`SELECT ${columns} FROM interline_deliveries WHERE id = ${id}`, entry)
      ),
    append: (id, events) =>
      events.length === 0 ? Effect.void : Effect.asVoid(Store.runStatement(
        "Ledger.append",
        Effect.flatMap(DeliveryRow.encodeEvents(events), (text) =>
          sql`INSERT INTO interline_history (delivery_id, at, events) VALUES (${id}, ${
            Math.max(...events.map(({ at }) => at))
          }, ${text})`)
      )),
    history: (id) =>
      Store.runStatement(
        "Ledger.history",
        Effect.flatMap(
          sql<{ readonly events: string }>`SELECT events FROM interline_history WHERE delivery_id = ${id} ORDER BY id`,
          (rows) => Effect.map(Effect.forEach(rows, ({ events }) => DeliveryRow.decodeEvents(events)), (all) => all.flat())
        )
      ),
    // The time is used only for removing old rows. An owner without a delivery may be removed at once.
    own: (ref, id) =>
      Effect.asVoid(
        Store.runStatement("Ledger.own", Effect.flatMap(Effect.clock, (clock) => writeRefs([ref], id, clock.unsafeCurrentTimeMillis())))
      ),
    owners: (refs) => refs.length === 0 ? Effect.succeed(new Map()) : Store.runStatement("Ledger.owners", searches.owners(refs)),
    rivals: (given) => Store.runStatement("Ledger.rivals", searches.rivals(given)),
    held: (limit, shards, after) =>
      Store.runStatement(
        "Ledger.held",
        Effect.flatMap(
          sql<DeliveryRow.Row>`SELECT ${columns} FROM interline_deliveries WHERE place = 'held' ${
            shards === undefined ? sql`` : isIn(shards)
          } ${
            after === undefined ? sql`` : sql`AND (created_at, id) > (${after.createdAt}, ${after.id})`
          } ORDER BY created_at, id LIMIT ${limit}`,
          entries
        )
      )
  }
}
