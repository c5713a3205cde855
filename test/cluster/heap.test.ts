/** Calls leave nothing behind. `node test/bench/calls.mjs` counts the same over many more, also between two processes. */
import { describe, it } from "@effect/vitest"
import * as Cluster from "@interline/cluster/Cluster"
import * as Runner from "@interline/router/Runner"
import * as Effect from "effect/Effect"
import * as V8 from "node:v8"
import * as Vm from "node:vm"
import { expect } from "vitest"
import * as FakeRunner from "./fakeRunner.ts"

V8.setFlagsFromString("--expose-gc")
const collect = Vm.runInNewContext("gc") as () => void

/** What is on the heap when everything that can be collected is, in bytes. */
const heap = Effect.promise(async () => {
  for (let times = 0; times < 4; times++) {
    await new Promise((resolve) => setImmediate(resolve))
    collect()
  }
  return process.memoryUsage().heapUsed
})

const calls = 60_000

/** With a storage that is never swept, the engine keeps 63 bytes of each call. */
const mostKept = 20

describe("a cluster of one process", () => {
  it.scopedLive("keeps nothing of a call that has ended", () =>
    Effect.gen(function*() {
      const { local } = FakeRunner.make((id) => Effect.succeed(FakeRunner.deliveryOf(id)))
      const asked = new Set<string>()
      const runner = yield* (yield* Runner.Runner)({
        ...local,
        // the fake would keep what it was asked; every first time the delivery is said to run elsewhere, so that the engine is called
        tell: (id) =>
          Effect.suspend(() => {
            if (asked.delete(id)) return Effect.succeed<Runner.TellResult>("Applied")
            asked.add(id)
            return new Runner.NotOwner({ shard: FakeRunner.shard })
          })
      })
      const call = (times: number) =>
        // on a busy machine a call may take longer than a fact waits
        Effect.forEach(
          Array.from({ length: times }),
          (_, index) => Effect.retry(Effect.sandbox(runner.tell(FakeRunner.idOf(index), FakeRunner.proof)), { times: 10 }),
          {
            concurrency: 32,
            discard: true
          }
        )
      yield* call(20_000)
      const before = yield* heap
      for (let done = 0; done < calls; done += 10_000) yield* call(10_000)
      // the engine forgets the ids of calls from time to time
      const kept = yield* Effect.repeat(Effect.delay(Effect.map(heap, (after) => (after - before) / calls), "1 second"), {
        until: (bytes) => bytes < mostKept,
        times: 20
      })
      expect(kept).toBeLessThan(mostKept)
    }).pipe(Effect.provide(Cluster.layerAlone)), 120_000)
})
