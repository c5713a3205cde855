/** What callers get: keys, interruption, deadlines, order, the end of a process and the beginning of the next. */
import { describe, expect, it } from "@effect/vitest"
import * as Conversation from "@interline/core/Conversation"
import type { DeliveryId } from "@interline/core/DeliveryId"
import * as Draft from "@interline/core/Draft"
import * as MessageRef from "@interline/core/MessageRef"
import * as Part from "@interline/core/Part"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Fiber from "effect/Fiber"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as Option from "effect/Option"
import * as TestClock from "effect/TestClock"
import type { LedgerService } from "../src/ledger/Ledger.ts"
import * as MemoryLedger from "../src/ledger/MemoryLedger.ts"
import * as Shard from "../src/ledger/Shard.ts"
import { type Answer, bob, failure, hello, left, linq, right, sendblue, toAda, toBob, words, world } from "./scripted.ts"

const quiet = Logger.withMinimumLogLevel(LogLevel.None)

/** Lets everything that can run now run. */
const settle = Effect.forEach(
  Array.from({ length: 20 }),
  () => Effect.zipRight(Effect.yieldNow(), Effect.promise(() => new Promise<void>((done) => setImmediate(done)))),
  { discard: true }
)

/** Lets things run until something is so; a digest of a key's message takes its time. */
const until = (holds: () => boolean): Effect.Effect<void> => Effect.repeat(settle, { until: holds })

/** Moves time on until a fiber has ended. */
const ending = <A, E>(fiber: Fiber.RuntimeFiber<A, E>): Effect.Effect<A, E> =>
  Effect.zipRight(
    settle,
    Effect.flatMap(
      Fiber.poll(fiber),
      Option.match({
        onNone: () => Effect.zipRight(TestClock.adjust("1 second"), ending(fiber)),
        onSome: (exit) => exit
      })
    )
  )

const slow = (millis: number, id: string) => Effect.delay(Effect.succeed(id), millis)

describe("a caller's key", () => {
  it.scoped("joins a hundred calls into one send and one delivery", () =>
    Effect.gen(function*() {
      const { linq, send } = yield* world({ linq: { answers: [slow(100, "m")] } })
      const calls = yield* Effect.fork(
        Effect.all(Array.from({ length: 100 }, () => send(hello, { key: "order-17" })), { concurrency: "unbounded" })
      )
      yield* until(() => linq.asked.length === 1)
      yield* settle
      yield* TestClock.adjust("1 second")
      const answers = (yield* Fiber.join(calls)).map(right)
      expect(linq.asked).toHaveLength(1)
      expect(new Set(answers.map(({ id }) => id)).size).toBe(1)
      expect(answers.every((answer) => JSON.stringify(answer) === JSON.stringify(answers[0]))).toBe(true)
    }))

  it.scoped("gives the first result again after it has ended, whatever it was", () =>
    Effect.gen(function*() {
      const { linq: fake, send } = yield* world({ linq: { answers: [failure("InvalidInput"), "m"] } })
      const first = left(yield* send(hello, { key: "k" }))
      const second = left(yield* send(hello, { key: "k" }))
      expect(first._tag).toBe("NotSent")
      expect(second).toMatchObject({
        _tag: "NotSent",
        deliveryId: first.deliveryId,
        attempts: first.attempts.map(({ carrierId, outcome }) => ({ carrierId, outcome }))
      })
      expect(fake.asked).toHaveLength(1)
    }))

  it.scoped("refuses another draft and another conversation, and takes the same text under another key", () =>
    Effect.gen(function*() {
      const { linq, send } = yield* world()
      right(yield* send(hello, { key: "k" }))
      expect(left(yield* send(Draft.text("other"), { key: "k" }))).toMatchObject({
        _tag: "Invalid",
        problems: [{ rule: "key", path: ["options", "key"] }]
      })
      expect(left(yield* send(hello, { key: "k" }, toBob))).toMatchObject({ _tag: "Invalid", problems: [{ rule: "key" }] })
      right(yield* send(hello, { key: "another" }))
      expect(linq.asked).toHaveLength(2)
    }))

  it.scoped("is given back when no carrier has the line: nothing was decided under it", () =>
    Effect.gen(function*() {
      const { linq: fake, send } = yield* world({
        policy: { rules: [{ match: { kind: "group" }, prefer: ["sendblue"] }] },
        sendblue: { lines: false }
      }).pipe(
        Effect.orElse(() => world())
      )
      right(yield* send(hello, { key: "k" }))
      expect(fake.asked).toHaveLength(1)
    }))

  it.scoped("without one each call is a message of its own", () =>
    Effect.gen(function*() {
      const { linq, send } = yield* world()
      const [first, second] = [right(yield* send()), right(yield* send())]
      expect(first.id).not.toBe(second.id)
      expect(linq.asked).toHaveLength(2)
    }))
})

