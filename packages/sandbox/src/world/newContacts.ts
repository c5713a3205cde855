/** Counts the new people that a line wrote to, within the last 60 minutes and within the day of New York. */
import type { Vendor } from "./Fault.ts"
import type { Message } from "./model.ts"
import type { World } from "./world.ts"

const hour = 3_600_000
const day = 24 * hour

const clock = new Intl.DateTimeFormat("en-US", {
  timeZone: "America/New_York",
  hourCycle: "h23",
  year: "numeric",
  month: "numeric",
  day: "numeric",
  hour: "numeric",
  minute: "numeric",
  second: "numeric"
})

/** What the clocks in New York show, as if it were UTC. */
const wallTime = (at: number): number => {
  const parts = new Map(clock.formatToParts(at).map(({ type, value }) => [type, Number(value)]))
  const part = (name: Intl.DateTimeFormatPartTypes): number => parts.get(name) ?? 0
  return Date.UTC(part("year"), part("month") - 1, part("day"), part("hour"), part("minute"), part("second"))
}

const ahead = (at: number): number => wallTime(at) - Math.floor(at / 1000) * 1000

/** When the clocks in New York show a time. The second look is for the day on which they are changed. */
const instantOf = (wall: number): number => {
  const near = wall - ahead(wall)
  return wall - ahead(near)
}

/** The last and the next 3 AM in New York. */
export const dayOf = (at: number): { readonly from: number; readonly until: number } => {
  const begin = Math.floor((wallTime(at) - 3 * hour) / day) * day + 3 * hour
  return { from: instantOf(begin), until: instantOf(begin + day) }
}

/** The person of a message between a line and one person. A group counts for nobody, because no page says how it does. */
const personOf = (message: Message, vendor: Vendor, line: string): string | undefined =>
  message.vendor !== vendor || message.line !== line || message.group
    ? undefined
    : message.direction === "inbound"
    ? message.from
    : message.to[0]

/** When the line wrote to each person who was new to it, oldest first. A message that failed after it was taken counts. */
const beginnings = (world: World, vendor: Vendor, line: string): ReadonlyArray<number> => {
  const last = new Map<string, number>()
  const times: Array<number> = []
  for (const message of world.messages.values()) {
    const person = personOf(message, vendor, line)
    if (person === undefined) continue
    const before = last.get(person)
    const isNew = before === undefined || before < message.createdAt - world.lineLimits.knownForDays * day
    if (isNew && message.direction === "outbound") times.push(message.createdAt)
    last.set(person, message.createdAt)
  }
  return times
}

/** Whether there was a message between the line and the person lately. */
export const isKnown = (world: World, vendor: Vendor, line: string, person: string): boolean => {
  const since = world.time.now() - world.lineLimits.knownForDays * day
  return Array.from(world.messages.values()).some((message) => message.createdAt >= since && personOf(message, vendor, line) === person)
}

/** How many messages the line sent to a person. Undefined if the person has written to it. */
export const unanswered = (world: World, vendor: Vendor, line: string, person: string): number | undefined => {
  const between = Array.from(world.messages.values()).filter((message) => personOf(message, vendor, line) === person)
  return between.some(({ direction }) => direction === "inbound") ? undefined : between.length
}

export interface Window {
  readonly used: number
  readonly limit: number
  readonly remaining: number
  /** When the oldest person leaves it. Null while there is room. */
  readonly nextSlotAt: number | null
  /** When there is room again. Null while there is, and if there will never be. */
  readonly availableAt: number | null
}

export interface Usage {
  readonly state: "available" | "limited" | "paused"
  readonly hourly: Window
  readonly daily: Window & { readonly resetsAt: number }
  readonly availableAt: number | null
}

const windowOf = (times: ReadonlyArray<number>, limit: number, leavesAt: (time: number) => number): Window => {
  const used = times.length
  const remaining = Math.max(0, limit - used)
  const [oldest] = times
  // a limit that was lowered needs more than one to leave
  const last = limit === 0 ? undefined : times[used - limit]
  return {
    used,
    limit,
    remaining,
    nextSlotAt: remaining > 0 || oldest === undefined ? null : leavesAt(oldest),
    availableAt: remaining > 0 || last === undefined ? null : leavesAt(last)
  }
}

export const usageOf = (world: World, vendor: Vendor, line: string): Usage => {
  const now = world.time.now()
  const { from, until } = dayOf(now)
  const { perDay, perHour } = world.lineLimits
  const times = beginnings(world, vendor, line)
  const hourly = windowOf(times.filter((time) => time > now - hour), perHour, (time) => time + hour)
  const daily = windowOf(times.filter((time) => time >= from), perDay, () => until)
  const full = [hourly, daily].filter(({ remaining }) => remaining === 0)
  const ends = full.flatMap(({ availableAt }) => availableAt ?? [])
  return {
    state: perDay === 0 ? "paused" : full.length > 0 ? "limited" : "available",
    hourly,
    daily: { ...daily, resetsAt: until },
    availableAt: perDay === 0 || ends.length < full.length || ends.length === 0 ? null : Math.max(...ends)
  }
}
