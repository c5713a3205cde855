/**
 * The engine that decides where a shard is: Effect Cluster on PostgreSQL. Only this file knows how the engine is built. It keeps no message and no
 * timer: what must not be lost is in the ledger.
 */
import * as EntityId from "@effect/cluster/EntityId"
import * as MessageStorage from "@effect/cluster/MessageStorage"
import type * as Runner from "@effect/cluster/Runner"
import * as RunnerAddress from "@effect/cluster/RunnerAddress"
import * as RunnerHealth from "@effect/cluster/RunnerHealth"
import * as Runners from "@effect/cluster/Runners"
import * as RunnerServer from "@effect/cluster/RunnerServer"
import * as RunnerStorage from "@effect/cluster/RunnerStorage"
import * as Sharding from "@effect/cluster/Sharding"
import * as ShardingConfig from "@effect/cluster/ShardingConfig"
import * as SqlRunnerStorage from "@effect/cluster/SqlRunnerStorage"
import * as NodeClusterSocket from "@effect/platform-node/NodeClusterSocket"
import * as NodeSocket from "@effect/platform-node/NodeSocket"
import * as NodeSocketServer from "@effect/platform-node/NodeSocketServer"
import * as SocketServer from "@effect/platform/SocketServer"
import * as RpcSerialization from "@effect/rpc/RpcSerialization"
import * as RpcServer from "@effect/rpc/RpcServer"
import type * as SqlClient from "@effect/sql/SqlClient"
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as ExecutionStrategy from "effect/ExecutionStrategy"
import * as Fiber from "effect/Fiber"
import * as FiberRef from "effect/FiberRef"
import * as HashSet from "effect/HashSet"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import * as Calls from "./calls.ts"
import * as Direct from "./direct.ts"
import * as Neighbour from "./neighbour.ts"

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

/** The engine, and where other processes reach this one. */
export interface Engine {
  readonly sharding: Context.Tag.Service<typeof Sharding.Sharding>
  readonly address: Neighbour.Address
  /** Whether the other processes count with this one. Before, it gets no shard. */
  readonly isJoined: () => boolean
  /** Whether a process that had joined is gone, as `host:port`. It has no shard any more, or loses them at this moment. */
  readonly isGone: (address: string) => boolean
  /** The way past the engine to the process where it puts one of our shards. Undefined if that is this process, or not known. */
  readonly findWay: (shard: number) => Direct.Client | undefined
  /** Answers the calls that come past the engine. */
  readonly serve: (handlers: Direct.Handlers) => Effect.Effect<void>
}

/** How a process takes part. `join`: when this ends, the process joins the others. */
export interface Options extends Neighbour.Address {
  readonly join: Effect.Effect<void>
}

/** Nothing is stored, but the engine's loop over stored messages also forgets the ids of calls. Without a storage it never forgets one. */
const messages = (config: Layer.Layer<ShardingConfig.ShardingConfig>) => MessageStorage.layerMemory.pipe(Layer.provide(config))

/** What the engine says each second when no process counts as there. Of a process that leaves that is no news. */
const nobody = "No healthy runners available"

/** The engine's warnings and errors, as they are to be shown. */
interface Quiet {
  <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R>
}

/**
 * Leaves out the causes of the engine's warnings and errors: a cause may quote a call, and with it a number or a text. What the engine says beyond
 * warnings is of no use to an operator.
 */
const makeQuiet = (isLeaving: () => boolean): Quiet => {
  const filter = (logger: Logger.Logger<unknown, unknown>) =>
    Logger.make<unknown, unknown>((options) =>
      isLeaving() && String(options.message) === nobody
        ? undefined
        : logger.log({ ...options, cause: Cause.empty })
    )
  return (effect) =>
    effect.pipe(
      Effect.locallyWith(FiberRef.currentLoggers, HashSet.map(filter)),
      Logger.withMinimumLogLevel(LogLevel.Warning)
    )
}

/** A process that is gone is remembered for so many answers of the storage: a minute. What it has written about itself is older then. */
const forgetAfter = 60

/**
 * The storage of the processes, and those that it has last named as there. The engine asks it once a second. A process is entered there when it may join;
 * until then the engine asks again and again. It is removed there first of all when the process leaves.
 */
