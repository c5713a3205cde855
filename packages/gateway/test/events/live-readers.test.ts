/** Answers that do not end: their signs of life, and what ends them. */
import { describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import type { EventLogService, GatewayEvent } from "@interline/sql/EventLog"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Queue from "effect/Queue"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import * as LiveReaders from "../../src/events/liveReaders.ts"

const text = new TextEncoder()
const decoder = new TextDecoder()

const entry = (id: number): GatewayEvent => ({
  id,
  at: 0,
  event: { kind: "router", data: { _tag: "Restored", at: 0, source: "explicit" } }
})

/** Opens an answer over a log whose entries are offered. The pieces that it has written are in `pieces`. */
const open = (more: Partial<LiveReaders.Reading> = {}) =>
  Effect.gen(function*() {
    const entries = yield* Queue.unbounded<ReadonlyArray<GatewayEvent>>()
    const ending = yield* Deferred.make<void>()
    const log = {
      reader: () => Effect.succeed({ next: Queue.take(entries), rouse: Queue.offer(entries, []) })
    } as unknown as EventLogService
    const streamTo = yield* LiveReaders.make({ log, ended: Deferred.await(ending) })
    const pieces: Array<string> = []
    const body = streamTo({
      after: 0,
      greeting: text.encode("hello"),
      beat: text.encode("beat"),
      write: (found) => Effect.succeed(found.map(({ id }) => text.encode(`entry ${id}`))),
      ...more
    })
    const fiber = yield* Effect.fork(Stream.runForEach(body, (piece) => Effect.sync(() => pieces.push(decoder.decode(piece)))))
    return { entries, ending, pieces, fiber, isOver: Effect.map(Fiber.poll(fiber), (exit) => exit._tag === "Some") }
  })

describe("an answer that does not end", () => {
  it.scoped("greets, gives entries, and says every 15 seconds that it is alive", () =>
    Effect.gen(function*() {
      const { entries, isOver, pieces } = yield* open()
      yield* TestClock.adjust("14 seconds")
      deepStrictEqual(pieces, ["hello"])
      yield* Queue.offer(entries, [entry(1), entry(2)])
      yield* TestClock.adjust("1 second")
      deepStrictEqual(pieces, ["hello", "entry 1", "entry 2", "beat"])
      yield* TestClock.adjust("5 minutes")
      deepStrictEqual([pieces.length, yield* isOver], [4 + 20, false])
    }))

  it.scoped("ends after its longest time, also if nothing happens", () =>
    Effect.gen(function*() {
      const { fiber, isOver } = yield* open({ endAfter: "20 seconds" })
      yield* TestClock.adjust("19 seconds")
      deepStrictEqual(yield* isOver, false)
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(fiber)
    }))

  it.scoped("ends at the sign of life after its reader may not go on", () =>
    Effect.gen(function*() {
      let may = true
      const { fiber, pieces } = yield* open({ mayGoOn: Effect.sync(() => may) })
      yield* TestClock.adjust("15 seconds")
      may = false
      yield* TestClock.adjust("15 seconds")
      yield* Fiber.join(fiber)
      deepStrictEqual(pieces, ["hello", "beat"])
    }))

  it.scoped("ends when the process drains", () =>
    Effect.gen(function*() {
      const { ending, fiber } = yield* open()
      yield* TestClock.adjust("1 second")
      yield* Deferred.succeed(ending, undefined)
      yield* Fiber.join(fiber)
    }))
})
