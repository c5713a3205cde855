/** What went wrong elsewhere, as far as it is decided here. Each test is named after where it happened. */
import { describe, expect, it } from "@effect/vitest"
import * as CarrierId from "@interline/core/CarrierId"
import * as Line from "@interline/core/Line"
import type { Finding } from "@interline/core/OperationSignatures"
import type * as Decision from "@interline/router/Decision"
import * as LineHealth from "../src/health/lineHealth.ts"
import {
  abandoned,
  absent,
  accepted,
  action,
  admitted,
  asked,
  begin,
  error,
  linq,
  looked,
  notesOf,
  observed,
  outcome,
  plain,
  play,
  refusals,
  refused,
  result,
  sendblue,
  sent,
  started,
  unknown,
  unproven,
  woke
} from "./decide-specimens.ts"

/** Plays on until the delivery rests no more: each look shows the same. */
const lookOn = (state: Decision.State, finding: Finding) => {
  let played = play(state)
  for (let turns = 0; turns < 50 && played.state.phase._tag === "Resting"; turns += 1) {
    const { until } = played.state.phase
    played = play(played.state, woke(until), looked(until + 1, finding))
  }
  return played
}

describe("regressions of the neighbours", () => {
  it.each([["hangs", error("Timeout")], ["resets", error("Transport")], ["is a 502", error("Unavailable", { status: 502 })]] as const)(
    "official clients: an acknowledgement that %s is followed by one POST, unless it is keyed",
    (_, lost) => {
      for (const route of [[linq, sendblue], [sendblue, linq], [plain, linq]] as const) {
        const once = play(begin(route), started, admitted(0), sent(10_000, outcome(1, 1, 0, { unknown: lost, startedAt: 0 })))
        expect(asked(once)).toHaveLength(1)
        const end = lookOn(once.state, route[0] === linq ? unproven : absent)
        expect(asked(end)).toEqual([])
        expect(end.state.phase._tag).toBe("Held")
      }
    }
  )

  it("notifme, Symfony, Courier, Portkey, ExecutionPlan: a timeout never crosses to another carrier without reconciliation", () => {
    const timedOut = play(begin([linq, sendblue, plain]), started, admitted(0), unknown(10_000, 0))
    expect(action(timedOut)).toMatchObject({ _tag: "Rest" })
    const end = lookOn(timedOut.state, unproven)
    expect(end.commands.some(({ _tag }) => _tag === "Admit" || _tag === "Send")).toBe(false)
    expect(result(end)).toBe("Unknown")
  })

  it("Hyperswitch#14154: a carrier appears once per logical send unless it is a keyed replay", () => {
    const other = { ...plain, carrierId: CarrierId.make("other") }
    const played = play(
      begin([linq, sendblue, linq, other]),
      started,
      admitted(0),
      refused(10, refusals.carrier),
      admitted(10),
      refused(20, refusals.carrier),
      admitted(20),
      accepted(30, 3)
    )
    expect(asked(played)).toEqual(["linq", "sendblue", "other"])
    expect(notesOf(played, "Skipped")).toMatchObject([{ carrierId: "linq", why: "it was asked before" }])
    expect(action(play(begin([linq, sendblue]), started, admitted(0), unknown(10, 0), woke(510)))).toMatchObject({
      _tag: "Look",
      generation: 1
    })
  })

  it("notifme: every attempt has a deadline, and so has every look", () => {
    expect(action(play(begin([linq]), started, admitted(7)))).toMatchObject({ _tag: "Send", until: 10_007 })
    expect(action(play(begin([sendblue]), started, admitted(0), unknown(10, 0), woke(510)))).toMatchObject({ _tag: "Look", until: 10_510 })
  })

  it.each(["recipient", "optedOut", "caller", "account"] as const)(
    "Symfony#52551, #50162: the fault of the %s never changes a carrier's health",
    (whose) => {
      const health = LineHealth.make({
        breaker: { failures: 1, window: 1000, openFor: 1000, maxOpenFor: 1000 },
        deadlines: { attempt: 100 },
        carriers: {}
      })
      for (const command of play(begin([linq]), started, admitted(0), refused(10, refusals[whose])).commands) {
        if (command._tag === "Report") expect(health.report(command.candidate, command, 10)).toEqual([])
      }
      expect(health.admit({ carrierId: linq.carrierId, line: Line.name("support") }, 20, false)).toEqual({ _tag: "Admitted", probe: false })
    }
  )

  it("LiteLLM#41323: a caller's cancellation and a caller's own deadline are not the carrier's fault", () => {
    const sending = play(begin([linq, sendblue]), started, admitted(0))
    expect(play(sending.state, abandoned(5)).commands.filter(({ _tag }) => _tag === "Report")).toEqual([])
    const cut = error("Timeout", { blame: "caller" })
    const ended = play(sending.state, sent(5, outcome(1, 1, 0, { unknown: cut, startedAt: 0 })))
    expect(ended.commands).toContainEqual(expect.objectContaining({ _tag: "Report", verdict: "none" }))
  })

  it("neurolink#1251: a Retry-After of 8549 s is not followed; the next carrier is asked, and without one it surfaces", () => {
    const two = play(begin([linq, sendblue]), started, admitted(0), refused(10, refusals.limitedForHours))
    expect(action(two)).toMatchObject({ _tag: "Admit", candidate: { carrierId: "sendblue" } })
    const one = play(begin([linq]), started, admitted(0), refused(10, refusals.limitedForHours))
    expect(one.state.result?.outcome).toMatchObject({
      _tag: "Rejected",
      error: { reason: "RateLimited", retryAfter: refusals.limitedForHours.retryAfter }
    })
  })

  it("Symfony#40895: the order is the policy's", () => {
    const fail = (at: number) => [admitted(at), refused(at, refusals.carrier)]
    for (const route of [[linq, sendblue, plain], [plain, linq, sendblue], [sendblue, plain, linq]] as const) {
      expect(asked(play(begin(route), started, ...fail(0), ...fail(10), ...fail(20)))).toEqual(route.map(({ carrierId }) => carrierId))
    }
  })

  it("elizaOS#24861, murph#2645: a 2xx without an id is unknown, not accepted, and not followed by another carrier", () => {
    const played = play(
      begin([plain, linq]),
      started,
      admitted(0),
      sent(10, outcome(1, 1, 0, { unknown: error("BadResponse", { status: 200 }), startedAt: 0 }))
    )
    expect(result(played)).toBe("Unknown")
    expect(asked(played)).toEqual(["plain"])
  })

  it("chatwoot#14149, Twilio: proofs that come in any order and more than once end in the same", () => {
    const split = sent(100, outcome(1, 3, 1, { unknown: error("Timeout"), startedAt: 50 }), 3)
    const proofs = [observed(60, 1, 1), observed(70, 1, 2)] as const
    const inOrder = play(begin([linq]), started, admitted(0), ...proofs, split)
    const mixed = play(begin([linq]), started, admitted(0), proofs[1], proofs[0], proofs[1], split)
    expect(inOrder.state.result?.outcome).toMatchObject({ _tag: "Accepted", receipts: [{ parts: [0] }, { parts: [1] }, { parts: [2] }] })
    expect(mixed.state.result).toEqual(inOrder.state.result)
  })

  it("a person who opted out is not texted through the second vendor", () => {
    const played = play(begin([linq, sendblue]), started, admitted(0), refused(10, refusals.optedOut))
    expect(asked(played)).toEqual(["linq"])
    expect(played.state.result?.outcome).toMatchObject({ _tag: "Rejected", error: { reason: "OptedOut", next: "stop" } })
    const fenced = play(begin([linq, sendblue]), started, admitted(0), refused(10, error("Suppressed")))
    expect(asked(fenced)).toEqual(["linq"])
  })
})

describe("a carrier that delivers what it refused", () => {
  const told = play(begin([plain, linq, sendblue]), started, admitted(0), refused(5, refusals.network), admitted(5), observed(15, 1))

  it.each([
    ["refuses", refused(20, refusals.carrier)],
    ["refuses for a while", refused(20, refusals.limited)],
    ["cannot carry it", refused(20, refusals.incapable)]
  ])("is the last that is asked, also when the one that is being asked %s", (_, answer) => {
    const end = play(told.state, answer)
    expect(asked(end)).toEqual([])
    expect(end.state.result).toMatchObject({ carrierId: "plain", outcome: { _tag: "Accepted" } })
  })

  it("is the last that is asked when the one that was asked after it turns out not to have it", () => {
    const route = [plain, { ...sendblue, absenceProof: 1_000 }, linq] as const
    const doubted = play(begin(route), started, admitted(0), refused(5, refusals.network), admitted(5), observed(15, 1), unknown(20, 5, 2))
    const end = lookOn(doubted.state, absent)
    expect(asked(end)).toEqual([])
    expect(result(end)).toBe("Accepted")
  })
})
