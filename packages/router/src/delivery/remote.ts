/** Deliveries that do not run here: held ones, those of other processes, and what a process that is gone left behind. */
import type { DeliveryId } from "@interline/core/DeliveryId"
import * as MessagingError from "@interline/core/MessagingError"
import type { Progress, SendRequest } from "@interline/core/Operations"
import * as Outcome from "@interline/core/Outcome"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { Candidate, Event, State } from "../decision/Decision.ts"
import type { Engine } from "../health/engine.ts"
import type { Entry, LedgerService } from "../ledger/Ledger.ts"
import { type Attempts, unproven } from "./attempt.ts"
import { cutOff, type Job, now } from "./job.ts"
import type { Records } from "./record.ts"

/** Something that was taken for not sent, and is looked for once more. */
export interface Absentee {
  readonly entry: Entry
  readonly candidate: Candidate
  readonly generation: number
  readonly progress: Progress
}

export interface Setup {
  readonly ledger: LedgerService
  readonly engine: Engine
  readonly owner: string
  readonly lease: number
  /** The deliveries that do run here, and how they are told. */
  readonly jobs: ReadonlyMap<DeliveryId, Job>
  readonly feed: (job: Job, event: Event) => Effect.Effect<void>
}

export interface Elsewhere {
  /** Tells a delivery what was learned of it, wherever it runs; false if nobody knows it. */
  readonly tell: (deliveryId: DeliveryId, event: (entry: Entry) => Event | undefined) => Effect.Effect<boolean>
  /** Looks once for the step in doubt of a held delivery, where looking sends nothing. */
  readonly lookAgain: (entry: Entry) => Effect.Effect<void>
  /** Whether it showed up. */
  readonly lookForAbsent: (absentee: Absentee) => Effect.Effect<boolean>
  /** Takes over what a process that is gone left unfinished. */
  readonly adopt: Effect.Effect<number>
  /** Takes over one delivery if its process is gone. What has left of it is settled; what has not is the caller's now. */
  readonly takeOver: (id: DeliveryId) => Effect.Effect<Entry | undefined>
  /** Takes notice of what another process heard of a delivery that runs here. */
  readonly overhear: (job: Job) => Effect.Effect<void>
  /** Tells a delivery that another process has taken over what is certain of it here; gives what is on record of it then. */
  readonly concede: (job: Job, state: State, outcome: Outcome.Outcome | undefined, at: number) => Effect.Effect<Entry | undefined>
}

