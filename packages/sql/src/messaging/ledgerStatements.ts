/**
 * The ledger in SQL. What an operation writes, it writes in one statement: so none needs a transaction, and none is half done when a
 * process dies.
 */
import type * as SqlClient from "@effect/sql/SqlClient"
import type * as Statement from "@effect/sql/Statement"
import * as CarrierId from "@interline/core/CarrierId"
import { ChatRef } from "@interline/core/Conversation"
import { DeliveryId } from "@interline/core/DeliveryId"
import { LineName } from "@interline/core/Line"
import * as MessageRef from "@interline/core/MessageRef"
import {
  type Binding,
  type Claim,
  type ClaimRequest,
  type Contact,
  type Entry,
  type LedgerService,
  rivalFor
} from "@interline/router/Ledger"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as JsonColumn from "../database/JsonColumn.ts"
import * as Store from "../database/Store.ts"
import * as DeliveryRow from "./deliveryRow.ts"

interface ClaimRow {
  readonly fingerprint: string
  readonly delivery_id: string
  readonly opened: number
  readonly answered: number | null
}

interface BindingRow {
  readonly carrier_id: string
  readonly line: string
  readonly at: number
  readonly version: number
  readonly chat: string | null
}

interface ContactRow {
  readonly inbound_at: number | null
  readonly outbound_at: number | null
}

const decodeId = Schema.decode(DeliveryId)
const decodeCarrierId = Schema.decode(CarrierId.CarrierId)
const decodeLine = Schema.decode(LineName)
const encodeChat = JsonColumn.encoder(ChatRef)
const decodeChat = Schema.decode(Schema.parseJson(ChatRef))

const nobody: Contact = { inboundAt: undefined, outboundAt: undefined }

const time = (at: number | null): number | undefined => at === null ? undefined : Number(at)

const wrote = (rows: ReadonlyArray<unknown>): boolean => rows.length > 0

/** How many deliveries are held. */
export const countHeld = (sql: SqlClient.SqlClient): Effect.Effect<number> =>
  Store.run(
    "Ledger.countHeld",
    Effect.map(sql<{ readonly held: number }>`SELECT count(*) AS held FROM interline_deliveries WHERE place = 'held'`, ([row]) =>
      Number(row?.held ?? 0))
  )

