/** Routers that share the health of their lines: an authority in one process, and routers that ask it. */
import { describe, it } from "@effect/vitest"
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import * as CarrierId from "@interline/core/CarrierId"
import * as Conversation from "@interline/core/Conversation"
import * as Handle from "@interline/core/Handle"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Logger from "effect/Logger"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/TestClock"
import * as HealthStore from "../src/health/HealthStore.ts"
import * as SharedHealth from "../src/health/SharedHealth.ts"
import { failure, hello, type Setup, support, toAda, toBob, world } from "./scripted.ts"

const linq = CarrierId.make("linq")

/** Lets everything that can run now run. */
const settle = Effect.repeatN(Effect.yieldNow(), 100)

/** Moves time on in small steps. */
const pass = (millis: number): Effect.Effect<void> =>
  Effect.repeatN(Effect.zipRight(settle, TestClock.adjust(100)), Math.ceil(millis / 100) - 1)

/** The authorities of all lines, in a process that can end. Another one begins with what is on record. */
const makeAuthorities = Effect.gen(function*() {
  const store = yield* HealthStore.makeMemory
  let local: SharedHealth.Authorities | undefined
  let scope = yield* Scope.make()
  let open = new Map<string, SharedHealth.Authority>()
  const counts = { exchanges: 0 }
  const controls = { isUp: true }
  const exchange: SharedHealth.Exchange = (place, request) =>
    Effect.gen(function*() {
      counts.exchanges += 1
      if (!controls.isUp || local === undefined) return yield* Effect.never
      const id = SharedHealth.format(place)
      const authority = open.get(id) ?? (yield* Scope.extend(local.open(SharedHealth.parse(id)), scope))
      open.set(id, authority)
      return yield* authority.exchange(request)
    })
  return {
    store,
    counts,
    controls,
    seat: (given: SharedHealth.Authorities) =>
      Effect.sync(() => {
        local = given
        return exchange
      }),
    /** The process with the authorities is gone at once. */
    crash: Effect.gen(function*() {
      scope = yield* Scope.make()
      open = new Map()
    })
  }
})

type Authorities = Effect.Effect.Success<typeof makeAuthorities>

const router = ({ seat, store }: Authorities, setup: Setup = {}) =>
  world({ options: { drainFor: 0 }, ...setup }).pipe(
    Effect.provideService(SharedHealth.SharedHealth, seat),
    Effect.provideService(HealthStore.HealthStore, store)
  )

const limited = (limits: object): Setup => ({ policy: { carriers: { linq: limits }, maxWait: 0 } })

const quiet = Effect.provide(Logger.remove(Logger.defaultLogger))

