/**
 * Reads back from one carrier when the process starts: its list of opt-outs if it was never read, and the events since the last known time.
 */
import type { CarrierHistory } from "@interline/core/History"
import type { MessagingError } from "@interline/core/MessagingError"
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { CatchUpState } from "./catchUpState.ts"
import type { CatchUpTable } from "./catchUpTable.ts"
import * as ReadBack from "./readBack.ts"
import type { ConsentGateService } from "./waitForOptOuts.ts"

export interface Parts {
  readonly table: CatchUpTable
  readonly state: CatchUpState
  readonly gate: ConsentGateService
  readonly readBack: ReadBack.ReadBack
}

/**
 * The waits in milliseconds before a failed start is repeated: after the first failure, the second, and so on. The last wait is used for
 * all later failures.
 */
const waits = [5_000, 15_000, 60_000, 300_000] as const

/** Whether the failure will stay. Refused credentials stay refused, so asking again does not help. */
const isLasting = (cause: Cause.Cause<MessagingError>): boolean =>
  Option.match(Cause.failureOption(cause), { onNone: () => false, onSome: ({ blame }) => blame === "account" || blame === "caller" })

/** Makes the start for one carrier. It repeats until the carrier was read, or until the carrier refuses for good. */
export const make = ({ gate, readBack, state, table }: Parts): (history: CarrierHistory) => Effect.Effect<void> => {
  /**
   * Reads the list of opt-outs once more. It finds people whom somebody opted out by hand at the carrier. No message waits for this: the
   * opt-outs that people wrote themselves have been read back by then.
   */
  const readListAgain = (history: CarrierHistory): Effect.Effect<void> =>
    Effect.catchAllCause(
      Effect.asVoid(state.exclusive(history.carrierId, readBack.readList(history))),
      (cause) =>
        Cause.isInterruptedOnly(cause)
          ? Effect.void
          : Effect.logWarning(
            "the carrier's list of opt-outs could not be read again; mend the reason and start the process again, which reads it",
            { carrier: history.carrierId, why: ReadBack.explain(cause) }
          )
    )

  /** Reads the carrier. The result says whether the list was read before. */
  const read = (history: CarrierHistory): Effect.Effect<boolean, MessagingError> =>
    Effect.gen(function*() {
      const { carrierId } = history
      const row = yield* table.find(carrierId)
      const since = yield* readBack.findStart(carrierId)
      yield* state.note(carrierId, { state: "running", ...(since === undefined ? {} : { heardUntil: since + ReadBack.overlap }) })
      const wasListed = row?.listed_at !== undefined && row.listed_at !== null
      if (!wasListed) yield* readBack.readList(history)
      const now = yield* Clock.currentTimeMillis
      if (since !== undefined) {
        yield* readBack.readEvents(history, since)
      } else {
        // This carrier was never read, so there is no time to read back from.
        yield* readBack.recordHeard(carrierId, now)
        if (state.fed.has(carrierId)) yield* table.recordFeed(carrierId, now)
        yield* state.note(carrierId, { state: "done", until: now, endedAt: now })
      }
      return wasListed
    })

  const start = (history: CarrierHistory, count = 0): Effect.Effect<void> => {
    const { carrierId } = history
    return Effect.matchCauseEffect(state.exclusive(carrierId, read(history)), {
      onSuccess: (wasListed) => Effect.zipRight(gate.read(carrierId), wasListed ? readListAgain(history) : Effect.void),
      onFailure: (cause) => {
        if (Cause.isInterruptedOnly(cause)) return Effect.void
        const wait = waits[Math.min(count, waits.length - 1)] ?? Duration.toMillis("5 minutes")
        return Effect.zipRight(
          readBack.recordFailure(carrierId)(cause),
          // Credentials that are refused today are refused tomorrow. So let messages go on without this carrier.
          isLasting(cause) ? gate.read(carrierId) : Effect.zipRight(Effect.sleep(wait), start(history, count + 1))
        )
      }
    })
  }
  return (history) => start(history)
}
