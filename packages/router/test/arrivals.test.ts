/** Deliveries of one conversation that other processes pass on keep their order, also if the call of the first one comes later. */
import { describe, it } from "@effect/vitest"
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import * as Draft from "@interline/core/Draft"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Logger from "effect/Logger"
import * as Option from "effect/Option"
import * as TestClock from "effect/TestClock"
import type { LedgerService } from "../src/ledger/Ledger.ts"
import * as MemoryLedger from "../src/ledger/MemoryLedger.ts"
import * as Shard from "../src/ledger/Shard.ts"
import * as Specimens from "../src/ledger/suite/specimens.ts"
import * as Runner from "../src/ownership/Runner.ts"
import * as Arrivals from "../src/runtime/arrivals.ts"
import { type Script, toAda, world } from "./scripted.ts"

const { id } = Specimens

/** Lets everything that can run now run. */
const settle = Effect.repeatN(Effect.yieldNow(), 60)

/** A digest of a key's message takes a time that the test's clock does not know. */
const until = (holds: () => boolean): Effect.Effect<void> =>
  Effect.zipRight(
    Effect.repeat(
      Effect.async<void>((resume) => {
        setImmediate(() => resume(Effect.void))
      }),
      { until: holds }
    ),
    settle
  )

describe("arrivals", () => {
  it("know what has come, what has its place, and nothing that was forgotten", () => {
    const arrivals = Arrivals.make()
    strictEqual(arrivals.find(id(1)), undefined)
    arrivals.come(id(1))
    strictEqual(arrivals.find(id(1)), "coming")
    arrivals.place(id(1))
    strictEqual(arrivals.find(id(1)), "placed")
    arrivals.come(id(1))
    strictEqual(arrivals.find(id(1)), "placed")
    arrivals.forget(id(1))
    strictEqual(arrivals.find(id(1)), undefined)
  })

  it("forget the oldest", () => {
    const arrivals = Arrivals.make()
    for (let nth = 1; nth <= 30_000; nth += 1) arrivals.place(id(nth))
    strictEqual(arrivals.find(id(1)), undefined)
    strictEqual(arrivals.find(id(20_001)), "placed")
  })

  it.effect("wake all that wait for a place, and those that ask later at once", () =>
    Effect.gen(function*() {
      const arrivals = Arrivals.make()
      const waiting = yield* Effect.forkAll([arrivals.await(id(1)), arrivals.await(id(1))])
      const other = yield* Effect.fork(arrivals.await(id(2)))
      yield* settle
      arrivals.come(id(1))
      yield* settle
      strictEqual(Option.isNone(yield* Fiber.poll(waiting)), true)
      arrivals.place(id(1))
      yield* Fiber.join(waiting)
      yield* arrivals.await(id(1))
      strictEqual(Option.isNone(yield* Fiber.poll(other)), true)
    }))

  it.effect("do not wake a wait that was interrupted", () =>
    Effect.gen(function*() {
      const arrivals = Arrivals.make()
      const [first, second] = [yield* Effect.fork(arrivals.await(id(1))), yield* Effect.fork(arrivals.await(id(1)))]
      yield* settle
      yield* Fiber.interrupt(first)
      arrivals.place(id(1))
      yield* Fiber.join(second)
    }))
})

interface Passed {
  readonly text: string
  readonly key?: string
  readonly follows?: number
}

/** A process that owns all shards, and what other processes pass on to it. */
const owner = (script: Script = {}, ledger?: LedgerService) =>
  Effect.gen(function*() {
    const inner = ledger ?? (yield* MemoryLedger.make())
    let claims = 0
    const counted: LedgerService = {
      ...inner,
      claim: (request) => Effect.zipRight(Effect.sync(() => claims += 1), inner.claim(request))
    }
    const locals: Array<Runner.LocalRunner> = []
    const { linq } = yield* world({
      ledger: counted,
      linq: script,
      options: { drainFor: 0 },
      place: (own) => Effect.suspend(() => (locals.push(own), Runner.alone(own)))
    })
    const [local] = locals
    if (local === undefined) return yield* Effect.dieMessage("there is no runner")
    /** Begins a send, and lets it go as far as it can without time. */
    const pass = (nth: number, { follows, key, text }: Passed) =>
      Effect.gen(function*() {
        const wanted = claims + 1
        const fiber = yield* Effect.fork(Effect.either(local.run(id(nth), {
          conversation: toAda,
          draft: Draft.text(text),
          fidelity: "adapt",
          ...(key === undefined ? {} : { key })
        }, { within: 60_000, follows: follows === undefined ? undefined : id(follows) })))
        yield* key === undefined ? settle : until(() => claims >= wanted)
        return fiber
      })
    return { ledger: inner, linq, local, pass }
  })

