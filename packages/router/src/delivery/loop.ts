/** The loop of a delivery. Each turn is written down, then acted on. What came of it is the next event, and that decides the next turn. */
import type { CarrierId } from "@interline/core/CarrierId"
import * as Conversation from "@interline/core/Conversation"
import * as Defect from "@interline/core/Defect"
import * as Outcome from "@interline/core/Outcome"
import type * as Timers from "@interline/core/Timers"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import type * as Decision from "../decision/Decision.ts"
import type { Fact } from "../decision/Fact.ts"
import type { Action, Engine, Turn } from "../health/engine.ts"
import type { RunnerService } from "../ownership/Runner.ts"
import * as Bindings from "../policy/bindings.ts"
import * as Attempt from "./attempt.ts"
import * as Job from "./job.ts"
import * as LookForMessage from "./lookForMessage.ts"
import * as RunFor from "./runFor.ts"

export interface Parts extends Bindings.Parts, LookForMessage.Parts, Attempt.Parts {
  readonly engine: Engine
  readonly jobs: Job.Jobs
  readonly timers: Timers.Timers
  /** The carriers whose policy depends on earlier contacts with a person. */
  readonly careful: ReadonlySet<CarrierId>
  /** Tells the process that has the delivery now. */
  readonly tellOwner: RunnerService["tell"]
}

// --- how a delivery ends ---

const end = (parts: Parts, job: Job.Job, result: Job.Answer): Effect.Effect<undefined> => {
  Job.finish(parts.jobs, job, result)
  return Effect.succeed(undefined)
}

const answer = ({ policy }: Parts, job: Job.Job, state: Decision.State | undefined, outcome: Outcome.Outcome, at: number): Job.Answer =>
  Job.toAnswer(job, state, outcome, at, policy.prefer[0])

const isGone = ({ ledger }: Parts, { id }: Job.Job): Effect.Effect<boolean> => Effect.map(ledger.read(id), Option.isNone)

/**
 * Whether certainly nothing is sent of a delivery that ends because a store failed: nothing of it has left, and no process can find it on record
 * and go on with it. If only its key is on record, the key is given back. If that cannot be written down, the next send under the key takes it up.
 */
const isSilenced = (parts: Parts, job: Job.Job): Effect.Effect<boolean> => {
  const { defect, entry, progress } = job
  if (progress !== undefined) return Effect.succeed(false)
  // what was about to leave may be written although its answer did not come
  if (entry === undefined) return defect === undefined ? Effect.succeed(true) : isGone(parts, job)
  return entry.key !== undefined && entry.state.phase._tag === "Idle"
    ? Effect.zipRight(parts.ledger.release(entry), isGone(parts, job))
    : Effect.succeed(false)
}

/** If a store fails, the callers are answered what is known, and nothing more is done. Only for an uninterruptible fiber. */
export const recordDefects = (parts: Parts, job: Job.Job, running: Effect.Effect<void>): Effect.Effect<void> =>
  Effect.catchAllCause(running, (cause) =>
    Effect.map(
      Effect.zipRight(
        Defect.logUnlessSaid(cause, Effect.logError("a delivery ended with a defect", Defect.placesIn(cause))),
        Effect.catchAllCause(isSilenced(parts, job), (again) =>
          Effect.as(Defect.logUnlessSaid(again, Effect.logError("a key could not be given back", Defect.placesIn(again))), false))
      ),
      (isSilent) => {
        const at = Job.now(job)
        if (!isSilent) {
          parts.jobs.broken.set(job.id, true)
        }
        Job.finish(parts.jobs, job, answer(parts, job, job.state, Job.toBroken(job, at, isSilent), at))
      }
    ))

/** The receipts that are known here of the attempt in hand. */
const findReceipts = (
  { progress }: Job.Job,
  { generation, result, taken }: Decision.State,
  outcome: Outcome.Outcome | undefined
): ReadonlyArray<Outcome.Receipt> =>
  [
    taken,
    progress?.generation === generation ? progress.of.receipts : [],
    result === undefined ? [] : Outcome.receipts(result.outcome),
    outcome === undefined ? [] : Outcome.receipts(outcome)
  ].reduce((most, some) => some.length > most.length ? some : most)

