/** What is promised under a key before anything leaves: whose it is, for how long, and who sends it when its process is gone. */
import { describe, expect, it } from "@effect/vitest"
import type { DeliveryId } from "@interline/core/DeliveryId"
import * as Draft from "@interline/core/Draft"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Logger from "effect/Logger"
import * as Option from "effect/Option"
import * as TestClock from "effect/TestClock"
import type { LedgerService } from "../src/ledger/Ledger.ts"
import * as MemoryLedger from "../src/ledger/MemoryLedger.ts"
import * as Placement from "./placement.ts"
import { hello, left, right, type Setup, toBob, type World, world } from "./scripted.ts"

const quiet = Effect.provide(Logger.remove(Logger.defaultLogger))

const settle = Effect.forEach(Array.from({ length: 40 }), () => Effect.yieldNow(), { discard: true })

const pass = (duration: Duration.DurationInput) =>
  Effect.repeatN(Effect.zipRight(TestClock.adjust("250 millis"), settle), Math.ceil(Duration.toMillis(duration) / 250))

const ending = <A, E>(fiber: Fiber.Fiber<A, E>): Effect.Effect<A, E> =>
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

/** A ledger as one process sees it, until that process is killed: from then on nothing of it arrives before it is buried. */
const mortal = (inner: LedgerService) =>
  Effect.gen(function*() {
    const buried = yield* Deferred.make<void>()
    let isDead = false
    const ids: Array<DeliveryId> = []
    const of =
      <Args extends ReadonlyArray<unknown>, A>(operation: (...args: Args) => Effect.Effect<A>) => (...args: Args): Effect.Effect<A> =>
        Effect.suspend(() => isDead ? Effect.zipRight(Deferred.await(buried), operation(...args)) : operation(...args))
    const ledger: LedgerService = {
      ...inner,
      claim: (request) => Effect.tap(of(inner.claim)(request), () => Effect.sync(() => ids.push(request.entry.id))),
      release: of(inner.release),
      open: of(inner.open),
      save: of(inner.save),
      read: of(inner.read),
      binding: of(inner.binding),
      leftBehind: of(inner.leftBehind),
      adopt: of(inner.adopt)
    }
    // a fingerprint takes time that the test's clock does not know
    const claimed = Effect.zipRight(
      Effect.repeat(Effect.promise(() => new Promise((resolve) => setTimeout(resolve, 1))), { until: () => ids.length > 0 }),
      settle
    )
    return { ledger, ids, buried, claimed, kill: Effect.sync(() => void (isDead = true)) }
  })

const second = Draft.text("the second message")

interface Waiting {
  readonly setup: (ledger: LedgerService, buried: Effect.Effect<void>) => Setup
  /** What runs before the keyed send, so that it has to wait. */
  readonly before: (first: World) => Effect.Effect<unknown>
}

const waits: Record<string, Waiting> = {
  "in its lane, behind a send that hangs": {
    setup: () => ({ linq: { answers: [Effect.never, "mine"] } }),
    before: (first) => first.send()
  },
  "at its line's limit": {
    setup: () => ({ policy: { carriers: { linq: { perSecond: 1 } }, prefer: ["linq"], maxWait: "30 seconds" } }),
    before: (first) => Effect.forEach([1, 2, 3], (nth) => Effect.forkDaemon(first.send(Draft.text(`before ${nth}`), {}, toBob)))
  },
  "at a store call that is slow": {
    setup: (ledger, buried) => ({ ledger: { ...ledger, binding: (key) => Effect.zipRight(buried, ledger.binding(key)) } }),
    before: () => Effect.void
  },
  "for the chat to be looked up": {
    setup: () => ({ linq: { lookUp: Effect.never } }),
    before: () => Effect.void
  }
}

