/** Keeps the health of each carrier's lines: breakers, limits and faults. Each router has one such object, and changes it in place. */
import type { CarrierId } from "@interline/core/CarrierId"
import type { LineName } from "@interline/core/Line"
import type { ReasonTag } from "@interline/core/MessagingError"
import type * as Effect from "effect/Effect"
import type { RouterEvent } from "../decision/RouterEvent.ts"
import type { Binding } from "../ledger/Ledger.ts"
import * as Breaker from "./Breaker.ts"
import * as Limits from "./Limits.ts"
import * as RecentCounts from "./recentCounts.ts"

/** The part of a complete policy that this file reads. Times are in milliseconds. */
export interface HealthPolicy {
  readonly breaker: Omit<Breaker.Settings, "probeFor">
  readonly deadlines: { readonly attempt: number }
  readonly carriers: Readonly<Partial<Record<CarrierId, Limits.Settings>>>
}

/** One of our lines at one carrier. */
export interface Place {
  readonly carrierId: CarrierId
  readonly line: LineName
}

export type Admission =
  | { readonly _tag: "Admitted"; readonly probe: boolean }
  | { readonly _tag: "Barred"; readonly by: "breaker" | "limit" | "place"; readonly why: string; readonly until?: number }

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

/**
 * How many new contacts a line wrote to within the last hour and the last day. Only sends of this process since `since` (epoch
 * milliseconds) count. Earlier sends and sends of other processes are unknown here.
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
 * The health of a line. `resting`: the carrier asked for a pause. `until`: when an open or resting line is asked again. `faults`: the
 * faults that only an operator can mend. They stay until they are mended or the line takes a message again.
 */
export interface Inspection extends Place {
  readonly state: "closed" | "open" | "half-open" | "resting"
  readonly until?: number
  readonly failures: number
  readonly pausedUntil?: number
  readonly newContacts: NewContacts
  readonly faults?: ReadonlyArray<Fault>
}

/** Whether a line can send. `gone`: the line is not ours any more. */
export interface LineChange {
  readonly available: boolean
  readonly gone?: boolean
}

export interface Health {
  /** How far its clock is ahead of `Time.steadyMillis`, in milliseconds. Absent if it uses the clock of its first caller. */
  readonly offset?: number
  /** Ends when the answer about a place has come for which `admit` answered `place`. Absent if `admit` never does. */
  readonly awaitPlace?: (place: Place) => Effect.Effect<void>
  /** Takes a place, if the line may be asked now. */
  readonly admit: (place: Place, at: number, isNew: boolean) => Admission
  /** Gives back a place that was taken at `admittedAt`, for a send that never left. */
  readonly release: (place: Place, admittedAt: number, isNew: boolean) => void
  /** The line took a message at `at` of a conversation that was bound to `before`. */
  readonly took: (place: Place, before: Pick<Binding, "carrierId" | "line" | "at"> | undefined, at: number) => void
  readonly report: (place: Place, report: Report, at: number) => ReadonlyArray<RouterEvent>
  /** A carrier's event says whether the line can send. */
  readonly lineChanged: (place: Place, change: LineChange, at: number, why: string) => ReadonlyArray<RouterEvent>
  /** The carrier lists the line. If it was gone, it is ours again. */
  readonly lineSeen: (place: Place, at: number, why: string) => ReadonlyArray<RouterEvent>
  /** Records a fault that only an operator can mend. Returns whether the fault is new. */
  readonly faulted: (place: Place, reason: ReasonTag, at: number) => boolean
  /** Ends the fault with the `reason`. Without a `reason` the line took a message. Returns whether a fault ended. */
  readonly mended: (place: Place, reason?: ReasonTag) => boolean
  /** All lines that were asked or reported on, in the order of their first use. */
  readonly inspect: (at: number) => ReadonlyArray<Inspection>
}

const words = { Closed: "closed", Open: "open", HalfOpen: "half-open" } as const satisfies Record<
  Breaker.State["_tag"],
  Inspection["state"]
>

interface Known extends Place {
  readonly limits: Limits.Settings
  /** Counts the sends to new contacts. */
  readonly contacts: RecentCounts.Tally
  breaker: Breaker.State
  /** How much of the line's limits is used. */
  limited: Limits.State
  gone: boolean
  faults: ReadonlyArray<Fault>
}

const limitsContacts = ({ newContactsPerDay, newContactsPerHour }: Limits.Settings): boolean =>
  newContactsPerDay !== undefined || newContactsPerHour !== undefined

