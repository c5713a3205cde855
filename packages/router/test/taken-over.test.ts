/** A process whose shard another one took: it writes nothing over its deliveries, sends nothing more, and tells what it knows. */
import { describe, expect, it } from "@effect/vitest"
import * as Draft from "@interline/core/Draft"
import * as MessageRef from "@interline/core/MessageRef"
import type { MessagingError } from "@interline/core/MessagingError"
import * as Part from "@interline/core/Part"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Logger from "effect/Logger"
import * as Option from "effect/Option"
import * as TestClock from "effect/TestClock"
import type { LedgerService } from "../src/ledger/Ledger.ts"
import * as MemoryLedger from "../src/ledger/MemoryLedger.ts"
import * as Shard from "../src/ledger/Shard.ts"
import * as Placement from "./placement.ts"
import { type Answer, failure, hello, left, linq, right, type Script, words, type World, world } from "./scripted.ts"

const quiet = Effect.provide(Logger.remove(Logger.defaultLogger))

const settle = Effect.forEach(Array.from({ length: 40 }), () => Effect.yieldNow(), { discard: true })

const ending = <A, E>(fiber: Fiber.RuntimeFiber<A, E>): Effect.Effect<A, E> =>
  Effect.zipRight(
    settle,
    Effect.flatMap(
      Fiber.poll(fiber),
      Option.match({
        onNone: () => Effect.zipRight(TestClock.adjust("250 millis"), ending(fiber)),
        onSome: (exit) => exit
      })
    )
  )

/** A process that does not know yet that another one is there; their ledger; and what the first one runs. */
const unaware = (script: Script, draft: Draft.Draft = hello) =>
  Effect.gen(function*() {
    const inner = yield* MemoryLedger.make()
    const first = yield* world({ ledger: inner, linq: { finds: "nothing", ...script } })
    const sending = yield* Effect.fork(first.send(draft))
    yield* settle
    return { inner, first, sending }
  })

const idOf = ({ told }: World) =>
  told.flatMap((event) => "deliveryId" in event ? [event.deliveryId] : [])[0] ?? expect.fail("nothing started")

/** Another process takes all shards, and what was left behind in them. */
const takenOver = (inner: LedgerService) =>
  Effect.gen(function*() {
    const second = yield* world({ ledger: inner })
    yield* settle
    return second
  })

const after = (answer: string | MessagingError, seconds = 20): Answer =>
  Effect.delay(typeof answer === "string" ? Effect.succeed(answer) : Effect.fail(answer), `${seconds} seconds`)

