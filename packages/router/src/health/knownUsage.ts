/**
 * What a vendor said of the new people that one line may write to, and whether the line rests for new people because of it. The code is pure.
 * Times are in epoch milliseconds, or relative to a moment.
 */
import { type LineUsage, UsageState, UsageWindow } from "@interline/core/Health"
import { optional, present } from "@interline/core/Optional"
import * as Schema from "effect/Schema"

/** `readAt`: when the vendor was asked. The other members are those of `Health.LineUsage`. */
export const KnownUsage = Schema.Struct({
  readAt: Schema.Number,
  state: UsageState,
  why: optional(Schema.String),
  sampledAt: optional(Schema.Number),
  availableAt: optional(Schema.Number),
  newAfterDays: optional(Schema.Number),
  hour: optional(UsageWindow),
  day: optional(UsageWindow)
})

export interface KnownUsage extends Schema.Schema.Type<typeof KnownUsage> {}

/**
 * How long a line rests for new people after one reading, in milliseconds. A line that rests is read again within a minute. So a reading this
 * old says that nobody reads any more, and an old limit must not stop a send.
 */
export const restsFor = 600_000

/** A vendor that was asked and told nothing. */
export const unknown = (readAt: number, why: string): KnownUsage => ({ readAt, state: "unknown", why })

export const fromUsage = (
  { availableAt, day, hour, newAfterDays, sampledAt, state, why }: LineUsage,
  readAt: number
): KnownUsage => present({ readAt, state, why, sampledAt, availableAt, newAfterDays, hour, day })

const later = (time: number | undefined, by: number): number | undefined => time === undefined ? undefined : time + by

const shiftWindow = (window: UsageWindow | undefined, by: number): UsageWindow | undefined =>
  window === undefined
    ? undefined
    : present({ ...window, nextSlotAt: later(window.nextSlotAt, by), resetsAt: later(window.resetsAt, by) })

/** The same, with all times later by `by` milliseconds. */
export const shift = ({ availableAt, day, hour, readAt, sampledAt, ...usage }: KnownUsage, by: number): KnownUsage =>
  present({
    ...usage,
    readAt: readAt + by,
    sampledAt: later(sampledAt, by),
    availableAt: later(availableAt, by),
    hour: shiftWindow(hour, by),
    day: shiftWindow(day, by)
  })

/** When a limited line may write to new people again, if its vendor said it. */
const endOf = ({ availableAt, day, hour }: KnownUsage): number | undefined => {
  if (availableAt !== undefined) return availableAt
  const ends = [hour, day].flatMap((window) =>
    window?.left === 0 ? [window === day ? window.resetsAt ?? window.nextSlotAt : window.nextSlotAt] : []
  )
  return ends.reduce(
    (last, end) => last === undefined || end === undefined ? undefined : Math.max(last, end),
    ends.length === 0 ? undefined : 0
  )
}

/** Why a line rests for new people. */
export const whys = {
  paused: "the vendor lets the line write to no new people",
  limited: "the vendor lets the line write to no more new people at the moment"
} as const

/**
 * Why a line rests for new people, and until when. Undefined if it does not: only a vendor that said so, and said so lately, stops a send.
 * `until` is absent if the vendor did not say when.
 */
export const restOf = (usage: KnownUsage | undefined, at: number): { readonly until?: number; readonly why: string } | undefined => {
  if (usage === undefined || at >= usage.readAt + restsFor) return undefined
  if (usage.state === "paused") return { why: whys.paused }
  if (usage.state !== "limited") return undefined
  const until = endOf(usage)
  const why = whys.limited
  return until === undefined ? { why } : at < until ? { until, why } : undefined
}

/** How many more new people the vendor would allow, of those that it counted. Undefined if it did not say. */
export const leftOf = ({ day, hour }: KnownUsage): number | undefined => {
  const left = [hour?.left, day?.left].filter((count) => count !== undefined)
  return left.length === 0 ? undefined : Math.min(...left)
}
