/** Keys of the ledger: which delivery has a key, and how a key becomes free again. */
import type * as SqlClient from "@effect/sql/SqlClient"
import { DeliveryId } from "@interline/core/DeliveryId"
import type * as Ledger from "@interline/router/Ledger"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Store from "../database/Store.ts"
import * as NewDeliveryRow from "./newDeliveryRow.ts"

interface ClaimRow {
  readonly fingerprint: string
  readonly delivery_id: string
  readonly opened: number
  readonly answered: number | null
}

const decodeId = Schema.decode(DeliveryId)

export const make = (sql: SqlClient.SqlClient): Pick<Ledger.LedgerService, "claim" | "release"> => {
  const now = Store.now(sql)
  const until = Store.until(sql)
  const fresh = NewDeliveryRow.make(sql)

  /**
   * The caller gets the key if it is new, or if the claim on it has ended. The same statement opens the delivery. The claim's own row also
   * says that a delivery was opened, because PostgreSQL reads the latest version of the row that it will replace, but reads other tables as
   * they were when the statement began.
   */
  const take = ({ entry: { id, key }, fingerprint, keepFor, lease }: Ledger.ClaimRequest, row: NewDeliveryRow.Columns) => {
    const { names, values } = fresh.place(row, lease)
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
      // In SQLite no other connection writes meanwhile. A trigger writes the claim.
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

  /** The delivery that has the key. `None`: the key is free, or was given back. */
  const holder = (request: Ledger.ClaimRequest) =>
    Store.runStatement(
      "Ledger.claim",
      Effect.flatMap(claimOf(request.entry.key), ([row]) => row === undefined ? Effect.succeedNone : Effect.asSome(claimed(request, row)))
    )

  const claim = (request: Ledger.ClaimRequest): Effect.Effect<Ledger.Claim> =>
    Effect.matchCauseEffect(
      Store.runStatement("Ledger.claim", Effect.flatMap(fresh.columnsOf(request.entry), (row) => take(request, row))),
      {
        // The database may be readable although it cannot be written. Then a key that belongs to another delivery is no failure.
        onFailure: (cause) =>
          Effect.flatMap(
            holder(request),
            Option.match({
              onNone: () => Effect.failCause(cause),
              onSome: (claim) => claim.deliveryId === request.entry.id ? Effect.failCause(cause) : Effect.succeed(claim)
            })
          ),
        onSuccess: (taken) =>
          // If no delivery has the key, it was given back between the two statements. Then claim again.
          taken.length > 0
            ? Effect.succeed<Ledger.Claim>({ _tag: "Owned" })
            : Effect.flatMap(holder(request), Option.match({ onNone: () => claim(request), onSome: Effect.succeed }))
      }
    )

  const claimed = ({ fingerprint }: Ledger.ClaimRequest, row: ClaimRow) =>
    Effect.map(decodeId(row.delivery_id), (deliveryId): Exclude<Ledger.Claim, { readonly _tag: "Owned" }> => {
      if (row.fingerprint !== fingerprint) return { _tag: "Conflict", deliveryId }
      // If the delivery is gone, it was done, because the ledger removes only deliveries that are done.
      const isAnswered = Number(row.opened) === 1 && (row.answered === null || Number(row.answered) === 1)
      return { _tag: isAnswered ? "Done" : "InFlight", deliveryId }
    })

  /**
   * Releases the key first, and removes the delivery second. If the process dies in between, a delivery without a key stays, but never a
   * key without a delivery.
   */
  const release = ({ id, key, version }: Ledger.Entry) =>
    key === undefined ? Effect.void : Effect.zipRight(
      sql`DELETE FROM interline_claims WHERE key = ${key} AND delivery_id = ${id}
        AND EXISTS (SELECT 1 FROM interline_deliveries WHERE id = ${id} AND version = ${version} AND place <> 'held')`,
      sql`DELETE FROM interline_deliveries WHERE id = ${id} AND version = ${version} AND place = 'running'`
    )

  return {
    claim,
    release: (given) => Effect.asVoid(Store.runStatement("Ledger.release", release(given)))
  }
}