export const make = ({ engine, feed, jobs, lease, ledger, owner }: Setup, { bind, publish }: Records, { find }: Attempts): Elsewhere => {
  const stored = (entry: Entry, event: Event): Effect.Effect<boolean> => {
    const turn = engine.step(entry.state, event, () => false)
    if (turn.state === entry.state) return Effect.succeed(true)
    return Effect.flatMap(ledger.save({ ...entry, state: turn.state, updatedAt: event.at }), (saved) => {
      if (!saved) return Effect.succeed(false)
      const { bound } = turn
      return Effect.as(
        Effect.zipRight(
          publish(entry.id, turn.events),
          bound === undefined ? Effect.void : bindIfOlder(entry, bound, event.at)
        ),
        true
      )
    })
  }

  /** What another process is at work on is left to it; the fact is put where it finds it. */
  const heard = (entry: Entry, event: Event): Effect.Effect<boolean> => {
    const { state } = entry
    if (state.phase._tag === "Held" || state.phase._tag === "Done") return stored(entry, event)
    if (event._tag !== "Observed") return Effect.succeed(true)
    // whoever is at work on it decides; what was left behind, or has a second name, is told here
    const before: State = { ...state, phase: { _tag: "Sending" } }
    const turn = engine.step(before, event, () => false)
    return turn.state === before
      ? Effect.succeed(true)
      : Effect.flatMap(
        ledger.save({ ...entry, state: { ...turn.state, phase: state.phase } }),
        (saved) => saved ? Effect.as(publish(entry.id, turn.events), true) : Effect.succeed(false)
      )
  }

  /** A conversation that has moved on since stays where it is. */
  const bindIfOlder = (entry: Entry, candidate: Candidate, at: number): Effect.Effect<void> =>
    Effect.flatMap(ledger.binding(entry.conversation), (binding) =>
      Option.isSome(binding) && binding.value.at > entry.createdAt
        ? Effect.void
        : Effect.flatMap(bind(entry.content.conversation, binding, candidate, entry.id, at), (event) =>
          event === undefined ? Effect.void : publish(entry.id, [event])))

  const told = (deliveryId: DeliveryId, event: (entry: Entry) => Event | undefined, attempts: number): Effect.Effect<boolean> =>
    Effect.suspend(() => {
      const job = jobs.get(deliveryId)
      if (job !== undefined) {
        const happened = job.entry === undefined ? undefined : event({ ...job.entry, state: job.state ?? job.entry.state })
        return happened === undefined ? Effect.succeed(true) : Effect.as(feed(job, happened), true)
      }
      return Effect.flatMap(ledger.read(deliveryId), (entry) => {
        if (Option.isNone(entry)) return Effect.succeed(false)
        const happened = event(entry.value)
        if (happened === undefined) return Effect.succeed(true)
        return Effect.flatMap(
          heard(entry.value, happened),
          (saved) => saved || attempts <= 1 ? Effect.succeed(true) : told(deliveryId, event, attempts - 1)
        )
      })
    })

  // another process may be changing the same delivery: what it learned is looked at, too
  const tell: Elsewhere["tell"] = (deliveryId, event) => told(deliveryId, event, 5)

  const requestOf = (entry: Entry, generation: number): SendRequest => ({
    ...entry.content,
    deliveryId: entry.id,
    generation,
    retry: { times: 0 }
  })

  const lookAgain: Elsewhere["lookAgain"] = (entry) => {
    const { doubt, generation } = entry.state
    const candidate = entry.state.route[entry.state.at]
    // a replay may send, and nobody waits for the message any more
    if (doubt === undefined || candidate?.reconcile !== "list") return Effect.void
    return Effect.flatMap(find(candidate, requestOf(entry, generation), entry, entry.progress), (finding) =>
      finding._tag !== "Found"
        ? Effect.void
        : Effect.flatMap(Clock.currentTimeMillis, (at) =>
          Effect.asVoid(
            tell(entry.id, () => ({ _tag: "Observed", at, generation, step: doubt.evidence.step, receipt: finding.receipt, by: "look" }))
          )))
  }

  const lookForAbsent: Elsewhere["lookForAbsent"] = (absentee) => {
    const { candidate, entry, generation, progress } = absentee
    return candidate.reconcile !== "list"
      ? Effect.succeed(false)
      : Effect.flatMap(find(candidate, requestOf(entry, generation), entry, progress), (finding) => {
        if (finding._tag !== "Found") return Effect.succeed(false)
        const { receipt } = finding
        return Effect.flatMap(Clock.currentTimeMillis, (at) =>
          Effect.zipRight(
            ledger.own(receipt.ref, entry.id),
            Effect.as(tell(entry.id, () => ({ _tag: "Observed", at, generation, step: progress.step, receipt, by: "look" })), true)
          ))
      })
  }

  /** What the process that is gone cannot say is not known; nobody waits for the rest. */
  const recover = (entry: Entry, at: number, attempts = 5): Effect.Effect<void> => {
    const { state } = entry
    const candidate = state.route[state.at] ?? state.route[0]
    const { progress } = entry
    const error = (certainty: MessagingError.Certainty): MessagingError.MessagingError =>
      MessagingError.make(certainty === "unknown" ? "Transport" : "Cancelled", {
        operation: "send",
        carrierId: candidate.carrierId,
        certainty,
        blame: "caller",
        next: certainty === "unknown" ? "reconcile" : "retry",
        detail: "the process that sent it is gone"
      })
    const mine = progress !== undefined && progress.plan.carrierId === candidate.carrierId
    const outcome = cutOff(entry.id, state.generation, mine ? progress : undefined, state.taken, error)
    const ends: Record<State["phase"]["_tag"], Event | undefined> = {
      Idle: undefined,
      Admitting: undefined,
      Resting: undefined,
      Sending: { _tag: "Sent", at, outcome, steps: mine ? progress.plan.steps.map(({ parts }) => parts) : state.steps },
      Looking: { _tag: "Looked", at, finding: unproven("the process that looked is gone") },
      Held: undefined,
      Done: undefined
    }
    const left: State = engine.step(state, { _tag: "Abandoned", at }, () => false).state
    const end = ends[state.phase._tag]
    const ended = end === undefined ? stored(entry, { _tag: "Abandoned", at }) : stored({ ...entry, state: left }, end)
    return Effect.flatMap(ended, (saved) => saved ? freed(entry) : again(entry, at, attempts))
  }

  /** A fact came in between. */
  const again = (entry: Entry, at: number, attempts: number): Effect.Effect<void> =>
    attempts <= 1 ?
      Effect.void :
      Effect.flatMap(ledger.read(entry.id), (read) =>
        Option.isNone(read) || read.value.owner !== owner || read.value.state.result !== undefined
          ? Effect.void
          : recover(read.value, at, attempts - 1))

  /** Nothing of it was ever asked of a carrier, and nobody was told anything: whoever repeats it under its key sends it. */
  const freed = (entry: Entry): Effect.Effect<void> =>
    entry.key === undefined || entry.state.generation > 0 ? Effect.void : ledger.release({ ...entry, version: entry.version + 1 })

  /** What is begun here while the ledger is asked is this process's own, and so is the lease that it got. */
  const adopted = (id: DeliveryId, at: number): Effect.Effect<Option.Option<Entry>> =>
    jobs.has(id) ? Effect.succeedNone : Effect.map(ledger.adopt(id, owner, lease, at), Option.filter(() => !jobs.has(id)))

  /** Ends what a process that is gone left behind; how many that were. */
  const recovered = (id: DeliveryId, at: number): Effect.Effect<number> =>
    Effect.flatMap(adopted(id, at), (entry) => Option.isNone(entry) ? Effect.succeed(0) : Effect.as(recover(entry.value, at), 1))

  const adopt: Elsewhere["adopt"] = Effect.flatMap(
    Clock.currentTimeMillis,
    (at) =>
      Effect.flatMap(ledger.orphans(100), (orphans) =>
        Effect.map(
          Effect.forEach(orphans, ({ id }) => recovered(id, at)),
          (counts) => counts.reduce<number>((sum, count) => sum + count, 0)
        ))
  )

  const takeOver: Elsewhere["takeOver"] = (id) =>
    Effect.flatMap(Clock.currentTimeMillis, (at) =>
      Effect.flatMap(adopted(id, at), (entry) =>
        Option.isNone(entry)
          ? Effect.succeed(undefined)
          : entry.value.state.phase._tag === "Idle"
          ? Effect.succeed(entry.value)
          : Effect.as(recover(entry.value, at), entry.value)))

  const overhear: Elsewhere["overhear"] = (job) =>
    Effect.flatMap(ledger.read(job.id), (read) => {
      const { state } = job
      if (
        Option.isNone(read) || read.value.owner !== owner || state === undefined || read.value.state.generation !== state.generation
      ) return Effect.void
      const news = read.value.state.proofs.filter(({ step }) => !state.proofs.some((proof) => proof.step === step))
      return Effect.forEach(news, ({ receipt, step }) =>
        feed(job, { _tag: "Observed", at: now(job), generation: state.generation, step, receipt, by: "event" }), { discard: true })
    })

  const concede: Elsewhere["concede"] = (job, { generation, taken }, outcome, at) => {
    const { progress } = job
    const more = progress?.generation === generation ? progress.of.receipts : []
    const answered = outcome === undefined ? [] : Outcome.receipts(outcome)
    const receipts = [taken, more, answered].reduce((most, some) => some.length > most.length ? some : most)
    const facts = Effect.forEach(
      receipts,
      (receipt, step) => tell(job.id, () => ({ _tag: "Observed", at, generation, step, receipt, by: "event" })),
      { discard: true }
    )
    const refused = outcome?._tag === "Rejected"
      ? tell(
        job.id,
        ({ state }) =>
          state.phase._tag === "Held" && state.generation === generation ? { _tag: "Denied", at, error: outcome.error } : undefined
      )
      : Effect.void
    const read = Effect.map(ledger.read(job.id), Option.getOrUndefined)
    // whoever has it may be gone by now as well: then nobody else ends it for this caller
    const known = Effect.flatMap(read, (entry) =>
      entry === undefined || entry.state.result !== undefined
        ? Effect.succeed(entry)
        : Effect.flatMap(recovered(job.id, at), (count) => count === 0 ? Effect.succeed(entry) : read))
    return Effect.zipRight(Effect.zipRight(facts, refused), known)
  }

  return { tell, lookAgain, lookForAbsent, adopt, takeOver, overhear, concede }
}
