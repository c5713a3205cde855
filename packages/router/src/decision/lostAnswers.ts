/** Decides when to look for a lost answer, and what follows from the findings. */
import * as MessagingError from "@interline/core/MessagingError"
import type { Finding } from "@interline/core/OperationSignatures"
import type { Evidence, Receipt } from "@interline/core/Outcome"
import { move, send } from "./chooseCarrier.ts"
import type { Command, Doubt, Event, State, Step } from "./Decision.ts"
import { endAccepted, endUnknown, endWith, toCancelled, toTimeout } from "./outcomes.ts"
import { after, inHand, leave, named, note, record, rest, stay, withoutDoubt, withReceipt } from "./state.ts"

const proofOf = (state: State): Receipt | undefined => state.proofs.find(({ step }) => step === state.step)?.receipt

/** Uses a proof of the current step, if there is one. A proof counts more than the carrier's answer about the same step. */
export const unlessProven = (state: State, at: number, otherwise: () => Step): Step => {
  const proof = proofOf(state)
  return proof === undefined ? otherwise() : applyFinding(state, proof, "event", at)
}

/** Sends the next step of the plan to the current carrier, unless the caller is gone or the deadline has passed. */
export const proceed = (state: State, at: number): Step =>
  unlessProven(state, at, () =>
    state.abandoned
      ? endWith(state, toCancelled(state), at)
      : at >= state.settings.deadline
      ? endWith(state, toTimeout(state), at)
      : send(state, at))

export const openDoubt = (state: State, evidence: Evidence, at: number): Step => {
  const doubtful: State = { ...state, step: evidence.step, doubt: { evidence, since: at, looks: 0 } }
  return unlessProven(doubtful, at, () => restBeforeLook(doubtful, at))
}

/** When the vendor may have forgotten the key, in epoch milliseconds. A replay after that would send a second message. */
const forgottenAt = (state: State, { evidence }: Doubt): number => {
  const { reconcile, replayFor } = inHand(state)
  return reconcile === "replay" ? evidence.startedAt + replayFor : Number.POSITIVE_INFINITY
}

/** The latest time at which a look begins. With `absenceProof` the looks go on until an absence counts as proof. */
const looksEnd = (state: State, doubt: Doubt): number => {
  const { absenceProof } = inHand(state)
  const { deadline, lookFor } = state.settings
  const wanted = doubt.since + lookFor
  const proven = absenceProof === undefined ? wanted : Math.max(wanted, doubt.evidence.startedAt + absenceProof)
  return Math.min(deadline, proven, forgottenAt(state, doubt))
}

const restBeforeLook = (state: State, at: number): Step => {
  const { doubt, settings } = state
  if (doubt === undefined) return stay(state)
  // a replay may send the message, so the router looks only while a caller waits
  if (inHand(state).reconcile === "none" || state.abandoned) return endLooks(state, at)
  const end = looksEnd(state, doubt)
  const isOver = at >= settings.deadline || at >= forgottenAt(state, doubt) || (doubt.lookedAt ?? doubt.since) >= end
  const next = at + settings.lookEvery * 2 ** Math.min(doubt.looks, 3)
  // the last look begins exactly at the end, because an absence may count as proof only then
  return isOver ? endLooks(state, at) : rest(state, Math.max(at, Math.min(next, end)), "look")
}

export const look = (state: State, at: number): Step => {
  if (state.doubt === undefined) return stay(state)
  const doubt: Doubt = { ...state.doubt, lookedAt: at }
  if (at > forgottenAt(state, doubt)) return endLooks(state, at)
  const { attempt, lookEvery } = state.settings
  return {
    state: { ...state, doubt, phase: { _tag: "Looking" } },
    commands: [{
      _tag: "Look",
      candidate: inHand(state),
      generation: state.generation,
      doubt,
      until: Math.min(at + attempt, Math.max(looksEnd(state, doubt), at + lookEvery))
    }]
  }
}

const said = { Found: "found", Absent: "absent", Unproven: "unproven" } as const satisfies Record<Finding["_tag"], string>

