/** What carriers say unasked, and what becomes of it: opt-outs, inbound messages, line health, receipts. And what nobody may read in any of it. */
import { describe, expect, it } from "@effect/vitest"
import * as CarrierId from "@interline/core/CarrierId"
import * as Conversation from "@interline/core/Conversation"
import * as Draft from "@interline/core/Draft"
import * as Handle from "@interline/core/Handle"
import type { Message } from "@interline/core/Message"
import * as MessageRef from "@interline/core/MessageRef"
import type { MessagingError } from "@interline/core/MessagingError"
import type { MessagingEvent } from "@interline/core/MessagingEvent"
import * as Part from "@interline/core/Part"
import * as Suppression from "@interline/core/Suppression"
import * as RecordingTracer from "@interline/testkit/RecordingTracer"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as Metric from "effect/Metric"
import * as Option from "effect/Option"
import * as TestClock from "effect/TestClock"
import { inspect } from "node:util"
import type { LedgerService } from "../src/ledger/Ledger.ts"
import * as MemoryLedger from "../src/ledger/MemoryLedger.ts"
import type { RouterService } from "../src/Router.ts"
import { ada, bob, failure, hello, left, linq, numbers, right, sendblue, support, toBob, words, world } from "./scripted.ts"

const quiet = Logger.withMinimumLogLevel(LogLevel.None)

const settle = Effect.forEach(
  Array.from({ length: 20 }),
  () => Effect.zipRight(Effect.yieldNow(), Effect.promise(() => new Promise<void>((done) => setImmediate(done)))),
  { discard: true }
)

const second = (seconds: number) => new Date(seconds * 1_000).toISOString()

const inbound = (carrierId: typeof linq, more: Partial<Message> = {}): MessagingEvent => ({
  _tag: "Received",
  carrierId,
  message: {
    ref: MessageRef.make(carrierId, "in-1"),
    direction: "inbound",
    from: ada,
    to: [carrierId === linq ? numbers.linq : numbers.sendblue],
    isGroup: false,
    parts: [],
    status: { neutral: "delivered", raw: "received" },
    ...more
  } as Message
})

const status = (id: string, of: string, more: Partial<MessagingEvent & { readonly _tag: "Status" }> = {}): MessagingEvent => ({
  _tag: "Status",
  carrierId: linq,
  id,
  fact: { ref: MessageRef.make(linq, of), status: "delivered" },
  ...more
})

const isSuppressed = (suppression: Suppression.SuppressionService) => Effect.map(suppression.find(ada), Option.isSome)

