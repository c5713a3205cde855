import { describe, expect, it } from "@effect/vitest"
import * as Breaker from "@interline/router/Breaker"
import * as FastCheck from "effect/FastCheck"

const settings: Breaker.Settings = { failures: 3, window: 1000, openFor: 100, maxOpenFor: 350, probeFor: 50 }

const fail = (state: Breaker.State, at: number, startedAt = at): Breaker.State => Breaker.report(state, "failed", at, startedAt, settings)
const failAll = (state: Breaker.State, ...times: ReadonlyArray<number>): Breaker.State => times.reduce((next, at) => fail(next, at), state)

const opened = failAll(Breaker.closed, 0, 1, 2)

/** The state after a probe was let through. */
const probed = (state: Breaker.State, at: number): Breaker.State => {
  const answer = Breaker.ask(state, at, settings)
  expect(answer).toMatchObject({ _tag: "Admitted", probe: true })
  return answer._tag === "Admitted" ? answer.state : state
}

const isAdmitted = (state: Breaker.State, at: number): boolean => Breaker.ask(state, at, settings)._tag === "Admitted"

describe("a closed breaker", () => {
  it("opens at the failure that makes the number", () => {
    expect(failAll(Breaker.closed, 0, 1)._tag).toBe("Closed")
    expect(opened).toMatchObject({ _tag: "Open", since: 2, until: 102 })
  })

  it("forgets failures that are older than the window", () => {
    expect(failAll(Breaker.closed, 0, 1, 1001)._tag).toBe("Closed")
    expect(failAll(Breaker.closed, 0, 1, 1000.5)._tag).toBe("Closed")
    expect(failAll(Breaker.closed, 0, 1, 999)._tag).toBe("Open")
  })

  it.each(["ok", "limited", "none"] as const)("does not count %s", (verdict) => {
    const state = failAll(Breaker.closed, 0, 1)
    expect(Breaker.report(state, verdict, 2, 2, settings)).toBe(state)
  })

  it("lets everybody ask, also at once", () => {
    expect(Breaker.ask(Breaker.closed, 5, settings)).toEqual({ _tag: "Admitted", state: Breaker.closed, probe: false })
  })
})

describe("an open breaker", () => {
  it("lets nobody ask before its time, and says until when", () => {
    expect(Breaker.ask(opened, 101, settings)).toEqual({ _tag: "Refused", until: 102, why: "the line failed too often" })
    expect(isAdmitted(opened, 102)).toBe(true)
  })

  it.each(["ok", "failed", "limited", "none"] as const)("does not change when a try from before it opened says %s", (verdict) => {
    expect(Breaker.report(opened, verdict, 50, 1, settings)).toBe(opened)
  })

  it("stays open twice as long each time a probe fails, up to its longest time", () => {
    const second = fail(probed(opened, 102), 110, 102)
    expect(second).toMatchObject({ _tag: "Open", until: 310 })
    const third = fail(probed(second, 310), 311, 310)
    expect(third).toMatchObject({ _tag: "Open", until: 311 + 350 })
    expect(fail(probed(third, 661), 662, 661)).toMatchObject({ _tag: "Open", until: 662 + 350 })
  })

  it("keeps the time at which the trouble began until it is closed", () => {
    const began = opened._tag === "Open" ? opened.troubledAt : undefined
    const reopened = fail(probed(opened, 102), 110, 102)
    const flagged = Breaker.flag(probed(reopened, 310), 320, settings)
    expect([began, reopened, flagged, Breaker.lift(flagged, 330)]).toMatchObject([2, ...Array(3).fill({ troubledAt: 2 })])
    const closed = Breaker.report(probed(reopened, 310), "ok", 315, 310, settings)
    expect(failAll(closed, 400, 401, 402)).toMatchObject({ troubledAt: 402 })
  })

  it("begins with the short time again after it was closed", () => {
    const again = Breaker.report(probed(fail(probed(opened, 102), 110, 102), 310), "ok", 315, 310, settings)
    expect(again).toEqual({ _tag: "Closed", since: 315, failures: [] })
    expect(failAll(again, 400, 401, 402)).toMatchObject({ _tag: "Open", until: 502 })
  })
})

