import { describe, expect, it } from "@effect/vitest"
import * as CarrierId from "@interline/core/CarrierId"
import * as Line from "@interline/core/Line"
import * as LineHealth from "../src/health/lineHealth.ts"

const linq = CarrierId.make("linq")
const sendblue = CarrierId.make("sendblue")
const support = Line.LineName.make("support")
const sales = Line.LineName.make("sales")

const place = { carrierId: linq, line: support }

const make = (limits = {}) =>
  LineHealth.make({
    breaker: { failures: 2, window: 1000, openFor: 100, maxOpenFor: 1000 },
    deadlines: { attempt: 30 },
    carriers: { [linq]: limits }
  })

const failed = { verdict: "failed", why: "it failed" } as const

/** A health whose line is open until 101. */
const broken = () => {
  const health = make()
  health.report(place, { ...failed, startedAt: 0 }, 0)
  expect(health.report(place, { ...failed, startedAt: 0 }, 1)).toEqual([
    { _tag: "BreakerOpened", at: 1, carrierId: linq, line: support, until: 101, why: "it failed" }
  ])
  return health
}

describe("health", () => {
  it("bars a line that failed too often, and that line only", () => {
    const health = broken()
    expect(health.admit(place, 2, false)).toEqual({ _tag: "Barred", by: "breaker", why: "the line failed too often", until: 101 })
    expect(health.admit({ carrierId: linq, line: sales }, 2, false)._tag).toBe("Admitted")
    expect(health.admit({ carrierId: sendblue, line: support }, 2, false)._tag).toBe("Admitted")
  })

  it("probes it with one send at a time and says when it is back", () => {
    const health = broken()
    expect(health.admit(place, 101, false)).toEqual({ _tag: "Admitted", probe: true })
    expect(health.admit(place, 102, false)).toMatchObject({ _tag: "Barred", by: "breaker", until: 161 })
    expect(health.report(place, { verdict: "ok", why: "", startedAt: 101 }, 110)).toEqual([
      { _tag: "BreakerClosed", at: 110, carrierId: linq, line: support }
    ])
    expect(health.admit(place, 111, false)).toEqual({ _tag: "Admitted", probe: false })
  })

  it("uses no probe's place for a send that a limit bars", () => {
    const health = make({ perSecond: 1 })
    health.admit(place, 0, false)
    health.report(place, { ...failed, startedAt: 0 }, 0)
    health.report(place, { ...failed, startedAt: 0 }, 1)
    expect(health.admit(place, 1130, false)).toEqual({ _tag: "Admitted", probe: true })
    health.report(place, { verdict: "none", why: "", startedAt: 1130 }, 1131)
    expect(health.admit(place, 1132, false)).toMatchObject({ _tag: "Barred", by: "limit" })
    expect(health.admit(place, 2200, false)).toEqual({ _tag: "Admitted", probe: true })
  })

  it("leaves a full carrier alone for as long as it says, and says so once", () => {
    const health = make()
    const limited = { verdict: "limited", why: "HTTP 429", startedAt: 0 } as const
    expect(health.report(place, { ...limited, until: 500 }, 10)).toEqual([
      { _tag: "Limited", at: 10, carrierId: linq, line: support, until: 500, why: "HTTP 429" }
    ])
    expect(health.report(place, { ...limited, until: 400 }, 11)).toEqual([])
    expect(health.report(place, limited, 12)).toEqual([])
    expect(health.admit(place, 20, false)).toMatchObject({ _tag: "Barred", by: "limit", until: 500 })
    expect(health.inspect(20)).toMatchObject([{ state: "resting", until: 500, failures: 0, pausedUntil: 500 }])
    expect(health.inspect(500)).toMatchObject([{ state: "closed", failures: 0 }])
  })

  it("lets a probe through a long pause, which ends it and says so", () => {
    const health = make()
    health.report(place, { verdict: "limited", why: "HTTP 429", startedAt: 0, until: 8549_000 }, 10)
    expect(health.admit(place, 60_000, false)._tag).toBe("Barred")
    expect(health.admit(place, 60_010, false)).toEqual({ _tag: "Admitted", probe: true })
    expect(health.admit(place, 60_011, false)._tag).toBe("Barred")
    expect(health.report(place, { verdict: "ok", why: "it took a message", startedAt: 60_010 }, 60_500)).toEqual([
      { _tag: "Limited", at: 60_500, carrierId: linq, line: support, until: 60_500, why: "it took a message" }
    ])
    expect(health.admit(place, 60_501, false)).toEqual({ _tag: "Admitted", probe: false })
  })

  it("bars a line from the event that flags it to the event that clears it", () => {
    const health = make()
    expect(health.lineChanged({ carrierId: linq, line: support }, { available: false }, 0, "flagged")).toEqual([
      { _tag: "BreakerOpened", at: 0, carrierId: linq, line: support, until: 1000, why: "flagged" }
    ])
    expect(health.admit(place, 500, false)._tag).toBe("Barred")
    expect(health.lineChanged({ carrierId: linq, line: support }, { available: true }, 600, "active")).toEqual([{
      _tag: "BreakerClosed",
      at: 600,
      carrierId: linq,
      line: support
    }])
    expect(health.admit(place, 600, false)).toEqual({ _tag: "Admitted", probe: false })
    expect(health.lineChanged({ carrierId: linq, line: support }, { available: true }, 700, "active")).toEqual([])
  })

  it("shows every line that it knows", () => {
    const health = broken()
    health.admit({ carrierId: linq, line: sales }, 50, true)
    expect(health.inspect(50)).toEqual([
      {
        carrierId: linq,
        line: support,
        state: "open",
        since: 1,
        until: 101,
        failures: 0,
        newContacts: { hour: 0, day: 0, since: 0, per: "conversation" }
      },
      { carrierId: linq, line: sales, state: "closed", failures: 0, newContacts: { hour: 0, day: 0, since: 0, per: "conversation" } }
    ])
    health.admit(place, 101, false)
    expect(health.inspect(102)[0]).toMatchObject({ state: "half-open", since: 1 })
  })
})

