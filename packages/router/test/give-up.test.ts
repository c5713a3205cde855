/** Shards that are given up, lost or asked for at the wrong process, and stores that fail or are slow meanwhile. */
import { describe, expect, it } from "@effect/vitest"
import type * as Backend from "@interline/core/Backend"
import * as Conversation from "@interline/core/Conversation"
import * as DeliveryId from "@interline/core/DeliveryId"
import * as Draft from "@interline/core/Draft"
import * as Handle from "@interline/core/Handle"
import * as MessageRef from "@interline/core/MessageRef"
import * as Part from "@interline/core/Part"
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Fiber from "effect/Fiber"
import * as Logger from "effect/Logger"
import * as Option from "effect/Option"
import * as TestClock from "effect/TestClock"
import type { LedgerService } from "../src/ledger/Ledger.ts"
import * as MemoryLedger from "../src/ledger/MemoryLedger.ts"
import * as Shard from "../src/ledger/Shard.ts"
import * as Runner from "../src/ownership/Runner.ts"
import * as Placement from "./placement.ts"
import { failure, hello, left, linq, right, type Setup, support, toAda, words, type World, world } from "./scripted.ts"

const quiet = Effect.provide(Logger.remove(Logger.defaultLogger))

/** Lets everything that can run now run. */
const settle = Effect.repeatN(Effect.yieldNow(), 60)

/** A digest of a key's message takes a time that the test's clock does not know. */
const until = (holds: () => boolean): Effect.Effect<void> =>
  Effect.zipRight(Effect.repeat(Effect.promise(() => new Promise<void>((done) => setTimeout(done, 1))), { until: holds }), settle)

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

const second = Draft.text("the second message")
const texts = (of: World) => [...of.linq.texts(), ...of.sendblue.texts()]
const slow = (seconds: number, answer: string) => Effect.delay(Effect.succeed(answer), `${seconds} seconds`)
const gone = Effect.dieMessage("the store is gone")

const idOf = ({ told }: World) =>
  told.flatMap((event) => "deliveryId" in event ? [event.deliveryId] : [])[0] ?? expect.fail("nothing started")

const id = DeliveryId.DeliveryId.make("7f3f1d7e-3c55-4ad8-9d1c-0c8a5bb0f001")
const adasShard = Shard.of("support|+12025550123")

const prepared = (key?: string): Backend.Prepared => ({
  conversation: toAda,
  draft: hello,
  fidelity: "adapt",
  ...(key === undefined ? {} : { key })
})

/** A router, with the runner inside of it. */
const opened = (setup: Setup = {}) =>
  Effect.gen(function*() {
    const locals: Array<Runner.LocalRunner> = []
    const place = setup.place ?? Runner.alone
    const all = yield* world({ options: { drainFor: 0 }, ...setup, place: (own) => Effect.suspend(() => (locals.push(own), place(own))) })
    return { ...all, all, local: locals[0] ?? expect.fail("there is no runner") }
  })

const counting = (inner: LedgerService) => {
  let claims = 0
  const ledger: LedgerService = { ...inner, claim: (request) => Effect.tap(inner.claim(request), () => Effect.sync(() => claims += 1)) }
  return { claims: () => claims, ledger }
}

/** Two routers over one ledger. The first one has all shards. */
const two = (setup: Setup = {}, next: Setup = {}) =>
  Effect.gen(function*() {
    const ledger = setup.ledger ?? (yield* MemoryLedger.make())
    const { move, place, seize } = Placement.make()
    const one = yield* opened({ ...setup, ledger, place })
    const other = yield* opened({ ...next, ledger, place })
    return { ledger, move, one, other, seize }
  })

