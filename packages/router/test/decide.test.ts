import { describe, expect, it } from "@effect/vitest"
import { deepStrictEqual, strictEqual } from "@effect/vitest/utils"
import * as MessagingError from "@interline/core/MessagingError"
import * as Decide from "@interline/router/Decide"
import * as Decision from "@interline/router/Decision"
import * as Duration from "effect/Duration"
import {
  abandoned,
  absent,
  accepted,
  action,
  admitted,
  asked,
  begin,
  denied,
  error,
  found,
  isAction,
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
  stepsOf,
  unknown,
  unproven,
  woke
} from "./decide-specimens.ts"

const both = [linq, sendblue] as const
const listed = [sendblue, linq] as const

/** One state of every phase, for a draft of one step at a carrier with a list, with another carrier behind it. */
const phases = {
  Idle: begin(listed),
  Admitting: play(begin(listed), started).state,
  "Resting to be admitted": play(begin(listed), started, { _tag: "Barred", at: 0, by: "limit", why: "full", until: 1000 }).state,
  "Resting to send": play(begin(listed), started, admitted(0), refused(0, refusals.limited)).state,
  "Resting to look": play(begin(listed), started, admitted(0), unknown(100, 0)).state,
  Sending: play(begin(listed), started, admitted(0)).state,
  Looking: play(begin(listed), started, admitted(0), unknown(100, 0), woke(600)).state,
  Held: play(begin([plain]), started, admitted(0), unknown(100, 0)).state,
  Done: play(begin(listed), started, admitted(0), accepted(100)).state
} as const

const events = {
  Started: started,
  Admitted: admitted(3000),
  "Barred by the breaker": { _tag: "Barred", at: 3000, by: "breaker", why: "it failed", until: 9000 },
  "Barred by a limit": { _tag: "Barred", at: 3000, by: "limit", why: "full", until: 4000 },
  "Sent, accepted": accepted(3000),
  "Sent, refused": refused(3000, refusals.caller),
  "Sent, refused by the carrier's fault": refused(3000, refusals.carrier),
  "Sent, refused for now": refused(3000, refusals.limited),
  "Sent, unknown": unknown(3000, 0),
  Woke: woke(3000),
  "Looked, found": looked(3000, found()),
  "Looked, absent": looked(3000, absent),
  "Looked, unproven": looked(3000, unproven),
  Observed: observed(3000, 1),
  Denied: denied(3000),
  Abandoned: abandoned(3000),
  Rejoined: { _tag: "Rejoined", at: 3000 }
} as const satisfies Record<string, Decision.Event>

/** What each event leads to: the phase and what is done. What is not in the table changes nothing. */
const table: Record<keyof typeof phases, Partial<Record<keyof typeof events, string>>> = {
  Idle: { Started: "Admitting: Admit", Abandoned: "Done: Conclude" },
  Admitting: {
    Admitted: "Sending: Send",
    "Barred by the breaker": "Admitting: Admit",
    "Barred by a limit": "Resting: Rest",
    Abandoned: "Done: Conclude"
  },
  "Resting to be admitted": { Woke: "Admitting: Admit", Abandoned: "Done: Conclude" },
  "Resting to send": { Woke: "Sending: Send", Observed: "Done: Conclude", Abandoned: "Done: Conclude" },
  "Resting to look": { Woke: "Looking: Look", Observed: "Done: Conclude", Abandoned: "Held: Conclude" },
  Sending: {
    "Sent, accepted": "Done: Conclude",
    "Sent, refused": "Done: Conclude",
    "Sent, refused by the carrier's fault": "Admitting: Admit",
    "Sent, refused for now": "Resting: Rest",
    "Sent, unknown": "Resting: Rest",
    Observed: "Sending: kept",
    Abandoned: "Sending: kept"
  },
  Looking: {
    "Looked, found": "Done: Conclude",
    "Looked, absent": "Resting: Rest",
    "Looked, unproven": "Resting: Rest",
    Observed: "Done: Conclude",
    Abandoned: "Looking: kept"
  },
  Held: { Observed: "Done: Conclude", Denied: "Done: Conclude" },
  Done: {}
}

const names = <A extends Record<string, unknown>>(record: A): ReadonlyArray<keyof A & string> => Object.keys(record)

describe("in each phase each event", () => {
  for (const phase of names(phases)) {
    for (const name of names(events)) {
      const expected = table[phase][name]
      it(`${phase}, ${name}: ${expected ?? "nothing changes"}`, () => {
        const before = phases[phase]
        const { commands, state } = Decide.decide(before, events[name])
        if (expected === undefined) {
          expect(state).toEqual(before)
          expect(commands.filter(isAction)).toEqual([])
        } else {
          expect(`${state.phase._tag}: ${commands.find(isAction)?._tag ?? "kept"}`).toBe(expected)
          expect(state).not.toEqual(before)
        }
      })
    }
  }
})

