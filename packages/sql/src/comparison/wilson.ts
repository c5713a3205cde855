/** Shares with the interval in which the true one probably lies, so that small numbers are not over-read. */
import * as Schema from "effect/Schema"

/**
 * A part of a number. `low` and `high` are the ends of Wilson's interval: with 95 % certainty the share of very many such sends would lie
 * between them. Without any send the share is 0, and the interval is everything.
 */
export const Share = Schema.Struct({
  count: Schema.Number,
  of: Schema.Number,
  share: Schema.Number,
  low: Schema.Number,
  high: Schema.Number
})

export interface Share extends Schema.Schema.Type<typeof Share> {}

// the 97.5 % quantile of the normal distribution
const z = 1.959963984540054

export const make = (count: number, of: number): Share => {
  if (of === 0) return { count, of, share: 0, low: 0, high: 1 }
  const share = Math.min(1, count / of)
  const scale = 1 + z * z / of
  const middle = (share + z * z / (2 * of)) / scale
  const half = z * Math.sqrt(share * (1 - share) / of + z * z / (4 * of * of)) / scale
  // at the ends, rounding would leave a rest
  return {
    count,
    of,
    share,
    low: share === 0 ? 0 : Math.max(0, middle - half),
    high: share === 1 ? 1 : Math.min(1, middle + half)
  }
}
