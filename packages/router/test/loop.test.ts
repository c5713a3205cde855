/** The step loop of a delivery: what ends a wait, what comes in between while a save is under way, and what is left when an await breaks. */
import { describe, expect, it } from "@effect/vitest"
import * as Draft from "@interline/core/Draft"
import * as MessageRef from "@interline/core/MessageRef"
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Fiber from "effect/Fiber"
import * as Logger from "effect/Logger"
import * as Option from "effect/Option"
import * as TestClock from "effect/TestClock"
import type { LedgerService } from "../src/ledger/Ledger.ts"
import * as MemoryLedger from "../src/ledger/MemoryLedger.ts"
import * as Shard from "../src/ledger/Shard.ts"
import { failure, hello, left, linq, right, type Setup, type World, world } from "./scripted.ts"

const quiet = Effect.provide(Logger.remove(Logger.defaultLogger))

/** Lets everything that can run now run. */
const settle = Effect.repeatN(Effect.yieldNow(), 40)

/** A digest of a key's message takes a time that the test's clock does not know. */
const until = (holds: () => boolean): Effect.Effect<void> =>
  Effect.repeat(Effect.promise(() => new Promise<void>((done) => setTimeout(done, 1))), { until: holds })

/** Moves time on until a fiber has ended, in steps that are shorter than any wait of the policy. */
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

const idOf = ({ told }: World) =>
  told.flatMap((event) => "deliveryId" in event ? [event.deliveryId] : [])[0] ?? expect.fail("nothing started")

/** Linq says that it has the first step of the first attempt. */
const fact = (of: World) =>
  of.router.observe({
    _tag: "Status",
    carrierId: linq,
    fact: { ref: MessageRef.make(linq, "heard"), status: "delivered" },
    idempotencyKey: `${idOf(of)}:1:0`
  })

const recordOf = (of: World) => Effect.map(of.router.explain(idOf(of)), Option.getOrThrow)

const lost = failure("Transport")
const nothingListed = () => Effect.succeed(Either.right([]))
const second = Draft.text("the second message")

/** Each wait of the loop, and how far a send is when it stands in it. */
const waits: Record<string, { readonly setup: Setup; readonly phase: string }> = {
  "for its answer": { setup: { linq: { answers: [Effect.never, "next"], finds: "nothing" } }, phase: "Sending" },
  "for a look": { setup: { linq: { answers: [lost, "next"], finds: () => Effect.never } }, phase: "Looking" },
  "for the time of a look": { setup: { linq: { answers: [lost, "next"], finds: nothingListed } }, phase: "Resting" }
}

/** A world in which a send stands in a wait. */
const standing = ({ phase, setup }: (typeof waits)[string]) =>
  Effect.gen(function*() {
    const inner = yield* MemoryLedger.make()
    let saved = ""
    const ledger: LedgerService = {
      ...inner,
      open: (entry, within) => Effect.tap(inner.open(entry, within), () => Effect.sync(() => saved = entry.state.phase._tag)),
      save: (entry) => Effect.tap(inner.save(entry), () => Effect.sync(() => saved = entry.state.phase._tag))
    }
    const all = yield* world({ ledger, options: { drainFor: "2 seconds" }, ...setup })
    const sending = yield* Effect.fork(all.send())
    yield* settle
    while (saved !== phase) yield* Effect.zipRight(TestClock.adjust("100 millis"), settle)
    expect(yield* Fiber.poll(sending)).toEqual(Option.none())
    return { ...all, all, sending }
  })

