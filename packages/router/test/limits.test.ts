import { describe, expect, it } from "@effect/vitest"
import * as Limits from "@interline/router/Limits"
import * as FastCheck from "effect/FastCheck"

const hour = 3_600_000
const day = 24 * hour

/** Takes places at these times as far as there is room; says at which it was. */
const takeAll = (settings: Limits.Settings, times: ReadonlyArray<number>, isNew = false) => {
  let state = Limits.unused(settings)
  const taken = times.filter((at) => {
    const room = Limits.take(state, at, isNew, settings)
    if (room._tag === "Taken") state = room.state
    return room._tag === "Taken"
  })
  return { state, taken }
}

describe("a line without limits", () => {
  it("takes everything and remembers nothing", () => {
    const { state, taken } = takeAll({}, [0, 0, 0], true)
    expect(taken).toHaveLength(3)
    expect(state.contacts).toEqual([])
  })
})

describe("sends a second", () => {
  it("may come at once up to the number, then as they are earned", () => {
    expect(takeAll({ perSecond: 2 }, [0, 0, 0, 499, 500, 999, 1000]).taken).toEqual([0, 0, 500, 1000])
  })

  it("are at least one at once where the number is a fraction", () => {
    expect(takeAll({ perSecond: 0.5 }, [0, 1, 1999, 2000, 2001]).taken).toEqual([0, 2000])
  })

  it("say when there is room", () => {
    const { state } = takeAll({ perSecond: 2 }, [0, 0])
    const full = Limits.take(state, 100, false, { perSecond: 2 })
    expect(full).toEqual({ _tag: "Full", until: 500, why: "the line takes no more sends this second" })
    expect(Limits.take(state, 500, false, { perSecond: 2 })._tag).toBe("Taken")
  })

  it("are not saved up over a quiet time", () => {
    expect(takeAll({ perSecond: 2 }, [0, 60_000, 60_000, 60_000]).taken).toEqual([0, 60_000, 60_000])
  })

  it("are not earned by a clock that goes back", () => {
    expect(takeAll({ perSecond: 1 }, [5000, 1000, 5500]).taken).toEqual([5000])
    expect(takeAll({ perSecond: 2 }, [5000, 1000, 1000]).taken).toEqual([5000, 1000])
  })
})

describe("people written to first", () => {
  it("are counted in any hour, not by the clock's", () => {
    const settings = { newContactsPerHour: 2 }
    const late = hour - 1
    expect(takeAll(settings, [late, hour, hour + 1, late + hour, late + hour + 1, hour + hour], true).taken).toEqual([
      late,
      hour,
      late + hour,
      hour + hour
    ])
  })

  it("say when the oldest one leaves the hour", () => {
    const settings = { newContactsPerHour: 2 }
    const { state } = takeAll(settings, [100, 200], true)
    expect(Limits.take(state, 300, true, settings)).toMatchObject({ _tag: "Full", until: 100 + hour })
  })

  it("are counted in any day as well, and the day's limit is told first", () => {
    const settings = { newContactsPerHour: 1, newContactsPerDay: 2 }
    const { state, taken } = takeAll(settings, [0, 1, hour, 2 * hour, day - 1], true)
    expect(taken).toEqual([0, hour])
    expect(Limits.take(state, hour, true, settings)).toMatchObject({ until: day, why: "the line may not write to more new people today" })
    expect(Limits.take(state, day, true, settings)._tag).toBe("Taken")
  })

  it("do not limit sends to people who are known", () => {
    const settings = { newContactsPerHour: 1 }
    const { state } = takeAll(settings, [0], true)
    expect(Limits.take(state, 1, false, settings)._tag).toBe("Taken")
  })

  it("are never taken where the number is none", () => {
    expect(Limits.take(Limits.unused({ newContactsPerDay: 0 }), 0, true, { newContactsPerDay: 0 })).toEqual({
      _tag: "Full",
      why: "the line may not write to more new people today"
    })
  })

  it("come back one by one, each only where it was counted", () => {
    const settings = { newContactsPerHour: 3 }
    const { state } = takeAll(settings, [7, 9, 9], true)
    expect(Limits.uncountContact(state, 9).contacts).toEqual([7, 9])
    expect(Limits.uncountContact(state, 8)).toBe(state)
  })

  it("use no place where the line takes no send now", () => {
    const settings = { perSecond: 1, newContactsPerHour: 5 }
    expect(takeAll(settings, [0, 0, 0], true).state.contacts).toEqual([0])
  })
})

describe("the number of new contacts", () => {
  it("is not said where nobody counts, and the day's not where only the hour is limited", () => {
    const { state } = takeAll({}, [0, 1], true)
    expect(Limits.newContacts(state, 2, {})).toBeUndefined()
    const settings = { newContactsPerDay: 9 }
    expect(Limits.newContacts(takeAll(settings, [0, hour], true).state, hour + 1, settings)).toEqual({ hour: 1, day: 2 })
  })
})