/**
 * What is certain here of a delivery that another process has now. That process may have made another attempt of this number if the attempt is not
 * on record as made here.
 */
const findFacts = (job: Job.Job, state: Decision.State, outcome: Outcome.Outcome | undefined): ReadonlyArray<Fact> => {
  const { behind, generation, proofs } = state
  const toProven = (receipt: Outcome.Receipt, step: number, of = generation): Fact => ({
    _tag: "Proven",
    generation: of,
    step,
    receipt,
    by: "event"
  })
  const late = behind.flatMap(({ doubt, generation, receipt }) =>
    receipt === undefined ? [] : [toProven(receipt, doubt?.evidence.step ?? 0, generation)]
  )
  if (job.entry?.state.generation !== generation) return late
  const receipts = findReceipts(job, state, outcome)
  const proven = [
    ...receipts.map((receipt, step) => toProven(receipt, step)),
    ...proofs.flatMap(({ receipt, step }) => step < receipts.length ? [] : [toProven(receipt, step)]),
    ...late
  ]
  return outcome?._tag === "Rejected" ? [...proven, { _tag: "Refused", generation, error: outcome.error }] : proven
}

/** How long the callers of a delivery, and its lane, wait until the other process was told. After that it is told all the same, as soon as there is one. */
const longestTelling = "5 seconds"

/**
 * The delivery is another process's now, or may be begun there. That process is told what is certain here. The caller is answered what is certain,
 * or else to ask that process.
 */
const concede = (
  parts: Parts,
  job: Job.Job,
  before: Decision.State,
  outcome: Outcome.Outcome | undefined,
  at: number
): Effect.Effect<undefined> => {
  // a fact may have come while the last turn was written down
  const state = job.state ?? before
  const known = outcome ?? state.result?.outcome
  const { broken, epochs } = parts.jobs
  Job.withdraw(parts.jobs, job)
  // a save may have been refused although no other process has it: then it is taken up here
  if (job.entry !== undefined && epochs.has(job.shard)) broken.set(job.id, false)
  const facts = findFacts(job, state, outcome)
  const telling = Effect.catchAllCause(
    Effect.forEach(facts, (fact) => parts.tellOwner(job.id, fact), { discard: true }),
    (cause) =>
      Defect.logUnlessSaid(
        cause,
        Effect.logWarning("the process that has a delivery could not be told what is known of it", Defect.placesIn(cause))
      )
  )
  const told = facts.length === 0 ? Effect.void : Effect.flatMap(
    Effect.forkDaemon(Effect.interruptible(telling)),
    (fiber) => Effect.timeoutOption(Effect.interruptible(Fiber.await(fiber)), longestTelling)
  )
  return Effect.flatMap(
    told,
    () => end(parts, job, known?._tag === "Accepted" ? answer(parts, job, state, known, at) : Job.notHere(job))
  )
}

/** A fact has decided again, or something happened that is not written down yet. */
const hasNews = ({ events, overtaken, published }: Job.Job): boolean => overtaken !== undefined || events.length > published

/** Nobody was told the end of a delivery that was taken up and of which nothing has left, so the next send under its key may send it. */
const freeKey = ({ ledger }: Parts, { entry, isResumed, state, waiters }: Job.Job): Effect.Effect<void> | undefined =>
  isResumed && waiters === 0 && entry?.key !== undefined && state?.generation === 0 ? ledger.release(entry) : undefined

/** Writes the end down, and answers the callers. A fact that comes meanwhile is a part of the end. */
const conclude = (
  parts: Parts,
  job: Job.Job,
  outcome: Outcome.Outcome,
  state: Decision.State
): Effect.Effect<Decision.Event | undefined> => {
  const { flush, save } = parts.records
  const at = Job.now(job)
  const finish = (): Effect.Effect<Decision.Event | undefined> => {
    if (job.isLost) return concede(parts, job, state, outcome, at)
    if (hasNews(job)) return goOn()
    const freeing = freeKey(parts, job)
    const ending = () => end(parts, job, answer(parts, job, state, outcome, at))
    return freeing === undefined ? ending() : Effect.flatMap(freeing, ending)
  }
  const goOn = (): Effect.Effect<Decision.Event | undefined> => {
    if (job.overtaken !== undefined) return Effect.succeed({ _tag: "Woke", at })
    const flushing = flush(job)
    const again = () => conclude(parts, job, outcome, job.state ?? state)
    return flushing === undefined ? again() : Effect.flatMap(flushing, again)
  }
  const written = (): Effect.Effect<Decision.Event | undefined> => {
    const flushing = flush(job)
    return flushing === undefined ? finish() : Effect.flatMap(flushing, finish)
  }
  return hasNews(job) ? goOn() : save(job, state, at, { onKept: written, onLost: written })
}

