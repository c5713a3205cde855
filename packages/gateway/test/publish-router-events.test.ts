import { it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import * as CarrierId from "@interline/core/CarrierId"
import * as Defect from "@interline/core/Defect"
import * as Line from "@interline/core/Line"
import type { Confirmation, RouterEvent } from "@interline/router/RouterEvent"
import type { NewEvent } from "@interline/sql/EventLog"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Logger from "effect/Logger"
import * as Metric from "effect/Metric"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { describe } from "vitest"
import * as PublishRouterEvents from "../src/inbox/publishRouterEvents.ts"
import * as Metrics from "../src/server/Metrics.ts"

const opened: RouterEvent = {
  _tag: "BreakerOpened",
  at: 1,
  carrierId: CarrierId.make("linq"),
  line: Line.name("support"),
  until: 2,
  why: "it failed"
}

const usual: RouterEvent = { _tag: "BreakerProbed", at: 2, carrierId: CarrierId.make("linq"), line: Line.name("support") }

const outageOf = () => {
  const outage = new Error("away")
  Defect.noteSaid(outage)
  return outage
}

interface Setup {
  /** The defects with which the first calls of the log die. */
  readonly defects?: ReadonlyArray<Error>
  readonly events?: Stream.Stream<RouterEvent>
  readonly confirmationOf?: (event: RouterEvent) => Confirmation | undefined
}

/** A publisher over a log whose first calls die. */
const world = ({ confirmationOf = () => undefined, defects = [], events = Stream.make(opened, { ...opened, at: 3 }) }: Setup = {}) => {
  const left = [...defects]
  const tried: Array<ReadonlyArray<string | undefined> | undefined> = []
  const queued: Array<number> = []
  const logged: Array<unknown> = []
  const make = PublishRouterEvents.make({
    router: { confirmationOf, events },
    log: {
      append: (events, sources) =>
        Effect.suspend(() => {
          tried.push(sources)
          const defect = left.shift()
          return defect === undefined ? Effect.succeed(events.map((event: NewEvent, id) => ({ id, ...event }))) : Effect.die(defect)
        })
    },
    callbacks: {
      enqueue: (events) =>
        Effect.sync(() => void queued.push(...events.flatMap(({ event }) => event.kind === "router" ? [event.data.at] : [])))
    },
    find: { ofDecision: () => Effect.succeed({}) } as never
  })
  const logger = Logger.replace(Logger.defaultLogger, Logger.make(({ logLevel }) => void logged.push(logLevel.label)))
  return { make: Effect.provide(make, logger), logger, tried, queued, logged }
}

describe("decisions of the router", () => {
  it.scoped("wait while the database is away, and are written under the same ids when it is back", () =>
    Effect.gen(function*() {
      const outage = outageOf()
      const { logged, make, queued, tried } = world({ defects: [outage, outage] })
      yield* make
      yield* TestClock.adjust("0 millis")
      deepStrictEqual([tried.length, queued], [1, []])
      yield* TestClock.adjust("10 seconds")
      const [first] = tried
      deepStrictEqual([tried.length, queued.length, logged], [3, 2, []])
      deepStrictEqual(tried, [first, first, first])
      deepStrictEqual(new Set(first).size, 2)
    }))

  it.scoped("are confirmed when the event log has them, and not before, under the source that they have each time", () =>
    Effect.gen(function*() {
      const confirmed: Array<number> = []
      const { make, queued, tried } = world({
        defects: [outageOf()],
        confirmationOf: ({ at }) => at === 3 ? { key: "notice/1", confirm: Effect.sync(() => confirmed.push(at)) } : undefined
      })
      yield* make
      yield* TestClock.adjust("0 millis")
      deepStrictEqual([tried.map((sources) => sources?.[1]), confirmed], [["notice/1"], []])
      yield* TestClock.adjust("10 seconds")
      deepStrictEqual([queued, confirmed], [[1, 3], [3]])
    }))

  it.scoped("are written one by one if something else is wrong, and what cannot be written is given up with an error and not tried again", () =>
    Effect.gen(function*() {
      const lost = Effect.map(Metric.value(Metrics.lostDecisions), ({ count }) => Number(count))
      const before = yield* lost
      const defect = new Error("a defect")
      const { logged, make, queued, tried } = world({
        defects: [defect, defect],
        events: Stream.make(opened, { ...opened, at: 3 }, { ...opened, at: 4 })
      })
      yield* make
      yield* TestClock.adjust("10 seconds")
      deepStrictEqual([tried.map((sources) => sources?.length), queued], [[3, 1, 1, 1], [3, 4]])
      deepStrictEqual([(yield* lost) - before, logged], [1, ["ERROR"]])
    }))

  it.scoped("that come again and again and can never be written are an error once, and once a day while they come", () =>
    Effect.gen(function*() {
      const lost = Effect.map(Metric.value(Metrics.lostDecisions), ({ count }) => Number(count))
      const before = yield* lost
      const again = Stream.flatMap(Stream.range(1, 3), () => Stream.fromEffect(Effect.delay(Effect.succeed(opened), "30 seconds")))
      const tomorrow = Stream.fromEffect(Effect.delay(Effect.succeed(opened), "1 day"))
      const { logged, make, queued, tried } = world({
        defects: Array.from({ length: 10 }, () => new Error("a defect")),
        events: Stream.concat(again, tomorrow),
        confirmationOf: () => ({ key: "notice/1", confirm: Effect.void })
      })
      yield* make
      yield* TestClock.adjust("90 seconds")
      deepStrictEqual([tried.length, queued, (yield* lost) - before, logged], [3, [], 1, ["ERROR"]])
      yield* TestClock.adjust("1 day")
      deepStrictEqual([tried.length, queued, (yield* lost) - before, logged], [4, [], 1, ["ERROR", "ERROR"]])
    }))

  it.scoped("that are published wait for the database, however much else is decided meanwhile", () =>
    Effect.gen(function*() {
      const other = Stream.flatMap(Stream.range(1, 40), () => Stream.fromIterable(Array.from({ length: 1_000 }, () => usual)))
      const { logged, make, queued } = world({
        defects: [outageOf()],
        events: Stream.concat(Stream.make(opened), Stream.concat(other, Stream.make({ ...opened, at: 3 })))
      })
      yield* make
      yield* TestClock.adjust("0 millis")
      deepStrictEqual(queued, [])
      yield* TestClock.adjust("10 seconds")
      deepStrictEqual([queued, logged], [[1, 3], []])
    }))

  it.scoped("are counted and logged once if so many wait that the oldest are lost, but not the one that is being written", () =>
    Effect.gen(function*() {
      const lost = Effect.map(Metric.value(Metrics.lostDecisions), ({ count }) => Number(count))
      const before = yield* lost
      const many = Stream.map(Stream.range(1, 16_390), (at) => ({ ...opened, at }))
      const go = yield* Deferred.make<void>()
      const { logged, make, queued } = world({
        defects: [outageOf()],
        events: Stream.concat(
          Stream.make({ ...opened, at: 0 }),
          Stream.drain(Stream.fromEffect(Deferred.await(go))).pipe(Stream.concat(many))
        )
      })
      yield* make
      yield* TestClock.adjust("0 millis")
      yield* Deferred.succeed(go, undefined)
      yield* TestClock.adjust("0 millis")
      deepStrictEqual([(yield* lost) - before, logged], [7, ["ERROR"]])
      yield* TestClock.adjust("10 seconds")
      deepStrictEqual([queued.length, queued.slice(0, 2), queued.at(-1), logged], [16_384, [0, 8], 16_390, ["ERROR"]])
    }))

  it.effect("are written before the process ends, or logged as lost if the database is away", () =>
    Effect.gen(function*() {
      const end = (defects: ReadonlyArray<Error>) =>
        Effect.gen(function*() {
          const { logged, logger, make, queued } = world({ defects })
          const scope = yield* Scope.make()
          yield* Scope.extend(make, scope)
          yield* TestClock.adjust("0 millis")
          deepStrictEqual(queued, [])
          const ending = yield* Effect.fork(Effect.provide(Scope.close(scope, Exit.void), logger))
          yield* TestClock.adjust("6 seconds")
          yield* Fiber.join(ending)
          return [queued, logged]
        })
      deepStrictEqual(yield* end([outageOf()]), [[1, 3], []])
      deepStrictEqual(yield* end(Array.from({ length: 10 }, outageOf)), [[], ["ERROR"]])
    }))
})