describe("a caller that goes away", () => {
  it.scoped("before anything left stops the send", () =>
    Effect.gen(function*() {
      const { linq, router, send } = yield* world({ linq: { answers: [slow(1_000, "first"), "second"] } })
      const first = yield* Effect.fork(send())
      const waiting = yield* Effect.fork(send(Draft.text("later")))
      yield* settle
      yield* Fiber.interrupt(waiting)
      yield* TestClock.adjust("2 seconds")
      right(yield* Fiber.join(first))
      yield* settle
      expect(linq.texts()).toEqual([words])
      expect(yield* router.held()).toEqual([])
    }))

  it.scoped("while the carrier is asked leaves the send to its own end, which a later call under the key gets", () =>
    Effect.gen(function*() {
      const { linq, router, send, sendblue } = yield* world({ linq: { answers: [slow(1_000, "m")] } })
      const calling = yield* Effect.fork(Effect.timeoutOption(send(hello, { key: "k" }), "100 millis"))
      yield* until(() => linq.asked.length === 1)
      yield* TestClock.adjust("100 millis")
      expect(yield* Fiber.join(calling)).toEqual(Option.none())
      const again = yield* Effect.fork(send(hello, { key: "k" }))
      yield* settle
      yield* TestClock.adjust("2 seconds")
      expect(right(yield* Fiber.join(again)).receipts).toMatchObject([{ ref: { id: "m" } }])
      expect(linq.asked).toHaveLength(1)
      expect(sendblue.asked).toHaveLength(0)
      // a caller's own short timeout says nothing about the carrier
      expect(yield* router.health).toMatchObject([{ carrierId: "linq", state: "closed", failures: 0 }])
    }))

  it.scoped("for good is told on record, and what the carrier then says is on record too", () =>
    Effect.gen(function*() {
      const { decisions, linq, router, send, told } = yield* world({ linq: { answers: [slow(1_000, "m")] } })
      const calling = yield* Effect.fork(send())
      yield* settle
      yield* Fiber.interrupt(calling)
      yield* TestClock.adjust("2 seconds")
      yield* settle
      expect(told.map(({ _tag }) => _tag)).toEqual(["Started", "Abandoned", "Tried", "Concluded", "Bound"])
      const [started] = told
      const id = started !== undefined && "deliveryId" in started ? started.deliveryId : expect.fail("nothing started")
      expect(yield* decisions(id)).toContain("Abandoned")
      expect(Option.getOrThrow(yield* router.explain(id))).toMatchObject({
        outcome: { _tag: "Accepted" },
        trials: [{ outcome: "accepted" }]
      })
      expect(linq.asked).toHaveLength(1)
    }))

  it.scoped("while a lost answer is looked for leaves it held, and nothing is sent any more", () =>
    Effect.gen(function*() {
      const { linq, router, send, sendblue } = yield* world({ linq: { answers: [failure("Timeout"), failure("Timeout")] } })
      const calling = yield* Effect.fork(send())
      yield* settle
      yield* TestClock.adjust("500 millis")
      yield* settle
      const before = linq.asked.length
      yield* Fiber.interrupt(calling)
      yield* settle
      yield* TestClock.adjust("10 minutes")
      expect(linq.asked.length).toBe(before)
      expect(sendblue.asked).toEqual([])
      expect(yield* router.held()).toHaveLength(1)
    }))

  it.scoped("does not stop a send that somebody else waits for", () =>
    Effect.gen(function*() {
      const inner = yield* MemoryLedger.make()
      let claims = 0
      const ledger: LedgerService = { ...inner, claim: (request) => Effect.tap(inner.claim(request), () => Effect.sync(() => claims += 1)) }
      const { linq, send, told } = yield* world({
        ledger,
        linq: { answers: [failure("RateLimited", { retryAfter: Duration.seconds(2) }), "m"] }
      })
      const first = yield* Effect.fork(send(hello, { key: "k" }))
      yield* until(() => linq.asked.length === 1)
      const second = yield* Effect.fork(send(hello, { key: "k" }))
      yield* until(() => claims === 2)
      yield* Fiber.interrupt(first)
      yield* TestClock.adjust("5 seconds")
      right(yield* Fiber.join(second))
      expect(linq.asked).toHaveLength(2)
      expect(told.map(({ _tag }) => _tag)).not.toContain("Abandoned")
    }))
})