describe("a shard that is given up", () => {
  it.scoped("is another process's for every call, also while this process is closing", () =>
    Effect.gen(function*() {
      const { move, one } = yield* two()
      const call = Effect.flatMap(DeliveryId.mint, (id) => Effect.either(one.local.run(id, prepared())))
      right(yield* call)
      yield* one.local.drain(0)
      expect(left(yield* call)).toMatchObject({ _tag: "NotSent", error: { reason: "Cancelled" } })
      yield* move(1)
      expect(left(yield* call)._tag).toBe("NotOwner")
    }).pipe(quiet))

  it.scoped("ends what is under way where it is, and what waits for its lane is sent by the next owner, once", () =>
    Effect.gen(function*() {
      const { move, one, other } = yield* two({ linq: { answers: [slow(5, "one")] } }, { linq: { answers: ["two"] } })
      const first = yield* Effect.fork(one.send())
      yield* settle
      const waiting = yield* Effect.fork(one.send(second))
      yield* settle
      const moving = yield* Effect.fork(move(1))
      expect(right(yield* ending(first))).toMatchObject({ receipts: [{ ref: { id: "one" } }] })
      yield* ending(moving)
      expect(right(yield* ending(waiting))).toMatchObject({ receipts: [{ ref: { id: "two" } }] })
      expect([texts(one), texts(other)]).toEqual([[words], ["the second message"]])
    }).pipe(quiet))

  it.scoped.each([["without a key", {}], ["under a key", { key: "k" }]] as const)(
    "lets the next owner send what rests after a certain refusal, %s",
    ([, options]) =>
      Effect.gen(function*() {
        const { move, one, other } = yield* two({ linq: { answers: [failure("RateLimited", { retryAfter: Duration.seconds(5) })] } })
        const sending = yield* Effect.fork(one.send(hello, options))
        yield* until(() => one.linq.asked.length > 0)
        yield* ending(yield* Effect.fork(move(1)))
        right(yield* ending(sending))
        expect([texts(one), texts(other)]).toEqual([[words], [words]])
      }).pipe(quiet)
  )

  it.scoped("sends what waits under a key also if its caller has gone away with the process", () =>
    Effect.gen(function*() {
      const { claims, ledger } = counting(yield* MemoryLedger.make())
      const { move, one, other } = yield* two({ ledger, linq: { answers: [slow(5, "one")] } })
      yield* Effect.forkDaemon(one.send())
      yield* settle
      const waiting = yield* Effect.forkDaemon(one.send(second, { key: "k" }))
      yield* until(() => claims() > 0)
      const moving = yield* Effect.fork(move(1))
      yield* ending(moving)
      yield* Fiber.interruptFork(waiting)
      yield* settle
      expect(texts(other)).toEqual(["the second message"])
    }).pipe(quiet))

  it.scoped("begins nothing that was being prepared", () =>
    Effect.gen(function*() {
      const inner = yield* MemoryLedger.make()
      const goOn = yield* Deferred.make<void>()
      let isFirst = true
      const ledger: LedgerService = {
        ...inner,
        binding: (key) => isFirst ? (isFirst = false, Effect.zipRight(Deferred.await(goOn), inner.binding(key))) : inner.binding(key)
      }
      const { move, one, other } = yield* two({ ledger })
      const sending = yield* Effect.fork(one.send())
      yield* settle
      const moving = yield* Effect.fork(move(1))
      yield* settle
      yield* Deferred.succeed(goOn, undefined)
      yield* ending(moving)
      right(yield* ending(sending))
      expect([texts(one), texts(other)]).toEqual([[], [words]])
    }).pipe(quiet))

  it.scoped("and taken again by the same process goes on under the new epoch", () =>
    Effect.gen(function*() {
      const { local, send } = yield* opened()
      yield* local.release(Shard.all)
      yield* local.acquire(Shard.all)
      right(yield* send())
      right(yield* send(second, { key: "k" }))
      expect(local.epochs().get(adasShard)).toBe(2)
    }).pipe(quiet))

  it.scoped("and taken again while a key is being asked for does not lose it", () =>
    Effect.gen(function*() {
      const inner = yield* MemoryLedger.make()
      const goOn = yield* Deferred.make<void>()
      let claims = 0
      const ledger: LedgerService = {
        ...inner,
        claim: (request) => claims++ === 0 ? Effect.zipRight(Deferred.await(goOn), inner.claim(request)) : inner.claim(request)
      }
      const { local, send } = yield* opened({ ledger })
      const sending = yield* Effect.fork(send(hello, { key: "k" }))
      yield* until(() => claims > 0)
      yield* local.acquire([adasShard])
      yield* Deferred.succeed(goOn, undefined)
      yield* ending(sending)
      expect(local.epochs().get(adasShard)).toBe(2)
      right(yield* send(second, { key: "other" }))
    }).pipe(quiet))

  it.scoped("and taken again by two at the same time has the later epoch", () =>
    Effect.gen(function*() {
      const inner = yield* MemoryLedger.make()
      let calls = 0
      const ledger: LedgerService = {
        ...inner,
        // the answer of the second one comes first
        acquire: (shards) =>
          Effect.flatMap(inner.acquire(shards), (epochs) =>
            ++calls === 2 ? Effect.delay(Effect.succeed(epochs), "1 second") : Effect.succeed(epochs))
      }
      const { local, send } = yield* opened({ ledger })
      const acquiring = yield* Effect.forkAll([local.acquire([adasShard]), local.acquire([adasShard])])
      yield* ending(acquiring)
      expect(local.epochs().get(adasShard)).toBe(3)
      right(yield* send())
    }).pipe(quiet))

  it.scoped("is taken in a time that has an end, although a hundred deliveries of it run here", () =>
    Effect.gen(function*() {
      const people = Array.from({ length: 120 }, (_, nth) => Draft.text(`message ${nth}`))
      const { linq: fake, local, send } = yield* opened({ linq: { answers: [slow(5, "m")], finds: "nothing" } })
      const sending = yield* Effect.forkAll(
        people.map((draft, nth) => send(draft, {}, Conversation.direct(support, Handle.make(`+1202555${1000 + nth}`))))
      )
      yield* until(() => fake.asked.length === 120)
      yield* local.acquire(Shard.all)
      for (const answer of yield* ending(sending)) right(answer)
      expect(fake.asked).toHaveLength(120)
    }).pipe(quiet))
})

