/** Which calls make a process take a shard, and when it gives a shard away. */
import * as Entity from "@effect/cluster/Entity"
import * as ShardId from "@effect/cluster/ShardId"
import type * as Sharding from "@effect/cluster/Sharding"
import { describe, it } from "@effect/vitest"
import { assertLeft, deepStrictEqual } from "@effect/vitest/utils"
import type { Prepared } from "@interline/core/Backend"
import * as Conversation from "@interline/core/Conversation"
import * as DeliveryId from "@interline/core/DeliveryId"
import * as Draft from "@interline/core/Draft"
import * as Handle from "@interline/core/Handle"
import * as Line from "@interline/core/Line"
import * as SendError from "@interline/core/SendError"
import { type LocalRunner, NotOwner } from "@interline/router/Runner"
import * as Shard from "@interline/router/Shard"
import type * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as HashMap from "effect/HashMap"
import * as Logger from "effect/Logger"
import * as Redacted from "effect/Redacted"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/TestClock"
import * as Calls from "../src/calls.ts"
import type * as Direct from "../src/direct.ts"
import * as Owner from "../src/owner.ts"
import * as Secret from "../src/secret.ts"

const secret = Redacted.make("the secret of the cluster")

const prepared: Prepared = {
  conversation: Conversation.direct(Line.name("support"), Handle.make("+12025550123")),
  draft: Draft.text("hello"),
  fidelity: "adapt"
}

const shard = Shard.of(Conversation.key(prepared.conversation))

/** An owner of shards that the engine gave to this process, over a runner whose sends end as a test says. */
const start = (run: Effect.Effect<void> = Effect.void, released: Effect.Effect<void> = Effect.void) =>
  Effect.gen(function*() {
    const epochs = new Map<number, number>()
    const asked = { acquired: 0, runs: 0, tells: 0 }
    const local: LocalRunner = {
      run: (id) => Effect.suspend(() => (asked.runs += 1, Effect.zipRight(run, Effect.fail(SendError.invalid(id, []))))),
      tell: () => Effect.sync((): "Applied" => (asked.tells += 1, "Applied")),
      recall: (id) => Effect.fail(SendError.invalid(id, [])),
      acquire: (shards) =>
        Effect.sync(() => {
          asked.acquired += 1
          for (const one of shards) epochs.set(one, 1)
        }),
      release: () => released,
      takeUp: Effect.void,
      epochs: () => epochs,
      sendWithin: 10_000,
      takenUp: () => 0,
      drain: () => Effect.void
    }
    let direct: Direct.Handlers | undefined
    let entity: Effect.Effect<unknown, never, Scope.Scope | Entity.CurrentAddress> | undefined
    const sharding = {
      getShardId: () => ShardId.make("default", 1),
      hasShardId: () => true,
      registerEntity: (_: unknown, handlers: typeof entity) => Effect.sync(() => void (entity = handlers)),
      makeClient: () => Effect.succeed(() => ({ Wake: () => Effect.void }))
    } as unknown as Context.Tag.Service<typeof Sharding.Sharding>
    yield* Owner.make({
      sharding,
      serve: (given) => Effect.sync(() => void (direct = given)),
      local,
      pulse: { wasFrozen: () => false },
      secret,
      refused: yield* Secret.makeRefusal
    })
    if (direct === undefined || entity === undefined) throw new Error("nothing is served")
    const id = yield* DeliveryId.mint
    const { send, tell } = direct
    return {
      asked,
      epochs,
      id,
      openEntity: Effect.provideService(entity, Entity.CurrentAddress, { entityId: String(shard) } as typeof Entity.CurrentAddress.Service),
      send: send({ secret, shard, deliveryId: id, within: 1_000, prepared: Calls.toPrepared(prepared) }),
      tell: tell({ secret, shard, deliveryId: id, fact: { _tag: "NotSent" } })
    }
  })

describe("a call past the engine", () => {
  it.scoped("is refused while the shard is not taken: only the engine's calls take it", () =>
    Effect.gen(function*() {
      const { asked, epochs, id, send, tell } = yield* start()
      assertLeft(yield* Effect.either(send), new NotOwner({ shard }))
      assertLeft(yield* Effect.either(tell), new NotOwner({ shard }))
      deepStrictEqual(asked, { acquired: 0, runs: 0, tells: 0 })
      epochs.set(shard, 1)
      assertLeft(yield* Effect.either(send), SendError.invalid(id, []))
      yield* tell
      deepStrictEqual(asked, { acquired: 0, runs: 1, tells: 1 })
    }))

  it.scoped("that only waits here ends with the shard, so that nobody waits for it", () =>
    Effect.gen(function*() {
      const isReleased = yield* Deferred.make<void>()
      const { epochs, id, openEntity, send } = yield* start(
        Deferred.await(isReleased),
        Effect.asVoid(Deferred.succeed(isReleased, undefined))
      )
      epochs.set(shard, 1)
      const scope = yield* Scope.make()
      yield* Scope.extend(openEntity, scope)
      const sending = yield* Effect.fork(Effect.either(send))
      yield* Effect.yieldNow()
      // time stands still in this test
      yield* Scope.close(scope, Exit.void)
      assertLeft(yield* Fiber.join(sending), SendError.invalid(id, []))
    }))
})

describe("calls without the secret of the cluster", () => {
  it.effect("are logged once a minute, with how many were not logged", () =>
    Effect.gen(function*() {
      const logged: Array<unknown> = []
      const refused = Effect.provide(
        yield* Secret.makeRefusal,
        Logger.replace(
          Logger.defaultLogger,
          Logger.make(({ annotations, logLevel }) => void logged.push([logLevel.label, HashMap.toEntries(annotations)]))
        )
      )
      yield* Effect.repeatN(refused, 2)
      yield* TestClock.adjust("1 minute")
      yield* refused
      deepStrictEqual(logged, [["WARN", []], ["WARN", [["unsaid", 2]]]])
    }))
})