const quiet = Effect.provide(Logger.remove(Logger.defaultLogger))

const slow = (seconds: number, answer: string) => Effect.delay(Effect.succeed(answer), `${seconds} seconds`)

const advance = (seconds: number) => Effect.zipRight(TestClock.adjust(`${seconds} seconds`), settle)

describe("a delivery that follows another one", () => {
  it.scoped("that is known leaves when that one has ended", () =>
    Effect.gen(function*() {
      const { linq, pass } = yield* owner({ answers: [slow(2, "m"), "n"] })
      yield* pass(1, { text: "first" })
      yield* pass(2, { text: "second", follows: 1 })
      deepStrictEqual(linq.texts(), ["first"])
      yield* advance(2)
      deepStrictEqual(linq.texts(), ["first", "second"])
    }))

  it.scoped("that comes later leaves behind it", () =>
    Effect.gen(function*() {
      const { linq, pass } = yield* owner()
      yield* pass(3, { text: "third", follows: 2 })
      yield* pass(2, { text: "second", follows: 1 })
      yield* advance(10)
      deepStrictEqual(linq.texts(), [])
      yield* pass(1, { text: "first" })
      deepStrictEqual(linq.texts(), ["first", "second", "third"])
    }))

  it.scoped("that ended in another process leaves at once", () =>
    Effect.gen(function*() {
      const before = yield* owner()
      yield* Fiber.join(yield* before.pass(1, { text: "first" }))
      const { linq, pass } = yield* owner({}, before.ledger)
      yield* pass(2, { text: "second", follows: 1 })
      deepStrictEqual(linq.texts(), ["second"])
    }))

  it.scoped("that never comes leaves after 15 seconds", () =>
    Effect.gen(function*() {
      const { linq, pass } = yield* owner()
      yield* pass(2, { text: "second", follows: 1 })
      yield* advance(14.9)
      deepStrictEqual(linq.texts(), [])
      yield* advance(0.1)
      deepStrictEqual(linq.texts(), ["second"])
    }))

  it.scoped("whose key is claimed slowly leaves behind it", () =>
    Effect.gen(function*() {
      const ledger = yield* MemoryLedger.make()
      const { linq, pass } = yield* owner({}, { ...ledger, claim: (request) => Effect.delay(ledger.claim(request), "3 seconds") })
      yield* pass(1, { text: "first", key: "k" })
      yield* pass(2, { text: "second", follows: 1 })
      yield* advance(2.9)
      deepStrictEqual(linq.texts(), [])
      yield* advance(0.1)
      deepStrictEqual(linq.texts(), ["first", "second"])
    }))

  it.scoped("that joins it under its key does not wait for itself", () =>
    Effect.gen(function*() {
      const { linq, pass } = yield* owner()
      const sending = yield* pass(2, { text: "first", key: "k", follows: 1 })
      deepStrictEqual(linq.texts(), [])
      const joining = yield* pass(1, { text: "first", key: "k" })
      yield* until(() => linq.texts().length > 0)
      deepStrictEqual(linq.texts(), ["first"])
      deepStrictEqual(yield* Fiber.join(joining), yield* Fiber.join(sending))
    }))

  it.scoped("that joins an earlier one under its key leaves behind the one before both", () =>
    Effect.gen(function*() {
      const { linq, pass } = yield* owner()
      yield* Fiber.join(yield* pass(1, { text: "earlier", key: "k" }))
      yield* pass(4, { text: "last", follows: 3 })
      yield* Fiber.join(yield* pass(3, { text: "earlier", key: "k", follows: 2 }))
      yield* settle
      deepStrictEqual(linq.texts(), ["earlier"])
      yield* pass(2, { text: "before both" })
      deepStrictEqual(linq.texts(), ["earlier", "before both", "last"])
    }))

  it.scoped("that went on in another process and comes back leaves behind it", () =>
    Effect.gen(function*() {
      const { linq, local, pass } = yield* owner({ answers: [slow(2, "m"), "n"] })
      yield* pass(1, { text: "first" })
      const second = yield* pass(2, { text: "second", follows: 1 })
      const giving = yield* Effect.fork(local.release(Shard.all))
      yield* settle
      strictEqual((yield* Fiber.join(second))._tag, "Left")
      yield* advance(2)
      yield* Fiber.join(giving)
      yield* local.acquire(Shard.all)
      yield* pass(3, { text: "third", follows: 2 })
      deepStrictEqual(linq.texts(), ["first"])
      yield* pass(2, { text: "second", follows: 1 })
      deepStrictEqual(linq.texts(), ["first", "second", "third"])
    }).pipe(quiet))
})
