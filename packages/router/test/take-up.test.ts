/** What the next owner of a shard does with each delivery that was left behind in it, and what the one before does when it gives it up. */
import { describe, expect, it } from "@effect/vitest"
import * as DeliveryId from "@interline/core/DeliveryId"
import * as Draft from "@interline/core/Draft"
import * as MessageRef from "@interline/core/MessageRef"
import * as Part from "@interline/core/Part"
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Fiber from "effect/Fiber"
import * as FiberId from "effect/FiberId"
import * as Logger from "effect/Logger"
import * as Option from "effect/Option"
import * as TestClock from "effect/TestClock"
import type { Entry, LedgerService } from "../src/ledger/Ledger.ts"
import * as MemoryLedger from "../src/ledger/MemoryLedger.ts"
import type * as Runner from "../src/ownership/Runner.ts"
import * as Placement from "./placement.ts"
import { failure, hello, linq, right, type Script, type Setup, toAda, words, type World, world } from "./scripted.ts"

const quiet = Effect.provide(Logger.remove(Logger.defaultLogger))

/** Lets everything that can run now run. */
const settle = Effect.repeatN(Effect.yieldNow(), 60)

/** A digest of a key's message takes a time that the test's clock does not know. */
const until = (holds: () => boolean): Effect.Effect<void> =>
  Effect.repeat(Effect.promise(() => new Promise<void>((done) => setTimeout(done, 1))), { until: holds })

const pass = (seconds: number) => Effect.repeatN(Effect.zipRight(TestClock.adjust("1 second"), settle), seconds - 1)

const ending = <A, E>(fiber: Fiber.Fiber<A, E>): Effect.Effect<A, E> =>
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

const lost = failure("Transport")
const listed = (...ids: ReadonlyArray<string>) => () => Effect.succeed(Either.right(ids))
const split = Draft.make([Part.text("one"), Part.media("https://images.example.com/a.png")])
const second = Draft.text("the second message")

const texts = (of: World) => [...of.linq.texts(), ...of.sendblue.texts()]
const keys = (of: World) => [...of.linq.asked, ...of.sendblue.asked].map(({ key }) => key)

/** A ledger that stops as soon as an entry like this was written by it. Then its process is dead. */
const dying = (inner: LedgerService, isLast: (entry: Entry) => boolean) => {
  const buried = Deferred.unsafeMake<void>(FiberId.none)
  let last: Entry | undefined
  const of =
    <Args extends ReadonlyArray<unknown>, A>(operation: (...args: Args) => Effect.Effect<A>) => (...args: Args): Effect.Effect<A> =>
      Effect.suspend(() => last === undefined ? operation(...args) : Effect.zipRight(Deferred.await(buried), operation(...args)))
  const writing = <Args extends readonly [Entry, ...ReadonlyArray<unknown>], A>(operation: (...args: Args) => Effect.Effect<A>) =>
    of((...args: Args) =>
      Effect.flatMap(operation(...args), (written) => {
        if (!isLast(args[0])) return Effect.succeed(written)
        last = args[0]
        return Effect.as(Deferred.await(buried), written)
      })
    )
  const ledger: LedgerService = {
    ...inner,
    claim: of(inner.claim),
    release: of(inner.release),
    open: writing(inner.open),
    save: writing(inner.save),
    read: of(inner.read),
    binding: of(inner.binding),
    adopt: of(inner.adopt),
    append: of(inner.append)
  }
  return { buried, ledger, entry: () => last }
}

interface Left {
  readonly first: Setup
  readonly draft?: Draft.Draft
  readonly isLast: (entry: Entry) => boolean
}

/** A ledger in which a process has left a delivery behind. */
const leftBehind = ({ draft = hello, first: setup, isLast }: Left) =>
  Effect.gen(function*() {
    const inner = yield* MemoryLedger.make()
    const { buried, entry, ledger } = dying(inner, isLast)
    const first = yield* world({ ...setup, ledger, options: { drainFor: 0 } })
    yield* Effect.addFinalizer(() => Deferred.succeed(buried, undefined))
    yield* Effect.forkDaemon(first.send(draft))
    yield* settle
    yield* Effect.repeat(Effect.zipRight(TestClock.adjust("200 millis"), settle), { until: () => entry() !== undefined })
    return { first, inner, id: entry()?.id ?? expect.fail("nothing was written") }
  })

