/** Keeps the health of each carrier's lines: breakers, limits and faults. Each router has one such object, and changes it in place. */
import type { ReasonTag } from "@interline/core/MessagingError"
import type * as Effect from "effect/Effect"
import type { RouterEvent } from "../decision/RouterEvent.ts"
import type { Binding } from "../ledger/Ledger.ts"
import * as Breaker from "./Breaker.ts"
import * as Limits from "./Limits.ts"
import * as LineFacts from "./lineFacts.ts"
import * as RecentCounts from "./recentCounts.ts"

export type Admission =
  | { readonly _tag: "Admitted"; readonly probe: boolean }
  | { readonly _tag: "Barred"; readonly by: "breaker" | "limit" | "place"; readonly why: string; readonly until?: number }

export interface Health {
  /** How far its clock is ahead of `Time.steadyMillis`, in milliseconds. Absent if it uses the clock of its first caller. */
  readonly offset?: number
  /** Ends when the answer about a place has come for which `admit` answered `place`. Absent if `admit` never does. */
  readonly awaitPlace?: (place: LineFacts.Place) => Effect.Effect<void>
  /** Takes a place, if the line may be asked now. */
  readonly admit: (place: LineFacts.Place, at: number, isNew: boolean) => Admission
  /** Gives back a place that was taken at `admittedAt`, for a send that never left. */
  readonly release: (place: LineFacts.Place, admittedAt: number, isNew: boolean) => void
  /** The line took a message at `at` of a conversation that was bound to `before`. */
  readonly took: (place: LineFacts.Place, before: Pick<Binding, "carrierId" | "line" | "at"> | undefined, at: number) => void
  readonly report: (place: LineFacts.Place, report: LineFacts.Report, at: number) => ReadonlyArray<RouterEvent>
  /** A carrier's event says whether the line can send. */
  readonly lineChanged: (place: LineFacts.Place, change: LineFacts.LineChange, at: number, why: string) => ReadonlyArray<RouterEvent>
  /** The carrier lists the line. If it was gone, it is ours again. */
  readonly lineSeen: (place: LineFacts.Place, at: number, why: string) => ReadonlyArray<RouterEvent>
  /** Records a fault that only an operator can mend. Returns whether the fault is new. */
  readonly faulted: (place: LineFacts.Place, reason: ReasonTag, at: number) => boolean
  /** Ends the fault with the `reason`. Without a `reason` the line took a message. Returns whether a fault ended. */
  readonly mended: (place: LineFacts.Place, reason?: ReasonTag) => boolean
  /** All lines that were asked or reported on, in the order of their first use. */
  readonly inspect: (at: number) => ReadonlyArray<LineFacts.Inspection>
}

interface Known {
  readonly place: LineFacts.Place
  readonly limits: Limits.Settings
  /** Counts the sends to new contacts. */
  readonly contacts: RecentCounts.Tally
  line: LineFacts.Line
}

/** `since`: when this process began to count. */
export const make = (policy: LineFacts.HealthPolicy, since = 0): Health => {
  const { carriers } = policy
  const settings = LineFacts.breakerOf(policy)
  const lines = new Map<string, Known>()
  let faulty = 0

  const findLine = ({ carrierId, line }: LineFacts.Place): Known => {
    const name = `${carrierId}/${line}`
    const known = lines.get(name)
    if (known !== undefined) return known
    const limits: Limits.Settings = carriers[carrierId] ?? {}
    const fresh: Known = { place: { carrierId, line }, limits, contacts: RecentCounts.make(), line: LineFacts.unused(limits) }
    lines.set(name, fresh)
    return fresh
  }

  const keep = (known: Known, { events, line }: LineFacts.Changed): ReadonlyArray<RouterEvent> => {
    known.line = line
    return events
  }

  return {
    admit: (place, time, isNew) => {
      const known = findLine(place)
      const leave = Breaker.ask(known.line.breaker, time, settings)
      if (leave._tag === "Refused") return { _tag: "Barred", by: "breaker", why: leave.why, until: leave.until }
      const allowance = Limits.take(known.line.limited, time, isNew, known.limits)
      if (allowance._tag === "Full") {
        return { _tag: "Barred", by: "limit", why: allowance.why, ...(allowance.until === undefined ? {} : { until: allowance.until }) }
      }
      known.line = { ...known.line, breaker: leave.state, limited: allowance.state }
      if (isNew && Limits.limitsContacts(known.limits)) known.contacts.add(time)
      return { _tag: "Admitted", probe: leave.probe || allowance.probe }
    },
    release: (place, admittedAt, isNew) => {
      const known = findLine(place)
      const { breaker, limited } = known.line
      known.line = {
        ...known.line,
        breaker: Breaker.release(breaker, admittedAt),
        limited: Limits.release(limited, admittedAt, isNew, known.limits)
      }
      if (isNew && Limits.limitsContacts(known.limits)) known.contacts.add(admittedAt, -1)
    },
    took: (place, before, time) => {
      const known = findLine(place)
      // with a limit of new contacts, this contact was counted when the send took its place
      if (!Limits.limitsContacts(known.limits) && LineFacts.isNewTo(place, before, time)) known.contacts.add(time)
    },
    report: (place, report, time) => {
      const known = findLine(place)
      return keep(known, LineFacts.report(place, known.line, report, time, settings))
    },
    lineChanged: (place, change, time, why) => {
      const known = findLine(place)
      return keep(known, LineFacts.change(place, known.line, { ...change, at: time, why }, settings))
    },
    lineSeen: (place, time, why) => {
      const known = lines.get(`${place.carrierId}/${place.line}`)
      return known === undefined ? [] : keep(known, LineFacts.see(place, known.line, time, why))
    },
    faulted: (place, reason, time) => {
      const known = findLine(place)
      const line = LineFacts.fault(known.line, reason, time)
      const isNew = line !== known.line
      known.line = line
      if (isNew) faulty += 1
      return isNew
    },
    mended: ({ carrierId, line }, reason) => {
      // nearly always true, so skip the look-up
      if (faulty === 0) return false
      const known = lines.get(`${carrierId}/${line}`)
      if (known === undefined) return false
      const mended = LineFacts.mend(known.line, reason)
      const ended = known.line.faults.length - mended.faults.length
      known.line = mended
      faulty -= ended
      return ended > 0
    },
    inspect: (time) =>
      Array.from(lines.values(), ({ contacts, limits, line, place }) => {
        const exact = Limits.newContacts(line.limited, time, limits)
        const per = exact === undefined ? "conversation" : "person"
        return LineFacts.inspect(place, line, { ...contacts.within(time), ...exact, since, per }, time, settings)
      })
  }
}