/** The first process, with a keyed send that waits, and the ledger that it shares with the next. */
const waiting = ({ before, setup }: Waiting) =>
  Effect.gen(function*() {
    const inner = yield* MemoryLedger.make()
    const { buried, claimed, ids, kill, ledger } = yield* mortal(inner)
    const made = setup(ledger, Deferred.await(buried))
    const first = yield* world({ ledger, options: { drainFor: 0 }, ...made })
    yield* Effect.addFinalizer(() => Deferred.succeed(buried, undefined))
    yield* Effect.forkDaemon(before(first))
    yield* settle
    const keyed = yield* Effect.forkDaemon(first.send(second, { key: "second" }))
    yield* claimed
    const copies = () => [first.linq, first.sendblue].flatMap((fake) => fake.texts()).filter((text) => text === "the second message").length
    return { inner, first, kill, keyed, copies, id: ids[0] ?? expect.fail("it is not on record") }
  })

const texts = (of: World) => [...of.linq.texts(), ...of.sendblue.texts()]

/** What a process sent, beginning with the message that waited. */
const waited = (of: World) => texts(of).slice(texts(of).indexOf("the second message"))

describe.each(Object.entries(waits))("a keyed send that waits %s", (_, how) => {
  it.scoped("is sent by the next process when its process dies, once, although two ask at the same time", () =>
    Effect.gen(function*() {
      const { copies, inner, kill } = yield* waiting(how)
      yield* kill
      const next = yield* world({ ledger: inner })
      const answers = yield* Effect.forkAll([next.send(second, { key: "second" }), next.send(second, { key: "second" })])
      yield* pass("20 seconds")
      const [one, two] = (yield* ending(answers)).map(right)
      expect(one?.id).toBe(two?.id)
      expect([copies(), waited(next)]).toEqual([0, ["the second message"]])
      expect(right(yield* next.send(second, { key: "second" })).id).toBe(one?.id)
      expect(waited(next)).toHaveLength(1)
    }).pipe(quiet))

  it.scoped("is sent by the owner of its shard when two processes are asked for it at the same time", () =>
    Effect.gen(function*() {
      const { inner, kill } = yield* waiting(how)
      yield* kill
      const { place } = Placement.make()
      const [one, two] = [yield* world({ ledger: inner, place }), yield* world({ ledger: inner, place })]
      const answers = yield* Effect.forkAll([one.send(second, { key: "second" }), two.send(second, { key: "second" })])
      const [here, there] = (yield* ending(answers)).map(right)
      expect(here?.id).toBe(there?.id)
      expect([waited(one), texts(two)]).toEqual([["the second message"], []])
    }).pipe(quiet))

  it.scoped("is sent by the next process also if nobody asks, under the id that it had from the beginning", () =>
    Effect.gen(function*() {
      const { copies, id, inner, kill } = yield* waiting(how)
      yield* kill
      const next = yield* world({ ledger: inner })
      yield* pass("20 seconds")
      expect([copies(), waited(next)]).toEqual([0, ["the second message"]])
      expect(Option.getOrThrow(yield* next.router.explain(id))).toMatchObject({ outcome: { _tag: "Accepted" } })
      expect(right(yield* next.send(second, { key: "second" })).id).toBe(id)
      expect(waited(next)).toHaveLength(1)
    }).pipe(quiet))

  it.scoped("ends as not sent when its time is over, and its key is free", () =>
    Effect.gen(function*() {
      const { id, inner, kill } = yield* waiting(how)
      yield* kill
      yield* TestClock.adjust("91 seconds")
      const next = yield* world({ ledger: inner })
      yield* settle
      expect(Option.getOrThrow(yield* next.router.explain(id))).toMatchObject({
        outcome: { _tag: "Rejected", error: { certainty: "not-sent" } }
      })
      expect(texts(next)).toEqual([])
      expect(right(yield* next.send(second, { key: "second" })).id).not.toBe(id)
      expect(texts(next)).toEqual(["the second message"])
    }).pipe(quiet))

  it.scoped("is sent by the process that takes its shard, not by the one that lost it", () =>
    Effect.gen(function*() {
      const { copies, inner, keyed } = yield* waiting(how)
      const next = yield* world({ ledger: inner })
      yield* pass("29 seconds")
      expect([copies(), waited(next)]).toEqual([0, ["the second message"]])
      yield* Fiber.interruptFork(keyed)
    }).pipe(quiet))
})