describe("a run that comes twice", () => {
  it.scoped("at one process sends once, while it is under way and when it has ended", () =>
    Effect.gen(function*() {
      const { all, local } = yield* opened({ linq: { answers: [slow(2, "m")] } })
      const runs = yield* Effect.forkAll([local.run(id, prepared()), local.run(id, prepared())])
      const again = [...(yield* ending(runs)), yield* local.run(id, prepared())]
      expect(again.map(({ receipts }) => receipts[0]?.ref.id)).toEqual(["m", "m", "m"])
      expect(texts(all)).toEqual([words])
    }).pipe(quiet))

  it.scoped("at two processes sends once, and both answer the same", () =>
    Effect.gen(function*() {
      const { one, other, seize } = yield* two({ linq: { answers: [slow(2, "m")], finds: "nothing" } })
      const first = yield* Effect.fork(one.local.run(id, prepared()))
      yield* settle
      yield* seize(1)
      const again = yield* Effect.fork(Effect.either(other.local.run(id, prepared())))
      expect(yield* ending(first)).toMatchObject({ receipts: [{ ref: { id: "m" } }] })
      yield* ending(again)
      expect(yield* other.local.run(id, prepared())).toMatchObject({ receipts: [{ ref: { id: "m" } }] })
      expect([...texts(one), ...texts(other)]).toEqual([words])
    }).pipe(quiet))

  it.scoped("after it was held says nothing of the first: a refusal of the second run settles nothing", () =>
    Effect.gen(function*() {
      const { local, router } = yield* opened({
        linq: { answers: [failure("Transport")], finds: "nothing" },
        policy: { prefer: ["linq"] },
        // the second run is refused before anything of it is written
        carriers: ((runs) => (fake) => [{ ...fake, send: (request) => runs++ === 0 ? fake.send(request) : Effect.succeed(refusal) }])(0)
      })
      expect(yield* Effect.flip(local.run(id, prepared()))).toMatchObject({ _tag: "Held" })
      expect(yield* Effect.flip(local.run(id, prepared()))).toMatchObject({ _tag: "Held" })
      expect((yield* router.held()).map(({ deliveryId }) => deliveryId)).toEqual([id])
    }).pipe(quiet))
})

