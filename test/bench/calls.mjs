// What a call to the owner of a shard costs, and whether calls leave memory behind. The owner answers at once, in this process or in a process of its own.
// A send at its owner is no call, so `alone` shows what is left without the engine; `clustered` shows the calls.
// `node --expose-gc calls.mjs alone <calls>` or `node --expose-gc calls.mjs clustered <calls> <postgres URL>`. Prints CPU per call in this process, and the
// heap before and after. A process of its own is started with `owner` in place of the calls.
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
  recall: () => Effect.dieMessage("nobody has answered"),
  acquire: (shards) => Effect.sync(() => shards.forEach((shard) => epochs.set(shard, 1))),
  release: (shards) => Effect.sync(() => shards.forEach((shard) => epochs.delete(shard))),
  takeUp: Effect.void,
  epochs: () => epochs,
  sendWithin: 30_000,
  takenUp: () => 0,
  drain: () => Effect.void
}

const layer = way === "alone" ? Cluster.layerAlone : Cluster.layer({ database: Redacted.make(url), host: "127.0.0.1" })

const heap = () => {
  globalThis.gc?.()
  return process.memoryUsage().heapUsed / 1024 / 1024
}

const shardOf = (conversation) => Shard.of(Conversation.key(conversation))

const program = Effect.gen(function*() {
  const runner = yield* (yield* Runner.Runner)(local)
  if (calls === "owner") {
    process.stdout.write("ready\n")
    return yield* Effect.never
  }
  const other = way === "clustered"
    ? spawn(process.execPath, [fileURLToPath(import.meta.url), way, "owner", url], { stdio: "ignore" })
    : undefined
  const isReady = () => way === "alone" ? epochs.size === Shard.count : epochs.size > 100 && epochs.size < 200
  while (!isReady()) yield* Effect.sleep(200)
  yield* Effect.sleep(2_000)
  const mine = people.filter((one) => way === "alone" || !epochs.has(shardOf(one)))
  const call = (index) => runner.run(randomUUID(), { conversation: mine[index % mine.length], draft, fidelity: "adapt" })
  const many = (count) => Effect.forEach(Array.from({ length: count }, (_, index) => index), call, { concurrency: 32, discard: true })
  yield* many(20_000)
  const before = heap()
  const cpu = process.cpuUsage()
  for (let left = Number(calls); left > 0; left -= 10_000) yield* many(Math.min(left, 10_000))
  const { system, user } = process.cpuUsage(cpu)
  other?.kill("SIGKILL")
  process.stdout.write(
    JSON.stringify({ way, calls: Number(calls), cpuMicros: (user + system) / Number(calls), heapBefore: before, heapAfter: heap() })
  )
  process.exit(0)
})

await Effect.runPromise(Effect.scoped(Effect.provide(program, layer)))
