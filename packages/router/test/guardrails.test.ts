/** The guardrails of a rollout: what is counted, what is crossed, and that few messages say nothing while silence does. */
import { describe, it } from "@effect/vitest"
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import * as CarrierId from "@interline/core/CarrierId"
import { LineName } from "@interline/core/Line"
import * as FastCheck from "effect/FastCheck"
import { guardrails } from "../src/policy/completePolicy.ts"
import * as Guardrails from "../src/policy/Guardrails.ts"
import type * as Rollout from "../src/policy/Rollout.ts"
import type { SendResult } from "../src/policy/SendResult.ts"

const from = CarrierId.make("sendblue")
const to = CarrierId.make("linq")
const minute = 60_000
const now = 100 * minute

const rollout: Rollout.Complete = { from, to, steps: [{ share: 0.1, moves: "new", waits: 0 }], guardrails: { ...guardrails, minimum: 10 } }

/** A message that was taken ten minutes ago and delivered within two seconds. */
const good = (carrierId = to): SendResult => ({
  carrierId,
  line: LineName.make("support"),
  at: now - 10 * minute,
  outcome: "accepted",
  status: "delivered",
  deliveredAt: now - 10 * minute + 2_000,
  reportedAt: now - 10 * minute + 2_000,
  optOuts: 0,
  losses: [],
  isGroup: false
})

const times = (count: number, sample: SendResult): ReadonlyArray<SendResult> => Array.from({ length: count }, () => sample)

/** Taken, and nothing was reported. */
const silent: SendResult = { ...good(), status: undefined, deliveredAt: undefined, reportedAt: undefined }

const bad = {
  notSent: { ...silent, outcome: "not-sent" },
  failed: { ...good(), at: now - minute, status: "failed", deliveredAt: undefined },
  late: { ...good(), deliveredAt: now - 4 * minute },
  slower: { ...good(), deliveredAt: now - 10 * minute + 6_001 }
} as const satisfies Record<string, SendResult>

const crossed = (sends: ReadonlyArray<SendResult>) =>
  Guardrails.judge(rollout.guardrails, Guardrails.count(rollout, sends, now), now).map(({ guardrail }) => guardrail)

