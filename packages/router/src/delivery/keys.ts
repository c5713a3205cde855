/** Sends under a caller's key: one of any number of equal sends runs, and the others wait for it. */
import type { Prepared } from "@interline/core/Backend"
import * as Conversation from "@interline/core/Conversation"
import * as Defect from "@interline/core/Defect"
import type { DeliveryId } from "@interline/core/DeliveryId"
import * as Problem from "@interline/core/Problem"
import * as SendError from "@interline/core/SendError"
import type * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Decide from "../decision/Decide.ts"
import type * as Decision from "../decision/Decision.ts"
import * as Fingerprint from "../ledger/fingerprint.ts"
import type { Claim, ClaimRequest } from "../ledger/Ledger.ts"
import * as Shard from "../ledger/Shard.ts"
import { NotOwner } from "../ownership/Runner.ts"
import * as RouteSettings from "../policy/routeSettings.ts"
import * as Begin from "./begin.ts"
import * as Deliver from "./deliver.ts"
import * as Job from "./job.ts"
import * as TakeUp from "./takeUp.ts"

const keyTaken: Problem.Problem = Problem.make(
  "key",
  ["options", "key"],
  "the key was used for another conversation or draft; take a new one"
)

export const toConflict = (deliveryId: DeliveryId): SendError.SendError => SendError.invalid(deliveryId, [keyTaken])

/** Before it has its lane, nothing is known of a delivery but its content and its recipients. Its route is made later. */
const toWaiting = ({ policy }: Deliver.Parts, job: Job.Job): Decision.State =>
  Decide.initial(
    job.id,
    [{ carrierId: policy.prefer[0], line: job.prepared.conversation.line, reconcile: "none", replayFor: 0 }],
    RouteSettings.settings(policy, undefined, { at: Job.now(job), jitter: Begin.jitterOf(job.id) }, true)
  )

/** What of a send under a key stays the same while it waits. */
interface Call {
  readonly prepared: Prepared
  readonly restore: Deliver.Restore
  /** Asks for the key once more, if its first send gives it back. */
  readonly again: Deliver.Delivering | undefined
}

/** How often a delivery is read while other processes change it. */
const mostReads = 5

/** Waits for the first send under a key. What was left behind is taken up first. */
const join = (parts: Deliver.Parts, id: DeliveryId, call: Call, reads = mostReads): Deliver.Delivering =>
  Effect.suspend((): Deliver.Delivering => {
    const { again, prepared, restore } = call
    const { epochs, running } = parts.jobs
    const job = running.get(id)
    if (job !== undefined) return Deliver.wait(parts, job, restore)
    const elsewhere = Effect.fail(new NotOwner({ shard: Shard.of(Conversation.key(prepared.conversation)) }))
    return Effect.flatMap(parts.ledger.read(id), (read): Deliver.Delivering => {
      const entry = Option.getOrUndefined(read)
      // the key was given back meanwhile, and another send may have it by now
      if ((entry === undefined || Job.wasGivenBack(entry)) && again !== undefined) return again
      const answer = entry === undefined ? undefined : Job.answerStored(entry)
      if (answer !== undefined) return answer
      if (entry === undefined || reads <= 1 || !epochs.has(Shard.of(entry.conversation))) return elsewhere
      return Effect.flatMap(TakeUp.resume(parts, entry, true), () => join(parts, id, call, reads - 1))
    })
  })

/**
 * The ledger failed before anything was tried. What it may have written all the same is given back, or taken over by the next send under the
 * key. If the ledger says who has the key, the caller is told what comes of that send. Otherwise nothing is known of the key.
 */
const failClaim = (
  parts: Deliver.Parts,
  job: Job.Job,
  entry: ClaimRequest["entry"],
  cause: Cause.Cause<never>,
  call: Call
): Deliver.Delivering =>
  Effect.gen(function*() {
    const { ledger, policy } = parts
    yield* Defect.logUnlessSaid(cause, Effect.logError("a key could not be claimed", Defect.placesIn(cause)))
    yield* Effect.catchAllCause(
      ledger.release(entry),
      (again) => Defect.logUnlessSaid(again, Effect.logError("a key could not be given back", Defect.placesIn(again)))
    )
    const isGone = yield* Effect.catchAllCause(Effect.map(ledger.read(job.id), Option.isNone), () => Effect.succeed(false))
    if (!isGone) parts.jobs.broken.set(job.id, true)
    const first = yield* Effect.option(Effect.sandbox(findOwner(parts, job.id, job.prepared, entry.key)))
    if (isGone && Option.isSome(first)) {
      const { value } = first
      if (value._tag === "InFlight" || value._tag === "Done") return yield* join(parts, value.deliveryId, call)
      if (value._tag === "Conflict") return yield* Effect.fail(toConflict(value.deliveryId))
    }
    const at = Job.now(job)
    const answer = Job.toAnswer(job, undefined, Job.toBroken(job, at, true), at, policy.prefer[0])
    return yield* Either.isLeft(answer) ? Effect.fail(answer.left) : Effect.failCause(cause)
  })

