/** Two processes over one ledger: what one hears takes effect at the other, which owns the delivery's shard. */
import { describe, expect, it } from "@effect/vitest"
import type { DeliveryId } from "@interline/core/DeliveryId"
import * as MessageRef from "@interline/core/MessageRef"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as TestClock from "effect/TestClock"
import * as MemoryLedger from "../src/ledger/MemoryLedger.ts"
import * as Placement from "./placement.ts"
import { failure, hello, linq, right, sendblue, toAda, words, type World, world } from "./scripted.ts"

const settle = Effect.forEach(Array.from({ length: 20 }), () => Effect.yieldNow(), { discard: true })

const ending = <A, E>(fiber: Fiber.RuntimeFiber<A, E>): Effect.Effect<A, E> =>
  Effect.zipRight(
    settle,
    Effect.flatMap(
      Fiber.poll(fiber),
      Option.match({
        onNone: () => Effect.zipRight(TestClock.adjust("200 millis"), ending(fiber)),
        onSome: (exit) => exit
      })
    )
  )

const lost = failure("Transport")

const idOf = ({ told }: World): DeliveryId =>
  told.flatMap((event) => "deliveryId" in event ? [event.deliveryId] : [])[0] ?? expect.fail("nothing started")

const receipt = (id: DeliveryId, step = 0) =>
  ({
    _tag: "Status",
    carrierId: linq,
    fact: { ref: MessageRef.make(linq, "heard"), status: "delivered" },
    idempotencyKey: `${id}:1:${step}`
  }) as const

describe("a fact that another process hears", () => {
  const both = Effect.gen(function*() {
    const ledger = yield* MemoryLedger.make()
    const { place } = Placement.make()
    const first = yield* world({ ledger, place, linq: { answers: [lost] } })
    const second = yield* world({ ledger, place })
    return { first, second }
  })

  it.scoped("while the first looks for the lost answer settles it there", () =>
    Effect.gen(function*() {
      const { first, second } = yield* both
      const sending = yield* Effect.fork(first.send())
      yield* settle
      yield* second.router.observe(receipt(idOf(first)))
      expect(right(yield* ending(sending))).toMatchObject({ receipts: [{ ref: { id: "heard" } }], carrierId: "linq" })
      expect(yield* first.router.held()).toEqual([])
      expect([...second.linq.asked, ...second.sendblue.asked, ...first.sendblue.asked]).toEqual([])
    }))

  it.scoped("while the request is under way outranks its lost answer", () =>
    Effect.gen(function*() {
      const ledger = yield* MemoryLedger.make()
      const { place } = Placement.make()
      const first = yield* world({ ledger, place, linq: { answers: [Effect.delay(Effect.fail(lost), "2 seconds")] } })
      const second = yield* world({ ledger, place })
      const sending = yield* Effect.fork(first.send())
      yield* settle
      yield* second.router.observe(receipt(idOf(first)))
      expect(right(yield* ending(sending))).toMatchObject({ receipts: [{ ref: { id: "heard" } }] })
      expect(first.linq.asked).toHaveLength(1)
    }))

  it.scoped("while the first writes that it is held settles it before the caller is answered", () =>
    Effect.gen(function*() {
      const inner = yield* MemoryLedger.make()
      let heard: Effect.Effect<void> = Effect.void
      // the fact arrives in the moment before the end is written down
      const ledger = {
        ...inner,
        save: (entry: Parameters<typeof inner.save>[0]) =>
          entry.state.phase._tag === "Held" ? Effect.zipRight(Effect.suspend(() => heard), inner.save(entry)) : inner.save(entry)
      }
      const { place } = Placement.make()
      const first = yield* world({ ledger, place, linq: { answers: [lost] } })
      const second = yield* world({ ledger: inner, place })
      const sending = yield* Effect.fork(first.send())
      yield* settle
      heard = Effect.suspend(() => {
        heard = Effect.void
        // the fact waits until the end that it decides is written down
        return Effect.zipRight(Effect.forkDaemon(second.router.observe(receipt(idOf(first)))), settle)
      })
      const answer = yield* ending(sending)
      expect(right(answer)).toMatchObject({ receipts: [{ ref: { id: "heard" } }] })
      expect(yield* second.router.held()).toEqual([])
      expect(Option.getOrThrow(yield* second.router.explain(idOf(first)))).toMatchObject({ outcome: { _tag: "Accepted" } })
    }))

  it.scoped("of an attempt that was left behind is told there, and the one under way ends by itself", () =>
    Effect.gen(function*() {
      const ledger = yield* MemoryLedger.make()
      const policy = { prefer: ["sendblue", "linq"], carriers: { sendblue: { absenceProof: "2 seconds" } } } as const
      const { place } = Placement.make()
      const first = yield* world({
        ledger,
        place,
        policy,
        sendblue: { finds: () => Effect.succeed(Either.right([])), answers: [lost] },
        linq: { answers: [Effect.delay(Effect.succeed("second"), "5 seconds")] }
      })
      const second = yield* world({ ledger, place, policy })
      const sending = yield* Effect.fork(first.send())
      yield* settle
      yield* Effect.repeat(Effect.zipRight(TestClock.adjust("500 millis"), settle), { until: () => first.linq.asked.length > 0 })
      yield* second.router.observe({
        ...receipt(idOf(first)),
        carrierId: sendblue,
        fact: { ref: MessageRef.make(sendblue, "late"), status: "delivered" }
      })
      yield* settle
      expect(right(yield* ending(sending))).toMatchObject({ receipts: [{ ref: { id: "second" } }] })
      expect(first.told.map(({ _tag }) => _tag)).toContain("LateArrival")
      const { trials } = Option.getOrThrow(yield* second.router.explain(idOf(first)))
      expect(trials.map(({ carrierId, outcome }) => [carrierId, outcome])).toEqual([["sendblue", "accepted"], ["linq", "accepted"]])
    }))

  it.scoped("about a step that was answered anyway changes nothing", () =>
    Effect.gen(function*() {
      const ledger = yield* MemoryLedger.make()
      const { place } = Placement.make()
      const first = yield* world({ ledger, place, linq: { answers: [Effect.delay(Effect.succeed("answered"), "2 seconds")] } })
      const second = yield* world({ ledger, place })
      const sending = yield* Effect.fork(first.messaging.send(toAda, hello))
      yield* settle
      yield* TestClock.adjust("2 seconds")
      yield* second.router.observe(receipt(idOf(first)))
      expect(yield* ending(sending)).toMatchObject({ receipts: [{ ref: { id: "answered" } }] })
      expect(first.linq.texts()).toEqual([words])
    }))
})
