/** The processes of this gateway, for operators: which of them has how many shards, and which of them has other settings. */
import * as SqlClient from "@effect/sql/SqlClient"
import { Cluster } from "@interline/cluster/Cluster"
import * as SqlLedger from "@interline/sql/SqlLedger"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"

/**
 * A process that has shards.
 *
 * @category models
 */
export interface Process extends SqlLedger.Owner {
  /** The groups of settings in which it differs from the process that is asked. Absent if there are none. */
  readonly differing?: ReadonlyArray<string>
}

/**
 * The processes that share the database of this one.
 *
 * @category models
 */
export interface ProcessesService {
  /** The processes that have shards. A process that is alone is listed without an address. */
  readonly list: Effect.Effect<ReadonlyArray<Process>>
}

/**
 * The tag of the service that lists the processes.
 *
 * @category services
 */
export class Processes extends Context.Tag("@interline/gateway/Processes")<Processes, ProcessesService>() {}

/**
 * Reads the processes from the ledger, and the differences from the `Cluster` if there is one.
 *
 * @category layers
 */
export const layer: Layer.Layer<Processes, never, SqlClient.SqlClient> = Layer.effect(
  Processes,
  Effect.gen(function*() {
    const owners = SqlLedger.owners(yield* SqlClient.SqlClient)
    const differences = Option.match(yield* Effect.serviceOption(Cluster), {
      onNone: () => Effect.succeed([]),
      onSome: ({ inspect }) => Effect.map(inspect, ({ differing }) => differing)
    })
    return {
      list: Effect.zipWith(owners, differences, (owners, differences) =>
        owners.map((owner): Process => {
          const differing = differences.find(({ address }) => address === owner.address)?.settings
          return differing === undefined ? owner : { ...owner, differing }
        }))
    }
  })
)
