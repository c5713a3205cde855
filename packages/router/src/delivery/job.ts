/** A delivery that this process runs, and what its callers are answered. */
import type * as Backend from "@interline/core/Backend"
import * as Carrier from "@interline/core/Carrier"
import type { CarrierId } from "@interline/core/CarrierId"
import * as Conversation from "@interline/core/Conversation"
import type { Attempt, Delivery } from "@interline/core/Delivery"
import type { DeliveryId } from "@interline/core/DeliveryId"
import * as Messaging from "@interline/core/Messaging"
import * as MessagingError from "@interline/core/MessagingError"
import type * as OperationSignatures from "@interline/core/OperationSignatures"
import * as Outcome from "@interline/core/Outcome"
import type { SendError } from "@interline/core/SendError"
import * as Time from "@interline/core/Time"
import type * as Cause from "effect/Cause"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as FiberId from "effect/FiberId"
import * as Option from "effect/Option"
import type * as Decision from "../decision/Decision.ts"
import type { RouterEvent } from "../decision/RouterEvent.ts"
import type { Engine, Turn } from "../health/engine.ts"
import type { Binding, Entry } from "../ledger/Ledger.ts"
import * as Shard from "../ledger/Shard.ts"
import { NotOwner } from "../ownership/Runner.ts"
import type { Arrivals } from "../runtime/arrivals.ts"
import type * as Lanes from "../runtime/lanes.ts"
import type * as SteadyClock from "../runtime/steadyClock.ts"

type Prepared = Backend.Prepared

/** What `send` answers. */
export type Ended = Either.Either<Delivery, SendError>

/** What comes of a job. `NotOwner`: it goes on in another process, or may be begun there. */
export type Answer = Either.Either<Delivery, SendError | NotOwner>

/** What changes while a delivery runs. The loop and facts from outside change it in place. */
export interface Running {
  /** As it is on record. */
  entry: Entry | undefined
  /** Undefined until the delivery has its lane and its route. */
  state: Decision.State | undefined
  /** Of the attempt in hand: what is about to leave or under way. */
  progress: { readonly generation: number; readonly of: OperationSignatures.Progress } | undefined
  binding: Option.Option<Binding>
  /** Whether the binding counts: it has not ended, and the conversation goes by it. */
  isBound: boolean
  fidelity: Prepared["fidelity"]
  /** The delivery goes on in another process, or may do so. Nothing more is begun for it here. */
  isLost: boolean
  /** Its shard was given up. As soon as nothing of it is under way, the next owner goes on with it. */
  isMoving: boolean
  /** A fact from outside proves the step that is under way. Its answer is not waited for any longer. */
  isProven: boolean
  /** What a fact from outside decided while something was under way. */
  overtaken: Turn | undefined
  /** How many facts from outside have changed its state, and how many of these are on record. */
  facts: number
  recordedFacts: number
  /** Who waits until a fact is on record. False: it is not, and the delivery does not run here any more. */
  readonly tellers: Array<{ readonly facts: number; readonly isOnRecord: Deferred.Deferred<boolean> }>
  /** It is being written down. Only one fiber may do so at a time, because each write depends on the version of the one before. */
  isSaving: boolean
  /** Who waits for that. */
  saved: Deferred.Deferred<void> | undefined
  /** What ends the phase in which another process left the delivery. Undefined if it begins here. */
  lastEvent: Decision.Event | undefined
  /** It was left behind by another process, or by this one when a store failed. */
  isResumed: boolean
  /** Ends the wait of the loop, if it waits. */
  stop: Effect.Effect<void> | undefined
  /** What is not in the history yet. */
  events: Array<RouterEvent>
  /** How many of `events` were published already. */
  published: number
  /** Why what was about to leave could not be written down. */
  defect: Cause.Cause<never> | undefined
}

export interface Job extends Running {
  readonly id: DeliveryId
  readonly prepared: Prepared
  /** The key of its conversation. */
  readonly lane: string
  /** The shard of its conversation, and the epoch under which this process had it when the delivery began here. */
  readonly shard: number
  readonly epoch: number
  /** The delivery whose place in the lane is in front of its own. Its call may come later than this one's. */
  readonly follows: DeliveryId | undefined
  /** When the send must have ended, on the delivery's own clock. */
  readonly deadline: number
  readonly clock: SteadyClock.Steady
  readonly done: Deferred.Deferred<Answer>
  /** The carriers at which the recipient is a new contact. */
  readonly newContacts: Set<CarrierId>
  /** How many callers wait for it. */
  waiters: number
  inLane: boolean
  /** Its callers went away before it had its lane. */
  isAbandoned: boolean
}

