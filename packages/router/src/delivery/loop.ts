/** The loop of a delivery. Each turn is written down, then acted on. What came of it is the next event, and that decides the next turn. */
import type { CarrierId } from "@interline/core/CarrierId"
import * as Conversation from "@interline/core/Conversation"
import * as Defect from "@interline/core/Defect"
import type { Progress } from "@interline/core/OperationSignatures"
import type { Outcome } from "@interline/core/Outcome"
import type * as Timers from "@interline/core/Timers"
import * as Effect from "effect/Effect"
import type * as Decision from "../decision/Decision.ts"
import type { Action, Turn } from "../health/engine.ts"
import type { Entry } from "../ledger/Ledger.ts"
import * as Bindings from "../policy/bindings.ts"
import * as ApplyFact from "./applyFact.ts"
import * as Attempt from "./attempt.ts"
import * as Job from "./job.ts"
import * as Leases from "./leases.ts"
import * as LookForMessage from "./lookForMessage.ts"
import * as Remote from "./remote.ts"
import * as RunFor from "./runFor.ts"

export interface Parts extends Leases.Parts, LookForMessage.Parts, Attempt.Parts {
  readonly timers: Timers.Timers
  /** The carriers whose policy depends on earlier contacts with a person. */
  readonly careful: ReadonlySet<CarrierId>
  /** An absence was taken for proof: the message is looked for once more, later. */
  readonly onMissing: (missing: MissingSend) => void
}

/** A message that was taken for not sent, because the carrier did not list it. */
export interface MissingSend {
  readonly entry: Entry
  readonly candidate: Decision.Candidate
  readonly generation: number
  readonly progress: Progress
}

// --- how a delivery ends ---

const end = (parts: Parts, job: Job.Job, result: Job.Answer): Effect.Effect<undefined> => {
  Job.finish(parts.jobs, job, result)
  return Effect.succeed(undefined)
}

const answer = ({ policy }: Parts, job: Job.Job, state: Decision.State | undefined, outcome: Outcome, at: number): Job.Answer =>
  Job.toAnswer(job, state, outcome, at, policy.prefer[0])

/** Nothing has left of a delivery, so its key is free again. If that cannot be written down, its lease ends, and the next send takes it over. */
const releaseKey = ({ ledger }: Parts, { entry, progress }: Job.Job): Effect.Effect<void> =>
  entry?.key === undefined || progress !== undefined || entry.state.phase._tag !== "Idle"
    ? Effect.void
    : Effect.catchAllCause(ledger.release(entry), (cause) => Effect.logError("a key could not be given back", Defect.placesIn(cause)))

/** If a store fails, the callers are answered what is known, and nothing more is done. Only for an uninterruptible fiber. */
export const recordDefects = (parts: Parts, job: Job.Job, running: Effect.Effect<void>): Effect.Effect<void> =>
  Effect.catchAllCause(running, (cause) =>
    Effect.map(
      Effect.zipRight(Effect.logError("a delivery ended with a defect", Defect.placesIn(cause)), releaseKey(parts, job)),
      () => {
        const at = Job.now(job)
        Job.finish(parts.jobs, job, answer(parts, job, job.state, Job.toBroken(job, at), at))
      }
    ))

/** Another process has the delivery. The caller is answered what is certain, wherever that is known, or else which process to ask. */
const concede = (
  parts: Parts,
  job: Job.Job,
  state: Decision.State,
  outcome: Outcome | undefined,
  at: number
): Effect.Effect<undefined> => {
  parts.jobs.running.delete(job.id)
  return Effect.flatMap(Leases.concede(parts, job, state, outcome, at), (entry) => {
    if (outcome?._tag === "Accepted") return end(parts, job, answer(parts, job, state, outcome, at))
    const { result } = entry?.state ?? {}
    const isKnown = entry !== undefined && !Job.wasGivenBack(entry) && result !== undefined && result.outcome._tag !== "Unknown"
    return end(parts, job, (isKnown ? Job.answerStored(entry) : undefined) ?? Job.answerLost(job, at, parts.policy.prefer[0]))
  })
}

/** Applies facts that another process has put on record. */
const applyAll = ({ engine }: Parts, job: Job.Job, facts: ReadonlyArray<Decision.Event>): Effect.Effect<void> =>
  Effect.forEach(facts, (fact) => ApplyFact.applyFact(engine, job, fact), { discard: true })

/** A fact has decided again, or something happened that is not written down yet. */
const hasNews = ({ events, overtaken, published }: Job.Job): boolean => overtaken !== undefined || events.length > published

