/** What the event log does as time passes. */
import { describe, expect, it } from "@effect/vitest"
import * as CarrierId from "@interline/core/CarrierId"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/TestClock"
import * as EventLog from "../src/records/EventLog.ts"
import * as EventLogLive from "../src/records/EventLogLive.ts"
import { database } from "./temporary-database.ts"

const event = (at: number): EventLog.NewEvent => ({
  at,
  event: { kind: "carrier", data: { _tag: "Unrecognized", carrierId: CarrierId.make("linq"), kind: "test", raw: {} } }
})

/** Lets the store's own work happen between two steps of the clock. */
export const settled = Effect.repeat(Effect.promise(() => new Promise<void>((done) => setImmediate(done))), { times: 10 })

describe("the event log", () => {
  it.scoped("forgets what is older than it keeps, in batches, and nothing else", () =>
    Effect.gen(function*() {
      const log = yield* EventLog.EventLog
      const day = 86_400_000
      yield* log.append(Array.from({ length: 450 }, (_, index) => event(index - 31 * day)))
      yield* log.append([event(-29 * day)])
      expect(yield* log.read(0, 1_000)).toHaveLength(451)
      for (let minute = 0; minute < 4; minute++) {
        yield* TestClock.adjust("1 minute")
        yield* settled
      }
      expect((yield* log.read(0, 1_000)).map(({ at }) => at)).toEqual([-29 * day])
    }).pipe(Effect.provide(EventLogLive.layer({ pollEvery: "1 hour" }).pipe(Layer.provide(database)))))
})
