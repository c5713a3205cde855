/** Keeps the health of each carrier's lines: breakers, limits and faults. Each router has one such object, and changes it in place. */
import type { ReasonTag } from "@interline/core/MessagingError"
import type * as Effect from "effect/Effect"
import type { RouterEvent } from "../decision/RouterEvent.ts"
import type { Binding } from "../ledger/Ledger.ts"
import * as Breaker from "./Breaker.ts"
import * as KnownUsage from "./knownUsage.ts"
import * as Limits from "./Limits.ts"
import * as LineFacts from "./lineFacts.ts"
import * as LineSnapshot from "./LineSnapshot.ts"
import * as RecentCounts from "./recentCounts.ts"
import * as ContactPlaces from "./sharing/contactPlaces.ts"

export type Admission =
  | { readonly _tag: "Admitted"; readonly probe: boolean }
  | { readonly _tag: "Barred"; readonly by: "breaker" | "limit" | "place"; readonly why: string; readonly until?: number }

export interface Health {
  /** How far its clock is ahead of `Time.steadyMillis`, in milliseconds. Absent if it uses the clock of its first caller. */
  readonly offset?: number
  /** Ends when the answer about a place has come for which `admit` answered `place`. Absent if `admit` never does. */
  readonly awaitPlace?: (place: LineFacts.Place) => Effect.Effect<void>
  /** Learns what other processes know, for `inspect`. Absent if there is nothing to learn. */
  readonly refresh?: Effect.Effect<void>
  /** Takes a place, if the line may be asked now. */
  readonly admit: (place: LineFacts.Place, at: number, isNew: boolean) => Admission
  /** Why a send could not use the line now, if it could not. It takes no place. */
  readonly findBar: (place: LineFacts.Place, at: number, isNew: boolean) => LineFacts.Bar | undefined
  /** The line took a message at `at` of a conversation that was bound to `before`. */
  readonly took: (place: LineFacts.Place, before: Pick<Binding, "carrierId" | "line" | "at"> | undefined, at: number) => void
  readonly report: (place: LineFacts.Place, report: LineFacts.Report, at: number) => ReadonlyArray<RouterEvent>
  /** A carrier's event says whether the line can send. */
  readonly lineChanged: (place: LineFacts.Place, change: LineFacts.LineChange, at: number, why: string) => ReadonlyArray<RouterEvent>
  /** The carrier lists the line. If it was gone, it is ours again. */
  readonly lineSeen: (place: LineFacts.Place, at: number, why: string) => ReadonlyArray<RouterEvent>
  /** The vendor was asked how many new people the line may still write to. */
  readonly told: (place: LineFacts.Place, usage: KnownUsage.KnownUsage) => void
  /** Whether the line rests for new people at `at`, because its vendor said so. */
  readonly restsForNew: (place: LineFacts.Place, at: number) => boolean
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
  contacts: RecentCounts.Tally
  /** Since when they are counted. */
  since: number
  line: LineFacts.Line
  /** How many sends wait for a place for a new contact to be on record. */
  waiting: number
  /** The places that are on record and not used yet: until when each may be used, which is also the time for which it counts. */
  paid: ReadonlyArray<number>
}

/** Told of each change that should be on record. */
export type OnChanged = (place: LineFacts.Place, within: "soon" | "later") => void

/** The lines of a process. `onChanged`: there is a store. Then a place for a new contact is on record before it is given. */
interface Book {
  readonly breaker: Breaker.Settings
  readonly lines: Map<string, Known>
  readonly findLine: (place: LineFacts.Place) => Known
  readonly onChanged: OnChanged | undefined
  /** How many faults there are. */
  faulty: number
}

