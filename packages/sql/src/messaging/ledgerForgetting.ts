/** Removes old data of the ledger, in the right order. */
import * as Store from "../database/Store.ts"

/** How long data that may be removed is kept, in milliseconds. */
export interface Ages {
  readonly deliveries: number
  readonly seen: number
}

/**
 * The statements, in their order. A claim keeps its delivery, and a delivery keeps its refs and its history. A row may change after it was
 * found. In this case the condition is repeated outside the subquery.
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
  // the router ends an absence an hour later. These are left if no router looks for them
  (sql, now) =>
    sql`DELETE FROM interline_absences WHERE (delivery_id, generation) IN (
      SELECT delivery_id, generation FROM interline_absences WHERE since < ${now - deliveries} LIMIT ${Store.batch}
    ) RETURNING 1 AS gone`,
  (sql, now) =>
    sql`DELETE FROM interline_seen WHERE (carrier_id, event_id) IN (
      SELECT carrier_id, event_id FROM interline_seen WHERE at < ${now - seen} LIMIT ${Store.batch}
    ) RETURNING 1 AS gone`
]