const resultOf = (of: World, id: DeliveryId.DeliveryId) =>
  Effect.map(of.router.explain(id), (explained) => Option.getOrThrow(explained).outcome)

const isIn = (phase: Entry["state"]["phase"]["_tag"]) => ({ state }: Entry) => state.phase._tag === phase

describe("what was being sent", () => {
  const sending = (script: Script): Left => ({ first: { linq: script }, isLast: isIn("Sending") })

  it.scoped("is replayed under its own key, where the vendor knows it", () =>
    Effect.gen(function*() {
      const { first, id, inner } = yield* leftBehind(sending({}))
      const next = yield* world({ ledger: inner })
      yield* pass(10)
      expect(yield* resultOf(next, id)).toMatchObject({ _tag: "Accepted" })
      expect([keys(first), keys(next)]).toEqual([[], [`${id}:1:0`]])
    }).pipe(quiet))

  it.scoped("is looked for in the list, and found", () =>
    Effect.gen(function*() {
      const { id, inner } = yield* leftBehind(sending({ finds: listed() }))
      const next = yield* world({ ledger: inner, linq: { finds: listed("found") } })
      yield* pass(10)
      expect(yield* resultOf(next, id)).toMatchObject({ _tag: "Accepted", receipts: [{ ref: { id: "found" } }] })
      expect(texts(next)).toEqual([])
    }).pipe(quiet))

  it.scoped("is held if it is not found, and never sent anew", () =>
    Effect.gen(function*() {
      const { id, inner } = yield* leftBehind(sending({ finds: listed() }))
      const next = yield* world({ ledger: inner, linq: { finds: listed() } })
      yield* pass(100)
      expect((yield* next.router.held()).map(({ deliveryId }) => deliveryId)).toEqual([id])
      expect(texts(next)).toEqual([])
    }).pipe(quiet))

  it.scoped("goes out now if it had not left, at the carrier whose turn it was", () =>
    Effect.gen(function*() {
      const { first, id, inner } = yield* leftBehind({
        first: { linq: { answers: [failure("LineUnavailable")] }, policy: { retry: { times: 0 } } },
        isLast: ({ state }) => state.generation === 2
      })
      const next = yield* world({ ledger: inner, policy: { retry: { times: 0 } } })
      yield* settle
      expect(yield* resultOf(next, id)).toMatchObject({ _tag: "Accepted" })
      expect([first.sendblue.texts(), next.linq.texts(), next.sendblue.texts()]).toEqual([[], [], [words]])
    }).pipe(quiet))

  it.scoped("and has a part already: the part under way is looked for, and the rest follows at the same carrier", () =>
    Effect.gen(function*() {
      const { first, id, inner } = yield* leftBehind({
        first: { linq: { split: true, finds: listed(), answers: ["one"] } },
        draft: Draft.make([Part.text("one"), Part.text("two"), Part.text("three")]),
        isLast: ({ progress }) => progress?.step === 1
      })
      const next = yield* world({ ledger: inner, linq: { split: true, finds: listed("two"), answers: ["three"] } })
      yield* pass(10)
      expect(yield* resultOf(next, id)).toMatchObject({
        _tag: "Accepted",
        receipts: [{ ref: { id: "one" } }, { ref: { id: "two" } }, { ref: { id: "three" } }]
      })
      expect([texts(first), texts(next)]).toEqual([["one"], ["three"]])
    }).pipe(quiet))

  it.scoped("and has a part already: a rest that had not left follows", () =>
    Effect.gen(function*() {
      const { first, id, inner } = yield* leftBehind({
        first: { linq: { split: true, finds: listed("one"), answers: [lost] } },
        draft: Draft.make([Part.text("one"), Part.text("two")]),
        isLast: ({ state }) => state.phase._tag === "Sending" && state.taken.length === 1
      })
      const next = yield* world({ ledger: inner, linq: { split: true, finds: listed(), answers: ["two"] } })
      yield* pass(10)
      expect(yield* resultOf(next, id)).toMatchObject({ _tag: "Accepted", receipts: [{ ref: { id: "one" } }, { ref: { id: "two" } }] })
      expect([texts(first), texts(next)]).toEqual([["one"], ["two"]])
    }).pipe(quiet))
})

