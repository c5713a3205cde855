/** What a look would show at any time: asked by the process when it looks, and by the oracle when it did not. */
import type { Found } from "../../Decision.ts"
import * as Faults from "./faults.ts"
import type { Fate, Parcel, Vendor } from "./vendor.ts"

/** Draws for looks begin here, those for sends below. */
export const salt = 1000

export const unproven: Found = { _tag: "Unproven", why: "the look showed nothing that can be relied on" }

const absent: Found = { _tag: "Absent" }

/** When the list is read and when it is here, for a look that leaves at `at`; undefined if nothing ever comes. */
export const times = ({ back, kind, there, waits }: Fate, at: number): { readonly shown: number; readonly answered: number } | undefined => {
  if (kind !== undefined && Faults.courses[kind].sees === "nothing") return undefined
  const shown = at + there + (kind === "delay" ? waits : 0)
  return { shown, answered: shown + back }
}

/** The same rule as the adapter's: the message that the answer named, else enough matches for every send that looks alike. */
export const read = (vendor: Vendor, parcel: Parcel, { kind }: Fate, startedAt: number, shownAt: number, rivals: number, named: string | undefined): Found => {
  if (kind !== undefined && Faults.courses[kind].sees !== "answer") return unproven
  const byName = named === undefined ? undefined : vendor.rowOf(named)
  if (byName !== undefined && byName.takenAt <= shownAt) return { _tag: "Found", receipt: byName.receipt }
  const matches = vendor.list(parcel, startedAt, shownAt)
  const [first] = matches
  return first === undefined ? absent : matches.length > rivals ? { _tag: "Found", receipt: first.receipt } : unproven
}
