/** What is known of one line at one carrier, and how it changes with each thing that happens. The code is pure. */
import type { CarrierId } from "@interline/core/CarrierId"
import type { LineName } from "@interline/core/Line"
import type { ReasonTag } from "@interline/core/MessagingError"
import { present } from "@interline/core/Optional"
import type { RouterEvent } from "../decision/RouterEvent.ts"
import * as Breaker from "./Breaker.ts"
import * as KnownUsage from "./knownUsage.ts"
import * as Limits from "./Limits.ts"

/** One of our lines at one carrier. */
export interface Place {
  readonly carrierId: CarrierId
  readonly line: LineName
}

/** A line, and what the policy says of it. */
export interface Settings {
  readonly place: Place
  readonly breaker: Breaker.Settings
  readonly limits: Limits.Settings
}

/** The part of a complete policy that says it. Times are in milliseconds. */
export interface HealthPolicy {
  readonly breaker: Omit<Breaker.Settings, "probeFor">
  readonly deadlines: { readonly attempt: number }
  readonly carriers: Readonly<Partial<Record<CarrierId, Limits.Settings>>>
}

/** An answer comes before the deadline of its try, so after twice that time no answer will come to a probe. */
export const breakerOf = ({ breaker, deadlines }: HealthPolicy): Breaker.Settings => ({ ...breaker, probeFor: deadlines.attempt * 2 })

/** The settings of each line. */
export const settingsOf = (policy: HealthPolicy): (place: Place) => Settings => {
  const breaker = breakerOf(policy)
  return ({ carrierId, line }) => ({ place: { carrierId, line }, breaker, limits: policy.carriers[carrierId] ?? {} })
}

/** What a try that began at `startedAt` shows. `until`: a full carrier asked to wait until this time. */
export interface Report {
  readonly verdict: Breaker.Verdict
  readonly startedAt: number
  readonly why: string
  readonly until?: number
}

/** A fault that only an operator can mend. `since` is in epoch milliseconds. */
export interface Fault {
  readonly reason: ReasonTag
  readonly since: number
}

/** Whether a line can send. `gone`: the line is not ours any more. */
export interface LineChange {
  readonly available: boolean
  readonly gone?: boolean
}

/**
 * How many new contacts a line wrote to within the last hour and the last day. Only sends since `since` (epoch milliseconds) count.
 *
 * `per`: what is counted. `person`: the policy limits new contacts, so each person is looked up, and a send that takes a place of the limit
 * counts. `conversation`: nothing limits them, so no person is looked up. A message that the line took counts if its conversation was not
 * bound to this carrier and line within 30 days. That number can be too high: a conversation that comes back from another carrier counts
 * again, and so does a person who is known from a group. A group counts as one. The number can miss a person who only wrote to another
 * carrier of a pinned conversation, and a person who joined a group later.
 */
export interface NewContacts {
  readonly hour: number
  readonly day: number
  readonly since: number
  readonly per: "person" | "conversation"
}

/**
 * The health of a line. `resting`: the carrier asked for a pause. `since`: when the trouble began: the first time that the breaker opened and did
 * not close again, or when the carrier asked for the pause. `until`: when an open or resting line is asked again. `faults`: the faults that only an operator can mend. They stay until they are mended or the line takes a message again. `gone`: the line is not ours
 * any more. `usage`: what the vendor says of the new people that the line may write to, and `restsForNew` is true while the line rests for new
 * people because of it.
 */
export interface Inspection extends Place {
  readonly state: "closed" | "open" | "half-open" | "resting"
  readonly since?: number
  readonly until?: number
  readonly failures: number
  readonly pausedUntil?: number
  readonly newContacts: NewContacts
  readonly usage?: KnownUsage.KnownUsage
  readonly restsForNew?: true
  readonly faults?: ReadonlyArray<Fault>
  readonly gone?: true
}

/** What is known of a line. */
export interface Line {
  readonly breaker: Breaker.State
  /** How much of the line's limits is used. */
  readonly limited: Limits.State
  readonly gone: boolean
  readonly faults: ReadonlyArray<Fault>
  /** What the vendor said of the new people that the line may write to. Undefined if it was not asked. */
  readonly usage: KnownUsage.KnownUsage | undefined
}

/** What is known after a change, and the events of this change. */
export interface Changed {
  readonly line: Line
  readonly events: ReadonlyArray<RouterEvent>
}