export const make = (sql: SqlClient.SqlClient): LedgerService => {
  const columns = sql.literal(DeliveryRow.columns)

  const entries = (rows: ReadonlyArray<DeliveryRow.Row>) => Effect.forEach(rows, DeliveryRow.decode)
  const entry = ([row]: ReadonlyArray<DeliveryRow.Row>) => row === undefined ? Effect.succeedNone : Effect.asSome(DeliveryRow.decode(row))

  const now = Store.now(sql)

  /** Until when, given how long from now on. */
  const until = Store.until(sql)

  const templates = new Map<number, TemplateStringsArray>()

  /** `, ` between so many values: one template with all of them costs a tenth of a fragment for each. */
  const templateOf = (count: number): TemplateStringsArray => {
    const known = templates.get(count)
    if (known !== undefined) return known
    const strings = ["", ...Array.from({ length: count - 1 }, () => ", "), ""]
    const made = Object.assign(strings, { raw: strings })
    templates.set(count, made)
    return made
  }

  /** A new row, with the end of its lease. */
  const columnsOf = (row: Record<string, string | number | null>, lease: number) => ({
    names: sql.literal(`${Object.keys(row).map((name) => `"${name}"`).join(", ")}, lease_until`),
    values: sql`${sql(templateOf(Object.keys(row).length), ...Object.values(row))}, ${until(lease)}`
  })

  // --- keys ---

  /**
   * The key is the caller's if it is new, or if the claim on it has ended: its delivery is opened in the same statement. That a delivery was opened
   * is also in the claim's own row, because PostgreSQL looks at the latest version of the row that it is about to replace, but at other tables as
   * they were when the statement began.
   */
  const take = ({ entry: { id, key }, fingerprint, keepFor, lease }: ClaimRequest, row: Record<string, string | number | null>) => {
    const { names, values } = columnsOf(row, lease)
    const ended = sql`mine.expires_at <= ${now}
      AND (mine.opened = 0 OR EXISTS (SELECT 1 FROM interline_deliveries WHERE id = mine.delivery_id AND place = 'done'))`
    return sql.onDialectOrElse({
      pg: () =>
        sql`WITH taken AS (
            INSERT INTO interline_claims AS mine (key, fingerprint, delivery_id, expires_at, opened)
            VALUES (${key}, ${fingerprint}, ${id}, ${until(keepFor)}, 1)
            ON CONFLICT (key) DO UPDATE SET
              fingerprint = excluded.fingerprint,
              delivery_id = excluded.delivery_id,
              expires_at = excluded.expires_at,
              opened = 1
            WHERE ${ended}
            RETURNING 1
          )
          INSERT INTO interline_deliveries (${names}) SELECT ${values} FROM taken ON CONFLICT (id) DO NOTHING RETURNING 1 AS written`,
      // nobody else writes meanwhile; a trigger writes the claim
      orElse: () =>
        sql`INSERT INTO interline_deliveries (${names}, claim)
          SELECT ${values}, json_object('fingerprint', ${fingerprint}, 'until', ${until(keepFor)})
          WHERE NOT EXISTS (SELECT 1 FROM interline_claims AS mine WHERE mine.key = ${key} AND NOT (${ended}))
          ON CONFLICT (id) DO NOTHING RETURNING 1 AS written`
    })
  }

  const claimOf = (key: string) =>
    sql<ClaimRow>`SELECT c.fingerprint, c.delivery_id, c.opened, d.answered
      FROM interline_claims c LEFT JOIN interline_deliveries d ON d.id = c.delivery_id WHERE c.key = ${key}`

  /** Who has the key; nobody, if it is free or was given back. */
  const holder = (request: ClaimRequest) =>
    Store.run(
      "Ledger.claim",
      Effect.flatMap(claimOf(request.entry.key), ([row]) => row === undefined ? Effect.succeedNone : Effect.asSome(claimed(request, row)))
    )

  const claim = (request: ClaimRequest): Effect.Effect<Claim> =>
    Effect.matchCauseEffect(Store.run("Ledger.claim", Effect.flatMap(newRow(request.entry), (row) => take(request, row))), {
      // what cannot be written may still be read: somebody else's key is no failure
      onFailure: (cause) =>
        Effect.flatMap(
          holder(request),
          Option.match({
            onNone: () => Effect.failCause(cause),
            onSome: (claim) => claim.deliveryId === request.entry.id ? Effect.failCause(cause) : Effect.succeed(claim)
          })
        ),
      onSuccess: (taken) =>
        // it was given back between the two statements
        wrote(taken)
          ? Effect.succeed<Claim>({ _tag: "Owned" })
          : Effect.flatMap(holder(request), Option.match({ onNone: () => claim(request), onSome: Effect.succeed }))
    })

  const claimed = ({ fingerprint }: ClaimRequest, row: ClaimRow) =>
    Effect.map(decodeId(row.delivery_id), (deliveryId): Exclude<Claim, { readonly _tag: "Owned" }> => {
      if (row.fingerprint !== fingerprint) return { _tag: "Conflict", deliveryId }
      // only what is done is ever forgotten
      const isAnswered = Number(row.opened) === 1 && (row.answered === null || Number(row.answered) === 1)
      return { _tag: isAnswered ? "Done" : "InFlight", deliveryId }
    })

  /** First the key, then the delivery: whoever dies in between leaves a delivery that has no key, and nobody a key without one. */
  const release = ({ id, key, version }: Entry) =>
    key === undefined ? Effect.void : Effect.zipRight(
      sql`DELETE FROM interline_claims WHERE key = ${key} AND delivery_id = ${id}
        AND EXISTS (SELECT 1 FROM interline_deliveries WHERE id = ${id} AND version = ${version} AND place <> 'held')`,
      sql`DELETE FROM interline_deliveries WHERE id = ${id} AND version = ${version} AND place = 'running'`
    )

  // --- deliveries ---

  const refRows = (refs: ReadonlyArray<MessageRef.MessageRef>, id: DeliveryId, at: number) =>
    refs.map((ref) => ({ ref: Store.indexed(MessageRef.format(ref)), delivery_id: id, at }))

  const tellRefs = (refs: ReadonlyArray<MessageRef.MessageRef>, id: DeliveryId, at: number) =>
    sql`INSERT INTO interline_refs ${sql.insert(refRows(refs, id, at))} ON CONFLICT (ref) DO NOTHING`

  /**
   * The refs of a state's receipts get their owner in the statement that writes the state; in SQLite a trigger reads them from `told`. In PostgreSQL they are
   * written even if the state is not: a receipt says that the vendor's message is this delivery's, whatever becomes of the state.
   */
  const withRefs = ({ id, state, updatedAt }: Entry, ctes: ReadonlyArray<Statement.Fragment>, write: Statement.Fragment) => {
    const refs = DeliveryRow.refsOf(state)
    const told = sql.onDialectOrElse({
      pg: () => refs.length === 0 ? [] : [sql`told AS (${tellRefs(refs, id, updatedAt)})`],
      orElse: () => []
    })
    const all = [...told, ...ctes]
    return all.length === 0 ? sql`${write}` : sql`WITH ${sql.csv(all)} ${write}`
  }

  const toldOf = ({ state }: Entry): { readonly told?: string } => {
    const refs = DeliveryRow.refsOf(state)
    return sql.onDialectOrElse({
      pg: () => ({}),
      orElse: () => refs.length === 0 ? {} : { told: JSON.stringify(refs.map((ref) => Store.indexed(MessageRef.format(ref)))) }
    })
  }

  const newRow = (given: Entry) =>
    Effect.map(
      Effect.zip(DeliveryRow.opened(given), DeliveryRow.saved(given)),
      ([opened, saved]) => ({ ...opened, ...saved, ...toldOf(given), version: given.version })
    )

  const open = (given: Entry, lease: number) =>
    given.key !== undefined ? Effect.succeed(false) : Effect.flatMap(newRow(given), (row) => {
      const { names, values } = columnsOf(row, lease)
      return Effect.map(
        withRefs(
          given,
          [],
          sql`INSERT INTO interline_deliveries (${names}) VALUES (${values}) ON CONFLICT (id) DO NOTHING RETURNING 1 AS written`
        ),
        wrote
      )
    })

  const save = (given: Entry, lease: number | undefined) =>
    Effect.flatMap(DeliveryRow.saved(given), (row) =>
      Effect.map(
        withRefs(
          given,
          [],
          sql`UPDATE interline_deliveries SET ${sql.update({ ...row, ...toldOf(given) })}, version = version + 1${
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

  /** In JavaScript: the others of one conversation that may still arrive are few. */
  const rivals = ({ conversation, createdAt, id, likenesses }: Entry) =>
    Effect.flatMap(
      sql<{ readonly likenesses: string }>`SELECT likenesses FROM interline_deliveries
        WHERE conversation = ${conversation} AND may_arrive = 1 AND id <> ${id} AND (place <> 'done' OR updated_at > ${
        createdAt - rivalFor
      })`,
      (rows) =>
        Effect.map(
          Effect.forEach(rows, (row) => DeliveryRow.decodeLikenesses(row.likenesses)),
          (others) => others.filter((other) => other.some((likeness) => likenesses.includes(likeness))).length
        )
    )

  const owners = (refs: ReadonlyArray<MessageRef.MessageRef>) => {
    const byIndex = new Map(refs.map((ref) => [Store.indexed(MessageRef.format(ref)), MessageRef.format(ref)]))
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

  // --- bindings ---

  const bindingOf = (row: BindingRow) =>
    Effect.gen(function*() {
      const binding: Binding = {
        carrierId: yield* decodeCarrierId(row.carrier_id),
        line: yield* decodeLine(row.line),
        at: Number(row.at),
        version: Number(row.version),
        ...(row.chat === null ? {} : { chat: yield* decodeChat(row.chat) })
      }
      return binding
    })

  const bind = (conversation: string, { at, carrierId, chat, line }: Omit<Binding, "version">, expected: number) =>
    Effect.gen(function*() {
      const row = { carrier_id: carrierId, line, at, chat: chat === undefined ? null : yield* encodeChat(chat), version: expected + 1 }
      return wrote(
        expected === 0
          ? yield* sql`INSERT INTO interline_bindings ${
            sql.insert({ conversation, ...row })
          } ON CONFLICT (conversation) DO NOTHING RETURNING 1 AS written`
          : yield* sql`UPDATE interline_bindings SET ${
            sql.update(row)
          } WHERE conversation = ${conversation} AND version = ${expected} RETURNING 1 AS written`
      )
    })

  // --- contacts ---

  const ways = { inbound: sql.literal("inbound_at"), outbound: sql.literal("outbound_at") }

  return {
    claim,
    release: (given) => Effect.asVoid(Store.run("Ledger.release", release(given))),
    open: (given, lease) => Store.run("Ledger.open", open(given, lease)),
    save: (given, lease) => Store.run("Ledger.save", save(given, lease)),
    renew: (ids, owner, lease) => ids.length === 0 ? Effect.succeed(new Map()) : Store.run("Ledger.renew", renew(ids, owner, lease)),
    read: (id) =>
      Store.run("Ledger.read", Effect.flatMap(sql<DeliveryRow.Row>`SELECT ${columns} FROM interline_deliveries WHERE id = ${id}`, entry)),
    append: (id, events) =>
      events.length === 0 ? Effect.void : Effect.asVoid(Store.run(
        "Ledger.append",
        Effect.flatMap(DeliveryRow.encodeEvents(events), (text) =>
          sql`INSERT INTO interline_history (delivery_id, at, events) VALUES (${id}, ${
            Math.max(...events.map(({ at }) => at))
          }, ${text})`)
      )),
    history: (id) =>
      Store.run(
        "Ledger.history",
        Effect.flatMap(
          sql<{ readonly events: string }>`SELECT events FROM interline_history WHERE delivery_id = ${id} ORDER BY id`,
          (rows) => Effect.map(Effect.forEach(rows, ({ events }) => DeliveryRow.decodeEvents(events)), (all) => all.flat())
        )
      ),
    // the time is only for forgetting, and an owner without a delivery may be forgotten at once
    own: (ref, id) =>
      Effect.asVoid(Store.run("Ledger.own", Effect.flatMap(Effect.clock, (clock) => tellRefs([ref], id, clock.unsafeCurrentTimeMillis())))),
    owners: (refs) => refs.length === 0 ? Effect.succeed(new Map()) : Store.run("Ledger.owners", owners(refs)),
    rivals: (given) => Store.run("Ledger.rivals", rivals(given)),
    held: (limit) =>
      Store.run(
        "Ledger.held",
        Effect.flatMap(
          sql<DeliveryRow.Row>`SELECT ${columns} FROM interline_deliveries WHERE place = 'held' ORDER BY created_at, id LIMIT ${limit}`,
          entries
        )
      ),
    orphans: (limit) =>
      Store.run(
        "Ledger.orphans",
        Effect.flatMap(
          sql<
            DeliveryRow.Row
          >`SELECT ${columns} FROM interline_deliveries WHERE place = 'running' AND lease_until <= ${now} ORDER BY lease_until, id LIMIT ${limit}`,
          entries
        )
      ),
    adopt: (id, owner, lease, at) =>
      Store.run(
        "Ledger.adopt",
        Effect.flatMap(
          sql<DeliveryRow.Row>`UPDATE interline_deliveries SET owner = ${owner}, lease_until = ${
            until(lease)
          }, updated_at = ${at}, version = version + 1
            WHERE id = ${id} AND place <> 'done' AND lease_until <= ${now} RETURNING ${columns}`,
          entry
        )
      ),
    binding: (conversation) =>
      Store.run(
        "Ledger.binding",
        Effect.flatMap(
          sql<BindingRow>`SELECT carrier_id, line, at, version, chat FROM interline_bindings WHERE conversation = ${conversation}`,
          ([row]) => row === undefined ? Effect.succeedNone : Effect.asSome(bindingOf(row))
        )
      ),
    bind: (conversation, binding, expected) => Store.run("Ledger.bind", bind(conversation, binding, expected)),
    touch: (carrierId, line, handle, way, at) =>
      Effect.asVoid(Store.run(
        "Ledger.touch",
        sql`INSERT INTO interline_contacts AS known (carrier_id, line, handle, ${
          ways[way]
        }) VALUES (${carrierId}, ${line}, ${handle}, ${at})
          ON CONFLICT (carrier_id, line, handle) DO UPDATE SET ${ways[way]} = excluded.${ways[way]}
          WHERE known.${ways[way]} IS NULL OR known.${ways[way]} < excluded.${ways[way]}`
      )),
    contact: (carrierId, line, handle) =>
      Effect.map(
        Store.run(
          "Ledger.contact",
          sql<
            ContactRow
          >`SELECT inbound_at, outbound_at FROM interline_contacts WHERE carrier_id = ${carrierId} AND line = ${line} AND handle = ${handle}`
        ),
        ([row]) => row === undefined ? nobody : { inboundAt: time(row.inbound_at), outboundAt: time(row.outbound_at) }
      ),
    seen: (carrierId, eventId) =>
      Effect.map(
        Store.run(
          "Ledger.seen",
          sql`SELECT 1 AS known FROM interline_seen WHERE carrier_id = ${carrierId} AND event_id = ${Store.indexed(eventId)}`
        ),
        (rows) => rows.length > 0
      ),
    first: (carrierId, eventId, at) =>
      Effect.map(
        Store.run(
          "Ledger.first",
          sql`INSERT INTO interline_seen (carrier_id, event_id, at) VALUES (${carrierId}, ${Store.indexed(eventId)}, ${at})
            ON CONFLICT (carrier_id, event_id) DO NOTHING RETURNING 1 AS written`
        ),
        wrote
      )
  }
}

/** How long is kept what may be forgotten, in milliseconds. */
export interface Ages {
  readonly deliveries: number
  readonly seen: number
}

/**
 * The oldest first, in this order: what a claim or a delivery keeps alive goes after it. Conditions stand outside too where a row may have
 * changed since it was found.
 */
export const forget = ({ deliveries, seen }: Ages): ReadonlyArray<Store.Forget> => [
  (sql) => {
    const ended = sql`expires_at <= ${Store.now(sql)}
      AND (opened = 0 OR EXISTS (SELECT 1 FROM interline_deliveries d WHERE d.id = interline_claims.delivery_id AND d.place = 'done'))`
    return sql`DELETE FROM interline_claims WHERE key IN (SELECT key FROM interline_claims WHERE ${ended} LIMIT ${Store.batch}) AND ${ended} RETURNING 1 AS gone`
  },
  (sql, now) => {
    const over = sql`place = 'done' AND updated_at < ${now - deliveries}`
    return sql`DELETE FROM interline_deliveries WHERE id IN (
        SELECT id FROM interline_deliveries WHERE ${over}
        AND NOT EXISTS (SELECT 1 FROM interline_claims c WHERE c.key = interline_deliveries.key AND c.delivery_id = interline_deliveries.id)
        LIMIT ${Store.batch}
      ) AND ${over} RETURNING 1 AS gone`
  },
  (sql, now) =>
    sql`DELETE FROM interline_refs WHERE ref IN (
      SELECT ref FROM interline_refs WHERE at < ${now - deliveries}
      AND NOT EXISTS (SELECT 1 FROM interline_deliveries d WHERE d.id = interline_refs.delivery_id)
      LIMIT ${Store.batch}
    ) RETURNING 1 AS gone`,
  (sql, now) =>
    sql`DELETE FROM interline_history WHERE id IN (
      SELECT id FROM interline_history WHERE at < ${now - deliveries}
      AND NOT EXISTS (SELECT 1 FROM interline_deliveries d WHERE d.id = interline_history.delivery_id)
      LIMIT ${Store.batch}
    ) RETURNING 1 AS gone`,
  (sql, now) =>
    sql`DELETE FROM interline_seen WHERE (carrier_id, event_id) IN (
      SELECT carrier_id, event_id FROM interline_seen WHERE at < ${now - seen} LIMIT ${Store.batch}
    ) RETURNING 1 AS gone`
]