describe("a guardrail", () => {
  it("is not crossed by messages that go as well as before, or by none", () => {
    deepStrictEqual(crossed([]), [])
    deepStrictEqual(crossed([...times(100, good(from)), ...times(20, good())]), [])
  })

  it("does not take a message to a group for late, of which nobody says that it was delivered, and counts what is said", () => {
    const toGroup: SendResult = { ...silent, isGroup: true, reportedAt: silent.at + 2_000 }
    deepStrictEqual(crossed([...times(20, toGroup), good()]), [])
    const { to: cohort } = Guardrails.count(rollout, [toGroup, { ...bad.failed, isGroup: true }, { ...good(), isGroup: true }], now)
    deepStrictEqual([cohort.accepted, cohort.delivered, cohort.failed, cohort.due, cohort.late], [3, 1, 1, 1, 0])
    // a carrier that reports nothing at all is silent, whomever it wrote to
    deepStrictEqual(crossed(times(20, { ...toGroup, at: now - 20 * minute, reportedAt: undefined })), ["silent"])
  })

  it("is crossed by a new carrier that has taken nothing for its time, although it is asked only now and then", () => {
    const failed = (ago: number, outcome: "not-sent" | "held" = "not-sent"): SendResult => ({ ...silent, outcome, at: now - ago * minute })
    const failures = [failed(15), failed(9, "held"), failed(1)]
    deepStrictEqual(crossed(failures), ["unavailable"])
    // not yet, too few, and taken meanwhile
    deepStrictEqual(crossed([failed(14), failed(9), failed(1)]), [])
    deepStrictEqual(crossed([failed(15), failed(1)]), [])
    deepStrictEqual(crossed([...failures, good()]), [])
    // what it took before is no excuse
    deepStrictEqual(crossed([{ ...good(), at: now - 16 * minute, reportedAt: now - 16 * minute }, ...failures]), ["unavailable"])
    deepStrictEqual(crossed(failures.map((send) => ({ ...send, carrierId: from }))), [])
  })

  for (const name of ["notSent", "failed", "late"] as const) {
    it(`is crossed by ${name} at the new carrier, and not if it is as often at the old one`, () => {
      const here = [...times(15, good()), ...times(5, bad[name])]
      deepStrictEqual(crossed([...here, ...times(100, good(from))]), [name])
      // the old carrier has too few messages, so its share counts as 0
      deepStrictEqual(crossed([...here, ...times(9, { ...bad[name], carrierId: from })]), [name])
      deepStrictEqual(crossed([...here, ...times(15, good(from)), ...times(5, { ...bad[name], carrierId: from })]), [])
    })

    it(`is not crossed by ${name} of fewer messages than the minimum`, () => {
      deepStrictEqual(crossed([...times(8, good()), bad[name]]), [])
    })
  }

  it("counts a try whose answer was lost as not sent", () => {
    deepStrictEqual(crossed([...times(15, good()), ...times(5, { ...bad.notSent, outcome: "held" })]), ["notSent"])
  })

  it("is crossed by opt-outs at the new carrier", () => {
    const out = { ...good(), optOuts: 1 }
    deepStrictEqual(crossed([...times(18, good()), ...times(2, out), ...times(20, good(from))]), ["optedOut"])
    const same = times(2, { ...out, carrierId: from })
    deepStrictEqual(crossed([...times(18, good()), ...times(2, out), ...times(18, good(from)), ...same]), [])
  })

  it("is crossed by a median that is so many times slower", () => {
    deepStrictEqual(crossed([...times(20, bad.slower), ...times(20, good(from))]), ["slower"])
    deepStrictEqual(crossed([...times(20, { ...bad.slower, deliveredAt: now - 10 * minute + 6_000 }), ...times(20, good(from))]), [])
    // a vendor that delivers within milliseconds does not make a vendor slow that delivers within three seconds
    const fast = { ...good(from), deliveredAt: now - 10 * minute + 5 }
    deepStrictEqual(crossed([...times(20, { ...good(), deliveredAt: now - 10 * minute + 3_000 }), ...times(20, fast)]), [])
  })

  it("is crossed by silence after its time, also with one message", () => {
    const old = { ...silent, at: now - 15 * minute }
    deepStrictEqual(crossed([old]), ["silent"])
    deepStrictEqual(crossed([{ ...old, at: now - 15 * minute + 1 }]), [])
    // a report that came after the message shows that the carrier reports
    deepStrictEqual(crossed([old, good()]), [])
    // a report from before it does not
    const before = { ...good(), at: now - 30 * minute, deliveredAt: now - 29 * minute, reportedAt: now - 29 * minute }
    deepStrictEqual(crossed([old, before]), ["silent"])
    // what was refused is not waited for
    deepStrictEqual(crossed([{ ...old, outcome: "not-sent" }]), [])
    // the old carrier is not judged
    deepStrictEqual(crossed([{ ...old, carrierId: from }]), [])
  })

  it("stays crossed while silence goes on, whatever else was sent", () => {
    FastCheck.assert(
      FastCheck.property(FastCheck.array(FastCheck.integer({ min: 0, max: 90 })), (minutes) => {
        const sends = [{ ...silent, at: now - 20 * minute }, ...minutes.map((ago) => ({ ...silent, at: now - ago * minute }))]
        strictEqual(crossed(sends).includes("silent"), true)
      })
    )
  })

  it("says its numbers", () => {
    const sends = [...times(15, good()), ...times(5, bad.failed), ...times(100, good(from))]
    const [first] = Guardrails.judge(rollout.guardrails, Guardrails.count(rollout, sends, now), now)
    strictEqual(first?.sentence, "5 of 20 messages by linq failed (25.0 %), and 0 of 100 by sendblue; at most 2.0 % more may")
  })
})