describe.each(Object.entries(waits))("a send that waits %s", (_, wait) => {
  it.scoped("is ended by a fact, as accepted, and the next send of the conversation goes out", () =>
    Effect.gen(function*() {
      const { all, send, sending } = yield* standing(wait)
      yield* fact(all)
      yield* settle
      expect(right(yield* Fiber.join(sending))).toMatchObject({ receipts: [{ ref: { id: "heard" } }] })
      expect(right(yield* send(second))).toMatchObject({ receipts: [{ ref: { id: "next" } }] })
      expect(all.linq.texts()).toEqual(["the safe opens with seventeen", "the second message"])
    }).pipe(quiet))

  it.scoped("is ended by time, as held, and the next send of the conversation goes out", () =>
    Effect.gen(function*() {
      const { all, send, sending } = yield* standing(wait)
      expect(left(yield* ending(sending))).toMatchObject({ _tag: "Held", attempts: [{ carrierId: "linq", outcome: "unknown" }] })
      expect(yield* recordOf(all)).toMatchObject({ outcome: { _tag: "Unknown" } })
      expect(right(yield* send(second))).toMatchObject({ receipts: [{ ref: { id: "next" } }] })
      expect(all.sendblue.asked).toEqual([])
    }).pipe(quiet))

  it.scoped("is ended by the end of the process, as held, on record", () =>
    Effect.gen(function*() {
      const { all, close, sending } = yield* standing(wait)
      yield* ending(yield* Effect.fork(close))
      expect(left(yield* Fiber.join(sending))).toMatchObject({ _tag: "Held", attempts: [{ carrierId: "linq", outcome: "unknown" }] })
      expect(yield* recordOf(all)).toMatchObject({ outcome: { _tag: "Unknown" } })
      expect([all.linq.asked.length, all.sendblue.asked.length]).toEqual([1, 0])
    }).pipe(quiet))

  it.scoped("and a fact that comes while the process ends are both on record: it was accepted", () =>
    Effect.gen(function*() {
      const { all, close, sending } = yield* standing(wait)
      const closing = yield* Effect.fork(close)
      yield* settle
      yield* fact(all)
      yield* settle
      // what rests is given up at once, and was told as not known before the fact came
      const answer = yield* Fiber.join(sending)
      if (wait.phase === "Resting") expect(left(answer)._tag).toBe("Held")
      else expect(right(answer)).toMatchObject({ receipts: [{ ref: { id: "heard" } }] })
      yield* Fiber.join(closing)
      expect(yield* recordOf(all)).toMatchObject({ outcome: { _tag: "Accepted", receipts: [{ ref: { id: "heard" } }] } })
      expect(yield* all.router.held()).toEqual([])
    }).pipe(quiet))

  it.scoped("and a fact that comes in the very moment in which the process begins to end are one acceptance", () =>
    Effect.gen(function*() {
      const { all, close, sending } = yield* standing(wait)
      const [closing, told] = [yield* Effect.fork(close), yield* Effect.fork(fact(all))]
      yield* ending(closing)
      yield* Fiber.join(told)
      yield* Fiber.join(sending)
      expect(yield* recordOf(all)).toMatchObject({ outcome: { _tag: "Accepted", receipts: [{ ref: { id: "heard" } }] } })
      const concluded = (yield* recordOf(all)).decisions.filter(({ _tag }) => _tag === "Concluded" || _tag === "Settled")
      expect(concluded.length).toBeLessThanOrEqual(2)
      expect([all.linq.asked.length, all.sendblue.asked.length]).toEqual([1, 0])
    }).pipe(quiet))
})

describe("a send that waits in its lane", () => {
  const queued = Effect.gen(function*() {
    const all = yield* world({ linq: { answers: [Effect.delay(Effect.succeed("first"), "25 seconds"), "next"] } })
    const first = yield* Effect.fork(all.send())
    yield* settle
    const waiting = yield* Effect.fork(all.send(second))
    yield* settle
    return { all, first, waiting }
  })

  it.scoped("is ended by its caller, and leaves the lane to whoever comes after it", () =>
    Effect.gen(function*() {
      const { all, first, waiting } = yield* queued
      const third = yield* Effect.fork(all.send(Draft.text("the third message")))
      yield* settle
      yield* Fiber.interrupt(waiting)
      right(yield* ending(first))
      right(yield* ending(third))
      expect(all.linq.texts()).toEqual(["the safe opens with seventeen", "the third message"])
    }).pipe(quiet))

  it.scoped("and gets it in the very moment in which its caller goes gives it back", () =>
    Effect.gen(function*() {
      const { all, first, waiting } = yield* queued
      yield* TestClock.adjust("24999 millis")
      const going = yield* Effect.fork(Effect.zipRight(Effect.sleep("1 millis"), Fiber.interrupt(waiting)))
      yield* ending(going)
      right(yield* ending(first))
      right(yield* ending(yield* Effect.fork(all.send(Draft.text("the third message")))))
      expect(all.linq.texts().filter((text) => text === "the third message")).toHaveLength(1)
    }).pipe(quiet))
})

/** The ledger's calls that a running send waits for. */
const awaited = [
  "open",
  "claim",
  "save",
  "read",
  "release",
  "append",
  "own",
  "owners",
  "rivals",
  "binding",
  "bind",
  "touch",
  "contact"
] as const

type Called = (typeof awaited)[number]

/** A ledger that asks before each of these calls what becomes of it. */
const watched = (inner: LedgerService, before: (name: Called) => Effect.Effect<void>): LedgerService => {
  const on =
    <Args extends ReadonlyArray<unknown>, A>(name: Called, call: (...args: Args) => Effect.Effect<A>) =>
    (...args: Args): Effect.Effect<A> => Effect.zipRight(Effect.suspend(() => before(name)), call(...args))
  return {
    ...inner,
    open: on("open", inner.open),
    claim: on("claim", inner.claim),
    save: on("save", inner.save),
    read: on("read", inner.read),
    release: on("release", inner.release),
    append: on("append", inner.append),
    own: on("own", inner.own),
    owners: on("owners", inner.owners),
    rivals: on("rivals", inner.rivals),
    binding: on("binding", inner.binding),
    bind: on("bind", inner.bind),
    touch: on("touch", inner.touch),
    contact: on("contact", inner.contact)
  }
}

