/** Takes shards, takes up the deliveries that were left behind in them, and gives shards up. */
import type { CarrierId } from "@interline/core/CarrierId"
import * as Defect from "@interline/core/Defect"
import type { DeliveryId } from "@interline/core/DeliveryId"
import * as MessagingError from "@interline/core/MessagingError"
import type * as OperationSignatures from "@interline/core/OperationSignatures"
import * as Time from "@interline/core/Time"
import type * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as FiberId from "effect/FiberId"
import * as Option from "effect/Option"
import type { Doubt, Event, State } from "../decision/Decision.ts"
import type { Entry, TakenOver } from "../ledger/Ledger.ts"
import * as Shard from "../ledger/Shard.ts"
import type * as Begin from "./begin.ts"
import * as Deliver from "./deliver.ts"
import * as Job from "./job.ts"
import * as LookForMessage from "./lookForMessage.ts"

export interface Parts extends Begin.Parts {
  /** Gives one clock until the time of day was set, and then another. */
  readonly steadyOf: Deliver.Parts["steadyOf"]
}

/** How many deliveries are read at a time. */
const batch = 100

const cutOff = (certainty: MessagingError.Certainty, carrierId: CarrierId): MessagingError.MessagingError =>
  MessagingError.make(certainty === "unknown" ? "Transport" : "Cancelled", {
    operation: "send",
    carrierId,
    certainty,
    blame: "caller",
    next: certainty === "unknown" ? "reconcile" : "retry",
    detail: "the process that sent it is gone"
  })

/** The event that ends each phase of a process that is gone. What that process cannot say is not known. */
const toLastEvent = ({ generation, phase, taken }: State, id: DeliveryId, left: OperationSignatures.Progress | undefined): Event => {
  const at = 0
  if (phase._tag === "Looking") return { _tag: "Looked", at, finding: LookForMessage.unproven("the process that looked is gone") }
  if (phase._tag !== "Sending" || left === undefined) return { _tag: "Woke", at }
  const { carrierId, steps } = left.plan
  const outcome = Job.toCutOff(id, generation, left, taken, (certainty) => cutOff(certainty, carrierId))
  return { _tag: "Sent", at, outcome, steps: steps.map(({ parts }) => parts) }
}

/** What may have left of the request in hand. Undefined if nothing has: a request is written down before it leaves. */
const findLeft = ({ phase, position, route, step }: State, progress: OperationSignatures.Progress | undefined) =>
  phase._tag === "Sending" && progress?.plan.carrierId === (route[position] ?? route[0]).carrierId && progress.step >= step
    ? progress
    : undefined

/** What was about to leave, and has not, leaves now. */
const withoutWait = (state: State, left: OperationSignatures.Progress | undefined): State =>
  state.phase._tag === "Admitting"
    ? { ...state, phase: { _tag: "Resting", until: 0, next: "admit" } }
    : state.phase._tag === "Sending" && left === undefined
    ? { ...state, phase: { _tag: "Resting", until: 0, next: "send" } }
    : state

const moveDoubt = (doubt: Doubt, by: number): Doubt => ({
  ...doubt,
  evidence: { ...doubt.evidence, startedAt: doubt.evidence.startedAt + by },
  since: doubt.since + by,
  ...(doubt.lookedAt === undefined ? {} : { lookedAt: doubt.lookedAt + by })
})

/**
 * The times of another process on the clock of this one. The ledger measured how much time is left, so a difference between the clocks changes
 * nothing.
 */
const moveTimes = (state: State, by: number, deadline: number): State => {
  const { behind, doubt, phase, settings, triedAt } = state
  return {
    ...state,
    settings: { ...settings, deadline },
    triedAt: triedAt + by,
    phase: phase._tag === "Resting" ? { ...phase, until: phase.until + by } : phase,
    behind: behind.map((attempt) => attempt.doubt === undefined ? attempt : { ...attempt, doubt: moveDoubt(attempt.doubt, by) }),
    ...(doubt === undefined ? {} : { doubt: moveDoubt(doubt, by) })
  }
}

