/** One try at a carrier. What is about to leave is on record before it does, or does not leave. */
import type * as Carrier from "@interline/core/Carrier"
import type { CarrierId } from "@interline/core/CarrierId"
import * as Defect from "@interline/core/Defect"
import * as MessagingError from "@interline/core/MessagingError"
import type * as OperationSignatures from "@interline/core/OperationSignatures"
import type { Outcome } from "@interline/core/Outcome"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type { Event, State } from "../decision/Decision.ts"
import type { Action } from "../health/engine.ts"
import * as Affinity from "../policy/Affinity.ts"
import type { Complete } from "../policy/Policy.ts"
import * as Span from "../runtime/span.ts"
import { type Job, millis, now, toCutOff } from "./job.ts"
import type { Records } from "./recordTurn.ts"
import type { Wait } from "./runFor.ts"

type Send = Action & { readonly _tag: "Send" }

export interface Parts {
  readonly policy: Complete
  readonly carriers: ReadonlyMap<CarrierId, Carrier.Carrier>
  readonly records: Records
  readonly isClosing: () => boolean
}

export const toRequest = (job: Job, generation: number): OperationSignatures.SendRequest => {
  const { conversation, draft, replyTo } = job.prepared
  return {
    deliveryId: job.id,
    generation,
    conversation,
    draft,
    fidelity: job.fidelity,
    retry: { times: 0 },
    ...(replyTo === undefined ? {} : { replyTo })
  }
}

export const progressOf = ({ progress }: Job, generation: number): OperationSignatures.Progress | undefined =>
  progress?.generation === generation ? progress.of : undefined

/** After a move the draft goes out with the continuation, unless the carrier could not carry that. */
const sendContinued = (
  policy: Complete,
  job: Job,
  carrier: Carrier.Carrier,
  request: OperationSignatures.SendRequest
): Effect.Effect<Outcome> => {
  const continuation = Affinity.continuationOf(policy, job.binding, job.isBound, carrier.id)
  if (continuation === undefined || request.resume !== undefined || request.confirmsOptOut === true) return carrier.send(request)
  const { conversation, fidelity, replyTo } = request
  const draft = Affinity.withContinuation(request.draft, continuation)
  return Effect.flatMap(
    carrier.plan({ conversation, draft, fidelity, ...(replyTo === undefined ? {} : { replyTo }) }),
    (plan) => carrier.send(plan._tag === "Sendable" ? { ...request, draft } : request)
  )
}

/** Why a try was ended before its answer came. `reasonOf` depends on whether anything may have left. */
interface Cut {
  readonly blame: MessagingError.Blame
  readonly why: string
  readonly reasonOf?: (certainty: MessagingError.Certainty) => MessagingError.ReasonTag
}

const proven: Cut = { blame: "caller", why: "a fact showed that the carrier took it before its answer came" }
const closed: Cut = { blame: "caller", why: "the router was closed" }
const sendTimedOut: Cut = { blame: "caller", why: "the send's deadline passed" }
const attemptTimedOut: Cut = { blame: "network", why: "the attempt's deadline passed" }
const adapterFailed: Cut = {
  blame: "carrier",
  why: "the carrier's adapter failed",
  reasonOf: (certainty) => certainty === "unknown" ? "BadResponse" : "Cancelled"
}

/** What is certain of a try that was ended before its answer came. */
const toOutcome = (job: Job, { candidate, generation, taken }: Send, { blame, reasonOf = () => "Timeout", why }: Cut): Outcome =>
  toCutOff(job.id, generation, progressOf(job, generation), taken, (certainty) =>
    MessagingError.make(reasonOf(certainty), {
      operation: "send",
      carrierId: candidate.carrierId,
      certainty,
      blame,
      next: certainty === "unknown" ? "reconcile" : "reroute",
      detail: why
    }))