describe("an opt-out", () => {
  it.scoped("stops every carrier before anything leaves", () =>
    Effect.gen(function*() {
      const { linq: first, router, send, sendblue: other, told } = yield* world()
      yield* router.observe({ _tag: "OptedOut", carrierId: sendblue, handle: ada, id: "e1" })
      expect(left(yield* send())).toMatchObject({ _tag: "NotSent", error: { reason: "Suppressed", next: "stop" } })
      expect([...first.asked, ...other.asked]).toEqual([])
      yield* settle
      expect(told.map(({ _tag }) => _tag)).toContain("Suppressed")
      right(yield* send(hello, {}, toBob))
    }))

  it.scoped("that comes between a lost answer and its replay stops the replay", () =>
    Effect.gen(function*() {
      const { linq: first, router, send, sendblue: other } = yield* world({ linq: { answers: [failure("Timeout"), "again"] } })
      const calling = yield* Effect.fork(send())
      yield* settle
      yield* router.observe({ _tag: "OptedOut", carrierId: linq, handle: ada })
      yield* TestClock.adjust("2 minutes")
      expect(left(yield* Fiber.join(calling))._tag).toBe("Held")
      expect(first.asked).toHaveLength(1)
      expect(other.asked).toEqual([])
    }))

  it.scoped("that comes between a certain failure and the next carrier stops that one", () =>
    Effect.gen(function*() {
      const { linq: first, router, send, sendblue: other } = yield* world({
        linq: { answers: [Effect.delay(Effect.fail(failure("ConnectionFailed")), 1_000)] }
      })
      const calling = yield* Effect.fork(send())
      yield* settle
      yield* router.observe({ _tag: "OptedOut", carrierId: linq, handle: ada })
      yield* TestClock.adjust("2 seconds")
      expect(left(yield* Fiber.join(calling))).toMatchObject({ _tag: "NotSent", error: { reason: "Suppressed" } })
      expect(first.asked).toHaveLength(1)
      expect(other.asked).toEqual([])
    }).pipe(quiet))

  it.scoped("that a carrier's refusal teaches stops the others from then on", () =>
    Effect.gen(function*() {
      const { linq: first, send, sendblue: other } = yield* world({ linq: { answers: [failure("OptedOut")] } })
      expect(left(yield* send())).toMatchObject({ _tag: "NotSent", error: { reason: "OptedOut" } })
      expect(left(yield* send(Draft.text("again")))).toMatchObject({ _tag: "NotSent", error: { reason: "Suppressed" } })
      expect(first.asked).toHaveLength(1)
      expect(other.asked).toEqual([])
    }))

  it.scoped("is cleared by an opt-in that is newer, and by no older one", () =>
    Effect.gen(function*() {
      const { router, send, suppression } = yield* world()
      yield* TestClock.adjust("100 seconds")
      yield* router.observe({ _tag: "OptedIn", carrierId: linq, line: numbers.linq, handle: ada, at: second(10), id: "in-10" })
      yield* router.observe({ _tag: "OptedOut", carrierId: linq, handle: ada, at: second(20), id: "out-20" })
      expect(yield* isSuppressed(suppression)).toBe(true)
      yield* router.observe({ _tag: "OptedIn", carrierId: sendblue, line: numbers.sendblue, handle: ada, at: second(15), id: "in-15" })
      expect(yield* isSuppressed(suppression)).toBe(true)
      yield* router.observe({ _tag: "OptedIn", carrierId: sendblue, line: numbers.sendblue, handle: ada, at: second(30), id: "in-30" })
      expect(yield* isSuppressed(suppression)).toBe(false)
      yield* router.observe({ _tag: "OptedOut", carrierId: linq, handle: ada, at: second(20), id: "out-20" })
      expect(yield* isSuppressed(suppression)).toBe(false)
      right(yield* send())
    }))

  it.scoped("at one carrier is not outdated by another carrier's clock, nor by one that is ahead of ours", () =>
    Effect.gen(function*() {
      const { router, suppression } = yield* world()
      yield* TestClock.adjust("100 seconds")
      // this vendor's clock is a minute ahead
      yield* router.observe({ _tag: "OptedIn", carrierId: linq, line: numbers.linq, handle: ada, at: second(160), id: "in" })
      yield* router.observe({ _tag: "OptedOut", carrierId: sendblue, handle: ada, at: second(90), id: "out" })
      expect(yield* isSuppressed(suppression)).toBe(true)
      yield* router.observe({ _tag: "OptedIn", carrierId: linq, line: numbers.linq, handle: ada, at: second(170), id: "in-again" })
      expect(yield* isSuppressed(suppression)).toBe(false)
      yield* TestClock.adjust("10 seconds")
      yield* router.observe({ _tag: "OptedOut", carrierId: linq, handle: ada, at: second(180), id: "out-again" })
      expect(yield* isSuppressed(suppression)).toBe(true)
    }))

  it.scoped("that we learned from a refusal outlives an opt-in from before it", () =>
    Effect.gen(function*() {
      const { router, send, sendblue: other, suppression } = yield* world({ linq: { answers: [failure("OptedOut")] } })
      yield* TestClock.adjust("100 seconds")
      left(yield* send())
      yield* router.observe({ _tag: "OptedIn", carrierId: sendblue, line: numbers.sendblue, handle: ada, at: second(50) })
      expect(yield* isSuppressed(suppression)).toBe(true)
      left(yield* send(Draft.text("again")))
      expect(other.asked).toEqual([])
      yield* TestClock.adjust("100 seconds")
      yield* router.observe({ _tag: "OptedIn", carrierId: linq, line: numbers.linq, handle: ada, at: second(150) })
      expect(yield* isSuppressed(suppression)).toBe(false)
    }))

  it.scoped("that another process heard of outlives an opt-in from before it, and not one from after it", () =>
    Effect.gen(function*() {
      const suppression = yield* Suppression.makeMemory
      const { router } = yield* world({ suppression })
      yield* TestClock.adjust("100 seconds")
      yield* suppression.add(ada, "event", linq)
      yield* router.observe({ _tag: "OptedIn", carrierId: sendblue, line: numbers.sendblue, handle: ada, at: second(50) })
      expect(yield* isSuppressed(suppression)).toBe(true)
      yield* TestClock.adjust("100 seconds")
      yield* router.observe({ _tag: "OptedIn", carrierId: linq, line: numbers.linq, handle: ada, at: second(150) })
      expect(yield* isSuppressed(suppression)).toBe(false)
    }))

  it.scoped("that the application said is lifted by no opt-in, and an event's becomes one when the application says it too", () =>
    Effect.gen(function*() {
      const suppression = yield* Suppression.makeMemory
      const { router, told } = yield* world({ suppression })
      yield* TestClock.adjust("100 seconds")
      yield* suppression.add(ada, "event", linq)
      yield* suppression.add(ada, "explicit")
      yield* TestClock.adjust("100 seconds")
      yield* router.observe({ _tag: "OptedIn", carrierId: sendblue, line: numbers.sendblue, handle: ada, at: second(150) })
      expect(yield* isSuppressed(suppression)).toBe(true)
      yield* settle
      expect(told.at(-1)).toMatchObject({ _tag: "NotRestored", why: "explicit", carrierId: "sendblue" })
    }))

  const lifted = (event: Partial<MessagingEvent & { readonly _tag: "OptedIn" }>) =>
    Effect.gen(function*() {
      const { router, suppression, told } = yield* world()
      yield* TestClock.adjust("1000 seconds")
      yield* router.observe({ _tag: "OptedOut", carrierId: linq, handle: ada, at: second(500) })
      yield* router.observe({ _tag: "OptedIn", carrierId: linq, handle: ada, ...event })
      yield* settle
      return (yield* isSuppressed(suppression)) ? told.flatMap((one) => one._tag === "NotRestored" ? [one.why] : []) : "lifted"
    })

  const { linq: own } = numbers
  const optIns: ReadonlyArray<readonly [string, Partial<MessagingEvent & { readonly _tag: "OptedIn" }>, unknown]> = [
    ["on a line of ours, later", { line: own, at: second(600) }, "lifted"],
    ["on a number that is no line of ours", { line: Handle.phone("+12025550999"), at: second(600) }, ["line"]],
    ["on another carrier's line of ours", { line: numbers.sendblue, at: second(600) }, ["line"]],
    ["that names no line", { at: second(600) }, ["line"]],
    ["without a time", { line: own }, ["time"]],
    ["with a time that nobody can read", { line: own, at: "soon" }, ["time"]],
    ["from the future", { line: own, at: second(5_000) }, ["time"]],
    ["from before", { line: own, at: second(400) }, ["newer"]],
    ["of the very moment of the opt-out", { line: own, at: second(500) }, ["newer"]]
  ]

  for (const [name, event, result] of optIns) {
    it.scoped(`and an opt-in ${name}`, () => Effect.map(lifted(event), (found) => expect(found).toEqual(result)))
  }

  it.scoped("stays when the vendor does not take the word with which the person asks for an end, and that is told", () =>
    Effect.gen(function*() {
      const { router, suppression, told } = yield* world()
      yield* TestClock.adjust("1000 seconds")
      yield* router.observe({ _tag: "OptedOut", carrierId: sendblue, handle: ada, at: second(500), id: "out" })
      yield* settle
      expect(told.filter(({ _tag }) => _tag === "NotRestored")).toEqual([])
      const asks = { _tag: "OptedOut", carrierId: sendblue, handle: ada, at: second(600), id: "asks", askedIn: true } as const
      yield* router.observe(asks)
      // the vendor repeats its webhook
      yield* router.observe(asks)
      yield* settle
      expect(told.filter(({ _tag }) => _tag === "NotRestored")).toMatchObject([{ carrierId: "sendblue", why: "vendor" }])
      expect(yield* isSuppressed(suppression)).toBe(true)
    }))

  it.scoped("stays when the vendor itself takes it back with any later message, and that is told once", () =>
    Effect.gen(function*() {
      const { router, suppression, told } = yield* world({ linq: { capabilities: { liftsOptOuts: true } } })
      yield* TestClock.adjust("1000 seconds")
      yield* router.observe({ _tag: "OptedOut", carrierId: linq, handle: ada, at: second(500), id: "out" })
      const writes = (carrierId: typeof linq, seconds: number) =>
        router.observe(inbound(carrierId, { ref: MessageRef.make(carrierId, `in-${carrierId}-${seconds}`), sentAt: second(seconds) }))
      // the opt-out itself, and a message from before it
      yield* writes(linq, 500)
      yield* writes(linq, 400)
      // this vendor lifts nothing by itself
      yield* writes(sendblue, 600)
      yield* settle
      expect(told.filter(({ _tag }) => _tag === "NotRestored")).toEqual([])
      yield* writes(linq, 600)
      yield* writes(linq, 700)
      yield* settle
      expect(told.filter(({ _tag }) => _tag === "NotRestored")).toMatchObject([{ carrierId: "linq", why: "vendor" }])
      expect(yield* isSuppressed(suppression)).toBe(true)
    }))

  it.scoped("that was said again is outlived only by what came after, also in a process that was started since", () =>
    Effect.gen(function*() {
      const suppression = yield* Suppression.makeMemory
      const before = yield* world({ suppression })
      yield* TestClock.adjust("1000 seconds")
      yield* before.router.observe({ _tag: "OptedOut", carrierId: linq, handle: ada, at: second(100), id: "out-1" })
      yield* before.router.observe({ _tag: "OptedOut", carrierId: linq, handle: ada, at: second(300), id: "out-2" })
      const after = yield* world({ suppression })
      yield* after.router.observe({ _tag: "OptedIn", carrierId: linq, line: own, handle: ada, at: second(200), id: "in-1" })
      expect(yield* isSuppressed(suppression)).toBe(true)
      yield* after.router.observe({ _tag: "OptedIn", carrierId: linq, line: own, handle: ada, at: second(400), id: "in-2" })
      expect(yield* isSuppressed(suppression)).toBe(false)
    }))
})