describe("a send that is taken", () => {
  it("ends with its receipt, binds the conversation and says that the carrier is well", () => {
    const played = play(begin(both), started, admitted(5), accepted(25))
    expect(played.state.result).toMatchObject({ outcome: { _tag: "Accepted" }, carrierId: "linq", kept: false })
    expect(played.last).toMatchObject([{ _tag: "Report", verdict: "ok", startedAt: 5 }, { _tag: "Note" }, { _tag: "Bind" }, {
      _tag: "Note"
    }, { _tag: "Conclude" }])
    expect(played.state.attempts).toMatchObject([{ carrierId: "linq", outcome: "accepted", startedAt: 5, millis: 20, generation: 1 }])
  })

  it("is asked for until the attempt's deadline, or the send's if that comes first", () => {
    expect(action(play(begin(both), started, admitted(5)))).toMatchObject({ _tag: "Send", generation: 1, step: 0, until: 10_005 })
    expect(action(play(begin(both, { deadline: 4000 }), started, admitted(5)))).toMatchObject({ until: 4000 })
  })
})

describe("a certain refusal", () => {
  it.each(["network", "line", "carrier"] as const)("of the %s goes to the next carrier", (whose) => {
    const played = play(begin(both), started, admitted(0), refused(10, refusals[whose]), admitted(10), accepted(20, 2))
    expect(asked(played)).toEqual(["linq", "sendblue"])
    expect(result(played)).toBe("Accepted")
    expect(notesOf(played, "FailedOver")).toMatchObject([{ from: "linq", to: "sendblue" }])
  })

  it.each(["caller", "recipient", "optedOut", "account"] as const)("that is not the carrier's fault (%s) is returned", (whose) => {
    const played = play(begin(both), started, admitted(0), refused(10, refusals[whose]))
    expect(asked(played)).toEqual(["linq"])
    expect(played.state.result?.outcome).toMatchObject({ _tag: "Rejected", error: { reason: refusals[whose].reason } })
    expect(played.commands).toContainEqual(expect.objectContaining({ _tag: "Report", verdict: "none" }))
  })

  it("for now is followed at the same carrier, as often as the policy says, then at the next", () => {
    const again = (at: number) => [refused(at, refusals.notReady), woke(at + 100_000)]
    const played = play(
      begin(both, { deadline: 1e9 }),
      started,
      admitted(0),
      ...again(0),
      ...again(200_000),
      refused(400_000, refusals.notReady),
      admitted(400_000)
    )
    expect(asked(played)).toEqual(["linq", "linq", "linq", "sendblue"])
    expect(notesOf(played, "Retrying").map(({ at, until }) => until - at)).toEqual([500, 1000])
  })

  it("for now waits as long as the carrier says", () => {
    const played = play(begin(both), started, admitted(0), refused(10, refusals.limited))
    expect(action(played)).toEqual({ _tag: "Rest", until: 2010 })
    expect(played.last[0]).toMatchObject({ _tag: "Report", verdict: "limited", until: 2010 })
  })

  it("for now is not waited for longer than the policy says, although there is time", () => {
    const later = error("RateLimited", { retryAfter: Duration.seconds(11) })
    expect(action(play(begin(both), started, admitted(0), refused(10, later)))).toMatchObject({
      _tag: "Admit",
      candidate: { carrierId: "sendblue" }
    })
  })

  it("for now is not waited for beyond the deadline", () => {
    const played = play(begin([linq], { deadline: 2000 }), started, admitted(0), refused(10, refusals.limited))
    expect(result(played)).toBe("Rejected")
  })

  it("of everybody ends with what the last one said, and every attempt", () => {
    const played = play(begin(both), started, admitted(0), refused(10, refusals.network), admitted(10), refused(20, refusals.carrier))
    expect(played.state.result?.outcome).toMatchObject({ _tag: "Rejected", error: { reason: "Failed" } })
    expect(played.state.attempts).toMatchObject([{ carrierId: "linq", outcome: "rejected" }, {
      carrierId: "sendblue",
      outcome: "rejected"
    }])
  })
})

describe("a carrier that cannot carry the draft", () => {
  it("keeps a conversation that is there", () => {
    const played = play(begin(both), started, admitted(0), refused(10, refusals.incapable))
    expect(played.state.result?.outcome).toMatchObject({ _tag: "Rejected", error: { reason: "InvalidInput" } })
    expect(asked(played)).toEqual(["linq"])
  })

  it("is passed over where the conversation may move", () => {
    const played = play(begin(both, { movesWhenIncapable: true }), started, admitted(0), refused(10, refusals.incapable), admitted(10))
    expect(asked(played)).toEqual(["linq", "sendblue"])
  })

  it("is passed over once the conversation had to leave its own carrier", () => {
    const barred = { ...sendblue, barred: { why: "cannot", error: refusals.incapable } }
    const played = play(begin([linq, barred, plain]), started, admitted(0), refused(10, refusals.carrier), admitted(10))
    expect(asked(played)).toEqual(["linq", "plain"])
  })

  it("where nobody can, names every carrier's problems", () => {
    const incapable = { why: "cannot", error: refusals.incapable }
    const played = play(begin([{ ...linq, barred: incapable }, { ...sendblue, barred: incapable }], { movesWhenIncapable: true }), started)
    expect(played.state.result?.outcome).toMatchObject({
      _tag: "Rejected",
      error: { problems: [{ message: "linq: too long" }, { message: "sendblue: too long" }] }
    })
  })
})