/** Runs `then` before the n-th of all calls. */
const atCall = (nth: number, then: (name: Called) => Effect.Effect<void>) => {
  const calls: Array<Called> = []
  return {
    calls,
    before: (name: Called): Effect.Effect<void> => {
      calls.push(name)
      return calls.length === nth + 1 ? then(name) : Effect.void
    }
  }
}

// few looks, and all kinds of calls
const policy = { carriers: { linq: { newContactsPerDay: 10 } }, deadlines: { send: "3 seconds", attempt: "2 seconds" } } as const

/** A refusal, a failover, a lost answer and a look that finds the message: each kind of wait and of save is in it. */
const eventful: Setup = {
  linq: { answers: [failure("LineUnavailable"), "next"], finds: "nothing" },
  sendblue: { answers: [lost, "other"], finds: () => Effect.succeed(Either.right(["found"])) },
  policy
}

/** A lost answer, and looks that find nothing. */
const unknown: Setup = { linq: { answers: [lost, "next"], finds: nothingListed }, policy }

const scenarios = { eventful, unknown } as const

const kinds = [["without a key", {}], ["with a key", { key: "k" }]] as const

/** Every call that the send makes if nothing breaks, by its number. */
const callsOf = (setup: Setup, options: (typeof kinds)[number][1]) =>
  Effect.gen(function*() {
    const { before, calls } = atCall(-1, () => Effect.void)
    const all = yield* world({ ...setup, ledger: watched(yield* MemoryLedger.make(), before) })
    const sending = yield* Effect.fork(all.send(hello, options))
    yield* until(() => calls.length > 0)
    yield* ending(sending)
    return [...calls]
  })

describe("a fact that comes while a save is under way", () => {
  it.scoped.each(kinds)(
    "takes effect, whichever call that is, %s: what was lost is accepted, and nothing is sent twice",
    ([, options]) =>
      Effect.gen(function*() {
        const calls = yield* callsOf(unknown, options)
        // the first save after the request left is the one of its lost answer
        const after = calls.findIndex((name, index) => (name === "save" || name === "open") && index > calls.indexOf("append"))
        for (const [nth, name] of calls.entries()) {
          if ((name !== "save" && name !== "append" && name !== "rivals") || nth < after) continue
          const [asked, goOn] = [yield* Deferred.make<void>(), yield* Deferred.make<void>()]
          const { before, calls: made } = atCall(nth, () => Effect.zipRight(Deferred.succeed(asked, undefined), Deferred.await(goOn)))
          const inner = yield* MemoryLedger.make()
          const all = yield* world({ ...unknown, ledger: watched(inner, before) })
          const sending = yield* Effect.fork(all.send(hello, options))
          yield* until(() => made.length > 0)
          while (!(yield* Deferred.isDone(asked))) yield* Effect.zipRight(settle, TestClock.adjust("100 millis"))
          const telling = yield* Effect.fork(fact(all))
          yield* settle
          yield* Deferred.succeed(goOn, undefined)
          yield* ending(telling)
          yield* ending(sending)
          yield* settle
          expect([nth, name, (yield* recordOf(all)).outcome?._tag]).toEqual([nth, name, "Accepted"])
          expect([nth, name, yield* all.router.held()]).toEqual([nth, name, []])
          expect([nth, name, all.linq.asked.length, all.sendblue.asked.length]).toEqual([nth, name, 1, 0])
        }
      }).pipe(quiet)
  )
})

describe("a save after another process took the shard", () => {
  it.scoped.each(Object.entries(scenarios))(
    "ends the delivery here, whichever save that is: nothing more leaves (%s)",
    ([, setup]) =>
      Effect.gen(function*() {
        const calls = yield* callsOf(setup, {})
        for (const [nth, name] of calls.entries()) {
          if (name !== "save") continue
          const inner = yield* MemoryLedger.make()
          let asked = -1
          const count = (): number => all.linq.asked.length + all.sendblue.asked.length
          const { before } = atCall(nth, () =>
            Effect.gen(function*() {
              yield* settle
              asked = count()
              const entry = Option.getOrThrow(yield* inner.read(idOf(all)))
              yield* inner.acquire([Shard.of(entry.conversation)])
              expect(yield* inner.adopt(entry, 2, yield* Clock.currentTimeMillis)).not.toEqual(Option.none())
            }))
          const all: World = yield* world({ ...setup, ledger: watched(inner, before) })
          const answer = yield* ending(yield* Effect.fork(all.send()))
          expect([nth, count()]).toEqual([nth, asked])
          expect([nth, Option.getOrThrow(yield* inner.read(idOf(all))).epoch]).toEqual([nth, 2])
          // what is certain here is told all the same
          if (Either.isLeft(answer)) expect(answer.left).toMatchObject({ _tag: "Held", evidence: { error: { certainty: "unknown" } } })
          else expect(answer.right.receipts).toMatchObject([{ ref: { id: "found" } }])
          // the lane is free, and the shard is not its own any more
          expect(left(yield* ending(yield* Effect.fork(all.send(second))))).toMatchObject({
            _tag: "NotSent",
            error: { reason: "Conflict", certainty: "not-sent" }
          })
          expect([nth, count()]).toEqual([nth, asked])
        }
      }).pipe(quiet)
  )
})