describe("a carrier that is configured and not in use", () => {
  const idle = CarrierId.make("linq-eu")
  const number = Handle.phone("+12025550301")
  const lines = new Map([[support, new Map([[idle, number]])]])

  it.scoped("lets a person opt out and in, and binds no conversation", () =>
    Effect.gen(function*() {
      const { router, send, suppression } = yield* world({ options: { lines } })
      yield* TestClock.adjust("100 seconds")
      yield* router.observe({ _tag: "OptedOut", carrierId: idle, handle: ada, at: second(10) })
      expect(yield* isSuppressed(suppression)).toBe(true)
      yield* router.observe({ _tag: "OptedIn", carrierId: idle, line: number, handle: ada, at: second(20) })
      expect(yield* isSuppressed(suppression)).toBe(false)
      yield* router.observe(inbound(linq, { ref: MessageRef.make(idle, "in-9"), to: [number] }))
      yield* router.observe({ ...inbound(linq, { ref: MessageRef.make(idle, "in-9"), to: [number] }), carrierId: idle })
      expect(right(yield* send()).carrierId).toBe("linq")
    }))
})

describe("the same event twice", () => {
  it.scoped("does its work once: by the event's own id, at each carrier", () =>
    Effect.gen(function*() {
      const { decisions, router, send } = yield* world({ linq: { answers: ["m"] } })
      const { id } = right(yield* send())
      const failed = (eventId: string): MessagingEvent =>
        status(eventId, "m", { fact: { ref: MessageRef.make(linq, "m"), status: "failed" } })
      for (const event of [failed("e1"), failed("e1"), failed("e2")]) yield* router.observe(event)
      expect((yield* decisions(id)).filter((word) => word === "FailedLater")).toHaveLength(1)
    }))

  it.scoped("an inbound message that is delivered again does not move the conversation back", () =>
    Effect.gen(function*() {
      const { router, send } = yield* world()
      const first: MessagingEvent = { ...inbound(sendblue), id: "e1" }
      yield* router.observe(first)
      yield* TestClock.adjust("1 second")
      yield* router.observe({ ...inbound(linq), id: "e2" })
      yield* TestClock.adjust("1 second")
      yield* router.observe(first)
      expect(right(yield* send()).carrierId).toBe("linq")
    }))

  it.scoped("a proof that could not be written down is taken in when it is delivered again", () =>
    Effect.gen(function*() {
      const inner = yield* MemoryLedger.make()
      let isBroken = false
      const { router, send } = yield* world({
        ledger: { ...inner, save: (entry) => isBroken ? Effect.dieMessage("the store is gone") : inner.save(entry) },
        linq: { answers: [failure("Timeout")], finds: "nothing" }
      })
      const proof = status("e1", "m", { idempotencyKey: `${left(yield* send()).deliveryId}:1:0` })
      isBroken = true
      expect(Exit.isFailure(yield* Effect.exit(router.observe(proof)))).toBe(true)
      isBroken = false
      yield* router.observe(proof)
      expect(yield* router.held()).toEqual([])
    }))

  it.scoped("whose work failed the first time does it the second time, and not a third time", () =>
    Effect.gen(function*() {
      const inner = yield* MemoryLedger.make()
      let isBroken = true
      const { router, send } = yield* world({
        ledger: { ...inner, binding: (key) => isBroken ? Effect.dieMessage("the store is gone") : inner.binding(key) }
      })
      const event: MessagingEvent = { ...inbound(sendblue), id: "e1" }
      expect(Exit.isFailure(yield* Effect.exit(router.observe(event)))).toBe(true)
      isBroken = false
      yield* router.observe(event)
      expect(right(yield* send()).carrierId).toBe("sendblue")
      yield* TestClock.adjust("1 second")
      yield* router.observe({ ...inbound(linq), id: "e2" })
      yield* TestClock.adjust("1 second")
      yield* router.observe(event)
      expect(right(yield* send(Draft.text("again"))).carrierId).toBe("linq")
    }))

  it.scoped("an opt-in whose work failed the first time is taken in when it is delivered again", () =>
    Effect.gen(function*() {
      const inner = yield* Suppression.makeMemory
      let isBroken = true
      const { router } = yield* world({
        suppression: { ...inner, lift: (handle, saidAt) => isBroken ? Effect.dieMessage("the store is gone") : inner.lift(handle, saidAt) }
      })
      yield* TestClock.adjust("100 seconds")
      yield* router.observe({ _tag: "OptedOut", carrierId: linq, handle: ada, at: second(10), id: "out" })
      const event: MessagingEvent = { _tag: "OptedIn", carrierId: linq, line: numbers.linq, handle: ada, at: second(20), id: "in" }
      expect(Exit.isFailure(yield* Effect.exit(router.observe(event)))).toBe(true)
      isBroken = false
      yield* router.observe(event)
      expect(yield* isSuppressed(inner)).toBe(false)
    }))

  it.scoped("two events that a subscription names alike are two: the key is the event's", () =>
    Effect.gen(function*() {
      const { ledger } = yield* world()
      expect(yield* ledger.first(linq, "e1", 0)).toBe(true)
      expect(yield* ledger.first(linq, "e2", 0)).toBe(true)
      expect(yield* ledger.first(sendblue, "e1", 0)).toBe(true)
      expect(yield* ledger.first(linq, "e1", 0)).toBe(false)
    }))
})

