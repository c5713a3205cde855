/** Tells deliveries what was learned of them, wherever they run: in this process, in another one, or nowhere any more. */
import type { DeliveryId } from "@interline/core/DeliveryId"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { Event, State } from "../decision/Decision.ts"
import type { Engine, Turn } from "../health/engine.ts"
import type { Entry } from "../ledger/Ledger.ts"
import * as Bindings from "../policy/bindings.ts"
import * as ApplyFact from "./applyFact.ts"
import type { Jobs } from "./job.ts"
import type { Records } from "./recordTurn.ts"
import type { RunnerService } from "./Runner.ts"

export interface Parts extends Bindings.Parts {
  readonly engine: Engine
  readonly jobs: Jobs
  readonly records: Records
}

/** Another process may be changing the same delivery. Then it is read again, with what that process has learned. */
export const mostReads = 5

/** Decides outside the loop. No carrier is chosen here, so it does not matter to which carriers a person is new. */
export const decide = (engine: Engine, state: State, event: Event): Turn => engine.step(state, event, () => false)

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

/** Decides for a delivery that no process runs, and stores that. False if another process was faster. */
export const decideStored = (parts: Parts, entry: Entry, event: Event): Effect.Effect<boolean> => {
  const turn = decide(parts.engine, entry.state, event)
  return turn.state === entry.state
    ? Effect.succeed(true)
    : Effect.flatMap(
      parts.ledger.save({ ...entry, state: turn.state, updatedAt: event.at }),
      (isSaved) => isSaved ? Effect.as(publishTurn(parts, entry, turn, event.at), true) : Effect.succeed(false)
    )
}

/** If another process runs the delivery, only stores the fact. That process reads it at its next save. */
const storeFact = (parts: Parts, entry: Entry, event: Event): Effect.Effect<boolean> => {
  const { phase } = entry.state
  if (phase._tag === "Held" || phase._tag === "Done") return decideStored(parts, entry, event)
  if (event._tag !== "Observed") return Effect.succeed(true)
  // late arrivals and second names are decided here, because no answer that the other process waits for can change them
  const before: State = { ...entry.state, phase: { _tag: "Sending" } }
  const turn = decide(parts.engine, before, event)
  return turn.state === before
    ? Effect.succeed(true)
    : Effect.flatMap(
      parts.ledger.save({ ...entry, state: { ...turn.state, phase } }),
      (isSaved) => isSaved ? Effect.as(parts.records.publish(entry.id, turn.events), true) : Effect.succeed(false)
    )
}

export const tell = (
  parts: Parts,
  id: DeliveryId,
  fact: Parameters<RunnerService["tell"]>[1],
  reads = mostReads
): Effect.Effect<boolean> =>
  Effect.suspend(() => {
    const job = parts.jobs.running.get(id)
    if (job !== undefined) {
      const event = job.entry === undefined ? undefined : fact({ ...job.entry, state: job.state ?? job.entry.state })
      return event === undefined ? Effect.succeed(true) : Effect.as(ApplyFact.applyFact(parts.engine, job, event), true)
    }
    return Effect.flatMap(parts.ledger.read(id), (read) => {
      if (Option.isNone(read)) return Effect.succeed(false)
      const event = fact(read.value)
      return event === undefined
        ? Effect.succeed(true)
        : Effect.flatMap(
          storeFact(parts, read.value, event),
          (isStored) => isStored || reads <= 1 ? Effect.succeed(true) : tell(parts, id, fact, reads - 1)
        )
    })
  })
