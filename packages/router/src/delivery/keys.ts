/** Sends under a caller's key: one of any number of equal sends runs, and the others wait for it. */
import type { Prepared } from "@interline/core/Backend"
import * as Defect from "@interline/core/Defect"
import type { DeliveryId } from "@interline/core/DeliveryId"
import * as Messaging from "@interline/core/Messaging"
import * as MessagingError from "@interline/core/MessagingError"
import * as Outcome from "@interline/core/Outcome"
import * as Problem from "@interline/core/Problem"
import * as SendError from "@interline/core/SendError"
import * as Time from "@interline/core/Time"
import type * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Decide from "../decision/Decide.ts"
import type * as Decision from "../decision/Decision.ts"
import type { Entry } from "../ledger/Ledger.ts"
import * as RouteSettings from "../policy/routeSettings.ts"
import * as Begin from "./begin.ts"
import * as Deliver from "./deliver.ts"
import * as Job from "./job.ts"
import * as Leases from "./leases.ts"

export interface Parts extends Deliver.Parts {
  readonly fingerprintOf: (prepared: Prepared) => Effect.Effect<string>
}

const pollEvery = 250

const keyTaken: Problem.Problem = Problem.make(
  "key",
  ["options", "key"],
  "the key was used for another conversation or draft; take a new one"
)

const unreachable = MessagingError.make("Unavailable", {
  operation: "send",
  certainty: "unknown",
  next: "retry",
  detail: "the ledger cannot be reached: this send was not begun, and whether an equal one was is not known; ask again under the same key"
})

const toConflict = (deliveryId: DeliveryId): SendError.SendError => SendError.invalid(deliveryId, [keyTaken])

const toStillRunning = ({ policy }: Parts, id: DeliveryId, prepared: Prepared, at: number): SendError.SendError => {
  const error = MessagingError.make("Timeout", {
    operation: "send",
    blame: "caller",
    detail: "the first send under this key has not ended yet; ask again under the same key"
  })
  const answer = Messaging.conclude(id, prepared, Outcome.unknown({ error, parts: [], step: 0, startedAt: at }), [{
    carrierId: policy.prefer[0],
    line: prepared.conversation.line,
    outcome: "skipped",
    why: "the key's first send was waited for",
    startedAt: at,
    millis: 0
  }])
  return Either.isLeft(answer) ? answer.left : new SendError.Invalid({ deliveryId: id, losses: [], attempts: [], problems: [] })
}

/** Before it has its lane, nothing is known of a delivery but its content and its recipients. Its route is made later. */
const toWaiting = ({ policy }: Parts, job: Job.Job): Decision.State =>
  Decide.initial(
    job.id,
    [{ carrierId: policy.prefer[0], line: job.prepared.conversation.line, reconcile: "none", replayFor: 0 }],
    RouteSettings.settings(policy, undefined, { at: Job.now(job), jitter: Begin.jitterOf(job.id) }, true)
  )

/** What of a send under a key stays the same while it waits. */
interface Call {
  readonly prepared: Prepared
  /** How long it waits for another process, in milliseconds of `Time.steadyMillis`. */
  readonly until: number
  readonly restore: Deliver.Restore
  /** Asks for the key once more, if its first send gives it back. */
  readonly again: Deliver.Delivering | undefined
}

/** Waits for the first send under a key, here or in another process, and takes it over from a process that is gone. */
const join = (parts: Parts, id: DeliveryId, call: Call): Deliver.Delivering =>
  Effect.suspend(() => {
    const { again, prepared, restore, until } = call
    const job = parts.jobs.running.get(id)
    if (job !== undefined) return Deliver.wait(parts, job, restore)
    return Effect.flatMap(parts.ledger.read(id), (read) => {
      // the key was given back meanwhile, and another send may have it by now
      if ((Option.isNone(read) || Job.wasGivenBack(read.value)) && again !== undefined) return again
      const answer = Option.getOrUndefined(Option.map(read, Job.answerStored))
      if (answer !== undefined) return answer
      return Effect.flatMap(Effect.zip(Leases.takeOver(parts, id), Effect.clock), ([left, clock]) => {
        // nothing has left of what the process left behind, so the next send under the key sends it
        if (left?.state.phase._tag === "Idle") return Deliver.start(parts, Job.make(id, prepared, parts.steadyOf(clock)), left, restore)
        if (left !== undefined) return join(parts, id, call)
        const rest = until - Time.steadyMillis(clock)
        return rest <= 0
          ? Effect.fail(toStillRunning(parts, id, prepared, clock.unsafeCurrentTimeMillis()))
          : Effect.zipRight(restore(Effect.sleep(Math.min(pollEvery, rest))), join(parts, id, call))
      })
    })
  })

/**
 * The ledger failed before anything was tried. What it may have written all the same is given back, or taken over by the next send under the
 * key. Only a ledger that can be read says that no other send has the key. Otherwise an equal send may have gone before.
 */
const failClaim = (parts: Parts, job: Job.Job, entry: Entry, cause: Cause.Cause<never>): Effect.Effect<never, SendError.SendError> =>
  Effect.gen(function*() {
    const { ledger, policy } = parts
    yield* Effect.logError("a key could not be claimed", Defect.placesIn(cause))
    yield* Effect.catchAllCause(
      ledger.release(entry),
      (again) => Effect.logError("a key could not be given back", Defect.placesIn(again))
    )
    const isReadable = yield* Effect.catchAllCause(Effect.as(ledger.read(job.id), true), () => Effect.succeed(false))
    const at = Job.now(job)
    const outcome = isReadable ? Job.toBroken(job, at) : Outcome.unknown({ error: unreachable, parts: [], step: 0, startedAt: at })
    const answer = Job.toAnswer(job, undefined, outcome, at, policy.prefer[0])
    return yield* Either.isLeft(answer) ? Effect.fail(answer.left) : Effect.failCause(cause)
  })

const claim = (parts: Parts, key: string, fingerprint: string, job: Job.Job, call: Call): Deliver.Delivering => {
  const { ledger, lease, policy, records } = parts
  const entry = { ...records.entryOf(job, toWaiting(parts, job), Job.now(job)), key }
  const claiming = ledger.claim({ entry, fingerprint, keepFor: policy.keys.rememberFor, lease })
  return Effect.flatMap(Effect.catchAllCause(claiming, (cause) => failClaim(parts, job, entry, cause)), (claimed) => {
    switch (claimed._tag) {
      case "Owned":
        return Deliver.start(parts, job, entry, call.restore)
      case "Conflict":
        return Effect.fail(toConflict(claimed.deliveryId))
      case "InFlight":
        return join(parts, claimed.deliveryId, { ...call, again: Effect.suspend(() => claim(parts, key, fingerprint, job, call)) })
      case "Done":
        return join(parts, claimed.deliveryId, call)
    }
  })
}

/** Runs a delivery under its key, or answers what came of the first send under that key. */
export const runUnderKey = (parts: Parts) => (key: string, job: Job.Job, restore: Deliver.Restore): Deliver.Delivering =>
  Effect.flatMap(parts.fingerprintOf(job.prepared), (fingerprint) =>
    claim(parts, key, fingerprint, job, {
      prepared: job.prepared,
      until: Job.millis(job) + parts.policy.deadlines.send,
      restore,
      again: undefined
    }))
