/** What is written down of the deliveries that run here, and told to whoever listens. */
import * as Conversation from "@interline/core/Conversation"
import type { DeliveryId } from "@interline/core/DeliveryId"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { Candidate, Event, State } from "../decision/Decision.ts"
import type { RouterEvent } from "../decision/RouterEvent.ts"
import * as Fingerprint from "../ledger/fingerprint.ts"
import type { Binding, Entry, LedgerService } from "../ledger/Ledger.ts"
import * as Affinity from "../policy/Affinity.ts"
import type { Complete } from "../policy/Policy.ts"
import * as Route from "../policy/Route.ts"
import { contentOf, type Job, millis } from "./job.ts"

/** How long a delivery is its process's own after the last sign of life, in milliseconds, and how often a sign is given. */
export const lease = 15_000
export const renewEvery = lease / 5

export interface Setup {
  readonly policy: Complete
  readonly ledger: LedgerService
  /** Names this process in the ledger. */
  readonly owner: string
  /** Open while deliveries run: then there may be something to renew. */
  readonly busy: Effect.Latch
  /** How long an entry is this process's own after each save and each renewal, in milliseconds. */
  readonly lease: number
  /** A carrier took a message of a conversation that was bound to `before`. */
  readonly took?: (candidate: Candidate, before: Binding | undefined, at: number) => void
  /** Tells whoever listens, at once; what is left to do, if anything, is logging. */
  readonly announce: (event: RouterEvent) => Effect.Effect<void> | undefined
}

export interface Records {
  readonly entryOf: (job: Job, state: State, at: number) => Entry
  readonly save: (
    job: Job,
    state: State,
    at: number,
    goOn: () => Effect.Effect<void>,
    orElse: () => Effect.Effect<void>
  ) => Effect.Effect<void>
  readonly publish: (id: DeliveryId, events: ReadonlyArray<RouterEvent>) => Effect.Effect<void>
  readonly flush: (job: Job, goOn: () => Effect.Effect<void>) => Effect.Effect<void>
  readonly bind: (
    conversation: Conversation.Conversation,
    known: Option.Option<Binding>,
    candidate: Candidate,
    id: DeliveryId,
    at: number
  ) => Effect.Effect<RouterEvent | undefined>
}

/** What another process wrote of attempts that were left behind: it has told their late arrivals already. */
const withArrivals = ({ behind, trials }: State, stored: State): Pick<State, "behind" | "trials"> => {
  const arrived = new Map(stored.behind.flatMap((entry) => entry.receipt === undefined ? [] : [[entry.generation, entry] as const]))
  const told = new Map(stored.trials.map((trial) => [trial.generation, trial] as const))
  return {
    behind: behind.map((entry) => arrived.get(entry.generation) ?? entry),
    trials: trials.map((trial) => (arrived.has(trial.generation) ? told.get(trial.generation) : undefined) ?? trial)
  }
}

const hasEnded = (stored: Entry, { result }: State): boolean => stored.state.result !== undefined && result === undefined

type Tell = (deliveryId: DeliveryId, event: (entry: Entry) => Event | undefined) => Effect.Effect<boolean>

