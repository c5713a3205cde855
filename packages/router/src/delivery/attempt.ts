/** What takes time: a try at a carrier, and a look for a lost answer. */
import type * as Carrier from "@interline/core/Carrier"
import type { CarrierId } from "@interline/core/CarrierId"
import * as Defect from "@interline/core/Defect"
import * as MessageRef from "@interline/core/MessageRef"
import * as MessagingError from "@interline/core/MessagingError"
import type * as Operations from "@interline/core/Operations"
import type { Outcome } from "@interline/core/Outcome"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import type { Event, Found, State } from "../decision/Decision.ts"
import type { Action } from "../health/engine.ts"
import type { Entry, LedgerService } from "../ledger/Ledger.ts"
import * as Affinity from "../policy/Affinity.ts"
import type { Complete } from "../policy/Policy.ts"
import * as Span from "../runtime/span.ts"
import { cutOff, type Job, now } from "./job.ts"
import type { Records } from "./record.ts"

/** Runs what takes time until `until`, or until a fact decides otherwise; then there is no exit. */
export type Under = <A>(
  job: Job,
  until: number,
  effect: Effect.Effect<A>,
  goOn: (exit: Exit.Exit<A> | undefined) => Effect.Effect<void>
) => Effect.Effect<void>

export interface Setup {
  readonly policy: Complete
  readonly carriers: ReadonlyMap<CarrierId, Carrier.Carrier>
  readonly ledger: LedgerService
  readonly isClosing: () => boolean
}

type GoOn = (event: Event) => Effect.Effect<void>

export interface Attempts {
  readonly send: (job: Job, action: Action & { readonly _tag: "Send" }, goOn: GoOn) => Effect.Effect<void>
  readonly lookUp: (job: Job, action: Action & { readonly _tag: "Look" }, goOn: GoOn) => Effect.Effect<void>
  /** Looks once; whether that may send is the carrier's way of looking. */
  readonly find: (
    at: { readonly carrierId: CarrierId },
    request: Operations.SendRequest,
    entry: Entry,
    progress: Operations.Progress | undefined
  ) => Effect.Effect<Found>
}

export const unproven = (why: string): Found => ({ _tag: "Unproven", why })

