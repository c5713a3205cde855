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

const cutOff = outcome("cut off")

const asked: Once.Asked = { scope: "scope", fingerprint: "fingerprint", isSend: false }

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
    ask: (work: Once.Work<Once.Outcome>, given: Once.Asked = asked) => {
      const request = { ...given, isSend: work._tag === "Send" }
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
  return { ran, work: { _tag: "Act", first: next("first"), resumed: next("resumed"), cutOff } as const satisfies Once.Work<Once.Outcome> }
}

/** Work that begins and does not end before it is let go. */
const makeSlowWork = (end: Once.Outcome = outcome("slow")) =>
  Effect.map(Effect.all([Deferred.make<void>(), Deferred.make<void>()]), ([begun, letGo]) => {
    const first = Deferred.succeed(begun, undefined).pipe(Effect.zipRight(Deferred.await(letGo)), Effect.as(end))
    return {
      begun: Deferred.await(begun),
      letGo: Deferred.succeed(letGo, undefined),
      work: { _tag: "Act", first, resumed: first, cutOff } as const
    }
  })

/** A send that counts its runs. Each run ends when it is let go with an outcome, or at once with the outcome that is given. */
const makeSend = (...outcomes: ReadonlyArray<Once.Outcome>) => {
  let runs = 0
  const run = Effect.sync(() => outcomes[runs++] ?? outcome("once too often"))
  const work: Once.Send<Once.Outcome> = {
    _tag: "Send",
    run,
    isOwn: ({ reply: { body } }) => body.startsWith("refused"),
    toDoubted: () => outcome("doubted", "unknown"),
    answered: Effect.dieMessage("nobody asks for a later answer")
  }
  return { runs: () => runs, work }
}