/** How the key of a job is asked for. */
export const toClaim = (parts: Deliver.Parts, key: string, fingerprint: string, job: Job.Job): ClaimRequest => ({
  entry: { ...parts.records.entryOf(job, toWaiting(parts, job), Job.now(job)), key },
  fingerprint,
  keepFor: parts.policy.keys.rememberFor,
  within: job.deadline - Job.now(job)
})

/** No epoch of a shard. A claim under it says who has a key, and takes nothing. */
const noEpoch = -1

/** Who has the key of a send. `Fenced`: nobody. */
export const findOwner = (parts: Deliver.Parts, id: DeliveryId, prepared: Prepared, key: string): Effect.Effect<Claim> =>
  Effect.flatMap(Effect.clock, (clock) => {
    const job = Job.make(id, prepared, parts.steadyOf(clock), { epoch: noEpoch, within: 0 })
    return parts.ledger.claim(toClaim(parts, key, Fingerprint.of(prepared), job))
  })

/**
 * Asks once more for a delivery that another process took over while it ran here. By now this process may have it again, or its key was given back
 * and is another delivery's.
 */
export const rejoin = (parts: Deliver.Parts, { id, prepared }: Job.Job, restore: Deliver.Restore): Deliver.Delivering => {
  const { key } = prepared
  const call: Call = { prepared, restore, again: undefined }
  return key === undefined ? join(parts, id, call) : join(parts, id, {
    ...call,
    again: Effect.flatMap(findOwner(parts, id, prepared, key), (claim): Deliver.Delivering => {
      switch (claim._tag) {
        case "InFlight":
        case "Done":
          return join(parts, claim.deliveryId, call)
        case "Conflict":
          return Effect.fail(toConflict(claim.deliveryId))
        default:
          return join(parts, id, call)
      }
    })
  })
}

const claim = (parts: Deliver.Parts, key: string, fingerprint: string, job: Job.Job, call: Call): Deliver.Delivering => {
  const request = toClaim(parts, key, fingerprint, job)
  const { entry } = request
  const claiming = parts.ledger.claim(request)
  return Effect.flatMap(
    Effect.catchAllCause(
      claiming,
      (cause) => Effect.map(failClaim(parts, job, entry, cause, call), (delivery) => ({ _tag: "Answered" as const, delivery }))
    ),
    (claimed) => {
      switch (claimed._tag) {
        case "Answered":
          return Effect.succeed(claimed.delivery)
        case "Owned":
          // the shard was given up meanwhile: the next owner takes the delivery up
          return parts.jobs.epochs.get(job.shard) === job.epoch
            ? Deliver.start(parts, job, entry, call.restore)
            : Effect.fail(new NotOwner({ shard: job.shard }))
        case "Conflict":
          return Effect.fail(toConflict(claimed.deliveryId))
        case "InFlight":
          // the same call may have come twice, and then it gets its own place
          return Effect.zipRight(
            claimed.deliveryId === job.id ? Effect.void : Begin.passPlace(parts, job),
            join(parts, claimed.deliveryId, {
              ...call,
              again: Effect.suspend(() => claim(parts, key, fingerprint, job, call))
            })
          )
        case "Done":
          return join(parts, claimed.deliveryId, call)
        case "Fenced":
          // this process may have taken the shard again since the delivery began
          if (parts.jobs.epochs.get(job.shard) === job.epoch) parts.jobs.epochs.delete(job.shard)
          return Effect.fail(new NotOwner({ shard: job.shard }))
      }
    }
  )
}

/** Runs a delivery under its key, or answers what came of the first send under that key. */
export const runUnderKey = (parts: Deliver.Parts) => (key: string, job: Job.Job, restore: Deliver.Restore): Deliver.Delivering =>
  claim(parts, key, Fingerprint.of(job.prepared), job, { prepared: job.prepared, restore, again: undefined })
