/** Reads back messages and opt-outs from one carrier. They go through the same queue as the events of webhooks. */
import type { CarrierId } from "@interline/core/CarrierId"
import * as Defect from "@interline/core/Defect"
import * as Feed from "@interline/core/Feed"
import type { CarrierHistory } from "@interline/core/History"
import type { MessagingError } from "@interline/core/MessagingError"
import type { MessagingEvent } from "@interline/core/MessagingEvent"
import type { SuppressionService } from "@interline/core/Suppression"
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { InboxService } from "../inbox/Inbox.ts"
import type { OptOutCounts } from "../server/CatchUpProgress.ts"
import * as Metrics from "../server/Metrics.ts"
import type { CatchUpState } from "./catchUpState.ts"
import type { CatchUpTable } from "./catchUpTable.ts"
import type { DropKnown } from "./findNew.ts"
import * as ReadOptOuts from "./ReadOptOuts.ts"

export interface Parts {
  readonly table: CatchUpTable
  readonly state: CatchUpState
  readonly suppression: SuppressionService
  readonly inbox: Pick<InboxService, "put">
  readonly dropKnown: DropKnown
}

export interface ReadBack {
  /** Reads the carrier's list of opt-outs. */
  readonly readList: (history: CarrierHistory) => Effect.Effect<OptOutCounts, MessagingError>
  /** Reads what happened at the carrier since a time in epoch milliseconds. */
  readonly readEvents: (history: CarrierHistory, from: number) => Effect.Effect<void, MessagingError>
  /** Records that every event until `at` came by webhook or was read back. */
  readonly recordHeard: (carrierId: CarrierId, at: number) => Effect.Effect<void>
  /** Records and logs that reading back failed. */
  readonly recordFailure: (carrierId: CarrierId) => (cause: Cause.Cause<MessagingError>) => Effect.Effect<void>
  /** The time from which events may be missing, in epoch milliseconds. `undefined`: this gateway never had an event of the carrier. */
  readonly findStart: (carrierId: CarrierId) => Effect.Effect<number | undefined>
}

/** In milliseconds: 45 minutes. It is longer than either vendor repeats a webhook (Linq: 25 to 30 minutes, changelog of September 2026). */
export const overlap = 45 * 60_000

/** The reason of a carrier's failure, as a text without numbers. */
export const explain = (cause: Cause.Cause<MessagingError>): string =>
  Option.match(Cause.failureOption(cause), { onNone: () => Defect.nameOf(Cause.squash(cause)), onSome: ({ message }) => message })

const markRecovered = (event: MessagingEvent, at: number): MessagingEvent =>
  event._tag === "Received" && event.message.recoveredAt === undefined
    ? { ...event, message: { ...event.message, recoveredAt: new Date(at).toISOString() } }
    : event