/** Makes the job of a delivery that was taken over. Of one that has not begun, the route is made anew. */
const toJob = ({ policy, steadyOf }: Parts, { entry, left }: TakenOver, clock: Clock.Clock): Job.Job => {
  const { content, epoch, id, key, progress, state } = entry
  // the policy may have changed, but nothing that was promised lasts longer than it says now
  const within = Math.min(left, policy.deadlines.send)
  const { after, follows, ...rest } = content
  const isWaiting = state.phase._tag === "Idle"
  // one that has begun had its turn
  const prepared = { ...rest, ...(isWaiting && after !== undefined ? { after } : {}), ...(key === undefined ? {} : { key }) }
  const job = Job.make(id, prepared, steadyOf(clock), { epoch, within, ...(isWaiting ? { follows } : {}) })
  job.entry = entry
  job.isResumed = true
  if (isWaiting) return job
  const by = Job.now(job) + left - state.settings.deadline
  const moved = moveTimes(state, by, job.deadline)
  const known = progress === undefined ? undefined : { ...progress, startedAt: progress.startedAt + by }
  const hasLeft = findLeft(moved, known)
  job.state = withoutWait(moved, hasLeft)
  job.lastEvent = toLastEvent(moved, entry.id, hasLeft)
  if (known !== undefined) job.progress = { generation: state.generation, of: known }
  return job
}

const timed = (clock: Clock.Clock): Effect.Effect<number> => Effect.sync(() => Time.steadyMillis(clock))

/** It may have left, and its callers can ask again. So it is looked for, because nobody else would settle it. */
const isWorthLook = ({ entry, state }: Job.Job): boolean =>
  entry?.key !== undefined && state !== undefined &&
  (state.doubt !== undefined || state.phase._tag === "Sending" || state.phase._tag === "Looking")

/**
 * Takes a delivery over, and starts its job. If its callers were answered here, nothing that has not left is sent any more, unless a caller asks again
 * (`isAsked`).
 */
const adopt = (parts: Parts, entry: Entry, epoch: number, isAsked: boolean): Effect.Effect<boolean> =>
  Effect.flatMap(
    Effect.clock,
    (clock) =>
      Effect.flatMap(
        Effect.zip(timed(clock), parts.ledger.adopt(entry, epoch, clock.unsafeCurrentTimeMillis())),
        ([from, taken]): Effect.Effect<boolean> => {
          const { broken, epochs, running } = parts.jobs
          if (running.has(entry.id)) return Effect.succeed(true)
          if (Option.isNone(taken) || !epochs.has(Shard.of(entry.conversation))) return Effect.succeed(false)
          const isTold = !isAsked && broken.get(entry.id) === true
          broken.delete(entry.id)
          parts.jobs.takenUp += 1
          // the ledger has measured the time that is left when it was asked, or later
          const left = taken.value.left - (Time.steadyMillis(clock) - from)
          const job = toJob(parts, { entry: taken.value.entry, left }, clock)
          if (isTold && job.state === undefined) job.isAbandoned = true
          if (isTold && job.state !== undefined && !isWorthLook(job)) job.state = { ...job.state, abandoned: true }
          return Effect.as(Deliver.fork(parts, job), true)
        }
      )
  )

/** Takes a delivery over that nobody runs, and goes on with it here. True if it runs here then. `isAsked`: a caller asks for it again. */
export const resume = (parts: Parts, entry: Entry, isAsked = false): Effect.Effect<boolean> =>
  Effect.uninterruptible(Effect.suspend(() => {
    const { adopting, epochs, running } = parts.jobs
    if (running.has(entry.id)) return Effect.succeed(true)
    const epoch = epochs.get(Shard.of(entry.conversation))
    if (epoch === undefined) return Effect.succeed(false)
    // a second one would take it away from the first one's job
    const first = adopting.get(entry.id)
    if (first !== undefined) return Deferred.await(first)
    const done = Deferred.unsafeMake<boolean>(FiberId.none)
    adopting.set(entry.id, done)
    return Effect.onExit(adopt(parts, entry, epoch, isAsked), (exit) => {
      adopting.delete(entry.id)
      return Deferred.done(done, exit)
    })
  }))