describe("a receipt", () => {
  it.scoped("that says failed and then delivered is told as a correction, and nothing is sent again", () =>
    Effect.gen(function*() {
      const { decisions, linq: first, messaging, router, send, sendblue: other } = yield* world({ linq: { answers: ["m"] } })
      const { id } = right(yield* send())
      yield* router.observe(status("e1", "m", { fact: { ref: MessageRef.make(linq, "m"), status: "failed", vendorCode: "4001" } }))
      expect((yield* decisions(id)).at(-1)).toBe("FailedLater")
      yield* router.observe(status("e2", "m"))
      expect((yield* decisions(id)).at(-1)).toBe("Corrected")
      yield* router.observe(status("e3", "m", { fact: { ref: MessageRef.make(linq, "m"), status: "read" } }))
      expect((yield* decisions(id)).filter((word) => word === "Corrected")).toHaveLength(1)
      expect(messaging.carriers).toHaveLength(2)
      expect(first.asked).toHaveLength(1)
      expect(other.asked).toEqual([])
    }))

  it.scoped("that names another message under a step's key than the answer did is told as an incident, once", () =>
    Effect.gen(function*() {
      const { decisions, ledger, router, send } = yield* world({ linq: { answers: ["m"] } })
      const { id } = right(yield* send())
      const second: MessagingEvent = status("e1", "n", { idempotencyKey: `${id}:1:0` })
      yield* router.observe(status("e0", "m", { idempotencyKey: `${id}:1:0` }))
      yield* router.observe(second)
      yield* router.observe({ ...second, id: "e2" })
      expect((yield* decisions(id)).filter((word) => word === "NamedTwice")).toHaveLength(1)
      expect((yield* ledger.owners([MessageRef.make(linq, "m")])).get("linq:m")).toBe(id)
    }))

  it.scoped("of a message that is not ours changes nothing", () =>
    Effect.gen(function*() {
      const { router, told } = yield* world()
      yield* router.observe(status("e1", "of-others", { fact: { ref: MessageRef.make(linq, "of-others"), status: "failed" } }))
      yield* router.observe(status("e2", "of-others", { idempotencyKey: "order-17" }))
      yield* settle
      expect(told).toEqual([])
    }))

  it.scoped("after its absence was taken for proof is a late arrival, told once", () =>
    Effect.gen(function*() {
      const { decisions, router, send } = yield* world({
        policy: { prefer: ["sendblue", "linq"], carriers: { sendblue: { absenceProof: "5 seconds" } } },
        sendblue: { answers: [failure("Timeout")], finds: () => Effect.succeed(Either.right([])) }
      })
      const calling = yield* Effect.fork(send())
      yield* settle
      yield* TestClock.adjust("20 seconds")
      const delivery = right(yield* Fiber.join(calling))
      expect(delivery.attempts.map(({ carrierId, outcome }) => [carrierId, outcome])).toEqual([["sendblue", "rejected"], [
        "linq",
        "accepted"
      ]])
      const late: MessagingEvent = {
        _tag: "Status",
        carrierId: sendblue,
        fact: { ref: MessageRef.make(sendblue, "late"), status: "delivered" },
        idempotencyKey: `${delivery.id}:1:0`
      }
      yield* router.observe(late)
      yield* router.observe(late)
      expect((yield* decisions(delivery.id)).filter((word) => word === "LateArrival")).toHaveLength(1)
      expect(yield* decisions(delivery.id)).toContain("AbsenceTaken")
    }).pipe(quiet))
})

