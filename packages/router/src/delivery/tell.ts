/** Tells deliveries what was learned of them: those that run in this process, and those that nobody runs. */
import type { DeliveryId } from "@interline/core/DeliveryId"
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { Event, State } from "../decision/Decision.ts"
import * as Fact from "../decision/Fact.ts"
import type { Engine, Turn } from "../health/engine.ts"
import type { Entry } from "../ledger/Ledger.ts"
import * as Shard from "../ledger/Shard.ts"
import { NotOwner, type TellResult } from "../ownership/Runner.ts"
import * as Bindings from "../policy/bindings.ts"
import * as ApplyFact from "./applyFact.ts"
import * as Job from "./job.ts"
import type { Records } from "./recordTurn.ts"

export interface Parts extends Bindings.Parts {
  readonly engine: Engine
  readonly jobs: Job.Jobs
  readonly records: Records
  /** Takes up a delivery that was left behind in a shard of this process. True if it runs here then. */
  readonly resume: (entry: Entry) => Effect.Effect<boolean>
}

/** Another process may be changing the same delivery. Then it is read again, with what that process has learned. */
const mostReads = 5

/** Publishes what was decided, and binds the conversation to the carrier that has the message. */
const publishTurn = (parts: Parts, entry: Entry, { bound, events }: Turn, at: number): Effect.Effect<void> => {
  const { publish } = parts.records
  const published = publish(entry.id, events)
  return bound === undefined
    ? published
    : Effect.zipRight(
      published,
      Effect.flatMap(
        Bindings.acceptLate(parts, entry, bound, at),
        (event) => event === undefined ? Effect.void : publish(entry.id, [event])
      )
    )
}

/**
 * Decides for a delivery that has ended or is held, and stores that. No carrier is chosen here, so it does not matter to which carriers a person is
 * new. False if another process was faster.
 */
const decideStored = (parts: Parts, entry: Entry, event: Event): Effect.Effect<boolean> => {
  const turn = parts.engine.step(entry.state, event, () => false)
  return turn.state === entry.state
    ? Effect.succeed(true)
    : Effect.flatMap(
      parts.ledger.save({ ...entry, state: turn.state, updatedAt: event.at }),
      (isSaved) => isSaved ? Effect.as(publishTurn(parts, entry, turn, event.at), true) : Effect.succeed(false)
    )
}

/** How long it may take to write down the end of a delivery, in milliseconds. */
const longestEnding = 5_000

/** If a delivery is about to end, waits until that is written down: a fact is the teller's to keep until then. */
const untilWritten = ({ done, state }: Job.Job): Effect.Effect<unknown> =>
  state?.result === undefined ? Effect.void : Effect.timeoutOption(Deferred.await(done), longestEnding)

/**
 * Waits until the facts that changed a delivery are on record. While it waits for something else, nothing is written down, so that is done here. True
 * if they are on record.
 */
const recordFacts = ({ records }: Parts, job: Job.Job): Effect.Effect<boolean> =>
  Effect.suspend(() => {
    const { facts, recordedFacts, state, stop } = job
    return facts > recordedFacts && stop !== undefined && state !== undefined
      ? Effect.uninterruptible(
        records.save(job, state, Job.now(job), {
          onKept: () => Effect.succeed(true),
          onLost: () => Effect.succeed(false)
        })
      )
      : Job.awaitFacts(job)
  })

/**
 * Applies a fact to a delivery that runs here. Undefined if that changes nothing. It is applied when it is on record: this process may have lost the
 * delivery without knowing, and then the process that has it must be told (`again`).
 */
const applyHere = (
  parts: Parts,
  job: Job.Job,
  fact: Fact.Fact,
  again: Effect.Effect<TellResult, NotOwner>
): Effect.Effect<TellResult, NotOwner> | undefined => {
  const { entry, isLost, progress, shard, state } = job
  if (entry === undefined || state === undefined || isLost) return undefined
  const event = Fact.toEvent(fact, { state, progress: progress?.of ?? entry.progress }, Job.now(job))
  const applying = event === undefined ? Effect.void : ApplyFact.applyFact(parts.engine, job, event)
  if (job.state !== state) job.facts += 1
  if (job.facts === job.recordedFacts) return undefined
  const written = Effect.timeoutTo(recordFacts(parts, job), {
    duration: longestEnding,
    onTimeout: () => Effect.fail(new NotOwner({ shard })),
    onSuccess: (isOnRecord) => isOnRecord ? Effect.succeed<TellResult>("Applied") : again
  })
  return Effect.zipRight(applying, Effect.flatten(written))
}

/** Another process may run the delivery: this one may have lost it without knowing. Only a delivery that nobody runs is changed here. */
const applyStored = (
  parts: Parts,
  entry: Entry,
  fact: Fact.Fact,
  { reads, state }: { readonly reads: number; readonly state: State | undefined }
): Effect.Effect<TellResult, NotOwner> =>
  Effect.flatMap(Clock.currentTimeMillis, (at) => {
    const { epochs, running } = parts.jobs
    const event = Fact.toEvent(fact, entry, at)
    if (event === undefined) return Effect.succeed("Ignored")
    const again = reads <= 1 ? Effect.succeed<TellResult>("Ignored") : tell(parts, entry.id, fact, reads - 1)
    const { phase } = entry.state
    if (phase._tag === "Held" || phase._tag === "Done") {
      return Effect.flatMap(decideStored(parts, entry, event), (isStored) => isStored ? Effect.succeed<TellResult>("Applied") : again)
    }
    const shard = Shard.of(entry.conversation)
    const job = running.get(entry.id)
    // it runs here, and the fact changes nothing, unless it has gone on meanwhile
    if (job !== undefined && !job.isLost && job.epoch >= entry.epoch) {
      return job.state !== state || job.state?.result !== undefined
        ? Effect.zipRight(untilWritten(job), again)
        : Effect.succeed("Ignored")
    }
    return job === undefined && epochs.has(shard)
      ? Effect.flatMap(parts.resume(entry), (isHere) => isHere ? again : Effect.fail(new NotOwner({ shard })))
      : Effect.fail(new NotOwner({ shard }))
  })

export const tell = (parts: Parts, id: DeliveryId, fact: Fact.Fact, reads = mostReads): Effect.Effect<TellResult, NotOwner> =>
  Effect.suspend(() => {
    const job = parts.jobs.running.get(id)
    const state = job?.state
    const again = Effect.suspend(() => reads <= 1 ? new NotOwner({ shard: job?.shard ?? 0 }) : tell(parts, id, fact, reads - 1))
    const applying = job === undefined ? undefined : applyHere(parts, job, fact, again)
    return applying ?? Effect.flatMap(
      parts.ledger.read(id),
      (read) => Option.isNone(read) ? Effect.succeed("Unknown") : applyStored(parts, read.value, fact, { reads, state })
    )
  })
