/** Judges a step in doubt with full knowledge: would a look that the policy allows, or a fact, have settled the doubt? */
import type { CarrierId } from "@interline/core/CarrierId"
import type { Complete } from "../../policy/Policy.ts"
import type { Parcel } from "../vendors/fates.ts"
import type { Vendor } from "../vendors/vendor.ts"
import * as Looks from "./looks.ts"

/** A step whose answer was lost. The members describe the moment when the doubt began. */
export interface Doubt {
  readonly vendor: Vendor
  readonly parcel: Parcel
  readonly startedAt: number
  readonly openedAt: number
  readonly deadline: number
  readonly replayFor: number
  /** The message that the failed answer named, if it named one. */
  readonly named: string | undefined
  /** Our side had a fact about the step before the doubt began. */
  readonly proven: boolean
}

/** When other events happened. A time is infinite if the event did not happen. */
export interface Meanwhile {
  readonly factAt: number
  readonly abandonedAt: number
  readonly crashedAt: number
  readonly adoptedAt: number
  readonly suppressed: (at: number) => boolean
  readonly rivals: (at: number) => number
}

export type Verdict = "found" | "absent" | "open"

const absenceProofOf = (policy: Complete, id: CarrierId): number | undefined => policy.carriers[id]?.absenceProof

/**
 * Computes the looks that the policy describes. This code is separate from the router's, so that it finds mistakes there. The first
 * look comes after `every`. Then the pauses double, up to eight times `every`. The last look begins at the end of the window. There
 * is no look after the caller went away, after the send's deadline, or when the vendor may have forgotten the key.
 */
export const judge = (doubt: Doubt, policy: Complete, meanwhile: Meanwhile): Verdict => {
  const { deadline, openedAt, startedAt, vendor } = doubt
  const { abandonedAt, adoptedAt, crashedAt, factAt } = meanwhile
  const { every, within } = policy.reconcile
  const absenceProof = absenceProofOf(policy, vendor.plan.id)
  const isReplay = vendor.plan.way === "replay"
  const over = Math.min(deadline, isReplay ? startedAt + doubt.replayFor : Number.POSITIVE_INFINITY)
  const end = Math.min(over, Math.max(openedAt + within, absenceProof === undefined ? 0 : startedAt + absenceProof))
  const gone = Math.min(abandonedAt, crashedAt)
  // a process that takes over ends the doubt immediately, so a fact must come before the takeover
  const last = crashedAt <= abandonedAt ? adoptedAt : abandonedAt
  const orOpen = (until: number): Verdict => factAt <= until ? "found" : "open"

  if (doubt.proven) return "found"
  let lookedAt = openedAt
  for (let at = openedAt, count = 0;; count += 1) {
    if (abandonedAt <= at || at >= over || lookedAt >= end) return "open"
    const wake = Math.max(at, Math.min(at + every * 2 ** Math.min(count, 3), end))
    if (factAt < Math.min(wake, gone)) return "found"
    if (gone < wake) return orOpen(last)
    const until = Math.min(wake + policy.deadlines.attempt, Math.max(end, wake + every))
    const { answered, verdict } = lookAt(doubt, meanwhile, wake, until, count)
    if (crashedAt < answered) return orOpen(adoptedAt)
    if (factAt < answered) return "found"
    if (verdict === "found") return "found"
    if (verdict === "absent" && absenceProof !== undefined && wake >= startedAt + absenceProof) return "absent"
    at = answered
    lookedAt = wake
  }
}

const lookAt = (
  { named, parcel, replayFor, startedAt, vendor }: Doubt,
  { rivals, suppressed }: Meanwhile,
  at: number,
  until: number,
  count: number
): { readonly answered: number; readonly verdict: Verdict } => {
  const fate = vendor.fate(parcel, Looks.salt + count, at)
  if (vendor.plan.way === "replay") {
    if (suppressed(at) || at - startedAt > replayFor) return { answered: at, verdict: "open" }
    const answer = vendor.wouldTake(parcel, fate, at)
    return answer === undefined || answer.at >= until
      ? { answered: until, verdict: "open" }
      : { answered: answer.at, verdict: answer.took ? "found" : "open" }
  }
  const times = Looks.times(fate, at)
  if (times === undefined || times.answered >= until) return { answered: until, verdict: "open" }
  const found = Looks.read({ vendor, parcel, fate, startedAt, times }, { rivals: rivals(at), named }, {})
  return { answered: times.answered, verdict: found._tag === "Found" ? "found" : found._tag === "Absent" ? "absent" : "open" }
}