const stepsOf = (job: Job, generation: number): State["steps"] => progressOf(job, generation)?.plan.steps.map(({ parts }) => parts) ?? []

/**
 * How long it may take to write down what is about to leave, in milliseconds. A process that was frozen meanwhile may have lost its shard, so
 * it writes again, and the ledger says whether the delivery is still its own.
 */
const longestWrite = 2_000

/** Writes down what is about to leave. If that fails, or the delivery is another process's by now, nothing leaves: the try is interrupted. */
const writeProgress = (
  { records }: Parts,
  job: Job,
  { generation, until }: Send,
  progress: OperationSignatures.Progress
): Effect.Effect<void> => {
  const { progress: before, state } = job
  job.progress = { generation, of: progress }
  if (state === undefined) return Effect.void
  const write = (from: number): Effect.Effect<void> =>
    records.save<void>(job, state, now(job), {
      onKept: () =>
        millis(job) - from <= longestWrite
          ? Effect.void
          // time or a fact may have ended this try meanwhile: then what was decided since must not be written over
          : now(job) < until && job.state === state
          ? write(millis(job))
          : Effect.interrupt,
      onLost: () => Effect.interrupt
    })
  return Effect.uninterruptible(
    Effect.catchAllCause(write(millis(job)), (cause) => {
      // of a delivery that is lost it is still known here which steps were taken
      if (!job.isLost) job.progress = before
      if (!Cause.isInterruptedOnly(cause)) job.defect = cause
      return Effect.failCause(cause)
    })
  )
}

/** Asks the carrier, and gives what came of it as an event. */
export const send = (parts: Parts, job: Job, action: Send): Wait<Outcome, Event> => {
  const { candidate, generation, step, taken, until } = action
  const carrier = parts.carriers.get(candidate.carrierId)
  // a plan of which nothing was taken is made again
  if (step === 0) job.progress = undefined
  job.isProven = false
  const known = progressOf(job, generation)
  const resume: OperationSignatures.Progress | undefined = known === undefined ? undefined : { ...known, step, receipts: taken }
  // looks, replays and what another process takes over say nothing of a confirmation, so the fence refuses them
  const confirms = resume === undefined && job.prepared.confirmsOptOut === true
  const request: OperationSignatures.SendRequest = {
    ...toRequest(job, generation),
    ...(resume === undefined ? {} : { resume }),
    ...(confirms ? { confirmsOptOut: true } : {}),
    onProgress: (progress) => writeProgress(parts, job, action, progress)
  }
  const { effect, leave } = Span.within(
    "Router.attempt",
    { delivery: job.id, carrier: candidate.carrierId, line: candidate.line, generation },
    job.clock,
    carrier === undefined ? Effect.dieMessage(`no carrier ${candidate.carrierId}`) : sendContinued(parts.policy, job, carrier, request)
  )
  const cutOf = (): Cut =>
    job.isProven
      ? proven
      : parts.isClosing()
      ? closed
      : until >= (job.state?.settings.deadline ?? until)
      ? sendTimedOut
      : attemptTimedOut
  const toEvent = (exit: Exit.Exit<Outcome> | undefined): Effect.Effect<Event> => {
    const at = now(job)
    // the store's failure is not the carrier's
    if (job.defect !== undefined) return Effect.zipRight(leave(exit, undefined), Effect.failCause(job.defect))
    const outcome = exit === undefined
      ? toOutcome(job, action, cutOf())
      : Exit.isSuccess(exit)
      ? exit.value
      : toOutcome(job, action, adapterFailed)
    const left = leave<Event>(exit, { _tag: "Sent", at, outcome, steps: stepsOf(job, generation) })
    return exit === undefined || Exit.isSuccess(exit) || Cause.isInterruptedOnly(exit.cause)
      ? left
      : Effect.zipLeft(left, Effect.logError("a carrier's adapter failed", Defect.placesIn(exit.cause)))
  }
  return { until, effect, toEvent }
}