export const make = ({ dropKnown, inbox, state, suppression, table }: Parts): ReadBack => {
  const { find, note } = state

  const recordHeard: ReadBack["recordHeard"] = (carrierId, at) =>
    Effect.zipRight(table.recordHeard(carrierId, at), note(carrierId, { heardUntil: at }))

  /** Processes a page of events. Its opt-outs are applied before anything else in the page. */
  const takePage = (
    carrierId: CarrierId,
    events: ReadonlyArray<MessagingEvent>
  ): Effect.Effect<{ readonly told: number; readonly optOuts: number }> =>
    Effect.gen(function*() {
      const at = yield* Clock.currentTimeMillis
      const found = yield* dropKnown(carrierId, events)
      const optOuts = found.filter((event) => event._tag === "OptedOut")
      yield* Effect.forEach(optOuts, ({ at: said, handle }) => {
        const saidAt = said === undefined ? at : Math.min(Date.parse(said), at)
        // A mark without a time may be old. So it must not count as a new opt-out.
        return suppression.add(handle, said === undefined ? "list" : "event", carrierId, saidAt)
      }, { discard: true })
      // A feed connects again every few minutes. A message that comes meanwhile is no older than one that the feed tells.
      yield* inbox.put(state.fed.has(carrierId) ? found : found.map((event) => markRecovered(event, at)))
      return { told: found.length, optOuts: optOuts.length }
    })

  const readList: ReadBack["readList"] = ({ carrierId, optOuts }) =>
    Effect.gen(function*() {
      const counts = yield* ReadOptOuts.addRecords(suppression, carrierId, optOuts, (counts) =>
        Math.floor(counts.read / 10_000) > Math.floor((find(carrierId)?.optOuts ?? 0) / 10_000)
          ? Effect.zipRight(
            note(carrierId, { optOuts: counts.read }),
            Effect.logInfo("opt-outs are being read", { carrier: carrierId, read: counts.read, added: counts.added })
          )
          : note(carrierId, { optOuts: counts.read }))
      yield* Effect.flatMap(Clock.currentTimeMillis, (at) =>
        table.recordListed(carrierId, at))
      yield* Effect.logInfo("opt-outs were read from the carrier's list", { carrier: carrierId, read: counts.read, added: counts.added })
      return counts
    })

  /** The time until which the events are known, and the time from which to read, so that none is left out. */
  const findKnown = (carrierId: CarrierId): Effect.Effect<{ readonly until: number; readonly from: number } | undefined> =>
    Effect.map(Effect.all([table.find(carrierId), table.findLastWebhook(carrierId)]), ([row, webhook]) => {
      const times = [
        [row?.gap_at ?? row?.heard_at ?? webhook, overlap],
        [state.fed.has(carrierId) ? row?.feed_at : undefined, Duration.toMillis(Feed.overlap)]
      ] as const
      return times
        .flatMap(([until, less]) => until === undefined || until === null ? [] : [{ until: Number(until), from: Number(until) - less }])
        // each of them is enough
        .reduce<{ readonly until: number; readonly from: number } | undefined>(
          (best, one) => best === undefined || one.from > best.from ? one : best,
          undefined
        )
    })

  const readEvents: ReadBack["readEvents"] = (history, from) =>
    Effect.gen(function*() {
      const { carrierId } = history
      const startedAt = yield* Clock.currentTimeMillis
      const known = yield* findKnown(carrierId)
      let latest = 0
      yield* note(carrierId, { state: "running", from, startedAt, read: 0, told: 0, optOuts: 0 })
      yield* Stream.runForEach(history.events(from), (events) =>
        Effect.gen(function*() {
          const { optOuts, told } = yield* takePage(carrierId, events)
          latest = Math.max(latest, (yield* Feed.latestOf(events)) ?? latest)
          const progress = find(carrierId)
          yield* note(carrierId, {
            read: (progress?.read ?? 0) + events.length,
            told: (progress?.told ?? 0) + told,
            optOuts: (progress?.optOuts ?? 0) + optOuts
          })
        }))
      // Events of before `from` may still be missing, if somebody asked for later ones only.
      if (known === undefined || from <= known.until) {
        yield* Effect.zipRight(table.recordRead(carrierId, from, startedAt), note(carrierId, { heardUntil: startedAt }))
        if (state.fed.has(carrierId) && latest > 0) yield* table.recordFeed(carrierId, latest)
      }
      yield* note(carrierId, { state: "done", until: startedAt, endedAt: yield* Clock.currentTimeMillis })
      const { optOuts = 0, read = 0, told = 0 } = find(carrierId) ?? {}
      yield* Effect.logInfo("what was missed was read back", {
        carrier: carrierId,
        from: new Date(from).toISOString(),
        until: new Date(startedAt).toISOString(),
        read,
        told,
        optOuts
      })
    })

  return {
    readList,
    readEvents,
    recordHeard,
    recordFailure: (carrierId) => (cause) =>
      Cause.isInterruptedOnly(cause) ? Effect.void : Effect.gen(function*() {
        const why = explain(cause)
        const failures = (find(carrierId)?.failures ?? 0) + 1
        yield* note(carrierId, { state: "failed", why, failures, endedAt: yield* Clock.currentTimeMillis })
        yield* Metric.increment(Metric.tagged(Metrics.catchUpFailures, "carrier", carrierId))
        yield* Effect.logWarning(
          "what was missed could not be read back, and opt-outs may be among it; mend the reason, then POST /v1/catch-up tries again",
          { carrier: carrierId, why }
        )
      }),
    findStart: (carrierId) => Effect.map(findKnown(carrierId), (known) => known?.from)
  }
}