describe("an answer that comes after the shard was lost", () => {
  it.scoped("is told as a fact: the held delivery is settled by it, and the caller is told the truth", () =>
    Effect.gen(function*() {
      const { first, inner, sending } = yield* unaware({ answers: [after("taken")] })
      const second = yield* takenOver(inner)
      expect(yield* second.router.held()).toHaveLength(1)
      expect(right(yield* ending(sending))).toMatchObject({ receipts: [{ ref: { id: "taken" } }] })
      expect(yield* second.router.held()).toEqual([])
      expect(Option.getOrThrow(yield* second.router.explain(idOf(first)))).toMatchObject({
        outcome: { _tag: "Accepted", receipts: [{ ref: { id: "taken" } }] }
      })
    }).pipe(quiet))

  it.scoped("as a certain refusal settles the held delivery as not sent", () =>
    Effect.gen(function*() {
      const { first, inner, sending } = yield* unaware({ answers: [after(failure("InvalidInput"))] })
      const second = yield* takenOver(inner)
      expect(left(yield* ending(sending))).toMatchObject({ _tag: "NotSent", error: { reason: "InvalidInput" } })
      expect(yield* second.router.held()).toEqual([])
      expect(Option.getOrThrow(yield* second.router.explain(idOf(first)))).toMatchObject({ outcome: { _tag: "Rejected" } })
      expect([...first.sendblue.asked, ...second.linq.asked, ...second.sendblue.asked]).toEqual([])
    }).pipe(quiet))

  it.scoped("as a refusal that lets others be asked asks nobody: the delivery is another process's", () =>
    Effect.gen(function*() {
      const { first, inner, sending } = yield* unaware({ answers: [after(failure("LineUnavailable"))] })
      const second = yield* takenOver(inner)
      left(yield* ending(sending))
      expect([...first.sendblue.asked, ...second.linq.asked, ...second.sendblue.asked]).toEqual([])
    }).pipe(quiet))

  it.scoped("as nothing certain is told as what it is: another process has it, which holds it", () =>
    Effect.gen(function*() {
      const { first, inner, sending } = yield* unaware({ answers: [after(failure("Transport"))] })
      const second = yield* takenOver(inner)
      expect(left(yield* ending(sending))).toMatchObject({
        _tag: "Held",
        evidence: { error: { certainty: "unknown", next: "reconcile", detail: "the process that sent it is gone" } }
      })
      expect((yield* second.router.held()).map(({ deliveryId }) => deliveryId)).toEqual([idOf(first)])
      expect(Option.getOrThrow(yield* second.router.explain(idOf(first)))).toMatchObject({
        outcome: { _tag: "Unknown", evidence: { error: { detail: "the process that sent it is gone" } } }
      })
    }).pipe(quiet))

  it.scoped("of a step of a split draft is kept, and the rest does not follow", () =>
    Effect.gen(function*() {
      const draft = Draft.make([Part.text("one"), Part.media("https://images.example.com/a.png")])
      const { first, inner, sending } = yield* unaware({ split: true, answers: [after("part"), "rest"] }, draft)
      const second = yield* takenOver(inner)
      yield* ending(sending)
      expect(first.linq.asked).toHaveLength(1)
      expect(Option.getOrThrow(yield* second.router.explain(idOf(first)))).toMatchObject({
        outcome: { _tag: "Partial", receipts: [{ ref: { id: "part" } }] }
      })
    }).pipe(quiet))

  it.scoped("of a process that kept its shard is its own, however late it comes", () =>
    Effect.gen(function*() {
      const inner = yield* MemoryLedger.make()
      const { place } = Placement.make()
      const first = yield* world({ ledger: inner, place, linq: { answers: [after("taken", 29)] } })
      const sending = yield* Effect.fork(first.send())
      yield* settle
      yield* Effect.repeatN(Effect.zipRight(TestClock.adjust("1 second"), settle), 20)
      const second = yield* world({ ledger: inner, place, options: { lookEvery: "1 second" } })
      right(yield* ending(sending))
      expect(second.told.map(({ _tag }) => _tag)).not.toContain("Held")
    }).pipe(quiet))
})

describe("a process that finds its delivery taken over", () => {
  it.scoped("before the request leaves sends nothing and writes nothing over it", () =>
    Effect.gen(function*() {
      const inner = yield* MemoryLedger.make()
      // in the moment before it writes down what is about to leave, another process takes it over
      const ledger: LedgerService = {
        ...inner,
        save: (entry) =>
          entry.state.phase._tag !== "Sending" ? inner.save(entry) : Effect.zipRight(
            Effect.zipRight(inner.acquire([Shard.of(entry.conversation)]), inner.adopt(entry, 2, 0)),
            inner.save(entry)
          )
      }
      const first = yield* world({ ledger })
      const error = left(yield* first.send(hello, { key: "k" }))
      expect(error).toMatchObject({ _tag: "Held", evidence: { error: { reason: "Timeout", certainty: "unknown" } } })
      expect([...first.linq.asked, ...first.sendblue.asked]).toEqual([])
      expect(Option.getOrThrow(yield* inner.read(error.deliveryId))).toMatchObject({
        epoch: 2,
        version: 1,
        state: { phase: { _tag: "Idle" } }
      })
    }).pipe(quiet))
})

const status = (id: string, step = 0) =>
  ({
    _tag: "Status",
    carrierId: linq,
    fact: { ref: MessageRef.make(linq, "heard"), status: "delivered" },
    idempotencyKey: `${id}:1:${step}`
  }) as const