describe("what was in doubt", () => {
  it.scoped.each([["Looking", () => Effect.never], ["Resting", listed()]] as const)(
    "goes on being looked for (%s)",
    ([phase, finds]) =>
      Effect.gen(function*() {
        const { id, inner } = yield* leftBehind({ first: { linq: { finds, answers: [lost] } }, isLast: isIn(phase) })
        const next = yield* world({ ledger: inner, linq: { finds: listed("found") } })
        yield* pass(10)
        expect(yield* resultOf(next, id)).toMatchObject({ _tag: "Accepted", receipts: [{ ref: { id: "found" } }] })
        expect(texts(next)).toEqual([])
      }).pipe(quiet)
  )

  /** The clock of another machine. */
  const ahead = (clock: Clock.Clock, by: number): Clock.Clock => ({
    ...clock,
    [Clock.ClockTypeId]: Clock.ClockTypeId,
    unsafeCurrentTimeMillis: () => clock.unsafeCurrentTimeMillis() + by,
    currentTimeMillis: Effect.map(clock.currentTimeMillis, (at) => at + by),
    unsafeCurrentTimeNanos: () => clock.unsafeCurrentTimeNanos(),
    currentTimeNanos: clock.currentTimeNanos,
    sleep: (duration) => clock.sleep(duration)
  })

  it.scoped.each([["ahead", 120_000], ["behind", -120_000]] as const)(
    "is looked for as long as before if the clock of the next process is two minutes %s",
    ([, by]) =>
      Effect.gen(function*() {
        yield* TestClock.adjust("1 hour")
        const policy = { prefer: ["linq"], carriers: { linq: { absenceProof: "30 seconds" } }, retry: { times: 0 } } as const
        const { id, inner } = yield* leftBehind({ first: { policy, linq: { finds: listed(), answers: [lost] } }, isLast: isIn("Resting") })
        const clock = ahead(yield* Effect.clock, by)
        const next = yield* Effect.withClock(world({ ledger: inner, policy, linq: { finds: listed() } }), clock)
        const { state } = Option.getOrThrow(yield* inner.read(id))
        yield* pass(25)
        // an absence is a proof after half a minute, and not before
        expect(Option.getOrThrow(yield* inner.read(id)).state.phase._tag).not.toBe("Done")
        yield* pass(10)
        expect(yield* resultOf(next, id)).toMatchObject({ _tag: "Rejected", error: { certainty: "not-sent" } })
        expect(state.phase._tag).toBe("Resting")
      }).pipe(quiet)
  )

  it.scoped.each([["ahead", 120_000], ["behind", -120_000]] as const)(
    "is replayed only while the vendor remembers its key, if the clock of the next process is two minutes %s",
    ([, by]) =>
      Effect.gen(function*() {
        yield* TestClock.adjust("1 hour")
        const policy = {
          deadlines: { attempt: "30 seconds", send: "20 minutes" },
          reconcile: { every: "5 seconds", within: "19 minutes" }
        } as const
        const { id, inner } = yield* leftBehind({ first: { policy, linq: { answers: [Effect.never] } }, isLast: isIn("Sending") })
        const since = yield* Clock.currentTimeMillis
        const clock = ahead(yield* Effect.clock, by)
        const next = yield* Effect.withClock(world({ ledger: inner, policy, linq: { answers: [lost] } }), clock)
        yield* Effect.repeatN(Effect.zipRight(TestClock.adjust("5 seconds"), settle), 180)
        expect((yield* next.router.held()).map(({ deliveryId }) => deliveryId)).toEqual([id])
        // ten minutes is what this vendor remembers
        const times = next.linq.asked.map(({ at }) => at - by - since)
        expect(Math.max(...times)).toBeLessThanOrEqual(600_000)
        expect(Math.max(...times)).toBeGreaterThan(540_000)
      }).pipe(quiet)
  )
})