describe("a deadline", () => {
  it.scoped("of an attempt ends it as unknown at a carrier that does not answer, and nobody else is asked", () =>
    Effect.gen(function*() {
      const { linq, send, sendblue } = yield* world({
        linq: { answers: [Effect.never], finds: "nothing" },
        policy: { deadlines: { attempt: "2 seconds", send: "1 minute" } }
      })
      const calling = yield* Effect.fork(send())
      yield* settle
      yield* TestClock.adjust("2 seconds")
      const error = left(yield* Fiber.join(calling))
      expect(error).toMatchObject({
        _tag: "Held",
        evidence: { error: { reason: "Timeout", certainty: "unknown", blame: "network" }, parts: [0] }
      })
      expect(error.attempts).toMatchObject([{ carrierId: "linq", outcome: "unknown", millis: 2_000 }])
      expect(sendblue.asked).toEqual([])
      expect(linq.asked).toHaveLength(1)
    }))

  it.scoped("of an attempt ends a look-up that never ends: nothing left, so the next carrier is asked", () =>
    Effect.gen(function*() {
      const { linq, send, sendblue } = yield* world({
        linq: { lookUp: Effect.never },
        policy: { deadlines: { attempt: "2 seconds", send: "1 minute" } }
      })
      const calling = yield* Effect.fork(send())
      yield* settle
      yield* TestClock.adjust("2 seconds")
      expect(right(yield* Fiber.join(calling)).attempts).toMatchObject([
        { carrierId: "linq", outcome: "rejected", error: { reason: "Timeout", certainty: "not-sent" } },
        { carrierId: "sendblue", outcome: "accepted" }
      ])
      expect([linq.asked.length, sendblue.asked.length]).toEqual([0, 1])
    }).pipe(quiet))

  it.scoped("of the send ends slow looks with what is known", () =>
    Effect.gen(function*() {
      const { send } = yield* world({
        linq: { answers: [failure("Transport"), Effect.never] },
        policy: { deadlines: { attempt: "5 seconds", send: "7 seconds" }, reconcile: { every: "1 second", within: "7 seconds" } }
      })
      const calling = yield* Effect.fork(Effect.timed(send()))
      yield* settle
      yield* TestClock.adjust("10 seconds")
      const [took, answer] = yield* Fiber.join(calling)
      expect(left(answer)).toMatchObject({ _tag: "Held", evidence: { error: { reason: "Transport" } } })
      expect(Duration.toMillis(took)).toBeLessThanOrEqual(8_000)
    }))

  it.scoped("of the send ends the wait for a conversation that is busy: nothing was sent", () =>
    Effect.gen(function*() {
      const { linq, send } = yield* world({
        linq: { answers: [slow(50_000, "m")] },
        policy: { deadlines: { attempt: "1 minute", send: "1 minute" } }
      })
      const first = yield* Effect.fork(send())
      yield* settle
      yield* TestClock.adjust("1 second")
      const second = yield* Effect.fork(send(Draft.text("second")))
      const third = yield* Effect.fork(send(Draft.text("third")))
      yield* settle
      yield* TestClock.adjust("49 seconds")
      right(yield* Fiber.join(first))
      yield* TestClock.adjust("15 seconds")
      expect(left(yield* Fiber.join(third))).toMatchObject({
        _tag: "NotSent",
        error: { reason: "Timeout", certainty: "not-sent" },
        attempts: [{}]
      })
      yield* TestClock.adjust("1 minute")
      yield* Fiber.join(second)
      expect(linq.texts()).toEqual([words, "second"])
    }))

  it.scoped("of the send ends the wait for a full line", () =>
    Effect.gen(function*() {
      const { send } = yield* world({
        linq: { answers: [failure("RateLimited", { retryAfter: Duration.seconds(8) })] },
        policy: { prefer: ["linq", "sendblue"], affinity: { mode: "sticky" }, deadlines: { attempt: "5 seconds", send: "5 seconds" } },
        sendblue: { answers: [failure("RateLimited", { retryAfter: Duration.hours(2) })] }
      })
      const error = left(yield* send())
      expect(error).toMatchObject({ _tag: "NotSent", error: { reason: "RateLimited" } })
      expect(error.attempts.map(({ carrierId, outcome }) => [carrierId, outcome])).toEqual([["linq", "rejected"], ["sendblue", "rejected"]])
    }))
})