describe("a line that is full", () => {
  const full = (at: number, until: number): Decision.Event => ({ _tag: "Barred", at, by: "limit", why: "full", until })

  it("is waited for", () => {
    expect(action(play(begin(both), started, full(0, 4000)))).toEqual({ _tag: "Rest", until: 4000 })
  })

  it("is not waited for longer than the policy says, in all", () => {
    const played = play(begin(both), started, full(0, 4000), woke(4000), full(4000, 5500))
    expect(action(played)).toMatchObject({ _tag: "Admit", candidate: { carrierId: "sendblue" } })
    expect(notesOf(played, "Skipped")).toMatchObject([{ carrierId: "linq" }])
  })

  it("of everybody is told with the time to come again", () => {
    const played = play(begin([linq]), started, full(0, 60_000))
    expect(played.state.result?.outcome).toMatchObject({ _tag: "Rejected", error: { reason: "RateLimited", certainty: "not-sent" } })
  })
})

describe("a place that another process is asked for", () => {
  const placeBarred = (until?: number): Decision.Event => ({
    _tag: "Barred",
    at: 10,
    by: "place",
    why: "asked",
    ...(until === undefined ? {} : { until })
  })

  it("is waited for at this carrier up to the deadline, whatever the policy says of full lines, and nothing is told of it", () => {
    const { deadline } = begin(both).settings
    const waiting = play(begin(both, { maxWait: 0 }), started, placeBarred())
    deepStrictEqual(action(waiting), { _tag: "Rest", until: deadline, place: linq })
    deepStrictEqual(waiting.notes, [])
    deepStrictEqual(action(play(begin(both), started, placeBarred(700))), { _tag: "Rest", until: 700, place: linq })
  })

  it("is asked for again as soon as the answer has come, and not after the deadline", () => {
    const { deadline } = begin(both).settings
    deepStrictEqual(action(play(begin(both), started, placeBarred(), woke(11))), { _tag: "Admit", candidate: linq })
    strictEqual(result(play(begin(both), started, placeBarred(), woke(deadline))), "Rejected")
  })
})

describe("a lost answer", () => {
  it("is looked for in pauses that double up to eight times the first", () => {
    let played = play(begin([sendblue]), started, admitted(0), unknown(1000, 0))
    const times: Array<number> = []
    while (played.state.phase._tag === "Resting") {
      const { until } = played.state.phase
      times.push(until)
      played = play(played.state, woke(until), looked(until, absent))
    }
    expect(times.slice(0, 6)).toEqual([1500, 2500, 4500, 8500, 12_500, 16_500])
    expect(times.at(-1)).toBe(31_000)
    expect(result(played)).toBe("Unknown")
    expect(played.state.phase._tag).toBe("Held")
  })

  it("that a replay finds is accepted, at the same carrier", () => {
    const played = play(begin(both), started, admitted(0), unknown(100, 0), woke(600), looked(700, found()))
    expect(result(played)).toBe("Accepted")
    expect(played.state.attempts).toMatchObject([{ outcome: "accepted", millis: 700 }])
    expect(notesOf(played, "Reconciled")).toMatchObject([{ finding: "found", by: "replay" }])
  })

  it("that is found leads to the next step of a split draft", () => {
    const split = play(begin(listed), started, admitted(0), unknown(100, 0, 1, 2), woke(600), looked(700, found()))
    expect(action(split)).toMatchObject({ _tag: "Send", generation: 1, step: 1, taken: [{ parts: [0] }] })
    expect(result(play(split.state, sent(800, outcome(1, 2, 2, undefined), 2)))).toBe("Accepted")
  })

  it("is not looked for where the carrier has no way, and is held", () => {
    const played = play(begin([plain, linq]), started, admitted(0), unknown(100, 0))
    expect(asked(played)).toEqual(["plain"])
    expect(played.state.result).toMatchObject({ outcome: { _tag: "Unknown" }, kept: true })
  })

  it("is not kept where the policy fails it", () => {
    const played = play(begin([plain, linq], { onUnknown: "fail" }), started, admitted(0), unknown(100, 0))
    expect(played.state).toMatchObject({ phase: { _tag: "Done" }, result: { outcome: { _tag: "Unknown" }, kept: false } })
  })

  it("of a later step is told as partial", () => {
    const played = play(
      begin([plain, linq]),
      started,
      admitted(0),
      sent(100, outcome(1, 3, 1, { unknown: refusals.network, startedAt: 50 }), 3)
    )
    expect(played.state.result).toMatchObject({ outcome: { _tag: "Partial", remaining: [1, 2], rest: { _tag: "Unknown" } }, kept: false })
  })

  it("is not looked for by replay once the carrier may have forgotten the key", () => {
    const late = play(begin([linq]), started, admitted(0), unknown(9000, 0), woke(9500), looked(19_900, unproven))
    expect(action(late)).toEqual({ _tag: "Rest", until: 20_000 })
    expect(action(play(late.state, woke(20_000)))).toMatchObject({ _tag: "Look" })
    expect(action(play(late.state, woke(20_001)))).toMatchObject({ _tag: "Conclude", result: { kept: true } })
  })

  it("that an event proves before the answer is lost needs no look", () => {
    const played = play(begin(both), started, admitted(0), observed(50, 1), unknown(100, 0))
    expect(result(played)).toBe("Accepted")
    expect(played.commands.some(({ _tag }) => _tag === "Look")).toBe(false)
  })

  it("is not looked for before its time by a timer that fires early", () => {
    const resting = phases["Resting to look"]
    const played = play(resting, woke(599))
    expect(played.state).toEqual(resting)
    expect(action(played)).toEqual({ _tag: "Rest", until: 600 })
  })
})

