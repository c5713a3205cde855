/** The decisions themselves, one function per phase. */
import type { DeliveryId } from "@interline/core/DeliveryId"
import type { MessagingError } from "@interline/core/MessagingError"
import * as Errors from "@interline/core/MessagingError"
import type { Evidence, Outcome, Receipt } from "@interline/core/Outcome"
import * as Outcomes from "@interline/core/Outcome"
import * as Problem from "@interline/core/Problem"
import * as Duration from "effect/Duration"
import type { Candidate, Command, Doubt, Event, Found, Result, Settings, State, Step, Trial } from "../Decision.ts"
import type { RouterEvent } from "../RouterEvent.ts"
import * as Blame from "./blame.ts"

export const initial = (deliveryId: DeliveryId, route: State["route"], settings: Settings): State => ({
  deliveryId,
  settings,
  route,
  at: 0,
  generation: 0,
  tries: 0,
  triedAt: 0,
  step: 0,
  steps: [],
  taken: [],
  losses: [],
  proofs: [],
  trials: [],
  abandoned: false,
  phase: { _tag: "Idle" }
})

const none: ReadonlyArray<Command> = []

const stay = (state: State): Step => ({ state, commands: none })

/** Commands in front of those of a later step. */
const after = (commands: ReadonlyArray<Command>, { commands: rest, state }: Step): Step => ({ state, commands: [...commands, ...rest] })

const note = (event: RouterEvent): Command => ({ _tag: "Note", event })

const inHand = (state: State): Candidate => state.route[state.at] ?? state.route[0]

const named = ({ carrierId, line }: Candidate) => ({ carrierId, line })

// --- the ends ---

const concluded = {
  Accepted: "accepted",
  Rejected: "not-sent",
  Partial: "partial",
  Unknown: "held"
} as const satisfies Record<Outcome["_tag"], string>

const conclude = (state: State, outcome: Outcome, at: number, kept: boolean): Step => {
  const candidate = inHand(state)
  const result: Result = { outcome, ...named(candidate), kept }
  const held: ReadonlyArray<Command> = outcome._tag === "Unknown"
    ? [note({ _tag: "Held", deliveryId: state.deliveryId, at, ...named(candidate), kept, why: outcome.evidence.error.message })]
    : none
  return {
    state: { ...state, result, phase: { _tag: kept ? "Held" : "Done" } },
    commands: [
      ...held,
      note({ _tag: "Concluded", deliveryId: state.deliveryId, at, outcome: concluded[outcome._tag], attempts: state.trials.filter((trial) => trial.generation > 0).length }),
      { _tag: "Conclude", result }
    ]
  }
}

const accepted = (state: State, at: number): Step => {
  const [first, ...others] = state.taken
  return first === undefined ? stay(state) : conclude(state, Outcomes.accepted([first, ...others], state.losses), at, false)
}

const notSent = (state: State, error: MessagingError, at: number): Step => conclude(state, Outcomes.rejected(error, state.losses), at, false)

/** A split draft of which `taken` went out and no more will. */
const partial = (state: State, rest: typeof Outcomes.Rejected.Type | typeof Outcomes.Unknown.Type, at: number): Step => {
  const [first, ...others] = state.taken
  return first === undefined
    ? conclude(state, rest, at, rest._tag === "Unknown" && state.settings.onUnknown !== "fail")
    : conclude(state, { _tag: "Partial", receipts: [first, ...others], rest, remaining: state.steps.slice(state.step).flat(), losses: state.losses }, at, false)
}

const cancelled = (state: State): MessagingError =>
  Errors.make("Timeout", {
    operation: "send",
    certainty: "not-sent",
    blame: "caller",
    next: "retry",
    detail: "the caller stopped waiting before a carrier took it",
    carrierId: inHand(state).carrierId
  })

const late = (state: State): MessagingError =>
  Errors.make("Timeout", {
    operation: "send",
    certainty: "not-sent",
    blame: "network",
    next: "retry",
    detail: "the send's deadline passed before a carrier took it",
    carrierId: inHand(state).carrierId
  })