describe("the sends of a conversation", () => {
  it.scoped("go out one after the other in the order they came, and those of others beside them", () =>
    Effect.gen(function*() {
      const { linq, send } = yield* world({ linq: { answers: [slow(1_000, "a"), slow(1_000, "b"), slow(1_000, "c"), slow(1_000, "d")] } })
      const calls = yield* Effect.forEach(["one", "two", "three"], (text) => Effect.fork(send(Draft.text(text))))
      yield* settle
      const other = yield* Effect.fork(send(Draft.text("aside"), {}, toBob))
      yield* settle
      expect(linq.texts()).toEqual(["one", "aside"])
      yield* TestClock.adjust("5 seconds")
      yield* Fiber.joinAll([...calls, other])
      expect(linq.texts()).toEqual(["one", "aside", "two", "three"])
      expect(linq.asked.map(({ at }) => at)).toEqual([0, 0, 1_000, 2_000])
    }))
})

describe("every result", () => {
  it.scoped("names the carriers in order with what came of each", () =>
    Effect.gen(function*() {
      const { send } = yield* world({ linq: { answers: [failure("ConnectionFailed")] } })
      expect(right(yield* send()).attempts).toMatchObject([
        { carrierId: "linq", line: "support", outcome: "rejected", error: { reason: "ConnectionFailed" } },
        { carrierId: "sendblue", line: "support", outcome: "accepted" }
      ])
    }).pipe(quiet))

  it.scoped("all carriers down is one typed error that holds every attempt", () =>
    Effect.gen(function*() {
      const { send } = yield* world({
        linq: { answers: [failure("ConnectionFailed")] },
        sendblue: { answers: [failure("LineUnavailable")] }
      })
      expect(left(yield* send())).toMatchObject({
        _tag: "NotSent",
        error: { certainty: "not-sent" },
        attempts: [{ carrierId: "linq", error: { reason: "ConnectionFailed" } }, {
          carrierId: "sendblue",
          error: { reason: "LineUnavailable" }
        }]
      })
    }).pipe(quiet))

  it.scoped("no carrier can carry the draft is Invalid with every carrier's reason", () =>
    Effect.gen(function*() {
      const { linq: fake, send } = yield* world({ linq: { refuses: () => true }, sendblue: { refuses: () => true } })
      const error = left(yield* send())
      expect(error._tag === "Invalid" ? error.problems.map(({ message }) => message) : error._tag).toEqual([
        "linq: this carrier cannot carry it",
        "sendblue: this carrier cannot carry it"
      ])
      expect(error.attempts).toHaveLength(2)
      expect(fake.asked).toEqual([])
    }))

  it.scoped("only one carrier can carry the draft: it is asked, and the other is skipped", () =>
    Effect.gen(function*() {
      const { linq: fake, send } = yield* world({ linq: { refuses: () => true } })
      expect(right(yield* send()).attempts.map(({ carrierId, outcome }) => [carrierId, outcome])).toEqual([["linq", "skipped"], [
        "sendblue",
        "accepted"
      ]])
      expect(fake.asked).toEqual([])
    }))

  it.scoped("a split draft of which a part went out continues where it is, never elsewhere", () =>
    Effect.gen(function*() {
      const { linq: fake, send, sendblue } = yield* world({ linq: { split: true, answers: ["a", failure("LineUnavailable")] } })
      const error = left(yield* send(Draft.make([Part.text("one"), Part.media("https://images.example.com/a.png")])))
      expect(error).toMatchObject({
        _tag: "Partial",
        remaining: [1],
        receipts: [{ ref: { id: "a" }, parts: [0] }],
        attempts: [{ carrierId: "linq", outcome: "partial" }]
      })
      expect(fake.asked).toHaveLength(2)
      expect(sendblue.asked).toEqual([])
    }))
})

