/** Writes down the deliveries that run in this process, and publishes what happens to them. */
import type { DeliveryId } from "@interline/core/DeliveryId"
import * as Effect from "effect/Effect"
import type { State } from "../decision/Decision.ts"
import type { RouterEvent } from "../decision/RouterEvent.ts"
import * as Fingerprint from "../ledger/fingerprint.ts"
import type { Entry, LedgerService } from "../ledger/Ledger.ts"
import { awaitSave, contentOf, endSave, type Job, now, recordFacts } from "./job.ts"

export interface Parts {
  readonly ledger: LedgerService
  /** Publishes an event at once. The effect only logs; it is undefined if there is nothing to log. */
  readonly announce: (event: RouterEvent) => Effect.Effect<void> | undefined
}

/** What comes of a save. */
export interface Saved<A> {
  /** It was written. */
  readonly onKept: () => Effect.Effect<A>
  /** Another process has taken the delivery or its shard over. Nothing more may be done for it here. */
  readonly onLost: () => Effect.Effect<A>
}

export interface Records {
  readonly entryOf: (job: Job, state: State, at: number) => Entry
  /** Writes a state down. If another fiber is writing the same delivery down, it waits for that. Only for an uninterruptible fiber. */
  readonly save: <A>(job: Job, state: State, at: number, saved: Saved<A>) => Effect.Effect<A>
  readonly publish: (id: DeliveryId, events: ReadonlyArray<RouterEvent>) => Effect.Effect<void>
  /** Publishes what happened, and appends it to the history. Undefined if there is nothing to do. */
  readonly flush: (job: Job) => Effect.Effect<void> | undefined
}

export const make = ({ announce, ledger }: Parts): Records => {
  const entryOf: Records["entryOf"] = (job, state, at) => ({
    ...(job.entry ?? {
      id: job.id,
      conversation: job.lane,
      likenesses: Fingerprint.likenesses(job.prepared),
      ...(job.prepared.key === undefined ? {} : { key: job.prepared.key }),
      content: contentOf(job),
      epoch: job.epoch,
      createdAt: at,
      version: 0
    }),
    state,
    ...(job.progress === undefined ? {} : { progress: job.progress.of }),
    updatedAt: at
  })

  const open = (job: Job, entry: Entry): Effect.Effect<boolean> =>
    Effect.map(ledger.open(entry, job.deadline - now(job)), (opening) => opening === "Opened")

  const save: Records["save"] = (job, state, at, saved) =>
    Effect.suspend(() => {
      if (job.isSaving) return Effect.flatMap(awaitSave(job), () => save(job, state, at, saved))
      const entry = entryOf(job, state, at)
      const isOpen = job.entry !== undefined
      // a fact may have changed the state since: then the newer one is written after this one
      const facts = state === job.state ? job.facts : job.recordedFacts
      job.isSaving = true
      return Effect.matchCauseEffect(isOpen ? ledger.save(entry) : open(job, entry), {
        onSuccess: (isWritten) => {
          if (!isWritten) {
            job.isLost = true
            endSave(job)
            return saved.onLost()
          }
          job.entry = isOpen ? { ...entry, version: entry.version + 1 } : entry
          endSave(job)
          if (facts > job.recordedFacts) recordFacts(job, facts)
          return saved.onKept()
        },
        onFailure: (cause) => {
          endSave(job)
          return Effect.failCause(cause)
        }
      })
    })

  const announceAll = (events: ReadonlyArray<RouterEvent>, from = 0): Effect.Effect<void> | undefined => {
    let logging: Effect.Effect<void> | undefined
    for (let index = from; index < events.length; index++) {
      const event = events[index]
      const log = event === undefined ? undefined : announce(event)
      if (log !== undefined) logging = logging === undefined ? log : Effect.zipRight(logging, log)
    }
    return logging
  }

  const publish: Records["publish"] = (id, events) =>
    events.length === 0 ? Effect.void : Effect.flatMap(ledger.append(id, events), () => announceAll(events) ?? Effect.void)

  const flush: Records["flush"] = (job) => {
    const { events, published } = job
    if (events.length === 0) return undefined
    const logging = announceAll(events, published)
    // an entry that only claims its key is written anew in a moment: the history is written with that
    if (job.entry === undefined || job.entry.state.phase._tag === "Idle") {
      job.published = events.length
      return logging
    }
    job.events = []
    job.published = 0
    const appended = ledger.append(job.id, events)
    return logging === undefined ? appended : Effect.zipRight(appended, logging)
  }

  return { entryOf, save, publish, flush }
}