describe("an await of the store that breaks", () => {
  const breaks = [
    { how: "dies", broken: Effect.dieMessage("the store is gone"), options: {} },
    { how: "is interrupted", broken: Effect.interrupt, options: { key: "k" } }
  ]
  const cases = Object.entries(scenarios).flatMap(([scenario, setup]) => breaks.map((one) => ({ ...one, scenario, setup })))

  it.scoped.each(cases)(
    "and $how leaves an answer that is true, and the lane free, whichever it is ($scenario)",
    (one) =>
      Effect.gen(function*() {
        const calls = yield* callsOf(one.setup, one.options)
        expect(calls.length).toBeGreaterThan(6)
        for (const [nth, name] of calls.entries()) {
          const { before, calls: made } = atCall(nth, () => one.broken)
          const all = yield* world({ ...one.setup, ledger: watched(yield* MemoryLedger.make(), before) })
          const calling = yield* Effect.fork(Effect.exit(all.send(hello, one.options)))
          yield* until(() => made.length > 0)
          const exit = yield* ending(calling)
          const arrived = all.sendblue.asked.length + (one.scenario === "unknown" ? all.linq.asked.length : 0)
          expect([nth, name, exit._tag]).toEqual([nth, name, "Success"])
          if (exit._tag === "Success" && Either.isLeft(exit.value) && exit.value.left._tag === "NotSent") {
            expect([nth, name, arrived]).toEqual([nth, name, 0])
          }
          expect([nth, name, arrived <= 1]).toEqual([nth, name, true])
          yield* ending(yield* Effect.fork(all.send(second)))
          expect([nth, name, [...all.linq.texts(), ...all.sendblue.texts()].includes("the second message")]).toEqual([nth, name, true])
        }
      }).pipe(quiet)
  )
})

describe("a process that dies at an await of the store", () => {
  const cases = Object.entries(scenarios).flatMap(([scenario, setup]) =>
    kinds.map(([kind, options]) => ({ scenario, setup, kind, options }))
  )

  it.scoped.each(cases)(
    "leaves a delivery that the next process ends, whichever it is, and that no second message comes of ($scenario, $kind)",
    ({ options, scenario, setup }) =>
      Effect.gen(function*() {
        const calls = yield* callsOf(setup, options)
        for (const [nth, name] of calls.entries()) {
          const inner = yield* MemoryLedger.make()
          const buried = yield* Deferred.make<void>()
          let isDead = false
          const { before, calls: made } = atCall(nth, () => Effect.sync(() => void (isDead = true)))
          const ledger = watched(inner, (call) =>
            Effect.zipRight(before(call), Effect.suspend(() => isDead ? Deferred.await(buried) : Effect.void)))
          const first = yield* world({
            ...setup,
            options: { drainFor: 0 },
            ledger
          })
          yield* Effect.addFinalizer(() =>
            Deferred.succeed(buried, undefined)
          )
          yield* Effect.forkDaemon(first.send(hello, options))
          yield* until(() => made.length > 0)
          yield* Effect.repeatN(Effect.zipRight(TestClock.adjust("2 seconds"), settle), 10)
          const next = yield* world({ ledger: inner, policy })
          yield* settle
          // what certainly had not left is sent, and nothing else
          const arrived = (of: World) => of.sendblue.asked.length + (scenario === "unknown" ? of.linq.asked.length : 0)
          if ("key" in options) {
            const answer = yield* ending(yield* Effect.fork(next.send(hello, options)))
            const requests = arrived(first) + next.linq.asked.length + next.sendblue.asked.length
            expect([nth, name, requests <= 1]).toEqual([nth, name, true])
            if (Either.isRight(answer)) expect([nth, name, requests]).toEqual([nth, name, 1])
            if (Either.isRight(answer)) expect([nth, name, yield* next.router.held()]).toEqual([nth, name, []])
          } else {
            expect([nth, name, arrived(first) <= 1, next.linq.asked.length, next.sendblue.asked.length]).toEqual([nth, name, true, 0, 0])
          }
          yield* inner.acquire(Shard.all)
          expect([nth, name, yield* inner.leftBehind(Shard.all, 10)]).toEqual([nth, name, []])
        }
      }).pipe(quiet)
  )
})