describe("a pause that the carrier asked for", () => {
  it("is kept, and no longer", () => {
    const state = Limits.pause(Limits.unused({}), 0, 500)
    expect(Limits.take(state, 499, false, {})).toEqual({ _tag: "Full", until: 500, why: "the carrier asked to wait" })
    expect(Limits.take(state, 500, false, {})._tag).toBe("Taken")
  })

  it("is at most an hour", () => {
    expect(Limits.pause(Limits.unused({}), 10, 8549_000).pausedUntil).toBe(10 + hour)
  })

  it("of a minute or more is put to the test by one send at a time, less and less often", () => {
    let state = Limits.pause(Limits.unused({}), 0, 8549_000)
    const probes: Array<number> = []
    for (let at = 0; at < hour; at += 1000) {
      const room = Limits.take(state, at, false, {})
      if (room._tag === "Full") {
        expect(room.until).toBe(hour)
        continue
      }
      expect(room.probe).toBe(true)
      probes.push(at / 60_000)
      // the same answer again, for no longer than the first
      state = Limits.pause(room.state, at + 500, hour)
    }
    expect(probes).toEqual([1, 3.0166666666666666, 7.033333333333333, 15.05, 30.066666666666666, 45.083333333333336])
    expect(Limits.take(state, hour, false, {})).toMatchObject({ _tag: "Taken", probe: false })
  })

  it("that is shorter is not put to the test", () => {
    const state = Limits.pause(Limits.unused({}), 0, 59_000)
    for (let at = 0; at < 59_000; at += 1000) expect(Limits.take(state, at, false, {})._tag).toBe("Full")
  })

  it("is over when a probe is taken, and not when an older try is", () => {
    const paused = Limits.pause(Limits.unused({}), 10_000, hour)
    expect(Limits.take(Limits.resume(paused, 11_000, 9_000), 11_000, false, {})._tag).toBe("Full")
    const probed = Limits.take(paused, 70_000, false, {})
    if (probed._tag === "Full") return expect.fail("no probe")
    expect(Limits.take(probed.state, 70_001, false, {})._tag).toBe("Full")
    const over = Limits.resume(probed.state, 71_000, 70_000)
    expect(Limits.take(over, 71_000, false, {})).toMatchObject({ _tag: "Taken", probe: false })
    // the next pause begins from the start
    const again = Limits.pause(over, 80_000, hour)
    expect(Limits.take(again, 139_999, false, {})._tag).toBe("Full")
    expect(Limits.take(again, 140_000, false, {})._tag).toBe("Taken")
  })

  it.each([Number.POSITIVE_INFINITY, 1e30, 2 ** 31])("until %s is at most an hour", (until) => {
    expect(Limits.pause(Limits.unused({}), 0, until).pausedUntil).toBe(hour)
  })

  it("is not ended by a shorter one", () => {
    expect(Limits.pause(Limits.pause(Limits.unused({}), 0, 500), 1, 100).pausedUntil).toBe(500)
  })
})

describe("any history", () => {
  const settings = { perSecond: 3, newContactsPerHour: 4, newContactsPerDay: 9 }

  it("keeps every limit in every span, and bounded memory", () => {
    const waits = FastCheck.array(FastCheck.oneof(FastCheck.nat(500), FastCheck.nat(hour)), { maxLength: 80 })
    FastCheck.assert(
      FastCheck.property(waits, (waits) => {
        let now = 0
        const times = waits.map((wait) => now += wait)
        const { state, taken } = takeAll(settings, times, true)
        for (const at of taken) {
          // a burst of three, and three more earned within the second
          expect(taken.filter((other) => other > at - 1000 && other <= at).length).toBeLessThanOrEqual(6)
          expect(taken.filter((other) => other > at - hour && other <= at).length).toBeLessThanOrEqual(4)
          expect(taken.filter((other) => other > at - day && other <= at).length).toBeLessThanOrEqual(9)
        }
        expect(state.contacts.length).toBeLessThanOrEqual(9)
      }),
      { numRuns: 200 }
    )
  })

  it("has room at the time that it names", () => {
    FastCheck.assert(
      FastCheck.property(
        FastCheck.array(FastCheck.nat(400), { minLength: 1, maxLength: 40 }),
        FastCheck.double({ min: 0.1, max: 9, noNaN: true }),
        (waits, perSecond) => {
          let now = 0
          let state = Limits.unused({ perSecond })
          for (const wait of waits) {
            now += wait
            const room = Limits.take(state, now, false, { perSecond })
            if (room._tag === "Taken") state = room.state
            else expect(Limits.take(state, room.until ?? now, false, { perSecond })._tag).toBe("Taken")
          }
        }
      ),
      { numRuns: 200 }
    )
  })
})

describe("a new contact", () => {
  const day = 24 * 3_600_000

  it("is who was never in touch with the line, or not for 30 days, either way", () => {
    expect(Limits.isNew({ inboundAt: undefined, outboundAt: undefined }, day)).toBe(true)
    expect(Limits.isNew({ inboundAt: 0, outboundAt: undefined }, 30 * day)).toBe(false)
    expect(Limits.isNew({ inboundAt: undefined, outboundAt: 0 }, 30 * day)).toBe(false)
    expect(Limits.isNew({ inboundAt: 0, outboundAt: 0 }, 30 * day + 1)).toBe(true)
  })
})