/** Where a job begins: the epoch of its shard, how much time it has, in milliseconds, and the delivery whose place is in front of its own. */
export interface Beginning {
  readonly epoch: number
  readonly within: number
  readonly follows?: DeliveryId | undefined
}

export const make = (id: DeliveryId, prepared: Prepared, clock: SteadyClock.Steady, { epoch, follows, within }: Beginning): Job => {
  const lane = Conversation.key(prepared.conversation)
  return {
    id,
    prepared,
    lane,
    shard: Shard.of(lane),
    epoch,
    follows,
    deadline: clock.unsafeCurrentTimeMillis() + within,
    clock,
    done: Deferred.unsafeMake(FiberId.none),
    entry: undefined,
    state: undefined,
    progress: undefined,
    newContacts: new Set(),
    binding: Option.none(),
    isBound: false,
    fidelity: prepared.fidelity,
    waiters: 0,
    inLane: false,
    isLost: false,
    isMoving: false,
    isAbandoned: false,
    isProven: false,
    overtaken: undefined,
    facts: 0,
    recordedFacts: 0,
    tellers: [],
    isSaving: false,
    saved: undefined,
    lastEvent: undefined,
    isResumed: false,
    stop: undefined,
    events: [],
    published: 0,
    defect: undefined
  }
}

/** The next turn of a delivery, given an event. Before its route there is no state, and a fact decides nothing. */
export const decide = (engine: Engine, job: Job, state: Decision.State, event: Decision.Event): Turn =>
  engine.step(state, event, ({ carrierId }) => job.newContacts.has(carrierId), job.clock.offset)

/** The deliveries that run in this process. */
export interface Jobs {
  /** The shards of this process, with their epochs. */
  readonly epochs: Map<number, number>
  /**
   * Deliveries of this process that have no result and that no job runs: a store failed, or a save was refused. True if their callers were
   * answered. Then nothing more is sent of them, because a caller may have sent the message again.
   */
  readonly broken: Map<DeliveryId, boolean>
  /** Deliveries that are being taken over, and whether they run here then. */
  readonly adopting: Map<DeliveryId, Deferred.Deferred<boolean>>
  /** How many deliveries were taken up so far. */
  takenUp: number
  readonly running: Map<DeliveryId, Job>
  readonly lanes: Lanes.Lanes
  /** Which deliveries have come here from other processes, and which are in their lanes. */
  readonly arrivals: Arrivals
}

/** The delivery goes on in another process, or may be begun there. */
export const notHere = ({ shard }: Job): Answer => Either.left(new NotOwner({ shard }))

/** Takes a job out of those that run here. The same delivery may have been taken up here again as another job. */
export const withdraw = ({ running }: Jobs, job: Job): void => {
  if (running.get(job.id) === job) running.delete(job.id)
}

/** Waits until the write that is under way has ended. */
export const awaitSave = (job: Job): Effect.Effect<void> => Deferred.await(job.saved ??= Deferred.unsafeMake(FiberId.none))

/** The write that was under way has ended. */
export const endSave = (job: Job): void => {
  const { saved } = job
  job.isSaving = false
  job.saved = undefined
  if (saved !== undefined) Deferred.unsafeDone(saved, Exit.void)
}

const answerTellers = (job: Job, isDone: (facts: number) => boolean, isOnRecord: boolean): void => {
  for (const teller of job.tellers.splice(0)) {
    if (isDone(teller.facts)) Deferred.unsafeDone(teller.isOnRecord, Exit.succeed(isOnRecord))
    else job.tellers.push(teller)
  }
}

/** The first `facts` of the facts from outside are on record now. */
export const recordFacts = (job: Job, facts: number): void => {
  job.recordedFacts = Math.max(job.recordedFacts, facts)
  if (job.tellers.length > 0) answerTellers(job, (of) => of <= facts, true)
}

/** Waits until all facts that changed the delivery are on record. False if it does not run here any more, and some are not. */
export const awaitFacts = (job: Job): Effect.Effect<boolean> =>
  Effect.suspend(() => {
    const { facts, recordedFacts, tellers } = job
    if (facts <= recordedFacts) return Effect.succeed(true)
    const isOnRecord = Deferred.unsafeMake<boolean>(FiberId.none)
    tellers.push({ facts, isOnRecord })
    return Deferred.await(isOnRecord)
  })

/** Gives the lane back, and answers the callers. */
export const finish = (jobs: Jobs, job: Job, result: Answer): void => {
  const { lanes } = jobs
  withdraw(jobs, job)
  answerTellers(job, () => true, false)
  if (job.inLane) lanes.leave(job.lane)
  Deferred.unsafeDone(job.done, Exit.succeed(result))
}

const asAttempt = ({ generation: _, moved: __, ...attempt }: Decision.AttemptRecord): Attempt => attempt

