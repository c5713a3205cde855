/**
 * Finds steps with two message refs. Then the vendor took the step twice, or ignored its key. Both messages count as accepted, and an
 * incident is published.
 */
import type { MessageRef } from "@interline/core/MessageRef"
import * as Outcome from "@interline/core/Outcome"
import type { Event, State, Step } from "./Decision.ts"
import { inHand, named, note } from "./state.ts"

interface Naming {
  readonly generation: number
  readonly step: number
  readonly ref: MessageRef
}

/** The message refs that an event gives to steps. */
const namingsOf = (state: State, event: Event): ReadonlyArray<Naming> => {
  const { generation, step } = state
  switch (event._tag) {
    case "Observed":
      return [{ generation: event.generation, step: event.step, ref: event.receipt.ref }]
    case "Looked":
      return event.finding._tag === "Found" ? [{ generation, step, ref: event.finding.receipt.ref }] : []
    case "Sent":
      return state.proofs.length === 0 ? [] : Outcome.receipts(event.outcome).map(({ ref }, place) => ({ generation, step: place, ref }))
    default:
      return []
  }
}

const isSame = (left: MessageRef, right: MessageRef): boolean => left.carrierId === right.carrierId && left.id === right.id

/** The message ref that the step had before. */
const nameOf = (state: State, { generation, step }: Naming): MessageRef | undefined => {
  if (generation === state.generation) {
    return (state.taken[step] ?? state.proofs.find((proof) => proof.step === step)?.receipt)?.ref
  }
  const behind = state.behind.find((entry) => entry.generation === generation)
  return behind !== undefined && (behind.doubt?.evidence.step ?? 0) === step ? behind.receipt?.ref : undefined
}

// the most second refs that are recorded for one delivery; no incident follows after that
const most = 8

/** Adds an incident to a step of the machine if its event gives a second ref to a step of the plan. */
export const withIncidents = (state: State, event: Event, { commands, state: next }: Step): Step => {
  const known = state.others ?? []
  const news = namingsOf(state, event).flatMap((naming) => {
    const first = nameOf(state, naming)
    return first === undefined || isSame(first, naming.ref) || known.some((other) => isSame(other, naming.ref))
      ? []
      : [{ ...naming, first }]
  })
  if (news.length === 0 || known.length >= most) return { commands, state: next }
  const notes = news.map(({ first, generation, ref, step }) => {
    const at = generation === state.generation
      ? inHand(state)
      : state.route[state.behind.find((entry) => entry.generation === generation)?.position ?? state.position] ?? inHand(state)
    return note({ _tag: "NamedTwice", deliveryId: state.deliveryId, at: event.at, ...named(at), generation, step, ref: first, other: ref })
  })
  return { state: { ...next, others: [...known, ...news.map(({ ref }) => ref)] }, commands: [...notes, ...commands] }
}