describe("an inbound message", () => {
  it.scoped("binds the conversation to the carrier that it came by, also away from where it was", () =>
    Effect.gen(function*() {
      const { linq: first, router, send, sendblue: other } = yield* world()
      right(yield* send())
      yield* TestClock.adjust("1 second")
      yield* router.observe(inbound(sendblue))
      expect(right(yield* send(Draft.text("answer"))).carrierId).toBe("sendblue")
      expect([first.asked.length, other.asked.length]).toEqual([1, 1])
      // it stays there, and others are where they were
      expect(right(yield* send(Draft.text("more"))).carrierId).toBe("sendblue")
      expect(right(yield* send(hello, {}, toBob)).carrierId).toBe("linq")
    }))

  it.scoped("that is history moves no conversation, and is still proof that the person wrote to the line", () =>
    Effect.gen(function*() {
      const { router, send } = yield* world({ policy: { prefer: ["sendblue", "linq"], carriers: { sendblue: { opens: "known" } } } })
      right(yield* send())
      yield* TestClock.adjust("1 second")
      yield* router.observe(inbound(sendblue, { recoveredAt: second(1), sentAt: second(0) }))
      expect(right(yield* send(Draft.text("answer"))).carrierId).toBe("linq")
      yield* router.observe(
        inbound(sendblue, { ref: MessageRef.make(sendblue, "in-2"), from: bob, recoveredAt: second(1), sentAt: "1969-11-01T00:00:00Z" })
      )
      expect(right(yield* send(hello, {}, toBob)).carrierId).toBe("sendblue")
    }))

  it.scoped("is proof of the time at which it came, and one that is history of that at which it was written", () =>
    Effect.gen(function*() {
      const { ledger, router } = yield* world()
      yield* TestClock.adjust("100 seconds")
      const writtenAt = (more: Partial<Message>) =>
        Effect.gen(function*() {
          yield* router.observe(inbound(sendblue, { ref: MessageRef.make(sendblue, JSON.stringify(more)), ...more }))
          return (yield* ledger.contact(sendblue, support, ada)).inboundAt
        })
      const recoveredAt = second(100)
      expect(yield* writtenAt({ recoveredAt, sentAt: second(10) })).toBe(10_000)
      expect(yield* writtenAt({ recoveredAt, createdAt: second(20) })).toBe(20_000)
      // a vendor's clock that is ahead makes nothing newer than now
      expect(yield* writtenAt({ recoveredAt, sentAt: second(500) })).toBe(100_000)
      yield* TestClock.adjust("100 seconds")
      expect(yield* writtenAt({ sentAt: second(150) })).toBe(200_000)
    }))

  it.scoped("binds the conversation although somebody else wrote its place down meanwhile", () =>
    Effect.gen(function*() {
      const inner = yield* MemoryLedger.make()
      let refusals = 2
      const { router, send } = yield* world({
        ledger: { ...inner, bind: (key, binding, version) => refusals-- > 0 ? Effect.succeed(false) : inner.bind(key, binding, version) }
      })
      yield* router.observe(inbound(sendblue))
      expect(right(yield* send()).carrierId).toBe("sendblue")
    }))

  it.scoped("of a group, of ourselves, or on a line that is not ours binds nothing", () =>
    Effect.gen(function*() {
      const { router, send } = yield* world()
      yield* router.observe(inbound(sendblue, { isGroup: true }))
      yield* router.observe(inbound(sendblue, { direction: "outbound" }))
      yield* router.observe(inbound(sendblue, { to: [Handle.phone("+12025550299")] }))
      expect(right(yield* send()).carrierId).toBe("linq")
    }))

  it.scoped("lets a line that opens no conversation itself answer", () =>
    Effect.gen(function*() {
      const { router, send } = yield* world({ policy: { prefer: ["sendblue", "linq"], carriers: { sendblue: { opens: "known" } } } })
      expect(right(yield* send()).attempts.map(({ carrierId, outcome }) => [carrierId, outcome])).toEqual([["sendblue", "skipped"], [
        "linq",
        "accepted"
      ]])
      yield* router.observe(inbound(sendblue, { from: bob }))
      expect(right(yield* send(hello, {}, toBob)).carrierId).toBe("sendblue")
    }))
})

