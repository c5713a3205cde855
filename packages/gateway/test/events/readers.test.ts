/** Many readers of one event log. */
import { describe, expect, it } from "@effect/vitest"
import * as CarrierId from "@interline/core/CarrierId"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import * as EventLog from "../../src/EventLog.ts"
import { database } from "./database.ts"

const event = (kind: string, text = ""): EventLog.NewEvent => ({
  at: 1000,
  event: { kind: "carrier", data: { _tag: "Unrecognized", carrierId: CarrierId.make("linq"), kind, raw: { text } } }
})

const log = Effect.map(Layer.build(Layer.provide(EventLog.layer({ pollEvery: "1 hour" }), database)), ({ unsafeMap }) => unsafeMap.get(EventLog.EventLog.key) as EventLog.EventLogService)

const taking = (stream: Stream.Stream<EventLog.GatewayEvent>, count: number) => Effect.map(Stream.runCollect(Stream.take(stream, count)), Chunk.toReadonlyArray)

describe("readers of the log", () => {
  it.scopedLive("get the very same entries, which are read and decoded once", () =>
    Effect.gen(function*() {
      const { append, stream } = yield* log
      yield* append(Array.from({ length: 40 }, (_, n) => event(`old ${n}`)))
      const readers = yield* Effect.forEach(Array.from({ length: 20 }), () => Effect.fork(taking(stream(0), 50)))
      yield* Effect.sleep("100 millis")
      for (let n = 0; n < 10; n++) yield* append([event(`new ${n}`)])
      const [first, ...others] = yield* Effect.forEach(readers, Fiber.join)
      expect(first?.map(({ id }) => id)).toEqual(Array.from({ length: 50 }, (_, n) => n + 1))
      for (const entries of others) expect(entries.every((entry, n) => entry === first?.[n])).toBe(true)
    }))

  it.scopedLive("that are slow read again what is not shared any more, and miss nothing", () =>
    Effect.gen(function*() {
      const { append, stream } = yield* log
      const seen: Array<number> = []
      const slow = yield* Effect.fork(stream(0).pipe(
        Stream.take(80),
        Stream.runForEach(({ id }) => Effect.zipRight(Effect.sync(() => seen.push(id)), seen.length < 5 ? Effect.sleep("200 millis") : Effect.void))
      ))
      const fast = yield* Effect.fork(taking(stream(0), 80))
      // more than is shared
      const long = "x".repeat(400_000)
      for (let n = 0; n < 80; n++) yield* append([event(`${n}`, long)])
      const entries = yield* Fiber.join(fast)
      expect(entries.map(({ id }) => id)).toEqual(Array.from({ length: 80 }, (_, n) => n + 1))
      yield* Fiber.join(slow)
      expect(seen).toEqual(entries.map(({ id }) => id))
    }))

  it.scopedLive("go on when the one that asked for all of them goes away", () =>
    Effect.gen(function*() {
      const { append, stream } = yield* log
      const readers = yield* Effect.forEach(Array.from({ length: 5 }), () => Effect.fork(taking(stream(0), 1)))
      yield* Fiber.interrupt(readers[0] ?? expect.fail("no reader"))
      yield* append([event("after")])
      for (const reader of readers.slice(1)) expect(yield* Fiber.join(reader)).toHaveLength(1)
    }))
})