export const make = (setup: Setup, tell: Tell): Records => {
  const { ledger, policy } = setup

  const entryOf: Records["entryOf"] = (job, state, at) => ({
    ...(job.entry ?? {
      id: job.id,
      conversation: job.lane,
      likenesses: Fingerprint.likenesses(job.prepared),
      ...(job.prepared.key === undefined ? {} : { key: job.prepared.key }),
      content: contentOf(job.prepared),
      owner: setup.owner,
      createdAt: at,
      version: 0
    }),
    state,
    ...(job.progress === undefined ? {} : { progress: job.progress.of }),
    updatedAt: at
  })

  /**
   * Another process may have written down only what it heard of the delivery. Then it is still this process's, and the fact
   * takes effect here. What has ended meanwhile was taken over, be it by this process while it thought that its own claim was another's.
   */
  const regain = (
    job: Job,
    state: State,
    at: number,
    goOn: () => Effect.Effect<void>,
    orElse: () => Effect.Effect<void>
  ): Effect.Effect<void> =>
    Effect.flatMap(ledger.read(job.id), (read) => {
      const stored = Option.getOrUndefined(read)
      const { entry } = job
      if (
        entry === undefined || stored === undefined || stored.owner !== setup.owner || stored.version <= entry.version ||
        hasEnded(stored, state)
      ) {
        job.lost = true
        return orElse()
      }
      job.entry = { ...entry, version: stored.version }
      const heard = stored.state.generation === state.generation
        ? stored.state.proofs.filter(({ step }) => !state.proofs.some((proof) => proof.step === step))
        : []
      const facts = Effect.forEach(heard, ({ receipt, step }) =>
        tell(job.id, () => ({ _tag: "Observed", at, generation: state.generation, step, receipt, by: "event" })), { discard: true })
      const behind = withArrivals(state, stored.state)
      if (job.state !== undefined) {
        job.state = { ...job.state, ...behind }
      }
      return save(
        job,
        { ...state, ...behind, proofs: [...state.proofs, ...heard] },
        at,
        // an end that is being written down is one before the fact changes it
        () =>
          state.result === undefined ? Effect.flatMap(facts, goOn) : Effect.flatMap(goOn(), () =>
            facts),
        orElse
      )
    })

  /** Goes on unless another process has taken the delivery over: then nothing more may be done for it here. */
  const save = (
    job: Job,
    state: State,
    at: number,
    goOn: () => Effect.Effect<void>,
    orElse: () => Effect.Effect<void>
  ): Effect.Effect<void> => {
    const entry = entryOf(job, state, at)
    const isOpen = job.entry !== undefined
    return Effect.flatMap(isOpen ? ledger.save(entry, setup.lease) : ledger.open(entry, setup.lease), (written) => {
      if (!written) return regain(job, state, at, goOn, orElse)
      job.renewedAt = millis(job)
      job.entry = isOpen ? { ...entry, version: entry.version + 1 } : entry
      return goOn()
    })
  }

  const announce = (events: ReadonlyArray<RouterEvent>, from = 0): Effect.Effect<void> | undefined => {
    let logging: Effect.Effect<void> | undefined
    for (let index = from; index < events.length; index++) {
      const event = events[index]
      const log = event === undefined ? undefined : setup.announce(event)
      if (log !== undefined) logging = logging === undefined ? log : Effect.zipRight(logging, log)
    }
    return logging
  }

  const publish = (id: DeliveryId, events: ReadonlyArray<RouterEvent>): Effect.Effect<void> =>
    events.length === 0 ? Effect.void : Effect.flatMap(ledger.append(id, events), () => announce(events) ?? Effect.void)

  /** A delivery's history begins when its plan is written down; what happened before is told at once and written then. */
  const flush = (job: Job, goOn: () => Effect.Effect<void>): Effect.Effect<void> => {
    const { events, told } = job
    if (events.length === 0) return goOn()
    const logging = announce(events, told)
    // an entry that only claims its key is written anew in a moment: the history is written with that
    if (job.entry === undefined || job.entry.state.phase._tag === "Idle") {
      job.told = events.length
      return logging === undefined ? goOn() : Effect.flatMap(logging, goOn)
    }
    job.events = []
    job.told = 0
    return Effect.flatMap(ledger.append(job.id, events), logging === undefined ? goOn : () => Effect.flatMap(logging, goOn))
  }

  /** Binds the conversation, given what its binding was when somebody last looked; gives what is to be told of it. */
  const bind = (
    conversation: Conversation.Conversation,
    known: Option.Option<Binding>,
    candidate: Candidate,
    id: DeliveryId,
    at: number,
    attempts = 3
  ): Effect.Effect<RouterEvent | undefined> => {
    const next = Affinity.afterAcceptance(Route.modeOf(policy, conversation), known, candidate, at)
    if (Option.isNone(next)) return Effect.succeed(undefined)
    const key = Conversation.key(conversation)
    const before = Option.getOrUndefined(known)
    return Effect.flatMap(ledger.bind(key, next.value, before?.version ?? 0), (bound) => {
      // a second part finds the binding of the first
      if (bound) setup.took?.(candidate, before, at)
      return bound
        ? Effect.succeed<RouterEvent | undefined>(
          before?.carrierId === candidate.carrierId
            ? undefined
            : {
              _tag: "Bound",
              deliveryId: id,
              at,
              carrierId: candidate.carrierId,
              line: candidate.line,
              ...(before === undefined ? {} : { from: before.carrierId })
            }
        )
        : attempts <= 0
        ? Effect.succeed(undefined)
        : Effect.flatMap(ledger.binding(key), (binding) => bind(conversation, binding, candidate, id, at, attempts - 1))
    })
  }

  return { entryOf, save, publish, flush, bind }
}