describe("absence", () => {
  const proving = { ...sendblue, absenceProof: 20_000 }
  const doubted = play(begin([proving, linq]), started, admitted(0), unknown(1000, 0)).state

  const lookAt = (state: Decision.State, at: number, until: number) => {
    const { phase } = state
    return play(phase._tag === "Resting" ? { ...state, phase: { ...phase, until: at } } : state, woke(at), looked(until, absent))
  }

  it("proves nothing without the policy's word, however long it lasts", () => {
    const played = lookAt(play(begin([sendblue, linq]), started, admitted(0), unknown(1000, 0)).state, 31_000, 31_100)
    expect(result(played)).toBe("Unknown")
  })

  it("counts in a look that began when the policy's time had passed", () => {
    const played = lookAt(doubted, 20_000, 20_100)
    expect(action(played)).toMatchObject({ _tag: "Admit", candidate: { carrierId: "linq" } })
    expect(notesOf(played, "AbsenceTaken")).toMatchObject([{ carrierId: "sendblue", afterMillis: 20_100 }])
  })

  it("does not count in a look that only ended then", () => {
    expect(action(lookAt(doubted, 19_999, 20_100))).toMatchObject({ _tag: "Rest" })
  })

  it("is looked for once more when the last look began too early to count", () => {
    const late = play(begin([{ ...sendblue, absenceProof: 40_000 }, linq]), started, admitted(0), unknown(1000, 0)).state
    const early = lookAt(late, 39_999, 40_500)
    expect(action(early)).toEqual({ _tag: "Rest", until: 40_500 })
    expect(action(play(early.state, woke(40_500), looked(40_600, absent)))).toMatchObject({
      _tag: "Admit",
      candidate: { carrierId: "linq" }
    })
  })

  it("of a later step ends as partial, and goes nowhere else", () => {
    const split =
      play(begin([proving, linq]), started, admitted(0), sent(100, outcome(1, 2, 1, { unknown: refusals.network, startedAt: 50 }), 2)).state
    const played = lookAt(split, 20_050, 20_060)
    expect(played.state.result?.outcome).toMatchObject({ _tag: "Partial", remaining: [1], rest: { _tag: "Rejected" } })
    expect(asked(played)).toEqual([])
  })

  it("that a replay's carrier reports is not taken for proof", () => {
    const played = play(
      begin([{ ...linq, absenceProof: 0 }, sendblue]),
      started,
      admitted(0),
      unknown(100, 0),
      woke(600),
      looked(700, absent)
    )
    expect(action(played)).toMatchObject({ _tag: "Rest" })
  })

  it("that was wrong is reported once, as an incident", () => {
    const moved = play(lookAt(doubted, 20_000, 20_100).state, admitted(20_100), accepted(20_200, 2))
    const late = play(moved.state, observed(30_000, 1), observed(30_001, 1))
    expect(notesOf(late, "LateArrival")).toMatchObject([{ at: 30_000, carrierId: "sendblue", generation: 1 }])
    expect(action(late)).toBeUndefined()
    expect(result(late)).toBe("Accepted")
  })

  it("is not what an unproven look shows", () => {
    const { phase } = doubted
    const played = play(
      phase._tag === "Resting" ? { ...doubted, phase: { ...phase, until: 20_000 } } : doubted,
      woke(20_000),
      looked(20_100, unproven)
    )
    expect(action(played)).toMatchObject({ _tag: "Rest" })
  })

  it("is not shown wrong by a fact about another step", () => {
    const waiting = play(lookAt(doubted, 20_000, 20_100).state, { _tag: "Barred", at: 20_100, by: "limit", why: "full", until: 21_000 })
    expect(play(waiting.state, observed(20_500, 1, 2)).state).toBe(waiting.state)
  })

  it("that was wrong stops the next carrier from being asked, if it has not been", () => {
    const waiting = play(lookAt(doubted, 20_000, 20_100).state, { _tag: "Barred", at: 20_100, by: "limit", why: "full", until: 21_000 })
    const late = play(waiting.state, observed(20_500, 1))
    expect(late.state.result).toMatchObject({ outcome: { _tag: "Accepted" }, carrierId: "sendblue" })
    expect(asked(late)).toEqual([])
    expect(notesOf(late, "LateArrival")).toHaveLength(1)
  })

  it("that was wrong stops a retry at the next carrier", () => {
    const retrying = play(lookAt(doubted, 20_000, 20_100).state, admitted(20_100), refused(20_200, refusals.limited))
    expect(action(retrying)).toMatchObject({ _tag: "Rest" })
    expect(result(play(retrying.state, observed(20_500, 1)))).toBe("Accepted")
  })

  it("that turns out wrong while the next carrier is asked, makes its refusal an acceptance", () => {
    const asking = play(lookAt(doubted, 20_000, 20_100).state, admitted(20_100), observed(20_150, 1))
    expect(action(asking)).toBeUndefined()
    const played = play(asking.state, refused(20_200, refusals.carrier))
    expect(played.state.result).toMatchObject({ outcome: { _tag: "Accepted" }, carrierId: "sendblue" })
  })
})

