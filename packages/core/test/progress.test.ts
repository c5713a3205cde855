/** Following a send, and carrying out the rest of one. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Ref from "effect/Ref"
import * as TestClock from "effect/TestClock"
import type * as OperationSignatures from "../src/carrier/OperationSignatures.ts"
import * as Draft from "../src/content/Draft.ts"
import * as Part from "../src/content/Part.ts"
import type { Sendable } from "../src/outcome/Plan.ts"
import {
  alice,
  chatRef,
  deliveryId,
  failure,
  fake,
  hello,
  linq,
  type Options,
  photo,
  receipt,
  ref,
  request,
  sendblue,
  toAlice
} from "./support.ts"

const three = Draft.make([Part.text("one"), Part.media(photo), Part.text("three")])

/** Runs a send that reports its progress, each with how many steps had been performed by then. */
const followed = (options: Options, more: Partial<OperationSignatures.SendRequest> = {}) =>
  Effect.gen(function*() {
    const told = yield* Ref.make<ReadonlyArray<OperationSignatures.Progress & { readonly performed: number }>>([])
    const world = yield* fake(options)
    const onProgress = (progress: OperationSignatures.Progress) =>
      Ref.update(told, (all) => [...all, { ...progress, performed: world.performed().length }])
    const fiber = yield* Effect.fork(world.carrier.send(request(three, { onProgress, ...more })))
    yield* TestClock.adjust("1 hour")
    return { ...world, outcome: yield* Fiber.join(fiber), told: yield* Ref.get(told) }
  })

const planOf = (more: Partial<OperationSignatures.SendRequest> = {}) =>
  Effect.gen(function*() {
    const { told } = yield* followed({}, more)
    return told[0]?.plan as Sendable
  })

describe("onProgress", () => {
  it.effect("is told of each step before it leaves, with the receipts so far", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(5000)
      const { outcome, told } = yield* followed({})
      expect(outcome._tag).toBe("Accepted")
      expect(told.map(({ performed, receipts, startedAt, step }) => [step, performed, receipts.map(({ ref }) => ref.id), startedAt]))
        .toEqual([
          [0, 0, [], 5000],
          [1, 1, ["message-1"], 5000],
          [2, 2, ["message-1", "message-2"], 5000]
        ])
      expect(told[0]?.plan.steps.map((step) => step.parts)).toEqual([[0], [1], [2]])
    }))

  it.effect("is told once of a step that is tried several times", () =>
    Effect.gen(function*() {
      const { outcome, performed, told } = yield* followed(
        { keyed: true, answers: [failure("Timeout"), failure("Timeout"), "message-1"] },
        { draft: hello }
      )
      expect(outcome._tag).toBe("Accepted")
      expect(performed()).toHaveLength(3)
      expect(told).toHaveLength(1)
    }))

  it.effect("holds the step back until it has ended", () =>
    Effect.gen(function*() {
      const { carrier, performed } = yield* fake()
      const fiber = yield* Effect.fork(carrier.send(request(hello, { onProgress: () => Effect.sleep("1 minute") })))
      yield* TestClock.adjust("59 seconds")
      expect(performed()).toEqual([])
      yield* TestClock.adjust("1 second")
      expect((yield* Fiber.join(fiber))._tag).toBe("Accepted")
    }))

  it.effect("the fence is asked after it: who opts out meanwhile receives nothing", () =>
    Effect.gen(function*() {
      const { carrier, performed, suppression } = yield* fake()
      const outcome = yield* carrier.send(request(hello, { onProgress: () => suppression.add(alice, "event") }))
      expect(outcome).toMatchObject({ _tag: "Rejected", error: { reason: "Suppressed" } })
      expect(performed()).toEqual([])
    }))

  it.effect("is not told of a send that is refused before a step leaves", () =>
    Effect.gen(function*() {
      const { outcome, told } = yield* followed({ problems: [{ rule: "feature", path: [], message: "no" }] })
      expect([outcome._tag, told.length]).toEqual(["Rejected", 0])
    }))
})

describe("retry of a request", () => {
  it.effect("replaces the carrier's own: zero times is one try of each step", () =>
    Effect.gen(function*() {
      const answers = [failure("Timeout"), "message-1"]
      const own = yield* followed({ keyed: true, answers }, { draft: hello })
      expect([own.outcome._tag, own.performed().length]).toEqual(["Accepted", 2])
      const none = yield* followed({ keyed: true, answers }, { draft: hello, retry: { times: 0 } })
      expect([none.outcome._tag, none.performed().length]).toEqual(["Unknown", 1])
    }))

  it.effect("leaves the lookups before the steps to the carrier's own", () =>
    Effect.gen(function*() {
      const { outcome, names } = yield* followed(
        { needsChat: true, found: [failure("Timeout"), failure("Timeout")] },
        { draft: hello, retry: { times: 0 } }
      )
      expect(outcome._tag).toBe("Rejected")
      expect(names()).toEqual(["findChat", "findChat", "findChat"])
    }))
})