describe("what a carrier says of a line", () => {
  it.scoped("closes it before anything is tried, and opens it again", () =>
    Effect.gen(function*() {
      const { linq: first, router, send } = yield* world({ policy: { affinity: { mode: "free" } } })
      const line = (available: boolean, number: Handle.Phone = numbers.linq): MessagingEvent => ({
        _tag: "Line",
        carrierId: linq,
        number,
        status: available ? "healthy" : "critical",
        available,
        raw: "FLAGGED"
      })
      yield* router.observe(line(false))
      expect(yield* router.health).toMatchObject([{ carrierId: "linq", line: "support", state: "open" }])
      expect(right(yield* send()).attempts.map(({ carrierId, outcome }) => [carrierId, outcome])).toEqual([["linq", "skipped"], [
        "sendblue",
        "accepted"
      ]])
      expect(first.asked).toEqual([])
      yield* TestClock.adjust("1 second")
      yield* router.observe(line(true))
      expect(right(yield* send(Draft.text("again"))).carrierId).toBe("linq")
      // another's line is not ours
      yield* router.observe(line(false, Handle.phone("+12025550299")))
      expect(right(yield* send(Draft.text("once more"))).carrierId).toBe("linq")
    }).pipe(quiet))
})

describe("a line that is not ours any more", () => {
  const line = (available: boolean, raw: string, gone = false): MessagingEvent => ({
    _tag: "Line",
    carrierId: linq,
    number: numbers.linq,
    status: "unknown",
    available,
    raw,
    ...(gone ? { gone } : {})
  })

  it.scoped("is never asked, also after the longest rest, until it is assigned again", () =>
    Effect.gen(function*() {
      const { linq: first, router, send } = yield* world()
      yield* router.observe(line(false, "released", true))
      yield* TestClock.adjust("2 hours")
      expect(right(yield* send()).carrierId).toBe("sendblue")
      // what is said of its health does not bring it back for a probe
      yield* router.observe(line(false, "FLAGGED"))
      yield* TestClock.adjust("2 hours")
      expect(right(yield* send(hello, {}, toBob)).carrierId).toBe("sendblue")
      expect(first.asked).toEqual([])
      yield* router.observe(line(true, "assigned"))
      expect(right(yield* send(hello, {}, { ...toBob, handle: Handle.make("+12025550177") } as typeof toBob)).carrierId).toBe("linq")
    }))

  it.scoped("is ours again when a check of lines finds it, and not when the check finds others or fails", () =>
    Effect.gen(function*() {
      const listed = (number: string) =>
        [{ carrierId: linq, number: Handle.phone(number), status: "healthy", available: true, metadata: {} }] as const
      let answer: Effect.Effect<ReturnType<typeof listed>, MessagingError> = Effect.succeed(listed("+12025550199"))
      const { router, send } = yield* world({
        carriers: (first, second) => [{
          ...first,
          listLines: () => Effect.suspend(() => answer)
        }, { ...second, listLines: () => Effect.succeed([]) }]
      })
      yield* router.observe(line(false, "released", true))
      yield* router.checkLines
      expect(right(yield* send()).carrierId).toBe("sendblue")
      answer = Effect.fail(failure("Unavailable", { operation: "listLines" }))
      yield* Effect.exit(router.checkLines)
      expect(right(yield* send(hello, {}, toBob)).carrierId).toBe("sendblue")
      answer = Effect.succeed(listed(numbers.linq))
      yield* router.checkLines
      expect(right(yield* send(hello, {}, { ...toBob, handle: Handle.make("+12025550177") } as typeof toBob)).carrierId).toBe("linq")
    }).pipe(quiet))

  it.scoped("is told to the operator in our words, and counted", () =>
    Effect.gen(function*() {
      const told: Array<string> = []
      const counted = Effect.map(Metric.snapshot, (pairs) =>
        pairs.flatMap(({ metricKey, metricState }) =>
          metricKey.name === "interline_account_notices_total" && metricKey.tags.some(({ value }) =>
              value === "webhook_subscription.disabled"
            ) &&
            "count" in metricState
            ? [Number(metricState.count)]
            : []
        ).reduce((sum, count) =>
          sum + count, 0))
      const before = yield* counted
      yield* Effect.gen(function*() {
        const { router } = yield* world()
        const notice: MessagingEvent = {
          _tag: "Account",
          carrierId: linq,
          id: "n1",
          kind: "webhook_subscription.disabled",
          severity: "warning",
          summary: "a webhook was disabled",
          subject: "ws-1"
        }
        yield* router.observe(notice)
        yield* router.observe(notice)
      }).pipe(Effect.provide(Logger.replace(
        Logger.defaultLogger,
        Logger.make(({ annotations, logLevel, message }) =>
          void told.push(JSON.stringify([logLevel.label, message, Array.from(annotations)]))
        )
      )))
      expect(told.filter((entry) =>
        entry.includes("ws-1")
      )).toEqual([
        JSON.stringify(["WARN", ["a webhook was disabled"], [["kind", "webhook_subscription.disabled"], ["subject", "ws-1"], [
          "carrier",
          "linq"
        ]]])
      ])
      expect((yield* counted) - before).toBe(1)
    }))
})