describe("sending anyway", () => {
  const risky = play(begin([plain, linq], { onUnknown: "send-anyway" }), started, admitted(0), unknown(100, 0))

  it("asks the next carrier and says that it took a risk", () => {
    expect(action(risky)).toMatchObject({ _tag: "Admit", candidate: { carrierId: "linq" } })
    expect(notesOf(risky, "RiskTaken")).toHaveLength(1)
    expect(result(play(risky.state, admitted(100), accepted(200, 2)))).toBe("Accepted")
  })

  it("does not call it not sent when the others refuse: the first may have it", () => {
    const played = play(risky.state, admitted(100), refused(200, refusals.carrier))
    expect(played.state.result).toMatchObject({ outcome: { _tag: "Unknown" }, carrierId: "plain", kept: true })
    expect(played.state.attempts).toMatchObject([{ carrierId: "plain", moved: false }, { carrierId: "linq", outcome: "rejected" }])
  })

  it("settles then by a fact about the first", () => {
    const held = play(risky.state, admitted(100), refused(200, refusals.carrier))
    const played = play(held.state, observed(9000, 1))
    expect(played.state.result).toMatchObject({ outcome: { _tag: "Accepted" }, carrierId: "plain", kept: false })
    expect(notesOf(played, "LateArrival")).toEqual([])
  })

  it("takes the arrival of the first for the whole while the second is in doubt", () => {
    const second = play(
      begin([plain, { ...plain, carrierId: sendblue.carrierId }], { onUnknown: "send-anyway" }),
      started,
      admitted(0),
      unknown(100, 0),
      admitted(100),
      unknown(200, 100, 2)
    )
    expect(second.state).toMatchObject({ phase: { _tag: "Held" }, generation: 2 })
    const played = play(second.state, observed(300, 1))
    expect(played.state.result).toMatchObject({ outcome: { _tag: "Accepted" }, carrierId: "plain" })
    expect(notesOf(played, "Settled")).toHaveLength(1)
    expect(notesOf(play(played.state, observed(400, 2)), "LateArrival")).toHaveLength(1)
  })

  it("holds the other one when an operator denies the second", () => {
    const second = play(
      begin([plain, { ...plain, carrierId: sendblue.carrierId }], { onUnknown: "send-anyway" }),
      started,
      admitted(0),
      unknown(100, 0),
      admitted(100),
      unknown(200, 100, 2)
    )
    const once = play(second.state, denied(300))
    expect(once.state).toMatchObject({ phase: { _tag: "Held" }, generation: 1 })
    expect(play(once.state, denied(400)).state.result).toMatchObject({ outcome: { _tag: "Rejected", error: { certainty: "not-sent" } } })
  })

  it("is not done for a caller who is gone, nor at the deadline", () => {
    const sending = play(begin([plain, linq], { onUnknown: "send-anyway" }), started, admitted(0)).state
    for (const played of [play(sending, abandoned(50), unknown(100, 0)), play(sending, unknown(90_000, 0))]) {
      expect(played.state).toMatchObject({ phase: { _tag: "Held" }, generation: 1 })
      expect(notesOf(played, "RiskTaken")).toEqual([])
    }
  })

  it("is not done for a draft of which a part went out", () => {
    const played = play(
      begin([plain, linq], { onUnknown: "send-anyway" }),
      started,
      admitted(0),
      sent(100, outcome(1, 2, 1, { unknown: refusals.network, startedAt: 50 }), 2)
    )
    expect(result(played)).toBe("Partial")
    expect(asked(played)).toEqual(["plain"])
  })
})