describe("resume", () => {
  it.effect("performs the rest of the plan as it was made, under the keys that it would have had", () =>
    Effect.gen(function*() {
      const plan = yield* planOf()
      const first = receipt("earlier", [0], { chat: chatRef })
      const { names, outcome, performed, plans, told } = yield* followed(
        { needsChat: true },
        { generation: 3, draft: Draft.text("something else"), resume: { plan, step: 1, receipts: [first], startedAt: 1 } }
      )
      expect(outcome).toMatchObject({
        _tag: "Accepted",
        receipts: [{ ref: ref("earlier") }, { ref: ref("message-1") }, { ref: ref("message-2") }]
      })
      expect(plans()).toEqual([])
      expect(names()).toEqual(["perform", "perform"])
      expect(performed()).toEqual([
        { step: plan.steps[1], key: `${deliveryId}:3:1` },
        { step: plan.steps[2], key: `${deliveryId}:3:2` }
      ])
      expect(told.map(({ receipts, step }) => [step, receipts.length])).toEqual([[1, 1], [2, 2]])
    }))

  it.effect.each([["Failed", "Rejected"], ["Timeout", "Unknown"]] as const)(
    "%s before anything more was taken is still partial",
    ([reason, rest]) =>
      Effect.gen(function*() {
        const plan = yield* planOf()
        const { outcome } = yield* followed({ answers: [failure(reason)] }, {
          resume: { plan, step: 1, receipts: [receipt("earlier", [0])], startedAt: 1 }
        })
        expect(outcome).toMatchObject({ _tag: "Partial", receipts: [{ ref: ref("earlier") }], rest: { _tag: rest }, remaining: [1, 2] })
      })
  )

  it.effect("a chat that is not found is not looked up again, and not forgotten", () =>
    Effect.gen(function*() {
      const plan = yield* planOf()
      const { carrier, chats, names } = yield* fake({ needsChat: true, answers: [failure("NotFound"), "message-1"] })
      yield* chats.bind(toAlice, chatRef)
      const outcome = yield* carrier.send(request(three, { resume: { plan, step: 0, receipts: [], startedAt: 1 } }))
      expect(outcome).toMatchObject({ _tag: "Rejected", error: { reason: "NotFound" } })
      expect(names()).toEqual(["perform"])
      expect((yield* chats.find(linq, toAlice))._tag).toBe("Some")
    }))

  it.effect("with nothing left to do is accepted without a request", () =>
    Effect.gen(function*() {
      const plan = yield* planOf()
      const receipts = [receipt("a", [0]), receipt("b", [1]), receipt("c", [2])]
      const { names, outcome } = yield* followed({}, { resume: { plan, step: 3, receipts, startedAt: 1 } })
      expect(outcome).toMatchObject({ _tag: "Accepted", receipts })
      expect(names()).toEqual([])
    }))

  it.effect("the fence stands in front of it", () =>
    Effect.gen(function*() {
      const plan = yield* planOf()
      const { carrier, performed, suppression } = yield* fake()
      yield* suppression.add(alice, "event")
      const outcome = yield* carrier.send(request(three, { resume: { plan, step: 1, receipts: [receipt("earlier", [0])], startedAt: 1 } }))
      expect(outcome).toMatchObject({ _tag: "Partial", rest: { error: { reason: "Suppressed" } } })
      expect(performed()).toEqual([])
    }))

  it.effect.each(
    [
      ["another carrier's plan", { carrier: sendblue }],
      ["a step after the last", { step: 4 }],
      ["a step before the first", { step: -1 }],
      ["the end of a plan of which nothing was taken", { step: 3, receipts: [] }]
    ] as const
  )("%s is refused without a request", ([, wrong]) =>
    Effect.gen(function*() {
      const plan = yield* planOf()
      const { carrier, ...progress } = { carrier: linq, step: 1, receipts: [receipt("a", [0])], startedAt: 1, ...wrong }
      const { names, outcome } = yield* followed({}, { resume: { ...progress, plan: { ...plan, carrierId: carrier } } })
      expect(outcome).toMatchObject({ _tag: "Rejected", error: { reason: "InvalidInput", problems: [{ path: ["resume"] }] } })
      expect(names()).toEqual([])
    }))
})
