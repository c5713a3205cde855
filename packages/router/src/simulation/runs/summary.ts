/** Adds up the reports of many runs. */
import type { Report, Summary } from "../Model.ts"

export const empty: Summary = {
  seeds: 0,
  sends: 0,
  accepted: 0,
  rejected: 0,
  partial: 0,
  held: 0,
  undecidable: 0,
  settledLater: 0,
  duplicates: 0,
  falseAccepts: 0,
  falseRejects: 0,
  lateArrivals: 0,
  requests: 0,
  violations: 0,
  failovers: []
}

/** Failover times are counted in buckets. The upper bound of each bucket is 5 % above that of the bucket before. */
const growth = 1.05
const bucketOf = (millis: number): number => Math.max(0, Math.ceil(Math.log(Math.max(millis, 1)) / Math.log(growth)))

const merged = (left: ReadonlyArray<number>, right: ReadonlyArray<number>): ReadonlyArray<number> =>
  Array.from({ length: Math.max(left.length, right.length) }, (_, index) => (left[index] ?? 0) + (right[index] ?? 0))

const histogram = (times: ReadonlyArray<number>): ReadonlyArray<number> => {
  const buckets: Array<number> = []
  for (const time of times) {
    const bucket = bucketOf(time)
    while (buckets.length <= bucket) buckets.push(0)
    buckets[bucket] = (buckets[bucket] ?? 0) + 1
  }
  return buckets
}

export const combine = (left: Summary, right: Summary): Summary => ({
  seeds: left.seeds + right.seeds,
  sends: left.sends + right.sends,
  accepted: left.accepted + right.accepted,
  rejected: left.rejected + right.rejected,
  partial: left.partial + right.partial,
  held: left.held + right.held,
  undecidable: left.undecidable + right.undecidable,
  settledLater: left.settledLater + right.settledLater,
  duplicates: left.duplicates + right.duplicates,
  falseAccepts: left.falseAccepts + right.falseAccepts,
  falseRejects: left.falseRejects + right.falseRejects,
  lateArrivals: left.lateArrivals + right.lateArrivals,
  requests: left.requests + right.requests,
  violations: left.violations + right.violations,
  failovers: merged(left.failovers, right.failovers)
})

export const add = (summary: Summary, report: Report): Summary => {
  const { failovers, seed: _, violations, ...counts } = report
  return combine(summary, { ...counts, seeds: 1, violations: violations.length, failovers: histogram(failovers) })
}

/** The time in milliseconds within which the given part of all failovers ended. Undefined if there were no failovers. */
export const failoverWithin = ({ failovers }: Summary, part: number): number | undefined => {
  const all = failovers.reduce((sum, count) => sum + count, 0)
  let seen = 0
  for (const [bucket, count] of failovers.entries()) {
    seen += count
    if (count > 0 && seen >= all * part) return growth ** bucket
  }
  return undefined
}