describe("people written to first", () => {
  const hour = 3_600_000
  const day = 24 * hour
  const now = 1000 * day
  const counted = (health: LineHealth.Health, at: number) => health.inspect(at)[0]?.newContacts
  const boundTo = (at: number, carrierId = linq, line = support) => ({ carrierId, line, at })

  it("are counted where nothing limits them, by where the conversation was", () => {
    const health = LineHealth.make({
      breaker: { failures: 2, window: 1000, openFor: 100, maxOpenFor: 1000 },
      deadlines: { attempt: 30 },
      carriers: {}
    }, now)
    health.admit(place, now, false)
    expect(counted(health, now)).toEqual({ hour: 0, day: 0, since: now, per: "conversation" })
    health.took(place, undefined, now)
    health.took(place, boundTo(now - 30 * day - 1), now)
    expect(counted(health, now)).toMatchObject({ hour: 2, day: 2 })
    health.took(place, boundTo(now - 30 * day), now)
    health.took(place, boundTo(now), now)
    expect(counted(health, now)).toMatchObject({ hour: 2, day: 2 })
  })

  it.each([["another carrier", boundTo(now, sendblue)], ["another line", boundTo(now, linq, sales)]])(
    "count again in a conversation that comes from %s",
    (_, before) => {
      const health = make()
      health.took(place, before, now)
      expect(counted(health, now)).toMatchObject({ hour: 1, day: 1 })
    }
  )

  it("are not counted when a send is only admitted, and not at other lines", () => {
    const health = make()
    health.admit(place, now, true)
    health.took({ carrierId: sendblue, line: support }, undefined, now)
    health.took({ carrierId: linq, line: sales }, undefined, now)
    expect(health.inspect(now).map(({ newContacts }) => newContacts.hour)).toEqual([0, 1, 1])
  })

  it("are counted once and for each person where a limit has them looked up, and the day too if only the hour is limited", () => {
    const health = make({ newContactsPerHour: 2 })
    for (const at of [now, now + 1]) {
      health.admit(place, at, true)
      health.took(place, undefined, at)
    }
    expect(health.admit(place, now + 2, true)._tag).toBe("Barred")
    expect(counted(health, now + 2)).toEqual({ hour: 2, day: 2, since: 0, per: "person" })
    expect(health.admit(place, now + 1 + hour, true)._tag).toBe("Admitted")
    expect(counted(health, now + 1 + hour)).toMatchObject({ hour: 1, day: 3 })
  })
})