describe("what is written down", () => {
  const watched = (log: Array<string>, change: (ledger: LedgerService) => Partial<LedgerService> = () => ({})) =>
    Effect.map(MemoryLedger.make(), (ledger): LedgerService => ({
      ...ledger,
      open: (entry, within) =>
        Effect.tap(
          ledger.open(entry, within),
          () => Effect.sync(() => log.push(`open ${entry.state.phase._tag} ${entry.progress === undefined ? "without" : "with"} plan`))
        ),
      save: (entry) =>
        Effect.tap(
          ledger.save(entry),
          () =>
            Effect.sync(() =>
              log.push(`save ${entry.state.phase._tag} ${entry.progress === undefined ? "without" : `step ${entry.progress.step}`}`)
            )
        ),
      ...change(ledger)
    }))

  it.scoped("is written before the request leaves, with the plan", () =>
    Effect.gen(function*() {
      const log: Array<string> = []
      const ledger = yield* watched(log)
      const { send } = yield* world({
        ledger,
        linq: { split: true, answers: [Effect.sync(() => (log.push("left"), "a")), Effect.sync(() => (log.push("left"), "b"))] }
      })
      right(yield* send(Draft.make([Part.text("one"), Part.media("https://images.example.com/a.png")]), { key: "k" }))
      const lefts = log.flatMap((entry, index) => entry === "left" ? [log[index - 1]] : [])
      expect(lefts).toEqual(["save Sending step 0", "save Sending step 1"])
      expect(log.at(-1)).toMatch(/^save Done/)
    }))

  it.scoped("without a caller's key it is written before the request leaves, too", () =>
    Effect.gen(function*() {
      const log: Array<string> = []
      const ledger = yield* watched(log)
      const { send } = yield* world({ ledger, linq: { answers: [Effect.sync(() => (log.push("left"), "a"))] } })
      right(yield* send())
      expect(log.slice(0, 2)).toEqual(["open Sending with plan", "left"])
    }))

  it.scoped.each(["open", "save", "binding", "claim"] as const)(
    "a ledger that fails at %s before anything left stops the send",
    (broken) =>
      Effect.gen(function*() {
        const ledger = yield* watched([], () => ({ [broken]: () => Effect.dieMessage("the store is gone") }))
        const { linq: fake, router, send, sendblue } = yield* world({ ledger })
        const answer = yield* Effect.exit(send(hello, broken === "open" ? {} : { key: "k" }))
        // nor is it the carrier's fault
        expect((yield* router.health).filter(({ failures }) => failures > 0)).toEqual([])
        expect(fake.asked).toEqual([])
        expect(sendblue.asked).toEqual([])
        // an equal send may have gone before under the key, or may wait in a process that stands still
        const error = broken === "open"
          ? { _tag: "NotSent", error: { certainty: "not-sent" } }
          : { _tag: "Held", evidence: { error: { certainty: "unknown", next: "retry" } } }
        expect(answer).toMatchObject({ _tag: "Success", value: { _tag: "Left", left: error } })
      }).pipe(quiet)
  )

  it.scoped("a ledger that fails after the request left gives Held, and the lane is free again", () =>
    Effect.gen(function*() {
      let isBroken = false
      const ledger = yield* watched([], (inner) => ({
        save: (entry) => isBroken ? Effect.dieMessage("the store is gone") : inner.save(entry)
      }))
      const { linq: fake, send } = yield* world({ ledger, linq: { answers: [Effect.sync(() => (isBroken = true, "a")), "b"] } })
      expect(left(yield* send())).toMatchObject({ _tag: "Held", evidence: { error: { certainty: "unknown" } } })
      isBroken = false
      right(yield* send(Draft.text("next")))
      expect(fake.asked).toHaveLength(2)
    }).pipe(quiet))

  it.scoped("a ledger that another process has taken over stops this one before the request leaves", () =>
    Effect.gen(function*() {
      const ledger = yield* watched([])
      const { linq: fake, send, sendblue } = yield* world({ ledger })
      yield* ledger.acquire(Shard.all)
      for (const options of [{}, { key: "k" }, { key: "k" }]) {
        expect(left(yield* send(hello, options))).toMatchObject({ _tag: "NotSent", error: { reason: "Conflict", certainty: "not-sent" } })
      }
      expect([...fake.asked, ...sendblue.asked]).toEqual([])
    }))
})

