import { describe, it } from "@effect/vitest"
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import { CarrierId } from "@interline/core/CarrierId"
import * as Conversation from "@interline/core/Conversation"
import type { Delivery } from "@interline/core/Delivery"
import * as DeliveryId from "@interline/core/DeliveryId"
import * as Handle from "@interline/core/Handle"
import * as Line from "@interline/core/Line"
import type { Ended } from "@interline/router/Router"
import type { RequestLogService } from "@interline/sql/RequestLog"
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/TestClock"
import * as Drain from "../src/http/Drain.ts"
import * as CurrentAnswer from "../src/once/currentAnswer.ts"
import * as Once from "../src/once/once.ts"
import { requestLog } from "./memory.ts"

const policy: Once.Policy = {
  keep: Duration.hours(24),
  deliveryOf: () => Option.none(),
  isUncertain: () => false,
  underWay: "wait"
}

const refusing: Once.Policy = { ...policy, underWay: Duration.seconds(10) }

const expecting: Once.Policy = { ...policy, expectedUntil: (_, at) => at + 60_000 }

const outcome = (body: string, effect: Once.Outcome["effect"] = "done"): Once.Outcome => ({
  reply: { status: 200, headers: {}, body },
  effect
})

const asked: Once.Asked = { scope: "scope", fingerprint: "fingerprint" }

const delivery = (id: DeliveryId.DeliveryId): Delivery => ({
  id,
  conversation: Conversation.direct(Line.name("support"), Handle.make("+12025550123")),
  carrierId: CarrierId.make("linq"),
  receipts: [{ ref: { carrierId: CarrierId.make("linq"), id: "m1" }, parts: [0], status: "pending" }],
  status: "pending",
  losses: [],
  attempts: [{
    carrierId: CarrierId.make("linq"),
    line: Line.name("support"),
    outcome: "accepted",
    why: "the carrier took it",
    startedAt: 0,
    millis: 1
  }]
})

const ended = () => Effect.succeedNone

/** A process on a log. `ask` runs a work under an id, or joins the request that has it. */
const makeProcess = (log: RequestLogService, given: Once.Policy = policy, parts: Partial<Once.Parts> = {}) =>
  Effect.map(Once.make({ log, ended, ...parts }, given), (once) => ({
    once,
    ask: (work: Once.Work<Once.Outcome>, request: Once.Asked = asked) => {
      const begin = Effect.flatMap(Clock.currentTimeMillis, (at) => log.begin(once.request(request, "one", at)))
      return Effect.flatMap(begin, (begun) => once.run("one", begun, begin, work))
    }
  }))

/** Work that counts how often it ran from the start, and how often after a run that did not end. */
const makeWork = (...outcomes: readonly [Once.Outcome, ...ReadonlyArray<Once.Outcome>]) => {
  const ran: Array<"first" | "resumed"> = []
  const next = (which: "first" | "resumed") =>
    Effect.sync(() => {
      ran.push(which)
      return outcomes[ran.length - 1] ?? outcome("once too often")
    })
  return { ran, work: { first: next("first"), resumed: next("resumed") } satisfies Once.Work<Once.Outcome> }
}

/** Work that begins and does not end before it is let go. */
const makeSlowWork = (end: Once.Outcome = outcome("slow")) =>
  Effect.map(Effect.all([Deferred.make<void>(), Deferred.make<void>()]), ([begun, letGo]) => {
    const first = Deferred.succeed(begun, undefined).pipe(Effect.zipRight(Deferred.await(letGo)), Effect.as(end))
    return { begun: Deferred.await(begun), letGo: Deferred.succeed(letGo, undefined), work: { first, resumed: first } }
  })

type Result = Once.Result<Once.Outcome>

const ran = (body: string, effect: Once.Outcome["effect"] = "done"): Result => ({ _tag: "Ran", outcome: outcome(body, effect) })
const joined = (body: string, effect: Once.Outcome["effect"] = "done"): Result => ({ _tag: "Joined", outcome: outcome(body, effect) })
const inProgress: Result = { _tag: "InProgress" }