const watchedRunners = (join: Effect.Effect<void>, ways: Direct.Ways) =>
  Effect.map(SqlRunnerStorage.make({ prefix: "interline_cluster" }), (storage) => {
    let there: ReadonlyArray<Neighbour.Address> = []
    let gone: ReadonlyMap<string, number> = new Map()
    let isJoined = false
    let isLeaving = false
    const note = (all: ReadonlyArray<readonly [Runner.Runner, boolean]>): void => {
      const older = Array.from(gone, ([name, left]) => [name, left - 1] as const)
      const missed = [...there, ...all.map(([{ address }]) => address)].map((address) => [Neighbour.nameOf(address), forgetAfter] as const)
      there = all.flatMap(([{ address }, isThere]) => isThere ? [address] : [])
      const names = new Set(there.map(Neighbour.nameOf))
      gone = new Map([...older, ...missed].filter(([name, left]) => left > 0 && !names.has(name)))
    }
    return {
      all: () => there,
      isGone: (address: string) => gone.has(address),
      isJoined: () => isJoined,
      isLeaving: () => isLeaving,
      storage: {
        ...storage,
        getRunners: Effect.tap(storage.getRunners, (all) => {
          note(all)
          return ways.follow(all)
        }),
        unregister: (address: RunnerAddress.RunnerAddress) =>
          Effect.zipRight(Effect.sync(() => isLeaving = true), storage.unregister(address)),
        register: (runner: Runner.Runner, isHealthy: boolean) =>
          Effect.tap(Effect.zipRight(join, storage.register(runner, isHealthy)), () => Effect.sync(() => isJoined = true))
      }
    }
  })

/**
 * Listens for other processes. While it ends, it ends each connection that still comes: nobody would answer there, and the end waits for all
 * connections.
 */
const listen = (options: Pick<Options, "host" | "port">) =>
  Effect.gen(function*() {
    const own = yield* Scope.make()
    const server = yield* Scope.extend(NodeSocketServer.make(options), own)
    const destroy = Effect.map(Effect.context<never>(), (context) => {
      Option.map(Context.getOption(context, NodeSocket.NetSocket), (connection) => connection.destroy())
    })
    yield* Effect.addFinalizer((exit) =>
      Effect.flatMap(
        Effect.forkDaemon(Effect.interruptible(server.run(() => destroy))),
        (refusing) => Effect.zipRight(Scope.close(own, exit), Fiber.interruptFork(refusing))
      )
    )
    return server
  })

/**
 * The engine over the sockets of several processes. It ends with its scope: first the calls under way, then the locks. `port`: 0 for a free one.
 */
export const make = (
  { host, join, port }: Options
): Effect.Effect<Engine, SocketServer.SocketServerError, SqlClient.SqlClient | Scope.Scope> =>
  Effect.gen(function*() {
    const server = yield* listen({ host, port })
    const address = { host, port: server.address._tag === "TcpAddress" ? server.address.port : port }
    const self = RunnerAddress.make(address.host, address.port)
    const config = ShardingConfig.layer({ ...settings, runnerAddress: Option.some(self) })
    const protocol = Layer.provide(NodeClusterSocket.layerClientProtocol, RpcSerialization.layerMsgPack)
    const ways = yield* Effect.provide(Direct.make(self, settings.shardsPerGroup), yield* Layer.build(protocol))
    const handlers = yield* Deferred.make<Direct.Handlers>()
    const health = RunnerHealth.layerPing.pipe(Layer.provide(Runners.layerRpc), Layer.provide(protocol))
    const { all, isGone, isJoined, isLeaving, storage } = yield* Effect.orDie(Effect.provide(watchedRunners(join, ways), config))
    // it ends after the shards: until then it gives the answers to what is under way
    const serverScope = yield* Scope.fork(yield* Effect.scope, ExecutionStrategy.sequential)
    const shards = Sharding.layer.pipe(
      Layer.provide(Runners.layerRpc),
      Layer.provide([health, protocol]),
      Layer.provideMerge(messages(config)),
      Layer.provide(Layer.succeed(RunnerStorage.RunnerStorage, storage)),
      Layer.provide(config)
    )
    const quietly = makeQuiet(isLeaving)
    const context = yield* quietly(Layer.build(shards))
    const answers = RpcServer.layer(Runners.Rpcs.merge(Calls.Direct), { disableTracing: true, disableFatalDefects: true }).pipe(
      Layer.provide([RunnerServer.layerHandlers, Direct.layerHandlers(handlers)]),
      Layer.provide(RpcServer.layerProtocolSocketServer),
      Layer.provide([Layer.succeed(SocketServer.SocketServer, server), RpcSerialization.layerMsgPack])
    )
    yield* Scope.extend(Effect.provide(quietly(Layer.build(answers)), context), serverScope)
    const sharding = Context.get(context, Sharding.Sharding)
    // its shards are shared out anew as soon as the others read this
    const report = ({ host, port }: Neighbour.Address) =>
      Effect.catchAllCause(
        storage.setRunnerHealth(RunnerAddress.make(host, port), false),
        () => Effect.logDebug("a process that is gone could not be reported")
      )
    yield* Effect.forkScoped(Effect.interruptible(Effect.withTracerEnabled(Neighbour.watch({ self: address, all, report }), false)))
    return {
      sharding,
      address,
      isGone,
      isJoined,
      findWay: (shard) => ways.find(sharding.getShardId(EntityId.make(String(shard)), group).id),
      serve: (given) => Effect.asVoid(Deferred.succeed(handlers, given))
    }
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
  const quietly = makeQuiet(() => false)
  return {
    sharding: Context.get(yield* quietly(Layer.build(layer)), Sharding.Sharding),
    address,
    isGone: () => false,
    isJoined: () => true,
    findWay: () => undefined,
    serve: () => Effect.void
  }
})
