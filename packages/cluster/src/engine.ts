/**
 * The engine that decides where a shard is: Effect Cluster on PostgreSQL. Only this file knows how the engine is built. It keeps no message and no
 * timer: what must not be lost is in the ledger.
 */
import * as MessageStorage from "@effect/cluster/MessageStorage"
import * as RunnerAddress from "@effect/cluster/RunnerAddress"
import * as RunnerHealth from "@effect/cluster/RunnerHealth"
import * as Runners from "@effect/cluster/Runners"
import * as RunnerStorage from "@effect/cluster/RunnerStorage"
import * as Sharding from "@effect/cluster/Sharding"
import * as ShardingConfig from "@effect/cluster/ShardingConfig"
import * as SocketRunner from "@effect/cluster/SocketRunner"
import * as SqlRunnerStorage from "@effect/cluster/SqlRunnerStorage"
import * as NodeClusterSocket from "@effect/platform-node/NodeClusterSocket"
import * as NodeSocketServer from "@effect/platform-node/NodeSocketServer"
import * as SocketServer from "@effect/platform/SocketServer"
import * as RpcSerialization from "@effect/rpc/RpcSerialization"
import type * as SqlClient from "@effect/sql/SqlClient"
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FiberRef from "effect/FiberRef"
import * as HashSet from "effect/HashSet"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"

/** The group of all shards. */
export const group = "default"

/**
 * How fast another process takes over, and what that costs at rest. All processes must have the same values. A process that cannot renew its locks for
 * five seconds loses its shards; one that is silent for 15 seconds is taken for gone.
 */
const settings = {
  simulateRemoteSerialization: false,
  shardsPerGroup: 300,
  shardLockExpiration: Duration.seconds(15),
  shardLockRefreshInterval: Duration.seconds(5),
  refreshAssignmentsInterval: Duration.seconds(1),
  runnerHealthCheckInterval: Duration.seconds(3),
  sendRetryInterval: Duration.millis(500),
  entityTerminationTimeout: Duration.seconds(15)
} as const

export interface Address {
  readonly host: string
  /** 0: a free port. */
  readonly port: number
}

/** The engine, and where other processes reach this one. */
export interface Engine {
  readonly sharding: Context.Tag.Service<typeof Sharding.Sharding>
  readonly address: Address
}

/** Nothing is stored, but the engine's loop over stored messages also forgets the ids of calls. Without a storage it never forgets one. */
const messages = (config: Layer.Layer<ShardingConfig.ShardingConfig>) => MessageStorage.layerMemory.pipe(Layer.provide(config))

/**
 * The engine's warnings and errors, without their causes: a cause may quote a call, and with it a number or a text. What the engine says beyond that is
 * of no use to an operator.
 */
const quietly = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  effect.pipe(
    Effect.locallyWith(
      FiberRef.currentLoggers,
      HashSet.map((logger) => Logger.mapInputOptions(logger, (options) => ({ ...options, cause: Cause.empty })))
    ),
    Logger.withMinimumLogLevel(LogLevel.Warning)
  )

/** The engine over the sockets of several processes. It ends with its scope: first the calls under way, then the locks. */
export const make = (
  { host, port }: Address
): Effect.Effect<Engine, SocketServer.SocketServerError, SqlClient.SqlClient | Scope.Scope> =>
  Effect.gen(function*() {
    const server = yield* NodeSocketServer.make({ host, port })
    const address = { host, port: server.address._tag === "TcpAddress" ? server.address.port : port }
    const config = ShardingConfig.layer({ ...settings, runnerAddress: Option.some(RunnerAddress.make(address.host, address.port)) })
    const health = RunnerHealth.layerPing.pipe(
      Layer.provide(Runners.layerRpc),
      Layer.provide(NodeClusterSocket.layerClientProtocol)
    )
    const layer = SocketRunner.layer.pipe(
      Layer.provide([Layer.succeed(SocketServer.SocketServer, server), NodeClusterSocket.layerClientProtocol]),
      Layer.provide(health),
      Layer.provide([messages(config), SqlRunnerStorage.layerWith({ prefix: "interline_cluster" }).pipe(Layer.orDie)]),
      Layer.provide(config),
      Layer.provide(RpcSerialization.layerMsgPack)
    )
    return { sharding: Context.get(yield* quietly(Layer.build(layer)), Sharding.Sharding), address }
  })

/** The engine for one process: no socket, no database. For tests of what runs on it. */
export const makeAlone: Effect.Effect<Engine, never, Scope.Scope> = Effect.gen(function*() {
  const address = { host: "127.0.0.1", port: 1 }
  const config = ShardingConfig.layer({ ...settings, runnerAddress: Option.some(RunnerAddress.make(address.host, address.port)) })
  const layer = Sharding.layer.pipe(
    Layer.provide(Runners.layerNoop),
    Layer.provide(messages(config)),
    Layer.provide([RunnerStorage.layerMemory, RunnerHealth.layerNoop]),
    Layer.provide(config)
  )
  return { sharding: Context.get(yield* quietly(Layer.build(layer)), Sharding.Sharding), address }
})
