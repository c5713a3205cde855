/** Writes down the deliveries that run in this process, and publishes what happens to them. */
import type { DeliveryId } from "@interline/core/DeliveryId"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { Event, State } from "../decision/Decision.ts"
import type { RouterEvent } from "../decision/RouterEvent.ts"
import * as Fingerprint from "../ledger/fingerprint.ts"
import type { Entry, LedgerService } from "../ledger/Ledger.ts"
import { contentOf, type Job, millis } from "./job.ts"

/** How long a delivery belongs to its process after the last renewal, in milliseconds, and how often it is renewed. */
export const lease = 15_000
export const renewEvery = lease / 5

export interface Parts {
  readonly ledger: LedgerService
  /** Names this process in the ledger. */
  readonly owner: string
  /** How long an entry is this process's own after each save and each renewal, in milliseconds. */
  readonly lease: number
  /** Publishes an event at once. The effect only logs; it is undefined if there is nothing to log. */
  readonly announce: (event: RouterEvent) => Effect.Effect<void> | undefined
}

/** What comes of a save. */
export interface Saved<A> {
  /** It was written. `heard`: facts that another process has put on record meanwhile. */
  readonly onKept: (heard: ReadonlyArray<Event>) => Effect.Effect<A>
  /** Another process has taken the delivery over. Nothing more may be done for it here. */
  readonly onLost: () => Effect.Effect<A>
}

export interface Records {
  readonly entryOf: (job: Job, state: State, at: number) => Entry
  readonly save: <A>(job: Job, state: State, at: number, saved: Saved<A>) => Effect.Effect<A>
  readonly publish: (id: DeliveryId, events: ReadonlyArray<RouterEvent>) => Effect.Effect<void>
  /** Publishes what happened, and appends it to the history. Undefined if there is nothing to do. */
  readonly flush: (job: Job) => Effect.Effect<void> | undefined
}

/** Copies late arrivals that another process has stored. Their events were published there. */
const withArrivals = ({ behind, attempts }: State, stored: State): Pick<State, "behind" | "attempts"> => {
  const arrived = new Map(stored.behind.flatMap((entry) => entry.receipt === undefined ? [] : [[entry.generation, entry] as const]))
  const amended = new Map(stored.attempts.map((attempt) => [attempt.generation, attempt] as const))
  return {
    behind: behind.map((entry) => arrived.get(entry.generation) ?? entry),
    attempts: attempts.map((attempt) => (arrived.has(attempt.generation) ? amended.get(attempt.generation) : undefined) ?? attempt)
  }
}

/** The proofs of the attempt in hand that `state` does not have. */
export const findNewProofs = (stored: State, state: State): State["proofs"] =>
  stored.generation === state.generation
    ? stored.proofs.filter(({ step }) => !state.proofs.some((proof) => proof.step === step))
    : []

/** Facts that another process has put on record. */
export const toFacts = (proofs: State["proofs"], generation: number, at: number): ReadonlyArray<Event> =>
  proofs.map(({ receipt, step }) => ({ _tag: "Observed", at, generation, step, receipt, by: "event" }))

/** What has ended meanwhile was taken over, perhaps by this process while it thought that its own claim was another's. */
const isOwn = (stored: Entry, { owner, version }: Entry, { result }: State): boolean =>
  stored.owner === owner && stored.version > version && (stored.state.result === undefined || result !== undefined)

const none: ReadonlyArray<Event> = []

export const make = ({ announce, lease, ledger, owner }: Parts): Records => {
  const entryOf: Records["entryOf"] = (job, state, at) => ({
    ...(job.entry ?? {
      id: job.id,
      conversation: job.lane,
      likenesses: Fingerprint.likenesses(job.prepared),
      ...(job.prepared.key === undefined ? {} : { key: job.prepared.key }),
      content: contentOf(job.prepared),
      owner,
      createdAt: at,
      version: 0
    }),
    state,
    ...(job.progress === undefined ? {} : { progress: job.progress.of }),
    updatedAt: at
  })

  /**
   * Another process may have written down only what it heard of the delivery. Then the delivery is still this process's, the facts take
   * effect here, and the save is repeated.
   */
  const regain = <A>(job: Job, state: State, at: number, saved: Saved<A>): Effect.Effect<A> =>
    Effect.flatMap(ledger.read(job.id), (read) => {
      const stored = Option.getOrUndefined(read)
      const { entry } = job
      if (entry === undefined || stored === undefined || !isOwn(stored, { ...entry, owner }, state)) {
        job.isLost = true
        return saved.onLost()
      }
      job.entry = { ...entry, version: stored.version }
      const heard = findNewProofs(stored.state, state)
      const behind = withArrivals(state, stored.state)
      if (job.state !== undefined) job.state = { ...job.state, ...behind }
      const facts = toFacts(heard, state.generation, at)
      return save(job, { ...state, ...behind, proofs: [...state.proofs, ...heard] }, at, {
        onKept: (more) => saved.onKept([...facts, ...more]),
        onLost: saved.onLost
      })
    })

  const save: Records["save"] = (job, state, at, saved) => {
    const entry = entryOf(job, state, at)
    const isOpen = job.entry !== undefined
    return Effect.flatMap(isOpen ? ledger.save(entry, lease) : ledger.open(entry, lease), (isWritten) => {
      if (!isWritten) return regain(job, state, at, saved)
      job.renewedAt = millis(job)
      job.entry = isOpen ? { ...entry, version: entry.version + 1 } : entry
      return saved.onKept(none)
    })
  }

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