export const make = ({ carriers, isClosing, ledger, policy }: Setup, { save }: Records, under: Under): Attempts => {
  const request = (job: Job, action: Action & { readonly _tag: "Send" | "Look" }): Operations.SendRequest => {
    const { conversation, draft, replyTo } = job.prepared
    return {
      deliveryId: job.id,
      generation: action.generation,
      conversation,
      draft,
      fidelity: job.fidelity,
      retry: { times: 0 },
      ...(replyTo === undefined ? {} : { replyTo })
    }
  }

  /** After a move the draft goes out with the continuation, unless the carrier could not carry that. */
  const continued = (job: Job, carrier: Carrier.Carrier, sending: Operations.SendRequest): Effect.Effect<Operations.SendRequest> => {
    const bound = Option.getOrUndefined(job.binding)
    const { continuation } = policy.affinity
    const moves = continuation !== undefined && job.isBound && bound !== undefined && bound.carrierId !== carrier.id
    if (!moves || sending.resume !== undefined || sending.confirmsOptOut === true) return Effect.succeed(sending)
    const { conversation, fidelity, replyTo } = sending
    const draft = Affinity.withContinuation(sending.draft, continuation)
    return Effect.map(
      carrier.plan({ conversation, draft, fidelity, ...(replyTo === undefined ? {} : { replyTo }) }),
      (plan) => plan._tag === "Sendable" ? { ...sending, draft } : sending
    )
  }

  /** What is certain of a try that was ended before its answer came. */
  const interrupted = (
    job: Job,
    action: Action & { readonly _tag: "Send" },
    blame: MessagingError.Blame,
    why: string,
    reason: (certainty: MessagingError.Certainty) => MessagingError.ReasonTag = () => "Timeout"
  ): Outcome => {
    const { candidate, generation } = action
    const progress = job.progress?.generation === generation ? job.progress.of : undefined
    const made = (certainty: MessagingError.Certainty) =>
      MessagingError.make(reason(certainty), {
        operation: "send",
        carrierId: candidate.carrierId,
        certainty,
        blame,
        next: certainty === "unknown" ? "reconcile" : "reroute",
        detail: why
      })
    return cutOff(job.id, generation, progress, action.taken, made)
  }

  const stepsOf = (job: Job, generation: number): State["steps"] =>
    job.progress?.generation === generation ? job.progress.of.plan.steps.map(({ parts }) => parts) : []

  const send = (job: Job, action: Action & { readonly _tag: "Send" }, goOn: GoOn): Effect.Effect<void> => {
    const { candidate, generation, step, taken, until } = action
    const carrier = carriers.get(candidate.carrierId)
    // a plan of which nothing was taken is made again
    if (step === 0) job.progress = undefined
    job.proven = false
    const before = job.progress
    const resume: Operations.Progress | undefined = before === undefined || before.generation !== generation
      ? undefined
      : { ...before.of, step, receipts: taken }
    // what is about to leave is on record before it does, or does not leave
    const onProgress = (progress: Operations.Progress): Effect.Effect<void> => {
      const { progress: before, state } = job
      job.progress = { generation, of: progress }
      return state === undefined
        ? Effect.void
        : Effect.uninterruptible(
          Effect.catchAllCause(save(job, state, now(job), () => Effect.void, () => Effect.interrupt), (cause) => {
            // whoever lost the delivery still knows which steps were taken
            if (!job.lost) job.progress = before
            if (!Cause.isInterruptedOnly(cause)) job.defect = cause
            return Effect.failCause(cause)
          })
        )
    }
    // looks, replays and what another process takes over say nothing of a confirmation, so the fence refuses them
    const confirms = resume === undefined && job.prepared.confirmsOptOut === true
    const asked: Operations.SendRequest = {
      ...request(job, action),
      ...(resume === undefined ? {} : { resume }),
      ...(confirms ? { confirmsOptOut: true } : {}),
      onProgress
    }
    const sending: Effect.Effect<Outcome> = carrier === undefined
      ? Effect.dieMessage(`no carrier ${candidate.carrierId}`)
      : Effect.flatMap(continued(job, carrier, asked), carrier.send)
    const ended = (exit: Exit.Exit<Outcome> | undefined): Effect.Effect<void> => {
      const at = now(job)
      // the store's failure is not the carrier's
      if (job.defect !== undefined) return Effect.failCause(job.defect)
      const sent = (outcome: Outcome) => goOn({ _tag: "Sent", at, outcome, steps: stepsOf(job, generation) })
      if (exit === undefined && job.proven) {
        return sent(interrupted(job, action, "caller", "a fact showed that the carrier took it before its answer came"))
      }
      if (exit === undefined) {
        const ours = isClosing() || until >= (job.state?.settings.deadline ?? until)
        return sent(
          interrupted(
            job,
            action,
            ours ? "caller" : "network",
            isClosing() ? "the router was closed" : ours ? "the send's deadline passed" : "the attempt's deadline passed"
          )
        )
      }
      if (Exit.isSuccess(exit)) return sent(exit.value)
      const outcome = interrupted(
        job,
        action,
        "carrier",
        "the carrier's adapter failed",
        (certainty) => certainty === "unknown" ? "BadResponse" : "Cancelled"
      )
      return Cause.isInterruptedOnly(exit.cause)
        ? sent(outcome)
        : Effect.zipRight(Effect.logError("a carrier's adapter failed", Defect.placesIn(exit.cause)), sent(outcome))
    }
    const attributes = { delivery: job.id, carrier: candidate.carrierId, line: candidate.line, generation }
    return Span.within(
      "Router.attempt",
      attributes,
      job.clock,
      (leave) => under(job, until, sending, (exit) => Effect.flatMap(leave(exit), () => ended(exit)))
    )
  }

  const suspects = (entry: Entry): Effect.Effect<Operations.Suspects> =>
    Effect.map(ledger.rivals(entry), (rivals) => ({
      rivals,
      ...(entry.state.doubt?.evidence.ref === undefined ? {} : { ref: entry.state.doubt.evidence.ref }),
      taken: (refs: ReadonlyArray<MessageRef.MessageRef>) =>
        Effect.map(ledger.owners(refs), (owners) => {
          const taken = new Set<string>()
          for (const [ref, id] of owners) if (id !== entry.id) taken.add(ref)
          for (const receipt of entry.state.taken) taken.add(MessageRef.format(receipt.ref))
          return taken
        })
    }))

  /** A list was read while others may have been sending: what is another's by now, or may be, is not taken for this one's. */
  const unlessClaimed = (entry: Entry, before: Operations.Suspects, finding: Found & { readonly _tag: "Found" }): Effect.Effect<Found> =>
    Effect.flatMap(
      suspects(entry),
      ({ rivals, taken }) =>
        Effect.map(
          taken([finding.receipt.ref]),
          (refs) =>
            rivals > before.rivals || refs.size > 0 ? unproven("another send of the same content was under way during the look") : finding
        )
    )

  const find: Attempts["find"] = ({ carrierId }, request, entry, progress) => {
    const look = carriers.get(carrierId)?.reconciliation?.send
    return look === undefined || progress === undefined
      ? Effect.succeed(unproven("the carrier has no way to look"))
      : Effect.flatMap(
        suspects(entry),
        (before) =>
          Effect.flatMap(
            look.find(request, progress, before),
            (finding) => finding._tag !== "Found" || look.way === "replay" ? Effect.succeed(finding) : unlessClaimed(entry, before, finding)
          )
      )
  }

  const lookUp = (job: Job, action: Action & { readonly _tag: "Look" }, goOn: GoOn): Effect.Effect<void> => {
    const progress = job.progress?.generation === action.generation ? job.progress.of : undefined
    const { entry, state } = job
    const looking = entry === undefined || state === undefined
      ? Effect.succeed(unproven("nothing is on record"))
      : find(action.candidate, request(job, action), { ...entry, state }, progress)
    return under(job, action.until, looking, (exit) =>
      goOn({
        _tag: "Looked",
        at: now(job),
        finding: exit === undefined
          ? unproven("the look did not end in time")
          : Exit.isSuccess(exit)
          ? exit.value
          : unproven("the carrier's adapter failed")
      }))
  }

  return { send, lookUp, find }
}
