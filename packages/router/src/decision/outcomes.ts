/** Ends a delivery. Every end that says "not sent" goes through `endNotSent`, which checks the earlier attempts. */
import * as MessagingError from "@interline/core/MessagingError"
import * as Outcome from "@interline/core/Outcome"
import type { Behind, Command, Result, State, Step } from "./Decision.ts"
import { after, amend, inHand, isAsked, leave, named, note, resume, stay, withReceipt } from "./state.ts"

const concluded = {
  Accepted: "accepted",
  Rejected: "not-sent",
  Partial: "partial",
  Unknown: "held"
} as const satisfies Record<Outcome.Outcome["_tag"], string>

const conclude = (state: State, outcome: Outcome.Outcome, at: number, kept: boolean): Step => {
  const { deliveryId } = state
  const reason = Outcome.error(outcome)?.reason
  const place = named(inHand(state))
  const result: Result = { outcome, ...place, kept }
  const held: ReadonlyArray<Command> = outcome._tag === "Unknown"
    ? [note({ _tag: "Held", deliveryId, at, ...place, kept, why: outcome.evidence.error.message })]
    : []
  return {
    state: { ...state, result, phase: { _tag: kept ? "Held" : "Done" } },
    commands: [
      ...held,
      note({
        _tag: "Concluded",
        deliveryId,
        at,
        outcome: concluded[outcome._tag],
        attempts: state.attempts.filter(isAsked).length,
        ...(reason === undefined ? undefined : { reason })
      }),
      { _tag: "Conclude", result }
    ]
  }
}

export const endAccepted = (state: State, at: number): Step => {
  const [first, ...others] = state.taken
  return first === undefined ? stay(state) : conclude(state, Outcome.accepted([first, ...others], state.losses), at, false)
}

/** Ends a delivery of which only `taken` was sent: nothing, or a part of a split draft. `elsewhere`: another attempt may have the rest. */
export const endWith = (state: State, error: MessagingError.MessagingError, at: number, elsewhere?: Outcome.Evidence): Step => {
  const [first, ...others] = state.taken
  return first === undefined
    ? endNotSent(state, error, at)
    : conclude(
      state,
      {
        _tag: "Partial",
        receipts: [first, ...others],
        rest: elsewhere === undefined ? Outcome.rejected(error, state.losses) : Outcome.unknown(elsewhere, state.losses),
        remaining: state.steps.slice(state.step).flat(),
        losses: state.losses
      },
      at,
      false
    )
}

/**
 * Ends a delivery while it is unknown whether the carrier took the step in doubt. If a carrier took a part of a split draft, the result
 * is partial, and the delivery is not held.
 */
export const endUnknown = (state: State, at: number): Step => {
  const { doubt, losses, settings, step, steps } = state
  if (doubt === undefined) return stay(state)
  const [first, ...others] = state.taken
  const rest = Outcome.unknown(doubt.evidence, losses)
  return first === undefined
    ? conclude(state, rest, at, settings.onUnknown !== "fail")
    : conclude(state, { _tag: "Partial", receipts: [first, ...others], rest, remaining: steps.slice(step).flat(), losses }, at, false)
}

const toUnsent = (
  state: State,
  reason: MessagingError.ReasonTag,
  blame: MessagingError.Blame,
  detail: string
): MessagingError.MessagingError =>
  MessagingError.make(reason, {
    operation: "send",
    certainty: "not-sent",
    blame,
    next: "retry",
    detail,
    carrierId: inHand(state).carrierId
  })

export const toCancelled = (state: State): MessagingError.MessagingError =>
  toUnsent(state, "Cancelled", "caller", "the caller stopped waiting; send it again, under a new key if it had one")

/** The error of the last certain refusal. If there was none, a timeout. */
export const toTimeout = (state: State): MessagingError.MessagingError =>
  state.attempts.filter(isAsked).map(({ error }) => error).filter((error) => error?.certainty === "not-sent").at(-1) ??
    toUnsent(state, "Timeout", "network", "the send's deadline passed before a carrier took it")

/** The message of an earlier attempt has arrived. No other carrier is asked, and the rest of a split draft is not sent. */
export const endArrived = (state: State, entry: Behind, at: number): Step => {
  const { receipt } = entry
  if (receipt === undefined) return stay(state)
  const settled = withReceipt(resume(leave(state, state.doubt === undefined ? "refused" : "risk"), entry), receipt)
  const error = toUnsent(settled, "Cancelled", "caller", "its first part was taken for not sent, so the rest did not follow")
  return after(
    [{ _tag: "Bind", candidate: inHand(settled) }],
    settled.step >= settled.steps.length ? endAccepted(settled, at) : endWith(settled, error, at, atRisk(settled)?.doubt?.evidence)
  )
}

/** The first earlier attempt whose message arrived after all. Undefined while the current attempt has a part of the draft. */
export const findArrived = ({ behind, taken }: State): Behind | undefined =>
  taken.length > 0 ? undefined : behind.find(({ receipt }) => receipt !== undefined)

/** The last earlier attempt whose message may have arrived. */
const atRisk = ({ behind }: State): Behind | undefined =>
  behind.filter(({ receipt, why }) => why === "risk" && receipt === undefined).at(-1)

export const endNotSent = (state: State, error: MessagingError.MessagingError, at: number): Step => {
  const come = state.behind.find(({ receipt }) => receipt !== undefined)
  if (come !== undefined) return endArrived(state, come, at)
  const over = leave(state, "refused")
  const risk = atRisk(over)
  // an earlier carrier may have the message, so the certain refusal of the last carrier does not prove "not sent"
  return risk === undefined
    ? conclude(over, Outcome.rejected(error, state.losses), at, false)
    : endUnknown(amend(resume(over, risk), risk.generation, { moved: false }), at)
}
