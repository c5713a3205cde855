/** The processes of this gateway, for operators: which of them has how many shards. */
import * as SqlClient from "@effect/sql/SqlClient"
import * as SqlLedger from "@interline/sql/SqlLedger"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"

/**
 * The processes that share the database of this one.
 *
 * @category models
 */
export interface ProcessesService {
  /** The processes that have shards. A process that is alone is listed without an address. */
  readonly list: Effect.Effect<ReadonlyArray<SqlLedger.Owner>>
}

/**
 * The tag of the service that lists the processes.
 *
 * @category services
 */
export class Processes extends Context.Tag("@interline/gateway/Processes")<Processes, ProcessesService>() {}

/**
 * Reads the processes from the ledger.
 *
 * @category layers
 */
export const layer: Layer.Layer<Processes, never, SqlClient.SqlClient> = Layer.effect(
  Processes,
  Effect.map(SqlClient.SqlClient, (sql) => ({ list: SqlLedger.owners(sql) }))
)
