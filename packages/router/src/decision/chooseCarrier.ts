/** Chooses the next carrier to ask, in the order of the route. */
import * as MessagingError from "@interline/core/MessagingError"
import { present } from "@interline/core/Optional"
import * as Problem from "@interline/core/Problem"
import * as Duration from "effect/Duration"
import type { Candidate, Command, Event, State, Step } from "./Decision.ts"
import { endArrived, endNotSent, findArrived, toCancelled, toTimeout } from "./outcomes.ts"
import { after, inHand, isAsked, leave, named, note, recordSkipped, rest, withoutDoubt } from "./state.ts"
import * as ToBlame from "./toBlame.ts"

/** The advice to the caller if no carrier is left. It is `retry` if the problem can pass by itself. */
const lastWord = {
  InvalidInput: "fix",
  Unsupported: "fix",
  Suppressed: "stop",
  OptedOut: "stop",
  RecipientNotAllowed: "fix",
  RecipientBlocked: "stop",
  RecipientUnreachable: "fix",
  Authentication: "fix",
  Permission: "fix",
  LineNotAllowed: "fix",
  LineUnavailable: "retry",
  NotFound: "fix",
  NotReady: "retry",
  Conflict: "fix",
  RateLimited: "retry",
  MediaRejected: "fix",
  Unavailable: "retry",
  ConnectionFailed: "retry",
  Transport: "retry",
  Timeout: "retry",
  Cancelled: "retry",
  BadResponse: "retry",
  Failed: "retry",
  Unrecognized: "fix"
} as const satisfies Record<MessagingError.ReasonTag, MessagingError.Next>

/** Replaces the advice `reroute`, because no carrier is left. It becomes `retry` if the problem at any carrier can pass by itself. */
const toLastError = (error: MessagingError.MessagingError, all: State["attempts"]): MessagingError.MessagingError => {
  if (error.next !== "reroute") return error
  const { vendorMessage } = error
  const passes = all.some((attempt) => attempt.error !== undefined && lastWord[attempt.error.reason] === "retry")
  const last = new MessagingError.MessagingError({ ...error, next: passes ? "retry" : lastWord[error.reason] }, { disableValidation: true })
  last.vendorMessage = vendorMessage
  return last
}

/** Ends a delivery for which no carrier is left. The last asked carrier gives the error. If every plan was refused, the draft does. */
const endRoute = (state: State, at: number): Step => {
  const { route, attempts } = state
  const isAlone = route.length === 1
  const refusals = attempts.filter(({ error }) => ToBlame.isIncapable(error) && error?.problems !== undefined)
  if (refusals.length > 0 && refusals.length === attempts.length) {
    const problems = refusals.flatMap(({ carrierId, error }) =>
      (error?.problems ?? []).map((problem) =>
        isAlone ? problem : Problem.make(problem.rule, problem.path, `${carrierId}: ${problem.message}`)
      )
    )
    return endNotSent(state, MessagingError.invalid("send", problems, isAlone ? inHand(state).carrierId : undefined), at)
  }
  const certain = attempts.filter(({ error }) => error?.certainty === "not-sent")
  const last = (certain.filter((attempt) => isAsked(attempt) && !ToBlame.isIncapable(attempt.error)).at(-1) ?? certain.at(-1))?.error
  if (last !== undefined) return endNotSent(state, toLastError(last, attempts), at)
  return endNotSent(
    state,
    MessagingError.make("Unavailable", {
      operation: "send",
      certainty: "not-sent",
      next: "retry",
      detail: `no carrier could be asked: ${attempts.map(({ carrierId, why }) => `${carrierId}: ${why}`).join("; ")}`
    }),
    at
  )
}

/**
 * Whether the next carrier may be asked. If the first carrier of the route cannot carry the draft, `movesWhenIncapable` decides.
 */
export const mayMove = (state: State, error: MessagingError.MessagingError | undefined): boolean =>
  state.settings.movesWhenIncapable || state.position > 0 || !ToBlame.isIncapable(error)

/**
 * Whether the next carrier may be asked after the current one has refused. Only a rollout lets a delivery go on after a fault of our account:
 * from the carrier that the rollout chose, which is the first of the route.
 */
export const mayMoveAfter = (state: State, error: MessagingError.MessagingError): boolean =>
  ToBlame.isIncapable(error)
    ? mayMove(state, error)
    : ToBlame.mayReroute(error) ||
      (state.settings.movesOnAccountFault === true && state.position === 0 && ToBlame.isOfAccount(error))

const skip = (state: State, at: number, why: string, error: MessagingError.MessagingError | undefined): Step => {
  const passed = recordSkipped(state, at, why, error)
  return after(
    [note({ _tag: "Skipped", deliveryId: state.deliveryId, at, ...named(inHand(state)), why })],
    mayMove(state, error) ? move(passed, at) : endRoute(passed, at)
  )
}