describe("the end of a process", () => {
  it.scoped("waits for what is under way, takes nothing new, and has all of it on record", () =>
    Effect.gen(function*() {
      const { close, linq, messaging, router, send } = yield* world({
        linq: { answers: [slow(5_000, "m")] },
        options: { drainFor: "30 seconds" }
      })
      const calling = yield* Effect.fork(send())
      yield* settle
      const closing = yield* Effect.fork(close)
      yield* settle
      expect(left(yield* Effect.either(messaging.send(toBob, hello)))).toMatchObject({
        _tag: "NotSent",
        error: { reason: "Cancelled", certainty: "not-sent" }
      })
      yield* TestClock.adjust("5 seconds")
      yield* Fiber.join(closing)
      expect(right(yield* Fiber.join(calling)).receipts).toMatchObject([{ ref: { id: "m" } }])
      expect(linq.asked).toHaveLength(1)
      expect(yield* router.held()).toEqual([])
    }))

  it.scoped("answers an equal send under the same key with what came of the first one, or may have come of it", () =>
    Effect.gen(function*() {
      const { close, linq, send } = yield* world({
        linq: { answers: ["m", slow(5_000, "n")] },
        options: { drainFor: "30 seconds" }
      })
      const keyed = (text: string) => send(Draft.text(text), { key: text })
      const before = right(yield* keyed("sent before"))
      const calling = yield* Effect.fork(keyed("under way"))
      yield* settle
      const closing = yield* Effect.fork(close)
      yield* settle
      expect(right(yield* keyed("sent before"))).toEqual(before)
      expect(left(yield* keyed("under way"))).toMatchObject({ _tag: "Held", evidence: { error: { certainty: "unknown" } } })
      expect(left(yield* keyed("new"))).toMatchObject({ _tag: "NotSent", error: { reason: "Cancelled" } })
      yield* TestClock.adjust("5 seconds")
      yield* Fiber.join(closing)
      expect(right(yield* Fiber.join(calling)).receipts).toMatchObject([{ ref: { id: "n" } }])
      expect(linq.asked).toHaveLength(2)
    }))

  it.scoped("records as unknown what does not end in time, and stops what rests", () =>
    Effect.gen(function*() {
      const { close, linq, router, send } = yield* world({
        linq: { answers: [Effect.never] },
        sendblue: {},
        options: { drainFor: "2 seconds" },
        policy: { rules: [{ match: { countryCodes: ["+1202555012"], kind: "direct" }, prefer: ["linq"] }] }
      })
      const calling = yield* Effect.fork(send())
      const waiting = yield* Effect.fork(send(Draft.text("waits for its turn")))
      yield* settle
      const closing = yield* Effect.fork(close)
      yield* settle
      expect(left(yield* Fiber.join(waiting))._tag).toBe("NotSent")
      yield* TestClock.adjust("2 seconds")
      yield* Fiber.join(closing)
      expect(left(yield* Fiber.join(calling))).toMatchObject({
        _tag: "Held",
        evidence: { error: { blame: "caller", certainty: "unknown" } }
      })
      expect(linq.asked).toHaveLength(1)
      expect(yield* router.held()).toHaveLength(1)
      // our own closing is not the carrier's fault
      expect(yield* router.health).toMatchObject([{ carrierId: "linq", failures: 0 }])
    }))
})

describe("the next process over the same ledger", () => {
  /** A ledger as a process left it that was killed in the middle of a send, and what that process would have asked. */
  const killed = (options: { readonly key?: string; readonly answer?: Answer } = {}) =>
    Effect.gen(function*() {
      const inner = yield* MemoryLedger.make()
      const buried = yield* Deferred.make<void>()
      let isDead = false
      // what a dead process would write does not arrive
      const ledger: LedgerService = {
        ...inner,
        save: (entry) => isDead ? Effect.zipRight(Deferred.await(buried), inner.save(entry)) : inner.save(entry),
        append: (id, events) => isDead ? Effect.void : inner.append(id, events)
      }
      const first = yield* world({
        ledger,
        linq: { answers: [options.answer ?? Effect.never], finds: "nothing" },
        options: { drainFor: 0 }
      })
      yield* Effect.addFinalizer(() => Deferred.succeed(buried, undefined))
      yield* Effect.forkDaemon(first.send(hello, options.key === undefined ? {} : { key: options.key }))
      yield* until(() => options.answer === undefined ? first.linq.asked.length === 1 : first.told.some(({ _tag }) => _tag === "Retrying"))
      isDead = true
      const [id] = first.told.flatMap((event) => "deliveryId" in event ? [event.deliveryId] : [])
      return { inner, first, id: id ?? expect.fail("nothing started") }
    })

  it.scoped("looks for what may have left, and holds what it does not find: nothing is sent again", () =>
    Effect.gen(function*() {
      const { first, id, inner } = yield* killed()
      const second = yield* world({ ledger: inner })
      yield* settle
      expect((yield* second.router.held()).map(({ deliveryId }) => deliveryId)).toEqual([id])
      expect([...second.linq.asked, ...second.sendblue.asked]).toEqual([])
      expect(first.linq.asked).toHaveLength(1)
      expect(Option.getOrThrow(yield* second.router.explain(id))).toMatchObject({
        outcome: { _tag: "Unknown" },
        trials: [{ carrierId: "linq", outcome: "unknown" }]
      })
    }).pipe(quiet))

  it.scoped("answers a call under its key with what is known, and sends nothing again", () =>
    Effect.gen(function*() {
      const { id, inner } = yield* killed({ key: "k" })
      const second = yield* world({ ledger: inner })
      yield* settle
      const again = yield* Effect.fork(second.send(hello, { key: "k" }))
      expect(left(yield* ending(again))).toMatchObject({ _tag: "Held", deliveryId: id })
      expect([...second.linq.asked, ...second.sendblue.asked]).toEqual([])
    }).pipe(quiet))

  const refused = Effect.fail(failure("RateLimited", { retryAfter: Duration.seconds(9) }))

  it.scoped("sends what certainly had not left within its time, once, also if nobody calls", () =>
    Effect.gen(function*() {
      const { id, inner } = yield* killed({ key: "k", answer: refused })
      const second = yield* world({ ledger: inner })
      yield* TestClock.adjust("10 seconds")
      yield* settle
      expect(second.linq.texts()).toEqual([words])
      expect(right(yield* second.send(hello, { key: "k" })).id).toBe(id)
      expect([second.linq.asked.length, second.sendblue.asked.length]).toEqual([1, 0])
    }).pipe(quiet))

  it.scoped("ends what certainly had not left as not sent when its time is over", () =>
    Effect.gen(function*() {
      const { id, inner } = yield* killed({ key: "k", answer: refused })
      yield* TestClock.adjust("10 minutes")
      const second = yield* world({ ledger: inner })
      yield* settle
      const again = yield* Effect.fork(second.send(hello, { key: "k" }))
      expect(left(yield* ending(again))).toMatchObject({ _tag: "NotSent", deliveryId: id })
      expect([...second.linq.asked, ...second.sendblue.asked]).toEqual([])
    }).pipe(quiet))

  it.scoped("settles by a fact what the dead one could not: the key's caller then gets its delivery", () =>
    Effect.gen(function*() {
      const { id, inner } = yield* killed({ key: "k" })
      const second = yield* world({ ledger: inner })
      yield* settle
      yield* second.router.observe({
        _tag: "Status",
        carrierId: linq,
        fact: { ref: MessageRef.make(linq, "found"), status: "delivered" },
        idempotencyKey: `${id}:1:0`
      })
      expect(yield* second.router.held()).toEqual([])
      expect(right(yield* second.send(hello, { key: "k" }))).toMatchObject({ id, carrierId: "linq", receipts: [{ ref: { id: "found" } }] })
      expect([...second.linq.asked, ...second.sendblue.asked]).toEqual([])
    }).pipe(quiet))
})

