/** Lets a send wait for the end of an earlier delivery of its conversation. */
import type { DeliveryId } from "@interline/core/DeliveryId"
import * as Problem from "@interline/core/Problem"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { LedgerService } from "./Ledger.ts"

/** A delivery that runs in this process, with the key of its conversation. `done` is there when it has ended. */
interface Running {
  readonly lane: string
  readonly done: Effect.Effect<unknown, unknown>
}

export interface Parts {
  readonly ledger: Pick<LedgerService, "read">
  readonly jobs: { readonly running: ReadonlyMap<DeliveryId, Running> }
}

/** How often the ledger is read if the earlier delivery runs in another process, or is just being taken up in this one. */
const readEvery = Duration.millis(250)

const toProblem = (message: string): Problem.Problem => Problem.make("after", ["options", "after"], message)

const unknown = toProblem("no delivery of this id is known")
const elsewhere = toProblem("this delivery is of another conversation; only deliveries of one conversation have an order")
const itself = toProblem("a send cannot wait for itself")

/**
 * Ends when the earlier delivery has ended, or waits for a fact or an operator. Gives the problems of the id, and then nothing was waited
 * for. It must run before the send takes its lane, because the earlier delivery may be behind it there.
 */
export const awaitEarlier = (
  parts: Parts,
  job: { readonly id: DeliveryId; readonly lane: string },
  after: DeliveryId
): Effect.Effect<ReadonlyArray<Problem.Problem>> =>
  Effect.suspend(() => {
    if (after === job.id) return Effect.succeed([itself])
    const running = parts.jobs.running.get(after)
    if (running !== undefined) {
      return running.lane === job.lane
        ? Effect.as(Effect.exit(running.done), [])
        : Effect.succeed([elsewhere])
    }
    return Effect.flatMap(parts.ledger.read(after), (read): Effect.Effect<ReadonlyArray<Problem.Problem>> => {
      if (Option.isNone(read)) return Effect.succeed([unknown])
      const { conversation, state: { phase } } = read.value
      if (conversation !== job.lane) return Effect.succeed([elsewhere])
      return phase._tag === "Done" || phase._tag === "Held"
        ? Effect.succeed([])
        : Effect.delay(awaitEarlier(parts, job, after), readEvery)
    })
  })