/** Asks for a place at the current carrier. Skips a carrier that must not be asked. */
export const consider = (state: State, at: number): Step => {
  if (state.abandoned) return endNotSent(state, toCancelled(state), at)
  if (at >= state.settings.deadline) return endNotSent(state, toTimeout(state), at)
  const candidate = inHand(state)
  if (state.attempts.some((attempt) => isAsked(attempt) && attempt.carrierId === candidate.carrierId)) {
    return skip(state, at, "it was asked before", undefined)
  }
  return candidate.barred === undefined
    ? { state: { ...state, phase: { _tag: "Admitting" } }, commands: [{ _tag: "Admit", candidate }] }
    : skip(state, at, candidate.barred.why, candidate.barred.error)
}

export const start = (state: State, at: number): Step => consider({ ...state, triedAt: at }, at)

/** Goes on to the next carrier. If a fact has shown that an earlier carrier has the message, the delivery ends there instead. */
export const move = (state: State, at: number): Step => {
  const earlier = findArrived(state)
  if (earlier !== undefined) return endArrived(state, earlier, at)
  const left = leave(state, "refused")
  return left.position + 1 < left.route.length
    ? consider({ ...withoutDoubt(left), position: left.position + 1, triedAt: at, repetitions: 0, step: 0, steps: [], losses: [] }, at)
    : endRoute(left, at)
}

export const send = (state: State, at: number): Step => ({
  state: { ...state, phase: { _tag: "Sending" } },
  commands: [{
    _tag: "Send",
    candidate: inHand(state),
    generation: state.generation,
    step: state.step,
    taken: state.taken,
    until: Math.min(at + state.settings.attempt, state.settings.deadline)
  }]
})

/** Begins an attempt at a carrier that has not been asked for this delivery. */
export const ask = (state: State, { at, probe }: Event & { readonly _tag: "Admitted" }): Step => {
  const from = state.attempts.filter(isAsked).at(-1)
  const { carrierId, line } = inHand(state)
  const probed: ReadonlyArray<Command> = probe === true ? [note({ _tag: "BreakerProbed", at, carrierId, line })] : []
  const moved: ReadonlyArray<Command> = from === undefined
    ? []
    : [
      note({
        _tag: "FailedOver",
        deliveryId: state.deliveryId,
        at,
        from: from.carrierId,
        to: carrierId,
        line,
        why: from.why,
        ...(from.error === undefined ? undefined : { reason: from.error.reason })
      })
    ]
  return after(
    [...probed, ...moved],
    send({ ...state, generation: state.generation + 1, triedAt: at, repetitions: 0, step: 0, steps: [], proofs: [] }, at)
  )
}

const barrier = {
  breaker: { reason: "Unavailable", next: "retry" },
  limit: { reason: "RateLimited", next: "retry" },
  contact: { reason: "RecipientNotAllowed", next: "reroute" }
} as const satisfies Record<
  Exclude<(Event & { readonly _tag: "Barred" })["by"], "place">,
  { readonly reason: MessagingError.ReasonTag; readonly next: MessagingError.Next }
>

/** Waits for the answer about a place. It may come at any time, so the delivery may go on from now on. */
const awaitPlace = (state: State, at: number, until: number): Step => ({
  state: { ...state, phase: { _tag: "Resting", until: at, next: "admit" } },
  commands: [{ _tag: "Rest", until, place: inHand(state) }]
})

type Barred = Event & { readonly _tag: "Barred" }

/** Whether a send that began at `from` waits for a place of a full line, instead of asking another carrier. */
export const waitsForPlace = (
  { by, until }: Pick<Barred, "by" | "until">,
  from: number,
  { deadline, maxWait }: Pick<State["settings"], "deadline" | "maxWait">
): boolean => by === "limit" && until !== undefined && until - from <= maxWait && until < deadline

/** What a send gives for a carrier whose line may not be used at `at`. */
export const toBarError = (
  carrierId: Candidate["carrierId"],
  { by, until, why }: Pick<Barred, "until" | "why"> & { readonly by: keyof typeof barrier },
  at: number
): MessagingError.MessagingError => {
  const { next, reason } = barrier[by]
  return MessagingError.make(reason, {
    operation: "send",
    carrierId,
    certainty: "not-sent",
    next,
    detail: why,
    ...(until === undefined ? {} : { retryAfter: Duration.millis(Math.max(0, until - at)) })
  })
}

export const applyBar = (state: State, { at, by, until, why }: Barred): Step => {
  const { settings, triedAt } = state
  if (by === "place") return awaitPlace(state, at, Math.min(until ?? settings.deadline, settings.deadline))
  return until !== undefined && waitsForPlace({ by, until }, triedAt, settings)
    ? after(
      [note({ _tag: "Retrying", deliveryId: state.deliveryId, at, ...named(inHand(state)), until, why })],
      rest(state, until, "admit")
    )
    : skip(state, at, why, toBarError(inHand(state).carrierId, present({ by, until, why }), at))
}
