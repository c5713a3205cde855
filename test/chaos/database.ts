/** What goes wrong with the database: it stands still, it ends and comes back, it ends its sessions. And who is connected to it. */
import * as Reactivity from "@effect/experimental/Reactivity"
import * as PgClient from "@effect/sql-pg/PgClient"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type * as PostgresServer from "../support/postgresServer.ts"

export interface Database {
  readonly url: string
  /** Stops the server and all sessions, and lets them go on after a while. Connections stay open meanwhile. */
  readonly standStill: (time: Duration.DurationInput) => Effect.Effect<void>
  /** Ends the server at once, and starts it again. */
  readonly crash: (away: Duration.DurationInput) => Effect.Effect<void>
  /** Ends all sessions. */
  readonly endSessions: Effect.Effect<void>
  /** Ends the sessions that a process has for one use. */
  readonly endSessionsOf: (process: number, use: Use) => Effect.Effect<void>
  /** How many connections a process has. */
  readonly connections: (process: number, use: Use) => Effect.Effect<number>
  /** Rows of a statement. */
  readonly rows: (statement: string) => Effect.Effect<ReadonlyArray<Readonly<Record<string, unknown>>>>
}

/** What a process has a connection for: what it keeps, or the other processes. */
export type Use = "gateway" | "runner"

/** What a process calls its connections. */
export const nameOf = (process: number, use: Use): string => `${use}-${process}`

export const make = (server: PostgresServer.Server, url: string): Database => {
  const rows = (statement: string) =>
    PgClient.make({ url: Redacted.make(url), maxConnections: 1 }).pipe(
      Effect.flatMap((sql) => sql.unsafe<Readonly<Record<string, unknown>>>(statement)),
      Effect.scoped,
      Effect.provide(Reactivity.layer),
      Effect.orDie
    )
  const sessions = Effect.map(
    rows("SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"),
    (found) => found.map(({ pid }) => Number(pid))
  )
  const signal = (pids: ReadonlyArray<number>, name: NodeJS.Signals) =>
    Effect.forEach(pids, (pid) => Effect.ignore(Effect.try(() => process.kill(pid, name))), { discard: true })
  return {
    url,
    rows,
    standStill: (time) =>
      Effect.gen(function*() {
        const pids = [server.pid(), ...yield* sessions]
        yield* Effect.acquireUseRelease(signal(pids, "SIGSTOP"), () => Effect.sleep(time), () => signal(pids, "SIGCONT"))
      }),
    crash: server.crash,
    endSessions: Effect.asVoid(
      rows("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()")
    ),
    endSessionsOf: (process, use) =>
      Effect.asVoid(
        rows(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = '${nameOf(process, use)}'`)
      ),
    connections: (process, use) =>
      Effect.map(
        rows(`SELECT count(*) AS many FROM pg_stat_activity WHERE application_name = '${nameOf(process, use)}'`),
        ([row]) => Number(row?.["many"])
      )
  }
}
