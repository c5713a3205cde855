/** Starts deliveries, each in a fiber of its own. Callers only wait for it. */
import type { Prepared } from "@interline/core/Backend"
import type { Delivery } from "@interline/core/Delivery"
import type { DeliveryId } from "@interline/core/DeliveryId"
import * as MessagingError from "@interline/core/MessagingError"
import * as SendError from "@interline/core/SendError"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as DefaultServices from "effect/DefaultServices"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import { identity } from "effect/Function"
import type { Entry } from "../ledger/Ledger.ts"
import * as SteadyClock from "../runtime/steadyClock.ts"
import * as ApplyFact from "./applyFact.ts"
import * as Begin from "./begin.ts"
import * as Job from "./job.ts"
import * as Loop from "./loop.ts"

export type Delivering = Effect.Effect<Delivery, SendError.SendError>
export type Restore = <A, E>(effect: Effect.Effect<A, E>) => Effect.Effect<A, E>

export interface Parts extends Begin.Parts {
  /** Open while deliveries run: then there may be something to renew. */
  readonly busy: Effect.Latch
  /** Gives one clock until the time of day was set, and then another. */
  readonly steadyOf: (clock: Clock.Clock) => SteadyClock.Steady
}

/** Waits for a delivery. A caller that goes away while no other caller waits abandons it. */
export const wait = ({ engine }: Parts, job: Job.Job, restore: Restore): Delivering => {
  job.waiters += 1
  const waiting = Effect.matchCauseEffect(restore(Deferred.await(job.done)), {
    onSuccess: identity,
    onFailure: (cause) => {
      job.waiters -= 1
      const failed = Effect.failCause(cause)
      return job.waiters > 0
        ? failed
        : Effect.zipRight(ApplyFact.applyFact(engine, job, { _tag: "Abandoned", at: Job.now(job) }), failed)
    }
  })
  return job.waiters === 1 && job.state?.abandoned === true
    ? Effect.zipRight(ApplyFact.applyFact(engine, job, { _tag: "Rejoined", at: Job.now(job) }), waiting)
    : waiting
}

/**
 * Runs a delivery, which is on record as `entry` if it has a key, and waits for it. If its claim was answered late, another caller may have
 * taken it over: then it runs here already.
 */
export const start = (parts: Parts, job: Job.Job, entry: Entry | undefined, restore: Restore): Delivering => {
  const { busy, jobs: { running } } = parts
  const same = running.get(job.id)
  if (same !== undefined) return wait(parts, same, restore)
  job.entry = entry
  job.renewedAt = Job.millis(job)
  if (running.set(job.id, job).size === 1) busy.unsafeOpen()
  // the new fiber is as uninterruptible as this one
  const beginning = SteadyClock.drive(job.clock, () => Loop.recordDefects(parts, job, Begin.begin(parts, job)))
  return Effect.flatMap(Effect.forkDaemon(beginning), () => wait(parts, job, restore))
}

const refuseClosing = ({ policy }: Parts, id: DeliveryId, prepared: Prepared, at: number): Delivering =>
  Effect.fail(
    new SendError.NotSent({
      deliveryId: id,
      losses: [],
      attempts: Job.attemptsOf(undefined, { carrierId: policy.prefer[0], line: prepared.conversation.line }, at),
      error: MessagingError.make("Cancelled", { operation: "send", detail: "the router is closing" })
    }, { disableValidation: true })
  )

/** Runs a delivery as `underKey` says if it has a key, and at once if it has none. */
export const deliver = (
  parts: Parts,
  underKey: (key: string, job: Job.Job, restore: Restore) => Delivering,
  id: DeliveryId,
  prepared: Prepared
): Delivering =>
  Effect.uninterruptibleMask((restore) =>
    // the fiber's clock, without a step for each layer of its reading
    Effect.withFiberRuntime<Delivery, SendError.SendError>((fiber) => {
      const clock = Context.get(fiber.getFiberRef(DefaultServices.currentServices), Clock.Clock)
      if (parts.isClosing()) return refuseClosing(parts, id, prepared, clock.unsafeCurrentTimeMillis())
      const job = Job.make(id, prepared, parts.steadyOf(clock))
      return prepared.key === undefined ? start(parts, job, undefined, restore) : underKey(prepared.key, job, restore)
    })
  )
