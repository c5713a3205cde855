/** The ledger in SQL: it survives a restart, and processes that share a database share it. */
import * as SqlClient from "@effect/sql/SqlClient"
import { Ledger, type LedgerService } from "@interline/router/Ledger"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import * as Store from "../database/Store.ts"
import * as LedgerAbsences from "./ledgerAbsences.ts"
import * as LedgerConversations from "./ledgerConversations.ts"
import * as LedgerDeliveries from "./ledgerDeliveries.ts"
import * as LedgerForgetting from "./ledgerForgetting.ts"
import * as LedgerKeys from "./ledgerKeys.ts"
import * as LedgerShards from "./ledgerShards.ts"

/**
 * How long the ledger keeps data that it may remove. It never removes a delivery that is not done, the place of a conversation, or the
 * contacts between lines and people.
 *
 * @category models
 */
export interface Options {
  /**
   * How long deliveries that are done are kept after their last change, with their history and refs (default: 90 days). A claimed key keeps
   * its delivery longer.
   */
  readonly deliveries?: Duration.DurationInput
  /** How long the ids of events are kept, to recognise an event that comes again (default: 30 days). No vendor repeats an event later. */
  readonly seen?: Duration.DurationInput
}

/**
 * The default times for deliveries that are done and for the ids of events.
 *
 * @category constants
 */
export const defaults = { deliveries: "90 days", seen: "30 days" } as const satisfies Required<Options>

/**
 * A ledger over tables that `Database.layer` made. What is old is removed once a minute in the background, as long as the scope is open.
 *
 * @category constructors
 */
export const make = (options: Options = {}): Effect.Effect<LedgerService, never, SqlClient.SqlClient | Scope.Scope> =>
  Effect.gen(function*() {
    const sql = yield* SqlClient.SqlClient
    const { deliveries, seen } = { ...defaults, ...options }
    yield* Store.forgetOldRows(
      "ledger",
      LedgerForgetting.forget({ deliveries: Duration.toMillis(deliveries), seen: Duration.toMillis(seen) })
    )
    return {
      ...LedgerKeys.make(sql),
      ...LedgerDeliveries.make(sql),
      ...LedgerShards.make(sql),
      ...LedgerAbsences.make(sql),
      ...LedgerConversations.make(sql)
    }
  })

/**
 * The held deliveries. `oldestFor`: for how many milliseconds the oldest has been there. It is 0 if there is none.
 *
 * @category models
 */
export interface Held {
  readonly count: number
  readonly oldestFor: number
}

/**
 * How many deliveries are held, and for how long.
 *
 * @category accessors
 */
export const inspectHeld = (sql: SqlClient.SqlClient): Effect.Effect<Held> =>
  Store.runStatement(
    "Ledger.inspectHeld",
    Effect.map(
      sql<{ readonly held: number; readonly oldest: number | null; readonly now: number }>`
        SELECT count(*) AS held, min(created_at) AS oldest, ${Store.now(sql)} AS now FROM interline_deliveries WHERE place = 'held'`,
      ([row]) => ({
        count: Number(row?.held ?? 0),
        oldestFor: row?.oldest == null ? 0 : Math.max(0, Number(row.now) - Number(row.oldest))
      })
    )
  )

/**
 * A process that has shards.
 *
 * @category models
 */
export interface Owner {
  /** Where other processes reach it, as `host:port`. Absent if it is alone. */
  readonly address?: string
  /** How many shards it took last. All processes together have at most 300. */
  readonly shards: number
  /** When it took the shard that it has had for longest, in epoch milliseconds on the clock of the database. */
  readonly since: number
}

/**
 * The processes that have shards, by their addresses. A process that has ended is listed until others have taken its shards.
 *
 * @category accessors
 */
export const owners = (sql: SqlClient.SqlClient): Effect.Effect<ReadonlyArray<Owner>> =>
  Store.runStatement(
    "Ledger.owners",
    Effect.map(
      sql<{ readonly who: string | null; readonly shards: number; readonly since: number }>`
        SELECT who, count(*) AS shards, min(since) AS since FROM interline_shards WHERE epoch > 0 GROUP BY who ORDER BY who`,
      (rows) =>
        rows.map(({ shards, since, who }) => ({
          ...(who === null ? {} : { address: who }),
          shards: Number(shards),
          since: Number(since)
        }))
    )
  )

/**
 * The ledger in the database, as a layer. It forgets old rows until its scope ends.
 *
 * @category layers
 */
export const layer = (options?: Options): Layer.Layer<Ledger, never, SqlClient.SqlClient> => Layer.scoped(Ledger, make(options))
