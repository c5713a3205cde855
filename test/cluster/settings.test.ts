/** Processes with different settings are noticed while they live, by the names of the settings only. */
import * as Reactivity from "@effect/experimental/Reactivity"
import * as PgClient from "@effect/sql-pg/PgClient"
import { layer } from "@effect/vitest"
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import * as Cluster from "@interline/cluster/Cluster"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Redacted from "effect/Redacted"
import * as Scope from "effect/Scope"
import { Postgres } from "../sql/databases.ts"
import * as GatewayProcess from "../support/gatewayProcess.ts"

const fresh = Effect.flatMap(Postgres, ({ database }) => database)

const asked = <A, E>(url: string, ask: (sql: PgClient.PgClient) => Effect.Effect<A, E>) =>
  PgClient.make({ url: Redacted.make(url) }).pipe(Effect.flatMap(ask), Effect.provide(Reactivity.layer), Effect.scoped)

const stored = (url: string) =>
  asked(url, (sql) => sql<{ readonly address: string; readonly digests: string }>`SELECT address, digests FROM interline_cluster_settings`)

const member = (url: string, settings: Readonly<Record<string, string>>) =>
  Effect.gen(function*() {
    const scope = yield* Scope.make()
    yield* Effect.addFinalizer(() => Scope.close(scope, Exit.void))
    const texts = Object.fromEntries(Object.entries(settings).map(([group, text]) => [group, Redacted.make(text)]))
    const options = { database: Redacted.make(url), host: "127.0.0.1", settings: texts }
    const { inspect } = Context.get(yield* Scope.extend(Layer.build(Cluster.layer(options)), scope), Cluster.Cluster)
    return { inspect, end: Scope.close(scope, Exit.void) }
  })

layer(Postgres.Default, { excludeTestServices: true, timeout: "2 minutes" })("processes with settings of their own", (it) => {
  it.scoped("warn of the others while these live, and name the groups that differ", () =>
    Effect.gen(function*() {
      const url = yield* fresh
      const said: Array<string> = []
      const logger = Logger.replace(
        Logger.defaultLogger,
        Logger.make(({ logLevel, message }) => {
          if (String(message).includes("settings")) said.push(`${logLevel.label} ${String(message)}`)
        })
      )
      const one = yield* Effect.provide(member(url, { policy: "a", keys: "the-secret-of-all" }), logger)
      const alike = yield* member(url, { policy: "a", keys: "the-secret-of-all" })
      const other = yield* member(url, { policy: "b", keys: "the-secret-of-all", newer: "of a later version" })
      const { address } = yield* other.inspect
      const { differing } = yield* GatewayProcess.eventually(one.inspect, ({ differing }) => differing.length > 0)
      deepStrictEqual(differing, [{ address, settings: ["policy"] }])
      const seen = yield* GatewayProcess.eventually(other.inspect, ({ differing }) => differing.length === 2)
      deepStrictEqual(seen.differing.map(({ settings }) => settings), [["policy"], ["policy"]])

      const rows = yield* stored(url)
      strictEqual(rows.length, 3)
      strictEqual(rows.filter(({ digests }) => digests.includes("the-secret")).length, 0)

      yield* other.end
      yield* GatewayProcess.eventually(one.inspect, ({ differing }) => differing.length === 0)
      strictEqual((yield* stored(url)).length, 2, "a process that ended is not in the table")
      yield* GatewayProcess.eventually(Effect.sync(() => said.length), (lines) => lines === 2)
      deepStrictEqual(said, [
        `WARN other processes have other settings than this one, and all need the same: policy (${address})`,
        "INFO all processes have the same settings again"
      ])
      yield* alike.end
    }))

  it.scoped("do not count any more when the cluster knows that they are gone, although they took nothing back", () =>
    Effect.gen(function*() {
      const url = yield* fresh
      const one = yield* member(url, { policy: "a" })
      const { address } = yield* one.inspect
      // nobody listens there, and what it wrote of its settings never gets old
      const killed = "127.0.0.1:1"
      yield* asked(
        url,
        (sql) =>
          sql`INSERT INTO interline_cluster_settings VALUES (${killed}, ${JSON.stringify({ policy: "b" })}, now() + interval '1 hour')`
      )
      const seen = yield* GatewayProcess.eventually(one.inspect, ({ differing }) => differing.length > 0)
      deepStrictEqual(seen.differing, [{ address: killed, settings: ["policy"] }], "one that has not joined counts")
      yield* asked(url, (sql) =>
        sql`INSERT INTO interline_cluster_runners (address, runner)
          SELECT ${killed}, replace(runner, ${
          address.slice("127.0.0.1:".length)
        }, '1') FROM interline_cluster_runners WHERE address = ${address}`)
      yield* GatewayProcess.eventually(one.inspect, ({ differing }) => differing.length === 0)
    }))
})
