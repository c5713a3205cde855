import { it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import * as CarrierId from "@interline/core/CarrierId"
import * as Defect from "@interline/core/Defect"
import * as Line from "@interline/core/Line"
import type { RouterEvent } from "@interline/router/RouterEvent"
import type { NewEvent } from "@interline/sql/EventLog"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { describe } from "vitest"
import * as PublishRouterEvents from "../src/inbox/publishRouterEvents.ts"

const opened: RouterEvent = {
  _tag: "BreakerOpened",
  at: 1,
  carrierId: CarrierId.make("linq"),
  line: Line.name("support"),
  until: 2,
  why: "it failed"
}

/** A publisher over a log whose first calls die with these defects. */
const world = (...defects: ReadonlyArray<Error>) => {
  const left = [...defects]
  const tried: Array<ReadonlyArray<string | undefined> | undefined> = []
  const queued: Array<number> = []
  const logged: Array<unknown> = []
  const make = PublishRouterEvents.make({
    router: { events: Stream.concat(Stream.make(opened, { ...opened, at: 3 }), Stream.never) },
    log: {
      append: (events, sources) =>
        Effect.suspend(() => {
          tried.push(sources)
          const defect = left.shift()
          return defect === undefined ? Effect.succeed(events.map((event: NewEvent, id) => ({ id, ...event }))) : Effect.die(defect)
        })
    },
    callbacks: { enqueue: (events) => Effect.sync(() => void queued.push(...events.map(({ at }) => at))) },
    find: { ofDecision: () => Effect.succeed({}) } as never
  }).pipe(Effect.provide(Logger.replace(Logger.defaultLogger, Logger.make(({ logLevel }) => void logged.push(logLevel.label)))))
  return { make, tried, queued, logged }
}

describe("decisions of the router", () => {
  it.scoped("wait while the database is away, and are written under the same ids when it is back", () =>
    Effect.gen(function*() {
      const outage = new Error("away")
      Defect.noteSaid(outage)
      const { logged, make, queued, tried } = world(outage, outage)
      yield* make
      yield* TestClock.adjust("0 millis")
      deepStrictEqual([tried.length, queued], [1, []])
      yield* TestClock.adjust("10 seconds")
      const [first] = tried
      deepStrictEqual([tried.length, queued.length, logged], [3, 2, []])
      deepStrictEqual(tried, [first, first, first])
      deepStrictEqual(new Set(first).size, 2)
    }))

  it.scoped("are given up with an error if something else is wrong, and are not tried again", () =>
    Effect.gen(function*() {
      const { logged, make, queued, tried } = world(new Error("a defect"))
      yield* make
      yield* TestClock.adjust("10 seconds")
      deepStrictEqual([tried.length, queued, logged], [1, [], ["ERROR"]])
    }))
})
