/** Makes this process one of several on one PostgreSQL. Together they are one gateway. */
import * as SqlClient from "@effect/sql/SqlClient"
import * as Cluster from "@interline/cluster/Cluster"
import * as Database from "@interline/sql/Database"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import type * as GatewayConfig from "./config/GatewayConfig.ts"

/** The variable that an option of the cluster comes from. */
const variableOf = (option: Cluster.ClusterError["option"], { database }: GatewayConfig.Settings["runner"]): string =>
  option === "host"
    ? "INTERLINE_RUNNER_HOST"
    : option === "port"
    ? "INTERLINE_RUNNER_PORT"
    : Option.isSome(database)
    ? "INTERLINE_RUNNER_DATABASE_URL"
    : "DATABASE_URL"

/** A sentence that names the variable. */
export interface Mistake {
  readonly message: string
}

/** How the process takes part. */
export interface Options {
  /** What all processes must have alike. */
  readonly same: Readonly<Record<string, Redacted.Redacted>>
  /** The process joins the others when this ends. */
  readonly join: Effect.Effect<void>
}

/** Takes part in the cluster of the database. A process with a file of its own is alone. */
export const layer = (
  { database, runner }: GatewayConfig.Settings,
  { join, same }: Options
): Layer.Layer<never, Mistake, SqlClient.SqlClient> =>
  Database.isPostgres(Redacted.value(database))
    ? Layer.mapError(
      Layer.unwrapEffect(Effect.map(SqlClient.SqlClient, (ledger) =>
        Cluster.layer({
          database: Option.getOrElse(runner.database, () => database),
          ledger,
          join,
          settings: same,
          ...Option.match(runner.host, { onNone: () => ({}), onSome: (host) => ({ host }) }),
          ...Option.match(runner.port, { onNone: () => ({}), onSome: (port) => ({ port }) })
        }))),
      ({ message, option }) => ({ message: `${variableOf(option, runner)}: ${message}` })
    )
    : Layer.empty