describe("a fact that proves the request under way", () => {
  const hanging = (script: Script, draft: Draft.Draft = hello) =>
    Effect.gen(function*() {
      const ledger = yield* MemoryLedger.make()
      const { place } = Placement.make()
      const first = yield* world({ ledger, place, linq: script })
      const sending = yield* Effect.fork(first.send(draft))
      yield* settle
      return { first, ledger, place, sending }
    })

  it.scoped("ends its wait at once, as accepted, and counts against nobody", () =>
    Effect.gen(function*() {
      const { first, sending } = yield* hanging({ answers: [Effect.never] })
      yield* first.router.observe(status(idOf(first)))
      yield* settle
      expect(right(yield* sending.await.pipe(Effect.flatten))).toMatchObject({
        receipts: [{ ref: { id: "heard" } }],
        attempts: [{ outcome: "accepted" }]
      })
      expect(yield* first.router.health).toMatchObject([{ failures: 0 }])
    }).pipe(quiet))

  it.scoped("that another process heard ends it at once", () =>
    Effect.gen(function*() {
      const { first, ledger, place, sending } = yield* hanging({ answers: [Effect.never] })
      const second = yield* world({ ledger, place })
      yield* second.router.observe(status(idOf(first)))
      yield* settle
      expect(right(Option.getOrThrow(
        yield* Effect.flatMap(
          Fiber.poll(sending),
          Option.match({ onNone: () => Effect.succeedNone, onSome: (exit) => Effect.map(exit, Option.some) })
        )
      ))).toMatchObject({
        receipts: [{ ref: { id: "heard" } }]
      })
    }).pipe(quiet))

  it.scoped("lets the rest of a split draft follow", () =>
    Effect.gen(function*() {
      const draft = Draft.make([Part.text("one"), Part.media("https://images.example.com/a.png")])
      const { first, sending } = yield* hanging({ split: true, answers: [Effect.never, "rest"] }, draft)
      yield* first.router.observe(status(idOf(first)))
      yield* settle
      expect(right(yield* sending.await.pipe(Effect.flatten))).toMatchObject({
        receipts: [{ ref: { id: "heard" } }, { ref: { id: "rest" } }]
      })
      expect(first.linq.asked).toHaveLength(2)
    }).pipe(quiet))

  it.scoped("of a later step than the one under way waits for its turn", () =>
    Effect.gen(function*() {
      const draft = Draft.make([Part.text("one"), Part.media("https://images.example.com/a.png")])
      const { first, sending } = yield* hanging({ split: true, answers: [after("one", 2), "two"] }, draft)
      yield* first.router.observe(status(idOf(first), 1))
      yield* settle
      expect(yield* Fiber.poll(sending)).toEqual(Option.none())
      expect(right(yield* ending(sending))).toMatchObject({ receipts: [{ ref: { id: "one" } }, {}] })
    }).pipe(quiet))
})

describe("a fact that comes to a process that lost the delivery without knowing", () => {
  it.scoped("goes to the process that has it, although it would prove what this one was about to send", () =>
    Effect.gen(function*() {
      const inner = yield* MemoryLedger.make()
      const thawed = yield* Deferred.make<void>()
      const ids: Array<string> = []
      // the process stands still while it writes down what is about to leave
      const ledger: LedgerService = {
        ...inner,
        save: (entry) =>
          Effect.suspend(() => {
            ids.push(entry.id)
            return Effect.zipRight(Deferred.await(thawed), inner.save(entry))
          })
      }
      const first = yield* world({ ledger, options: { drainFor: 0 }, linq: { finds: "nothing" } })
      const sending = yield* Effect.fork(first.send(hello, { key: "k" }))
      yield* settle
      const second = yield* world({ ledger: inner, linq: { finds: "nothing", answers: [failure("Transport")] } })
      yield* settle
      expect([second.linq.texts(), yield* second.router.held()]).toMatchObject([[words], [{}]])
      const hearing = yield* Effect.fork(first.router.observe(status(ids[0] ?? expect.fail("nothing was written"))))
      yield* settle
      yield* Deferred.succeed(thawed, undefined)
      yield* ending(hearing)
      expect(yield* second.router.held()).toEqual([])
      expect(right(yield* ending(sending))).toMatchObject({ receipts: [{ ref: { id: "heard" } }] })
      expect(first.linq.texts()).toEqual([])
    }).pipe(quiet))
})