const refusal = { _tag: "Rejected", error: failure("OptedOut", { certainty: "not-sent" }), losses: [] } as const

describe("a fact", () => {
  const heard = {
    _tag: "Reported",
    carrierId: linq,
    generation: 1,
    step: 0,
    receipt: { ref: MessageRef.make(linq, "heard"), status: "delivered" }
  } as const

  it.scoped("for a delivery that another process runs is not taken", () =>
    Effect.gen(function*() {
      const { one, other } = yield* two({ linq: { answers: [slow(2, "m")] } })
      const sending = yield* Effect.fork(one.send())
      yield* settle
      const told = yield* Effect.flip(other.local.tell(idOf(one.all), heard))
      expect(told).toMatchObject({ _tag: "NotOwner", shard: adasShard })
      right(yield* ending(sending))
    }).pipe(quiet))

  it.scoped("for a held delivery is taken anywhere", () =>
    Effect.gen(function*() {
      const { one, other } = yield* two({ linq: { answers: [failure("Transport")], finds: "nothing" } })
      const held = left(yield* one.send()).deliveryId
      expect(yield* other.local.tell(held, heard)).toBe("Applied")
      expect(yield* one.router.held()).toEqual([])
    }).pipe(quiet))

  it.scoped("for a delivery that is not on record is not known", () =>
    Effect.gen(function*() {
      const { local } = yield* opened()
      expect(yield* local.tell(id, heard)).toBe("Unknown")
    }).pipe(quiet))
})

describe("what the ledger is asked for a caller", () => {
  it.scoped("is what came of a delivery that has ended or is held", () =>
    Effect.gen(function*() {
      const { local } = yield* opened({ linq: { answers: ["m", failure("Transport")], finds: "nothing" } })
      yield* local.run(id, prepared())
      expect(yield* local.recall(id, prepared())).toMatchObject({ id, receipts: [{ ref: { id: "m" } }] })
      const other = DeliveryId.DeliveryId.make("7f3f1d7e-3c55-4ad8-9d1c-0c8a5bb0f002")
      yield* Effect.exit(local.run(other, prepared()))
      expect(yield* Effect.flip(local.recall(other, prepared(), "silent"))).toMatchObject({ _tag: "Held", deliveryId: other })
    }).pipe(quiet))

  it.scoped("is not known while it is under way", () =>
    Effect.gen(function*() {
      const { local } = yield* opened({ linq: { answers: [slow(2, "m")] } })
      const running = yield* Effect.fork(local.run(id, prepared()))
      yield* settle
      expect(yield* Effect.flip(local.recall(id, prepared(), "silent"))).toMatchObject({
        _tag: "Held",
        evidence: { error: { reason: "Timeout", certainty: "unknown" } }
      })
      yield* ending(running)
    }).pipe(quiet))

  it.scoped("is that nothing was sent only of a delivery that is not on record, if the caller is certain", () =>
    Effect.gen(function*() {
      const { local } = yield* opened()
      expect(yield* Effect.flip(local.recall(id, prepared()))).toMatchObject({ _tag: "Held" })
      expect(yield* Effect.flip(local.recall(id, prepared(), "silent"))).toMatchObject({
        _tag: "NotSent",
        error: { certainty: "not-sent", detail: "silent" }
      })
      expect(yield* Effect.flip(local.recall(id, prepared("k"), "silent"))).toMatchObject({ _tag: "NotSent" })
    }).pipe(quiet))

  it.scoped("is what came of an equal send under its key, also from a process that lost its shards", () =>
    Effect.gen(function*() {
      const { local, send } = yield* opened({ linq: { answers: ["m"] } })
      const sent = right(yield* send(hello, { key: "k" }))
      expect(yield* local.recall(id, prepared("k"), "silent")).toMatchObject({ id: sent.id })
      yield* local.release(Shard.all)
      expect(right(yield* send(hello, { key: "k" })).id).toBe(sent.id)
      expect(left(yield* send(second, { key: "k" }))).toMatchObject({ _tag: "Invalid", problems: [{ rule: "key" }] })
    }).pipe(quiet))
})

