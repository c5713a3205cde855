/** Deliveries of the ledger, and their refs. Each operation writes everything in one statement. */
import type * as SqlClient from "@effect/sql/SqlClient"
import type * as Statement from "@effect/sql/Statement"
import { DeliveryId } from "@interline/core/DeliveryId"
import * as MessageRef from "@interline/core/MessageRef"
import * as Ledger from "@interline/router/Ledger"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Store from "../database/Store.ts"
import * as DeliveryRow from "./deliveryRow.ts"
import * as NewDeliveryRow from "./newDeliveryRow.ts"

const decodeId = Schema.decode(DeliveryId)

const wrote = (rows: ReadonlyArray<unknown>): boolean => rows.length > 0

/** Writes deliveries. */
const makeWrites = (sql: SqlClient.SqlClient) => {
  const until = Store.until(sql)
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

  const open = (given: Ledger.Entry, lease: number) =>
    given.key !== undefined ? Effect.succeed(false) : Effect.flatMap(fresh.columnsOf(given), (row) => {
      const { names, values } = fresh.place(row, lease)
      return Effect.map(
        withRefs(
          given,
          sql`INSERT INTO interline_deliveries (${names}) VALUES (${values}) ON CONFLICT (id) DO NOTHING RETURNING 1 AS written`
        ),
        wrote
      )
    })

  const save = (given: Ledger.Entry, lease: number | undefined) =>
    Effect.flatMap(DeliveryRow.toSavedColumns(given), (row) =>
      Effect.map(
        withRefs(
          given,
          sql`UPDATE interline_deliveries SET ${sql.update({ ...row, ...listRefs(given) })}, version = version + 1${
            lease === undefined ? sql`` : sql`, lease_until = ${until(lease)}`
          }
            WHERE id = ${given.id} AND version = ${given.version} RETURNING 1 AS written`
        ),
        wrote
      ))

  const renew = (ids: ReadonlyArray<DeliveryId>, owner: string, lease: number) =>
    Effect.flatMap(
      sql<{ readonly id: string; readonly version: number }>`UPDATE interline_deliveries SET lease_until = ${until(lease)}
        WHERE owner = ${owner} AND place <> 'done' AND ${sql.in("id", ids)} RETURNING id, version`,
      (rows) =>
        Effect.map(
          Effect.forEach(rows, ({ id, version }) => Effect.map(decodeId(id), (decoded) => [decoded, Number(version)] as const)),
          (versions): ReadonlyMap<DeliveryId, number> => new Map(versions)
        )
    )

  return { open, save, renew }
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

type Operation = "open" | "save" | "renew" | "read" | "append" | "history" | "own" | "owners" | "rivals" | "held" | "orphans" | "adopt"

export const make = (sql: SqlClient.SqlClient): Pick<Ledger.LedgerService, Operation> => {
  const columns = sql.literal(DeliveryRow.columns)
  const now = Store.now(sql)
  const until = Store.until(sql)
  const writeRefs = NewDeliveryRow.makeWriteRefs(sql)
  const writes = makeWrites(sql)
  const searches = makeSearches(sql)

  const entries = (rows: ReadonlyArray<DeliveryRow.Row>) => Effect.forEach(rows, DeliveryRow.decode)
  const entry = ([row]: ReadonlyArray<DeliveryRow.Row>) => row === undefined ? Effect.succeedNone : Effect.asSome(DeliveryRow.decode(row))

  return {
    open: (given, lease) => Store.runStatement("Ledger.open", writes.open(given, lease)),
    save: (given, lease) => Store.runStatement("Ledger.save", writes.save(given, lease)),
    renew: (ids, owner, lease) =>
      ids.length === 0 ? Effect.succeed(new Map()) : Store.runStatement("Ledger.renew", writes.renew(ids, owner, lease)),
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
    held: (limit) =>
      Store.runStatement(
        "Ledger.held",
        Effect.flatMap(
          sql<DeliveryRow.Row>`SELECT ${columns} FROM interline_deliveries WHERE place = 'held' ORDER BY created_at, id LIMIT ${limit}`,
          entries
        )
      ),
    orphans: (limit) =>
      Store.runStatement(
        "Ledger.orphans",
        Effect.flatMap(
          sql<
            DeliveryRow.Row
          >`SELECT ${columns} FROM interline_deliveries WHERE place = 'running' AND lease_until <= ${now} ORDER BY lease_until, id LIMIT ${limit}`,
          entries
        )
      ),
    adopt: (id, owner, lease, at) =>
      Store.runStatement(
        "Ledger.adopt",
        Effect.flatMap(
          sql<DeliveryRow.Row>`UPDATE interline_deliveries SET owner = ${owner}, lease_until = ${
            until(lease)
          }, updated_at = ${at}, version = version + 1
            WHERE id = ${id} AND place <> 'done' AND lease_until <= ${now} RETURNING ${columns}`,
          entry
        )
      )
  }
}