/** Whether an absence is a proof. The look must have sent nothing (`list`), and must have begun after the policy's waiting time. */
const isProof = (state: State, { evidence, lookedAt }: Doubt): boolean => {
  const { absenceProof, reconcile } = inHand(state)
  return reconcile === "list" && absenceProof !== undefined && lookedAt !== undefined && lookedAt >= evidence.startedAt + absenceProof
}

export const applyLook = (state: State, { at, finding }: Event & { readonly _tag: "Looked" }): Step => {
  if (state.doubt === undefined) return stay(state)
  const doubt: Doubt = { ...state.doubt, looks: state.doubt.looks + 1 }
  const known: State = { ...state, doubt }
  const candidate = inHand(state)
  const by = candidate.reconcile === "replay" ? "replay" : "list"
  if (finding._tag === "Found") return applyFinding(known, finding.receipt, by, at)
  // another process may have recorded a fact in the meantime
  return unlessProven(known, at, () =>
    after(
      [note({
        _tag: "Reconciled",
        deliveryId: state.deliveryId,
        at,
        ...named(candidate),
        finding: said[finding._tag],
        by,
        why: finding._tag === "Absent" ? "the carrier does not list it" : finding.why
      })],
      finding._tag === "Absent" && isProof(state, doubt) ? takeAbsence(known, at) : restBeforeLook(known, at)
    ))
}

/** The carrier took the step in doubt. The rest of the plan follows at the same carrier. */
export const applyFinding = (state: State, receipt: Receipt, by: "replay" | "list" | "event", at: number): Step => {
  const candidate = inHand(state)
  const commands: ReadonlyArray<Command> = [
    note({ _tag: "Reconciled", deliveryId: state.deliveryId, at, ...named(candidate), finding: "found", by, why: "the carrier has it" }),
    { _tag: "Bind", candidate }
  ]
  const settled = withReceipt(state, receipt)
  return after(
    commands,
    settled.step >= settled.steps.length
      ? endAccepted(record(settled, at, { outcome: "accepted", why: "the carrier has it; its answer was lost" }), at)
      : proceed(record(settled, at, { outcome: "partial", why: "the carrier has a part of it; its answer was lost" }), at)
  )
}

/** The error of a step that the policy or an operator takes as not sent. */
export const takenForAbsent = (state: State, { evidence }: Doubt, detail: string): MessagingError.MessagingError =>
  MessagingError.make(evidence.error.reason, {
    operation: "send",
    carrierId: inHand(state).carrierId,
    certainty: "not-sent",
    blame: evidence.error.blame,
    next: "reroute",
    detail
  })

/** Takes the absence as proof that the step was not sent. If the message arrives later, that is an incident. */
const takeAbsence = (state: State, at: number): Step => {
  const { doubt } = state
  if (doubt === undefined) return stay(state)
  const error = takenForAbsent(state, doubt, "its absence after the policy's waiting time was taken for proof that it was not sent")
  const recorded = state.taken.length > 0 ? state : record(state, at, { outcome: "rejected", why: error.message, error, moved: true })
  const known = withoutDoubt(leave(recorded, "absent"))
  return after(
    [note({ _tag: "AbsenceTaken", deliveryId: state.deliveryId, at, ...named(inHand(state)), afterMillis: at - doubt.evidence.startedAt })],
    state.taken.length > 0 ? endWith(known, error, at) : move(known, at)
  )
}

/** Ends the looks. */
export const endLooks = (state: State, at: number): Step => unlessProven(state, at, () => leaveOpen(state, at))

const leaveOpen = (state: State, at: number): Step => {
  const { doubt, route, settings } = state
  if (doubt === undefined) return stay(state)
  const mayRisk = settings.onUnknown === "send-anyway" && state.taken.length === 0 && !state.abandoned &&
    state.position + 1 < route.length && at < settings.deadline
  if (!mayRisk) return endUnknown(state, at)
  const { error } = doubt.evidence
  const left = leave(
    record(state, at, {
      outcome: "unknown",
      why: "it is not known whether the carrier took it; the policy sends anyway",
      error,
      moved: true
    }),
    "risk"
  )
  return after(
    [note({ _tag: "RiskTaken", deliveryId: state.deliveryId, at, ...named(inHand(state)), why: error.message })],
    move(withoutDoubt(left), at)
  )
}
