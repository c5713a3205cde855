/** What callers get from a runner over several processes, judged with one process and a runner that answers from a script. */
import { describe, it } from "@effect/vitest"
import { assertLeft, deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import * as Cluster from "@interline/cluster/Cluster"
import * as SendError from "@interline/core/SendError"
import * as Ownership from "@interline/router/Ownership"
import * as Runner from "@interline/router/Runner"
import * as Shard from "@interline/router/Shard"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as FakeRunner from "./fakeRunner.ts"

const { deliveryOf, idOf, prepared, shard } = FakeRunner

/** Waits until something is true. It only ends the wait early: nothing depends on how long it takes. */
const until = (isTrue: () => boolean): Effect.Effect<void> =>
  Effect.suspend(() => isTrue() ? Effect.void : Effect.delay(until(isTrue), "5 millis"))

const start = (run: FakeRunner.Run, sendWithin?: number) =>
  Effect.gen(function*() {
    const { asked, local } = FakeRunner.make(run, sendWithin)
    const place = yield* Runner.Runner
    const runner = yield* place(local)
    return { asked, local, runner, ownership: yield* Ownership.Ownership, cluster: yield* Cluster.Cluster }
  })

describe("a cluster of one process", () => {
  it.scopedLive("takes every shard, in few statements, without a call", () =>
    Effect.gen(function*() {
      const { asked, cluster, local, ownership } = yield* start((id) => Effect.succeed(deliveryOf(id)))
      yield* until(() => local.epochs().size === Shard.count)
      deepStrictEqual(asked.acquired.toSorted((left, right) => left - right), Shard.all)
      deepStrictEqual(asked.names, new Set(["127.0.0.1:1"]), "the ledger knows who has them")
      deepStrictEqual(ownership.owned(), new Set(Shard.all))
      strictEqual(ownership.owned(), ownership.owned())
      deepStrictEqual(yield* cluster.inspect, { address: "127.0.0.1:1", joined: true, shards: 300, taken: 300, takenUp: 0, differing: [] })
    }).pipe(Effect.provide(Cluster.layerAlone)))

  it.scopedLive("answers what the owner answers", () =>
    Effect.gen(function*() {
      const { asked, runner } = yield* start((id) => Effect.succeed(deliveryOf(id)))
      deepStrictEqual(yield* runner.run(idOf(1), prepared), deliveryOf(idOf(1)))
      deepStrictEqual(asked.runs, [idOf(1)])
    }).pipe(Effect.provide(Cluster.layerAlone)))

  it.scopedLive("passes the sends of a conversation on at once, and names the one before that has no answer yet", () =>
    Effect.gen(function*() {
      const answered = yield* Deferred.make<void>()
      let refusals = 1
      const { asked, runner } = yield* start((id) =>
        id === idOf(2) && refusals-- > 0
          ? Effect.fail(new Runner.NotOwner({ shard }))
          : Effect.as(Deferred.await(answered), deliveryOf(id))
      )
      const ids = [1, 2, 3].map(idOf)
      const fiber = yield* Effect.fork(Effect.forEach(ids, (id) => runner.run(id, prepared), { concurrency: "unbounded" }))
      yield* until(() => asked.runs.length === 4)
      deepStrictEqual(asked.follows, [undefined, idOf(1), idOf(2), idOf(1)], "the second is passed on twice")
      yield* Deferred.succeed(answered, undefined)
      yield* Fiber.join(fiber)
      yield* runner.run(idOf(4), prepared)
      strictEqual(asked.follows[4], undefined)
    }).pipe(Effect.provide(Cluster.layerAlone)))

  it.scopedLive("ends a keyed send although the process of its caller goes away", () =>
    Effect.gen(function*() {
      const ends = yield* Deferred.make<void>()
      const { asked, runner } = yield* start((id) => Effect.as(Deferred.await(ends), deliveryOf(id)))
      const fiber = yield* Effect.fork(runner.run(idOf(1), { ...prepared, key: "order-17" }))
      yield* until(() => asked.runs.length === 1)
      yield* Fiber.interrupt(fiber)
      yield* Deferred.succeed(ends, undefined)
      yield* until(() => asked.ended.length === 1)
      deepStrictEqual([asked.ended, asked.abandoned], [[idOf(1)], []])
    }).pipe(Effect.provide(Cluster.layerAlone)))

  it.scopedLive("abandons the send of a caller that goes away, and gives its lane to the next", () =>
    Effect.gen(function*() {
      const begun = yield* Deferred.make<void>()
      const { asked, runner } = yield* start((id) =>
        id === idOf(1) ? Effect.zipRight(Deferred.succeed(begun, undefined), Effect.never) : Effect.succeed(deliveryOf(id))
      )
      const first = yield* Effect.fork(runner.run(idOf(1), prepared))
      yield* Deferred.await(begun)
      const second = yield* Effect.fork(runner.run(idOf(2), prepared))
      yield* Fiber.interrupt(first)
      deepStrictEqual(yield* Fiber.join(second), deliveryOf(idOf(2)))
      yield* until(() => asked.abandoned.length > 0)
      deepStrictEqual(asked.abandoned, [idOf(1)])
    }).pipe(Effect.provide(Cluster.layerAlone)))

  it.scopedLive("answers from the ledger when no owner has answered in time", () =>
    Effect.gen(function*() {
      const { asked, runner } = yield* start(() => Effect.fail(new Runner.NotOwner({ shard })), 300)
      const answer = yield* Effect.either(runner.run(idOf(1), prepared))
      assertLeft(answer, SendError.invalid(idOf(1), []))
      deepStrictEqual(asked.recalled, [idOf(1)])
    }).pipe(Effect.provide(Cluster.layerAlone)))

  it.scopedLive("takes a shard again only after a rest when the ledger says that it is another's", () =>
    Effect.gen(function*() {
      let lose: Effect.Effect<void> | undefined
      const { asked, local, runner } = yield* start((id) =>
        Effect.suspend(() => {
          const losing = lose
          lose = undefined
          return losing === undefined
            ? Effect.succeed(deliveryOf(id))
            : Effect.zipRight(losing, Effect.fail(new Runner.NotOwner({ shard })))
        })
      )
      lose = local.release([shard])
      yield* until(() => local.epochs().size === Shard.count)
      const taken = asked.acquired.length
      const fiber = yield* Effect.fork(runner.run(idOf(1), prepared))
      yield* until(() => asked.runs.length === 1)
      yield* Effect.sleep("1200 millis")
      strictEqual(asked.acquired.length, taken)
      deepStrictEqual(yield* Fiber.join(fiber), deliveryOf(idOf(1)))
      strictEqual(asked.acquired.length, taken + 1)
    }).pipe(Effect.provide(Cluster.layerAlone)), 20_000)

  it.scopedLive("passes a fact on to the owner of a delivery that runs", () =>
    Effect.gen(function*() {
      const { asked, runner } = yield* start((id) => Effect.succeed(deliveryOf(id)))
      strictEqual(yield* runner.tell(idOf(1), FakeRunner.proof), "Applied")
      deepStrictEqual(asked.told, [FakeRunner.proof, FakeRunner.proof])
    }).pipe(Effect.provide(Cluster.layerAlone)))

  it.scopedLive("survives a defect of the owner, and asks again", () =>
    Effect.gen(function*() {
      let runs = 0
      const { runner } = yield* start((id) => ++runs === 1 ? Effect.die("broken") : Effect.succeed(deliveryOf(id)))
      deepStrictEqual(yield* runner.run(idOf(1), prepared), deliveryOf(idOf(1)))
      strictEqual(runs, 2)
    }).pipe(Effect.provide(Cluster.layerAlone)))

  it.scopedLive("ends what is under way when it drains, gives its shards up, and takes nothing new", () =>
    Effect.gen(function*() {
      const { asked, runner } = yield* start((id) => Effect.delay(Effect.succeed(deliveryOf(id)), "50 millis"))
      const fiber = yield* Effect.fork(runner.run(idOf(1), prepared))
      yield* until(() => asked.runs.length === 1)
      yield* runner.drain(5_000)
      deepStrictEqual(yield* Fiber.join(fiber), deliveryOf(idOf(1)))
      strictEqual(asked.released.length >= Shard.count, true)
      yield* Effect.either(runner.run(idOf(2), prepared))
      deepStrictEqual([asked.runs, asked.recalled], [[idOf(1)], [idOf(2)]])
    }).pipe(Effect.provide(Cluster.layerAlone)))

  it.scopedLive("answers from the ledger what no owner has answered when it has drained, and is certain only of what came after", () =>
    Effect.gen(function*() {
      const { asked, runner } = yield* start(() => Effect.fail(new Runner.NotOwner({ shard })))
      const fiber = yield* Effect.fork(Effect.either(runner.run(idOf(1), prepared)))
      yield* until(() => asked.runs.length > 0)
      yield* runner.drain(10)
      assertLeft(yield* Fiber.join(fiber), SendError.invalid(idOf(1), []))
      yield* Effect.either(runner.run(idOf(2), prepared))
      deepStrictEqual([asked.recalled, asked.certain], [[idOf(1), idOf(2)], [idOf(2)]])
    }).pipe(Effect.provide(Cluster.layerAlone)))

  it.scopedLive("runs in one process what runs in one", () =>
    Effect.gen(function*() {
      let runs = 0
      const { ownership } = yield* start((id) => Effect.succeed(deliveryOf(id)))
      yield* ownership.runInOne("a test", Effect.zipRight(Effect.sync(() => runs += 1), Effect.never))
      yield* until(() => runs > 0)
      strictEqual(runs, 1)
    }).pipe(Effect.provide(Cluster.layerAlone)))
})