const makeSlowSend = Effect.map(Effect.all([Deferred.make<void>(), Deferred.make<Once.Outcome>()]), ([begun, end]) => {
  const { work } = makeSend()
  return {
    begun: Deferred.await(begun),
    end: (outcome: Once.Outcome) => Deferred.succeed(end, outcome),
    work: { ...work, run: Effect.zipRight(Deferred.succeed(begun, undefined), Deferred.await(end)) }
  }
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
      strictEqual(Exit.isFailure(yield* Effect.exit(ask({ _tag: "Act", first: broken, resumed: broken, cutOff }))), true)
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
      yield* log.withdraw("one", { reply: stored, expectedUntil: 0 })
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
      const other = { scope: "scope", fingerprint: "other", isSend: false }
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
      const { runs, work } = makeSend(outcome("held"))
      yield* ask(work)
      const isAsked = Effect.map(CurrentAnswer.EndedSend, Option.isSome)
      const answered = Effect.map(isAsked, (isAsked) => outcome(isAsked ? "accepted" : "sent twice").reply)
      deepStrictEqual(yield* ask({ ...work, answered }), joined("accepted"))
      deepStrictEqual(yield* ask(work), joined("accepted"))
      deepStrictEqual(runs(), 1)
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

  it.scoped("is answered as not known if the end of its process cuts it off, also to who joined it", () =>
    Effect.gen(function*() {
      const log = requestLog()
      const scope = yield* Scope.make()
      const { ask } = yield* Scope.extend(makeProcess(log, { ...policy, drainFor: "30 seconds" }), scope)
      const slow = yield* makeSlowWork()
      const client = yield* Effect.fork(ask(slow.work))
      yield* slow.begun
      const other = yield* Effect.fork(ask(slow.work))
      yield* Effect.yieldNow()
      const closing = yield* Effect.fork(Scope.close(scope, Exit.void))
      yield* TestClock.adjust("30 seconds")
      yield* Fiber.join(closing)
      deepStrictEqual([yield* Fiber.join(client), yield* Fiber.join(other)], [ran("cut off"), joined("cut off")])
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

describe("a send that happens once", () => {
  it.scoped("ends after the part that answers has ended, because the router says last what came of it", () =>
    Effect.gen(function*() {
      const log = requestLog()
      const scope = yield* Scope.make()
      const { ask } = yield* Scope.extend(makeProcess(log, { ...policy, drainFor: "1 second" }), scope)
      const slow = yield* makeSlowSend
      const client = yield* Effect.fork(ask(slow.work))
      yield* slow.begun
      const closing = yield* Effect.fork(Scope.close(scope, Exit.void))
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(closing)
      yield* slow.end(outcome("held"))
      deepStrictEqual(yield* Fiber.join(client), ran("held"))
      strictEqual(log.rows.get("one")?.reply?.body, "held")
    }))

  /** A send that is under way in another process, and a process that is asked for the same send. */
  const world = (given: Once.Policy = policy) =>
    Effect.gen(function*() {
      const log = requestLog()
      const there = yield* makeProcess(log, given)
      const slow = yield* makeSlowSend
      const first = yield* Effect.fork(there.ask(slow.work))
      yield* slow.begun
      return { log, first, slow, there, here: yield* makeProcess(log, given) }
    })

  it.scoped("runs in each process that is asked, and every process gives the answer that came first", () =>
    Effect.gen(function*() {
      const { first, here, slow } = yield* world()
      const { runs, work } = makeSend(outcome("here"))
      deepStrictEqual(yield* here.ask(work), joined("here"))
      yield* slow.end(outcome("there"))
      deepStrictEqual(yield* Fiber.join(first), joined("here"))
      deepStrictEqual(yield* here.ask(work), joined("here"))
      strictEqual(runs(), 1)
    }))

  it.scoped("gives the answer that is certain, whichever came first", () =>
    Effect.gen(function*() {
      const { first, here, slow } = yield* world({ ...policy, isUncertain: ({ body }) => body === "held" })
      const { work } = makeSend(outcome("held"))
      deepStrictEqual(yield* here.ask(work), joined("held"))
      yield* slow.end(outcome("accepted"))
      deepStrictEqual(yield* Fiber.join(first), ran("accepted"))
      deepStrictEqual(yield* here.ask(work), joined("accepted"))
    }))

  it.scoped("runs at once after its process died, however long it has been remembered", () =>
    Effect.gen(function*() {
      const log = requestLog()
      const scope = yield* Scope.make()
      const dying = yield* Scope.extend(makeProcess(log), scope)
      const slow = yield* makeSlowSend
      yield* Effect.fork(dying.ask(slow.work))
      yield* slow.begun
      yield* Scope.close(scope, Exit.void)
      const { ask } = yield* makeProcess(log)
      const { runs, work } = makeSend(outcome("joined by the ledger"))
      deepStrictEqual(yield* ask(work), joined("joined by the ledger"))
      deepStrictEqual(yield* ask(work), joined("joined by the ledger"))
      strictEqual(runs(), 1)
    }))

  it.scoped("is waited for in its own process, and is in progress after the time of the one who waits", () =>
    Effect.gen(function*() {
      const { first, slow, there } = yield* world(refusing)
      const { runs, work } = makeSend()
      const second = yield* Effect.fork(there.ask(work))
      yield* Effect.yieldNow()
      yield* slow.end(outcome("slow"))
      deepStrictEqual(yield* Fiber.join(second), joined("slow"))
      deepStrictEqual(yield* Fiber.join(first), ran("slow"))
      const other = yield* world(refusing)
      const third = yield* Effect.fork(other.there.ask(work))
      yield* TestClock.adjust("10 seconds")
      deepStrictEqual([yield* Fiber.join(other.first), yield* Fiber.join(third)], [inProgress, inProgress])
      strictEqual(runs(), 0)
    }))

  it.scoped("that was refused in both processes did nothing, and leaves its id free", () =>
    Effect.gen(function*() {
      const { first, here, log, slow } = yield* world()
      const { runs, work } = makeSend(outcome("refused here", "none"), outcome("sent"))
      const second = yield* Effect.fork(here.ask(work))
      yield* Effect.yieldNow()
      yield* slow.end(outcome("refused there", "none"))
      deepStrictEqual(yield* Fiber.join(first), ran("refused there", "none"))
      yield* TestClock.adjust("1 second")
      deepStrictEqual(yield* Fiber.join(second), joined("refused here", "none"))
      deepStrictEqual(Array.from(log.rows.keys()), [])
      deepStrictEqual(yield* here.ask(work), ran("sent"))
      strictEqual(runs(), 2)
    }))

  it.scoped("whose refusal stays gives it to both processes, as long as none of them sent it", () =>
    Effect.gen(function*() {
      const { first, here, slow } = yield* world()
      const { work } = makeSend(outcome("refused for good"))
      const second = yield* Effect.fork(here.ask(work))
      yield* Effect.yieldNow()
      yield* slow.end(outcome("refused there"))
      deepStrictEqual(yield* Fiber.join(first), ran("refused there"))
      yield* TestClock.adjust("1 second")
      deepStrictEqual(yield* Fiber.join(second), joined("refused there"))
      const other = yield* world()
      const third = yield* Effect.fork(other.here.ask(makeSend(outcome("refused for good")).work))
      yield* Effect.yieldNow()
      yield* other.slow.end(outcome("sent"))
      yield* TestClock.adjust("1 second")
      deepStrictEqual([yield* Fiber.join(other.first), yield* Fiber.join(third)], [ran("sent"), joined("sent")])
    }))

  it.scoped("that was refused in one process gets the answer of the other one", () =>
    Effect.gen(function*() {
      const { first, here, log, slow } = yield* world(expecting)
      const { work } = makeSend(outcome("refused", "none"))
      const second = yield* Effect.fork(here.ask(work))
      yield* TestClock.adjust("1 second")
      yield* slow.end(outcome("sent"))
      deepStrictEqual(yield* Fiber.join(first), ran("sent"))
      yield* TestClock.adjust("1 second")
      deepStrictEqual(yield* Fiber.join(second), joined("sent"))
      strictEqual(log.rows.get("one")?.expectedUntil, undefined)
    }))

  it.scoped("that was refused after its process died is in doubt, and stays open for the next who asks", () =>
    Effect.gen(function*() {
      const { first, here } = yield* world()
      yield* Fiber.interrupt(first)
      const { work } = makeSend(outcome("refused", "none"), outcome("joined by the ledger"))
      const second = yield* Effect.fork(here.ask(work))
      yield* TestClock.adjust("3 seconds")
      deepStrictEqual(yield* Fiber.join(second), joined("doubted", "unknown"))
      deepStrictEqual(yield* here.ask(work), joined("joined by the ledger"))
    }))

  it.scoped("whose answer cannot be written down is answered, and runs again for the next who asks", () =>
    Effect.gen(function*() {
      const log = requestLog()
      const { ask } = yield* makeProcess({ ...log, finish: () => Effect.dieMessage("no database") })
      const { runs, work } = makeSend(outcome("sent"), outcome("joined by the ledger"))
      deepStrictEqual(yield* ask(work), ran("sent"))
      deepStrictEqual(yield* ask(work), joined("joined by the ledger"))
      strictEqual(runs(), 2)
    }))
})