/** What callers read of each carrier of the route. Before there is a route, only the carrier of the second argument is named, as not asked. */
export const attemptsOf = (
  state: Decision.State | undefined,
  { carrierId, line }: { readonly carrierId: CarrierId; readonly line: Prepared["conversation"]["line"] },
  at: number
): readonly [Attempt, ...ReadonlyArray<Attempt>] => {
  const [first, ...others] = (state?.attempts ?? []).map(asAttempt)
  return first === undefined
    ? [{ carrierId, line, outcome: "skipped", why: "it was not asked", startedAt: at, millis: 0 }]
    : [first, ...others]
}

/** What the caller of a stored delivery is answered. Undefined if it has no result. */
export const answerStored = ({ content, createdAt, id, state }: Entry): Ended | undefined =>
  state.result === undefined
    ? undefined
    : Messaging.conclude(id, content, state.result.outcome, attemptsOf(state, state.route[0], createdAt))

/** Nothing of it was asked of any carrier. An equal send under its key may have sent the message since, as another delivery. */
export const wasGivenBack = ({ key, state }: Entry): boolean =>
  key !== undefined && state.generation === 0 && state.result?.outcome._tag === "Rejected"

const isUncertain = (outcome: Outcome.Outcome): boolean =>
  outcome._tag === "Unknown" || (outcome._tag === "Partial" && outcome.rest._tag === "Unknown")

/** The same, only for a delivery that has ended and whose result is certain. */
export const answerEnded = (entry: Entry): Option.Option<Ended> => {
  const { phase, result } = entry.state
  return phase._tag !== "Done" || result === undefined || result.kept || isUncertain(result.outcome)
    ? Option.none()
    : Option.fromNullable(answerStored(entry))
}

/** By the delivery's own clock; see `steady.ts`. */
export const now = ({ clock }: Job): number => clock.unsafeCurrentTimeMillis()

export const millis = ({ clock }: Job): number => Time.steadyMillis(clock)

export const toAnswer = (job: Job, state: Decision.State | undefined, outcome: Outcome.Outcome, at: number, otherwise: CarrierId): Ended =>
  Messaging.conclude(
    job.id,
    job.prepared,
    outcome,
    attemptsOf(state, { carrierId: state?.route[0].carrierId ?? otherwise, line: job.prepared.conversation.line }, at)
  )

/** What is certain of a try that was cut off. `progress` is what was about to leave then; without it, nothing had left. */
export const toCutOff = (
  id: DeliveryId,
  generation: number,
  progress: OperationSignatures.Progress | undefined,
  taken: ReadonlyArray<Outcome.Receipt>,
  error: (certainty: MessagingError.Certainty) => MessagingError.MessagingError
): Outcome.Outcome => {
  const step = progress?.plan.steps[progress.step]
  const losses = progress?.plan.losses ?? []
  const rest = progress === undefined || step === undefined
    ? Outcome.rejected(error("not-sent"), losses)
    : Outcome.unknown({
      error: error("unknown"),
      parts: step.parts,
      step: progress.step,
      startedAt: progress.startedAt,
      ...(step.keyed ? { key: Carrier.idempotencyKey(id, generation, progress.step) } : {})
    }, losses)
  const [first, ...others] = progress?.receipts ?? taken
  const remaining = progress?.plan.steps.slice(progress.step).flatMap(({ parts }) => parts) ?? []
  return first === undefined ? rest : { _tag: "Partial", receipts: [first, ...others], rest, remaining, losses }
}

/**
 * The outcome if the store failed. `isSilent`: certainly nothing of it has left, nor will. Under a key that says nothing of the key: an equal send that
 * came before may wait in a process that stands still, and send when it wakes.
 */
export const toBroken = (job: Job, at: number, isSilent: boolean): Outcome.Outcome => {
  const error = (certainty: MessagingError.Certainty, next: MessagingError.Next, detail: string) =>
    MessagingError.make("Unavailable", { operation: "send", certainty, next, detail })
  if (isSilent && job.prepared.key === undefined) return Outcome.rejected(error("not-sent", "retry", "the ledger failed"))
  return Outcome.unknown({
    error: isSilent
      ? error(
        "unknown",
        "retry",
        "the ledger failed: this send was not begun, and whether an equal one was is not known; ask again under the same key"
      )
      : error("unknown", "reconcile", "the ledger failed"),
    parts: [],
    step: job.progress?.of.step ?? 0,
    startedAt: at
  })
}

export const contentOf = ({ follows, prepared: { after, conversation, draft, fidelity, replyTo } }: Job): Entry["content"] => ({
  conversation,
  draft,
  fidelity,
  ...(replyTo === undefined ? {} : { replyTo }),
  ...(after === undefined ? {} : { after }),
  ...(follows === undefined ? {} : { follows })
})
