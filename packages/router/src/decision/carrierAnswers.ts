/** Decides what follows from a carrier's answer to a send. */
import { describeOutcome } from "@interline/core/Delivery"
import * as MessagingError from "@interline/core/MessagingError"
import * as Outcome from "@interline/core/Outcome"
import * as Duration from "effect/Duration"
import { mayMoveAfter, move } from "./chooseCarrier.ts"
import type { Command, Event, State, Step } from "./Decision.ts"
import { openDoubt, unlessProven } from "./lostAnswers.ts"
import { endAccepted, endArrived, endWith, findArrived } from "./outcomes.ts"
import { after, inHand, named, note, record, rest } from "./state.ts"
import * as ToBlame from "./toBlame.ts"

const report = (state: State, error: MessagingError.MessagingError | undefined, at: number): Command => {
  const verdict = error === undefined ? "ok" : ToBlame.verdict(error)
  return {
    _tag: "Report",
    candidate: inHand(state),
    verdict,
    startedAt: state.triedAt,
    why: error === undefined ? "it took a message" : error.message,
    ...(verdict === "limited" && error?.retryAfter !== undefined ? { until: at + Duration.toMillis(error.retryAfter) } : {})
  }
}

/** The pause in milliseconds before the same carrier is tried again after a certain "later". Undefined: no retry. */
const pause = (state: State, error: MessagingError.MessagingError, at: number): number | undefined => {
  const { deadline, jitter, maxRetryAfter, retryBase, retryTimes } = state.settings
  if (!MessagingError.isRetryLater(error) || state.repetitions >= retryTimes || state.abandoned) return undefined
  const millis = error.retryAfter === undefined
    ? Math.min(Math.round(retryBase * 2 ** state.repetitions * jitter), maxRetryAfter)
    : Duration.toMillis(error.retryAfter)
  return millis <= maxRetryAfter && at + millis < deadline ? millis : undefined
}

/** Decides what follows if the carrier certainly did not take the step. */
const endRefused = (state: State, error: MessagingError.MessagingError, at: number): Step => {
  const earlier = findArrived(state)
  if (earlier !== undefined) return endArrived(state, earlier, at)
  const millis = pause(state, error, at)
  if (millis !== undefined) {
    const until = at + millis
    return after(
      [note({ _tag: "Retrying", deliveryId: state.deliveryId, at, ...named(inHand(state)), until, why: error.message })],
      rest({ ...state, repetitions: state.repetitions + 1 }, until, "send")
    )
  }
  // if one carrier has a part of the draft, no other carrier gets the rest
  return mayMoveAfter(state, error) && state.taken.length === 0 ? move(state, at) : endWith(state, error, at)
}

export const applyAnswer = (state: State, { at, outcome, steps }: Event & { readonly _tag: "Sent" }): Step => {
  const error = Outcome.error(outcome)
  const { outcome: word, why } = describeOutcome(outcome)
  const said = error === undefined ? why : `${why}: ${error.message}`
  const receipts = Outcome.receipts(outcome)
  const known: State = record(
    {
      ...state,
      steps,
      losses: outcome.losses,
      taken: receipts.length > 0 ? receipts : state.taken,
      step: receipts.length > 0 ? receipts.length : state.step
    },
    at,
    { outcome: word, why: said, error }
  )
  const commands: ReadonlyArray<Command> = [
    report(known, error, at),
    note({
      _tag: "Tried",
      deliveryId: state.deliveryId,
      at,
      ...named(inHand(state)),
      generation: state.generation,
      outcome: word,
      why: said,
      millis: at - state.triedAt,
      ...(error === undefined ? {} : { reason: error.reason }),
      ...(error === undefined || error.blame === MessagingError.verdicts[error.reason].blame ? {} : { blame: error.blame })
    }),
    // the carrier that takes the first part gets the conversation
    ...(receipts.length > 0 ? [{ _tag: "Bind", candidate: inHand(state) } as const] : [])
  ]
  const rest = outcome._tag === "Partial" ? outcome.rest : outcome
  switch (rest._tag) {
    case "Accepted":
      return after(commands, endAccepted(known, at))
    case "Unknown":
      return after(commands, openDoubt(known, rest.evidence, at))
    case "Rejected":
      return after(commands, unlessProven(known, at, () => endRefused(known, rest.error, at)))
  }
}
