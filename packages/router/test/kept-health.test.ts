/** The health of lines over a store in one process: what a restart goes on with, and what is on record before a send leaves. */
import { describe, it } from "@effect/vitest"
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import * as CarrierId from "@interline/core/CarrierId"
import * as Line from "@interline/core/Line"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Logger from "effect/Logger"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/TestClock"
import * as HealthStore from "../src/health/HealthStore.ts"
import * as KeptHealth from "../src/health/keptHealth.ts"
import type { Health } from "../src/health/lineHealth.ts"

const linq = CarrierId.make("linq")
const place = { carrierId: linq, line: Line.LineName.make("support") }
const hour = 3_600_000

const policyOf = (limits = {}) => ({
  breaker: { failures: 2, window: 1_000, openFor: 100_000, maxOpenFor: 1_000_000 },
  deadlines: { attempt: 30 },
  carriers: { [linq]: limits }
})

/** A process, until its scope is closed. */
const start = (store: HealthStore.HealthStoreService, limits = {}) =>
  Effect.gen(function*() {
    const scope = yield* Scope.make()
    const health = yield* Scope.extend(KeptHealth.make({ policy: policyOf(limits), store, isOurs: () => true }), scope)
    return { health, stop: Scope.close(scope, Exit.void) }
  })

const millis = Effect.map(Effect.clock, (clock) => clock.unsafeCurrentTimeMillis())

/** A send to a new contact: whether it may leave. It waits until its place is on record, as a delivery does. */
const write = (health: Health): Effect.Effect<string> =>
  Effect.flatMap(millis, (at) => {
    const admission = health.admit(place, at, true)
    return admission._tag === "Barred" && admission.by === "place"
      ? Effect.zipRight(health.awaitPlace?.(place) ?? Effect.void, Effect.suspend(() => write(health)))
      : Effect.succeed(admission._tag === "Admitted" ? "left" : admission.by)
  })

const isOpen = (health: Health) => Effect.map(millis, (at) => health.inspect(at)[0]?.state)

/** A store that counts its writes. */
const counting = Effect.map(HealthStore.makeMemory, (store) => {
  const counted = { saves: 0 }
  return {
    counted,
    store: {
      ...store,
      save: (...args: Parameters<typeof store.save>) =>
        Effect.suspend(() => (counted.saves += 1, Effect.zipRight(Effect.yieldNow(), store.save(...args))))
    }
  }
})

describe("new contacts under a cap", () => {
  const limits = { newContactsPerHour: 2 }

  it.effect("are counted on record before they leave, so a crash at any moment forgets none", () =>
    Effect.gen(function*() {
      const store = yield* HealthStore.makeMemory
      const first = yield* start(store, limits)
      strictEqual(yield* write(first.health), "left")
      yield* TestClock.adjust(1)
      // no scope is closed: the process is gone at once
      const second = yield* start(store, limits)
      strictEqual(yield* write(second.health), "left")
      const third = yield* start(store, limits)
      strictEqual(yield* write(third.health), "limit")
      deepStrictEqual(third.health.inspect(yield* millis)[0]?.newContacts, { hour: 2, day: 2, since: 0, per: "person" })
      // a place may be used for five seconds, and it is not on record when it was
      yield* TestClock.adjust(hour)
      strictEqual(yield* write(third.health), "limit")
      yield* TestClock.adjust("5 seconds")
      strictEqual(yield* write(third.health), "left")
    }))

  it.effect("that leave some seconds after their place is on record count from then on, also after a crash", () =>
    Effect.gen(function*() {
      const store = yield* HealthStore.makeMemory
      const first = yield* start(store, { newContactsPerHour: 1 })
      first.health.admit(place, yield* millis, true)
      yield* first.health.awaitPlace?.(place) ?? Effect.void
      yield* TestClock.adjust(4_900)
      strictEqual(first.health.admit(place, yield* millis, true)._tag, "Admitted")
      const second = yield* start(store, { newContactsPerHour: 1 })
      for (const { health } of [first, second]) strictEqual(yield* write(health), "limit")
      yield* TestClock.adjust(hour - 1)
      for (const { health } of [first, second]) strictEqual(yield* write(health), "limit")
      yield* TestClock.adjust(1)
      strictEqual(yield* write(first.health), "left")
    }))

  it.effect("that come at once share one write, and reach the cap exactly", () =>
    Effect.gen(function*() {
      const { counted, store } = yield* counting
      const { health } = yield* start(store, { newContactsPerHour: 3 })
      const results = yield* Effect.all(Array.from({ length: 5 }, () => write(health)), { concurrency: "unbounded" })
      deepStrictEqual(results.filter((result) => result === "left").length, 3)
      deepStrictEqual(results.filter((result) => result === "limit").length, 2)
      strictEqual(counted.saves <= 2, true, `${counted.saves} writes`)
    }))

  it.effect("wait while the store fails, and are not counted twice", () =>
    Effect.gen(function*() {
      const inner = yield* HealthStore.makeMemory
      let fails = 2
      const store: HealthStore.HealthStoreService = {
        ...inner,
        save: (...args) => Effect.suspend(() => fails-- > 0 ? Effect.die("no store") : inner.save(...args))
      }
      const { health } = yield* start(store, limits)
      const first = yield* Effect.fork(write(health))
      yield* TestClock.adjust("1 seconds")
      yield* TestClock.adjust("1 seconds")
      strictEqual(yield* Fiber.join(first), "left")
      strictEqual(health.inspect(yield* millis)[0]?.newContacts.hour, 1)
    }).pipe(Effect.provide(Logger.remove(Logger.defaultLogger))))

  it.effect("whose send went away give their place back", () =>
    Effect.gen(function*() {
      const store = yield* HealthStore.makeMemory
      const { health } = yield* start(store, { newContactsPerHour: 1 })
      health.admit(place, yield* millis, true)
      yield* health.awaitPlace?.(place) ?? Effect.void
      yield* TestClock.adjust("6 seconds")
      strictEqual(yield* write(health), "left")
      strictEqual(health.inspect(yield* millis)[0]?.newContacts.hour, 1)
      strictEqual(yield* write(health), "limit")
    }))

  it.effect("that another process wrote down meanwhile count too", () =>
    Effect.gen(function*() {
      const store = yield* HealthStore.makeMemory
      const one = yield* start(store, limits)
      const other = yield* start(store, limits)
      deepStrictEqual([yield* write(one.health), yield* write(other.health)], ["left", "left"])
      deepStrictEqual([yield* write(one.health), yield* write(other.health)], ["limit", "limit"])
    }))
})