describe("a held delivery", () => {
  const held = phases.Held

  it("is accepted by a later fact", () => {
    const played = play(held, observed(90_000_000, 1))
    expect(played.state.result).toMatchObject({ outcome: { _tag: "Accepted" }, kept: false })
    expect(played.state.attempts).toMatchObject([{ outcome: "accepted", millis: 100 }])
    expect(played.state.attempts[0]).not.toHaveProperty("error")
    expect(notesOf(played, "Settled")).toMatchObject([{ arrived: true, by: "event" }])
  })

  it("of a split draft is told as partial, and its rest is not sent", () => {
    const split = play(begin([plain, linq]), started, admitted(0), unknown(100, 0, 1, 3))
    const played = play(split.state, observed(5000, 1))
    expect(played.state.result?.outcome).toMatchObject({ _tag: "Partial", remaining: [1, 2], rest: { _tag: "Rejected" } })
    expect(asked(played)).toEqual([])
  })

  it("does not change by a fact about another step", () => {
    expect(play(held, observed(5000, 1, 1)).state).toBe(held)
  })

  it("is not sent if an operator says so, and a later arrival is an incident", () => {
    const played = play(held, denied(5000), observed(6000, 1))
    expect(result(played)).toBe("Rejected")
    expect(notesOf(played, "LateArrival")).toHaveLength(1)
  })
})

describe("a fact outranks a carrier's word", () => {
  it("when a refusal comes for what an event showed", () => {
    expect(result(play(begin(both), started, admitted(0), observed(50, 1), refused(100, refusals.carrier)))).toBe("Accepted")
  })

  it("when a refused step shows up while its retry waits", () => {
    const played = play(begin(both), started, admitted(0), refused(100, refusals.limited), observed(200, 1), woke(2100))
    expect(result(played)).toBe("Accepted")
    expect(asked(played)).toEqual(["linq"])
  })

  it("when a step of a split draft was proved before it was sent again", () => {
    const split = play(
      begin(both),
      started,
      admitted(0),
      sent(100, outcome(1, 3, 1, { refused: refusals.limited }), 3),
      observed(150, 1, 2)
    )
    expect(split.state.proofs).toMatchObject([{ step: 2 }])
    const played = play(split.state, observed(160, 1, 1))
    expect(played.state.result?.outcome).toMatchObject({ _tag: "Accepted", receipts: [{ parts: [0] }, { parts: [1] }, { parts: [2] }] })
  })
})

describe("a split draft", () => {
  it("whose later step is refused for now goes on with that step", () => {
    const played = play(begin(both), started, admitted(0), sent(100, outcome(1, 2, 1, { refused: refusals.limited }), 2), woke(2100))
    expect(action(played)).toMatchObject({ _tag: "Send", generation: 1, step: 1, taken: [{ parts: [0] }] })
  })

  it("whose later step is refused goes to nobody else", () => {
    const played = play(begin(both), started, admitted(0), sent(100, outcome(1, 2, 1, { refused: refusals.carrier }), 2))
    expect(played.state.result?.outcome).toMatchObject({ _tag: "Partial", remaining: [1] })
  })

  it("whose continuation is refused as a whole goes to nobody else", () => {
    const played = play(
      begin(both),
      started,
      admitted(0),
      sent(100, outcome(1, 2, 1, { refused: refusals.limited }), 2),
      woke(2100),
      sent(2200, outcome(1, 2, 0, { refused: refusals.carrier }), 2)
    )
    expect(played.state.result?.outcome).toMatchObject({ _tag: "Partial", receipts: [{ parts: [0] }], remaining: [1] })
  })
})

describe("the deadline", () => {
  it("before anybody was asked is told as such", () => {
    const played = play(begin(both, { deadline: 10 }), { _tag: "Started", at: 10 })
    expect(played.state.result?.outcome).toMatchObject({ _tag: "Rejected", error: { reason: "Timeout", certainty: "not-sent" } })
  })

  it("stops the next carrier", () => {
    const played = play(begin(both, { deadline: 100 }), started, admitted(0), refused(100, refusals.carrier))
    expect(played.state.result?.outcome).toMatchObject({ _tag: "Rejected", error: { reason: "Failed" } })
    expect(asked(played)).toEqual(["linq"])
  })

  it("stops a retry that wakes too late", () => {
    const played = play(begin(both), started, admitted(0), refused(100, refusals.limited), woke(90_000))
    expect(played.state.result?.outcome).toMatchObject({ _tag: "Rejected", error: { reason: "RateLimited" } })
  })

  it("leaves what is unknown then as unknown", () => {
    expect(play(begin(both, { deadline: 100 }), started, admitted(0), unknown(100, 0)).state.phase._tag).toBe("Held")
  })

  it("ends the looks", () => {
    expect(action(play(begin([sendblue], { deadline: 1200 }), started, admitted(0), unknown(1000, 0)))).toEqual({
      _tag: "Rest",
      until: 1200
    })
  })

  it("tells a split draft of which a part was found as partial", () => {
    const played = play(
      begin([sendblue], { deadline: 1200 }),
      started,
      admitted(0),
      unknown(1000, 0, 1, 2),
      woke(1200),
      looked(1300, found())
    )
    expect(played.state.result?.outcome).toMatchObject({ _tag: "Partial", remaining: [1] })
  })
})

