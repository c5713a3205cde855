/** Chooses the decision for an event by the phase of the delivery. The other files of this folder make the decisions. */
import type { DeliveryId } from "@interline/core/DeliveryId"
import { withIncidents } from "./acceptedTwice.ts"
import { applyAnswer } from "./carrierAnswers.ts"
import { applyBar, ask, consider, start } from "./chooseCarrier.ts"
import type { Event, Settings, State, Step } from "./Decision.ts"
import { applyAbandoned, applyDenied, applyObserved, applyRejoined } from "./externalFacts.ts"
import { applyLook, look, proceed } from "./lostAnswers.ts"
import { rest, stay } from "./state.ts"

/**
 * Makes the state of a delivery before its first decision.
 *
 * @category constructors
 */
export const initial = (deliveryId: DeliveryId, route: State["route"], settings: Settings): State => ({
  deliveryId,
  settings,
  route,
  position: 0,
  generation: 0,
  repetitions: 0,
  triedAt: 0,
  step: 0,
  steps: [],
  taken: [],
  losses: [],
  proofs: [],
  attempts: [],
  behind: [],
  abandoned: false,
  phase: { _tag: "Idle" }
})

const rested = { admit: consider, send: proceed, look } as const

const wake = (state: State, at: number): Step => {
  const { phase } = state
  if (phase._tag !== "Resting") return stay(state)
  // a timer may fire early; then wait for the rest of the time, because an absence counts as proof only after the full time
  return at < phase.until ? rest(state, phase.until, phase.next) : rested[phase.next](state, at)
}

const decideEvent = (state: State, event: Event): Step => {
  const { _tag: phase } = state.phase
  switch (event._tag) {
    case "Started":
      return phase === "Idle" ? start(state, event.at) : stay(state)
    case "Admitted":
      return phase === "Admitting" ? ask(state, event) : stay(state)
    case "Barred":
      return phase === "Admitting" ? applyBar(state, event) : stay(state)
    case "Sent":
      return phase === "Sending" ? applyAnswer(state, event) : stay(state)
    case "Looked":
      return phase === "Looking" ? applyLook(state, event) : stay(state)
    case "Woke":
      return wake(state, event.at)
    case "Observed":
      return applyObserved(state, event)
    case "Denied":
      return applyDenied(state, event)
    case "Abandoned":
      return applyAbandoned(state, event.at)
    case "Rejoined":
      return applyRejoined(state)
  }
}

/**
 * The next decision. An event that does not fit the phase changes nothing. Only facts are kept.
 *
 * @category combinators
 */
export const decide = (state: State, event: Event): Step => withIncidents(state, event, decideEvent(state, event))
