import { describe, expect, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import * as FastCheck from "effect/FastCheck"
import * as DeliveryStatus from "../src/content/DeliveryStatus.ts"
import { ref, sendblue } from "./support.ts"

const status = Arbitrary.make(DeliveryStatus.DeliveryStatus)
// few refs, so that facts meet on one message
const refs = [ref("a"), ref("b"), ref("c")]
const fact = Arbitrary.make(DeliveryStatus.StatusFact).chain((fact) => FastCheck.constantFrom(...refs).map((ref) => ({ ...fact, ref })))
const facts = FastCheck.array(fact, { maxLength: 12 })

const fold = (facts: ReadonlyArray<DeliveryStatus.StatusFact>) =>
  DeliveryStatus.report(facts.reduce(DeliveryStatus.add, DeliveryStatus.empty), refs)
const statusOf = (...words: ReadonlyArray<DeliveryStatus.DeliveryStatus>) =>
  DeliveryStatus.report(words.map((status) => ({ ref: ref("a"), status })).reduce(DeliveryStatus.add, DeliveryStatus.empty), [ref("a")])

describe("join", () => {
  it("is commutative, associative and idempotent", () => {
    FastCheck.assert(FastCheck.property(status, status, status, (a, b, c) => {
      expect(DeliveryStatus.join(a, b)).toBe(DeliveryStatus.join(b, a))
      expect(DeliveryStatus.join(DeliveryStatus.join(a, b), c)).toBe(DeliveryStatus.join(a, DeliveryStatus.join(b, c)))
      expect(DeliveryStatus.join(a, a)).toBe(a)
    }))
  })

  it("gives every status a rank of its own, so that no two are confused", () => {
    expect(new Set(Object.values(DeliveryStatus.ranks)).size).toBe(DeliveryStatus.DeliveryStatus.literals.length)
  })
})

describe("add", () => {
  it("does not depend on the order of facts", () => {
    FastCheck.assert(FastCheck.property(
      facts.chain((facts) => FastCheck.tuple(FastCheck.constant(facts), FastCheck.shuffledSubarray(facts, { minLength: facts.length }))),
      ([facts, shuffled]) => {
        expect(fold(shuffled)).toEqual(fold(facts))
      }
    ))
  })

  it("does not depend on how often a fact is repeated", () => {
    FastCheck.assert(FastCheck.property(
      facts.chain((facts) => FastCheck.tuple(FastCheck.constant(facts), FastCheck.subarray(facts))),
      ([facts, repeated]) => {
        expect(fold([...facts, ...repeated])).toEqual(fold(facts))
      }
    ))
  })

  it("leaves the facts that it was given as they were", () => {
    const before = DeliveryStatus.add(DeliveryStatus.empty, { ref: ref("a"), status: "sent" })
    DeliveryStatus.add(before, { ref: ref("a"), status: "read" })
    expect(DeliveryStatus.report(before, [ref("a")]).status).toBe("sent")
    expect(DeliveryStatus.empty.size).toBe(0)
  })

  it("keeps messages of different carriers with one id apart", () => {
    const here = DeliveryStatus.add(DeliveryStatus.empty, { ref: ref("a"), status: "failed" })
    expect(DeliveryStatus.report(here, [ref("a", sendblue)]).status).toBe("pending")
  })
})

describe("report", () => {
  it("corrects a failure that is followed by a delivery, and says so", () => {
    expect(statusOf("sent", "failed", "delivered")).toMatchObject({ status: "delivered", corrected: true, settled: true })
  })

  it("keeps a delivery that is followed by a failure, in whichever order they arrive", () => {
    expect(statusOf("delivered", "failed").status).toBe("delivered")
    expect(statusOf("failed", "delivered").status).toBe("delivered")
  })

  it("does not call a plain failure or a plain delivery a correction", () => {
    expect(statusOf("sent", "failed")).toMatchObject({ status: "failed", corrected: false, settled: true })
    expect(statusOf("sent", "delivered")).toMatchObject({ corrected: false, settled: true })
  })

  it("takes sent as the last word on SMS only", () => {
    const sentBy = (service: "iMessage" | "RCS" | "SMS") =>
      DeliveryStatus.report(DeliveryStatus.add(DeliveryStatus.empty, { ref: ref("a"), status: "sent", service }), [ref("a")]).settled
    expect([sentBy("SMS"), sentBy("RCS"), sentBy("iMessage")]).toEqual([true, false, false])
    expect(statusOf("sent").settled).toBe(false)
  })

  it("remembers a downgrade, and SMS as the service, whatever is said later", () => {
    const facts: ReadonlyArray<DeliveryStatus.StatusFact> = [
      { ref: ref("a"), status: "sent", service: "SMS", downgraded: true },
      { ref: ref("a"), status: "sent", service: "iMessage", downgraded: false }
    ]
    for (const order of [facts, facts.toReversed()]) {
      expect(DeliveryStatus.report(order.reduce(DeliveryStatus.add, DeliveryStatus.empty), [ref("a")])).toMatchObject({
        service: "SMS",
        downgraded: true,
        settled: true
      })
    }
  })

  it("counts a fact that arrived before the send's own receipt", () => {
    const early = DeliveryStatus.add(DeliveryStatus.empty, { ref: ref("a"), status: "delivered" })
    const late = DeliveryStatus.add(early, { ref: ref("a"), status: "queued" })
    expect(DeliveryStatus.report(late, [ref("a")]).status).toBe("delivered")
  })

  it("makes one status of several messages: the least far, but failed if any failed", () => {
    const of = (...words: ReadonlyArray<DeliveryStatus.DeliveryStatus>) =>
      DeliveryStatus.report(
        words.map((status, index) => ({ ref: ref(`part-${index}`), status })).reduce(DeliveryStatus.add, DeliveryStatus.empty),
        words.map((_, index) => ref(`part-${index}`))
      )
    expect(of("read", "delivered")).toMatchObject({ status: "delivered", settled: true })
    expect(of("read", "queued")).toMatchObject({ status: "queued", settled: false })
    expect(of("read", "failed", "pending")).toMatchObject({ status: "failed", settled: false })
    expect(of("failed", "delivered")).toMatchObject({ status: "failed", settled: true })
  })

  it("counts a message without a fact as pending, and no messages as pending and unsettled", () => {
    const facts = DeliveryStatus.add(DeliveryStatus.empty, { ref: ref("a"), status: "read" })
    expect(DeliveryStatus.report(facts, [ref("a"), ref("b")])).toMatchObject({ status: "pending", settled: false })
    expect(DeliveryStatus.report(facts, [])).toMatchObject({ status: "pending", settled: false, messages: [] })
  })
})