describe("a request that happens once", () => {
  it.scoped("runs for the first who asks, and is joined by the others", () =>
    Effect.gen(function*() {
      const { ask } = yield* makeProcess(requestLog())
      const { ran: runs, work } = makeWork(outcome("first"))
      deepStrictEqual(yield* ask(work), ran("first"))
      deepStrictEqual(yield* ask(work), joined("first"))
      deepStrictEqual(runs, ["first"])
    }))

  it.scoped("runs in one of two processes that ask at once, and the other waits for it", () =>
    Effect.gen(function*() {
      const log = requestLog()
      const here = yield* makeProcess(log)
      const there = yield* makeProcess(log)
      const slow = yield* makeSlowWork()
      const { ran: runs, work } = makeWork(outcome("twice"))
      const first = yield* Effect.fork(here.ask(slow.work))
      yield* slow.begun
      const second = yield* Effect.fork(there.ask(work))
      yield* TestClock.adjust("5 seconds")
      yield* slow.letGo
      deepStrictEqual(yield* Fiber.join(first), ran("slow"))
      yield* TestClock.adjust("1 second")
      deepStrictEqual(yield* Fiber.join(second), joined("slow"))
      deepStrictEqual(runs, [])
    }))

  it.scoped("is waited for in its own process without asking the log", () =>
    Effect.gen(function*() {
      const { ask } = yield* makeProcess(requestLog())
      const slow = yield* makeSlowWork()
      const first = yield* Effect.fork(ask(slow.work))
      yield* slow.begun
      const second = yield* Effect.fork(ask(slow.work))
      yield* Effect.yieldNow()
      yield* slow.letGo
      deepStrictEqual(yield* Fiber.join(second), joined("slow"))
      deepStrictEqual(yield* Fiber.join(first), ran("slow"))
    }))

  it.scoped("that never ends is in progress for those who do not wait, and for the first after its time", () =>
    Effect.gen(function*() {
      const { ask } = yield* makeProcess(requestLog(), refusing)
      const slow = yield* makeSlowWork()
      const first = yield* Effect.fork(ask(slow.work))
      yield* slow.begun
      deepStrictEqual(yield* ask(slow.work), inProgress)
      yield* TestClock.adjust("10 seconds")
      deepStrictEqual(yield* Fiber.join(first), inProgress)
      yield* TestClock.adjust("1 hour")
      deepStrictEqual(yield* ask(slow.work), inProgress)
    }))

  it.scoped("that ends late is kept all the same, and its retry gets the answer", () =>
    Effect.gen(function*() {
      const { ask } = yield* makeProcess(requestLog(), refusing)
      const slow = yield* makeSlowWork()
      const first = yield* Effect.fork(ask(slow.work))
      yield* slow.begun
      yield* TestClock.adjust("10 seconds")
      yield* Fiber.join(first)
      yield* slow.letGo
      yield* TestClock.adjust("1 second")
      deepStrictEqual(yield* ask(slow.work), joined("slow"))
    }))

  it.scoped("goes on without its client", () =>
    Effect.gen(function*() {
      const { ask } = yield* makeProcess(requestLog())
      const slow = yield* makeSlowWork()
      const client = yield* Effect.fork(ask(slow.work))
      yield* slow.begun
      yield* Fiber.interrupt(client)
      yield* slow.letGo
      deepStrictEqual(yield* ask(slow.work), joined("slow"))
    }))

  it.scoped("whose process ends in the middle of it is resumed by the next who asks", () =>
    Effect.gen(function*() {
      const log = requestLog()
      const scope = yield* Scope.make()
      const dying = yield* Scope.extend(makeProcess(log), scope)
      const slow = yield* makeSlowWork()
      yield* Effect.fork(dying.ask(slow.work))
      yield* slow.begun
      yield* Scope.close(scope, Exit.void)
      const { ask } = yield* makeProcess(log)
      const { ran: runs, work } = makeWork(outcome("resumed"))
      deepStrictEqual(yield* ask(work), ran("resumed"))
      deepStrictEqual(runs, ["resumed"])
    }))

  it.scoped("whose process dies between its effect and its record is resumed when the lease is over", () =>
    Effect.gen(function*() {
      const log = requestLog()
      const unwritten: RequestLogService = { ...log, finish: () => Effect.never, abandon: () => Effect.void, renew: () => Effect.void }
      const dying = yield* makeProcess(unwritten)
      const { ran: runs, work } = makeWork(outcome("sent"), outcome("joined by the ledger"))
      yield* Effect.fork(dying.ask(work))
      const { ask } = yield* makeProcess(log)
      const second = yield* Effect.fork(ask(work))
      yield* TestClock.adjust("10 seconds")
      deepStrictEqual(runs, ["first"])
      yield* TestClock.adjust("6 seconds")
      deepStrictEqual(yield* Fiber.join(second), ran("joined by the ledger"))
      deepStrictEqual(runs, ["first", "resumed"])
    }))

  it.scoped("that breaks is resumed by the next who asks", () =>
    Effect.gen(function*() {
      const { ask } = yield* makeProcess(requestLog())
      const broken = Effect.dieMessage("broken")
      strictEqual(Exit.isFailure(yield* Effect.exit(ask({ first: broken, resumed: broken }))), true)
      const { ran: runs, work } = makeWork(outcome("resumed"))
      deepStrictEqual(yield* ask(work), ran("resumed"))
      deepStrictEqual(runs, ["resumed"])
    }))

  it.scoped("whose answer cannot be written down is answered, and resumed by the next who asks", () =>
    Effect.gen(function*() {
      const log = requestLog()
      const { ask } = yield* makeProcess({ ...log, finish: () => Effect.dieMessage("no database") })
      const { ran: runs, work } = makeWork(outcome("sent"), outcome("again"))
      deepStrictEqual(yield* ask(work), ran("sent"))
      deepStrictEqual(yield* ask(work), ran("again"))
      deepStrictEqual(runs, ["first", "resumed"])
    }))

  it.scoped("of which nobody knows how far it got is resumed by the next who asks", () =>
    Effect.gen(function*() {
      const { ask } = yield* makeProcess(requestLog())
      const { ran: runs, work } = makeWork(outcome("who knows", "unknown"), outcome("known"))
      deepStrictEqual(yield* ask(work), ran("who knows", "unknown"))
      deepStrictEqual(yield* ask(work), ran("known"))
      deepStrictEqual(yield* ask(work), joined("known"))
      deepStrictEqual(runs, ["first", "resumed"])
    }))

  it.scoped("that did nothing leaves its id free", () =>
    Effect.gen(function*() {
      const log = requestLog()
      const { ask } = yield* makeProcess(log)
      const { ran: runs, work } = makeWork(outcome("refused", "none"), outcome("done"))
      deepStrictEqual(yield* ask(work), ran("refused", "none"))
      deepStrictEqual(Array.from(log.rows.keys()), [])
      deepStrictEqual(yield* ask(work), ran("done"))
      deepStrictEqual(runs, ["first", "first"])
    }))

  it.scoped("that did nothing says so to those who join it, where its client is expected back", () =>
    Effect.gen(function*() {
      const log = requestLog()
      const { ask } = yield* makeProcess(log, expecting)
      const { ran: runs, work } = makeWork(outcome("later", "none"))
      deepStrictEqual(yield* ask(work), ran("later", "none"))
      deepStrictEqual(yield* ask(work), joined("later", "none"))
      strictEqual(log.rows.get("one")?.expectedUntil, 60_000)
      deepStrictEqual(runs, ["first"])
    }))

  it.scoped("is written and read as earlier versions do", () =>
    Effect.gen(function*() {
      const log = requestLog()
      const { ask, once } = yield* makeProcess(log, expecting)
      yield* log.begin(once.request(asked, "one", 0))
      const stored = { status: 503, headers: { "retry-after": "5", "interline-again": "1" }, body: "later" }
      yield* log.finish("one", stored, 0)
      const { work } = makeWork(outcome("anything"))
      deepStrictEqual(yield* ask(work), {
        _tag: "Joined",
        outcome: { reply: { status: 503, headers: { "retry-after": "5" }, body: "later" }, effect: "none" }
      })
      yield* log.begin(once.request(asked, "two", 0))
      yield* once.record("two", { reply: { status: 503, headers: { "retry-after": "5" }, body: "later" }, effect: "none" })
      deepStrictEqual(log.rows.get("two")?.reply, stored)
    }))

  it.scoped("is not joined by another request under its id, which gets what it came to", () =>
    Effect.gen(function*() {
      const { ask } = yield* makeProcess(requestLog())
      const { ran: runs, work } = makeWork(outcome("first"))
      const other = { scope: "scope", fingerprint: "other" }
      const slow = yield* makeSlowWork()
      const first = yield* Effect.fork(ask(slow.work))
      yield* slow.begun
      deepStrictEqual(yield* ask(work, other), { _tag: "Conflict", outcome: Option.none() })
      yield* slow.letGo
      yield* Fiber.join(first)
      deepStrictEqual(yield* ask(work, other), { _tag: "Conflict", outcome: Option.some(outcome("slow")) })
      deepStrictEqual(runs, [])
    }))

  it.scoped("is answered anew where its answer was uncertain and the delivery has ended since", () =>
    Effect.gen(function*() {
      const log = requestLog()
      const id = yield* DeliveryId.mint
      const end: Ended = Either.right(delivery(id))
      const { ask } = yield* makeProcess(
        log,
        { ...policy, deliveryOf: () => Option.some(id), isUncertain: ({ body }) => body === "held" },
        { ended: () => Effect.succeedSome(end) }
      )
      const { ran: runs, work } = makeWork(outcome("held"))
      yield* ask(work)
      const isAsked = Effect.map(CurrentAnswer.EndedSend, Option.isSome)
      const answered = Effect.map(isAsked, (isAsked) => outcome(isAsked ? "accepted" : "sent twice").reply)
      deepStrictEqual(yield* ask(work), joined("held"))
      deepStrictEqual(yield* ask({ ...work, answered }), joined("accepted"))
      deepStrictEqual(yield* ask(work), joined("accepted"))
      deepStrictEqual(runs, ["first"])
    }))

  it.scoped("is finished before the end of its process, as far as there is time", () =>
    Effect.gen(function*() {
      const log = requestLog()
      const scope = yield* Scope.make()
      const { ask } = yield* Scope.extend(makeProcess(log, { ...policy, drainFor: "30 seconds" }), scope)
      const slow = yield* makeSlowWork()
      const client = yield* Effect.fork(ask(slow.work))
      yield* slow.begun
      yield* Fiber.interrupt(client)
      const closing = yield* Effect.fork(Scope.close(scope, Exit.void))
      yield* TestClock.adjust("10 seconds")
      yield* slow.letGo
      yield* Fiber.join(closing)
      strictEqual(log.rows.get("one")?.reply?.body, "slow")
    }))

  it.scoped("counts as under way for the drain after its client has gone", () =>
    Effect.gen(function*() {
      const drain = yield* Drain.make
      const { ask } = yield* makeProcess(requestLog(), { ...policy, track: drain.track })
      const slow = yield* makeSlowWork()
      const client = yield* Effect.fork(ask(slow.work))
      yield* slow.begun
      yield* Fiber.interrupt(client)
      const idle = yield* Effect.fork(drain.idle)
      yield* Effect.yieldNow()
      strictEqual(Option.isNone(yield* Fiber.poll(idle)), true)
      yield* slow.letGo
      yield* Fiber.join(idle)
    }))
})