/** A line that was never used. */
export const unused = (limits: Limits.Settings): Line => ({
  breaker: Breaker.closed,
  limited: Limits.unused(limits),
  gone: false,
  faults: [],
  usage: undefined
})

const nothing: ReadonlyArray<never> = []

const words = { Closed: "closed", Open: "open", HalfOpen: "half-open" } as const satisfies Record<
  Breaker.State["_tag"],
  Inspection["state"]
>

/** The events of a change of the breaker. */
const tellBreaker = (
  { carrierId, line }: Place,
  before: Breaker.State,
  next: Breaker.State,
  at: number,
  why: string
): ReadonlyArray<RouterEvent> => {
  if (next._tag === "Open" && (before._tag !== "Open" || before.until !== next.until)) {
    return [{ _tag: "BreakerOpened", at, carrierId, line, until: next.until, why }]
  }
  return next._tag === "Closed" && before._tag !== "Closed" ? [{ _tag: "BreakerClosed", at, carrierId, line }] : nothing
}

const changeBreaker = (place: Place, line: Line, breaker: Breaker.State, at: number, why: string): Changed =>
  breaker === line.breaker
    ? { line, events: nothing }
    : { line: { ...line, breaker }, events: tellBreaker(place, line.breaker, breaker, at, why) }

/** Takes in what a try shows. */
export const report = (
  place: Place,
  before: Line,
  { startedAt, until, verdict, why }: Report,
  at: number,
  settings: Breaker.Settings
): Changed => {
  const changed = changeBreaker(place, before, Breaker.report(before.breaker, verdict, at, startedAt, settings), at, why)
  const limited = verdict === "ok"
    ? Limits.resume(before.limited, at, startedAt)
    : verdict === "limited" && until !== undefined
    ? Limits.pause(before.limited, at, until)
    : before.limited
  if (limited === before.limited) return changed
  const line = { ...changed.line, limited }
  const { pausedUntil } = limited
  return pausedUntil === before.limited.pausedUntil
    ? { ...changed, line }
    : {
      line,
      events: [...changed.events, { _tag: "Limited", at, carrierId: place.carrierId, line: place.line, until: pausedUntil, why }]
    }
}

/** A carrier says whether the line can send. A line that is gone stays gone until an event says that it can send, or the carrier lists it. */
export const change = (
  place: Place,
  before: Line,
  { at, available, gone = false, why }: LineChange & { readonly at: number; readonly why: string },
  settings: Breaker.Settings
): Changed => {
  const isGone = !available && (gone || before.gone)
  const breaker = available ? Breaker.lift(before.breaker, at) : Breaker.flag(before.breaker, at, settings, isGone)
  return changeBreaker(place, isGone === before.gone ? before : { ...before, gone: isGone }, breaker, at, why)
}

/** The carrier lists the line. If it was gone, it is ours again. */
export const see = (place: Place, before: Line, at: number, why: string): Changed =>
  before.gone
    ? changeBreaker(place, { ...before, gone: false }, Breaker.lift(before.breaker, at), at, why)
    : { line: before, events: nothing }

/** Records a fault. The same line if it was known. */
export const fault = (line: Line, reason: ReasonTag, since: number): Line =>
  line.faults.some((known) => known.reason === reason) ? line : { ...line, faults: [...line.faults, { reason, since }] }

/** Ends the fault with the `reason`, or all of them. The same line if there was none. */
export const mend = (line: Line, reason?: ReasonTag): Line => {
  const faults = reason === undefined ? nothing : line.faults.filter((known) => known.reason !== reason)
  return faults.length === line.faults.length ? line : { ...line, faults }
}

/**
 * Records what the vendor said. The same line if a later reading is known. A reading that is earlier than the last one by more than a reading
 * counts comes after a clock was set back.
 */
export const tell = (line: Line, usage: KnownUsage.KnownUsage): Line => {
  const ahead = line.usage === undefined ? 0 : line.usage.readAt - usage.readAt
  return ahead > 0 && ahead < KnownUsage.restsFor ? line : { ...line, usage }
}

/**
 * Something that a process learned of a line. `at` and all other times are in epoch milliseconds, or relative to a moment. `probe`: the try
 * tested the line.
 */