describe("a store that fails", () => {
  /** A store that fails from the n-th save on, until it is mended. */
  const failing = Effect.map(MemoryLedger.make(), (inner) => {
    const state = { isBroken: false }
    const of = <Args extends ReadonlyArray<unknown>, A>(call: (...args: Args) => Effect.Effect<A>) => (...args: Args) =>
      Effect.suspend(() => state.isBroken ? gone : call(...args))
    const ledger: LedgerService = {
      ...inner,
      save: of(inner.save),
      open: of(inner.open),
      release: of(inner.release),
      binding: of(inner.binding)
    }
    return { inner, ledger, state }
  })

  it.scoped("after the request left: the delivery is taken up, and ends as held, without another request", () =>
    Effect.gen(function*() {
      const { ledger, state } = yield* failing
      const { all, local, router, send } = yield* opened({
        ledger,
        linq: { finds: () => Effect.succeed(Either.right([])), answers: [Effect.sync(() => (state.isBroken = true, "m"))] }
      })
      const held = left(yield* send())
      expect(held).toMatchObject({ _tag: "Held", evidence: { error: { certainty: "unknown" } } })
      yield* local.takeUp
      expect(yield* router.held()).toEqual([])
      state.isBroken = false
      yield* local.takeUp
      yield* settle
      expect((yield* router.held()).map(({ deliveryId }) => deliveryId)).toEqual([held.deliveryId])
      expect(texts(all)).toEqual([words])
    }).pipe(quiet))

  it.scoped("after a request with a key left: it is looked for, also if nobody asks again", () =>
    Effect.gen(function*() {
      const { ledger, state } = yield* failing
      const { all, local, router, send } = yield* opened({
        ledger,
        linq: { answers: [Effect.sync(() => (state.isBroken = true, "m")), "m"] }
      })
      const held = left(yield* send(hello, { key: "k" }))
      expect(held).toMatchObject({ _tag: "Held", evidence: { error: { certainty: "unknown" } } })
      state.isBroken = false
      yield* local.takeUp
      yield* Effect.repeatN(Effect.zipRight(TestClock.adjust("1 second"), settle), 5)
      expect(yield* router.held()).toEqual([])
      expect(right(yield* send(hello, { key: "k" })).id).toBe(held.deliveryId)
      // the second request is the first one once more, under the vendor's key
      expect(new Set(all.linq.asked.map(({ key }) => key)).size).toBe(1)
    }).pipe(quiet))

  it.scoped("before anything left, and the giving back of the key with it: nobody sends it later, and its key is free again", () =>
    Effect.gen(function*() {
      const { inner, ledger, state } = yield* failing
      const { all, local, send } = yield* opened({
        ledger: { ...ledger, claim: (request) => Effect.tap(inner.claim(request), () => Effect.sync(() => void (state.isBroken = true))) }
      })
      const held = left(yield* send(hello, { key: "k" }))
      expect(held).toMatchObject({ _tag: "Held", evidence: { error: { certainty: "unknown" } } })
      state.isBroken = false
      yield* local.takeUp
      yield* settle
      expect(texts(all)).toEqual([])
      expect(Option.getOrThrow(yield* inner.read(held.deliveryId)).state.result).toMatchObject({ outcome: { _tag: "Rejected" } })
    }).pipe(quiet))

  it.scoped("when what is about to leave was written all the same: it is not said that nothing was sent", () =>
    Effect.gen(function*() {
      const inner = yield* MemoryLedger.make()
      let isFirst = true
      const ledger: LedgerService = {
        ...inner,
        // it is written, and the answer is lost
        open: (entry, within) =>
          Effect.zipRight(inner.open(entry, within), isFirst ? (isFirst = false, gone) : Effect.succeed("Opened" as const))
      }
      const { all, local, router, send } = yield* opened({ ledger })
      const held = left(yield* send())
      expect(held._tag).toBe("Held")
      yield* local.takeUp
      yield* settle
      expect((yield* router.held()).map(({ deliveryId }) => deliveryId)).toEqual([held.deliveryId])
      expect(texts(all)).toEqual([])
    }).pipe(quiet))

  it.scoped("and refuses a save although nobody took the shard: the delivery is taken up", () =>
    Effect.gen(function*() {
      const inner = yield* MemoryLedger.make()
      let saves = 0
      const ledger: LedgerService = {
        ...inner,
        save: (entry) => ++saves === 1 ? Effect.succeed(false) : inner.save(entry)
      }
      const lost = Effect.delay(Effect.fail(failure("Transport")), "2 seconds")
      const { local, router, send } = yield* opened({ ledger, linq: { answers: [lost], finds: "nothing" } })
      const sending = yield* Effect.fork(send())
      yield* settle
      // nobody waits who would ask for it again
      yield* Fiber.interrupt(sending)
      yield* TestClock.adjust("2 seconds")
      yield* settle
      yield* local.takeUp
      yield* settle
      expect(yield* inner.leftBehind(Shard.all, 10)).toEqual([])
      expect(yield* router.held()).toHaveLength(1)
    }).pipe(quiet))
})