describe("routers that share lines", () => {
  it.scoped("wait for an answer about a place, and neither ask another carrier nor tell of it", () =>
    Effect.gen(function*() {
      const authorities = yield* makeAuthorities
      const one = yield* router(authorities, limited({ perSecond: 1 }))
      const sending = yield* Effect.fork(one.send())
      yield* settle
      const answer = yield* Fiber.join(sending)
      strictEqual(Either.isRight(answer), true)
      strictEqual(one.linq.asked.length, 1)
      deepStrictEqual(one.told.map(({ _tag }) => _tag).filter((tag) => tag === "Retrying" || tag === "Skipped"), [])
    }))

  it.scoped("rest while nobody answers, and leave when somebody does", () =>
    Effect.gen(function*() {
      const authorities = yield* makeAuthorities
      const one = yield* router(authorities, limited({ perSecond: 10, newContactsPerDay: 5 }))
      authorities.controls.isUp = false
      const sending = yield* Effect.fork(one.send())
      yield* pass(16_000)
      deepStrictEqual(yield* Fiber.poll(sending), Option.none())
      authorities.controls.isUp = true
      yield* pass(6_000)
      strictEqual(Either.isRight(yield* Fiber.join(sending)), true)
      deepStrictEqual([one.linq.asked.length, one.sendblue.asked.length], [1, 0])
    }))

  it.scoped("send on lines without limits while nobody answers", () =>
    Effect.gen(function*() {
      const authorities = yield* makeAuthorities
      authorities.controls.isUp = false
      const one = yield* router(authorities)
      const sending = yield* Effect.fork(one.send())
      yield* pass(2_500)
      strictEqual(Either.isRight(yield* Fiber.join(sending)), true)
      const before = authorities.counts.exchanges
      strictEqual(Either.isRight(yield* one.send()), true)
      strictEqual(one.linq.asked.length, 2)
      strictEqual(authorities.counts.exchanges, before)
      authorities.controls.isUp = true
    }))

  it.scoped("ask at most once a second for lines without limits, however many sends there are", () =>
    Effect.gen(function*() {
      const authorities = yield* makeAuthorities
      const one = yield* router(authorities)
      for (let second = 0; second < 5; second += 1) {
        for (let sends = 0; sends < 20; sends += 1) yield* one.send()
        yield* pass(1_000)
      }
      strictEqual(one.linq.asked.length, 100)
      strictEqual(authorities.counts.exchanges <= 7, true, `${authorities.counts.exchanges} exchanges`)
      yield* pass(10_000)
      const before = authorities.counts.exchanges
      yield* pass(60_000)
      strictEqual(authorities.counts.exchanges - before <= 4, true)
    }))

  it.scoped("all leave a line whose breaker opened at one of them, within a second, and one of them tests it", () =>
    Effect.gen(function*() {
      const authorities = yield* makeAuthorities
      const policy = { breaker: { failures: 2, window: "1 minute", openFor: "10 seconds", maxOpenFor: "1 minute" } } as const
      const one = yield* router(authorities, { policy, linq: { answers: [failure("ConnectionFailed")] } })
      const other = yield* router(authorities, { policy })
      yield* Effect.all([one.send(), other.send()])
      yield* one.send(hello, {}, toBob)
      yield* pass(1_100)
      const asked = other.linq.asked.length
      strictEqual(Either.isRight(yield* other.send(hello, {}, toBob)), true)
      strictEqual(other.linq.asked.length, asked)
      strictEqual(other.sendblue.asked.length, 1)
      // the failures of the first opened it, so the first said so, once
      const opened = [one, other].map(({ told }) => told.filter(({ _tag }) => _tag === "BreakerOpened").length)
      deepStrictEqual(opened, [1, 0])
      deepStrictEqual((yield* other.router.health)[0]?.state, "open")
      yield* pass(10_000)
      const people = ["+12025550131", "+12025550132", "+12025550133"].map((number) => Conversation.direct(support, Handle.make(number)))
      const sending = yield* Effect.fork(Effect.forEach(people, (to) => other.send(hello, {}, to), { concurrency: "unbounded" }))
      yield* pass(500)
      yield* Fiber.join(sending)
      deepStrictEqual(other.told.filter(({ _tag }) => _tag === "BreakerProbed").length, 1)
      deepStrictEqual(other.told.filter(({ _tag }) => _tag === "BreakerClosed").length, 1)
    }).pipe(quiet))

  it.scoped("show what others know of a line that they have not used", () =>
    Effect.gen(function*() {
      const authorities = yield* makeAuthorities
      const policy = { breaker: { failures: 1, window: "1 minute", openFor: "10 seconds", maxOpenFor: "1 minute" } } as const
      const one = yield* router(authorities, { policy, linq: { answers: [failure("ConnectionFailed")] } })
      const idle = yield* router(authorities, { policy })
      yield* one.send()
      yield* pass(1_100)
      const looking = yield* Effect.fork(idle.router.health)
      yield* pass(1_100)
      deepStrictEqual((yield* Fiber.join(looking)).map(({ carrierId, state }) => [carrierId, state])[0], [linq, "open"])
      strictEqual(idle.linq.asked.length, 0)
    }).pipe(quiet))

  it.scoped("share a cap of new contacts, also when the process with the authority is gone", () =>
    Effect.gen(function*() {
      const authorities = yield* makeAuthorities
      const cap = limited({ newContactsPerDay: 2 })
      const one = yield* router(authorities, cap)
      const other = yield* router(authorities, cap)
      const third = yield* router(authorities, cap)
      yield* one.send()
      yield* authorities.crash
      yield* other.send(hello, {}, toBob)
      yield* authorities.crash
      yield* third.send(hello, {}, toAda)
      deepStrictEqual([one, other, third].map(({ linq }) => linq.asked.length), [1, 1, 0])
      strictEqual(third.sendblue.asked.length, 1)
      const seen = (yield* third.router.health).find(({ carrierId }) => carrierId === linq)
      deepStrictEqual([seen?.line, seen?.newContacts.day, seen?.newContacts.per], [support, 2, "person"])
    }))

  it.scoped("give back at their end what they do not use", () =>
    Effect.gen(function*() {
      const authorities = yield* makeAuthorities
      const cap = limited({ newContactsPerDay: 1 })
      const one = yield* router(authorities, cap)
      const sending = yield* Effect.fork(one.send())
      yield* Effect.yieldNow()
      yield* Fiber.interrupt(sending)
      yield* settle
      yield* one.close
      const other = yield* router(authorities, cap)
      strictEqual(Either.isRight(yield* other.send()), true)
      deepStrictEqual([one.linq.asked.length, other.linq.asked.length], [0, 1])
    }))

  it.scoped("do not answer while the store fails", () =>
    Effect.gen(function*() {
      const authorities = yield* makeAuthorities
      let fails = true
      const store: HealthStore.HealthStoreService = {
        ...authorities.store,
        save: (...args) => Effect.suspend(() => fails ? Effect.die("no store") : authorities.store.save(...args))
      }
      const one = yield* router({ ...authorities, store }, limited({ newContactsPerDay: 2 }))
      const sending = yield* Effect.fork(one.send())
      yield* pass(3_000)
      deepStrictEqual(yield* Fiber.poll(sending), Option.none())
      fails = false
      yield* pass(1_500)
      strictEqual(Exit.isSuccess(yield* Fiber.await(sending)), true)
      strictEqual(one.linq.asked.length, 1)
      // what was asked for twice is given back
      yield* pass(8_000)
      strictEqual((yield* one.router.health)[0]?.newContacts.day, 1)
    }).pipe(quiet))
})