describe("where a conversation is", () => {
  it.scoped("it stays where it moved, with a word to the person in front of the first text there", () =>
    Effect.gen(function*() {
      const { linq: first, router, send, sendblue: other } = yield* world({
        linq: { answers: ["m", failure("LineUnavailable"), "back"] },
        policy: { affinity: { continuation: "We write from another number now." } }
      })
      right(yield* send(Draft.text("one")))
      right(yield* send(Draft.text("two")))
      right(yield* send(Draft.text("three")))
      expect(first.texts()).toEqual(["one", "two"])
      expect(other.texts()).toEqual(["We write from another number now.\ntwo", "three"])
      expect((yield* router.health).map(({ carrierId }) => carrierId)).toEqual(["linq", "sendblue"])
    }).pipe(quiet))

  it.scoped("a group is pinned: its carrier's failure is the send's", () =>
    Effect.gen(function*() {
      const group = yield* Conversation.group(support, [ada, bob])
      const { send, sendblue: other } = yield* world({ linq: { answers: ["m", failure("LineUnavailable")] } })
      right(yield* send(hello, {}, group))
      const error = left(yield* send(Draft.text("again"), {}, group))
      expect(error).toMatchObject({ _tag: "NotSent", error: { reason: "LineUnavailable" } })
      expect(other.asked).toEqual([])
    }))

  it.scoped("a line takes no more new contacts than the policy says, and old ones still", () =>
    Effect.gen(function*() {
      yield* TestClock.adjust("365 days")
      const { send } = yield* world({ policy: { carriers: { linq: { newContactsPerHour: 2 } }, maxWait: 0 } })
      const people = [1, 2, 3].map((index) => Conversation.direct(support, Handle.make(`+1202555014${index}`)))
      const carriersOf: Array<string> = []
      for (const to of people) carriersOf.push(right(yield* send(hello, {}, to)).carrierId)
      expect(carriersOf).toEqual(["linq", "linq", "sendblue"])
      expect(right(yield* send(Draft.text("again"), {}, people[0])).carrierId).toBe("linq")
      yield* TestClock.adjust("61 minutes")
      expect(right(yield* send(hello, {}, toBob)).carrierId).toBe("linq")
    }).pipe(quiet))

  it.scoped("without a limit, people written to first are counted by what a carrier took, and the ledger is asked nothing more", () =>
    Effect.gen(function*() {
      yield* TestClock.adjust("365 days")
      const since = yield* Clock.currentTimeMillis
      const inner = yield* MemoryLedger.make()
      const asked: Array<string> = []
      const ledger: LedgerService = {
        ...inner,
        contact: (...who) => (asked.push("contact"), inner.contact(...who)),
        touch: (...who) => (asked.push("touch"), inner.touch(...who)),
        binding: (key) => (asked.push("binding"), inner.binding(key))
      }
      const { linq: first, router, send, sendblue: other } = yield* world({
        ledger,
        linq: { answers: ["a", "b", failure("RecipientUnreachable"), failure("LineUnavailable"), "c", "d"] }
      })
      const counted = Effect.map(router.health, (all) => all.map(({ carrierId, newContacts }) => [carrierId, newContacts]))
      const at = (hour: number, day = hour) => ({ hour, day, since, per: "conversation" })
      const people = [1, 2, 3, 4, 5].map((index) => Conversation.direct(support, Handle.make(`+1202555014${index}`)))
      const [known, wrote, failed] = people
      right(yield* send(hello, {}, people[0]))
      right(yield* send(Draft.text("again"), {}, known))
      expect(yield* counted).toEqual([["linq", at(1)]])
      left(yield* send(hello, {}, failed))
      expect(yield* counted).toEqual([["linq", at(1)]])
      // another carrier takes it, and counts it
      right(yield* send(hello, {}, people[3]))
      expect(other.asked).toHaveLength(1)
      expect(yield* counted).toEqual([["linq", at(1)], ["sendblue", at(1)]])
      // who wrote first is not written to first
      yield* router.observe(inbound(linq, { from: Handle.make("+12025550142") }))
      right(yield* send(hello, {}, wrote))
      expect(yield* counted).toEqual([["linq", at(1)], ["sendblue", at(1)]])
      // one question for each send, and one for the message that came in
      expect(asked).toEqual(["binding", "binding", "binding", "binding", "touch", "binding", "binding"])
      expect(first.asked).toHaveLength(5)
      yield* inner.bind(Conversation.key(toBob), { carrierId: linq, line: support, at: since - 31 * 86_400_000 }, 0)
      right(yield* send(Draft.text("after a month"), {}, toBob))
      expect(yield* counted).toEqual([["linq", at(2)], ["sendblue", at(1)]])
    }).pipe(quiet))

  const counts = (router: RouterService) => Effect.map(router.health, (all) => all.map(({ newContacts: { hour, per } }) => [hour, per]))

  it.scoped("a message in several parts counts its person once", () =>
    Effect.gen(function*() {
      const { linq: first, router, send } = yield* world({ linq: { split: true } })
      right(yield* send(Draft.make([Part.text("one"), Part.text("two"), Part.text("three")])))
      expect(first.asked).toHaveLength(3)
      expect(yield* counts(router)).toEqual([[1, "conversation"]])
    }).pipe(quiet))

  it.scoped("who was written to first by two processes at once counts at the one that was faster", () =>
    Effect.gen(function*() {
      const inner = yield* MemoryLedger.make()
      const faster = yield* Clock.currentTimeMillis
      const ledger: LedgerService = {
        ...inner,
        bind: (key, binding, expected) =>
          Effect.zipRight(inner.bind(key, { carrierId: linq, line: support, at: faster }, 0), inner.bind(key, binding, expected))
      }
      const { router, send } = yield* world({ ledger })
      right(yield* send())
      expect(yield* counts(router)).toEqual([[0, "conversation"]])
    }).pipe(quiet))

  it.scoped("a group counts as one, and once while it goes on", () =>
    Effect.gen(function*() {
      const { router, send } = yield* world()
      const group = yield* Conversation.group(support, [ada, bob])
      right(yield* send(hello, {}, group))
      right(yield* send(Draft.text("again"), {}, group))
      expect(yield* counts(router)).toEqual([[1, "conversation"]])
    }).pipe(quiet))

  it.scoped("what nobody knows counts when it turns out to have arrived", () =>
    Effect.gen(function*() {
      const { router, send } = yield* world({ linq: { answers: [failure("Timeout", { certainty: "unknown" })], finds: "nothing" } })
      const { deliveryId } = left(yield* send())
      expect(yield* counts(router)).toEqual([[0, "conversation"]])
      expect(yield* router.settle(deliveryId, { _tag: "Arrived", ref: MessageRef.make(linq, "seen") })).toBe(true)
      expect(yield* counts(router)).toEqual([[1, "conversation"]])
    }).pipe(quiet))

  it.scoped("the identity of a conversation is neutral: what one router bound the next one finds", () =>
    Effect.gen(function*() {
      const ledger = yield* MemoryLedger.make()
      const first = yield* world({ ledger, linq: { answers: [failure("ConnectionFailed")] } })
      expect(right(yield* first.send()).carrierId).toBe("sendblue")
      const next = yield* world({ ledger })
      expect(right(yield* next.send(Draft.text("again"))).carrierId).toBe("sendblue")
    }).pipe(quiet))
})