const isWaiting = ({ state }: Entry): number => state.phase._tag === "Idle" ? 1 : 0

/** What had its conversation's lane goes before what waited for it, although it may have been written down later. */
const begunFirst = (left: Entry, right: Entry): number => isWaiting(left) - isWaiting(right)

/** Takes up everything that earlier owners left behind in these shards, the oldest first. */
const takeUpShards = (parts: Parts, shards: ReadonlyArray<number>, limit = batch): Effect.Effect<void> =>
  Effect.flatMap(parts.ledger.leftBehind(shards, limit), (entries) => {
    const { running } = parts.jobs
    // what runs here since an earlier epoch stays in the list
    const others = entries.filter(({ id }) => !running.has(id)).toSorted(begunFirst)
    return Effect.flatMap(Effect.forEach(others, (entry) => resume(parts, entry)), (resumed) => {
      const left = entries.length - resumed.filter((isHere) => isHere).length
      return entries.length < limit ? Effect.void : takeUpShards(parts, shards, left + batch)
    })
  })

/** Takes shards, and takes up what earlier owners left behind in them. */
export const acquire = (parts: Parts, shards: ReadonlyArray<number>, who?: string): Effect.Effect<void> =>
  shards.length === 0 ? Effect.void : Effect.uninterruptible(Effect.flatMap(parts.ledger.acquire(shards, who), (taken) => {
    const { epochs } = parts.jobs
    // of two that come at the same time, the answer of the earlier one may come later
    for (const [shard, epoch] of taken) epochs.set(shard, Math.max(epoch, epochs.get(shard) ?? 0))
    return takeUpShards(parts, shards)
  }))

/** Takes up a delivery for which a store failed in this process. */
const takeUpBroken = (parts: Parts, id: DeliveryId): Effect.Effect<void> =>
  Effect.flatMap(parts.ledger.read(id), (read) => {
    const entry = Option.getOrUndefined(read)
    const isOpen = entry !== undefined && entry.state.result === undefined
    return isOpen ? Effect.asVoid(resume(parts, entry)) : Effect.sync(() => void parts.jobs.broken.delete(id))
  })

/** Takes up what is left behind in the shards of this process, for example because a store failed when it was to be taken up before. */
export const takeUp = (parts: Parts): Effect.Effect<void> =>
  Effect.catchAllCause(
    Effect.suspend(() => {
      const { broken, epochs } = parts.jobs
      return Effect.zipRight(
        epochs.size === 0 ? Effect.void : takeUpShards(parts, Array.from(epochs.keys())),
        Effect.forEach(Array.from(broken.keys()), (id) => takeUpBroken(parts, id), { discard: true })
      )
    }),
    (cause) =>
      Defect.logUnlessSaid(cause, Effect.logError("deliveries that were left behind could not be taken up", Defect.placesIn(cause)))
  )

/** Whether a delivery can go on elsewhere: it waits for its lane or rests, and nothing is in doubt. */
const isMovable = ({ state, stop }: Job.Job): boolean =>
  stop !== undefined && (state === undefined || (state.phase._tag === "Resting" && state.doubt === undefined))

/** Gives shards up. What can go on elsewhere ends here without an answer. Ends when nothing of the shards runs here any more. */
export const release = (parts: Parts, shards: ReadonlyArray<number>): Effect.Effect<void> =>
  Effect.suspend(() => {
    for (const shard of shards) parts.jobs.epochs.delete(shard)
    const left = new Set(shards)
    const jobs = Array.from(parts.jobs.running.values()).filter(({ shard }) => left.has(shard))
    const resting = jobs.filter(isMovable)
    // the others hand over when they come to a rest
    for (const job of jobs) job.isMoving = true
    const stopping = Effect.forEach(resting, (job) => job.stop ?? Effect.void, { discard: true })
    return Effect.zipRight(stopping, Effect.forEach(jobs, ({ done }) => Deferred.await(done), { discard: true }))
  })