const makeBook = (policy: LineFacts.HealthPolicy, since: number, onChanged?: OnChanged): Book => {
  const lines = new Map<string, Known>()
  return {
    breaker: LineFacts.breakerOf(policy),
    lines,
    onChanged,
    faulty: 0,
    findLine: ({ carrierId, line }) => {
      const name = `${carrierId}/${line}`
      const known = lines.get(name)
      if (known !== undefined) return known
      const limits: Limits.Settings = policy.carriers[carrierId] ?? {}
      const fresh: Known = {
        place: { carrierId, line },
        limits,
        contacts: RecentCounts.make(),
        since,
        line: LineFacts.unused(limits),
        waiting: 0,
        paid: []
      }
      lines.set(name, fresh)
      return fresh
    }
  }
}

/** Takes places of contacts back that were not used. */
const uncount = (known: Known, places: ReadonlyArray<number>): void => {
  const { line } = known
  known.line = { ...line, limited: places.reduce(Limits.uncountContact, line.limited) }
  for (const until of places) known.contacts.add(until - ContactPlaces.contactFor, -1)
}

/** Takes a place for a send. With a store, a new contact needs one that is on record. `unpaid`: there is none yet. */
const takePlace = ({ onChanged }: Book, known: Known, at: number, isNew: boolean): Limits.Allowance | "unpaid" => {
  const { limits } = known
  const counts = isNew && Limits.limitsContacts(limits)
  if (!counts || onChanged === undefined) {
    const allowance = Limits.take(known.line.limited, at, isNew, limits)
    if (counts && allowance._tag === "Taken") known.contacts.add(at)
    return allowance
  }
  const late = known.paid.filter((until) => until <= at)
  if (late.length > 0) {
    known.paid = known.paid.slice(late.length)
    uncount(known, late)
    onChanged(known.place, "soon")
  }
  const [paid, ...others] = known.paid
  const allowance = Limits.take(known.line.limited, at, paid === undefined, limits)
  if (allowance._tag === "Full") return allowance
  if (paid === undefined) return "unpaid"
  known.paid = others
  return { ...allowance, state: Limits.countContact(Limits.uncountContact(allowance.state, paid), at, at, limits) }
}

