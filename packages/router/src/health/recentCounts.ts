/**
 * Counts events within the last hour and the last day, in bounded memory: one number for each minute and one for each quarter of an
 * hour. The oldest number counts until its whole span is over. So the hour has up to 61 minutes, and the day up to 24 hours and 15
 * minutes.
 */

const minute = 60_000

/** The last `size` spans of `step` milliseconds. Each place records which span it counts. For a new span the place starts again at 0. */
interface Ring {
  readonly step: number
  readonly spans: Array<number>
  readonly counts: Array<number>
}

const ring = (step: number, size: number): Ring => ({
  step,
  spans: Array.from({ length: size }, () => Number.NaN),
  counts: Array.from({ length: size }, () => 0)
})

const add = ({ counts, spans, step }: Ring, at: number, by: number): void => {
  const span = Math.floor(at / step)
  const index = span % spans.length
  // if the clock was set back, this may overwrite the count of a later span
  counts[index] = Math.max(0, (spans[index] === span ? counts[index] ?? 0 : 0) + by)
  spans[index] = span
}

const sum = ({ counts, spans, step }: Ring, at: number): number => {
  const last = Math.floor(at / step)
  return counts.reduce((total, count, index) => {
    const span = spans[index] ?? Number.NaN
    return span <= last && span > last - spans.length ? total + count : total
  }, 0)
}

/** The counts of the spans of a ring, the oldest first, each with the age of its span's end in milliseconds. */
type RingAges = ReadonlyArray<readonly [age: number, count: number]>

const toAges = ({ counts, spans, step }: Ring, at: number): RingAges => {
  const last = Math.floor(at / step)
  return spans
    .flatMap((span, index): ReadonlyArray<readonly [number, number]> => {
      const count = counts[index] ?? 0
      // the span that still runs has no end yet
      return span <= last && span > last - spans.length && count > 0 ? [[Math.max(0, at - (span + 1) * step + 1), count]] : []
    })
    .sort(([left], [right]) => right - left)
}

/** What a tally has counted, with ages instead of times. */
export interface Ages {
  readonly hour: RingAges
  readonly day: RingAges
}

export interface Tally {
  /** Counts one more at `at`, in epoch milliseconds, or `by` more. */
  readonly add: (at: number, by?: number) => void
  readonly within: (at: number) => { readonly hour: number; readonly day: number }
  /** What it has counted, as it is at `at`. */
  readonly ages: (at: number) => Ages
}

/** `earlier`: what was counted before, with the ages that it has at `at`. */
export const make = (earlier?: Ages, at = 0): Tally => {
  let rings: { readonly hour: Ring; readonly day: Ring } | undefined
  if (earlier !== undefined && earlier.day.length > 0) {
    rings = { hour: ring(minute, 61), day: ring(15 * minute, 97) }
    for (const [age, count] of earlier.hour) add(rings.hour, at - age, count)
    for (const [age, count] of earlier.day) add(rings.day, at - age, count)
  }
  return {
    add: (at, by = 1) => {
      // made only when needed, because most lines of a new process have nothing to count
      rings ??= { hour: ring(minute, 61), day: ring(15 * minute, 97) }
      add(rings.hour, at, by)
      add(rings.day, at, by)
    },
    ages: (at) => rings === undefined ? { hour: [], day: [] } : { hour: toAges(rings.hour, at), day: toAges(rings.day, at) },
    within: (at) => rings === undefined ? { hour: 0, day: 0 } : { hour: sum(rings.hour, at), day: sum(rings.day, at) }
  }
}