// --- one turn ---

/** The message was taken for not sent, and may still arrive. Whoever owns its shard looks for it later. */
const noteAbsence = ({ ledger }: Parts, { id, progress, shard }: Job.Job, since: number): Effect.Effect<void> =>
  progress === undefined ? Effect.void : ledger.noteAbsence({
    id,
    shard,
    generation: progress.generation,
    progress: progress.of,
    since
  })

/** Binds the conversation to the carrier that took a message, and records the contact with its recipients. */
const bind = (parts: Parts, job: Job.Job, candidate: Decision.Candidate, at: number): Effect.Effect<void> => {
  const { prepared: { conversation } } = job
  const acceptance: Bindings.Acceptance = { deliveryId: job.id, conversation, known: job.binding, candidate, at }
  const bound = Effect.flatMap(Bindings.accept(parts, acceptance), (event) => {
    if (event !== undefined) job.events.push(event)
    return parts.records.flush(job) ?? Effect.void
  })
  return parts.careful.has(candidate.carrierId)
    ? Effect.zipRight(
      Effect.forEach(
        Conversation.recipients(conversation),
        (handle) => parts.ledger.touch(candidate.carrierId, candidate.line, handle, "outbound", at),
        { discard: true }
      ),
      bound
    )
    : bound
}

/** Takes a turn's decisions over. Undefined if there is nothing to write. */
const settle = (parts: Parts, job: Job.Job, turn: Turn, at: number): Effect.Effect<void> | undefined => {
  let noting: Effect.Effect<void> | undefined
  job.state = turn.state
  for (const event of turn.events) {
    job.events.push(event)
    if (event._tag === "AbsenceTaken") noting = noteAbsence(parts, job, event.at)
    // the carrier's own fence has put the person on the list. Of a group it is not known which person opted out.
    if (event._tag === "Tried" && event.reason === "OptedOut" && job.prepared.conversation._tag === "Direct") {
      job.events.push({ _tag: "Suppressed", at, carrierId: event.carrierId, source: "error" })
    }
  }
  const record = () => turn.bound === undefined ? parts.records.flush(job) : bind(parts, job, turn.bound, at)
  // it is noted before anybody acts on the absence, so that the next owner knows of it whenever this process ends
  return noting === undefined ? record() : Effect.flatMap(noting, () => record() ?? Effect.void)
}

/** Only its time or a fact ends a rest, or the answer about the place that it waits for. */
const rest = Effect.async<never>(() => {})

const restFor = ({ engine }: Parts, { place }: Action & { readonly _tag: "Rest" }): Effect.Effect<void> =>
  place === undefined ? rest : engine.awaitPlace(place)

type TakesTime = Action & { readonly _tag: "Send" | "Look" | "Rest" }

/** Whether the next owner of its shard may go on with it. What is in doubt is looked for here. */
const mayMove = ({ isMoving, overtaken }: Job.Job, { doubt, phase }: Decision.State): boolean =>
  isMoving && phase._tag === "Resting" && doubt === undefined && overtaken === undefined

/** Does what takes time. Undefined if another fiber goes on with the delivery. */
const wait = (parts: Parts, job: Job.Job, action: TakesTime): Effect.Effect<Decision.Event | undefined> => {
  const woke = Effect.sync((): Decision.Event => ({ _tag: "Woke", at: Job.now(job) }))
  // a fact has decided already, or its shard was given up
  if (job.overtaken !== undefined || job.isLost) return woke
  if (job.state !== undefined && mayMove(job, job.state)) return handOver(parts, job, job.state)
  const resume = (next: Effect.Effect<Decision.Event>) =>
    recordDefects(parts, job, Effect.flatMap(next, (event) => goOn(parts, job, event)))
  switch (action._tag) {
    case "Send":
      return RunFor.runFor(parts.timers, job, Attempt.send(parts, job, action), resume)
    case "Look":
      return RunFor.runFor(parts.timers, job, LookForMessage.lookUp(parts, job, action), resume)
    case "Rest":
      return RunFor.runFor(parts.timers, job, { until: action.until, effect: restFor(parts, action), toEvent: () => woke }, resume)
  }
}