/** Writes the end down, and answers the callers. A fact that comes meanwhile is a part of the end. */
const conclude = (parts: Parts, job: Job.Job, outcome: Outcome, state: Decision.State): Effect.Effect<Decision.Event | undefined> => {
  const { flush, save } = parts.records
  const at = Job.now(job)
  const finish = (heard: ReadonlyArray<Decision.Event>): Effect.Effect<Decision.Event | undefined> => {
    if (job.isLost) return concede(parts, job, state, outcome, at)
    if (hasNews(job)) return Effect.flatMap(applyAll(parts, job, heard), goOn)
    const ended = end(parts, job, answer(parts, job, state, outcome, at))
    return heard.length === 0
      ? ended
      // the end was on record before these facts, so they change what is stored
      : Effect.zipRight(Effect.forEach(heard, (fact) => Remote.tell(parts, job.id, () => fact), { discard: true }), ended)
  }
  const goOn = (): Effect.Effect<Decision.Event | undefined> => {
    if (job.overtaken !== undefined) return Effect.succeed({ _tag: "Woke", at })
    const flushing = flush(job)
    const again = () => conclude(parts, job, outcome, job.state ?? state)
    return flushing === undefined ? again() : Effect.flatMap(flushing, again)
  }
  const written = (heard: ReadonlyArray<Decision.Event>): Effect.Effect<Decision.Event | undefined> => {
    const flushing = flush(job)
    return flushing === undefined ? finish(heard) : Effect.flatMap(flushing, () => finish(heard))
  }
  return hasNews(job) ? goOn() : save(job, state, at, { onKept: written, onLost: () => written([]) })
}

// --- one turn ---

const noteMissing = ({ onMissing }: Parts, { entry, progress, state }: Job.Job): void => {
  const candidate = state?.route.find(({ carrierId }) => carrierId === progress?.of.plan.carrierId)
  if (entry !== undefined && progress !== undefined && candidate !== undefined) {
    onMissing({ entry, candidate, generation: progress.generation, progress: progress.of })
  }
}

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
  job.state = turn.state
  for (const event of turn.events) {
    job.events.push(event)
    if (event._tag === "AbsenceTaken") noteMissing(parts, job)
    // the carrier's own fence has put the person on the list. Of a group it is not known which person opted out.
    if (event._tag === "Tried" && event.reason === "OptedOut" && job.prepared.conversation._tag === "Direct") {
      job.events.push({ _tag: "Suppressed", at, carrierId: event.carrierId, source: "error" })
    }
  }
  return turn.bound === undefined ? parts.records.flush(job) : bind(parts, job, turn.bound, at)
}

/** Only its time or a fact ends a rest, or the answer about the place that it waits for. */
const rest = Effect.async<never>(() => {})

const restFor = ({ engine }: Parts, { place }: Action & { readonly _tag: "Rest" }): Effect.Effect<void> =>
  place === undefined ? rest : engine.awaitPlace(place)

type TakesTime = Action & { readonly _tag: "Send" | "Look" | "Rest" }

/** Does what takes time. Undefined if another fiber goes on with the delivery. */
const wait = (parts: Parts, job: Job.Job, action: TakesTime): Effect.Effect<Decision.Event | undefined> => {
  const woke = Effect.sync((): Decision.Event => ({ _tag: "Woke", at: Job.now(job) }))
  // a fact has decided already
  if (job.overtaken !== undefined) return woke
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

/** A first try is written down with its plan, before anything of it leaves. A rest before it needs no record of its own. */
const isWrittenLater = ({ entry }: Job.Job, action: TakesTime, { doubt }: Decision.State): boolean =>
  action._tag === "Rest" ? doubt === undefined : action._tag === "Send" && (entry === undefined || entry.state.phase._tag === "Idle")

const act = (parts: Parts, job: Job.Job, { action, state }: Turn, at: number): Effect.Effect<Decision.Event | undefined> => {
  if (action === undefined) return Effect.dieMessage("a delivery that is not done has nothing to do")
  if (action._tag === "Conclude") return conclude(parts, job, action.result.outcome, job.state ?? state)
  if (isWrittenLater(job, action, state)) return wait(parts, job, action)
  return parts.records.save(job, state, at, {
    onKept: (heard) =>
      heard.length === 0
        ? wait(parts, job, action)
        : Effect.flatMap(applyAll(parts, job, heard), () => wait(parts, job, action)),
    onLost: () => concede(parts, job, state, undefined, at)
  })
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

/** Goes on with a delivery whose fiber was left behind. */
const goOn = (parts: Parts, job: Job.Job, event: Decision.Event): Effect.Effect<void> => {
  const { state } = job
  if (state === undefined) return Effect.dieMessage("a delivery without a route has waited")
  return job.isLost ? concedeAfter(parts, job, state, event) : run(parts, job, nextTurn(parts, job, state, event))
}
