/** What the ledger in memory forgets, and what it never does. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as TestClock from "effect/TestClock"
import { type Entry, Ledger, type LedgerService } from "../src/ledger/Ledger.ts"
import * as MemoryLedger from "../src/ledger/MemoryLedger.ts"
import * as Specimens from "../src/ledger/suite/specimens.ts"

const { done, held, id, idle, linq, ref, sending, support, toAlice } = Specimens

const tiny = { capacity: 10, age: "1 minute" } as const

const small = MemoryLedger.make({ deliveries: tiny, events: 6, keys: 10, refs: tiny, bindings: tiny, contacts: tiny, seen: tiny })

const many = Array.from({ length: 100 }, (_, index) => index + 1000)

const isKept = (ledger: LedgerService, nth: number) => Effect.map(ledger.read(id(nth)), Option.isSome)

const claim = (key: string, nth: number, keepFor = 100_000) => ({
  entry: { ...idle(nth), key },
  fingerprint: "hello",
  keepFor,
  within: 60_000
})

const openAndFinish = (ledger: LedgerService, nth: number, more: Partial<Entry> = {}) =>
  Effect.zipRight(more.key === undefined ? ledger.open(idle(nth, more), 60_000) : Effect.void, ledger.save(done(idle(nth, more))))

describe("the ledger in memory", () => {
  it.effect("forgets deliveries that are done, the oldest first", () =>
    Effect.gen(function*() {
      const ledger = yield* small
      for (const nth of many) yield* openAndFinish(ledger, nth)
      const kept = yield* Effect.filter(many, (nth) => isKept(ledger, nth))
      expect(kept.length).toBeGreaterThanOrEqual(10)
      expect(kept.length).toBeLessThanOrEqual(20)
      expect(kept).toEqual(many.slice(-kept.length))
    }))

  it.effect("forgets deliveries that were done long ago", () =>
    Effect.gen(function*() {
      const ledger = yield* small
      yield* openAndFinish(ledger, 1)
      yield* openAndFinish(ledger, 2, { updatedAt: 59_000 })
      expect(yield* isKept(ledger, 1)).toBe(true)
      yield* openAndFinish(ledger, 3, { updatedAt: 200_000 })
      yield* openAndFinish(ledger, 4, { updatedAt: 400_000 })
      expect(yield* Effect.forEach([1, 2, 3, 4], (nth) => isKept(ledger, nth))).toEqual([false, false, true, true])
    }))

  it.effect("never forgets a delivery that is held or under way, nor its history", () =>
    Effect.gen(function*() {
      const ledger = yield* small
      yield* ledger.open(sending(idle(1)), 60_000)
      yield* ledger.open(held(idle(2)), 60_000)
      yield* ledger.append(id(1), [Specimens.events.Started])
      yield* ledger.append(id(2), [Specimens.events.Held])
      for (const nth of many) {
        yield* openAndFinish(ledger, nth, { updatedAt: nth * 60_000 })
        yield* ledger.append(id(nth), [Specimens.events.Started])
      }
      yield* ledger.acquire([Specimens.shardOfAlice])
      expect((yield* ledger.leftBehind([Specimens.shardOfAlice], 10)).map((entry) => entry.id)).toEqual([id(1)])
      expect((yield* ledger.held(10)).map((entry) => entry.id)).toEqual([id(2)])
      expect(yield* ledger.history(id(1))).toEqual([Specimens.events.Started])
      expect(yield* ledger.history(id(2))).toEqual([Specimens.events.Held])
      expect(yield* ledger.rivals(idle(3))).toBe(2)
    }))

  it.effect("never forgets the key of a delivery that is not done", () =>
    Effect.gen(function*() {
      const ledger = yield* small
      yield* ledger.claim(claim("under way", 1))
      yield* ledger.save(sending(idle(1, { key: "under way" })))
      yield* ledger.claim(claim("held", 2))
      yield* ledger.save(held(idle(2, { key: "held" })))
      for (const nth of many) {
        yield* ledger.claim(claim(`key ${nth}`, nth, 1000))
        yield* openAndFinish(ledger, nth, { key: `key ${nth}` })
        yield* TestClock.adjust("1 minute")
      }
      expect(yield* ledger.claim(claim("under way", 3))).toEqual({ _tag: "InFlight", deliveryId: id(1) })
      expect(yield* ledger.claim(claim("held", 3))).toEqual({ _tag: "Done", deliveryId: id(2) })
      expect(yield* ledger.claim(claim("key 1000", 3))).toEqual({ _tag: "Owned" })
    }))

  it.effect("calls a key done whose delivery it has forgotten", () =>
    Effect.gen(function*() {
      const ledger = yield* MemoryLedger.make({ deliveries: tiny })
      yield* ledger.claim(claim("key", 1))
      yield* openAndFinish(ledger, 1, { key: "key" })
      for (const nth of many) yield* openAndFinish(ledger, nth)
      expect(yield* isKept(ledger, 1)).toBe(false)
      expect(yield* ledger.claim(claim("key", 2))).toEqual({ _tag: "Done", deliveryId: id(1) })
    }))

  it.effect("forgets the plan of what is done, and keeps its result, conversation and metadata", () =>
    Effect.gen(function*() {
      const ledger = yield* small
      const entry = done(idle(1))
      yield* ledger.open(sending(idle(1)), 60_000)
      expect(Option.getOrThrow(yield* ledger.read(id(1))).progress).toBeDefined()
      yield* ledger.save(entry)
      const kept = Option.getOrThrow(yield* ledger.read(id(1)))
      expect(kept.progress).toBeUndefined()
      expect(kept.state.result).toEqual(entry.state.result)
      expect(kept.content).toEqual(entry.content)
    }))

  it.effect("keeps how a long history began and how it went on last", () =>
    Effect.gen(function*() {
      const ledger = yield* small
      yield* ledger.open(idle(1), 60_000)
      for (const generation of many) yield* ledger.append(id(1), [{ ...Specimens.events.LateArrival, generation }])
      const kept = (yield* ledger.history(id(1))).flatMap((event) => event._tag === "LateArrival" ? [event.generation] : [])
      expect(kept).toEqual([1000, 1001, 1002, 1097, 1098, 1099])
    }))

  it.effect("keeps a late event of a delivery that it has forgotten", () =>
    Effect.gen(function*() {
      const ledger = yield* small
      yield* ledger.append(id(1), [Specimens.events.LateArrival])
      expect(yield* ledger.history(id(1))).toEqual([Specimens.events.LateArrival])
      expect(yield* isKept(ledger, 1)).toBe(false)
      expect(yield* ledger.open(idle(1), 60_000)).toBe("Opened")
      expect(yield* ledger.history(id(1))).toEqual([Specimens.events.LateArrival])
    }))

  it.effect("bounds refs, bindings, contacts and event ids", () =>
    Effect.gen(function*() {
      const ledger = yield* small
      for (const nth of many) {
        yield* ledger.own(ref(`message-${nth}`), id(nth))
        yield* ledger.bind(`${toAlice}${nth}`, { carrierId: linq, line: support, at: 1000 }, 0)
        yield* ledger.touch(linq, support, `someone-${nth}@example.com` as typeof Specimens.alice, "inbound", 1000)
        yield* ledger.first(linq, `event-${nth}`, 1000)
      }
      const counts = {
        refs: (yield* ledger.owners(many.map((nth) => ref(`message-${nth}`)))).size,
        bindings: (yield* Effect.filter(many, (nth) => Effect.map(ledger.binding(`${toAlice}${nth}`), Option.isSome))).length,
        contacts: (yield* Effect.filter(many, (nth) =>
          Effect.map(
            ledger.contact(linq, support, `someone-${nth}@example.com` as typeof Specimens.alice),
            ({ inboundAt }) => inboundAt !== undefined
          ))).length,
        // from the newest back: asking for a forgotten one makes it known
        seen: many.toReversed().findIndex((nth) => Effect.runSync(ledger.first(linq, `event-${nth}`, 1000)))
      }
      for (const count of Object.values(counts)) {
        expect(count).toBeGreaterThanOrEqual(10)
        expect(count).toBeLessThanOrEqual(20)
      }
    }))

  it.effect("is a layer of its own for each router that builds one", () =>
    Effect.gen(function*() {
      const first = Effect.flatMap(Ledger, (ledger) => ledger.first(linq, "event", 0))
      expect(yield* Effect.provide(Effect.zip(first, first), MemoryLedger.layer())).toEqual([true, false])
      expect(yield* Effect.provide(first, MemoryLedger.layer())).toBe(true)
    }))
})