describe("a claim whose answer comes late", () => {
  it.scoped("joins the caller that is just taking the same delivery up: it is not taken away from that one", () =>
    Effect.gen(function*() {
      const inner = yield* MemoryLedger.make()
      const [claimed, adopted] = [yield* Deferred.make<void>(), yield* Deferred.make<void>()]
      const calls: Array<string> = []
      const ledger: LedgerService = {
        ...inner,
        claim: (request) =>
          Effect.tap(inner.claim(request), ({ _tag }) => {
            calls.push(_tag)
            return _tag === "Owned" ? Deferred.await(claimed) : Effect.void
          }),
        adopt: (entry, epoch, at) =>
          Effect.tap(inner.adopt(entry, epoch, at), () => {
            calls.push("adopted")
            return Deferred.await(adopted)
          }),
        save: (entry) => Effect.tap(inner.save(entry), (isWritten) => Effect.sync(() => calls.push(isWritten ? "saved" : "refused")))
      }
      const first = yield* world({ ledger, options: { drainFor: 0 } })
      const untilCalled = (call: string) =>
        Effect.zipRight(
          Effect.repeat(Effect.promise(() => new Promise((resolve) => setTimeout(resolve, 1))), { until: () => calls.includes(call) }),
          settle
        )
      const one = yield* Effect.fork(first.send(second, { key: "second" }))
      yield* untilCalled("Owned")
      const two = yield* Effect.fork(first.send(second, { key: "second" }))
      yield* untilCalled("adopted")
      yield* Deferred.succeed(claimed, undefined)
      yield* settle
      yield* Deferred.succeed(adopted, undefined)
      const answers = yield* Effect.all([ending(one), ending(two)])
      expect(new Set(answers.map((answer) => right(answer).id)).size).toBe(1)
      expect(calls).toEqual(["Owned", "InFlight", "adopted", "saved", "saved"])
      expect(texts(first)).toEqual(["the second message"])
    }).pipe(quiet))
})

describe("a send that goes well", () => {
  it.scoped.each([["with a key", { key: "k" }], ["without one", {}]] as const)(
    "%s writes its history once, with every event in it",
    ([, options]) =>
      Effect.gen(function*() {
        const inner = yield* MemoryLedger.make()
        let appends = 0
        const ledger: LedgerService = {
          ...inner,
          append: (id, events) => Effect.tap(inner.append(id, events), () => Effect.sync(() => appends += 1))
        }
        const { send } = yield* world({ ledger })
        const { id } = right(yield* send(hello, options))
        expect((yield* ledger.history(id)).map(({ _tag }) => _tag)).toEqual(["Started", "Tried", "Concluded", "Bound"])
        expect(appends).toBe(1)
      }).pipe(quiet)
  )
})

describe("a key whose claim fails", () => {
  /** A store that fails at every second claim. */
  const failing = Effect.gen(function*() {
    const inner = yield* MemoryLedger.make()
    let claims = 0
    const ledger: LedgerService = {
      ...inner,
      claim: (request) => Effect.suspend(() => ++claims % 2 === 0 ? Effect.dieMessage("the connection broke") : inner.claim(request))
    }
    return yield* world({ ledger })
  })

  it.scoped("belongs to the send that had it before: the caller is told what came of that", () =>
    Effect.gen(function*() {
      const { linq, send } = yield* failing
      const { id } = right(yield* send(hello, { key: "k" }))
      expect(right(yield* send(hello, { key: "k" })).id).toBe(id)
      expect(linq.asked).toHaveLength(1)
    }).pipe(quiet))

  it.scoped("is refused to another message all the same", () =>
    Effect.gen(function*() {
      const { linq, send } = yield* failing
      right(yield* send(hello, { key: "k" }))
      expect(left(yield* send(second, { key: "k" }))).toMatchObject({ _tag: "Invalid", problems: [{ rule: "key" }] })
      expect(linq.asked).toHaveLength(1)
    }).pipe(quiet))
})

