/** Whose a delivery is: renews the leases of what runs here, takes over what processes left behind, and gives up what was taken over. */
import type { DeliveryId } from "@interline/core/DeliveryId"
import * as MessagingError from "@interline/core/MessagingError"
import * as Outcome from "@interline/core/Outcome"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { Event, State } from "../decision/Decision.ts"
import type { Entry } from "../ledger/Ledger.ts"
import * as ApplyFact from "./applyFact.ts"
import { type Job, millis, now, toCutOff } from "./job.ts"
import * as LookForMessage from "./lookForMessage.ts"
import * as RecordTurn from "./recordTurn.ts"
import * as Remote from "./remote.ts"

export interface Parts extends Remote.Parts {
  readonly owner: string
  readonly lease: number
}

const mostOrphans = 100

// --- what processes left behind ---

/** The event that ends each phase of a process that is gone. What that process cannot say is not known. */
const toLastEvent = ({ id, progress, state }: Entry, at: number): Event | undefined => {
  const { generation, phase, position, route, steps, taken } = state
  const { carrierId } = route[position] ?? route[0]
  const own = progress?.plan.carrierId === carrierId ? progress : undefined
  switch (phase._tag) {
    case "Sending":
      return {
        _tag: "Sent",
        at,
        outcome: toCutOff(
          id,
          generation,
          own,
          taken,
          (certainty) =>
            MessagingError.make(certainty === "unknown" ? "Transport" : "Cancelled", {
              operation: "send",
              carrierId,
              certainty,
              blame: "caller",
              next: certainty === "unknown" ? "reconcile" : "retry",
              detail: "the process that sent it is gone"
            })
        ),
        steps: own?.plan.steps.map(({ parts }) => parts) ?? steps
      }
    case "Looking":
      return { _tag: "Looked", at, finding: LookForMessage.unproven("the process that looked is gone") }
    default:
      return undefined
  }
}

/** Gives the key back if no carrier was asked. No caller was answered then, so the next send under the key sends it. */
const freeKey = ({ ledger }: Parts, entry: Entry): Effect.Effect<void> =>
  entry.key === undefined || entry.state.generation > 0 ? Effect.void : ledger.release({ ...entry, version: entry.version + 1 })

/** Ends a delivery that was taken over. Nobody waits for the rest of it. */
const recover = (parts: Parts, entry: Entry, at: number, reads = Remote.mostReads): Effect.Effect<void> =>
  Effect.suspend(() => {
    const abandoned: Event = { _tag: "Abandoned", at }
    const last = toLastEvent(entry, at)
    const stored = last === undefined
      ? Remote.decideStored(parts, entry, abandoned)
      : Remote.decideStored(parts, { ...entry, state: Remote.decide(parts.engine, entry.state, abandoned).state }, last)
    return Effect.flatMap(stored, (isStored) => {
      if (isStored) return freeKey(parts, entry)
      // a fact came in between
      return reads <= 1 ?
        Effect.void :
        Effect.flatMap(parts.ledger.read(entry.id), (read) =>
          Option.isNone(read) || read.value.owner !== parts.owner || read.value.state.result !== undefined
            ? Effect.void
            : recover(parts, read.value, at, reads - 1))
    })
  })

/** Takes a delivery over, unless it was begun here while the ledger was asked: then the lease is this process's own. */
const adoptOne = ({ jobs: { running }, lease, ledger, owner }: Parts, id: DeliveryId, at: number): Effect.Effect<Option.Option<Entry>> =>
  running.has(id) ? Effect.succeedNone : Effect.map(ledger.adopt(id, owner, lease, at), Option.filter(() => !running.has(id)))

/** Ends one delivery that a process left behind. True if it did. */
const recoverOne = (parts: Parts, id: DeliveryId, at: number): Effect.Effect<boolean> =>
  Effect.flatMap(
    adoptOne(parts, id, at),
    (entry) => Option.isNone(entry) ? Effect.succeed(false) : Effect.as(recover(parts, entry.value, at), true)
  )

