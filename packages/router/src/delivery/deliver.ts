/** Starts deliveries, each in a fiber of its own. Callers only wait for it. */
import type { Prepared } from "@interline/core/Backend"
import * as Conversation from "@interline/core/Conversation"
import type { Delivery } from "@interline/core/Delivery"
import type { DeliveryId } from "@interline/core/DeliveryId"
import type * as SendError from "@interline/core/SendError"
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as DefaultServices from "effect/DefaultServices"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import type { Entry } from "../ledger/Ledger.ts"
import * as Shard from "../ledger/Shard.ts"
import { NotOwner, type Passed } from "../ownership/Runner.ts"
import * as SteadyClock from "../runtime/steadyClock.ts"
import * as ApplyFact from "./applyFact.ts"
import * as Begin from "./begin.ts"
import * as Job from "./job.ts"
import * as Loop from "./loop.ts"

export type Delivering = Effect.Effect<Delivery, SendError.SendError | NotOwner>
export type Restore = <A, E>(effect: Effect.Effect<A, E>) => Effect.Effect<A, E>

export interface Parts extends Begin.Parts {
  /** Asks once more for a delivery that went on elsewhere while it ran here. */
  readonly rejoin: (job: Job.Job, restore: Restore) => Delivering
  /** Answers what is on record of a delivery, or that it is not sent because the router is closing. */
  readonly refuse: (id: DeliveryId, prepared: Prepared) => Delivering
  /** Gives one clock until the time of day was set, and then another. */
  readonly steadyOf: (clock: Clock.Clock) => SteadyClock.Steady
}

/** Waits for a delivery. A caller that goes away while no other caller waits abandons it. */
export const wait = ({ engine, rejoin }: Parts, job: Job.Job, restore: Restore): Delivering => {
  job.waiters += 1
  const waiting = Effect.matchCauseEffect(restore(Deferred.await(job.done)), {
    onSuccess: (answer): Delivering => Either.isLeft(answer) && answer.left._tag === "NotOwner" ? rejoin(job, restore) : answer,
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

/** Runs a delivery in a fiber of its own, which is as uninterruptible as this one. */
export const fork = (parts: Begin.Parts, job: Job.Job): Effect.Effect<unknown> => {
  parts.jobs.running.set(job.id, job)
  return Effect.forkDaemon(SteadyClock.drive(job.clock, () => Loop.recordDefects(parts, job, Begin.begin(parts, job))))
}

/**
 * Runs a delivery, which is on record as `entry` if it has a key, and waits for it. If its claim was answered late, another caller may have
 * taken it over: then it runs here already, or does in a moment.
 */
export const start = (parts: Parts, job: Job.Job, entry: Entry | undefined, restore: Restore): Delivering => {
  const { jobs: { adopting, running } } = parts
  const same = running.get(job.id)
  if (same !== undefined) return wait(parts, same, restore)
  const taking = adopting.get(job.id)
  if (taking !== undefined) {
    // if that fails, the delivery is on record and can be taken up
    return Effect.flatMap(Effect.exit(Deferred.await(taking)), () => {
      const taken = running.get(job.id)
      return taken === undefined ? parts.rejoin(job, restore) : wait(parts, taken, restore)
    })
  }
  job.entry = entry
  return Effect.flatMap(fork(parts, job), () => wait(parts, job, restore))
}

/** This process takes nothing new. What runs here already is waited for, and of anything else the answer is what the ledger knows. */
const refuseClosing = (parts: Parts, id: DeliveryId, prepared: Prepared, restore: Restore): Delivering => {
  const same = parts.jobs.running.get(id)
  return same === undefined ? parts.refuse(id, prepared) : wait(parts, same, restore)
}

/** The call of a delivery has ended. If the delivery goes on in another process, it may come back, and has no place here then. */
const settlePlace = (parts: Parts, job: Job.Job, exit: Exit.Exit<Delivery, SendError.SendError | NotOwner>): Effect.Effect<void> =>
  Exit.isFailure(exit) && Option.exists(Cause.failureOption(exit.cause), ({ _tag }) => _tag === "NotOwner")
    ? Effect.sync(() => parts.jobs.arrivals.forget(job.id))
    : Begin.passPlace(parts, job)

/** Runs a delivery as `underKey` says if it has a key, and at once if it has none. */
export const deliver = (
  parts: Parts,
  underKey: (key: string, job: Job.Job, restore: Restore) => Delivering,
  id: DeliveryId,
  prepared: Prepared,
  passed?: Passed
): Delivering =>
  Effect.uninterruptibleMask((restore) =>
    // the fiber's clock, without a step for each layer of its reading
    Effect.withFiberRuntime<Delivery, SendError.SendError | NotOwner>((fiber) => {
      const clock = Context.get(fiber.getFiberRef(DefaultServices.currentServices), Clock.Clock)
      const shard = Shard.of(Conversation.key(prepared.conversation))
      const epoch = parts.jobs.epochs.get(shard)
      // what another process has may be sent there, so this one cannot say that it is not
      if (epoch === undefined) return new NotOwner({ shard })
      if (parts.isClosing()) return refuseClosing(parts, id, prepared, restore)
      if (passed !== undefined) parts.jobs.arrivals.come(id)
      const within = Math.min(passed?.within ?? Number.POSITIVE_INFINITY, parts.policy.deadlines.send)
      const job = Job.make(id, prepared, parts.steadyOf(clock), { epoch, within, follows: passed?.follows })
      const delivering = prepared.key === undefined ? start(parts, job, undefined, restore) : underKey(prepared.key, job, restore)
      return passed === undefined ? delivering : Effect.onExit(delivering, (exit) => settlePlace(parts, job, exit))
    })
  )