describe("a caller who goes away", () => {
  it("before anything left leaves nothing behind", () => {
    expect(play(phases["Resting to be admitted"], abandoned(10)).state.result?.outcome).toMatchObject({
      _tag: "Rejected",
      error: { blame: "caller" }
    })
  })

  it.each(["Idle", "Admitting", "Resting to be admitted", "Resting to send", "Resting to look", "Sending", "Looking"] as const)(
    "while %s says nothing about the carrier",
    (phase) => {
      const played = play(phases[phase], abandoned(10))
      expect(played.commands.filter(({ _tag }) => _tag === "Report")).toEqual([])
      expect(notesOf(played, "Abandoned")).toHaveLength(1)
    }
  )

  it("during a send learns nothing, but what came of it is kept", () => {
    expect(result(play(phases.Sending, abandoned(10), accepted(20)))).toBe("Accepted")
    expect(play(phases.Sending, abandoned(10), unknown(20, 0)).state.phase._tag).toBe("Held")
  })

  it("during a send is not followed by another carrier or a retry", () => {
    for (const why of [refusals.carrier, refusals.limited]) {
      const played = play(phases.Sending, abandoned(10), refused(20, why))
      expect(result(played)).toBe("Rejected")
      expect(asked(played)).toEqual([])
    }
  })

  it("during a look gets no replay more, and no rest of a split draft", () => {
    const split = play(begin(both), started, admitted(0), unknown(100, 0, 1, 2), woke(600), abandoned(650))
    expect(play(split.state, looked(700, unproven)).state.phase._tag).toBe("Held")
    expect(play(split.state, looked(700, found())).state.result?.outcome).toMatchObject({ _tag: "Partial", remaining: [1] })
  })

  it("of a split draft of which a part waits for its turn gets it told as partial", () => {
    const split = play(begin(both), started, admitted(0), sent(100, outcome(1, 2, 1, { refused: refusals.limited }), 2))
    expect(result(play(split.state, abandoned(200)))).toBe("Partial")
  })

  it("who comes back under the same key while it is under way is sent to as before", () => {
    const played = play(phases.Sending, abandoned(10), { _tag: "Rejoined", at: 15 }, refused(20, refusals.carrier))
    expect(played.state.phase._tag).toBe("Admitting")
    const over = play(phases.Sending, abandoned(10), refused(20, refusals.carrier)).state
    expect(play(over, { _tag: "Rejoined", at: 30 }).state).toBe(over)
  })

  it("twice is told once", () => {
    expect(notesOf(play(phases.Sending, abandoned(10), abandoned(11)), "Abandoned")).toHaveLength(1)
  })
})

describe("a probe", () => {
  it("is told", () => {
    const played = play(begin(both), started, { _tag: "Admitted", at: 0, probe: true })
    expect(notesOf(played, "BreakerProbed")).toMatchObject([{ carrierId: "linq" }])
  })
})