describe("an equal send that waits in a process that stands still", () => {
  it.scoped("sends when it wakes, and none that came later was told that nothing was sent", () =>
    Effect.gen(function*() {
      const inner = yield* MemoryLedger.make()
      const wakes = yield* Deferred.make<void>()
      let claims = 0
      const ledger: LedgerService = {
        ...inner,
        claim: (request) =>
          Effect.suspend(() => {
            claims += 1
            if (claims === 1) return Effect.zipRight(Deferred.await(wakes), inner.claim(request))
            return claims === 2 ? Effect.dieMessage("the connection broke") : inner.claim(request)
          })
      }
      const { linq, send } = yield* world({ ledger })
      const first = yield* Effect.fork(send(hello, { key: "k" }))
      yield* Effect.yieldNow()
      expect(left(yield* send(hello, { key: "k" }))).toMatchObject({
        _tag: "Held",
        evidence: { error: { certainty: "unknown", next: "retry" } }
      })
      yield* Deferred.succeed(wakes, undefined)
      const { id } = right(yield* Fiber.join(first))
      expect(right(yield* send(hello, { key: "k" })).id).toBe(id)
      expect(linq.asked).toHaveLength(1)
    }).pipe(quiet))
})

describe("a store that fails before anything was attempted", () => {
  const calls = ["claim", "binding", "contact", "save"] as const

  it.scoped.each(calls)("at %s: nothing is said of its key, which sends at the next try", (call) =>
    Effect.gen(function*() {
      const inner = yield* MemoryLedger.make()
      let fails = 1
      const broken = Effect.suspend(() => fails-- > 0 ? Effect.dieMessage("the disk is full") : Effect.void)
      const ledger: LedgerService = {
        ...inner,
        claim: (request) => call === "claim" ? Effect.zipRight(broken, inner.claim(request)) : inner.claim(request),
        binding: (key) => call === "binding" ? Effect.zipRight(broken, inner.binding(key)) : inner.binding(key),
        contact: (...who) => call === "contact" ? Effect.zipRight(broken, inner.contact(...who)) : inner.contact(...who),
        save: (entry) => call === "save" ? Effect.zipRight(broken, inner.save(entry)) : inner.save(entry)
      }
      const { send, ...all } = yield* world({ ledger, policy: { carriers: { linq: { newContactsPerDay: 10 } } } })
      expect(left(yield* send(hello, { key: "k" }))).toMatchObject({
        _tag: "Held",
        evidence: { error: { reason: "Unavailable", certainty: "unknown", next: "retry" } }
      })
      expect(all.linq.asked).toEqual([])
      right(yield* send(hello, { key: "k" }))
      expect(all.linq.asked).toHaveLength(1)
    }).pipe(quiet))

  it.scoped.each(calls)(
    "at %s, and the giving back with it: it is not known whether it will be sent, and its key sends it as soon as the store works",
    (call) =>
      Effect.gen(function*() {
        const inner = yield* MemoryLedger.make()
        let isBroken = true
        const broken = Effect.suspend(() => isBroken ? Effect.dieMessage("the disk is full") : Effect.void)
        const ledger: LedgerService = {
          ...inner,
          // the worst case: it was written, and its answer was lost
          claim: (request) => call === "claim" ? Effect.tap(inner.claim(request), () => broken) : inner.claim(request),
          binding: (key) => call === "binding" ? Effect.zipRight(broken, inner.binding(key)) : inner.binding(key),
          contact: (...who) => call === "contact" ? Effect.zipRight(broken, inner.contact(...who)) : inner.contact(...who),
          save: (entry) => call === "save" ? Effect.zipRight(broken, inner.save(entry)) : inner.save(entry),
          release: (entry) => Effect.zipRight(broken, inner.release(entry))
        }
        const { send, ...all } = yield* world({ ledger, policy: { carriers: { linq: { newContactsPerDay: 10 } } } })
        // the next owner of its shard finds it, and sends it
        expect(left(yield* send(hello, { key: "k" }))).toMatchObject({ _tag: "Held", evidence: { error: { certainty: "unknown" } } })
        isBroken = false
        right(yield* ending(yield* Effect.fork(send(hello, { key: "k" }))))
        expect(texts({ ...all, send })).toHaveLength(1)
      }).pipe(quiet)
  )

  it.scoped("and cannot even be read says nothing of an equal send that may have gone before", () =>
    Effect.gen(function*() {
      const inner = yield* MemoryLedger.make()
      const gone = Effect.dieMessage("the store is gone")
      let isGone = false
      const ledger: LedgerService = {
        ...inner,
        claim: (request) => isGone ? gone : inner.claim(request),
        read: (id) => isGone ? gone : inner.read(id),
        release: (entry) => isGone ? gone : inner.release(entry)
      }
      const { linq, send } = yield* world({ ledger })
      right(yield* send(hello, { key: "k" }))
      isGone = true
      expect(left(yield* send(hello, { key: "k" }))).toMatchObject({
        _tag: "Held",
        evidence: { error: { reason: "Unavailable", certainty: "unknown", next: "retry" } }
      })
      isGone = false
      right(yield* send(hello, { key: "k" }))
      expect(linq.asked).toHaveLength(1)
    }).pipe(quiet))
})