describe("held deliveries", () => {
  const holding = () =>
    Effect.gen(function*() {
      const all = yield* world({ linq: { answers: [failure("Timeout")], finds: "nothing" } })
      const error = left(yield* all.send())
      expect(error._tag).toBe("Held")
      return { ...all, id: error.deliveryId }
    })

  it.scoped("are listed the oldest first, with their evidence", () =>
    Effect.gen(function*() {
      const { id, router, send } = yield* holding()
      yield* TestClock.adjust("1 minute")
      const later = left(yield* send(Draft.text("later"), {}, toBob))
      expect((yield* router.held()).map(({ deliveryId }) => deliveryId)).toEqual([id, later.deliveryId])
      expect(yield* router.held(1)).toMatchObject([{
        deliveryId: id,
        trial: { carrierId: "linq", outcome: "unknown" },
        evidence: { error: { reason: "Timeout" } }
      }])
    }))

  it.scoped("are settled as arrived by an operator: status and replies work by the id", () =>
    Effect.gen(function*() {
      const { decisions, id, router } = yield* holding()
      expect(yield* router.settle(id, { _tag: "Arrived", ref: MessageRef.make(linq, "seen-in-the-console") })).toBe(true)
      expect(yield* router.held()).toEqual([])
      expect(Option.getOrThrow(yield* router.explain(id))).toMatchObject({
        outcome: { _tag: "Accepted", receipts: [{ ref: { id: "seen-in-the-console" } }] }
      })
      expect(yield* decisions(id)).toContain("Settled")
    }))

  it.scoped("are settled as not sent, and nothing is sent by that", () =>
    Effect.gen(function*() {
      const { id, linq: fake, router, sendblue } = yield* holding()
      expect(yield* router.settle(id, { _tag: "NotSent" })).toBe(true)
      expect(yield* router.held()).toEqual([])
      expect(Option.getOrThrow(yield* router.explain(id))).toMatchObject({ outcome: { _tag: "Rejected" } })
      expect(fake.asked).toHaveLength(1)
      expect(sendblue.asked).toEqual([])
    }))

  it.scoped("say who settled them, either way, and nobody where nobody said so", () =>
    Effect.gen(function*() {
      for (const verdict of [{ _tag: "NotSent" }, { _tag: "Arrived", ref: MessageRef.make(linq, "m") }] as const) {
        const { id, router } = yield* holding()
        yield* router.settle(id, verdict, "night-shift")
        expect(Option.getOrThrow(yield* router.explain(id)).decisions).toContainEqual(
          expect.objectContaining({ _tag: "Settled", by: "operator", who: "night-shift" })
        )
      }
      const { id, router } = yield* holding()
      yield* router.settle(id, { _tag: "NotSent" })
      for (const decision of Option.getOrThrow(yield* router.explain(id)).decisions) expect(decision).not.toHaveProperty("who")
    }).pipe(quiet))

  it.scoped("settled as not sent, and then it shows up: an incident", () =>
    Effect.gen(function*() {
      const { decisions, id, router } = yield* holding()
      yield* router.settle(id, { _tag: "NotSent" })
      yield* router.observe({
        _tag: "Status",
        carrierId: linq,
        fact: { ref: MessageRef.make(linq, "late"), status: "delivered" },
        idempotencyKey: `${id}:1:0`
      })
      expect((yield* decisions(id)).at(-1)).toBe("LateArrival")
    }).pipe(quiet))

  it.scoped("what is not held, not known, or at another carrier is not settled", () =>
    Effect.gen(function*() {
      const { id, router, send } = yield* holding()
      const other = "00000000-0000-4000-8000-000000000000" as DeliveryId
      expect(yield* router.settle(other, { _tag: "NotSent" })).toBe(false)
      expect(yield* Effect.flip(router.settle(id, { _tag: "Arrived", ref: MessageRef.make(sendblue, "m") }))).toMatchObject({
        problems: [{ path: ["verdict", "ref", "carrierId"] }]
      })
      expect(yield* Effect.flip(router.settle(id, { _tag: "Arrived", ref: { carrierId: linq, id: "" } }))).toMatchObject({
        problems: [{ path: ["verdict", "ref", "id"] }]
      })
      expect(yield* Effect.flip(router.settle(id, JSON.parse("{\"_tag\":\"Gone\"}")))).toMatchObject({ problems: [{ path: ["verdict"] }] })
      expect(yield* router.held()).toHaveLength(1)
      const done = yield* send(hello, {}, Conversation.direct(toAda.line, bob))
      expect(yield* router.settle(Either.isLeft(done) ? done.left.deliveryId : done.right.id, { _tag: "NotSent" })).toBe(
        Either.isLeft(done)
      )
      expect(yield* router.settle(id, { _tag: "NotSent" })).toBe(true)
      expect(yield* router.settle(id, { _tag: "NotSent" })).toBe(false)
    }))

  it.scoped("are looked for where looking sends nothing, and are listed until they are found", () =>
    Effect.gen(function*() {
      let listed: ReadonlyArray<string> = []
      let fails = false
      const { linq: fake, router, send, sendblue: second } = yield* world({
        policy: { prefer: ["sendblue", "linq"], reconcile: { every: "1 second", within: "2 seconds" } },
        sendblue: {
          answers: [failure("Timeout")],
          finds: () => Effect.suspend(() => fails ? Effect.fail(failure("Authentication")) : Effect.succeed(Either.right(listed)))
        }
      })
      const calling = yield* Effect.fork(send())
      yield* settle
      yield* TestClock.adjust("3 seconds")
      expect(left(yield* Fiber.join(calling))._tag).toBe("Held")
      expect(yield* router.look).toMatchObject([{ carrierId: "sendblue", result: "not-found" }])
      expect(yield* router.held()).toHaveLength(1)
      fails = true
      expect(yield* router.look).toMatchObject([{ result: "failed", reason: "Authentication" }])
      fails = false
      listed = ["found"]
      // the patrol does it by itself, too
      yield* TestClock.adjust("1 minute")
      yield* settle
      expect(yield* router.held()).toEqual([])
      expect(second.asked).toHaveLength(1)
      expect(fake.asked).toEqual([])
    }))

  it.scoped("a hundred that nobody can settle do not stand in front of the next", () =>
    Effect.gen(function*() {
      let listed: ReadonlyArray<string> = []
      const { router, send } = yield* world({
        policy: { prefer: ["sendblue"], reconcile: { every: "1 second", within: "1 second" }, breaker: { failures: 1_000 } },
        sendblue: { answers: [failure("Timeout")], finds: () => Effect.succeed(Either.right(listed)) }
      })
      const stuck = yield* Effect.fork(
        Effect.forEach(Array.from({ length: 101 }, (_, index) => index), (index) => send(Draft.text(`lost ${index}`), {}, toBob))
      )
      yield* ending(stuck)
      expect(yield* router.held(1_000)).toHaveLength(101)
      yield* TestClock.adjust("2 hours")
      const last = yield* Effect.fork(send(Draft.text("the last")))
      yield* settle
      yield* TestClock.adjust("2 seconds")
      const { deliveryId } = left(yield* Fiber.join(last))
      listed = ["found"]
      const looks = yield* router.look
      expect(looks.filter(({ result }) => result === "unasked")).toHaveLength(101)
      expect(looks.filter(({ result }) => result === "found")).toMatchObject([{ deliveryId, carrierId: "sendblue" }])
      expect((yield* router.held(1_000)).map((held) => held.deliveryId)).not.toContain(deliveryId)
    }))
})