describe("a second name of a step", () => {
  const again = (at: number, generation = 1, step = 0, id = "again"): Decision.Event => {
    const event = observed(at, generation, step)
    return event._tag === "Observed" ? { ...event, receipt: { ...event.receipt, ref: { ...event.receipt.ref, id } } } : event
  }
  const done = play(begin(both), started, admitted(0), accepted(100)).state
  const doubted = play(begin(both), started, admitted(0), unknown(100, 0), woke(600)).state

  it.each<readonly [string, Decision.State, ReadonlyArray<Decision.Event>]>([
    ["after the answer named it", done, [again(200)]],
    ["twice, after the answer named it", done, [again(200), again(300)]],
    ["in a webhook, after a replay named it", doubted, [looked(700, found()), again(800)]],
    ["in a replay, after a webhook named it", doubted, [observed(650, 1), again(700)]],
    ["in the answer, after a webhook named it", play(begin(both), started, admitted(0)).state, [again(50), accepted(100)]],
    ["in a second webhook, before the answer", play(begin(both), started, admitted(0)).state, [observed(50, 1), again(60)]],
    [
      "of the first step, while the second is under way",
      play(begin(both), started, admitted(0), sent(100, outcome(1, 2, 1, { refused: refusals.limited }), 2)).state,
      [again(200)]
    ]
  ])("%s is told once, as an incident, and changes nothing else", (_, before, events) => {
    const played = play(before, ...events)
    expect(notesOf(played, "NamedTwice")).toHaveLength(1)
    expect(notesOf(played, "NamedTwice")[0]).toMatchObject({ deliveryId: before.deliveryId, generation: 1, step: 0 })
    const without = play(before, ...events.filter((event) => event._tag !== "Observed" || event.receipt.ref.id !== "again"))
    if (events[0]?._tag !== "Observed" || events[0].receipt.ref.id !== "again") expect(played.state.taken).toEqual(without.state.taken)
    expect(asked(played)).toEqual(asked(without))
  })

  it("of an attempt that was left behind is told, too", () => {
    const moved = play(begin(listed), started, admitted(0), unknown(100, 0)).state
    const behind = { position: 0, generation: 1, why: "risk", steps: stepsOf(1), losses: [] } as const
    const late = play({ ...moved, generation: 2, behind: [behind], phase: { _tag: "Done" } }, observed(200, 1), again(300))
    expect([notesOf(late, "LateArrival").length, notesOf(late, "NamedTwice").length]).toEqual([1, 1])
  })

  it("that is the first one is none", () => {
    expect(notesOf(play(done, observed(200, 1), observed(300, 1)), "NamedTwice")).toEqual([])
  })

  it("of a vendor that takes it without end is not told without end", () => {
    const events = Array.from({ length: 50 }, (_, index) => again(200 + index, 1, 0, `again-${index}`))
    expect(notesOf(play(done, ...events), "NamedTwice")).toHaveLength(8)
  })
})

describe("what may come next when nobody is left", () => {
  const passing = [
    "LineUnavailable",
    "NotReady",
    "RateLimited",
    "Unavailable",
    "ConnectionFailed",
    "Transport",
    "Timeout",
    "Cancelled",
    "BadResponse",
    "Failed"
  ]
  const stopping = ["Suppressed", "OptedOut", "RecipientBlocked"]
  const nextOf = (...reasons: ReadonlyArray<MessagingError.ReasonTag>) => {
    const [first = "Failed", second] = reasons
    const refusal = (reason: MessagingError.ReasonTag) =>
      MessagingError.make(reason, { operation: "send", certainty: "not-sent", blame: "carrier", next: "reroute" })
    const one = play(
      begin(second === undefined ? [linq] : both, { movesWhenIncapable: true }),
      started,
      admitted(0),
      refused(100, refusal(first))
    )
    const played = second === undefined ? one : play(one.state, admitted(200), sent(300, outcome(2, 1, 0, { refused: refusal(second) })))
    const end = played.state.result?.outcome
    return end?._tag === "Rejected" ? end.error.next : end?._tag
  }

  it.each(MessagingError.ReasonTag.literals)("after %s is another time only if it passes by itself", (reason) => {
    expect(nextOf(reason)).toBe(passing.includes(reason) ? "retry" : stopping.includes(reason) ? "stop" : "fix")
  })

  it("is another time if one of several passes by itself, whichever came last", () => {
    expect(nextOf("LineUnavailable", "LineNotAllowed")).toBe("retry")
    expect(nextOf("LineNotAllowed", "LineUnavailable")).toBe("retry")
    expect(nextOf("LineNotAllowed", "Unsupported")).toBe("fix")
  })
})

describe("a fault of our account at a carrier that a rollout chose", () => {
  const moved = { movesOnAccountFault: true }
  const atFirst = (settings: Partial<Decision.Settings>, ...events: ReadonlyArray<Decision.Event>) =>
    play(begin([linq, sendblue, plain], settings), started, admitted(0), ...events)

  it("goes on at the next carrier, and an event says why", () => {
    const played = play(atFirst(moved, refused(100, refusals.account)).state, admitted(200))
    strictEqual(played.state.phase._tag, "Sending")
    deepStrictEqual(notesOf(played, "FailedOver").map(({ from, to, why }) => [from, to, why]), [[
      "linq",
      "sendblue",
      "the carrier did not take it: send: the carrier did not accept the credentials"
    ]])
  })

  it("is returned without a rollout, from the carrier that comes second, and if a part was taken", () => {
    const twoSteps = outcome(1, 2, 1, { refused: refusals.account })
    const second = play(atFirst(moved, refused(100, refusals.account)).state, admitted(200))
    const ends = [
      atFirst({}, refused(100, refusals.account)),
      play(second.state, sent(300, outcome(2, 1, 0, { refused: refusals.account }))),
      atFirst(moved, sent(100, twoSteps, 2))
    ]
    deepStrictEqual(ends.map(result), ["Rejected", "Rejected", "Partial"])
  })

  it("changes nothing of other refusals", () => {
    for (const refusal of [refusals.optedOut, refusals.recipient, refusals.caller]) {
      strictEqual(atFirst(moved, refused(100, refusal)).state.phase._tag, "Done")
    }
  })
})
