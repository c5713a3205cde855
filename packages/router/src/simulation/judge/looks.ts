/** Computes what a look shows at a given time. The process asks for its looks, and the oracle for looks that were not made. */
import * as ListEvidence from "@interline/core/ListEvidence"
import type { Finding } from "@interline/core/OperationSignatures"
import * as Option from "effect/Option"
import type { SystemUnderTest } from "../Model.ts"
import type { Fate, Parcel, Row } from "../vendors/fates.ts"
import * as Faults from "../vendors/faults.ts"
import type { Vendor } from "../vendors/vendor.ts"

/** Looks use random draws from this number on. Sends use the numbers below it. */
export const salt = 1000

export const unproven: Finding = { _tag: "Unproven", why: "the look showed nothing that can be relied on" }

const absent: Finding = { _tag: "Absent" }

/** When a look leaves, when the vendor reads the list, and when the answer arrives. */
export interface Times {
  readonly sentAt: number
  readonly shown: number
  readonly answered: number
}

/** The times of a look that leaves at `at`. Undefined if no answer ever comes. */
export const times = ({ back, kind, there, waits }: Fate, at: number): Times | undefined => {
  if (kind !== undefined && Faults.courses[kind].sees === "nothing") return undefined
  const shown = at + there + (kind === "delay" ? waits : 0)
  return { sentAt: at, shown, answered: shown + back }
}

/** Measures the vendor's clock by the `Date` header of its answer. The header has whole seconds. */
const skewOf = ({ plan }: Pick<Vendor, "plan">, { answered, sentAt, shown }: Times): Option.Option<ListEvidence.Skew> => {
  const date = Math.floor((shown + plan.skew) / 1000) * 1000
  return ListEvidence.together([Option.some({ least: date - answered, most: date + 1000 - sentAt })])
}

// the clock error that was assumed before vendors' clocks were measured
const minute = 60_000
const forgiven: Option.Option<ListEvidence.Skew> = Option.some({ least: -minute, most: minute })

/** A look for a parcel that left at `startedAt`. */
export interface Look {
  readonly vendor: Vendor
  readonly parcel: Parcel
  readonly fate: Fate
  readonly startedAt: number
  readonly times: Times
}

/** What the list shows when it is read. A short list leaves out its second half. `isHeeded`: the reader sees that the list is short. */
const sightOf = (
  { fate: { gap }, parcel, startedAt, times, vendor }: Look,
  skew: Option.Option<ListEvidence.Skew>,
  isHeeded: boolean
): ListEvidence.Sight => {
  const listed = vendor.list(parcel, times.shown)
  const shown = gap ? listed.slice(0, Math.floor(listed.length / 2)) : listed
  const rows = shown.map((row): ListEvidence.Row => ({
    receipt: row.receipt,
    at: row.takenAt + vendor.plan.skew,
    isEqual: isEqual(row, parcel)
  }))
  return ListEvidence.sight(rows, startedAt, skew, gap && isHeeded ? "it is short" : undefined)
}

/** What a process sees if its clock is `ahead` of the true time, in milliseconds. The `times` of the look are in true time. */
export const seen = (look: Look, ahead: number): ListEvidence.Sight => {
  const { times, vendor } = look
  return sightOf(look, skewOf(vendor, { ...times, sentAt: times.sentAt + ahead, answered: times.answered + ahead }), true)
}

/** What is known when a list is read: how many sends look alike, and the message that the failed answer named. */
export interface Known {
  readonly rivals: number
  readonly named: string | undefined
}

/**
 * Reads a list by the adapters' rule, with the adapters' code for the evidence. If the failed answer named a message, that message
 * counts. Else the list must have more matches than there are other sends that look alike. Else the list must show the absence.
 */
export const read = (look: Look, { named, rivals }: Known, { clocks, gaps, others }: SystemUnderTest): Finding => {
  const { fate: { kind }, times, vendor } = look
  if (kind !== undefined && Faults.courses[kind].sees !== "answer") return unproven
  const byName = named === undefined ? undefined : vendor.rowOf(named)
  if (byName !== undefined && byName.takenAt <= times.shown) return { _tag: "Found", receipt: byName.receipt }
  const skew = clocks === "forgiven" ? forgiven : skewOf(vendor, times)
  const sight = sightOf(look, skew, gaps !== "ignored")
  const [first] = sight.matches
  if (first !== undefined) return sight.matches.length > rivals ? { _tag: "Found", receipt: first } : unproven
  return sight.gap === undefined && (sight.others.length === 0 || others === "ignored") ? absent : unproven
}

const isEqual = (row: Row, { step, text }: Parcel): boolean => !row.respelled && row.text === text && row.step === step
