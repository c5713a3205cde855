/** What becomes of a message that was taken for not sent: it is looked for, also by the next owner of its shard. */
import { describe, expect, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as FiberId from "effect/FiberId"
import * as Logger from "effect/Logger"
import * as TestClock from "effect/TestClock"
import type { Entry, LedgerService } from "../src/ledger/Ledger.ts"
import * as MemoryLedger from "../src/ledger/MemoryLedger.ts"
import * as Shard from "../src/ledger/Shard.ts"
import * as Ownership from "../src/ownership/Ownership.ts"
import * as Placement from "./placement.ts"
import { failure, sendblue, type World, world } from "./scripted.ts"

const quiet = Effect.provide(Logger.remove(Logger.defaultLogger))

const settle = Effect.repeatN(Effect.yieldNow(), 60)

const pass = (seconds: number) => Effect.repeatN(Effect.zipRight(TestClock.adjust("1 second"), settle), seconds - 1)

const policy = { prefer: ["sendblue", "linq"], carriers: { sendblue: { absenceProof: "5 seconds" } } } as const

/** What Sendblue lists, in every process of a test. */
const listing = () => {
  const state: { ids: ReadonlyArray<string>; looks: number } = { ids: [], looks: 0 }
  const finds = () => Effect.sync(() => (state.looks += 1, Either.right(state.ids)))
  return { state, losing: { answers: [failure("Timeout")], finds } }
}

/** A ledger that stops after an operation of one process. Then that process is dead. */
const dying = (inner: LedgerService, last: { readonly save?: (entry: Entry) => boolean; readonly noteAbsence?: true }) => {
  const buried = Deferred.unsafeMake<void>(FiberId.none)
  let isDead = false
  const stopped = Deferred.await(buried)
  const of =
    <Args extends ReadonlyArray<unknown>, A>(operation: (...args: Args) => Effect.Effect<A>, isLast: (...args: Args) => boolean) =>
    (...args: Args): Effect.Effect<A> =>
      Effect.suspend(() => {
        if (isDead) return Effect.zipRight(stopped, operation(...args))
        return Effect.tap(operation(...args), () => {
          isDead = isLast(...args)
          return isDead ? stopped : Effect.void
        })
      })
  const never = () => false
  const ledger: LedgerService = {
    ...inner,
    save: of(inner.save, last.save ?? never),
    noteAbsence: of(inner.noteAbsence, () => last.noteAbsence ?? false),
    read: of(inner.read, never),
    append: of(inner.append, never),
    own: of(inner.own, never),
    binding: of(inner.binding, never)
  }
  return { ledger, isDead: () => isDead, bury: Deferred.succeed(buried, undefined) }
}

const idOf = ({ told }: World) => told.flatMap((event) => "deliveryId" in event ? [event.deliveryId] : [])[0] ?? expect.fail("none began")

const countLate = (of: World, first: World) =>
  Effect.map(of.decisions(idOf(first)), (words) => words.filter((word) => word === "LateArrival").length)

const endings = {
  "its absence was noted": { noteAbsence: true },
  "the next carrier's turn was written down": { save: ({ state }: Entry) => state.phase._tag === "Sending" && state.generation === 2 }
} as const

describe("a message that was taken for not sent", () => {
  it.scoped.each(Object.entries(endings))(
    "is looked for by the next process if its own died after %s, and told once",
    ([, last]) =>
      Effect.gen(function*() {
        const inner = yield* MemoryLedger.make()
        const { losing, state } = listing()
        const { bury, isDead, ledger } = dying(inner, last)
        const first = yield* world({ ledger, policy, sendblue: losing, options: { drainFor: 0 } })
        yield* Effect.addFinalizer(() => bury)
        yield* Effect.forkDaemon(first.send())
        yield* Effect.repeat(pass(1), { until: isDead })
        const next = yield* world({ ledger: inner, policy, sendblue: losing })
        yield* pass(25)
        expect([first.linq.asked.length, next.linq.asked.length]).toEqual([0, 1])
        expect(yield* next.decisions(idOf(first))).toContain("AbsenceTaken")
        state.ids = ["late"]
        yield* next.router.look
        yield* next.router.look
        expect(yield* countLate(next, first)).toBe(1)
        expect(yield* inner.absences(10)).toEqual([])
      }).pipe(quiet)
  )

  it.scoped("is looked for by the next process if its own ended, and told once by any number of them", () =>
    Effect.gen(function*() {
      const ledger = yield* MemoryLedger.make()
      const { losing, state } = listing()
      const first = yield* world({ ledger, policy, sendblue: losing })
      yield* Effect.forkDaemon(first.send())
      yield* pass(20)
      yield* first.close
      const second = yield* world({ ledger, policy, sendblue: losing })
      yield* second.router.look
      expect(yield* countLate(second, first)).toBe(0)
      state.ids = ["late"]
      yield* second.router.look
      expect(yield* countLate(second, first)).toBe(1)
      yield* settle
      expect(second.told).toContainEqual(expect.objectContaining({ _tag: "LateArrival", carrierId: sendblue, generation: 1 }))
      yield* second.close
      const third = yield* world({ ledger, policy, sendblue: losing })
      yield* third.router.look
      yield* third.router.look
      expect(yield* countLate(third, first)).toBe(1)
    }).pipe(quiet))

  it.scoped("is looked for by the owner of its shard alone", () =>
    Effect.gen(function*() {
      const ledger = yield* MemoryLedger.make()
      const { place } = Placement.make()
      const lists = [listing(), listing()] as const
      const owned: Array<ReadonlySet<number>> = [new Set(Shard.all), new Set()]
      const process = (position: 0 | 1) =>
        Effect.provideService(world({ ledger, place, policy, sendblue: lists[position].losing }), Ownership.Ownership, {
          owned: () => owned[position],
          runInOne: () => Effect.void
        })
      const [first, second] = [yield* process(0), yield* process(1)]
      yield* Effect.forkDaemon(first.send())
      yield* pass(20)
      const before = lists[0].state.looks
      yield* Effect.all([first.router.look, second.router.look], { concurrency: "unbounded" })
      expect(lists.map(({ state }) => state.looks)).toEqual([before + 1, 0])
      owned.reverse()
      yield* Effect.all([first.router.look, second.router.look], { concurrency: "unbounded" })
      expect(lists.map(({ state }) => state.looks)).toEqual([before + 1, 1])
    }).pipe(quiet))

  it.scoped("is looked for as long as the router looks, and then no more", () =>
    Effect.gen(function*() {
      const ledger = yield* MemoryLedger.make()
      const { losing, state } = listing()
      const all = yield* world({ ledger, policy, sendblue: losing, options: { lookFor: "10 minutes" } })
      yield* Effect.forkDaemon(all.send())
      yield* pass(20)
      expect(yield* ledger.absences(10)).toHaveLength(1)
      yield* TestClock.adjust("11 minutes")
      yield* settle
      expect(yield* ledger.absences(10)).toEqual([])
      const before = state.looks
      yield* all.router.look
      expect(state.looks).toBe(before)
    }).pipe(quiet))

  it.scoped("is not looked for after an event has told of it", () =>
    Effect.gen(function*() {
      const ledger = yield* MemoryLedger.make()
      const { losing, state } = listing()
      const all = yield* world({ ledger, policy, sendblue: losing })
      yield* Effect.forkDaemon(all.send())
      yield* pass(20)
      const ref = { carrierId: sendblue, id: "late" }
      yield* all.router.observe({
        _tag: "Status",
        carrierId: sendblue,
        fact: { ref, status: "delivered" },
        idempotencyKey: `${idOf(all)}:1:0`
      })
      const before = state.looks
      yield* all.router.look
      expect([state.looks, yield* countLate(all, all), yield* ledger.absences(10)]).toEqual([before, 1, []])
    }).pipe(quiet))

  it.scoped("does not take a message of another delivery as its own", () =>
    Effect.gen(function*() {
      const ledger = yield* MemoryLedger.make()
      const { losing, state } = listing()
      const all = yield* world({ ledger, policy, sendblue: losing })
      yield* Effect.forkDaemon(all.send())
      yield* pass(20)
      const ref = { carrierId: sendblue, id: "of another" }
      yield* ledger.own(ref, "00000000-0000-4000-8000-000000000009" as ReturnType<typeof idOf>)
      state.ids = ["of another"]
      yield* all.router.look
      expect([yield* countLate(all, all), (yield* ledger.absences(10)).length]).toEqual([0, 1])
    }).pipe(quiet))
})