describe("what an operator sees", () => {
  it.scoped("health: a recipient's, a caller's and an account's fault say nothing about a line; its own do", () =>
    Effect.gen(function*() {
      for (const reason of ["RecipientUnreachable", "InvalidInput", "Authentication", "OptedOut"] as const) {
        const { router, send } = yield* world({ linq: { answers: [failure(reason)] }, policy: { breaker: { failures: 1 } } })
        left(yield* send())
        expect(yield* router.health).toMatchObject([{ carrierId: "linq", state: "closed", failures: 0 }])
      }
      const { router, send, sendblue: other } = yield* world({
        linq: { answers: [failure("LineUnavailable")] },
        policy: { breaker: { failures: 1, openFor: "10 seconds" } }
      })
      right(yield* send())
      expect((yield* router.health)[0]).toMatchObject({ carrierId: "linq", state: "open" })
      expect(other.asked).toHaveLength(1)
    }).pipe(quiet))

  it.scoped("explain: each carrier of the route and each decision in order; of an unknown delivery nothing", () =>
    Effect.gen(function*() {
      const { router, send, told } = yield* world({ linq: { answers: [failure("ConnectionFailed")] } })
      const { id } = right(yield* send())
      yield* settle
      const explained = Option.getOrThrow(yield* router.explain(id))
      expect(explained.trials).toMatchObject([{ carrierId: "linq", outcome: "rejected", generation: 1 }, {
        carrierId: "sendblue",
        outcome: "accepted",
        generation: 2
      }])
      expect(explained.decisions).toEqual(told)
      expect(explained).toMatchObject({ outcome: { _tag: "Accepted" }, doubt: undefined })
      expect(yield* router.explain("00000000-0000-4000-8000-000000000000" as typeof id)).toEqual(Option.none())
    }).pipe(quiet))
})

const print = (value: unknown): string => `${JSON.stringify(value)}\n${inspect(value, { depth: null, showHidden: true })}\n${String(value)}`

it.scoped("no number and no text is in any event, span, metric, log line or error", () =>
  Effect.gen(function*() {
    const told: Array<unknown> = []
    const recording = RecordingTracer.make()
    yield* Effect.gen(function*() {
      const all = yield* world({
        policy: {
          prefer: ["sendblue", "linq"],
          breaker: { failures: 2 },
          carriers: { sendblue: { absenceProof: "5 seconds" } },
          keys: { rememberFor: "1 hour" }
        },
        sendblue: {
          answers: [failure("ConnectionFailed"), failure("Timeout"), failure("LineUnavailable"), "m"],
          finds: () => Effect.succeed(Either.right([]))
        },
        linq: { answers: ["a", failure("Timeout"), failure("Transport")] }
      })
      const errors: Array<unknown> = []
      for (const text of [1, 2, 3, 4, 5]) {
        const calling = yield* Effect.fork(all.send(Draft.text(`${words} ${text}`), { key: `key ${text}` }))
        for (let round = 0; round < 12; round++) {
          yield* settle
          yield* TestClock.adjust("10 seconds")
        }
        const answer = yield* Fiber.join(calling)
        if (Either.isLeft(answer)) errors.push(answer.left)
      }
      yield* all.router.observe({ _tag: "OptedOut", carrierId: linq, handle: ada, id: "e" })
      errors.push(left(yield* all.send()))
      yield* all.router.observe({ _tag: "OptedIn", carrierId: linq, line: numbers.linq, handle: ada })
      yield* settle
      expect(errors.length).toBeGreaterThan(1)
      expect(all.told.length).toBeGreaterThan(20)
      told.push(...all.told.map(print), ...errors.map(print))
      told.push(print(yield* all.router.health), print(yield* all.router.held()))
    }).pipe(
      Effect.provide(recording.layer)
    )
    told.push(print(yield* Metric.snapshot))
    told.push(inspect(recording.contents(), { depth: null }), ...recording.causes().map(print))
    const everything = told.map((value) => typeof value === "string" ? value : print(value)).join("\n")
    expect(everything).toContain("interline_attempts_total")
    expect(everything).toContain("goes on from")
    expect(everything).toContain("Router.attempt")
    for (const secret of [words, ada, ada.slice(1), numbers.linq.slice(1), numbers.sendblue.slice(1)]) {
      expect(everything).not.toContain(secret)
    }
  }))