/**
 * A first try is written down with its plan, before anything of it leaves. A rest before it needs no record of its own. A rest after a certain
 * refusal does: without it the next owner would not know that nothing has left.
 */
const isWrittenLater = ({ entry }: Job.Job, action: TakesTime): boolean =>
  action._tag !== "Look" && (entry === undefined || entry.state.phase._tag === "Idle")

const act = (parts: Parts, job: Job.Job, { action, state }: Turn, at: number): Effect.Effect<Decision.Event | undefined> => {
  if (action === undefined) return Effect.dieMessage("a delivery that is not done has nothing to do")
  if (action._tag === "Conclude") return conclude(parts, job, action.result.outcome, job.state ?? state)
  if (isWrittenLater(job, action)) return wait(parts, job, action)
  const record = (latest: Decision.State): Effect.Effect<Decision.Event | undefined> =>
    parts.records.save(job, latest, at, {
      // a fact that decided nothing may have come meanwhile
      onKept: () => job.facts > job.recordedFacts && job.overtaken === undefined ? record(job.state ?? latest) : wait(parts, job, action),
      onLost: () => concede(parts, job, latest, undefined, at)
    })
  return record(state)
}

/** Writes a turn down, acts on it, and gives the event that ends it. Undefined if the delivery has ended or goes on elsewhere. */
const step = (parts: Parts, job: Job.Job, turn: Turn): Effect.Effect<Decision.Event | undefined> => {
  const at = Job.now(job)
  const settling = settle(parts, job, turn, at)
  return settling === undefined ? act(parts, job, turn, at) : Effect.flatMap(settling, () => act(parts, job, turn, at))
}

/** What a fact has decided meanwhile stands in front of what the event would decide. */
const nextTurn = ({ engine }: Parts, job: Job.Job, state: Decision.State, event: Decision.Event): Turn => {
  const { overtaken } = job
  job.overtaken = undefined
  return overtaken ?? Job.decide(engine, job, job.state ?? state, event)
}

/** Runs a delivery until it has ended, or goes on in another fiber. */
export const run = (parts: Parts, job: Job.Job, first: Turn): Effect.Effect<void> => {
  let turn = first
  let event: Decision.Event | undefined
  let isDone = false
  return Effect.whileLoop({
    while: () => !isDone,
    body: () => event !== undefined && job.isLost ? concedeAfter(parts, job, turn.state, event) : step(parts, job, turn),
    step: (next) => {
      event = next
      isDone = next === undefined
      if (next !== undefined && !job.isLost) turn = nextTurn(parts, job, turn.state, next)
    }
  })
}

/** The delivery was lost while something was under way. Tells the other process what came of that. */
const concedeAfter = (parts: Parts, job: Job.Job, state: Decision.State, event: Decision.Event): Effect.Effect<undefined> =>
  concede(parts, job, job.state ?? state, event._tag === "Sent" ? event.outcome : undefined, event.at)

/** Writes down where the delivery rests, so that the next owner of its shard goes on from there. Of one that has not begun nothing is written. */
const handOver = (parts: Parts, job: Job.Job, state: Decision.State): Effect.Effect<undefined> => {
  const at = Job.now(job)
  const leave = () => end(parts, job, Job.notHere(job))
  return job.entry === undefined || job.entry.state.phase._tag === "Idle"
    ? leave()
    : parts.records.save(job, state, at, { onKept: leave, onLost: () => concede(parts, job, state, undefined, at) })
}

/** Goes on with a delivery whose fiber was left behind, or whose process is gone. */
export const goOn = (parts: Parts, job: Job.Job, event: Decision.Event): Effect.Effect<void> => {
  const { state } = job
  if (state === undefined) return Effect.dieMessage("a delivery without a route has waited")
  if (mayMove(job, state)) return handOver(parts, job, state)
  return job.isLost ? concedeAfter(parts, job, state, event) : run(parts, job, nextTurn(parts, job, state, event))
}
