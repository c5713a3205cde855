import { describe, expect, it } from "@effect/vitest"
import { strictEqual } from "@effect/vitest/utils"
import * as FastCheck from "effect/FastCheck"
import * as RecentCounts from "../src/health/recentCounts.ts"

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour
const now = 20_000 * day

describe("a tally", () => {
  it("counts for an hour and a day, and forgets no sooner", () => {
    const tally = RecentCounts.make()
    tally.add(now)
    expect(tally.within(now)).toEqual({ hour: 1, day: 1 })
    expect(tally.within(now + hour)).toEqual({ hour: 1, day: 1 })
    expect(tally.within(now + hour + minute)).toEqual({ hour: 0, day: 1 })
    expect(tally.within(now + day)).toEqual({ hour: 0, day: 1 })
    expect(tally.within(now + day + 15 * minute)).toEqual({ hour: 0, day: 0 })
  })

  it("never falls below none", () => {
    const tally = RecentCounts.make()
    tally.add(now, -1)
    tally.add(now)
    tally.add(now + day + hour, -1)
    expect(tally.within(now + day + hour)).toEqual({ hour: 0, day: 0 })
  })

  it("goes by the clock as it is when somebody sets it back", () => {
    const tally = RecentCounts.make()
    tally.add(now)
    expect(tally.within(now - 2 * day)).toEqual({ hour: 0, day: 0 })
    tally.add(now - 2 * day)
    expect(tally.within(now - 2 * day)).toEqual({ hour: 1, day: 1 })
  })

  it("that goes on in another process counts no less there, and hardly longer", () => {
    FastCheck.assert(
      FastCheck.property(
        FastCheck.array(FastCheck.oneof(FastCheck.nat(minute), FastCheck.nat(3 * hour)), { minLength: 1, maxLength: 60 }),
        FastCheck.nat(2 * hour),
        FastCheck.integer({ min: -day, max: day }),
        (waits, rest, skew) => {
          const first = RecentCounts.make()
          let at = now
          const times = waits.map((wait) => at += wait)
          for (const time of times) first.add(time)
          const next = RecentCounts.make(first.ages(at + rest), at + rest + skew)
          for (const later of [0, minute / 2, hour / 2, hour - minute, day / 2]) {
            const asOf = at + rest + later
            const since = (span: number) => times.filter((time) => time > asOf - span).length
            const counted = next.within(asOf + skew)
            strictEqual(counted.hour >= since(hour) && counted.hour <= since(hour + 2 * minute), true)
            strictEqual(counted.day >= since(day) && counted.day <= since(day + 30 * minute), true)
          }
        }
      ),
      { numRuns: 200 }
    )
  })

  it("counts at least what is within the span, and at most what is within the span and one place of it", () => {
    FastCheck.assert(
      FastCheck.property(
        FastCheck.array(FastCheck.oneof(FastCheck.nat(minute), FastCheck.nat(3 * hour)), { maxLength: 60 }),
        FastCheck.nat(2 * hour),
        (waits, rest) => {
          const tally = RecentCounts.make()
          let at = now
          const times = waits.map((wait) => at += wait)
          for (const time of times) tally.add(time)
          at += rest
          const since = (span: number) => times.filter((time) => time > at - span).length
          const counted = tally.within(at)
          expect(counted.hour).toBeGreaterThanOrEqual(since(hour))
          expect(counted.hour).toBeLessThanOrEqual(since(hour + minute))
          expect(counted.day).toBeGreaterThanOrEqual(since(day))
          expect(counted.day).toBeLessThanOrEqual(since(day + 15 * minute))
        }
      ),
      { numRuns: 200 }
    )
  })
})