describe("a restart", () => {
  it.effect("goes on with a flag, a pause, faults and counts, although the clock of the machine was set", () =>
    Effect.gen(function*() {
      const store = yield* HealthStore.makeMemory
      const first = yield* start(store)
      yield* TestClock.adjust(500)
      first.health.lineChanged(place, { available: false, gone: true }, yield* millis, "gone")
      first.health.report(place, { verdict: "limited", why: "429", startedAt: 0, until: 400_000 }, yield* millis)
      first.health.faulted(place, "Authentication", yield* millis)
      first.health.took(place, undefined, yield* millis)
      yield* first.stop
      const [stored] = yield* store.all
      const skewed: HealthStore.HealthStoreService = { ...store, all: Effect.succeed(stored === undefined ? [] : [{ ...stored, age: 20 }]) }
      yield* TestClock.adjust(1_000_000)
      const { health } = yield* start(skewed)
      const at = yield* millis
      const [line] = health.inspect(at)
      deepStrictEqual([line?.state, line?.pausedUntil, line?.newContacts.hour, line?.newContacts.since], [
        "open",
        at + 399_480,
        1,
        at - 520
      ])
      deepStrictEqual(line?.faults, [{ reason: "Authentication", since: at - 20 }])
      strictEqual(health.admit(place, at, false)._tag, "Barred")
      strictEqual(health.mended(place, "Authentication"), true)
      deepStrictEqual(health.lineSeen(place, at, "listed").map(({ _tag }) => _tag), ["BreakerClosed"])
    }))

  it.effect("forgets lines that are not ours any more", () =>
    Effect.gen(function*() {
      const store = yield* HealthStore.makeMemory
      const first = yield* start(store)
      first.health.lineChanged(place, { available: false }, 0, "flagged")
      yield* first.stop
      const health = yield* Effect.scoped(KeptHealth.make({ policy: policyOf(), store, isOurs: () => false }))
      deepStrictEqual(health.inspect(0), [])
    }))

  it.effect("is prepared within a second of a change, and sends without limits write nothing", () =>
    Effect.gen(function*() {
      const { counted, store } = yield* counting
      const first = yield* start(store)
      for (let sends = 0; sends < 100; sends += 1) {
        strictEqual(first.health.admit(place, sends, false)._tag, "Admitted")
        first.health.report(place, { verdict: "ok", startedAt: sends, why: "taken" }, sends)
      }
      yield* TestClock.adjust("5 seconds")
      strictEqual(counted.saves, 0)
      for (const at of [0, 1, 2]) first.health.report(place, { verdict: "failed", startedAt: 5_000, why: "it failed" }, 5_000 + at)
      yield* TestClock.adjust("1 seconds")
      strictEqual(counted.saves, 1)
      strictEqual(yield* isOpen((yield* start(store)).health), "open")
    }))
})