/** Ends what processes left behind. Gives how many deliveries that were. */
export const adopt = (parts: Parts): Effect.Effect<number> =>
  Effect.gen(function*() {
    const at = yield* Clock.currentTimeMillis
    const orphans = yield* parts.ledger.orphans(mostOrphans)
    const recovered = yield* Effect.forEach(orphans, ({ id }) => recoverOne(parts, id, at))
    return recovered.filter((isRecovered) => isRecovered).length
  })

/** Takes over one delivery if its process is gone. What has left of it is ended. What has not is the caller's to send. */
export const takeOver = (parts: Parts, id: DeliveryId): Effect.Effect<Entry | undefined> =>
  Effect.gen(function*() {
    const at = yield* Clock.currentTimeMillis
    const entry = Option.getOrUndefined(yield* adoptOne(parts, id, at))
    if (entry !== undefined && entry.state.phase._tag !== "Idle") yield* recover(parts, entry, at)
    return entry
  })

// --- what runs here ---

/** Applies the facts that another process has put on record. */
const readFacts = ({ engine, ledger, owner }: Parts, job: Job): Effect.Effect<void> =>
  Effect.flatMap(ledger.read(job.id), (read) => {
    const { state } = job
    if (Option.isNone(read) || read.value.owner !== owner || state === undefined) return Effect.void
    const facts = RecordTurn.toFacts(RecordTurn.findNewProofs(read.value.state, state), state.generation, now(job))
    return Effect.forEach(facts, (fact) => ApplyFact.applyFact(engine, job, fact), { discard: true })
  })

/** Renews the leases of what runs here, and reads what other processes wrote of it. Only what runs longer than most sends needs it. */
export const renew = (parts: Parts): Effect.Effect<void> =>
  Effect.gen(function*() {
    const { jobs, lease, ledger, owner } = parts
    const aging = Array.from(jobs.running.values()).filter((job) => job.entry !== undefined && millis(job) - job.renewedAt >= lease / 5)
    if (aging.length === 0) return
    const asked = aging.map((job) => ({ job, version: job.entry?.version, at: millis(job) }))
    const versions = yield* ledger.renew(aging.map(({ id }) => id), owner, lease)
    for (const { at, job, version } of asked) {
      const stored = versions.get(job.id)
      if (stored === undefined) continue
      if (at > job.renewedAt) job.renewedAt = at
      // what this process writes itself meanwhile is no news
      if (version !== undefined && stored > version && job.entry?.version === version) yield* readFacts(parts, job)
    }
  })

/**
 * Another process has taken the delivery over. Tells it what is certain here as facts, and gives what is on record then. If that process is
 * gone as well, nobody else ends the delivery for this caller, so it is ended here.
 */
export const concede = (
  parts: Parts,
  job: Job,
  { generation, taken }: State,
  outcome: Outcome.Outcome | undefined,
  at: number
): Effect.Effect<Entry | undefined> =>
  Effect.gen(function*() {
    const { progress } = job
    const known = [
      taken,
      progress?.generation === generation ? progress.of.receipts : [],
      outcome === undefined ? [] : Outcome.receipts(outcome)
    ]
    const receipts = known.reduce((most, some) => some.length > most.length ? some : most)
    for (const [step, receipt] of receipts.entries()) {
      yield* Remote.tell(parts, job.id, () => ({ _tag: "Observed", at, generation, step, receipt, by: "event" }))
    }
    if (outcome?._tag === "Rejected") {
      yield* Remote.tell(
        parts,
        job.id,
        ({ state }) =>
          state.phase._tag === "Held" && state.generation === generation ? { _tag: "Denied", at, error: outcome.error } : undefined
      )
    }
    const entry = Option.getOrUndefined(yield* parts.ledger.read(job.id))
    const isOpen = entry !== undefined && entry.state.result === undefined
    return isOpen && (yield* recoverOne(parts, job.id, at)) ? Option.getOrUndefined(yield* parts.ledger.read(job.id)) : entry
  })
