/** Reads back from one carrier when the process starts: its list of opt-outs where it was never read, and what happened since it was heard last. */
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

/** After how many milliseconds a start that failed a first, second, … time is done again; after the last one always after that time. */
const waits = [5_000, 15_000, 60_000, 300_000] as const

/** Whether asking again may help: credentials that are refused stay refused. */
const isLasting = (cause: Cause.Cause<MessagingError>): boolean =>
  Option.match(Cause.failureOption(cause), { onNone: () => false, onSome: ({ blame }) => blame === "account" || blame === "caller" })

/** Answers a start for one carrier. It repeats until the carrier was read, or refuses for good. */
export const make = ({ gate, readBack, state, table }: Parts): (history: CarrierHistory) => Effect.Effect<void> => {
  /**
   * Reads the list of opt-outs once more, for people whom somebody took off by hand at the carrier. No message waits for it: what people said themselves
   * has been read back by then.
   */
  const readListAgain = (history: CarrierHistory): Effect.Effect<void> =>
    Effect.catchAllCause(
      Effect.asVoid(state.exclusive(history.carrierId, readBack.readList(history))),
      (cause) =>
        Cause.isInterruptedOnly(cause)
          ? Effect.void
          : Effect.annotateLogs(Effect.logWarning("the carrier's list of opt-outs could not be read again"), {
            carrier: history.carrierId,
            why: ReadBack.explain(cause)
          })
    )

  /** Answers whether the list was read before. */
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
        // a carrier that was never heard of has nothing to go on with
        yield* readBack.recordHeard(carrierId, now)
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
          // credentials that are refused today are refused tomorrow: no message waits for that
          isLasting(cause) ? gate.read(carrierId) : Effect.zipRight(Effect.sleep(wait), start(history, count + 1))
        )
      }
    })
  }
  return (history) => start(history)
}
