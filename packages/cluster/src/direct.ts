/**
 * Calls the process where the engine puts a shard, over the engine's sockets and past its entities. That costs a fraction of a call through an entity.
 * What the process answers is as true: it looks whether it has the shard. Who gets no answer here asks through the engine.
 */
import type * as Runner from "@effect/cluster/Runner"
import type * as RunnerAddress from "@effect/cluster/RunnerAddress"
import * as Runners from "@effect/cluster/Runners"
import type * as Rpc from "@effect/rpc/Rpc"
import * as RpcClient from "@effect/rpc/RpcClient"
import type * as RpcClientError from "@effect/rpc/RpcClientError"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as HashRing from "effect/HashRing"
import * as Scope from "effect/Scope"
import * as Calls from "./calls.ts"

/** The calls of one process. */
export type Client = RpcClient.FromGroup<typeof Calls.Direct, RpcClientError.RpcClientError>

/** What answers the calls of other processes. */
export interface Handlers {
  readonly send: (
    call: Rpc.Payload<typeof Calls.DirectSend>
  ) => Effect.Effect<Rpc.Success<typeof Calls.DirectSend>, Rpc.Error<typeof Calls.DirectSend>>
  readonly tell: (
    call: Rpc.Payload<typeof Calls.DirectTell>
  ) => Effect.Effect<Rpc.Success<typeof Calls.DirectTell>, Rpc.Error<typeof Calls.DirectTell>>
}

/** The ways to the processes that count as there. */
export interface Ways {
  /** Takes in which processes are there. */
  readonly follow: (runners: ReadonlyArray<readonly [Runner.Runner, boolean]>) => Effect.Effect<void>
  /** The way to the process that has a shard of the engine. Undefined if that is this process, or not known. */
  readonly find: (shardId: number) => Client | undefined
}

interface Way {
  readonly client: Client
  readonly scope: Scope.CloseableScope
}

/** The handlers of calls that come before there is a router wait for it. */
export const layerHandlers = (handlers: Deferred.Deferred<Handlers>) =>
  Calls.Direct.toLayer({
    DirectSend: (call) => Effect.flatMap(Deferred.await(handlers), ({ send }) => send(call)),
    DirectTell: (call) => Effect.flatMap(Deferred.await(handlers), ({ tell }) => tell(call))
  })

/** `shards`: how many the engine has. It shares them out over the same ring, so both agree without a word. */
export const make = (
  self: RunnerAddress.RunnerAddress,
  shards: number
): Effect.Effect<Ways, never, Runners.RpcClientProtocol | Scope.Scope> =>
  Effect.gen(function*() {
    const makeProtocol = yield* Runners.RpcClientProtocol
    const scope = yield* Effect.scope
    const ways = new Map<string, Way>()
    let there = ""
    let owners: ReadonlyArray<Client | undefined> = []

    const open = (address: RunnerAddress.RunnerAddress): Effect.Effect<void> =>
      Effect.gen(function*() {
        const own = yield* Scope.fork(scope, scope.strategy)
        const client = yield* Effect.flatMap(
          makeProtocol(address),
          (protocol) => Effect.provideService(RpcClient.make(Calls.Direct, { disableTracing: true }), RpcClient.Protocol, protocol)
        ).pipe(Scope.extend(own))
        ways.set(String(address), { client, scope: own })
      })

    const share = (runners: ReadonlyArray<Runner.Runner>): void => {
      const ring = HashRing.make<RunnerAddress.RunnerAddress>()
      for (const { address, weight } of runners) HashRing.add(ring, address, { weight })
      owners = (HashRing.getShards(ring, shards) ?? []).map((address) => ways.get(String(address))?.client)
    }

    return {
      follow: (all) =>
        Effect.suspend(() => {
          const runners = all.flatMap(([runner, isThere]) => isThere ? [runner] : [])
          const now = runners.map(({ address, weight }) => `${String(address)} ${weight}`).sort().join()
          if (now === there) return Effect.void
          const others = runners.filter(({ address }) => String(address) !== String(self))
          const gone = Array.from(ways).filter(([name]) => !others.some(({ address }) => String(address) === name))
          for (const [name] of gone) ways.delete(name)
          return Effect.forEach(others.filter(({ address }) => !ways.has(String(address))), ({ address }) => open(address), {
            discard: true
          }).pipe(
            Effect.tap(() => {
              share(runners)
              there = now
            }),
            // the calls that are open there get no answer any more, and go through the engine
            Effect.zipRight(Effect.forEach(gone, ([, way]) => Effect.forkIn(Scope.close(way.scope, Exit.void), scope), { discard: true }))
          )
        }),
      find: (shardId) => owners[shardId - 1]
    }
  })