const makeOver = (book: Book): Health => {
  const { breaker: settings, findLine, lines, onChanged } = book

  const keep = (known: Known, { events, line }: LineFacts.Changed): ReadonlyArray<RouterEvent> => {
    if (line !== known.line) onChanged?.(known.place, "soon")
    known.line = line
    return events
  }

  return {
    admit: (place, time, isNew) => {
      const known = findLine(place)
      const leave = Breaker.ask(known.line.breaker, time, settings)
      if (leave._tag === "Refused") return { _tag: "Barred", by: "breaker", why: leave.why, until: leave.until }
      const rest = isNew ? KnownUsage.restOf(known.line.usage, time) : undefined
      if (rest !== undefined) return { _tag: "Barred", by: "limit", ...rest }
      const allowance = takePlace(book, known, time, isNew)
      if (allowance === "unpaid") {
        known.waiting += 1
        return { _tag: "Barred", by: "place", why: "the place for a new contact is not on record yet" }
      }
      if (allowance._tag === "Full") {
        return { _tag: "Barred", by: "limit", why: allowance.why, ...(allowance.until === undefined ? {} : { until: allowance.until }) }
      }
      known.line = { ...known.line, breaker: leave.state, limited: allowance.state }
      const probe = leave.probe || allowance.probe
      if (probe) onChanged?.(known.place, "soon")
      return { _tag: "Admitted", probe }
    },
    findBar: ({ carrierId, line: name }, time, isNew) => {
      const known = lines.get(`${carrierId}/${name}`)
      if (known === undefined) return undefined
      const { limits, line, paid } = known
      return LineFacts.findBar(line, { breaker: settings, limits }, time, isNew && !paid.some((until) => until > time))
    },
    took: (place, before, time) => {
      const known = findLine(place)
      // with a limit of new contacts, this contact was counted when the send took its place
      if (Limits.limitsContacts(known.limits) || !LineFacts.isNewTo(place, before, time)) return
      known.contacts.add(time)
      onChanged?.(known.place, "later")
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
    told: (place, usage) => {
      const known = findLine(place)
      keep(known, { line: LineFacts.tell(known.line, usage), events: [] })
    },
    restsForNew: ({ carrierId, line }, time) => KnownUsage.restOf(lines.get(`${carrierId}/${line}`)?.line.usage, time) !== undefined,
    faulted: (place, reason, time) => {
      const known = findLine(place)
      const line = LineFacts.fault(known.line, reason, time)
      if (line === known.line) return false
      keep(known, { line, events: [] })
      book.faulty += 1
      return true
    },
    mended: ({ carrierId, line }, reason) => {
      // nearly always true, so skip the look-up
      if (book.faulty === 0) return false
      const known = lines.get(`${carrierId}/${line}`)
      if (known === undefined) return false
      const mended = LineFacts.mend(known.line, reason)
      const ended = known.line.faults.length - mended.faults.length
      keep(known, { line: mended, events: [] })
      book.faulty -= ended
      return ended > 0
    },
    inspect: (time) =>
      Array.from(lines.values(), ({ contacts, limits, line, place, since }) => {
        const exact = Limits.newContacts(line.limited, time, limits)
        const per = exact === undefined ? "conversation" : "person"
        return LineFacts.inspect(place, line, { ...contacts.within(time), ...exact, since, per }, time, settings)
      })
  }
}

/** `since`: when this process began to count. */
export const make = (policy: LineFacts.HealthPolicy, since = 0): Health => makeOver(makeBook(policy, since))

/** The health of lines over a store. */
export interface KeptHealth extends Health {
  readonly snapshot: (place: LineFacts.Place, at: number) => LineSnapshot.Snapshot
  /** Goes on with what was written `age` milliseconds before `at`. */
  readonly restore: (
    place: LineFacts.Place,
    written: { readonly snapshot: LineSnapshot.Snapshot; readonly age: number },
    at: number
  ) => void
  /** Counts the new contacts whose sends wait, as far as there is room. The result is how many. */
  readonly countContacts: (place: LineFacts.Place, at: number) => number
  /** Gives the sends places that were counted at `at` and are on record now. */
  readonly giveContacts: (place: LineFacts.Place, count: number, at: number) => void
  /** Counts as many less: they could not be written down. */
  readonly uncountContacts: (place: LineFacts.Place, count: number, at: number) => void
}

export const makeKept = (policy: LineFacts.HealthPolicy, since: number, onChanged: OnChanged): KeptHealth => {
  const book = makeBook(policy, since, onChanged)
  const { findLine } = book
  return {
    ...makeOver(book),
    snapshot: (place, at) => {
      const { contacts, line, since } = findLine(place)
      return {
        ...LineSnapshot.toKnown(line, at),
        contacts: line.limited.contacts.map((time) => time - at),
        counts: contacts.ages(at),
        countedSince: since - at,
        askers: []
      }
    },
    restore: (place, { age, snapshot }, at) => {
      const known = findLine(place)
      const writtenAt = at - age
      const line = LineSnapshot.fromKnown(snapshot, writtenAt, known.limits)
      book.faulty += line.faults.length - known.line.faults.length
      known.line = { ...line, limited: { ...line.limited, contacts: snapshot.contacts.map((time) => time + writtenAt) } }
      known.contacts = RecentCounts.make(snapshot.counts, writtenAt)
      known.since = snapshot.countedSince + writtenAt
      known.paid = []
    },
    countContacts: (place, at) => {
      const known = findLine(place)
      const { waiting } = known
      known.waiting = 0
      let counted = 0
      let { limited } = known.line
      while (counted < waiting && Limits.crowdedWith(limited, at, known.limits) === undefined) {
        limited = Limits.countContact(limited, at, at + ContactPlaces.contactFor, known.limits)
        counted += 1
      }
      known.line = { ...known.line, limited }
      known.contacts.add(at, counted)
      return counted
    },
    giveContacts: (place, count, at) => {
      const known = findLine(place)
      known.paid = [...known.paid, ...Array.from({ length: count }, () => at + ContactPlaces.contactFor)]
    },
    uncountContacts: (place, count, at) => uncount(findLine(place), Array.from({ length: count }, () => at + ContactPlaces.contactFor))
  }
}