describe("a process that is frozen while it writes down what is about to leave", () => {
  const frozen = (during: (ledger: LedgerService) => Effect.Effect<unknown>, seconds = 3) =>
    Effect.map(MemoryLedger.make(), (inner) => {
      let opens = 0
      let saves = 0
      const ledger: LedgerService = {
        ...inner,
        open: (entry, within) =>
          Effect.tap(inner.open(entry, within), () =>
            ++opens === 1 ? Effect.zipRight(Effect.sleep(`${seconds} seconds`), during(inner)) : Effect.void),
        save: (entry) =>
          Effect.zipRight(Effect.sync(() => saves += 1), inner.save(entry))
      }
      return { inner, ledger, saves: () => saves }
    })

  it.scoped("writes it again, and sends it once", () =>
    Effect.gen(function*() {
      const { ledger, saves } = yield* frozen(() => Effect.void)
      const { all, send } = yield* opened({ ledger })
      right(yield* ending(yield* Effect.fork(send())))
      expect(texts(all)).toEqual([words])
      // once more before it leaves, and at its end
      expect(saves()).toBe(2)
    }).pipe(quiet))

  it.scoped("does not write it again if it was fast", () =>
    Effect.gen(function*() {
      const { ledger, saves } = yield* frozen(() => Effect.void, 1)
      const { send } = yield* opened({ ledger })
      right(yield* ending(yield* Effect.fork(send())))
      expect(saves()).toBe(1)
    }).pipe(quiet))

  it.scoped("sends nothing if its shard was taken meanwhile", () =>
    Effect.gen(function*() {
      const { inner, ledger } = yield* frozen((inner) =>
        Effect.gen(function*() {
          yield* inner.acquire(Shard.all)
          for (const entry of yield* inner.leftBehind(Shard.all, 10)) yield* inner.adopt(entry, 2, yield* Clock.currentTimeMillis)
        })
      )
      const { all, send } = yield* opened({ ledger })
      expect(left(yield* ending(yield* Effect.fork(send())))).toMatchObject({ _tag: "Held" })
      expect(texts(all)).toEqual([])
      expect(yield* inner.leftBehind(Shard.all, 10)).toEqual([])
    }).pipe(quiet))

  it.scoped("does not write for ever to a store that is always slow", () =>
    Effect.gen(function*() {
      const inner = yield* MemoryLedger.make()
      let saves = 0
      const ledger: LedgerService = {
        ...inner,
        open: (entry, within) => Effect.delay(inner.open(entry, within), "3 seconds"),
        save: (entry) => Effect.delay(Effect.suspend(() => (saves += 1, inner.save(entry))), "3 seconds")
      }
      const { all, send } = yield* opened({
        ledger,
        linq: { finds: "nothing" },
        policy: { deadlines: { attempt: "10 seconds", send: "20 seconds" } }
      })
      const sending = yield* Effect.fork(send())
      for (let passed = 0; passed < 60; passed++) yield* Effect.zipRight(TestClock.adjust("1 second"), settle)
      expect(Option.isSome(yield* Fiber.poll(sending))).toBe(true)
      expect(texts(all)).toEqual([])
      const before = saves
      for (let passed = 0; passed < 20; passed++) yield* Effect.zipRight(TestClock.adjust("1 second"), settle)
      expect(saves).toBe(before)
    }).pipe(quiet))
})

