/** Decides on facts from outside: events of carriers, verdicts of operators, and callers that go away. */
import type { Behind, Command, Event, State, Step } from "./Decision.ts"
import { applyFinding, endLooks, takenForAbsent } from "./lostAnswers.ts"
import { endAccepted, endArrived, endNotSent, endWith, toCancelled, toTimeout } from "./outcomes.ts"
import { after, amend, inHand, leave, named, note, record, stay, withoutDoubt, withReceipt } from "./state.ts"

const actor = (who: string | undefined): { readonly who?: string } => who === undefined ? {} : { who }

type Observed = Event & { readonly _tag: "Observed" }

const keep = (state: State, { receipt, step }: Observed): State =>
  step < state.step || state.proofs.some((proof) => proof.step === step)
    ? state
    : { ...state, proofs: [...state.proofs, { step, receipt }] }

/**
 * A message has arrived although it was taken as not sent. Then no other carrier is asked. Exception: if a carrier has a part of the
 * draft already, or a request is under way, this goes on.
 */
const arriveLate = (state: State, entry: Behind, { at, by, receipt, who }: Observed): Step => {
  const { phase } = state
  const candidate = state.route[entry.position] ?? inHand(state)
  const come: Behind = { ...entry, receipt }
  const known: State = {
    ...amend(state, entry.generation, { outcome: "accepted", why: "it arrived after it was taken for not sent", moved: false }),
    behind: state.behind.map((other) => other === entry ? come : other)
  }
  const late: ReadonlyArray<Command> = [
    note({ _tag: "LateArrival", deliveryId: state.deliveryId, at, ...named(candidate), generation: entry.generation })
  ]
  if (phase._tag === "Done" || phase._tag === "Sending" || state.taken.length > 0) return { state: known, commands: late }
  const settled: ReadonlyArray<Command> = phase._tag === "Held"
    ? [...late, note({ _tag: "Settled", deliveryId: state.deliveryId, at, ...named(candidate), arrived: true, by, ...actor(who) })]
    : late
  return after(settled, endArrived(known, come, at))
}

const settleHeld = (state: State, { at, by, receipt, who }: Observed): Step => {
  const candidate = inHand(state)
  const known = amend(withReceipt(state, receipt), state.generation, {
    outcome: "accepted",
    why: "a later fact shows that the carrier took it"
  })
  return after(
    [note({ _tag: "Settled", deliveryId: state.deliveryId, at, ...named(candidate), arrived: true, by, ...actor(who) }), {
      _tag: "Bind",
      candidate
    }],
    // the caller already has an answer, so the rest of a split draft is not sent
    known.step >= known.steps.length
      ? endAccepted(known, at)
      : endWith(amend(known, state.generation, { outcome: "partial" }), toTimeout(known), at)
  )
}

export const applyObserved = (state: State, event: Observed): Step => {
  const { at, generation, receipt, step } = event
  const entry = state.behind.find((behind) => behind.generation === generation)
  if (entry !== undefined) {
    return entry.receipt === undefined && step === (entry.doubt?.evidence.step ?? 0) ? arriveLate(state, entry, event) : stay(state)
  }
  if (generation === 0 || generation !== state.generation) return stay(state)
  switch (state.phase._tag) {
    case "Idle":
    case "Admitting":
    case "Done":
      return stay(state)
    case "Sending":
      return stay(keep(state, event))
    case "Held":
      return step === state.step ? settleHeld(state, event) : stay(state)
    case "Resting":
    case "Looking":
      return step === state.step ? applyFinding(state, receipt, "event", at) : stay(keep(state, event))
  }
}

export const applyDenied = (state: State, { at, error: refusal, who }: Event & { readonly _tag: "Denied" }): Step => {
  const { doubt } = state
  if (state.phase._tag !== "Held" || doubt === undefined) return stay(state)
  const error = refusal ?? takenForAbsent(state, doubt, "an operator found that it was not sent")
  const recorded = record(state, at, { outcome: "rejected", why: error.message, error, moved: true })
  return after(
    [note({
      _tag: "Settled",
      deliveryId: state.deliveryId,
      at,
      ...named(inHand(state)),
      arrived: false,
      by: refusal === undefined ? "operator" : "event",
      ...actor(who)
    })],
    endNotSent(withoutDoubt(leave(recorded, refusal === undefined ? "absent" : "refused")), error, at)
  )
}

export const applyAbandoned = (state: State, at: number): Step => {
  if (state.abandoned || state.result !== undefined) return stay(state)
  const left: State = { ...state, abandoned: true }
  const commands = [note({ _tag: "Abandoned", deliveryId: state.deliveryId, at })]
  switch (state.phase._tag) {
    case "Idle":
    case "Admitting":
      return after(commands, endNotSent(left, toCancelled(left), at))
    case "Resting":
      return after(commands, state.phase.next === "look" ? endLooks(left, at) : endWith(left, toCancelled(left), at))
    default:
      // a request or look that is under way ends by itself, and its result is recorded
      return { state: left, commands }
  }
}

/** A caller asks again under the key of a delivery that was abandoned and is still under way. */
export const applyRejoined = (state: State): Step =>
  stay(state.abandoned && state.result === undefined ? { ...state, abandoned: false } : state)
