// What a call to the owner of a shard costs, and whether calls leave memory behind. The owner answers at once, in this process or in a process of its own.
// A send at its owner is no call, so `alone` shows what is left without the engine; `clustered` shows the calls.
// `node --expose-gc calls.mjs alone <calls>` or `node --expose-gc calls.mjs clustered <calls> <postgres URL>`. Prints the heap in MiB at the start, after
// calls to warm up, after every 50,000 calls and at the end, one line of JSON each; the last line also has the CPU per call in this process.
// A process of its own is started with `owner` in place of the calls.
import * as Cluster from "@interline/cluster/Cluster"
import * as CarrierId from "@interline/core/CarrierId"
import * as Conversation from "@interline/core/Conversation"
import * as Draft from "@interline/core/Draft"
import * as Handle from "@interline/core/Handle"
import * as Line from "@interline/core/Line"
import * as MessageRef from "@interline/core/MessageRef"
import * as Runner from "@interline/router/Runner"
import * as Shard from "@interline/router/Shard"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { spawn } from "node:child_process"
import { randomUUID } from "node:crypto"
import { fileURLToPath } from "node:url"

const [way, calls, url] = process.argv.slice(2)

const line = Line.name("support")
const carrierId = CarrierId.make("linq")
const people = Array.from({ length: 600 }, (_, index) => Conversation.direct(line, Handle.make(`+1202555${String(1000 + index)}`)))
const draft = Draft.text("Hello, world!")

const epochs = new Map()
let unanswered = 0
const deliveryOf = (id, { conversation }) => ({
  id,
  conversation,
  carrierId,
  status: "sent",
  receipts: [{ ref: MessageRef.make(carrierId, id), parts: [0], status: "sent" }],
  losses: [],
  attempts: [{ carrierId, line, outcome: "accepted", why: "it was taken", startedAt: 1, millis: 1 }]
})
const local = {
  run: (id, prepared) => Effect.succeed(deliveryOf(id, prepared)),
  tell: () => Effect.succeed("Ignored"),
  // nobody has answered in time: on a busy machine a process may lose its locks for a while
  recall: (id, prepared) => Effect.sync(() => (unanswered += 1, deliveryOf(id, prepared))),
  acquire: (shards) => Effect.sync(() => shards.forEach((shard) => epochs.set(shard, 1))),
  release: (shards) => Effect.sync(() => shards.forEach((shard) => epochs.delete(shard))),
  takeUp: Effect.void,
  epochs: () => epochs,
  sendWithin: 120_000,
  takenUp: () => 0,
  drain: () => Effect.void
}

const layer = way === "alone" ? Cluster.layerAlone : Cluster.layer({ database: Redacted.make(url), host: "127.0.0.1" })

const heap = () => {
  globalThis.gc?.()
  return process.memoryUsage().heapUsed / 1024 / 1024
}

const print = (line) => process.stdout.write(`${JSON.stringify(line)}\n`)

const shardOf = (conversation) => Shard.of(Conversation.key(conversation))

/** Calls that are made before the first count. */
const warmUp = 20_000

/** Calls from one count of the heap to the next. */
const countEvery = 50_000

/** Calls without a pause. The locks of the shards must be renewed in time, in this process and in the owner's. */
const batch = 1_000
const pause = 20

// this process and the other one have about half of the shards each
const isShared = Effect.sync(() => way === "alone" ? epochs.size === Shard.count : epochs.size > 100 && epochs.size < 200)
const shared = Effect.repeat(Effect.delay(isShared, 200), { until: (is) => is })

const program = Effect.gen(function*() {
  const runner = yield* (yield* Runner.Runner)(local)
  if (calls === "owner") {
    process.stdout.write("ready\n")
    return yield* Effect.never
  }
  const other = way === "clustered"
    ? spawn(process.execPath, [fileURLToPath(import.meta.url), way, "owner", url], { stdio: "ignore" })
    : undefined
  process.on("exit", () => other?.kill("SIGKILL"))
  yield* shared
  yield* Effect.sleep(2_000)
  print({ way, calls: 0, heap: heap() })
  let cpu = 0
  const many = (count) =>
    Effect.gen(function*() {
      // shards may have moved since the last batch
      yield* Effect.unlessEffect(shared, isShared)
      const theirs = people.filter((one) => way === "alone" || !epochs.has(shardOf(one)))
      const before = process.cpuUsage()
      yield* Effect.forEach(
        Array.from({ length: count }, (_, index) => theirs[index % theirs.length]),
        (conversation) => runner.run(randomUUID(), { conversation, draft, fidelity: "adapt" }),
        { concurrency: 32, discard: true }
      )
      const { system, user } = process.cpuUsage(before)
      cpu += system + user
      yield* Effect.sleep(pause)
    })
  const all = (count) =>
    Effect.gen(function*() {
      for (let left = count; left > 0; left -= batch) yield* many(Math.min(left, batch))
    })
  yield* all(Math.min(warmUp, Number(calls)))
  const heapBefore = heap()
  print({ way, calls: 0, isWarm: true, heap: heapBefore })
  cpu = 0
  unanswered = 0
  for (let done = 0; done < Number(calls);) {
    const next = Math.min(countEvery, Number(calls) - done)
    yield* all(next)
    done += next
    if (done < Number(calls)) print({ way, calls: done, heap: heap() })
  }
  print({ way, calls: Number(calls), unanswered, cpuMicros: cpu / Number(calls), heapBefore, heapAfter: heap() })
  process.exit(0)
})

await Effect.runPromise(Effect.scoped(Effect.provide(program, layer)))