describe("two takeovers at the same time", () => {
  it.scoped("of one delivery in one process make one job", () =>
    Effect.gen(function*() {
      const inner = yield* MemoryLedger.make()
      const dead = yield* opened({ ledger: inner, linq: { answers: [Effect.never], finds: "nothing" } })
      yield* Effect.forkDaemon(dead.send())
      yield* settle
      let adoptions = 0
      let isOpen = false
      const ledger: LedgerService = {
        ...inner,
        leftBehind: (...args) => isOpen ? inner.leftBehind(...args) : Effect.succeed([]),
        adopt: (entry, epoch, at) => Effect.delay(Effect.suspend(() => (adoptions += 1, inner.adopt(entry, epoch, at))), "1 second")
      }
      const { local, router } = yield* opened({ ledger })
      isOpen = true
      yield* ending(yield* Effect.forkAll([local.takeUp, local.takeUp]))
      yield* settle
      expect(adoptions).toBe(1)
      expect(yield* router.held()).toHaveLength(1)
      expect(local.takenUp()).toBe(1)
    }).pipe(quiet))

  it.scoped("of a delivery that was lost here and is taken up here again: the second job is found by who asks for it", () =>
    Effect.gen(function*() {
      const inner = yield* MemoryLedger.make()
      let adoptions = 0
      const ledger: LedgerService = {
        ...inner,
        adopt: (entry, epoch, at) => Effect.suspend(() => (adoptions += 1, inner.adopt(entry, epoch, at)))
      }
      const { all, local } = yield* opened({ ledger, linq: { split: true, answers: [slow(2, "one"), slow(5, "two")] } })
      const both = { ...prepared(), draft: Draft.make([Part.text("one"), Part.text("two")]) }
      const first = yield* Effect.fork(local.run(id, both))
      yield* settle
      // another process has it for a moment, and then this one takes the shard again
      yield* inner.acquire(Shard.all)
      yield* inner.adopt(Option.getOrThrow(yield* inner.read(id)), 2, 0)
      yield* local.acquire(Shard.all)
      yield* TestClock.adjust("2 seconds")
      yield* settle
      const again = yield* Effect.fork(local.run(id, both))
      for (const fiber of [first, again]) {
        expect(yield* ending(fiber)).toMatchObject({ receipts: [{ ref: { id: "one" } }, { ref: { id: "two" } }] })
      }
      expect(texts(all)).toEqual(["one", "two"])
      expect(adoptions).toBe(1)
    }).pipe(quiet))
})