describe("a half-open breaker", () => {
  const half = probed(opened, 102)

  it("lets one probe through at a time", () => {
    expect(Breaker.ask(half, 103, settings)).toMatchObject({ _tag: "Refused", until: 152 })
  })

  it("closes when the probe succeeds", () => {
    expect(Breaker.report(half, "ok", 120, 102, settings)._tag).toBe("Closed")
  })

  it.each(["limited", "none"] as const)("takes %s for no answer and lets the next probe through", (verdict) => {
    const freed = Breaker.report(half, verdict, 110, 102, settings)
    expect(freed).toMatchObject({ _tag: "HalfOpen", probe: undefined })
    expect(isAdmitted(freed, 110)).toBe(true)
  })

  it("frees the place of a probe that says nothing for its time", () => {
    expect(isAdmitted(half, 151)).toBe(false)
    expect(isAdmitted(half, 152)).toBe(true)
  })

  it.each(["ok", "failed", "limited", "none"] as const)("is not changed by a try that began before it opened and says %s", (verdict) => {
    expect(Breaker.report(half, verdict, 110, 1, settings)).toBe(half)
  })

  it("once closed, is not opened by failures of tries from before", () => {
    const back = Breaker.report(half, "ok", 120, 102, settings)
    const late = [121, 122, 123].reduce((state, at) => fail(state, at, 1), back)
    expect(late).toBe(back)
  })
})

describe("a line that the carrier flags", () => {
  const flagged = Breaker.flag(Breaker.closed, 10, settings)

  it("is not asked until the carrier takes it back", () => {
    expect(Breaker.ask(flagged, 300, settings)).toEqual({ _tag: "Refused", until: 360, why: "the carrier says that the line cannot send" })
    expect(Breaker.lift(flagged, 20)).toEqual({ _tag: "Closed", since: 20, failures: [] })
  })

  it("is probed after the longest time", () => {
    expect(isAdmitted(flagged, 359)).toBe(false)
    expect(isAdmitted(flagged, 360)).toBe(true)
  })

  it("stays open for its failures when the flag is taken back", () => {
    const both = Breaker.flag(opened, 50, settings)
    expect(Breaker.lift(both, 60)).toMatchObject({ _tag: "Open", until: 102, flagged: false })
    expect(Breaker.lift(both, 200)).toMatchObject({ _tag: "HalfOpen", probe: undefined })
  })

  it("is not opened up by an event that says it can send while only failures keep it open", () => {
    expect(Breaker.lift(opened, 50)).toBe(opened)
    expect(Breaker.lift(Breaker.closed, 50)).toBe(Breaker.closed)
  })
})

describe("any history", () => {
  const verdict = FastCheck.constantFrom<Array<Breaker.Verdict>>("ok", "failed", "limited", "none")
  const happening = FastCheck.oneof(
    FastCheck.record({ kind: FastCheck.constant("ask" as const), wait: FastCheck.nat(120) }),
    FastCheck.record({ kind: FastCheck.constant("report" as const), wait: FastCheck.nat(120), verdict, age: FastCheck.nat(200) }),
    FastCheck.record({ kind: FastCheck.constantFrom("flag" as const, "lift" as const), wait: FastCheck.nat(120) })
  )

  it("never keeps a line out for longer than the longest time, and never has two fresh probes", () => {
    FastCheck.assert(
      FastCheck.property(FastCheck.array(happening, { maxLength: 60 }), (history) => {
        let state = Breaker.closed
        let at = 0
        for (const step of history) {
          at += step.wait
          if (step.kind === "ask") {
            const answer = Breaker.ask(state, at, settings)
            if (answer._tag === "Refused") {
              expect(answer.until).toBeGreaterThan(at)
              expect(answer.until).toBeLessThanOrEqual(at + settings.maxOpenFor)
              expect(isAdmitted(state, answer.until)).toBe(true)
            } else {
              state = answer.state
              if (answer.probe) expect(isAdmitted(state, at)).toBe(false)
            }
          } else {
            state = step.kind === "report"
              ? Breaker.report(state, step.verdict, at, at - step.age, settings)
              : step.kind === "flag"
              ? Breaker.flag(state, at, settings)
              : Breaker.lift(state, at)
          }
        }
      }),
      { numRuns: 300 }
    )
  })

  it("without a failure and a flag never keeps anybody out", () => {
    const harmless = FastCheck.array(FastCheck.constantFrom<Array<Breaker.Verdict>>("ok", "limited", "none"))
    FastCheck.assert(FastCheck.property(harmless, (verdicts) => {
      expect(verdicts.reduce((state, said, at) => Breaker.report(state, said, at, at, settings), Breaker.closed)).toBe(Breaker.closed)
    }))
  })
})
