/** Many readers of one event log. */
import { describe, expect, it } from "@effect/vitest"
import * as CarrierId from "@interline/core/CarrierId"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import * as EventLog from "../src/records/EventLog.ts"
import * as EventLogLive from "../src/records/EventLogLive.ts"
import { database } from "./temporary-database.ts"

const event = (kind: string, text = ""): EventLog.NewEvent => ({
  at: 1000,
  event: { kind: "carrier", data: { _tag: "Unrecognized", carrierId: CarrierId.make("linq"), kind, raw: { text } } }
})

const log = Effect.map(
  Layer.build(Layer.provide(EventLogLive.layer({ pollEvery: "1 hour" }), database)),
  ({ unsafeMap }) => unsafeMap.get(EventLog.EventLog.key) as EventLog.EventLogService
)

const taking = (stream: Stream.Stream<EventLog.GatewayEvent>, count: number) =>
  Effect.map(Stream.runCollect(Stream.take(stream, count)), Chunk.toReadonlyArray)

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
      const slow = yield* Effect.fork(
        stream(0).pipe(
          Stream.take(80),
          Stream.runForEach(({ id }) =>
            Effect.zipRight(Effect.sync(() => seen.push(id)), seen.length < 5 ? Effect.sleep("200 millis") : Effect.void)
          )
        )
      )
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

  const reading = (reader: EventLog.EventReader, got: Array<number>) =>
    Effect.fork(Effect.map(reader.next, (entries) => void got.push(entries.length)))

  it.scopedLive("get all that they lack in one go, once for what is published together", () =>
    Effect.gen(function*() {
      const { append, reader } = yield* log
      const got: Array<number> = []
      const readers = yield* Effect.forEach(Array.from({ length: 100 }), () => reader())
      const asked = yield* Effect.forEach(readers, (one) => reading(one, got))
      yield* Effect.yieldNow()
      yield* append(Array.from({ length: 8 }, (_, n) => event(`${n}`)))
      yield* Effect.forEach(asked, Fiber.join)
      expect(got).toEqual(readers.map(() => 8))
    }))

  it.scopedLive("that lack much get as much as a socket takes, and at least one entry", () =>
    Effect.gen(function*() {
      const { append, reader } = yield* log
      yield* append([
        ...Array.from({ length: 12 }, (_, n) => event(`${n}`, "x".repeat(5_000))),
        event("long", "x".repeat(90_000)),
        event("last")
      ])
      const { next } = yield* reader(0)
      const got: Array<ReadonlyArray<number>> = []
      while (got.flat().length < 14) got.push((yield* next).map(({ id }) => id))
      expect(got.flat()).toEqual(Array.from({ length: 14 }, (_, n) => n + 1))
      expect(got.slice(0, 3)).toEqual([[1, 2, 3, 4], [5, 6, 7, 8], [9, 10, 11, 12]])
      expect(got[3]).toEqual([13])
    }))

  it.scopedLive("are woken a few at a time, and whoever publishes does not wait for them", () =>
    Effect.gen(function*() {
      const { append, reader } = yield* log
      const got: Array<number> = []
      const readers = yield* Effect.forEach(Array.from({ length: 200 }), () => reader())
      const asked = yield* Effect.forEach(readers, (one) => reading(one, got))
      yield* Effect.yieldNow()
      yield* append([event("one")])
      expect(got).toEqual([])
      let most = 0
      while (got.length < readers.length) {
        const before = got.length
        yield* Effect.promise(() => new Promise((done) => setImmediate(done)))
        most = Math.max(most, got.length - before)
      }
      yield* Effect.forEach(asked, Fiber.join)
      expect(most).toBeGreaterThan(0)
      expect(most).toBeLessThan(readers.length / 4)
    }))

  it.scopedLive("that do not ask are not woken, and miss nothing when they do", () =>
    Effect.gen(function*() {
      const { append, reader } = yield* log
      const silent = yield* reader()
      const asking = yield* reader()
      for (let n = 0; n < 5; n++) {
        const asked = yield* Effect.fork(asking.next)
        yield* append([event(`${n}`)])
        expect(yield* Fiber.join(asked)).toHaveLength(1)
      }
      expect((yield* silent.next).map(({ id }) => id)).toEqual([1, 2, 3, 4, 5])
    }))

  it.scopedLive("can be roused while they wait and before, and go on where they were", () =>
    Effect.gen(function*() {
      const { append, reader } = yield* log
      const { next, rouse } = yield* reader()
      const waiting = yield* Effect.fork(next)
      yield* Effect.yieldNow()
      yield* rouse
      expect(yield* Fiber.join(waiting)).toEqual([])
      yield* rouse
      expect(yield* next).toEqual([])
      yield* append([event("one")])
      expect((yield* next).map(({ id }) => id)).toEqual([1])
      const gone = yield* Effect.fork(next)
      yield* Effect.yieldNow()
      yield* Fiber.interrupt(gone)
      yield* append([event("two")])
      expect((yield* next).map(({ id }) => id)).toEqual([2])
    }))
})
