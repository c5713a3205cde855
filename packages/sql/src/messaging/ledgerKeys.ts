/** Keys of the ledger: which delivery has a key, and how a key becomes free again. */
import type * as SqlClient from "@effect/sql/SqlClient"
import { DeliveryId } from "@interline/core/DeliveryId"
import type * as Ledger from "@interline/router/Ledger"
import * as Shard from "@interline/router/Shard"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Store from "../database/Store.ts"
import * as NewDeliveryRow from "./newDeliveryRow.ts"

interface ClaimRow {
  readonly epoch: number
  readonly fingerprint: string
  readonly delivery_id: string
  readonly opened: number
  readonly answered: number | null
}

/** The shard of a claim, and no claim: the key is free. */
interface FreeRow {
  readonly epoch: number
  readonly delivery_id: null
}

type Refusal = Exclude<Ledger.Claim, { readonly _tag: "Owned" }>

const decodeId = Schema.decode(DeliveryId)

export const make = (sql: SqlClient.SqlClient): Pick<Ledger.LedgerService, "claim" | "keyed" | "release"> => {
  const now = Store.now(sql)
  const until = Store.until(sql)
  const fresh = NewDeliveryRow.make(sql)

  /** A claim that has ended: the key is free again. */
  const ended = sql`mine.expires_at <= ${now}
      AND (mine.opened = 0 OR EXISTS (SELECT 1 FROM interline_deliveries WHERE id = mine.delivery_id AND place = 'done'))`

  /**
   * The caller gets the key if it is new, or if the claim on it has ended, and if the epoch is that of the shard. The same statement opens the
   * delivery. The claim's own row also says that a delivery was opened, because PostgreSQL reads the latest version of the row that it will
   * replace, but reads other tables as they were when the statement began.
   */
  const take = ({ entry, fingerprint, keepFor, within }: Ledger.ClaimRequest, row: NewDeliveryRow.Columns) => {
    const { id, key } = entry
    const { names, owned, values } = fresh.place(entry, row, within)
    return sql.onDialectOrElse({
      pg: () =>
        sql`WITH owned AS (${owned}), taken AS (
            INSERT INTO interline_claims AS mine (key, fingerprint, delivery_id, expires_at, opened)
            SELECT ${key}, ${fingerprint}, ${id}, ${until(keepFor)}, 1 FROM owned
            ON CONFLICT (key) DO UPDATE SET
              fingerprint = excluded.fingerprint,
              delivery_id = excluded.delivery_id,
              expires_at = excluded.expires_at,
              opened = 1
            WHERE ${ended}
            RETURNING 1
          )
          INSERT INTO interline_deliveries (${names}) SELECT ${values} FROM owned, taken ON CONFLICT (id) DO NOTHING RETURNING 1 AS written`,
      // In SQLite no other connection writes meanwhile. A trigger writes the claim.
      orElse: () =>
        sql`INSERT INTO interline_deliveries (${names}, claim)
          SELECT ${values}, json_object('fingerprint', ${fingerprint}, 'until', ${until(keepFor)}) FROM (${owned}) AS owned
          WHERE NOT EXISTS (SELECT 1 FROM interline_claims AS mine WHERE mine.key = ${key} AND NOT (${ended}))
          ON CONFLICT (id) DO NOTHING RETURNING 1 AS written`
    })
  }

  const claimOf = ({ conversation, key }: Ledger.ClaimRequest["entry"]) =>
    sql<ClaimRow | FreeRow>`SELECT s.epoch, mine.fingerprint, mine.delivery_id, mine.opened, d.answered
      FROM interline_shards s
      LEFT JOIN interline_claims AS mine ON mine.key = ${key} AND NOT (${ended})
      LEFT JOIN interline_deliveries d ON d.id = mine.delivery_id
      WHERE s.shard = ${Shard.of(conversation)}`

  /** The answer to a claim that got nothing. `None`: the key is free, or was given back meanwhile. */
  const holder = (request: Ledger.ClaimRequest): Effect.Effect<Option.Option<Refusal>> =>
    Store.runStatement(
      "Ledger.claim",
      Effect.flatMap(claimOf(request.entry), ([row]) => {
        if (row !== undefined && row.delivery_id !== null) return Effect.asSome(claimed(request, row))
        const isFenced = Number(row?.epoch) !== request.entry.epoch
        return Effect.succeed(isFenced ? Option.some<Refusal>({ _tag: "Fenced" }) : Option.none())
      })
    )

  const claim = (request: Ledger.ClaimRequest): Effect.Effect<Ledger.Claim> =>
    Effect.matchCauseEffect(
      Store.runStatement("Ledger.claim", Effect.flatMap(fresh.columnsOf(request.entry), (row) => take(request, row))),
      {
        // The database may be readable although it cannot be written. Then a key that belongs to another delivery is no failure.
        onFailure: (cause) =>
          Effect.flatMap(holder(request), (refusal) => {
            const answer = Option.getOrUndefined(refusal)
            const isOthers = answer !== undefined && answer._tag !== "Fenced" && answer.deliveryId !== request.entry.id
            return isOthers ? Effect.succeed(answer) : Effect.failCause(cause)
          }),
        onSuccess: (taken) =>
          // If no delivery has the key, it was given back between the two statements. Then claim again.
          taken.length > 0
            ? Effect.succeed<Ledger.Claim>({ _tag: "Owned" })
            : Effect.flatMap(holder(request), Option.match({ onNone: () => claim(request), onSome: Effect.succeed }))
      }
    )

  const claimed = ({ fingerprint }: Ledger.ClaimRequest, row: ClaimRow) =>
    Effect.map(decodeId(row.delivery_id), (deliveryId): Refusal => {
      if (row.fingerprint !== fingerprint) return { _tag: "Conflict", deliveryId }
      // If the delivery is gone, it was done, because the ledger removes only deliveries that are done.
      const isAnswered = Number(row.opened) === 1 && (row.answered === null || Number(row.answered) === 1)
      return { _tag: isAnswered ? "Done" : "InFlight", deliveryId }
    })

  /**
   * Frees the key, and removes its delivery, if that is as the caller knows it. Another process may be writing the same delivery down at this moment.
   * In PostgreSQL one statement locks the row first, so either that process finds the delivery gone, or the key stays its own. A key that is free
   * while its delivery goes on would be a second message. In SQLite no other process writes: the key goes first, so that a process that dies in
   * between leaves a delivery without a key, and never a key without a delivery.
   */
  const release = ({ id, key, version }: Ledger.Entry) =>
    key === undefined ? Effect.void : sql.onDialectOrElse({
      pg: () =>
        Effect.asVoid(sql`WITH known AS (
            SELECT 1 FROM interline_deliveries WHERE id = ${id} AND version = ${version} AND place <> 'held' FOR UPDATE
          ), freed AS (
            DELETE FROM interline_claims WHERE key = ${key} AND delivery_id = ${id} AND EXISTS (SELECT 1 FROM known)
          )
          DELETE FROM interline_deliveries WHERE id = ${id} AND version = ${version} AND place = 'running' AND EXISTS (SELECT 1 FROM known)`),
      orElse: () =>
        Effect.asVoid(Effect.zipRight(
          sql`DELETE FROM interline_claims WHERE key = ${key} AND delivery_id = ${id}
            AND EXISTS (SELECT 1 FROM interline_deliveries WHERE id = ${id} AND version = ${version} AND place <> 'held')`,
          sql`DELETE FROM interline_deliveries WHERE id = ${id} AND version = ${version} AND place = 'running'`
        ))
    })

  const keyed = (key: string) =>
    Effect.flatMap(
      sql<
        { readonly delivery_id: string }
      >`SELECT mine.delivery_id FROM interline_claims AS mine WHERE mine.key = ${key} AND NOT (${ended})`,
      ([row]) => row === undefined ? Effect.succeed(Option.none<DeliveryId>()) : Effect.asSome(decodeId(row.delivery_id))
    )

  return {
    claim,
    keyed: (key) => Store.runStatement("Ledger.keyed", keyed(key)),
    release: (given) => Effect.asVoid(Store.runStatement("Ledger.release", release(given)))
  }
}