/** `since`: when this process began to count. */
export const make = ({ breaker, carriers, deadlines }: HealthPolicy, since = 0): Health => {
  // an answer comes before the deadline of its try, so after twice that time no answer will come
  const settings: Breaker.Settings = { ...breaker, probeFor: deadlines.attempt * 2 }
  const lines = new Map<string, Known>()
  let faulty = 0

  const findLine = ({ carrierId, line }: Place): Known => {
    const name = `${carrierId}/${line}`
    const known = lines.get(name)
    if (known !== undefined) return known
    const limits: Limits.Settings = carriers[carrierId] ?? {}
    const fresh: Known = {
      carrierId,
      line,
      limits,
      contacts: RecentCounts.make(),
      breaker: Breaker.closed,
      limited: Limits.unused(limits),
      gone: false,
      faults: []
    }
    lines.set(name, fresh)
    return fresh
  }

  /** Changes a breaker and returns the events of this change. */
  const changeBreaker = (known: Known, next: Breaker.State, time: number, why: string): ReadonlyArray<RouterEvent> => {
    const before = known.breaker
    known.breaker = next
    const { carrierId, line } = known
    if (next._tag === "Open" && (before._tag !== "Open" || before.until !== next.until)) {
      return [{ _tag: "BreakerOpened", at: time, carrierId, line, until: next.until, why }]
    }
    return next._tag === "Closed" && before._tag !== "Closed" ? [{ _tag: "BreakerClosed", at: time, carrierId, line }] : []
  }

  return {
    admit: (place, time, isNew) => {
      const known = findLine(place)
      const leave = Breaker.ask(known.breaker, time, settings)
      if (leave._tag === "Refused") return { _tag: "Barred", by: "breaker", why: leave.why, until: leave.until }
      const allowance = Limits.take(known.limited, time, isNew, known.limits)
      if (allowance._tag === "Full") {
        return { _tag: "Barred", by: "limit", why: allowance.why, ...(allowance.until === undefined ? {} : { until: allowance.until }) }
      }
      known.breaker = leave.state
      known.limited = allowance.state
      if (isNew && limitsContacts(known.limits)) known.contacts.add(time)
      return { _tag: "Admitted", probe: leave.probe || allowance.probe }
    },
    release: (place, admittedAt, isNew) => {
      const known = findLine(place)
      known.breaker = Breaker.release(known.breaker, admittedAt)
      known.limited = Limits.release(known.limited, admittedAt, isNew, known.limits)
      if (isNew && limitsContacts(known.limits)) known.contacts.add(admittedAt, -1)
    },
    took: (place, before, time) => {
      const known = findLine(place)
      // with a limit of new contacts, this contact was counted when the send took its place
      if (limitsContacts(known.limits)) return
      const isHere = before !== undefined && before.carrierId === place.carrierId && before.line === place.line
      if (!isHere || Limits.isNew({ inboundAt: before.at, outboundAt: undefined }, time)) known.contacts.add(time)
    },
    report: (place, { startedAt, until, verdict, why }, time) => {
      const known = findLine(place)
      const events = changeBreaker(known, Breaker.report(known.breaker, verdict, time, startedAt, settings), time, why)
      const before = known.limited
      if (verdict === "ok") known.limited = Limits.resume(before, time, startedAt)
      if (verdict === "limited" && until !== undefined) known.limited = Limits.pause(before, time, until)
      const { pausedUntil } = known.limited
      return pausedUntil === before.pausedUntil
        ? events
        : [...events, { _tag: "Limited", at: time, carrierId: known.carrierId, line: known.line, until: pausedUntil, why }]
    },
    lineChanged: (place, { available, gone = false }, time, why) => {
      const known = findLine(place)
      // a line that is gone stays gone until an event says that it can send, or the carrier lists it again
      known.gone = !available && (gone || known.gone)
      return changeBreaker(
        known,
        available ? Breaker.lift(known.breaker, time) : Breaker.flag(known.breaker, time, settings, known.gone),
        time,
        why
      )
    },
    lineSeen: ({ carrierId, line }, time, why) => {
      const known = lines.get(`${carrierId}/${line}`)
      if (known === undefined || !known.gone) return []
      known.gone = false
      return changeBreaker(known, Breaker.lift(known.breaker, time), time, why)
    },
    faulted: (place, reason, time) => {
      const known = findLine(place)
      if (known.faults.some((fault) => fault.reason === reason)) return false
      known.faults = [...known.faults, { reason, since: time }]
      faulty += 1
      return true
    },
    mended: ({ carrierId, line }, reason) => {
      // nearly always true, so skip the look-up
      if (faulty === 0) return false
      const known = lines.get(`${carrierId}/${line}`)
      if (known === undefined) return false
      const left = reason === undefined ? [] : known.faults.filter((fault) => fault.reason !== reason)
      const mended = known.faults.length - left.length
      known.faults = left
      faulty -= mended
      return mended > 0
    },
    inspect: (time) =>
      Array.from(lines.values(), ({ breaker: state, carrierId, contacts, faults, limits, line, limited }) => {
        const rests = limited.pausedUntil > time
        const exact = Limits.newContacts(limited, time, limits)
        const newContacts: NewContacts = { ...contacts.within(time), ...exact, since, per: exact === undefined ? "conversation" : "person" }
        return {
          carrierId,
          line,
          state: rests && state._tag === "Closed" ? "resting" as const : words[state._tag],
          ...(state._tag === "Open" ? { until: state.until } : rests && state._tag === "Closed" ? { until: limited.pausedUntil } : {}),
          failures: Breaker.failures(state, time, settings),
          ...(rests ? { pausedUntil: limited.pausedUntil } : {}),
          newContacts,
          ...(faults.length === 0 ? {} : { faults })
        }
      })
  }
}