/** Nobody is left to ask. The error of the last carrier that was asked says most; a route of refused plans is the draft's fault. */
const exhausted = (state: State, at: number): Step => {
  const asked = state.trials.filter((trial) => trial.error !== undefined)
  const refusals = asked.flatMap((trial) => Blame.isIncapable(trial.error) && trial.error?.problems !== undefined ? [trial] : [])
  if (refusals.length > 0 && refusals.length === state.trials.length) {
    const problems = refusals.flatMap((trial) =>
      (trial.error?.problems ?? []).map((problem) => state.route.length === 1 ? problem : Problem.make(problem.rule, problem.path, `${trial.carrierId}: ${problem.message}`)))
    return notSent(state, Errors.invalid("send", problems, state.route.length === 1 ? inHand(state).carrierId : undefined), at)
  }
  const last = asked.filter((trial) => trial.generation > 0 && !Blame.isIncapable(trial.error)).at(-1)?.error ?? asked.at(-1)?.error
  if (last !== undefined && last.certainty === "not-sent") return notSent(state, last, at)
  const reopens = state.trials.flatMap((trial) => trial.error?.retryAfter ?? [])
  return notSent(
    state,
    Errors.make("Unavailable", {
      operation: "send",
      certainty: "not-sent",
      next: "retry",
      detail: `no carrier could be asked: ${state.trials.map((trial) => `${trial.carrierId}: ${trial.why}`).join("; ")}`,
      ...(reopens[0] === undefined ? {} : { retryAfter: reopens.reduce((left, right) => Duration.min(left, right)) })
    }),
    at
  )
}

// --- choosing whom to ask ---

const trial = (state: State, at: number, outcome: Trial["outcome"], why: string, error: MessagingError | undefined, moved = false): Trial => ({
  ...named(inHand(state)),
  outcome,
  why,
  startedAt: outcome === "skipped" ? at : state.triedAt,
  millis: outcome === "skipped" ? 0 : at - state.triedAt,
  generation: outcome === "skipped" ? 0 : state.generation,
  moved,
  ...(error === undefined ? {} : { error })
})

const skip = (state: State, at: number, why: string, error: MessagingError | undefined): Step => {
  const skipped: State = { ...state, trials: [...state.trials, trial(state, at, "skipped", why, error)] }
  return after(
    [note({ _tag: "Skipped", deliveryId: state.deliveryId, at, ...named(inHand(state)), why })],
    // a conversation that is somewhere stays there when its carrier cannot carry the draft
    Blame.isIncapable(error) && !state.settings.movesWhenIncapable ? exhausted(skipped, at) : move(skipped, at)
  )
}

/** The carrier in hand, if it may be asked at all. */
const consider = (state: State, at: number): Step => {
  if (state.abandoned) return notSent(state, cancelled(state), at)
  if (at >= state.settings.deadline) return notSent(state, state.trials.at(-1)?.error ?? late(state), at)
  const candidate = inHand(state)
  return candidate.barred === undefined
    ? { state: { ...state, phase: { _tag: "Admitting" } }, commands: [{ _tag: "Admit", candidate }] }
    : skip(state, at, candidate.barred.why, candidate.barred.error)
}

const move = (state: State, at: number): Step =>
  state.at + 1 < state.route.length
    ? consider({ ...state, at: state.at + 1, tries: 0, step: 0, steps: [] }, at)
    : exhausted(state, at)

/** On to the next carrier because this one certainly did not take it, or the policy says so. */
const failOver = (state: State, at: number, why: string): Step => {
  const from = inHand(state)
  const next = state.route[state.at + 1]
  return next === undefined || state.abandoned || at >= state.settings.deadline
    ? move(state, at)
    : after([note({ _tag: "FailedOver", deliveryId: state.deliveryId, at, from: from.carrierId, to: next.carrierId, line: next.line, why })], move(state, at))
}