describe("a claim whose answer comes late", () => {
  // as for a process that was frozen in between
  const late = (inner: LedgerService) => {
    let claims = 0
    const ledger: LedgerService = {
      ...inner,
      claim: (request) =>
        Effect.flatMap(inner.claim(request), (claim) => {
          claims += 1
          return claims === 1 ? Effect.delay(Effect.succeed(claim), "20 seconds") : Effect.succeed(claim)
        })
    }
    const claimed = (count: number) =>
      Effect.zipRight(
        Effect.repeat(Effect.promise(() => new Promise((resolve) => setTimeout(resolve, 1))), { until: () => claims >= count }),
        settle
      )
    return { ledger, claimed }
  }

  for (
    const [answer, when] of [["taken", "that has ended"], [Effect.delay(Effect.succeed("taken"), "10 seconds"), "that still runs"]] as const
  ) {
    it.scoped(`joins the send of another caller in the same process ${when}, who took the claim over`, () =>
      Effect.gen(function*() {
        const { claimed, ledger } = late(yield* MemoryLedger.make())
        const { linq, send } = yield* world({ ledger, linq: { answers: [answer] } })
        const first = yield* Effect.fork(send(hello, { key: "key" }))
        yield* claimed(1)
        const again = yield* Effect.fork(send(hello, { key: "key" }))
        yield* claimed(2)
        const ids = [right(yield* ending(again)).id, right(yield* ending(first)).id]
        expect(new Set(ids).size).toBe(1)
        expect(linq.asked).toHaveLength(1)
      }).pipe(quiet))
  }

  it.scoped("never says that nothing was sent, where the key was given back and may have been used again", () =>
    Effect.gen(function*() {
      const inner = yield* MemoryLedger.make()
      const { claimed, ledger } = late(inner)
      const frozen = yield* world({ ledger, policy: { deadlines: { attempt: "5 seconds", send: "10 seconds" } } })
      const first = yield* Effect.fork(frozen.send(hello, { key: "key" }))
      yield* claimed(1)
      yield* TestClock.adjust("11 seconds")
      // the claim's time is over, so the next process gives the key back
      const other = yield* world({ ledger: inner })
      const sent = right(yield* ending(yield* Effect.fork(other.send(hello, { key: "key" }))))
      expect(right(yield* ending(first))).toMatchObject({ id: sent.id })
      expect(frozen.linq.asked).toEqual([])
      expect(other.linq.asked).toHaveLength(1)
    }).pipe(quiet))
})