describe("the order of a conversation", () => {
  it.scoped("stays: what had the lane, then what waited for it, then what is new", () =>
    Effect.gen(function*() {
      const inner = yield* MemoryLedger.make()
      let claims = 0
      const counting: LedgerService = {
        ...inner,
        claim: (request) => Effect.tap(inner.claim(request), () => Effect.sync(() => claims += 1))
      }
      const { buried, ledger } = dying(counting, isIn("Sending"))
      const first = yield* world({ ledger, options: { drainFor: 0 }, linq: { lookUp: Effect.delay(Effect.succeedNone, "5 seconds") } })
      yield* Effect.addFinalizer(() => Deferred.succeed(buried, undefined))
      yield* Effect.forkDaemon(first.send(hello))
      yield* settle
      yield* TestClock.adjust("1 second")
      // it is written down before the one that has the lane
      const waiting = yield* Effect.forkDaemon(first.send(second, { key: "k" }))
      yield* until(() => claims > 0)
      yield* pass(6)
      const next = yield* world({ ledger: inner })
      const third = yield* Effect.fork(next.send(Draft.text("the third message")))
      yield* pass(10)
      right(yield* ending(third))
      expect(next.linq.texts()).toEqual([words, "the second message", "the third message"])
      yield* Fiber.interruptFork(waiting)
    }).pipe(quiet))

  it.scoped("stays when a fact settles what waits for its lane: its rest does not overtake", () =>
    Effect.gen(function*() {
      const { id, inner } = yield* leftBehind({
        first: { linq: { split: true, finds: listed() } },
        draft: split,
        isLast: isIn("Sending")
      })
      const { place } = Placement.make()
      let local: Runner.LocalRunner | undefined
      let isOpen = false
      const next = yield* world({
        ledger: { ...inner, leftBehind: (...args) => isOpen ? inner.leftBehind(...args) : Effect.succeed([]) },
        place: (own) => Effect.suspend(() => (local = own, place(own))),
        linq: { split: true, finds: listed(), answers: [Effect.delay(Effect.succeed("new"), "5 seconds"), "rest"] }
      })
      // a newer send has the lane
      const newer = yield* Effect.fork(next.send(Draft.text("newer")))
      yield* settle
      isOpen = true
      yield* local?.takeUp ?? Effect.void
      yield* settle
      expect(local?.takenUp()).toBe(1)
      yield* next.router.observe({
        _tag: "Status",
        carrierId: linq,
        fact: { ref: MessageRef.make(linq, "heard"), status: "delivered" },
        idempotencyKey: `${id}:1:0`
      })
      yield* settle
      expect(texts(next)).toEqual(["newer"])
      right(yield* ending(newer))
      yield* pass(5)
      expect(yield* resultOf(next, id)).toMatchObject({ _tag: "Accepted", receipts: [{ ref: { id: "heard" } }, { ref: { id: "rest" } }] })
    }).pipe(quiet))
})

describe("a send that its process passed on behind another one, which had not come when the owner ended", () => {
  /** The owner has the second send on record, and it ends. Then the next owner has all shards. */
  const ended = Effect.gen(function*() {
    const inner = yield* MemoryLedger.make()
    const isClaimed = yield* Deferred.make<void>()
    const thawed = yield* Deferred.make<void>()
    const ledger: LedgerService = {
      ...inner,
      claim: (request) => Effect.zipRight(Effect.tap(inner.claim(request), () => Deferred.succeed(isClaimed, undefined)), Effect.never),
      read: (id) => Effect.zipRight(Deferred.await(thawed), inner.read(id))
    }
    const [before, after] = [Placement.make(), Placement.make()]
    yield* world({ ledger, place: before.place, options: { drainFor: 0 } })
    const [one, two] = [yield* DeliveryId.mint, yield* DeliveryId.mint]
    const run = (
      { locals: [local] }: Placement.Placement,
      id: DeliveryId.DeliveryId,
      draft: Draft.Draft,
      follows?: DeliveryId.DeliveryId
    ) =>
      local === undefined
        ? Effect.dieMessage("there is no runner")
        : local.run(id, { conversation: toAda, draft, fidelity: "adapt", key: id }, { within: 60_000, follows })
    yield* Effect.forkDaemon(run(before, two, second, one))
    yield* Deferred.await(isClaimed)
    const next = yield* world({ ledger: inner, place: after.place })
    yield* pass(2)
    return { next, come: Effect.forkDaemon(run(after, one, hello)) }
  })

  it.scoped("waits at the next owner until that one has its place", () =>
    Effect.gen(function*() {
      const { come, next } = yield* ended
      expect(texts(next)).toEqual([])
      yield* come
      yield* until(() => texts(next).length === 2)
      expect(texts(next)).toEqual([words, "the second message"])
    }).pipe(quiet))

  it.scoped("goes on after five seconds if that one never comes", () =>
    Effect.gen(function*() {
      const { next } = yield* ended
      yield* pass(5)
      expect(texts(next)).toEqual(["the second message"])
    }).pipe(quiet))
})