const send = (state: State, at: number): Step => ({
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

/** A try of a new generation: a carrier that has not been asked. */
const ask = (state: State, at: number): Step => send({ ...state, generation: state.generation + 1, triedAt: at, tries: 0, step: 0, steps: [], proofs: [] }, at)

const barred = (state: State, event: Event & { readonly _tag: "Barred" }): Step => {
  const { at, until } = event
  const { deadline, maxWait } = state.settings
  if (event.by === "limit" && until !== undefined && until - at <= maxWait && until < deadline) {
    return {
      state: { ...state, phase: { _tag: "Resting", until, next: "admit" } },
      commands: [
        note({ _tag: "Retrying", deliveryId: state.deliveryId, at, ...named(inHand(state)), until, why: event.why }),
        { _tag: "Rest", until }
      ]
    }
  }
  const error = Errors.make(event.by === "breaker" ? "Unavailable" : event.by === "limit" ? "RateLimited" : "RecipientNotAllowed", {
    operation: "send",
    carrierId: inHand(state).carrierId,
    certainty: "not-sent",
    next: event.by === "contact" ? "reroute" : "retry",
    detail: event.why,
    ...(until === undefined ? {} : { retryAfter: Duration.millis(Math.max(0, until - at)) })
  })
  return skip(state, at, event.why, error)
}

// --- what came of a try ---

const why = {
  Accepted: "the carrier took it",
  Rejected: "the carrier did not take it",
  Partial: "the carrier took a part of it",
  Unknown: "it is not known whether the carrier took it"
} as const satisfies Record<Outcome["_tag"], string>

const words = {
  Accepted: "accepted",
  Rejected: "rejected",
  Partial: "partial",
  Unknown: "unknown"
} as const satisfies Record<Outcome["_tag"], Trial["outcome"]>

/** The try in hand on record: one entry for each carrier that was asked, brought up to date by every answer. */
const record = (state: State, at: number, entry: { readonly outcome: Trial["outcome"]; readonly why: string; readonly error?: MessagingError | undefined; readonly moved?: boolean }): State => {
  const known = state.trials.filter((other) => other.generation !== state.generation)
  return { ...state, trials: [...known, trial(state, at, entry.outcome, entry.why, entry.error, entry.moved)] }
}

const explain = (outcome: Outcome): string => {
  const error = Outcomes.error(outcome)
  return error === undefined ? why[outcome._tag] : `${why[outcome._tag]}: ${error.message}`
}

const report = (state: State, error: MessagingError | undefined, at: number): Command => {
  const verdict = error === undefined ? "ok" : Blame.verdict(error)
  return {
    _tag: "Report",
    candidate: inHand(state),
    verdict,
    startedAt: state.triedAt,
    why: error === undefined ? "it took a message" : error.message,
    ...(verdict === "limited" && error?.retryAfter !== undefined ? { until: at + Duration.toMillis(error.retryAfter) } : {})
  }
}

/** How long to rest before a certain "later" is tried again at the same carrier; undefined if it is not. */
const pause = (state: State, error: MessagingError, at: number): number | undefined => {
  const { deadline, jitter, maxRetryAfter, retryBase, retryTimes } = state.settings
  if (!Errors.isRetryLater(error) || state.tries >= retryTimes || state.abandoned) return undefined
  const millis = error.retryAfter === undefined
    ? Math.min(Math.round(retryBase * 2 ** state.tries * jitter), maxRetryAfter)
    : Duration.toMillis(error.retryAfter)
  return millis <= maxRetryAfter && at + millis < deadline ? millis : undefined
}

const retry = (state: State, error: MessagingError, millis: number, at: number): Step => ({
  state: { ...state, tries: state.tries + 1, phase: { _tag: "Resting", until: at + millis, next: "send" } },
  commands: [
    note({ _tag: "Retrying", deliveryId: state.deliveryId, at, ...named(inHand(state)), until: at + millis, why: error.message }),
    { _tag: "Rest", until: at + millis }
  ]
})

const rejected = (state: State, error: MessagingError, at: number): Step => {
  const millis = pause(state, error, at)
  if (millis !== undefined) return retry(state, error, millis, at)
  if (state.abandoned) return notSent(state, error, at)
  if (Blame.isIncapable(error)) return state.settings.movesWhenIncapable ? failOver(state, at, error.message) : notSent(state, error, at)
  return Blame.mayReroute(error) ? failOver(state, at, error.message) : notSent(state, error, at)
}

const sent = (state: State, event: Event & { readonly _tag: "Sent" }): Step => {
  const { at, outcome, steps } = event
  const error = Outcomes.error(outcome)
  const known: State = record({ ...state, losses: outcome.losses, steps }, at, { outcome: words[outcome._tag], why: explain(outcome), error })
  const said: ReadonlyArray<Command> = [
    report(known, error, at),
    note({
      _tag: "Tried",
      deliveryId: state.deliveryId,
      at,
      ...named(inHand(state)),
      generation: state.generation,
      outcome: words[outcome._tag],
      why: explain(outcome),
      millis: at - state.triedAt,
      ...(error === undefined ? {} : { reason: error.reason })
    })
  ]
  switch (outcome._tag) {
    case "Accepted":
      return after([...said, { _tag: "Bind", candidate: inHand(state) }], accepted({ ...known, taken: outcome.receipts }, at))
    case "Rejected":
      return after(said, rejected(known, outcome.error, at))
    case "Unknown":
      return after(said, doubt(known, outcome.evidence, at))
    case "Partial": {
      // the conversation is where its first part went
      const bound: ReadonlyArray<Command> = [...said, { _tag: "Bind", candidate: inHand(state) }]
      const taken: State = { ...known, taken: outcome.receipts, step: outcome.receipts.length }
      if (outcome.rest._tag === "Unknown") return after(bound, doubt(taken, outcome.rest.evidence, at))
      const millis = pause(taken, outcome.rest.error, at)
      return after(bound, millis === undefined ? partial(taken, outcome.rest, at) : retry(taken, outcome.rest.error, millis, at))
    }
  }
}

// --- a lost answer ---

const doubt = (state: State, evidence: Evidence, at: number): Step => {
  const doubtful: State = { ...state, step: evidence.step, doubt: { evidence, since: at, looks: 0 } }
  const proof = state.proofs.find(({ step }) => step === evidence.step)
  return proof === undefined ? restBeforeLook(doubtful, at) : found(doubtful, proof.receipt, "event", at)
}

/** The last moment of a look: a policy that waits for an absence looks for at least that long. */
const looksEnd = (state: State, { evidence, since }: Doubt): number => {
  const { absenceProof, reconcile, replayFor } = inHand(state)
  const { deadline, lookFor } = state.settings
  const proven = absenceProof === undefined ? since + lookFor : Math.max(since + lookFor, evidence.startedAt + absenceProof)
  // a replay after the vendor forgot the key would be a second message
  return Math.min(deadline, proven, reconcile === "replay" ? evidence.startedAt + replayFor : Number.POSITIVE_INFINITY)
}

const restBeforeLook = (state: State, at: number): Step => {
  const { doubt } = state
  if (doubt === undefined) return stay(state)
  // a replay may send: it is done only while somebody waits for the message
  if (inHand(state).reconcile === "none" || state.abandoned) return unresolved(state, at)
  const end = looksEnd(state, doubt)
  const next = at + state.settings.lookEvery * 2 ** Math.min(doubt.looks, 3)
  if (at >= end) return unresolved(state, at)
  // the last look is at the end itself, where an absence may count
  const until = Math.min(next, end)
  return { state: { ...state, phase: { _tag: "Resting", until, next: "look" } }, commands: [{ _tag: "Rest", until }] }
}

const look = (state: State, at: number): Step => {
  const { doubt } = state
  if (doubt === undefined) return stay(state)
  if (state.abandoned) return unresolved(state, at)
  return {
    state: { ...state, phase: { _tag: "Looking" } },
    commands: [{
      _tag: "Look",
      candidate: inHand(state),
      generation: state.generation,
      doubt,
      until: Math.min(at + state.settings.attempt, Math.max(looksEnd(state, doubt), at + state.settings.lookEvery))
    }]
  }
}

const said = { Found: "found", Absent: "absent", Unproven: "unproven" } as const satisfies Record<Found["_tag"], string>

const looked = (state: State, { at, finding }: Event & { readonly _tag: "Looked" }): Step => {
  const { doubt } = state
  if (doubt === undefined) return stay(state)
  const candidate = inHand(state)
  const known: State = { ...state, doubt: { ...doubt, looks: doubt.looks + 1 } }
  if (finding._tag === "Found") return found(known, finding.receipt, candidate.reconcile === "replay" ? "replay" : "list", at)
  const commands = [note({
    _tag: "Reconciled",
    deliveryId: state.deliveryId,
    at,
    ...named(candidate),
    finding: said[finding._tag],
    by: candidate.reconcile === "replay" ? "replay" : "list",
    why: finding._tag === "Absent" ? "the carrier does not list it" : finding.why
  })]
  const { absenceProof } = candidate
  return after(
    commands,
    finding._tag === "Absent" && absenceProof !== undefined && at >= doubt.evidence.startedAt + absenceProof
      ? absent(known, at)
      : at >= looksEnd(known, doubt)
      ? unresolved(known, at)
      : restBeforeLook(known, at)
  )
}

const withReceipt = ({ doubt, ...state }: State, receipt: Receipt): State => ({
  ...state,
  taken: [...state.taken, receipt],
  step: (doubt?.evidence.step ?? state.step) + 1
})

/** The step in doubt was taken: what is left of the plan follows at the same carrier. */
const found = (state: State, receipt: Receipt, by: "replay" | "list" | "event", at: number): Step => {
  const settled = withReceipt(state, receipt)
  const candidate = inHand(state)
  const commands: ReadonlyArray<Command> = [
    note({
      _tag: "Reconciled",
      deliveryId: state.deliveryId,
      at,
      ...named(candidate),
      finding: "found",
      by,
      why: "the carrier has it"
    }),
    { _tag: "Bind", candidate }
  ]
  if (settled.step >= state.steps.length) {
    return after(commands, accepted(record(settled, at, { outcome: "accepted", why: "the carrier has it; its answer was lost" }), at))
  }
  return after(
    commands,
    state.abandoned || at >= state.settings.deadline
      ? partial(settled, Outcomes.rejected(state.abandoned ? cancelled(state) : late(state), state.losses), at)
      : send(settled, at)
  )
}

/** The policy takes the absence for proof. What shows up later is an incident. */
const absent = (state: State, at: number): Step => {
  const { doubt, ...rest } = state
  if (doubt === undefined) return stay(state)
  const candidate = inHand(state)
  const error = Errors.make(doubt.evidence.error.reason, {
    operation: "send",
    carrierId: candidate.carrierId,
    certainty: "not-sent",
    blame: doubt.evidence.error.blame,
    next: "reroute",
    detail: "its absence after the policy's waiting time was taken for proof that it was not sent"
  })
  const commands = [note({ _tag: "AbsenceTaken", deliveryId: state.deliveryId, at, ...named(candidate), afterMillis: at - doubt.evidence.startedAt })]
  if (state.taken.length > 0) return after(commands, partial(rest, Outcomes.rejected(error, state.losses), at))
  const known = record(rest, at, { outcome: "rejected", why: error.message, error, moved: true })
  return after(commands, state.abandoned ? notSent(known, error, at) : failOver(known, at, "its absence was taken for proof"))
}

const unresolved = (state: State, at: number): Step => {
  const { doubt } = state
  if (doubt === undefined) return stay(state)
  const rest = Outcomes.unknown(doubt.evidence, state.losses)
  const { onUnknown } = state.settings
  const next = state.route[state.at + 1]
  if (onUnknown === "send-anyway" && state.taken.length === 0 && !state.abandoned && next !== undefined && at < state.settings.deadline) {
    const { doubt: _, ...settled } = record(state, at, { outcome: "unknown", why: "it is not known whether the carrier took it; the policy sends anyway", error: doubt.evidence.error, moved: true })
    return after(
      [note({ _tag: "RiskTaken", deliveryId: state.deliveryId, at, ...named(inHand(state)), why: doubt.evidence.error.message })],
      failOver(settled, at, "the policy sends anyway")
    )
  }
  return partial(state, rest, at)
}

// --- facts from outside ---

/** Which carrier of the route a generation was, if it was left behind without a certain refusal. */
const leftBehind = (state: State, generation: number): Trial | undefined =>
  state.trials.find((entry) => entry.generation === generation && entry.moved)

const observed = (state: State, event: Event & { readonly _tag: "Observed" }): Step => {
  const { at, generation, receipt, step } = event
  const behind = leftBehind(state, generation)
  if (behind !== undefined) {
    return {
      // reported once
      state: { ...state, trials: state.trials.map((entry) => entry === behind ? { ...entry, moved: false, why: `${entry.why}; it arrived late` } : entry) },
      commands: [note({ _tag: "LateArrival", deliveryId: state.deliveryId, at, carrierId: behind.carrierId, line: behind.line, generation })]
    }
  }
  if (generation !== state.generation || state.phase._tag === "Done") return stay(state)
  if (state.doubt === undefined || state.doubt.evidence.step !== step) {
    return stay(state.phase._tag === "Sending" ? { ...state, proofs: [...state.proofs, { step, receipt }] } : state)
  }
  if (state.phase._tag !== "Held") return found(state, receipt, "event", at)
  const candidate = inHand(state)
  const { result: _, ...held } = state
  const settled = withReceipt(held, receipt)
  const commands: ReadonlyArray<Command> = [
    note({ _tag: "Settled", deliveryId: state.deliveryId, at, ...named(candidate), arrived: true, by: event.by }),
    { _tag: "Bind", candidate }
  ]
  return after(
    commands,
    // the caller was told long ago: what is left of a split draft is not sent behind its back
    settled.step >= state.steps.length
      ? accepted(record(settled, at, { outcome: "accepted", why: "a later fact shows that the carrier took it" }), at)
      : partial(settled, Outcomes.rejected(late(state), state.losses), at)
  )
}

const denied = (state: State, at: number): Step => {
  const { doubt } = state
  if (state.phase._tag !== "Held" || doubt === undefined) return stay(state)
  const candidate = inHand(state)
  const error = Errors.make(doubt.evidence.error.reason, {
    operation: "send",
    carrierId: candidate.carrierId,
    certainty: "not-sent",
    blame: doubt.evidence.error.blame,
    next: "reroute",
    detail: "an operator found that it was not sent"
  })
  const { doubt: _, result: __, ...rest } = state
  return after(
    [note({ _tag: "Settled", deliveryId: state.deliveryId, at, ...named(candidate), arrived: false, by: "operator" })],
    notSent(record(rest, at, { outcome: "rejected", why: error.message, error, moved: true }), error, at)
  )
}

const abandoned = (state: State, at: number): Step => {
  if (state.abandoned || state.result !== undefined) return stay(state)
  const left: State = { ...state, abandoned: true }
  const commands = [note({ _tag: "Abandoned", deliveryId: state.deliveryId, at })]
  switch (state.phase._tag) {
    case "Idle":
    case "Admitting":
      return after(commands, notSent(left, cancelled(left), at))
    case "Resting":
      if (state.phase.next === "look") return after(commands, unresolved(left, at))
      return after(
        commands,
        state.taken.length > 0
          ? partial(left, Outcomes.rejected(cancelled(left), left.losses), at)
          : notSent(left, cancelled(left), at)
      )
    default:
      // what is under way ends by itself and is recorded
      return { state: left, commands }
  }
}

export const decide = (state: State, event: Event): Step => {
  const { _tag: phase } = state.phase
  switch (event._tag) {
    case "Started":
      return phase === "Idle" ? consider(state, event.at) : stay(state)
    case "Admitted":
      return phase === "Admitting" ? ask(state, event.at) : stay(state)
    case "Barred":
      return phase === "Admitting" ? barred(state, event) : stay(state)
    case "Sent":
      return phase === "Sending" ? sent(state, event) : stay(state)
    case "Looked":
      return phase === "Looking" ? looked(state, event) : stay(state)
    case "Woke":
      return state.phase._tag !== "Resting"
        ? stay(state)
        : state.phase.next === "look"
        ? look(state, event.at)
        : state.phase.next === "send"
        ? send(state, event.at)
        : consider(state, event.at)
    case "Observed":
      return observed(state, event)
    case "Denied":
      return denied(state, event.at)
    case "Abandoned":
      return abandoned(state, event.at)
  }
}