export type Change =
  | ({ readonly _tag: "Reported"; readonly at: number; readonly probe: boolean } & Report)
  | { readonly _tag: "Changed"; readonly at: number; readonly available: boolean; readonly gone: boolean; readonly why: string }
  | { readonly _tag: "Seen"; readonly at: number; readonly why: string }
  | { readonly _tag: "Faulted"; readonly at: number; readonly reason: ReasonTag }
  | { readonly _tag: "Mended"; readonly reason?: ReasonTag }
  | { readonly _tag: "Told"; readonly usage: KnownUsage.KnownUsage }

/** The same change, with all times later by `by` milliseconds. */
export const shift = (learned: Change, by: number): Change =>
  learned._tag === "Mended"
    ? learned
    : learned._tag === "Told"
    ? { _tag: "Told", usage: KnownUsage.shift(learned.usage, by) }
    : learned._tag === "Reported"
    ? {
      ...learned,
      at: learned.at + by,
      startedAt: learned.startedAt + by,
      ...(learned.until === undefined ? {} : { until: learned.until + by })
    }
    : { ...learned, at: learned.at + by }

/** Applies what a process learned. Of the tries, only a test decides about a half-open line. */
export const apply = (line: Line, learned: Change, { breaker, place }: Settings): Changed => {
  switch (learned._tag) {
    case "Reported": {
      const changed = report(place, line, learned, learned.at, breaker)
      return line.breaker._tag === "HalfOpen" && !learned.probe
        ? { line: { ...changed.line, breaker: line.breaker }, events: changed.events.filter(({ _tag }) => _tag === "Limited") }
        : changed
    }
    case "Changed":
      return change(place, line, learned, breaker)
    case "Seen":
      return see(place, line, learned.at, learned.why)
    case "Faulted":
      return { line: fault(line, learned.reason, learned.at), events: nothing }
    case "Mended":
      return { line: mend(line, learned.reason), events: nothing }
    case "Told":
      return { line: tell(line, learned.usage), events: nothing }
  }
}

/** Whether a message that a line took at `at` is to a new contact, of a conversation that was bound to `before`. */
export const isNewTo = (
  { carrierId, line }: Place,
  before: (Place & { readonly at: number }) | undefined,
  at: number
): boolean => {
  const isHere = before !== undefined && before.carrierId === carrierId && before.line === line
  return !isHere || Limits.isNew({ inboundAt: before.at, outboundAt: undefined }, at)
}

export const inspect = (
  { carrierId, line }: Place,
  { breaker, faults, gone, limited, usage }: Line,
  newContacts: NewContacts,
  at: number,
  settings: Breaker.Settings
): Inspection => {
  const rests = limited.pausedUntil > at
  return {
    carrierId,
    line,
    state: rests && breaker._tag === "Closed" ? "resting" : words[breaker._tag],
    ...(breaker._tag !== "Closed" ? { since: breaker.troubledAt } : rests ? { since: limited.pausedAt } : {}),
    ...(breaker._tag === "Open" ? { until: breaker.until } : rests && breaker._tag === "Closed" ? { until: limited.pausedUntil } : {}),
    failures: Breaker.failures(breaker, at, settings),
    ...(rests ? { pausedUntil: limited.pausedUntil } : {}),
    newContacts,
    ...(usage === undefined ? {} : { usage }),
    ...(KnownUsage.restOf(usage, at) === undefined ? {} : { restsForNew: true }),
    ...(faults.length === 0 ? {} : { faults }),
    ...(gone ? { gone } : {})
  }
}

/** Why a line may not be used at `at`, and until when. */
export interface Bar {
  readonly by: "breaker" | "limit"
  readonly why: string
  readonly until?: number
}

/** Why a send could not use the line at `at`, if it could not. It takes no place. */
export const findBar = (
  { breaker, limited, usage }: Pick<Line, "breaker" | "limited" | "usage">,
  settings: Pick<Settings, "breaker" | "limits">,
  at: number,
  isNew: boolean
): Bar | undefined => {
  const leave = Breaker.ask(breaker, at, settings.breaker)
  if (leave._tag === "Refused") return { by: "breaker", why: leave.why, until: leave.until }
  const rest = isNew ? KnownUsage.restOf(usage, at) : undefined
  if (rest !== undefined) return { by: "limit", ...rest }
  const allowance = Limits.take(limited, at, isNew, settings.limits)
  return allowance._tag === "Taken" ? undefined : present({ by: "limit" as const, why: allowance.why, until: allowance.until })
}
